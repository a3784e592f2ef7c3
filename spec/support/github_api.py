"""A small part of GitHub's API on loopback: comments of pull requests, open pull requests.

Starts from a JSON file (its first argument) with comments, pulls, and the statuses to answer a
method with instead, one request each. Says where it listens; GET /state tells what became of it.
"""

import json
import re
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

ME = {"login": "github-actions[bot]", "type": "Bot"}
REPOSITORY = "/repos/owner/repo"

signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
with open(sys.argv[1], encoding="utf-8") as file:
    state = {"comments": [], "pulls": [], "instead": {}, "requests": [], **json.load(file)}


class Handler(BaseHTTPRequestHandler):
    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def read(self):
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def handle_request(self):
        address = urlsplit(self.path)
        if address.path == "/state":
            return self.answer(200, state)
        state["requests"].append({
            "method": self.command,
            "path": self.path,
            "authorization": self.headers.get("Authorization"),
        })
        body = self.read() if self.command in ("POST", "PATCH") else None
        instead = state["instead"].get(self.command)
        if instead:
            return self.answer(instead.pop(0), {"message": "no"})
        path = address.path.removeprefix(REPOSITORY)
        return self.route(path, parse_qs(address.query), body)

    def route(self, path, query, body):
        if self.command == "GET" and path == "/pulls":
            head = query["head"][0]
            return self.answer(200, [p for p in state["pulls"] if p["head"]["label"] == head])
        if path == "/issues/7/comments":
            return self.answer(200, self.page(query)) if body is None else self.create(body)
        changed = re.fullmatch(r"/issues/comments/(\d+)", path)
        if changed and self.command == "PATCH":
            return self.change(int(changed[1]), body)
        return self.answer(404, {"message": "Not Found"})

    def page(self, query):
        size, page = int(query["per_page"][0]), int(query["page"][0])
        return state["comments"][(page - 1) * size:page * size]

    def create(self, body):
        comment = {"id": 2**40 + len(state["comments"]), "user": ME, "body": body["body"]}
        state["comments"].append(comment)
        return self.answer(201, comment)

    def change(self, number, body):
        for comment in state["comments"]:
            if comment["id"] == number:
                comment["body"] = body["body"]
                return self.answer(200, comment)
        return self.answer(404, {"message": "Not Found"})

    do_GET = do_POST = do_PATCH = handle_request

    def log_message(self, *arguments):
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
