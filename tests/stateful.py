"""A small server with a memory, for tests of what lies between calls.

It speaks AWS's RPC protocols in JSON for any service that the SDK has a model of. What a request
violates it refuses; what remains is a function of the test for each operation.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from conformance.spec.registry import registry
from conformance.spec.validity import violated_clauses
from conftest import answer, read_request

Handler = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Refused(Exception):  # noqa: N818 - it is a response
    """A client error; ``str()`` is its type."""


class Service:
    """A service whose operations are functions of their parameters; ``calls`` are their names.

    ``lenient`` are the paths of request clauses that it does not check: ``Records/item/enum``.
    """

    def __init__(
        self, service: str, handlers: Mapping[str, Handler], lenient: tuple[str, ...] = ()
    ) -> None:
        self.calls: list[tuple[str, Mapping[str, Any]]] = []
        self._service = service
        self._handlers = handlers
        self._lenient = lenient

    def attend(self, server: Any, connection: Any, number: int) -> None:
        """Answer the requests of one connection."""
        while raw := read_request(connection):
            server.requests.append(raw)
            connection.sendall(self._answer(raw))

    def _answer(self, raw: bytes) -> bytes:
        head, _, body = raw.partition(b"\r\n\r\n")
        method, path, _ = head.split(b" ", 2)
        lines = head.decode("latin-1").split("\r\n")
        target = next((li for li in lines if li.lower().startswith("x-amz-target:")), "")
        name = target.rpartition(".")[2]
        try:
            if (method, path) != (b"POST", b"/") or name not in self._handlers:
                raise Refused("UnknownOperationException")
            if "x-amz-date:" not in head.decode("latin-1").lower():
                raise Refused("MissingAuthenticationTokenException")
            return _done(200, self._call(name, body))
        except Refused as refused:
            return _done(400, {"__type": str(refused), "message": "no"})

    def _call(self, name: str, body: bytes) -> Mapping[str, Any]:
        try:
            params = json.loads(body)
        except ValueError as error:
            raise Refused("SerializationException") from error
        if not isinstance(params, dict):
            raise Refused("SerializationException")
        operation = registry().find(f"{self._service}:{name}")
        params = {key: value for key, value in params.items() if value is not None}
        known = {key: value for key, value in params.items() if key in operation.members}
        for clause in violated_clauses(operation, known):
            if clause.split("/", 2)[2] not in self._lenient:
                raise Refused("ValidationException")
        self.calls.append((name, known))
        return self._handlers[name](known)


def _done(status: int, body: Mapping[str, Any]) -> bytes:
    headers = (("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", "1"))
    return answer(status, json.dumps(body).encode(), *headers)


class Queues:
    """The handlers of a queue service: queues are made, listed, looked up and deleted.

    ``deletes`` is whether a deletion does anything, ``idempotent`` whether what is not there may
    be deleted.
    """

    def __init__(self, *, deletes: bool = True, idempotent: bool = False) -> None:
        self.urls: list[str] = []
        self._deletes = deletes
        self._idempotent = idempotent

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By operation."""
        return {
            "CreateQueue": self._create,
            "ListQueues": lambda params: {"QueueUrls": self.urls},
            "DeleteQueue": self._delete,
            "GetQueueAttributes": self._show,
        }

    def _create(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        url = f"http://localhost/000000000000/{params['QueueName']}"
        if url not in self.urls:
            self.urls.append(url)
        return {"QueueUrl": url}

    def _require(self, params: Mapping[str, Any]) -> None:
        if params["QueueUrl"] not in self.urls:
            raise Refused("QueueDoesNotExist")

    def _delete(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        if not self._idempotent:
            self._require(params)
        if self._deletes and params["QueueUrl"] in self.urls:
            self.urls.remove(params["QueueUrl"])
        return {}

    def _show(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        self._require(params)
        return {"Attributes": {"DelaySeconds": "0"}}
