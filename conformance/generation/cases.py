"""The case set: every named edge of an operation, always the same, in a stable order.

Here are the cases of rules, paging, the protocol and authentication; those of members are in
``member_cases``. It knows no target.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from conformance.generation import member_cases
from conformance.generation.case_builder import CaseBuilder
from conformance.generation.plans import ANY_ORDER, Call, Case, Expect, Exploration, Size, Walk
from conformance.generation.stories import is_lived, stories
from conformance.protocols.base import NO_SUCH_PATH, Additions, Alteration, Signing
from conformance.protocols.table import PROTOCOLS
from conformance.spec.levels import Level
from conformance.spec.operation import Operation, Pagination, Params
from conformance.spec.registry import registry
from conformance.spec.rules import (
    Accepts,
    Combine,
    Constraint,
    Exclusive,
    Filter,
    Found,
    Selects,
    Unknown,
)

DIRECTIONS = ("valid", "invalid")

#: A method that none of the paths has, and that cannot change anything where it had.
WRONG_METHOD = "PATCH"

#: Texts that no server can have given out as a page token.
UNKNOWN_TOKENS: Mapping[str, str] = {
    "text": "conformance-token-that-was-never-given-out",
    "base64": "Y29uZm9ybWFuY2UtdG9rZW4tdGhhdC13YXMtbmV2ZXItZ2l2ZW4tb3V0",
    "symbols": "never given out: {}?&=+/",
}

#: Page sizes that are tried one after the other: all the small ones, then common ones.
SWEEP = (*range(1, 21), 25, 30, 40, 50, 75, 99, 100, 200)
#: Walks of small pages end after so many of them.
MOST_PAGES = 45
#: Larger pages than this are not asked for where it is not stated how large they may be.
MOST_UNSTATED = 20
#: Which of the listed items are asked for one by one: near each other, then further apart.
SPREAD = (0, 1, 2, 3, 5, 8, 13, 21, -1)
#: So many of them where no listing says that they can be found.
FEW = 3


@lru_cache(maxsize=1024)
def cases(operation: Operation) -> tuple[Case, ...]:
    """Every named edge of one operation; ids are unique and never depend on a target."""
    build = CaseBuilder(operation)
    families = (
        protocol_cases(build),
        member_cases.cases(operation),
        rule_cases(build),
        paging_cases(build),
        auth_cases(build),
        state_cases(build),
    )
    return tuple({case.id: case for family in families for case in family}.values())


def explorations(operation: Operation) -> tuple[Exploration, ...]:
    """The explorations of one operation: one for each direction, and for what it makes one more."""
    lived = (ANY_ORDER,) if is_lived(operation) else ()
    return tuple(
        Exploration(
            id=f"{operation.id}/exploration/{direction}",
            operation=operation.id,
            direction=direction,
        )
        for direction in (*DIRECTIONS, *lived)
    )


def digest(operations: Sequence[Operation]) -> str:
    """One digest over the ids of all the cases of several operations."""
    return _digest(tuple(operations))


@lru_cache(maxsize=4)  # a run asks for it several times, and of all operations it takes a minute
def _digest(operations: tuple[Operation, ...]) -> str:
    ids = [case.id for operation in operations for case in cases(operation)]
    ids = sorted([*ids, *(one.id for operation in operations for one in stories(operation))])
    return "sha256:" + hashlib.sha256("\n".join(ids).encode()).hexdigest()


def by_clause(operation: Operation) -> Mapping[str, tuple[Case, ...]]:
    """The cases of one operation by the clause that they exercise first."""
    found: dict[str, list[Case]] = {}
    for case in cases(operation):
        found.setdefault(case.clause, []).append(case)
    return {clause: tuple(group) for clause, group in found.items()}


# ------------------------------------------------------------ rules


def rule_cases(build: CaseBuilder) -> Iterator[Case]:
    """Every rule with its valid and invalid requests, every filter tried."""
    for rule in build.operation.rules:
        path = f"rules/{rule.id}"
        match rule:
            case Constraint():
                yield from _constraint(build, path, rule)
            case Accepts():
                calls = (Call(set=params) for params in rule.examples)
                yield from build.case(path, "accepted", Expect.ACCEPTED, *calls)
            case Filter() | Exclusive() | Combine():
                yield from _listed(build, path, rule)
            case Selects():
                yield from _selected(build, path, rule)
            case Unknown():
                for edge, params in _unknown(rule.params):
                    yield from build.case(
                        path,
                        edge,
                        Expect.UNKNOWN,
                        Call(set=params),
                        valid_control=Call(base=True),
                    )
            case Found():
                yield from _found(build, path, rule)


def _unknown(params: Params) -> Iterator[tuple[str, Params]]:
    """The requests of a rule on what is unknown: one for each part, where it names several."""
    for name, value in params.items():
        parts = value.get("like") if isinstance(value, Mapping) else None
        if isinstance(parts, list):
            for part in parts:
                yield part, {**params, name: {**value, "like": part}}
            return
    yield "unknown", params


def _constraint(build: CaseBuilder, path: str, rule: Constraint) -> Iterator[Case]:
    if rule.level is Level.OBSERVE:
        for number, params in enumerate(rule.invalid, 1):
            yield from build.unspecified(path, f"broken-{number}", Call(set=params))
        return
    for number, params in enumerate(rule.valid if rule.accepted else (), 1):
        level = build.level_of_offer(params)
        call = Call(set=params)
        yield from build.case(path, f"kept-{number}", Expect.ACCEPTED, call, level=level)
    for number, params in enumerate(rule.invalid, 1):
        valid = Call(set=_closest(rule.valid, params))
        yield from build.refused(path, f"broken-{number}", Call(set=params), valid)


def _closest(valid: Sequence[Params], invalid: Params) -> Params:
    """The valid request that differs least from an invalid one."""

    def likeness(example: Params) -> tuple[int, int]:
        same = sum(1 for name, value in invalid.items() if example.get(name) == value)
        named = sum(1 for name in invalid if name in example)
        return (named, same)

    return max(valid, key=likeness)


def _listed(build: CaseBuilder, path: str, rule: Filter | Exclusive | Combine) -> Iterator[Case]:
    """A listing shows which items each value has to bring; a search may hold nothing for some."""
    if isinstance(rule, Exclusive) or not build.operation.is_account_listing:
        calls = [Call(set=params) for params in rule.examples]
        # what is on offer is the target's affair: it may refuse what it cannot have
        if calls:
            yield from build.case(path, "tried", Expect.ACCEPTED, *calls, level=Level.OBSERVE)
        return
    for number, params in enumerate(rule.examples, 1):
        yield from build.case(path, f"try-{number}", Expect.ACCEPTED, Walk(set=params))


#: How many of the parts that a member can select are selected, each alone.
_PARTS = 3


def _selected(build: CaseBuilder, path: str, rule: Selects) -> Iterator[Case]:
    """Parts are selected alone, after all of them; and none, where that can be asked for."""
    whole = [Call(base=True, set={rule.member: [value]}) for value in rule.everything[:1]]
    for value in list(rule.parts)[:_PARTS]:
        alone = Call(base=True, set={rule.member: [value]})
        yield from build.case(path, value, Expect.ACCEPTED, *whole, alone, level=Level.OBSERVE)
    if rule.adding:
        yield from build.case(path, "none", Expect.ACCEPTED, Call(base=True), level=Level.OBSERVE)


def _found(build: CaseBuilder, path: str, rule: Found) -> Iterator[Case]:
    """Several of the listed items are asked for, not just the first.

    Without a listing of its own it is not stated that each of them can be found.
    """
    is_stated = rule.listing is not None
    for number, rank in enumerate(SPREAD if is_stated else SPREAD[:FEW], 1):
        ranked = {
            name: {**value, "rank": rank, "wrap": True} if isinstance(value, Mapping) else value
            for name, value in rule.params.items()
        }
        level = None if is_stated else Level.OBSERVE
        yield from build.case(path, f"item-{number}", Expect.FOUND, Call(set=ranked), level=level)


# ------------------------------------------------------------ paging


def paging_cases(build: CaseBuilder) -> Iterator[Case]:
    """Walks of several page sizes, filtered walks, and tokens that were never given out."""
    operation, paging = build.operation, build.operation.pagination
    if paging is None:
        return
    walks: dict[str, Walk] = {"size-default": Walk(base=True)}
    least, most = operation.page_sizes
    if paging.limit:
        walks |= {
            f"size-{least}": Walk(base=True, sizes=(least,), pages=MOST_PAGES),
            "size-10": Walk(base=True, sizes=(max(least, min(10, most or 10)),)),
            "size-middle": Walk(base=True, sizes=(Size.MIDDLE,)),
        }
        if most is not None:
            walks["size-maximum"] = Walk(base=True, sizes=(most,))
    # that a page size is accepted is not stated where it is not stated which ones are
    sized = None if operation.states_page_sizes else Level.OBSERVE
    for edge, walk in walks.items():
        level = None if walk.sizes == (Size.DEFAULT,) else sized
        yield from build.case("pagination/all-items", edge, Expect.ACCEPTED, walk, level=level)
    if paging.limit:
        largest = most or MOST_UNSTATED
        changing: Mapping[str, tuple[int | Size, ...]] = {
            "changing": (*(max(least, min(n, largest)) for n in (2, 3, 1, 5)), largest),
            "shrinking": (Size.MIDDLE, *(max(least, min(n, largest)) for n in (3, 2))),
        }
        for edge, sizes in changing.items():
            walk = Walk(base=True, sizes=sizes, pages=MOST_PAGES)
            yield from build.case(
                "pagination/other-page-size", edge, Expect.ACCEPTED, walk, level=sized
            )
        swept = [
            Call(base=True, set={paging.limit: operation.page_size(n)})
            for n in SWEEP
            if least <= n <= (most or MOST_UNSTATED)
        ]
        yield from build.case(
            "pagination/page-size", "sweep", Expect.ACCEPTED, *swept, level=sized, sample=False
        )
    yield from _tokens(build, paging)
    yield from _filtered(build, paging)


def _tokens(build: CaseBuilder, paging: Pagination) -> Iterator[Case]:
    """Tokens that were never given out, with a page size: without one nothing may be paged at all.

    SQS, for one, returns tokens only where ``MaxResults`` was given.
    """
    operation, member = build.operation, paging.input_token
    least, most = operation.page_sizes
    size = operation.page_size(max(least, min(10, most or 10)))
    sized: Params = {paging.limit: size} if paging.limit else {}
    valid = Call(base=True, set=sized)
    for edge, token in UNKNOWN_TOKENS.items():
        yield from build.case(
            "pagination/unknown-token",
            edge,
            Expect.UNKNOWN_TOKEN,
            Call(base=True, set={**sized, member: token}),
            valid_control=valid,
        )
    for other in registry().values():
        # a document that does not state yet what it lists promises no token
        lists = other.service == operation.service and other.pagination and other.listing
        if lists and other.id != operation.id:
            call = Call(base=True, set={member: {"token": other.id}})
            yield from build.unspecified(
                "pagination/foreign-token", other.id.replace(":", "-"), call
            )


def _filtered(build: CaseBuilder, paging: Pagination) -> Iterator[Case]:
    sizes: tuple[int | Size, ...] = (1,) if paging.limit else (Size.DEFAULT,)
    walks: list[Walk] = []
    for rule in build.operation.rules_of(Filter):
        if rule.examples:
            walks += [Walk(set=params, sizes=sizes, pages=5) for params in rule.examples[:3]]
            token = {paging.input_token: {"token": build.operation.id}}
            changed = Call(set={**rule.examples[0], **token})
            yield from build.unspecified("pagination/other-filters", rule.id, changed)
    if walks:
        yield from build.case("pagination/filters-held", "walked", Expect.ACCEPTED, *walks)


# ------------------------------------------------------------ protocol and authentication


def protocol_cases(build: CaseBuilder) -> Iterator[Case]:
    """The transport: what holds of every operation, and what is unspecified."""
    operation, valid = build.operation, Call(base=True)

    def altered(**change: Any) -> Call:
        return Call(base=True, alteration=Alteration(**change))

    yield from build.case("protocol/implemented", "asked", Expect.IMPLEMENTED, valid)
    yield from build.case("protocol/accepts-valid", "baseline", Expect.ACCEPTED, valid)
    # judged by what discovery saw: the valid call, with all that the SDK adds to it
    yield from build.case("protocol/sdk-defaults", "baseline", Expect.IMPLEMENTED, valid)
    compressed = altered(sdk=Additions.COMPRESSED)
    yield from build.case("protocol/compressed-body", "gzip", Expect.ACCEPTED, compressed)
    absent: Mapping[str, Call] = {
        "unknown-path": altered(path=NO_SUCH_PATH),
        "wrong-method": altered(method=WRONG_METHOD),
        "unknown-operation": altered(absent=True),
    }
    for name, call in absent.items():
        yield from build.case(
            f"protocol/{name}", "asked", Expect.CLIENT_ERROR, call, valid_control=valid
        )
    if operation.http.method == "POST" and operation.states("no other method on a path"):
        # it changes nothing either
        call = altered(method="GET")
        yield from build.case(
            "protocol/wrong-method", "get", Expect.CLIENT_ERROR, call, valid_control=valid
        )
    speaks = PROTOCOLS[operation.protocol]
    for name, bodies in (
        ("malformed-body", speaks.request_format.malformed),
        ("non-object-body", speaks.request_format.non_objects),
    ):
        for edge, body in bodies.items():
            yield from build.refused(f"protocol/{name}", edge, altered(body=body), valid)
    unspecified: Mapping[str, Call] = {
        "unknown-member": altered(extra={"ConformanceUnknownMember": "unknown"}),
        "wrong-content-type": altered(content_type="text/plain"),
        "empty-body": altered(body=b""),
        "null-body": altered(body=speaks.request_format.null),
    }
    for name, call in unspecified.items():
        yield from build.unspecified(f"protocol/{name}", "sent", call)
    for one in operation.unspecified:
        call = replace(altered(path=one.raw_path), set=one.params)
        yield from build.unspecified(f"protocol/{one.id}", "sent", call)


def auth_cases(build: CaseBuilder) -> Iterator[Case]:
    """Signatures that do not fit, one way at a time."""
    for signing in Signing:
        call = Call(base=True, alteration=Alteration(signing=signing))
        yield from build.case(
            f"auth/{signing}", "sent", Expect.UNAUTHENTICATED, call, valid_control=Call(base=True)
        )


def state_cases(build: CaseBuilder) -> Iterator[Case]:
    """What a call leaves behind: a thing is deleted, and then once more."""
    valid = Call(base=True)
    yield from build.case("state/gone", "twice", Expect.GONE, valid, valid)
