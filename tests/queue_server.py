"""A small SQS that keeps queues, and that can stop answering: for tests of what runs leave."""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: What the operations of SQS are called on the wire, before their names.
_PREFIX = "AmazonSQS."


class QueueServer:
    """Queues by their names, all of one account.

    ``calls`` are the operations asked for, with the queue. A call for which ``hangs`` is true is
    done and never answered; ``refuses`` maps an operation to the error that it answers with.
    """

    def __init__(self) -> None:
        self.queues: set[str] = {"mine"}
        self.calls: list[tuple[str, str]] = []
        self.refuses: dict[str, tuple[int, str]] = {}
        self.hangs: Any = lambda operation, count: False
        self.slow_first = 0.0
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Answer nothing more."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def count(self, operation: str) -> int:
        """How often an operation was asked for."""
        return sum(1 for name, _ in self.calls if name == operation)

    def answer(self, operation: str, params: Mapping[str, Any]) -> tuple[int, Any] | None:
        """Status and body; ``None`` for no answer."""
        name = params.get("QueueName") or params.get("QueueUrl", "").rpartition("/")[2]
        self.calls.append((operation, name))
        if len(self.calls) == 1:
            self.closing.wait(self.slow_first)
        refused = self.refuses.get(operation)
        found = refused if refused else self._done(operation, name)
        if self.hangs(operation, self.count(operation)):
            return None
        status, said = found
        return status, {"__type": said, "message": "no"} if isinstance(said, str) else said

    def _done(self, operation: str, name: str) -> tuple[int, Any]:
        if operation == "CreateQueue":
            self.queues.add(name)
            return 200, {"QueueUrl": f"{self.url}/123456789012/{name}"}
        if operation == "ListQueues":
            return 200, {"QueueUrls": [f"{self.url}/123456789012/{one}" for one in self.queues]}
        if name not in self.queues and operation != "SendMessage":
            return 400, "com.amazonaws.sqs#QueueDoesNotExist"
        if operation == "DeleteQueue":
            self.queues.discard(name)
            return 200, {}
        if operation == "SendMessage":
            return 200, {"MessageId": "m"}
        return 400, "UnknownOperationException"


def _handler(server: QueueServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            operation = self.headers.get("X-Amz-Target", "").removeprefix(_PREFIX)
            try:
                params = json.loads(body or b"{}")
            except ValueError:
                params = {}
            said = server.answer(operation, params if isinstance(params, dict) else {})
            if said is None:
                server.closing.wait(60)
                self.close_connection = True
                return
            raw = json.dumps(said[1]).encode()
            self.send_response(said[0])
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("x-amzn-RequestId", "r")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler
