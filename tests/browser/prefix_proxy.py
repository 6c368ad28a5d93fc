"""A reverse proxy as in front of a shared server: `/lab/explorer/...` here is `/...` there.

python tests/browser/prefix_proxy.py PORT TARGET_PORT PREFIX
"""

from __future__ import annotations

import http.client
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Proxy(BaseHTTPRequestHandler):
    target, prefix = 0, ""

    def forward(self):
        if not self.path.startswith(self.prefix + "/"):
            self.send_error(404, "outside the prefix")
            return
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=60)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        try:
            connection.request(self.command, self.path[len(self.prefix) :], body, headers)
            response = connection.getresponse()
        except OSError:
            self.send_error(502)
            return
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in ("transfer-encoding", "connection"):
                self.send_header(name, value)
        self.end_headers()
        while part := response.read1():
            self.wfile.write(part)
            self.wfile.flush()

    do_GET = do_POST = do_HEAD = forward  # noqa: N815 - the names http.server looks for

    def log_message(self, *arguments):
        """Quiet."""


if __name__ == "__main__":
    Proxy.target, Proxy.prefix = int(sys.argv[2]), sys.argv[3]
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Proxy).serve_forever()
