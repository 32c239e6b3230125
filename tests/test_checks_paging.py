"""The checks of page walks and tokens, on fabricated walks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from check_rows import LIST, SEARCH, Row, check_row, row_name, summed_up

from conformance.checks.evidence import Evidence, Listing
from conformance.checks.table import CHECKS
from conformance.generation.plans import Expect

ITEMS = {LIST: "PhoneNumbers", SEARCH: "E164PhoneNumbers"}
ALL = "pagination/all-items"

#: A page: the names of its items and its token.
Named = Sequence[tuple[Sequence[str], str | None]]


def listing(names: str, **more: Any) -> Listing:
    return Listing(items=tuple({"PhoneNumberId": name} for name in names), complete=True, **more)


def search(names: str, **more: Any) -> Listing:
    return Listing(items=tuple(names), complete=True, **more)


@dataclass(frozen=True)
class Walk:
    """A walk of fabricated pages, and what one check finds on it."""

    check: str
    why: str
    pages: Named
    finds: Mapping[str, str] = field(default_factory=dict)
    passes: tuple[str, ...] = ()
    path: str = ALL
    operation: str = LIST
    limit: int | None = None
    listing: Listing | None = None
    most: int = 60

    def evidence(self, fabricate: Any) -> Evidence:
        """The evidence that the check judges."""
        exchanges = []
        token: str | None = None
        for names, following in self.pages:
            params: dict[str, Any] = {"NextToken": token} if token else {}
            if self.limit:
                params["MaxResults"] = self.limit
            items = [{"PhoneNumberId": n} for n in names] if self.operation == LIST else list(names)
            body = {ITEMS[self.operation]: items, "NextToken": following}
            exchanges.append(fabricate.exchange(self.operation, body=body, params=params))
            token = following
        evidence: Evidence = fabricate.evidence(
            self.path,
            Expect.ACCEPTED,
            *exchanges,
            operation=self.operation,
            walk=True,
            pages=self.most,
            listing=self.listing,
        )
        return evidence


FOUR: Named = [("ab", "1"), ("cd", None)]
HELD = "pagination/filters-held"
STRICT, SOFT = "pagination/unknown-token", "pagination/unknown-token-error"
ASSIGNED = {"Status": "Assigned"}


def held(why: str, status: str, **said: Any) -> Row:
    """A walk of two pages that is filtered by status."""
    first = {"PhoneNumbers": [ASSIGNED], "NextToken": "t"}
    second = (ASSIGNED, {"PhoneNumbers": [{"Status": status}]})
    return Row(
        *("filters-held", why, HELD, Expect.ACCEPTED),
        body=first,
        params=ASSIGNED,
        more=(second,),
        walk=True,
        **said,
    )


def unknown(why: str, status: int, name: str, **said: Any) -> Row:
    """A response to an unknown token; the first page holds the item ``a``."""
    return Row(
        *("unknown-token", why, STRICT, Expect.UNKNOWN_TOKEN, status),
        body={"PhoneNumbers": [{"PhoneNumberId": name}]},
        control_body={"PhoneNumbers": [{"PhoneNumberId": "a"}]},
        params={"NextToken": "x"},
        **said,
    )


ROWS: list[Row | Walk] = [
    Walk("page-size", "as many as asked", FOUR, passes=("pagination/page-size",), limit=2),
    Walk("page-size", "fewer than asked", FOUR, passes=("pagination/page-size",), limit=9),
    Walk("page-size", "an empty page proves nothing", [("", "1"), ("", None)], limit=2),
    Walk("page-size", "too many", FOUR, {"pagination/page-size": "fail"}, limit=1),
    Walk("page-size", "without a limit there is none", FOUR),
    Walk("end", "an end", FOUR, passes=("pagination/end",)),
    Walk("end", "one page is no walk", [("ab", None)]),
    Walk("end", "an empty page amid", [("ab", "1"), ("", "2"), ("c", None)]),
    Walk(
        "end", "a token for the second time", [("a", "1"), ("b", "1")], {"pagination/end": "fail"}
    ),
    Walk(
        "end",
        "tokens that go round",
        [("a", "1"), ("b", "2"), ("c", "1")],
        {"pagination/end": "fail"},
    ),
    Walk(
        "end",
        "nothing new for ten pages",
        [("ab", str(n)) for n in range(12)],
        {"pagination/end": "fail"},
        most=12,
    ),
    Walk("end", "a bound that ends it proves nothing", [("a", "1"), ("b", "2")], most=2),
    Walk(
        "end",
        "something new on each page up to the bound",
        [(chr(97 + n), str(n)) for n in range(12)],
        most=12,
    ),
    Walk("unique-items", "no item twice", FOUR, passes=("pagination/unique-items",)),
    Walk(
        "unique-items",
        "an item on two pages",
        [("ab", "1"), ("bc", None)],
        {"pagination/unique-items": "fail"},
    ),
    Walk(
        "unique-items",
        "an item twice on one page",
        [("aa", "1"), ("b", None)],
        {"pagination/unique-items": "fail"},
    ),
    Walk("unique-items", "a walk without an end is reported once", [("a", "1"), ("a", "1")]),
    Walk(
        "unique-items",
        "a search that changes from call to call may repeat itself",
        [("ab", "1"), ("bc", None)],
        {"pagination/unique-items": "inconclusive"},
        operation=SEARCH,
        listing=search("abc", agrees=False),
    ),
    Walk(
        "unique-items",
        "a search that does not may not",
        [("ab", "1"), ("bc", None)],
        {"pagination/unique-items": "fail"},
        operation=SEARCH,
        listing=search("abc"),
    ),
    Walk("all-items", "the same items", FOUR, passes=(ALL,), listing=listing("abcd")),
    Walk("all-items", "in another order", FOUR, passes=(ALL,), listing=listing("dcba")),
    Walk("all-items", "one is lost", FOUR, {ALL: "fail"}, listing=listing("abcde")),
    Walk("all-items", "one is new", FOUR, {ALL: "fail"}, listing=listing("abc")),
    Walk(
        "all-items",
        "a prefix of a long listing",
        [("ab", "1"), ("cd", "2")],
        passes=(ALL,),
        listing=listing("abcdefgh"),
        most=2,
    ),
    Walk(
        "all-items",
        "one new in a prefix",
        [("ab", "1"), ("cx", "2")],
        {ALL: "fail"},
        listing=listing("abcdefgh"),
        most=2,
    ),
    Walk(
        "all-items", "nothing is listed", [("", None)], {ALL: "inconclusive"}, listing=listing("")
    ),
    Walk("all-items", "no listing is known", FOUR, {ALL: "inconclusive"}),
    Walk("all-items", "all on one page", [("ab", None)], passes=(ALL,), listing=listing("ab")),
    Walk("all-items", "one item", [("a", None)], {ALL: "inconclusive"}, listing=listing("a")),
    Walk(
        "all-items",
        "a listing that did not end",
        FOUR,
        {ALL: "inconclusive"},
        listing=Listing(items=({"PhoneNumberId": "a"},), complete=False),
    ),
    Walk(
        "all-items",
        "a search that changes from call to call",
        [("ab", "1"), ("xy", None)],
        {ALL: "inconclusive"},
        operation=SEARCH,
        listing=search("abcd", agrees=False),
    ),
    Walk(
        "all-items",
        "a search that does not",
        [("ab", "1"), ("xy", None)],
        {ALL: "fail"},
        operation=SEARCH,
        listing=search("abcd"),
    ),
    Walk(
        "all-items",
        "a walk without an end is reported once",
        [("a", "1"), ("b", "1")],
        {ALL: "inconclusive"},
        listing=listing("abc"),
    ),
    held("a second page that matches", "Assigned", passes=(HELD,)),
    held("a second page that does not match", "Unassigned", finds={HELD: "warn"}),
    unknown("a client error", 400, "a", passes=(STRICT, SOFT)),
    unknown("the first page", 200, "a", finds={STRICT: "fail"}),
    unknown("another page", 200, "b", passes=(STRICT,), finds={SOFT: "warn"}),
]


def judged(check: str, evidence: Evidence) -> tuple[dict[str, str], set[str]]:
    return summed_up(list(CHECKS[check].judge(evidence)))


@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_rows(row: Row | Walk, fabricate: Any) -> None:
    """Each check finds what its row says, and nothing else."""
    check_row(row, fabricate)


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
    """A refused page is judged by other checks: only pages are compared."""
    good = fabricate.exchange(body={"PhoneNumbers": [{"PhoneNumberId": "a"}], "NextToken": "1"})
    bad = fabricate.exchange(status=status)
    evidence = fabricate.evidence(
        ALL, Expect.ACCEPTED, good, bad, walk=True, listing=listing("abc")
    )
    for check in ("end", "unique-items", "all-items"):
        assert judged(check, evidence) == ({}, set())


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
    """What the first page excludes no later page holds; the first page has its own check."""
    exchanges = [
        fabricate.exchange(
            body={"PhoneNumbers": [{"Status": one} for one in page], "NextToken": f"t{number}"},
            params=ASSIGNED,
        )
        for number, page in enumerate(statuses)
    ]
    evidence = fabricate.evidence(HELD, Expect.ACCEPTED, *exchanges, walk=True)
    found, passed = judged("filters-held", evidence)
    assert found == ({} if verdict == "pass" else {HELD: verdict})
    assert (HELD in passed) is (verdict == "pass")


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
def test_an_unknown_token(
    status: int,
    names: str,
    operation: str,
    agrees: bool,
    finds: Any,
    passes: set[str],
    fabricate: Any,
) -> None:
    """A token that was never returned is refused, or at least does not return the first page."""

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
