"""Faults of robustness, by hand: one kind of request that the service answers with a 500.

What sets a crash off is a predicate on the raw request; the table is the list of them.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import unquote

from calibration import unspecified
from calibration.mutations import ALL, CHIME, CONNECT, LISTINGS, Fault, HandlerEdit, on
from conformance.reference import validation
from conformance.reference.contract import Failure, Json, Operation, Params
from conformance.reference.pipeline import Behaviour, Handler, read
from conformance.reference.wire import Request

Trigger = Callable[[Operation, Request], bool]
LONG = 1000  # characters


def crashing(trigger: Trigger) -> HandlerEdit:
    """Answer 500 to the requests that set it off."""

    def edit(handler: Handler) -> Handler:
        def faulty(operation: Operation, request: Request, labels: Mapping[str, str]) -> Params:
            if trigger(operation, request):
                raise operation.failure("internal", "Something broke.")
            return handler.read(operation, request, labels)

        return replace(handler, read=faulty)

    return edit


def strings(operation: Operation, request: Request) -> list[str]:
    """Every string value that a request carries: in its path, its query and its body."""
    found = [value for _, value in request.pairs()]
    if operation.path.endswith("}"):
        found.append(unquote(request.path.split("/")[-1]))
    _collect(request.document(), found)
    return found


def _collect(value: Json, found: list[str]) -> None:
    if isinstance(value, str):
        found.append(value)
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            _collect(inner, found)


def given(operation: Operation, request: Request) -> Params:
    """What a request asks for, unvalidated; nothing where it cannot be read."""
    try:
        return read(operation, request, {})
    except Failure:
        return {}


def _anywhere(test: Callable[[str], bool]) -> Trigger:
    return lambda operation, request: any(test(text) for text in strings(operation, request))


def _size(test: Callable[[int], bool]) -> Trigger:
    def trigger(operation: Operation, request: Request) -> bool:
        size = given(operation, request).get("MaxResults")
        return isinstance(size, int) and not isinstance(size, bool) and test(size)

    return trigger


def _malformed(operation: Operation, request: Request) -> bool:
    try:
        json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        return True
    return False


def _no_object(operation: Operation, request: Request) -> bool:
    try:
        return not isinstance(json.loads(request.body or b"{}"), dict)
    except (ValueError, RecursionError):
        return False


def _mistyped(operation: Operation, request: Request) -> bool:
    params = given(operation, request)
    return any(
        keyword.endswith("type")
        for name, value in params.items()
        for keyword in validation.broken(operation.members[name], value)
    )


def _empty_list(operation: Operation, request: Request) -> bool:
    return [] in request.document().values()


def _media_type(operation: Operation, request: Request) -> bool:
    return "json" not in (request.header("content-type") or "application/json").lower()


# name: what sets it off, the operations that can meet it, a sentence
TRIGGERS: dict[str, tuple[Trigger, frozenset[str], str]] = {
    "malformed-body": (_malformed, CONNECT, "a body that is no JSON"),
    "no-object": (_no_object, CONNECT, "a body that is no object"),
    "wrong-type": (_mistyped, LISTINGS, "a value of a wrong type"),
    "unknown-member": (unspecified.unknown_member, ALL, "a member that no page mentions"),
    "null": (unspecified.null, CONNECT, "an explicit null"),
    "empty-list": (_empty_list, frozenset({"connect:ListPhoneNumbersV2"}), "an empty list"),
    "empty-body": (lambda _, request: not request.body, CONNECT, "a POST without a body"),
    "empty-string": (_anywhere(lambda text: text == ""), LISTINGS, "an empty string"),
    "other-media-type": (_media_type, CONNECT, "a Content-Type that is not JSON"),
    "repeated-parameter": (
        unspecified.repeated,
        CHIME & LISTINGS,
        "a repeated query parameter",
    ),
    "non-ascii": (_anywhere(lambda text: not text.isascii()), ALL, "a value that is not ASCII"),
    "quote": (_anywhere(lambda text: "'" in text), ALL, "a value with a single quote"),
    "long": (
        _anywhere(lambda text: len(text) > LONG),
        ALL,
        f"a value longer than {LONG} characters",
    ),
    "control": (
        _anywhere(lambda text: re.search(r"[\x00-\x1f]", text) is not None),
        ALL,
        "a value with a control character",
    ),
    "negative-size": (_size(lambda size: size < 0), LISTINGS, "a negative MaxResults"),
    "zero-size": (_size(lambda size: size == 0), LISTINGS, "MaxResults 0"),
    "huge-size": (_size(lambda size: size >= 2**31), LISTINGS, "a MaxResults beyond 32 bits"),
}


def derive() -> Iterator[Fault]:
    """Each crash for each operation that can meet it."""
    for operation in Behaviour().handlers:
        for name, (trigger, operations, what) in TRIGGERS.items():
            if operation in operations:
                yield Fault(
                    name=f"{operation}/robustness:{name}-500",
                    description=f"The answer to {what} is a 500.",
                    operations=frozenset({operation}),
                    edit=on(operation, crashing(trigger)),
                    family="by-hand",
                )


FAULTS = tuple(derive())
