"""Named edges of the rules, of paging, of the protocol and of authentication."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.generation.member_cases import Edges
from conformance.generation.plans import Call, Case, Expect, Size, Step, Walk
from conformance.protocols.base import NO_SUCH_PATH, Alteration, Signing
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Level, Operation

#: A method that none of the paths has, and that cannot change anything where it had.
WRONG_METHOD = "PATCH"

#: Text that no server can have given out as a page token.
UNKNOWN_TOKENS: Mapping[str, str] = {
    "text": "conformance-token-that-was-never-given-out",
    "base64": "Y29uZm9ybWFuY2UtdG9rZW4tdGhhdC13YXMtbmV2ZXItZ2l2ZW4tb3V0",
    "symbols": "never given out: {}?&=+/",
}

#: Page sizes that are tried one after the other: all the small ones, then common ones.
SWEEP = (*range(1, 21), 25, 30, 40, 50, 75, 99, 100, 200)
#: Larger pages than this are not asked for where nobody says how large they may be.
UNSAID = 20
#: Which of the listed items are asked for one by one: near each other, then further apart.
SPREAD = (0, 1, 2, 3, 5, 8, 13, 21, -1)
#: So many of them where only a model says that they can be.
FEW = 3


def _closest(kept: list[Mapping[str, Any]], params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The kept example that differs least from a broken one."""

    def likeness(example: Mapping[str, Any]) -> tuple[int, int]:
        same = sum(1 for name, value in params.items() if example.get(name) == value)
        named = sum(1 for name in params if name in example)
        return (named, same)

    return max(kept, key=likeness)


def rule_cases(operation: Operation) -> Iterator[Case]:
    """Every rule kept and broken, every filter tried."""
    edges = Edges(operation)
    for rule in operation.rules:
        path = f"rules/{rule['id']}"
        if "constraint" in rule:
            yield from _constraint(edges, path, rule)
        if "accepts" in rule:
            calls: list[Step] = [Call(set=params) for params in rule["accepts"]]
            yield _many(edges, path, "accepted", Expect.ACCEPTED, calls)
        if "try" in rule:
            yield from _tried(edges, path, rule)
        if "unknown" in rule:
            call = Call(set=rule["unknown"]["params"])
            yield from edges.case(path, "unknown", Expect.UNKNOWN, call, Call(base=True))
        if "found" in rule:
            yield from _found(edges, path, rule["found"]["params"])


def _constraint(edges: Edges, path: str, rule: Mapping[str, Any]) -> Iterator[Case]:
    judged = rule["level"] != Level.OBSERVE
    if judged:
        for number, params in enumerate(rule["kept"], 1):
            for case in edges.case(path, f"kept-{number}", Expect.ACCEPTED, Call(set=params)):
                yield replace(case, level=edges.softened(params))
    for number, params in enumerate(rule["broken"], 1):
        yield from edges.case(
            path,
            f"broken-{number}",
            Expect.REFUSED if judged else Expect.ANYTHING,
            Call(set=params),
            Call(set=_closest(rule["kept"], params)) if judged else None,
        )


def _tried(edges: Edges, path: str, rule: Mapping[str, Any]) -> Iterator[Case]:
    """A listing knows what each value has to bring; a search may hold nothing for some of them."""
    if "exclusive" in rule or not edges.operation.is_account_listing:
        steps: list[Step] = [Call(set=params) for params in rule["try"]]
        tried = _many(edges, path, "tried", Expect.ACCEPTED, steps)
        # What is on offer is the target's affair: it may refuse what it cannot have.
        yield replace(tried, level=Level.OBSERVE)
        return
    for number, params in enumerate(rule["try"], 1):
        whole: list[Step] = [Walk(set=params)]
        yield _many(edges, path, f"try-{number}", Expect.ACCEPTED, whole)


def _found(edges: Edges, path: str, params: Mapping[str, Any]) -> Iterator[Case]:
    """Several of the listed items are asked for, not just the first.

    What a model does not tell is whether each of them is there to be asked for.
    """
    modelled = edges.operation.modelled
    for number, rank in enumerate(SPREAD[:FEW] if modelled else SPREAD, 1):
        ranked = {
            name: {**value, "rank": rank, "wrap": True} if isinstance(value, Mapping) else value
            for name, value in params.items()
        }
        for case in edges.case(path, f"item-{number}", Expect.FOUND, Call(set=ranked)):
            yield replace(case, level=Level.OBSERVE if modelled else None)


def _many(edges: Edges, path: str, edge: str, expect: Expect, steps: list[Step]) -> Case:
    clause = edges.known[f"{edges.operation.id}/{path}"]
    return Case(
        id=f"{clause.id}/{edge}",
        operation=edges.operation.id,
        clause=clause.id,
        expect=expect,
        title=f"{clause.promise}: {edge}",
        steps=tuple(steps),
    )


def paging_cases(operation: Operation, others: tuple[str, ...]) -> Iterator[Case]:
    """Walks of several page sizes, filtered walks, and tokens that were never given out."""
    paging = operation.pagination
    if paging is None:
        return
    edges = Edges(operation)
    walks: dict[str, Walk] = {"size-default": Walk(base=True)}
    least, most = operation.page_sizes
    if paging.limit:
        walks |= {
            f"size-{least}": Walk(base=True, sizes=(least,), pages=45),
            "size-10": Walk(base=True, sizes=(max(least, min(10, most or 10)),)),
            "size-middle": Walk(base=True, sizes=(Size.MIDDLE,)),
        }
        if most is not None:
            walks["size-maximum"] = Walk(base=True, sizes=(most,))
    for edge, walk in walks.items():
        case = _many(edges, "pagination/all-items", edge, Expect.ACCEPTED, [walk])
        yield replace(case, level=_of_sizes(operation, walk))
    if paging.limit:
        grown = Walk(base=True, sizes=tuple(max(least, n) for n in (2, 3, 1, 5)), pages=5)
        case = _many(edges, "pagination/other-page-size", "changing", Expect.ACCEPTED, [grown])
        yield replace(case, level=_of_sizes(operation, grown))
        swept: list[Step] = [
            Call(base=True, set={paging.limit: operation.page_size(n)})
            for n in SWEEP
            if least <= n <= (most or UNSAID)
        ]
        sweep = _many(edges, "pagination/page-size", "sweep", Expect.ACCEPTED, swept)
        yield replace(sweep, sample=False, level=_of_sizes(operation, grown))
    for edge, token in UNKNOWN_TOKENS.items():
        yield from edges.case(
            "pagination/unknown-token",
            edge,
            Expect.UNKNOWN_TOKEN,
            Call(base=True, set={paging.input_token: token}),
            Call(base=True),
        )
    for other in others:
        yield from edges.case(
            "pagination/foreign-token",
            other.replace(":", "-"),
            Expect.ANYTHING,
            Call(base=True, set={paging.input_token: {"token": other}}),
        )
    yield from _filtered(edges, operation)


def _of_sizes(operation: Operation, walk: Walk) -> Level | None:
    """Nobody says that a page size is taken where nobody says which ones are."""
    asked = walk.sizes != (Size.DEFAULT,)
    return Level.OBSERVE if asked and not operation.says_page_sizes else None


def _filtered(edges: Edges, operation: Operation) -> Iterator[Case]:
    paging = operation.pagination
    assert paging is not None
    sizes: tuple[int | Size, ...] = (1,) if paging.limit else (Size.DEFAULT,)
    walks: list[Step] = []
    for rule in operation.rules:
        if "filter" not in rule or "try" not in rule:
            continue
        walks += [Walk(set=params, sizes=sizes, pages=5) for params in rule["try"][:3]]
        changed = Call(set={**rule["try"][0], paging.input_token: {"token": operation.id}})
        yield from edges.case("pagination/other-filters", rule["id"], Expect.ANYTHING, changed)
    if walks:
        yield _many(edges, "pagination/filters-held", "walked", Expect.ACCEPTED, walks)


def protocol_cases(operation: Operation) -> Iterator[Case]:
    """The transport: what every operation owes, and what nobody promises."""
    edges = Edges(operation)
    good = Call(base=True)

    def altered(**change: Any) -> Call:
        return Call(base=True, alteration=Alteration(**change))

    yield from edges.case("protocol/implemented", "asked", Expect.IMPLEMENTED, good)
    yield from edges.case("protocol/accepts-valid", "baseline", Expect.ACCEPTED, good)
    refused: Mapping[str, Call] = {
        "unknown-path": altered(path=NO_SUCH_PATH),
        "wrong-method": altered(method=WRONG_METHOD),
        "unknown-operation": altered(absent=True),
    }
    for name, call in refused.items():
        yield from edges.case(f"protocol/{name}", "asked", Expect.CLIENT_ERROR, call, good)
    if operation.http.method == "POST" and not operation.modelled:
        # it changes nothing either; where a path is modelled, it may well be another operation's
        call = altered(method="GET")
        yield from edges.case("protocol/wrong-method", "get", Expect.CLIENT_ERROR, call, good)
    speaks = PROTOCOLS[operation.protocol]
    for name, bodies in (
        ("malformed-body", speaks.MALFORMED),
        ("non-object-body", speaks.NON_OBJECTS),
    ):
        for edge, body in bodies.items():
            call = altered(body=body)
            yield from edges.case(f"protocol/{name}", edge, Expect.REFUSED, call, good)
    free: Mapping[str, Call] = {
        "unknown-member": altered(extra={"ConformanceUnknownMember": "unknown"}),
        "wrong-content-type": altered(content_type="text/plain"),
        "empty-body": altered(body=b""),
        "null-body": altered(body=b"null"),
    }
    for name, call in free.items():
        yield from edges.case(f"protocol/{name}", "sent", Expect.ANYTHING, call)
    for observed in operation.by_hand.get("observe", ()):
        call = Call(
            base=True, set=observed["params"], alteration=Alteration(path=observed["rawPath"])
        )
        yield from edges.case(f"protocol/{observed['id']}", "sent", Expect.ANYTHING, call)


def auth_cases(operation: Operation) -> Iterator[Case]:
    """Signatures that do not fit, one way at a time."""
    edges = Edges(operation)
    for signing in Signing:
        call = Call(base=True, alteration=Alteration(signing=signing))
        yield from edges.case(
            f"auth/{signing}", "sent", Expect.UNAUTHENTICATED, call, Call(base=True)
        )
