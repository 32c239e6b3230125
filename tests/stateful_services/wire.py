"""The server: requests and responses of the resource that it keeps, in that one's protocol."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import cbor2
from wire_models import answered

from conformance.protocols.http import Request, Response
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation
from conformance.spec.sdk_models.loader import operation, protocols
from conformance.spec.sdk_models.routes import asked_for
from conftest import Scripted, answer, read_request
from stateful_services.memory import Refused, Resource


class Server:
    """Serves one resource at a time, which can be replaced."""

    def __init__(self) -> None:
        self.resource: Resource | None = None
        self._server = Scripted(self._attend)
        self.url = self._server.url

    def close(self) -> None:
        """Answer nothing more."""
        self._server.close()

    def _attend(self, server: Scripted, connection: Any, number: int) -> None:
        while raw := read_request(connection):
            resource = self.resource
            assert resource is not None
            request = _parsed(raw, self.url)
            response = respond(resource, request)
            body = b"" if request.method == "HEAD" else response.body
            connection.sendall(answer(response.status, body, *response.headers))


def respond(resource: Resource, request: Request) -> Response:
    """The response to one request."""
    protocol = resource.protocol or protocols(resource.service)[0]
    try:
        asked = _asked(resource, protocol, request)
        members = PROTOCOLS[protocol].members(asked, request)
        if members is None or asked.required - members.keys():
            raise Refused(400, "ValidationException")
        response = answered(asked, resource.answer(asked.name, dict(members)))
        return Response(
            status=response.status,
            headers=(*response.headers, *_headers(protocol)),
            body=response.body,
        )
    except Refused as refused:
        return refusal(protocol, refused)


def _asked(resource: Resource, protocol: str, request: Request) -> Operation:
    """The operation that a request asks for. Raises :class:`Refused`."""
    read = PROTOCOLS[protocol].addressing.read
    if read is None:
        parts = urlsplit(request.url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        found = asked_for(resource.service, request.method, parts.path, pairs, request.headers)
        names = [name for name in resource.verbs if name in found]
    else:
        address = read(request)
        names = [address.operation] if address else []
    if not names or names[0] not in resource.verbs:
        raise Refused(400, "UnknownOperationException")
    return operation(resource.service, names[0], protocol)


def _headers(protocol: str) -> tuple[tuple[str, str], ...]:
    kinds = {
        "json": "application/x-amz-json-1.0",
        "rest-json": "application/json",
        "smithy-rpc-v2-cbor": "application/cbor",
    }
    own = tuple(PROTOCOLS[protocol].headers.items())
    return (("Content-Type", kinds.get(protocol, "text/xml")), ("x-amzn-RequestId", "r"), *own)


def refusal(protocol: str, refused: Refused) -> Response:
    """A client error in a protocol."""
    told = {"__type": refused.code, "message": "no"}
    headers = _headers(protocol)
    match protocol:
        case "smithy-rpc-v2-cbor":
            body = cbor2.dumps(told)
        case "json" | "rest-json":
            body = json.dumps(told).encode()
            headers = (*headers, ("x-amzn-ErrorType", refused.code.rpartition("#")[2]))
        case "query":
            body = b"<ErrorResponse><Error><Code>%s</Code></Error></ErrorResponse>"
        case "ec2":
            body = b"<Response><Errors><Error><Code>%s</Code></Error></Errors></Response>"
        case _:
            body = b"<Error><Code>%s</Code></Error>"
    if b"%s" in body:
        body = body % refused.code.encode()
    return Response(status=refused.status, headers=headers, body=body)


def _parsed(raw: bytes, url: str) -> Request:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = tuple((name, value.strip()) for name, _, value in (li.partition(":") for li in lines))
    return Request(method=method, url=url + path, headers=headers, body=body)
