"""A layer before a real emulator that breaks one promise at a time, in the JSON protocols."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Members = dict[str, Any]


@dataclass(frozen=True)
class Mutant:
    """One broken promise of one operation.

    ``sent`` changes what reaches the emulator, ``shown`` what comes back from it; with
    ``answers`` nothing reaches it. ``every`` breaks each call, else only the second one of a pair.
    """

    operation: str
    sent: Callable[[Members], Members] | None = None
    shown: Callable[[Members, Members], Members] | None = None
    answers: Members | None = None


def without(*names: str) -> Callable[[Members], Members]:
    """The request without some members."""
    return lambda members: {name: value for name, value in members.items() if name not in names}


def lacking(*path: str) -> Callable[[Members, Members], Members]:
    """The response without the member at the end of a path."""

    def change(_: Members, members: Members) -> Members:
        holder = members
        for name in path[:-1]:
            holder = holder.get(name) or {}
        holder.pop(path[-1], None)
        return members

    return change


@contextmanager
def before(url: str, mutant: Mutant | None) -> Iterator[str]:
    """The address of a layer before an emulator; without a mutant it changes nothing."""
    host = urlsplit(url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            operation = (self.headers.get("X-Amz-Target") or "").rpartition(".")[2]
            ours = mutant if mutant and mutant.operation == operation else None
            if ours and ours.answers is not None:
                self.reply(200, {"Content-Type": "application/x-amz-json-1.1"}, ours.answers)
                return
            asked = _read(body)
            if ours and ours.sent:
                body = json.dumps(ours.sent(asked)).encode()
            upstream = HTTPConnection(host.hostname or "", host.port)
            headers = {**self.headers, "Content-Length": str(len(body))}
            upstream.request(self.command, self.path, body, headers)
            response = upstream.getresponse()
            content = response.read()
            upstream.close()
            if ours and ours.shown and response.status == 200:
                content = json.dumps(ours.shown(asked, _read(content))).encode()
            self.reply(response.status, dict(response.getheaders()), content)

        do_POST = handle_any  # noqa: N815 # the name is the library's

        def reply(self, status: int, headers: Mapping[str, str], body: Members | bytes) -> None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _read(body: bytes) -> Members:
    found = json.loads(body or b"{}")
    assert isinstance(found, dict)
    return found
