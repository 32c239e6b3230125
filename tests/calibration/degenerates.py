"""Degenerates: servers that are not AWS's at all. A run that finds one conformant is wrong."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from calibration.mutations import ALL, Degenerate, Edit, by_name, everywhere
from conformance.reference import chime, connect, inventory, pipeline, wire
from conformance.reference.contract import Failure, Operation
from conformance.reference.paging import Position
from conformance.reference.pipeline import Behaviour, Handler, json_answer
from conformance.reference.wire import Answer, Channel, Request

FLOOD = 1 << 30  # bytes, unless the client hangs up before
_DROP = b"[" + b'"flood",' * 8192


def _unauthenticated(request: Request, service: str | None) -> None:
    """Require no signature."""


def answering(answer: Callable[[Request], Answer]) -> Edit:
    """One way to answer everything, signed or not."""

    def apply(behaviour: Behaviour) -> Behaviour:
        def route(
            handlers: Mapping[str, Handler], request: Request
        ) -> tuple[Handler, Mapping[str, str]]:
            raise Failure(pipeline.UNKNOWN, "")

        return replace(
            behaviour,
            authenticate=_unauthenticated,
            route=route,
            finish=lambda request, _: answer(request),
        )

    return apply


def _refusing(status: int, kind: str, code: str) -> Edit:
    body = {"Code": code, "Message": "No."}
    return answering(lambda _: json_answer(status, body, ("x-amzn-ErrorType", kind)))


def _echo(request: Request) -> Answer:
    return json_answer(200, {**dict(request.pairs()), **request.document()})


def _page(_: Request) -> Answer:
    """One page that suits every operation at once."""
    numbers = [f"+1206555{line:04d}" for line in range(110, 113)]
    owned = [dict(item) for item in inventory.world().chime_numbers[:3]]
    claimed = [
        {name: value for name, value in item.items() if value is not None}
        for item in inventory.world().connect_numbers[:3]
    ]
    available = [
        {"PhoneNumber": n, "PhoneNumberCountryCode": "US", "PhoneNumberType": "DID"}
        for n in numbers
    ]
    body = {
        chime.SEARCH.listing: numbers,
        chime.LIST.listing: owned,
        chime.GET.single: owned[0],
        connect.SEARCH.listing: available,
        connect.LIST.listing: claimed,
        "NextToken": None,
    }
    return json_answer(200, body)


def _html(_: Request) -> Answer:
    page = b"<!doctype html><html><body><h1>Welcome to nginx!</h1></body></html>"
    return Answer(status=200, headers=(("Content-Type", "text/html"),), body=page)


def _never(channel: Channel, request: Request, answer: Answer) -> bool:
    while not channel.wait(60):
        pass
    return False


def _flood(channel: Channel, request: Request, answer: Answer) -> bool:
    channel.send(wire.head(answer, ("Connection", "close")))
    sent = 0
    while sent < FLOOD and not channel.wait(0):
        channel.send(_DROP)
        sent += len(_DROP)
    return False


def _delivering(deliver: wire.Delivery) -> Edit:
    return answering(lambda _: replace(json_answer(200, {}), deliver=deliver))


def _repeating(handler: Handler) -> Handler:
    """Every page is the first one, and has the same token; nothing is ever refused."""

    def continue_at(operation: Operation, params: object, position: Position) -> str:
        return "again"

    def shape(operation: Operation, items: object, token: str | None) -> object:
        body = json.loads(_page(Request("GET", "/", "HTTP/1.1", (), b"")).body)
        return {**body, "NextToken": "again"}

    return replace(
        handler,
        validate=lambda operation, params: {},
        judge=lambda operation, params, world: None,
        locate=lambda operation, params: Position(),
        continue_at=continue_at,
        select=lambda operation, params, position, world: operation.source(world),
        shape=shape,
    )


_SPECS: dict[str, tuple[Edit, str]] = {
    "always-empty-object": (answering(lambda _: json_answer(200, {})), "Everything is 200 and {}."),
    "always-400": (
        _refusing(400, "BadRequestException", "BadRequest"),
        "Everything is a 400 in JSON.",
    ),
    "always-403": (_refusing(403, "AccessDeniedException", "AccessDenied"), "Everything is a 403."),
    "always-404": (
        _refusing(404, "UnknownOperationException", "UnknownOperation"),
        "Everything is a 404 in JSON.",
    ),
    "always-500": (
        _refusing(500, "ServiceFailureException", "ServiceFailure"),
        "Everything is a 500 in JSON.",
    ),
    "always-501": (_refusing(501, "NotImplemented", "NotImplemented"), "Everything is a 501."),
    "echo": (answering(_echo), "Everything is a 200 with what was asked."),
    "one-page": (answering(_page), "Everything is the same good-looking page."),
    "html": (answering(_html), "Everything is a web page with status 200."),
    "empty": (
        answering(lambda _: Answer(status=200, headers=(), body=b"")),
        "Everything is a 200 without a body.",
    ),
    "hangs-up": (
        lambda behaviour: replace(behaviour, listens=False),
        "Connections are closed at once.",
    ),
    "silent": (_delivering(_never), "Requests are read and never answered."),
    "flood": (_delivering(_flood), "Bodies go on for 1 GiB, without a length."),
    "repeats-for-ever": (
        lambda behaviour: replace(everywhere(_repeating)(behaviour), authenticate=_unauthenticated),
        "Each operation answers the same page with the same token, whatever is asked.",
    ),
}

DEGENERATES: Mapping[str, Degenerate] = by_name(
    *(
        Degenerate(name=name, description=text, operations=ALL, edit=edit)
        for name, (edit, text) in _SPECS.items()
    )
)
