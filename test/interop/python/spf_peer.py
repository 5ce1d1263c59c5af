"""Evaluates SPF with python3-spf: one JSON object a line in, one a line out.

in:  {"ip", "helo", "mailFrom", "receiver", "zone": name -> type -> values, "voidLookups"}
out: {"result": text, "explanation": text}
"""

import json
import sys

import spf

zone = {}


def answer(name, qtype, strict=True, timeout=20):
    """Takes the place of the DNS library, as python3-spf's own tests do."""
    name = name.lower().rstrip(".")
    entry = zone.get(name, {})
    if "error" in entry:
        raise spf.TempError("DNS " + entry["error"])
    if "CNAME" in entry and qtype != "CNAME":
        return [((name, "CNAME"), entry["CNAME"])]
    values = entry.get(qtype, [])
    if "error" in values:
        raise spf.TempError("DNS " + values["error"])
    return [((name, qtype), read(qtype, value)) for value in values]


def read(qtype, value):
    if qtype == "TXT":
        parts = [value] if isinstance(value, str) else value
        return [part.encode("latin-1") for part in parts]
    if qtype == "MX":
        preference, exchange = value.split()
        return (int(preference), exchange)
    return value


def check(job):
    global zone
    zone = {name.lower(): entry for name, entry in job["zone"].items()}
    spf.MAX_VOID_LOOKUPS = job["voidLookups"]
    query = spf.query(
        i=job["ip"], s=job["mailFrom"], h=job["helo"], receiver=job["receiver"], strict=True
    )
    result, _, explanation = query.check()
    return {"result": result, "explanation": explanation}


spf.DNSLookup = answer
for line in sys.stdin:
    try:
        said = check(json.loads(line))
    except Exception as problem:  # A crash is no verdict; the test says which ones it knows of.
        said = {"result": "crash", "explanation": repr(problem)}
    print(json.dumps(said))
