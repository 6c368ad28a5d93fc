"""A small Hub: models and data sets in memory, with the routes that downloads and commits ask for.

`python hub_server.py` prints its port, then a line a request. POST /stop ends it at once, as a Hub that goes down;
POST /fail and /recover make it answer 507 (which nobody retries at once), and as before.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

# by name, of data sets "datasets/<name>": {"private", "commits": {id: {path: bytes}}, "refs": {branch: id}}
REPOSITORIES: dict[str, dict] = {}
FAILING = threading.Event()
TOKEN = "Bearer hf_test"


class Hub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.read(with_body=False)

    def do_GET(self):
        self.read(with_body=True)

    def read(self, *, with_body):
        path = self.start()
        if path.startswith("/slow/"):
            time.sleep(60)
        if path.startswith("/broken/"):
            return self.send(503, b"", {}, with_body)
        if FAILING.is_set():
            return self.send(507, b"", {}, with_body)
        if match := re.fullmatch(r"/api/(models|datasets)/([^/]+/[^/]+)(?:/(revision|tree)/([^/]+))?", path):
            return self.describe(key(match[1], match[2]), match[3], unquote(match[4] or "main"), with_body)
        if match := re.fullmatch(r"/((?:datasets/)?[^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self.file(match[1], unquote(match[2]), match[3], with_body)
        return self.send(404, b"", {}, with_body)

    def describe(self, name, what, revision, with_body):
        commit, files = self.find(name, revision)
        if files is None:
            return self.send(404, b"{}", {"X-Error-Code": commit}, with_body)
        if what == "tree":
            body = [
                {"type": "file", "path": path, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
                for path, data in sorted(files.items())
            ]
        else:
            siblings = [{"rfilename": path} for path in sorted(files)]
            private = REPOSITORIES[name]["private"]
            body = {"id": name, "sha": commit, "siblings": siblings, "tags": [], "private": private, "downloads": 0}
        return self.send(200, json.dumps(body).encode(), {"Content-Type": "application/json"}, with_body)

    def file(self, name, revision, path, with_body):
        if name.startswith("gated/"):
            return self.send(403, b"Access to this model is restricted.", {"X-Error-Code": "GatedRepo"}, with_body)
        commit, files = self.find(name, revision)
        if files is None:
            return self.send(404, b"", {"X-Error-Code": commit}, with_body)
        if path not in files:
            return self.send(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit}, with_body)
        headers = {"ETag": f'"{hashlib.sha256(files[path]).hexdigest()}"', "X-Repo-Commit": commit}
        return self.send(200, files[path], headers, with_body)

    def find(self, name, revision):
        """Commit and files; or an error code and None."""
        if name not in REPOSITORIES:
            return "RepoNotFound", None
        repository = REPOSITORIES[name]
        if name.startswith("datasets/") and repository["private"] and self.headers.get("Authorization") != TOKEN:
            return "RepoNotFound", None  # as the Hub says it: who may not read it does not learn of it
        commit = repository["refs"].get(revision, revision)
        if commit not in repository["commits"]:
            return "RevisionNotFound", None
        return commit, repository["commits"][commit]

    def do_POST(self):
        path = self.start()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) if not self.chunked() else self.chunks()
        if path == "/stop":
            os._exit(0)
        if path in ("/fail", "/recover"):
            (FAILING.set if path == "/fail" else FAILING.clear)()
            return self.answer({})
        if FAILING.is_set():
            return self.send(507, b"", {}, with_body=True)
        if path == "/api/validate-yaml":
            return self.answer({"errors": [], "warnings": []})
        if self.headers.get("Authorization") != TOKEN:
            return self.send(401, b"{}", {}, with_body=True)
        if path == "/api/repos/create":
            return self.create(json.loads(body))
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/branch/([^/]+)", path):
            refs = REPOSITORIES[match[1]]["refs"]
            if unquote(match[2]) in refs:
                return self.send(409, b"{}", {}, with_body=True)
            refs[unquote(match[2])] = refs["main"]
            return self.answer({})
        if match := re.fullmatch(r"/api/(models|datasets)/([^/]+/[^/]+)/super-squash/([^/]+)", path):
            return self.squash(key(match[1], match[2]), unquote(match[3]))
        if re.fullmatch(r"/api/(models|datasets)/([^/]+/[^/]+)/preupload/([^/]+)", path):
            files = json.loads(body)["files"]
            modes = [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]
            return self.answer({"files": modes})
        if match := re.fullmatch(r"/api/(models|datasets)/([^/]+/[^/]+)/commit/([^/]+)", path):
            return self.commit(key(match[1], match[2]), unquote(match[3]), body)
        return self.send(404, b"", {}, with_body=True)

    def create(self, row):
        name = key(f"{row.get('type', 'model')}s", f"{row['organization']}/{row['name']}")
        known = name in REPOSITORIES
        if not known:
            private = row.get("private", row.get("visibility") == "private")
            first = hashlib.sha1(name.encode()).hexdigest()
            REPOSITORIES[name] = {"private": private, "commits": {first: {}}, "refs": {"main": first}}
        print("CREATE", name, "private" if REPOSITORIES[name]["private"] else "public", flush=True)
        return self.answer({"url": f"http://{self.headers['Host']}/{name}", "name": name}, 409 if known else 200)

    def commit(self, name, branch, body):
        repository = REPOSITORIES[name]
        files = dict(repository["commits"][repository["refs"][branch]])
        for line in body.decode().splitlines():
            row = json.loads(line)
            if row["key"] == "file":
                files[row["value"]["path"]] = base64.b64decode(row["value"]["content"])
            elif row["key"] == "deletedFile":
                del files[row["value"]["path"]]
        commit = hashlib.sha1(body).hexdigest()
        print("COMMIT", name, commit, *sorted(files), flush=True)
        repository["commits"][commit] = files
        repository["refs"][branch] = commit
        return self.answer({"commitUrl": f"http://{self.headers['Host']}/{name}/commit/{commit}", "commitOid": commit})

    def squash(self, name, branch):
        """One commit with the branch's files stays, and no other."""
        repository = REPOSITORIES[name]
        repository["commits"] = {repository["refs"][branch]: repository["commits"][repository["refs"][branch]]}
        return self.answer({"commitId": repository["refs"][branch]})

    def start(self):
        path = self.path.partition("?")[0]
        print(self.command, path, flush=True)
        return path

    def chunked(self):
        return "chunked" in self.headers.get("Transfer-Encoding", "")

    def chunks(self):
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, content, status=200):
        return self.send(status, json.dumps(content).encode(), {"Content-Type": "application/json"}, with_body=True)

    def send(self, status, body, headers, with_body):
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *args):
        """The requests are printed above."""


def key(kind, name):
    return f"datasets/{name}" if kind == "datasets" else name


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    print(server.server_port, flush=True)
    server.serve_forever()
