"""A layer before any server that breaks one promise at a time, in every wire protocol.

A request is read as a server reads it and encoded anew as the SDK does; a response is encoded as
``wire_models`` does. What a mutant does not change goes through byte by byte.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import jmespath
from wire_models import answered, encoded, with_blobs

from conformance.errors import UnknownNameError
from conformance.protocols.http import Headers, Request, Response, header
from conformance.protocols.table import PROTOCOLS
from conformance.spec.lifecycles.lifecycle import Action
from conformance.spec.operation import Operation
from conformance.spec.sdk_models.loader import operation, protocols
from conformance.spec.sdk_models.routes import asked_for

Members = dict[str, Any]

#: Headers of one connection, or of the very bytes of a body that may have been changed.
_PASSING = ("content-length", "transfer-encoding", "connection", "content-md5", "x-amz-checksum-")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One broken promise of one operation, by its id.

    ``sent`` changes what reaches the server, ``shown`` what comes back from it: the members of a
    request, and then those of the response. With ``answers`` nothing reaches it until the mutant
    is replaced.
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
        return _without(members, path)

    return change


def _without(members: Members, path: Sequence[str]) -> Members:
    first, *rest = path
    if not rest or not isinstance(members.get(first), dict):
        return {name: value for name, value in members.items() if name != first}
    return {**members, first: _without(members[first], rest)}


@dataclass(frozen=True, slots=True)
class Seen:
    """One call as the client saw it: the operation, if it is known, and what it was answered."""

    operation: Operation | None
    asked: Members
    response: Response

    def is_success(self, operation: str) -> bool:
        """Whether an operation, by its id, succeeded."""
        is_it = self.operation is not None and self.operation.id == operation
        return is_it and self.response.status < 300

    def is_success_of(self, action: Action) -> bool:
        """Whether an action succeeded."""
        return self.is_success(action.operation)

    @property
    def has_more(self) -> bool:
        """Whether another page follows."""
        pages = self.operation.pagination if self.operation else None
        return bool(pages and jmespath.search(pages.output_token, self.members))

    @property
    def members(self) -> Any:
        """The members of a successful response."""
        if self.operation is None or self.response.status >= 300:
            return {}
        return PROTOCOLS[self.operation.protocol].output(self.operation, self.response)


class Layer:
    """A server before another one; ``mutants`` are what it breaks, ``seen`` what it answered.

    ``faithful``: what no mutant changes is encoded anew as well, to see that this changes nothing.
    """

    def __init__(self, url: str, service: str) -> None:
        self.seen: list[Seen] = []
        self.faithful = False
        self._service = service
        self._host = urlsplit(url)
        self._mutants: Sequence[Mutant] = ()
        self._held: list[Request] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Answer nothing more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def become(self, *mutants: Mutant) -> None:
        """Break other promises from now on; what was held back reaches the server."""
        self._mutants = mutants
        for request in self._held:
            self._forward(request)
        self._held.clear()

    def answer(self, request: Request) -> Response:
        """The response to one request."""
        found = operation_of(self._service, request)
        asked = PROTOCOLS[found.protocol].members(found, request) if found else None
        if found is None or asked is None:
            response = self._forward(request)
        else:
            response = self._of(found, request, asked)
        self.seen.append(Seen(found, dict(asked or {}), response))
        return response

    def _of(self, found: Operation, request: Request, asked: Mapping[str, Any]) -> Response:
        mutants = [one for one in self._mutants if one.operation == found.id]
        if not (mutants or self.faithful):
            return self._forward(request)
        known = {name: value for name, value in asked.items() if name in found.members}
        members = with_blobs(known, found.request)
        held = next((one.answers for one in mutants if one.answers is not None), None)
        if held is not None:
            self._held.append(request)
            return _told(found, held, (("Content-Type", _MEDIA_TYPES[found.protocol]),))
        sent = members
        for one in mutants:
            sent = one.sent(sent) if one.sent else sent
        if sent != members or self.faithful:
            request = _changed(found, request, members, sent)
        response = self._forward(request)
        if response.status >= 300:
            return response
        shown = said = PROTOCOLS[found.protocol].output(found, response)
        if not isinstance(said, dict):  # a body of nothing
            return response
        for one in mutants:
            shown = one.shown(sent, shown) if one.shown else shown
        if shown == said and not self.faithful:
            return response
        return _told(found, shown, response.headers)

    def _forward(self, request: Request) -> Response:
        upstream = HTTPConnection(self._host.hostname or "", self._host.port, timeout=60)
        headers = {**dict(request.headers), "Content-Length": str(len(request.body))}
        upstream.request(request.method, request.target, request.body, headers)
        response = upstream.getresponse()
        body = response.read()
        upstream.close()
        return Response(status=response.status, headers=tuple(response.getheaders()), body=body)


#: A media type of a successful response without one of its own.
_MEDIA_TYPES: Mapping[str, str] = {
    "json": "application/x-amz-json-1.1",
    "rest-json": "application/json",
    "smithy-rpc-v2-cbor": "application/cbor",
    "rest-xml": "application/xml",
    "query": "text/xml",
    "ec2": "text/xml",
}


def operation_of(service: str, request: Request) -> Operation | None:
    """The operation of a service that a request asks for; ``None`` where it is none of its."""
    for protocol in protocols(service) if service else ():
        read = PROTOCOLS[protocol].addressing.read
        if read is not None:
            address = read(request)
            names = {address.operation} if address else set()
        else:
            path = urlsplit(request.url).path
            names = {*asked_for(service, request.method, path, request.query, request.headers)}
        for name in sorted(names):
            try:
                return operation(service, name, protocol)
            except UnknownNameError:  # an operation that does not exist is asked for as well
                continue
    return None


def _changed(found: Operation, request: Request, before: Members, after: Members) -> Request:
    """A request with other members."""
    former, made = encoded(found, before), encoded(found, after)
    bound = {name.lower() for name, _ in (*former.headers, *made.headers)}
    kept = [
        (name, value)
        for name, value in request.headers
        if name.lower() not in bound and not name.lower().startswith(_PASSING)
    ]
    own = header(request.headers, "content-type")
    rest = [
        (name, own if own and name.lower() == "content-type" else value)
        for name, value in made.headers
        if not name.lower().startswith(_PASSING)
    ]
    return Request(method=made.method, url=made.url, headers=(*kept, *rest), body=made.body)


def _told(found: Operation, members: Members, headers: Headers) -> Response:
    """A success that says these members, with the other headers of another response."""
    known = found.response.get("properties", {})
    made = answered(found, {name: value for name, value in members.items() if name in known})
    bound = tuple(
        one.get("wireName", name).lower()
        for name, one in known.items()
        if one.get("location") in {"header", "headers"}
    )
    kept = tuple(
        (name, value)
        for name, value in headers
        if not (name.lower() in bound or name.lower().startswith(_PASSING))
    )
    return Response(status=200, headers=(*kept, *made.headers), body=made.body)


def _handler(layer: Layer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                method=self.command,
                url=f"{layer.url}{self.path}",
                headers=tuple(self.headers.items()),
                body=self.rfile.read(length),
            )
            response = layer.answer(request)
            self.send_response_only(response.status)
            for name, value in response.headers:
                if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            length = len(response.body)
            if self.command == "HEAD":
                length = int(header(response.headers, "content-length") or 0)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        # the names are the library's
        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = handle_any  # noqa: N815

    return Handler


@contextmanager
def before(url: str, mutant: Mutant | None) -> Iterator[str]:
    """The address of a layer before a server; without a mutant it changes nothing."""
    layer = Layer(url, mutant.operation.partition(":")[0] if mutant else "")
    try:
        layer.become(*([mutant] if mutant else []))
        yield layer.url
    finally:
        layer.close()
