"""Dialects of HTTP: framing, headers, connections, pace. The body stays as it is."""

import time
import uuid
from collections.abc import Callable
from dataclasses import replace

from calibration.mutations import ALL, Dialect, Edit
from conformance.reference import wire
from conformance.reference.wire import Answer, Channel, Delivery, Request

Finish = Callable[[Request, Answer], Answer]
_CHUNK = 57  # small enough to cut through words and characters


def finishing(finish: Finish) -> Edit:
    """Change every answer last of all."""
    return lambda behaviour: replace(
        behaviour,
        finish=lambda request, answer: finish(request, behaviour.finish(request, answer)),
    )


def delivering(delivery: Delivery) -> Edit:
    """Write every answer in another way."""
    return finishing(lambda _, answer: replace(answer, deliver=delivery))


def _bodiless(request: Request, answer: Answer) -> bytes:
    return b"" if request.method == "HEAD" else answer.body


def _chunked(channel: Channel, request: Request, answer: Answer) -> bool:
    if request.version == "HTTP/1.0" or request.method == "HEAD":
        return wire.deliver(channel, request, answer)
    pieces = [answer.body[at : at + _CHUNK] for at in range(0, len(answer.body), _CHUNK)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    framing = [("Transfer-Encoding", "chunked")]
    if not request.persistent:
        framing.append(("Connection", "close"))
    channel.send(wire.head(answer, *framing) + body)
    return request.persistent


def _closing(channel: Channel, request: Request, answer: Answer) -> bool:
    framing = (("Content-Length", str(len(answer.body))), ("Connection", "close"))
    channel.send(wire.head(answer, *framing) + _bodiless(request, answer))
    return False


def _until_close(channel: Channel, request: Request, answer: Answer) -> bool:
    channel.send(wire.head(answer, ("Connection", "close")) + _bodiless(request, answer))
    return False


def _http_1_0(channel: Channel, request: Request, answer: Answer) -> bool:
    framing = ("Content-Length", str(len(answer.body)))
    channel.send(wire.head(answer, framing, version="HTTP/1.0") + _bodiless(request, answer))
    return False


def _in_pieces(channel: Channel, request: Request, answer: Answer) -> bool:
    whole = wire.head(answer, ("Content-Length", str(len(answer.body)))) + _bodiless(
        request, answer
    )
    for at in range(0, len(whole), 600):
        channel.send(whole[at : at + 600])
    return request.persistent


def _spell_headers(spell: Callable[[str], str]) -> Finish:
    def finish(_: Request, answer: Answer) -> Answer:
        return replace(answer, headers=tuple((spell(name), v) for name, v in answer.headers))

    return finish


def _content_type(kind: str) -> Finish:
    def finish(_: Request, answer: Answer) -> Answer:
        headers = tuple(
            (name, kind if value == "application/json" else value) for name, value in answer.headers
        )
        return replace(answer, headers=headers)

    return finish


def _gateway(_: Request, answer: Answer) -> Answer:
    extra = (
        ("x-amz-apigw-id", uuid.uuid4().hex[:15] + "="),
        ("x-amzn-trace-id", f"Root=1-{uuid.uuid4().hex[:8]}-{uuid.uuid4().hex[:24]}"),
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Headers", "authorization, x-amz-date"),
        ("Access-Control-Expose-Headers", "x-amzn-errortype, x-amzn-requestid"),
        ("Vary", "Origin"),
        ("Vary", "Accept-Encoding"),
        ("Strict-Transport-Security", "max-age=47304000; includeSubDomains"),
    )
    return replace(answer, headers=(*answer.headers, *extra))


def _slowly(_: Request, answer: Answer) -> Answer:
    time.sleep(0.02)
    return answer


_DELIVERIES: dict[str, tuple[Delivery, str]] = {
    "chunked": (_chunked, "Bodies are sent in small chunks."),
    "connection-close": (_closing, "Every connection is closed after one answer."),
    "length-by-close": (_until_close, "A body ends where the connection does."),
    "http-1.0": (_http_1_0, "The server speaks HTTP/1.0."),
    "in-pieces": (_in_pieces, "An answer arrives in several writes."),
}
_FINISHES: dict[str, tuple[Finish, str]] = {
    "headers-lower-case": (_spell_headers(str.lower), "Header names are in lower case."),
    "headers-upper-case": (_spell_headers(str.upper), "Header names are in upper case."),
    "content-type-charset": (
        _content_type("application/json; charset=utf-8"),
        "The content type names a charset.",
    ),
    "content-type-amz-json": (
        _content_type("application/x-amz-json-1.1"),
        "The content type is the one of AWS's JSON protocol.",
    ),
    "gateway-headers": (_gateway, "A gateway adds its headers, some of them twice."),
}

DIALECTS = (
    *(
        Dialect(name=name, description=text, operations=ALL, edit=delivering(delivery))
        for name, (delivery, text) in _DELIVERIES.items()
    ),
    *(
        Dialect(name=name, description=text, operations=ALL, edit=finishing(finish))
        for name, (finish, text) in _FINISHES.items()
    ),
    Dialect(
        name="slow",
        description="Every answer takes 20 ms.",
        operations=ALL,
        edit=finishing(_slowly),
        waits=True,
    ),
)
