"""Plays an SMTP client of Python's smtplib, or below it with a plain socket, in odd ways.

Arguments: the name of a way, and the port. Prints JSON: what the server said at each step.
"""

import json
import smtplib
import socket
import ssl
import sys
import time
from email.message import EmailMessage

SENDER = "s@stranger.example"
ANNA = "anna@north.example"
BEN = "ben@north.example"
HEADER = b"From: s@stranger.example\r\nTo: anna@north.example\r\nSubject: odd\r\n\r\n"
said = []


class Talk:
    """A plain socket that reads whole replies."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self.file = self.socket.makefile("rb")
        self.hear()

    def hear(self):
        lines = []
        while True:
            line = self.file.readline()
            if line == b"":
                said.append("closed" if not lines else "cut off")
                return ""
            lines.append(line.decode("latin-1").rstrip("\r\n"))
            if line[3:4] != b"-":
                said.append(lines[-1])
                return lines[-1]

    def say(self, octets):
        self.socket.sendall(octets)

    def ask(self, octets):
        self.say(octets)
        return self.hear()

    def begin(self):
        self.ask(b"EHLO client.example\r\n")
        self.ask(b"MAIL FROM:<" + SENDER.encode() + b">\r\n")
        self.ask(b"RCPT TO:<" + ANNA.encode() + b">\r\n")
        self.ask(b"DATA\r\n")


def library(port):
    """Two messages over one connection with one recipient who is not here, as smtplib does it."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=20) as client:
        client.starttls()
        client.ehlo()
        for number in (1, 2):
            message = EmailMessage()
            message["From"] = SENDER
            message["To"] = ", ".join([ANNA, BEN])
            message["Subject"] = f"from smtplib {number}"
            message.set_content("Grüße\n.\n..dots\n" + "long " * 300 + "\n")
            refused = client.send_message(
                message, SENDER, [ANNA, "nobody@north.example", BEN], mail_options=["BODY=8BITMIME"]
            )
            said.append({name: code for name, (code, _) in refused.items()})


def utf8(port):
    """A letter to a local part outside ASCII (RFC 6531)."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=20) as client:
        message = EmailMessage()
        message["From"] = SENDER
        message["To"] = "änna@north.example"
        message["Subject"] = "Grüße"
        message.set_content("Hallo.\n")
        client.send_message(message, SENDER, ["änna@north.example"])
        said.append("sent")


def pipelined(port):
    """All at once, the message too, before anything is answered but the greeting and EHLO."""
    talk = Talk(port)
    talk.ask(b"EHLO client.example\r\n")
    both = b"MAIL FROM:<%s>\r\nRCPT TO:<nobody@north.example>\r\nRCPT TO:<%s>\r\nDATA\r\n"
    talk.say(both % (SENDER.encode(), ANNA.encode()))
    for _ in range(4):
        talk.hear()
    again = b"MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nRSET\r\nNOOP\r\nQUIT\r\n"
    talk.say(HEADER + b"Hello.\r\n.\r\n" + again % (SENDER.encode(), BEN.encode()))
    for _ in range(7):
        talk.hear()


def half_close(port):
    """Says everything, closes its side, and still wants to hear."""
    talk = Talk(port)
    talk.begin()
    talk.say(HEADER + b"Hello.\r\n.\r\nQUIT\r\n")
    talk.socket.shutdown(socket.SHUT_WR)
    for _ in range(3):
        talk.hear()


def gives_up(port):
    """Closes its side within the message."""
    talk = Talk(port)
    talk.begin()
    talk.say(HEADER + b"Hello.\r\n")
    talk.socket.shutdown(socket.SHUT_WR)
    talk.hear()


def slow(port):
    """One octet after the other."""
    talk = Talk(port)
    talk.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    commands = [
        b"EHLO client.example\r\n",
        b"MAIL FROM:<" + SENDER.encode() + b">\r\n",
        b"RCPT TO:<" + ANNA.encode() + b">\r\n",
        b"DATA\r\n",
        HEADER + b"..one dot\r\n.\r\n",
    ]
    for command in commands:
        for index in range(len(command)):
            talk.say(command[index : index + 1])
            time.sleep(0.001)
        talk.hear()


def octets(port, body):
    talk = Talk(port)
    talk.begin()
    talk.ask(HEADER + body + b"\r\n.\r\n")
    talk.ask(b"NOOP\r\n")


def bare_lf(port):
    octets(port, b"one\ntwo")


def bare_cr(port):
    octets(port, b"one\rtwo")


def smuggled(port):
    octets(port, b"one\n.\nMAIL FROM:<eve@evil.example>\nRCPT TO:<ben@north.example>\nDATA\n\nsmuggled")


def smuggled_crlf(port):
    octets(port, b"one\n.\r\nMAIL FROM:<eve@evil.example>\r\nRCPT TO:<ben@north.example>\r\nDATA\r\n\r\nx")


def nul(port):
    octets(port, b"one\0two")


def starttls_injection(port):
    """A command behind STARTTLS in the same packet, which must not be carried into TLS."""
    talk = Talk(port)
    talk.ask(b"EHLO client.example\r\n")
    talk.ask(b"STARTTLS\r\nRSET\r\nMAIL FROM:<eve@evil.example>\r\n")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        talk.socket = context.wrap_socket(talk.socket)
        talk.file = talk.socket.makefile("rb")
        talk.ask(b"NOOP\r\n")
    except (ssl.SSLError, OSError) as problem:
        said.append(type(problem).__name__)


def long_line(port):
    """A command far longer than any may be, and a sane one after it."""
    talk = Talk(port)
    talk.ask(b"EHLO " + b"x" * 100_000 + b"\r\n")
    talk.ask(b"NOOP\r\n")


def garbage(port):
    """What is no SMTP at all, until the server has had enough."""
    talk = Talk(port)
    for _ in range(100):
        try:
            if talk.ask(bytes(range(128, 160)) + b"\r\n") == "":
                break
        except OSError:
            said.append("closed")
            break


def http(port):
    """A web client that lost its way."""
    talk = Talk(port)
    talk.say(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nMAIL FROM:<eve@evil.example>\r\n")
    try:
        for _ in range(6):
            if talk.hear() == "":
                break
    except OSError:
        said.append("closed")


globals()[sys.argv[1]](int(sys.argv[2]))
print(json.dumps(said))
