"""Signs and verifies with python3-dkim: one JSON object a line in, one a line out.

in:  {"do": "verify", "message": base64, "records": {name: text}}
     {"do": "sign", "message": base64, "domain", "selector", "algorithm", "key": base64,
      "canonicalization": [header, body]}
out: {"result": true | false, "why": text}  or  {"field": base64}
"""

import base64
import json
import sys

import dkim


def verify(job):
    records = {name.encode(): text.encode() for name, text in job["records"].items()}

    def answer(name, timeout=5):
        return records.get(name.rstrip(b"."))

    message = base64.b64decode(job["message"])
    try:
        return {"result": bool(dkim.DKIM(message).verify(0, dnsfunc=answer)), "why": ""}
    except Exception as problem:  # Whatever it cannot read is no pass.
        return {"result": False, "why": repr(problem)}


def sign(job):
    header, body = job["canonicalization"]
    field = dkim.sign(
        base64.b64decode(job["message"]),
        job["selector"].encode(),
        job["domain"].encode(),
        base64.b64decode(job["key"]),
        canonicalize=(header.encode(), body.encode()),
        signature_algorithm=job["algorithm"].encode(),
        linesep=b"\r\n",
    )
    return {"field": base64.b64encode(field).decode()}


for line in sys.stdin:
    job = json.loads(line)
    print(json.dumps(verify(job) if job["do"] == "verify" else sign(job)))
