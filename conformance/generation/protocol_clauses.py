"""What every operation of its kind owes: rules in prose, paging, the protocol, signatures."""

from collections.abc import Iterator

from conformance.generation.clause_builder import (
    ANSWER,
    COMMON_ERRORS,
    REPLAYED,
    ClauseBuilder,
    inexpressible,
    protocol_page,
)
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Clause, Level, Operation, Source


def rules(make: ClauseBuilder) -> Iterator[Clause]:
    for rule in make.operation.rules:
        yield make(
            f"rules/{rule['id']}",
            rule["promise"],
            level=Level(rule["level"]),
            section=rule["section"],
        )
    for observed in make.operation.by_hand.get("observe", ()):
        yield make(f"protocol/{observed['id']}", observed["reason"], level=Level.OBSERVE)


def is_token(operation: Operation) -> bool:
    """Whether what asks for the next page is opaque, not the name of the item to go on from."""
    paging = operation.pagination
    if paging is None or paging.further:
        return False
    return not operation.modelled or paging.input_token.lower().endswith("token")


def pagination(make: ClauseBuilder) -> Iterator[Clause]:
    operation = make.operation
    paging = operation.pagination
    if paging is None:
        return
    token = operation.section(paging.input_token)
    if paging.limit:
        limit = operation.section(paging.limit)
        yield make(
            "pagination/page-size",
            f"a page never holds more than {paging.limit} items",
            section=limit,
        )
        yield make(
            "pagination/other-page-size",
            "a token stays valid for a page of another size",
            section=token,
        )
    yield make("pagination/end", "a walk comes to an end", section=token)
    yield make("pagination/unique-items", "the pages of a walk hold no item twice", section=token)
    yield make(
        "pagination/all-items",
        "walks with pages of different sizes hold the same items",
        section=token,
    )
    opaque = None if is_token(operation) else "any value may be a position in the list"
    yield make(
        "pagination/unknown-token",
        "a token that was never given out is not answered with the first page",
        section=token,
        untestable_reason=opaque,
    )
    yield make(
        "pagination/unknown-token-error",
        "a token that was never given out is a client error",
        level=Level.SHOULD,
        section=token,
        untestable_reason=opaque,
    )
    if not operation.modelled:
        yield make(
            "pagination/foreign-token",
            "a token of another operation breaks nothing",
            level=Level.OBSERVE,
            section=token,
        )
    if any("filter" in rule for rule in operation.rules):
        yield make(
            "pagination/filters-held",
            "a filter holds on every page of a walk",
            level=Level.SHOULD,
            section=token,
        )
        yield make(
            "pagination/other-filters",
            "a token with other filters than it was given out for breaks nothing",
            level=Level.OBSERVE,
            section=token,
        )


def protocol(make: ClauseBuilder) -> Iterator[Clause]:
    speaks = PROTOCOLS[make.operation.protocol]
    specified = Source(page=protocol_page(make.operation), section="Operation error serialization")
    yield make("protocol/implemented", "the operation exists", section="Request Syntax")
    yield make(
        "protocol/accepts-valid",
        "a request that breaks no clause is accepted",
        section="Request Syntax",
    )
    yield make("protocol/no-server-error", "no request is answered with a 5xx", section="Errors")
    yield make("protocol/answers", "every request is answered, whole and in time", section=ANSWER)
    yield make("protocol/readable", "every answer can be read", section=specified)
    nowhere = {"unknown-operation": "a call that names no operation is a client error"}
    if make.operation.protocol.startswith("rest-"):
        nowhere = {
            "unknown-path": "a path that names no operation is a client error",
            "wrong-method": "a method that the path does not have is a client error",
        }
    for name, promise in nowhere.items():
        yield make(f"protocol/{name}", promise, level=Level.SHOULD, section=specified)
    form = speaks.FORM
    if make.operation.has_body:
        for name, promise in (
            ("malformed-body", f"a body that is no {form} is refused"),
            ("non-object-body", f"{form} but no object is refused"),
        ):
            yield make(
                f"protocol/{name}",
                promise,
                section="Request Body",
                untestable_reason=inexpressible(make.operation, "", name),
            )
    unpromised = {"unknown-member": "a member that the operation does not have breaks nothing"}
    if make.operation.has_body:
        unpromised["wrong-content-type"] = "another Content-Type breaks nothing"
        if make.operation.protocol not in {"query", "ec2"}:
            unpromised["empty-body"] = "no body at all breaks nothing"
        if form == "JSON":
            unpromised["null-body"] = "a JSON null as body breaks nothing"
    for name, promise in unpromised.items():
        yield make(
            f"protocol/{name}",
            promise,
            level=Level.OBSERVE,
            section="Request Syntax",
            untestable_reason=inexpressible(make.operation, "", name),
        )


def auth(make: ClauseBuilder) -> Iterator[Clause]:
    if make.operation.wire.get("unsigned"):
        return
    for name, promise in (
        ("missing", "a request without Authorization is refused"),
        ("unknown-key", "a request signed with an unknown access key is refused"),
        ("bad-signature", "a request whose signature does not fit is refused"),
        ("stale-date", "a request signed long ago is refused"),
        ("incomplete", "an Authorization header without a signature is refused"),
    ):
        yield make(f"auth/{name}", promise, level=Level.SHOULD, section=COMMON_ERRORS)


def sdk(make: ClauseBuilder) -> Iterator[Clause]:
    for name, promise in (
        ("request", "the SDK builds the request that was recorded"),
        ("response", "the SDK understands a recorded answer as its bytes say"),
    ):
        page = protocol_page(make.operation)
        source = Source(page=page, section="Protocol behaviors")
        yield make(f"sdk/{name}", promise, section=source, untestable_reason=REPLAYED)
