"""The checks of page walks and tokens, on fabricated walks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from conformance.checks.evidence import Listing
from conformance.checks.findings import Verdict
from conformance.checks.table import CHECKS
from conformance.generation.plans import Expect

LIST = "chime:ListPhoneNumbers"
SEARCH = "chime:SearchAvailablePhoneNumbers"
ITEMS = {LIST: "PhoneNumbers", SEARCH: "E164PhoneNumbers"}
ALL = "pagination/all-items"

#: A page: the names of its items and its token.
Pages = Sequence[tuple[Sequence[str], str | None]]


def listing(names: str, **more: Any) -> Listing:
    return Listing(items=tuple({"PhoneNumberId": name} for name in names), complete=True, **more)


def search(names: str, **more: Any) -> Listing:
    return Listing(items=tuple(names), complete=True, **more)


@dataclass(frozen=True)
class Row:
    check: str
    why: str
    pages: Pages
    finds: Mapping[str, str] = field(default_factory=dict)
    passes: tuple[str, ...] = ()
    path: str = ALL
    operation: str = LIST
    limit: int | None = None
    listing: Listing | None = None
    most: int = 60


FOUR: Pages = [("ab", "1"), ("cd", None)]
ROWS = [
    Row("page-size", "as many as asked", FOUR, passes=("pagination/page-size",), limit=2),
    Row("page-size", "fewer than asked", FOUR, passes=("pagination/page-size",), limit=9),
    Row("page-size", "an empty page proves nothing", [("", "1"), ("", None)], limit=2),
    Row("page-size", "too many", FOUR, {"pagination/page-size": "fail"}, limit=1),
    Row("page-size", "without a limit there is none", FOUR),
    Row("end", "an end", FOUR, passes=("pagination/end",)),
    Row("end", "one page is no walk", [("ab", None)]),
    Row("end", "an empty page amid", [("ab", "1"), ("", "2"), ("c", None)]),
    Row("end", "a token for the second time", [("a", "1"), ("b", "1")], {"pagination/end": "fail"}),
    Row(
        "end",
        "tokens that go round",
        [("a", "1"), ("b", "2"), ("c", "1")],
        {"pagination/end": "fail"},
    ),
    Row(
        "end",
        "nothing new for ten pages",
        [("ab", str(n)) for n in range(12)],
        {"pagination/end": "fail"},
        most=12,
    ),
    Row("end", "a bound that ends it proves nothing", [("a", "1"), ("b", "2")], most=2),
    Row(
        "end",
        "something new on each page up to the bound",
        [(chr(97 + n), str(n)) for n in range(12)],
        most=12,
    ),
    Row("unique-items", "no item twice", FOUR, passes=("pagination/unique-items",)),
    Row(
        "unique-items",
        "an item on two pages",
        [("ab", "1"), ("bc", None)],
        {"pagination/unique-items": "fail"},
    ),
    Row(
        "unique-items",
        "an item twice on one page",
        [("aa", "1"), ("b", None)],
        {"pagination/unique-items": "fail"},
    ),
    Row("unique-items", "a walk without end is said once", [("a", "1"), ("a", "1")]),
    Row(
        "unique-items",
        "a search that changes from call to call may repeat itself",
        [("ab", "1"), ("bc", None)],
        {"pagination/unique-items": "inconclusive"},
        operation=SEARCH,
        listing=search("abc", agrees=False),
    ),
    Row(
        "unique-items",
        "a search that does not may not",
        [("ab", "1"), ("bc", None)],
        {"pagination/unique-items": "fail"},
        operation=SEARCH,
        listing=search("abc"),
    ),
    Row("all-items", "the same items", FOUR, passes=(ALL,), listing=listing("abcd")),
    Row("all-items", "in another order", FOUR, passes=(ALL,), listing=listing("dcba")),
    Row("all-items", "one is lost", FOUR, {ALL: "fail"}, listing=listing("abcde")),
    Row("all-items", "one is new", FOUR, {ALL: "fail"}, listing=listing("abc")),
    Row(
        "all-items",
        "a prefix of a long listing",
        [("ab", "1"), ("cd", "2")],
        passes=(ALL,),
        listing=listing("abcdefgh"),
        most=2,
    ),
    Row(
        "all-items",
        "one new in a prefix",
        [("ab", "1"), ("cx", "2")],
        {ALL: "fail"},
        listing=listing("abcdefgh"),
        most=2,
    ),
    Row("all-items", "nothing is listed", [("", None)], {ALL: "inconc"}, listing=listing("")),
    Row("all-items", "no listing is known", FOUR, {ALL: "inconclusive"}),
    Row("all-items", "all on one page", [("ab", None)], passes=(ALL,), listing=listing("ab")),
    Row("all-items", "one item", [("a", None)], {ALL: "inconclusive"}, listing=listing("a")),
    Row(
        "all-items",
        "a listing that did not end",
        FOUR,
        {ALL: "inconclusive"},
        listing=Listing(items=({"PhoneNumberId": "a"},), complete=False),
    ),
    Row(
        "all-items",
        "a search that changes from call to call",
        [("ab", "1"), ("xy", None)],
        {ALL: "inconclusive"},
        operation=SEARCH,
        listing=search("abcd", agrees=False),
    ),
    Row(
        "all-items",
        "a search that does not",
        [("ab", "1"), ("xy", None)],
        {ALL: "fail"},
        operation=SEARCH,
        listing=search("abcd"),
    ),
    Row(
        "all-items",
        "a walk without end is said once",
        [("a", "1"), ("b", "1")],
        {ALL: "inconclusive"},
        listing=listing("abc"),
    ),
]


def judged(check: str, evidence: Any) -> tuple[dict[str, str], set[str]]:
    found = list(CHECKS[check].judge(evidence))
    grave = {f.clause.split("/", 1)[1]: str(f.verdict) for f in found if f.verdict != "pass"}
    return grave, {f.clause.split("/", 1)[1] for f in found if f.verdict is Verdict.PASS}


def walked(row: Row, fabricate: Any) -> Any:
    exchanges = []
    token: str | None = None
    for names, following in row.pages:
        params: dict[str, Any] = {"NextToken": token} if token else {}
        if row.limit:
            params["MaxResults"] = row.limit
        items = [{"PhoneNumberId": n} for n in names] if row.operation == LIST else list(names)
        body = {ITEMS[row.operation]: items, "NextToken": following}
        exchanges.append(fabricate.exchange(row.operation, body=body, params=params))
        token = following
    return fabricate.evidence(
        row.path,
        Expect.ACCEPTED,
        *exchanges,
        operation=row.operation,
        walk=True,
        pages=row.most,
        listing=row.listing,
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.check}: {row.why}")
def test_a_walk_is_judged(row: Row, fabricate: Any) -> None:
    """Each walk of the table comes to just the verdicts that stand beside it."""
    found, passed = judged(row.check, walked(row, fabricate))
    assert found.keys() == row.finds.keys()
    assert all(found[path].startswith(verdict) for path, verdict in row.finds.items())
    assert set(row.passes) <= passed


@pytest.mark.parametrize("token", [None, "", "absent", 5, ["x"], {}])
def test_what_is_no_token_ends_a_walk(token: Any, fabricate: Any) -> None:
    """An absent, null or empty token ends a walk, and so does what is no text."""
    body = {"PhoneNumbers": []} | ({} if token == "absent" else {"NextToken": token})
    exchange = fabricate.exchange(body=body)
    page = fabricate.evidence(ALL, Expect.ACCEPTED, exchange).page(exchange)
    assert page is not None
    assert page.token is None


@pytest.mark.parametrize("status", [400, 429, 500])
def test_a_walk_that_broke_off_is_not_judged(status: int, fabricate: Any) -> None:
    """A refused page is the affair of others: pages are compared where there are pages."""
    good = fabricate.exchange(body={"PhoneNumbers": [{"PhoneNumberId": "a"}], "NextToken": "1"})
    bad = fabricate.exchange(status=status)
    evidence = fabricate.evidence(
        ALL, Expect.ACCEPTED, good, bad, walk=True, listing=listing("abc")
    )
    for check in ("end", "unique-items", "all-items"):
        assert judged(check, evidence) == ({}, set())


FILTER = {"Status": "Assigned"}
HELD = "pagination/filters-held"


@pytest.mark.parametrize(
    ("statuses", "verdict"),
    [
        ([["Assigned"], ["Assigned"]], "pass"),
        ([["Assigned"], ["Assigned", "Unassigned"]], "warn"),
        ([["Unassigned"], ["Unassigned"]], "inconclusive"),
        ([["Assigned"], []], "inconclusive"),
        ([["Assigned"]], "inconclusive"),
        ([[], []], "inconclusive"),
        ([["Assigned"], [None]], "pass"),
    ],
)
def test_a_filter_holds_on_every_page(statuses: Any, verdict: str, fabricate: Any) -> None:
    """What the first page keeps out no later one lets in; the first page itself is said once."""
    exchanges = [
        fabricate.exchange(
            body={"PhoneNumbers": [{"Status": one} for one in page], "NextToken": f"t{number}"},
            params=FILTER,
        )
        for number, page in enumerate(statuses)
    ]
    evidence = fabricate.evidence(HELD, Expect.ACCEPTED, *exchanges, walk=True)
    found, passed = judged("filters-held", evidence)
    assert found == ({} if verdict == "pass" else {HELD: verdict})
    assert (HELD in passed) is (verdict == "pass")


STRICT, SOFT = "pagination/unknown-token", "pagination/unknown-token-error"


@pytest.mark.parametrize(
    ("status", "names", "operation", "agrees", "finds", "passes"),
    [
        (400, "", LIST, True, {}, {STRICT, SOFT}),
        (404, "", LIST, True, {}, {STRICT, SOFT}),
        (200, "abc", LIST, True, {STRICT: "fail"}, set()),
        (200, "bc", LIST, True, {STRICT: "fail"}, set()),
        (200, "xyz", LIST, True, {SOFT: "warn"}, {STRICT}),
        (200, "", LIST, True, {SOFT: "warn"}, {STRICT}),
        (302, "", LIST, True, {SOFT: "warn"}, {STRICT}),
        (500, "", LIST, True, {STRICT: "inconclusive"}, set()),
        (200, "abc", SEARCH, True, {STRICT: "fail"}, set()),
        (200, "abc", SEARCH, False, {STRICT: "warn"}, set()),
    ],
)
def test_a_token_of_nobody(
    status: int,
    names: str,
    operation: str,
    agrees: bool,
    finds: Any,
    passes: set[str],
    fabricate: Any,
) -> None:
    """A token that was never given out is refused; at least it is not the first page's."""

    def body(letters: str) -> Any:
        items: Any = (
            list(letters) if operation == SEARCH else [{"PhoneNumberId": n} for n in letters]
        )
        return {ITEMS[operation]: items}

    known = search("abc", agrees=agrees) if operation == SEARCH else listing("abc")
    evidence = fabricate.evidence(
        STRICT,
        Expect.UNKNOWN_TOKEN,
        fabricate.exchange(operation, status=status, body=body(names)),
        operation=operation,
        valid_control=fabricate.exchange(operation, body=body("abc")),
        listing=known,
    )
    assert judged("unknown-token", evidence) == (finds, passes)


@pytest.mark.parametrize(("status", "names"), [(400, "abc"), (200, "")])
def test_a_token_where_nothing_is_listed(status: int, names: str, fabricate: Any) -> None:
    """Where the bare call is refused, or lists nothing, an answered token proves nothing."""
    first = fabricate.exchange(
        status=status, body={"PhoneNumbers": [{"PhoneNumberId": n} for n in names]}
    )
    asked = fabricate.exchange(body={"PhoneNumbers": []})
    evidence = fabricate.evidence(STRICT, Expect.UNKNOWN_TOKEN, asked, valid_control=first)
    assert judged("unknown-token", evidence) == ({STRICT: "inconclusive"}, set())
