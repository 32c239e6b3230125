"""What an answer owes: a success its members, an error its envelope, type and status."""

from collections.abc import Iterator

from conformance.generation.clause_builder import (
    ANSWER,
    CONSTRAINTS,
    UNPROVOKED,
    ClauseBuilder,
    protocol_page,
)
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Clause, Level, Operation, Source
from conformance.spec.values import MOMENTS, paths


def response(make: ClauseBuilder) -> Iterator[Clause]:
    operation = make.operation
    speaks = PROTOCOLS[operation.protocol]
    stated = operation.by_hand.get("stated", {}).get("status", True)
    yield make(
        "response/status",
        f"success has status {operation.http.status}",
        level=Level.MUST if stated else Level.SHOULD,
        section=ANSWER,
    )
    if has_answer(operation):
        yield make(
            "response/content-type",
            f"success is sent as {speaks.FORM}",
            level=Level.SHOULD if operation.modelled else Level.MUST,
            section=ANSWER,
        )
        yield make("response/body", f"the body of a success is {speaks.BODY}", section=ANSWER)
    yield make(
        "response/request-id",
        "every answer names its request id",
        level=Level.SHOULD,
        section=Source(page=protocol_page(make.operation), section="x-amzn-RequestId"),
    )
    for name, value in speaks.HEADERS.items():
        yield make(
            f"response/{name}",
            f"every answer has the header {name}: {value}",
            level=Level.SHOULD,
            section=Source(page=protocol_page(make.operation), section="Responses"),
        )
    yield make(
        "response/names",
        "members are spelt as documented",
        level=Level.SHOULD,
        section=ANSWER,
    )
    present = {m for entry in operation.by_hand.get("present", ()) for m in entry["members"]}
    tokens = {operation.pagination.output_token} if operation.pagination else set()
    known = {path: schema for path, _, schema in paths(operation.response)}
    for path, schema in known.items():
        section = schema.get("section", ANSWER)
        parent, _, last = path.rpartition("/")
        required = last in known.get(parent, operation.response).get("required", ())
        if "/" not in path and path not in tokens and not operation.modelled:
            yield make(f"response/{path}/present", f"a success holds {path}", section=section)
        elif path in present or (operation.modelled and required):
            yield make(
                f"response/{path}/present",
                f"{path} is never absent",
                # what a request did not say cannot be told again
                level=Level.OBSERVE if path in operation.members else Level.SHOULD,
                section=section,
            )
        if "type" in schema:
            yield make(
                f"response/{path}/type", f"{path} is of type {schema['type']}", section=section
            )
        if operation.modelled and schema.get("format") in MOMENTS:
            yield make(
                f"response/{path}/format",
                f"{path} is a timestamp in the form {schema['format']}",
                level=Level.SHOULD,
                section=Source(page=protocol_page(operation), section="timestampFormat"),
            )
        for keyword, promise in CONSTRAINTS.items():
            if keyword in schema:
                yield make(
                    f"response/{path}/{keyword}",
                    promise.format(member=path, value=schema[keyword]),
                    level=Level.SHOULD,
                    section=section,
                )


def has_answer(operation: Operation) -> bool:
    """Whether a success has a body that the protocol reads as members."""
    if operation.wire.get("streams"):
        return False
    members = operation.response["properties"]
    payload = members.get(operation.wire.get("responsePayload", ""))
    if payload is not None:
        return bool(payload.get("type") == "object")
    beside = {"header", "headers", "status"}
    inside = any(member.get("location") not in beside for member in members.values())
    return inside or not operation.modelled


def errors(make: ClauseBuilder, *, constrained: bool, refused: bool) -> Iterator[Clause]:
    """``constrained``: some case breaks a constraint; ``refused``: some must be refused at all."""
    operation = make.operation
    speaks = PROTOCOLS[operation.protocol]
    unseen = None if refused else "no request of this operation has to be refused"
    unbroken = None if constrained else "no request can break a constraint here"
    yield make(
        "errors/body",
        f"an error is {speaks.BODY}, or has no body",
        section="Errors",
        untestable_reason=unseen,
    )
    yield make(
        "errors/content-type",
        f"a broken constraint is told as {speaks.FORM}",
        level=Level.SHOULD,
        section="Errors",
        untestable_reason=unbroken,
    )
    yield make("errors/type", "an error names its type", section="Errors", untestable_reason=unseen)
    yield make(
        "errors/documented",
        "an error's type is listed on the page or common to all services",
        level=Level.OBSERVE if operation.modelled else Level.MUST,
        section="Errors",
        untestable_reason=unseen,
    )
    yield make(
        "errors/consistent",
        "header and body name the same error",
        level=Level.SHOULD,
        section="Errors",
        untestable_reason=unseen,
    )
    yield make(
        "errors/broken-constraint",
        "a broken constraint is answered with 400 and a type that says so",
        level=Level.SHOULD if operation.modelled else Level.MUST,
        section="Errors",
        untestable_reason=unbroken,
    )
    provoked = set(operation.by_hand.get("constraintErrors", ())) if constrained else set()
    provoked |= {rule["unknown"].get("error") for rule in operation.rules if "unknown" in rule}
    for kind, status in operation.errors.items():
        if status is None:
            continue
        yield make(
            f"errors/{kind}/status",
            f"{kind} has status {status}",
            section="Errors",
            untestable_reason=None if kind in provoked else UNPROVOKED,
        )
