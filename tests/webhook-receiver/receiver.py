"""A receiver of webhooks, written from the Standard Webhooks documentation alone, with nothing but
Python's standard library. It shares no code and no idea with Usher.

It prints the port that it listens on. Each line of standard input is the secret that it has from
then on, which it acknowledges with a line. For each request it prints a line of JSON: whether it
verified, and why not. A request is good when one of its signatures is by the secret, and it is not
older or newer than five minutes.
"""

import base64
import hashlib
import hmac
import http.server
import json
import sys
import threading
import time

TOLERANCE_SECONDS = 5 * 60


def key_of(secret):
    prefix = "whsec_"
    if not secret.startswith(prefix):
        raise ValueError("a secret begins with whsec_")
    key = base64.b64decode(secret[len(prefix):], validate=True)
    if not 24 <= len(key) <= 64:
        raise ValueError("a secret has 24 to 64 bytes")
    return key


def verify(key, headers, body):
    """Raises ValueError unless the request is good."""
    message_id = headers["webhook-id"]
    timestamp = headers["webhook-timestamp"]
    signatures = headers["webhook-signature"]
    if not (message_id and timestamp and signatures):
        raise ValueError("a header is missing")
    if "." in message_id or not timestamp.isdecimal():
        raise ValueError("a header is of another form")
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        raise ValueError("too old or too new")
    signed = message_id.encode() + b"." + timestamp.encode() + b"." + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    for versioned in signatures.split(" "):
        version, _, signature = versioned.partition(",")
        if version == "v1" and hmac.compare_digest(signature, expected):
            return
    raise ValueError("no signature matches")


class Receiver(http.server.BaseHTTPRequestHandler):
    key = b""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            verify(Receiver.key, self.headers, body)
            outcome, status = "verified", 204
        except (ValueError, TypeError) as why:
            outcome, status = str(why), 400
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()
        told = {
            "outcome": outcome,
            "id": self.headers["webhook-id"],
            "signatures": len((self.headers["webhook-signature"] or "").split()),
            "event": json.loads(body),
        }
        print(json.dumps(told), flush=True)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    print(server.server_address[1], flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for line in sys.stdin:
        Receiver.key = key_of(line.strip())
        print("changed", flush=True)
