"""A server that can be told to do what goes wrong in an image."""

import contextlib
import ctypes
import os
import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

FAULTS = os.environ.get("DOES", "").split()
BODY = os.urandom(8).hex().encode() if "chance" in FAULTS else b"hello\n"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if "write" in FAULTS:
            with open("/data/hits", "a") as hits:
                hits.write("hit\n")
        if "try" in FAULTS:
            with contextlib.suppress(OSError), open("/data/hits", "a") as hits:
                hits.write("hit\n")
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass


if "load" in FAULTS:
    ctypes.CDLL("libsqlite3.so.0")
if "chown" in FAULTS:
    os.chown("/data", 7, 7)
if "nobody" in FAULTS:
    getattr(os, "set" + "uid")(65534)
if "patch" in FAULTS:
    with open("/app/" + "start.sh", "a") as script:
        script.write("#\n")
if "ask" in FAULTS:
    urllib.request.urlopen(os.environ["BACKEND"], timeout=5)
if "fail" in FAULTS:
    sys.exit("there is no DATABASE_URL")
HTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
