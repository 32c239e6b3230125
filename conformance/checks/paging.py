"""Checks of page walks and page tokens."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from conformance.checks.answers import neighbour_accepted
from conformance.checks.evidence import Evidence, Page, within
from conformance.checks.filter_predicates import filters, holds
from conformance.checks.findings import Finding, FindingBuilder, summarize
from conformance.generation.plans import Expect, Walk
from conformance.protocols.http import Exchange
from conformance.spec.levels import Level

#: A walk whose last so many pages brought nothing new is not going to end.
NOTHING_NEW = 10

Pages = list[tuple[Exchange, Page]]


def page_size(evidence: Evidence) -> Iterator[Finding]:
    """A page never holds more items than were asked for."""
    paging = evidence.operation.pagination
    if evidence.case.expect is not Expect.ACCEPTED or paging is None or not paging.limit:
        return
    bench = FindingBuilder(evidence, "page-size")
    for exchange in evidence.exchanges:
        asked = exchange.params.get(paging.limit)
        page = evidence.page(exchange)
        if not isinstance(asked, int | str) or not str(asked).isdecimal() or page is None:
            continue
        limit = int(asked)
        if not limit:
            continue  # to many services nothing asked for is the default
        held = _longest(evidence, exchange, page)
        if held > limit:
            yield from bench.broken(
                "pagination/page-size",
                expected=f"at most {limit} items",
                observed=f"{held} items",
                exchange=exchange,
            )
        elif page.items:
            yield from bench.passed("pagination/page-size")


def _longest(evidence: Evidence, exchange: Exchange, page: Page) -> int:
    """How many items a page holds; of several lists side by side, the longest one does."""
    paging = evidence.operation.pagination
    body = evidence.body(exchange)
    if paging is None or body is None or not paging.items.startswith("["):
        return len(page.items)
    paths = paging.items.removeprefix("[").removesuffix("][]").split(", ")
    return max(len(within(path, body) or ()) for path in paths)


def _walks(evidence: Evidence) -> Iterator[tuple[Walk, Pages]]:
    """The walks of a case that were answered to their end or bound."""
    for step, exchanges in zip(evidence.case.steps, evidence.steps, strict=True):
        if isinstance(step, Walk) and exchanges:
            pages = [(e, page) for e in exchanges if (page := evidence.page(e)) is not None]
            if len(pages) == len(exchanges):
                yield step, pages


def _names(evidence: Evidence, pages: Pages) -> list[str]:
    return [evidence.operation.identity(item) for _, page in pages for item in page.items]


def _ended(pages: Pages) -> bool:
    return pages[-1][1].token is None


def _repeats(pages: Pages) -> bool:
    tokens = [page.token for _, page in pages if page.token is not None]
    return len(tokens) != len(set(tokens))


def _says_more(evidence: Evidence, exchange: Exchange, page: Page) -> bool:
    """Whether a page says that there are more, and gives out no token to ask for them."""
    paging, body = evidence.operation.pagination, evidence.body(exchange)
    if paging is None or paging.more is None or page.following or body is None:
        return False
    return within(paging.more, body) is True


def end(evidence: Evidence) -> Iterator[Finding]:
    """A walk comes to an end: no token is given out twice, and pages keep bringing new items."""
    bench = FindingBuilder(evidence, "end")
    for step, pages in _walks(evidence):
        lost = next((e for e, page in pages if _says_more(evidence, e, page)), None)
        if lost is not None:
            yield from bench.broken(
                "pagination/end",
                expected="a token on every page that says that there is more",
                observed="there is more, but no token to ask for it",
                exchange=lost,
                level=Level.SHOULD,
            )
        elif _repeats(pages):
            yield from bench.broken(
                "pagination/end",
                observed=f"page {len(pages)} gives out a token for the second time",
                exchange=pages[-1][0],
            )
        elif _ended(pages):
            if len(pages) > 1:
                yield from bench.passed("pagination/end")
        elif len(pages) >= step.pages > NOTHING_NEW:
            before = set(_names(evidence, pages[:-NOTHING_NEW]))
            if set(_names(evidence, pages[-NOTHING_NEW:])) <= before:
                yield from bench.broken(
                    "pagination/end",
                    observed=f"the last {NOTHING_NEW} of {len(pages)} pages bring nothing new",
                    exchange=pages[-1][0],
                )


def unique_items(evidence: Evidence) -> Iterator[Finding]:
    """The pages of one walk hold no item twice."""
    bench = FindingBuilder(evidence, "unique-items")
    for _, pages in _walks(evidence):
        if _repeats(pages):
            continue
        counted = Counter(_names(evidence, pages))
        twice = [name for name, count in counted.items() if count > 1]
        if twice and _shifting(evidence):
            yield from bench.inconclusive("pagination/unique-items", _SHIFTING)
        elif twice:
            yield from bench.broken(
                "pagination/unique-items",
                observed=f"{len(twice)} of {len(counted)} items come twice, first {twice[0]}",
                exchange=_holding(evidence, pages, twice[0]),
            )
        elif len(pages) > 1:
            yield from bench.passed("pagination/unique-items")


_SHIFTING = "the target answers two identical searches differently"


def _shifting(evidence: Evidence) -> bool:
    """Whether this is a search whose answers change from call to call, as they may."""
    listing = evidence.listing
    return not evidence.operation.is_account_listing and not (listing and listing.agrees)


def _holding(evidence: Evidence, pages: Pages, name: str) -> Exchange:
    """The last page that holds an item of that name."""
    return next(
        exchange
        for exchange, page in reversed(pages)
        if any(evidence.operation.identity(item) == name for item in page.items)
    )


def all_items(evidence: Evidence) -> Iterator[Finding]:
    """A walk finds what every other walk of the same listing finds, whatever its page size."""
    path = evidence.path
    own = path in {"pagination/all-items", "pagination/other-page-size"}
    bench = FindingBuilder(evidence, "all-items")
    if not own and not evidence.operation.is_account_listing:
        yield from _searched_twice(bench, evidence)
        return
    listing = evidence.listing
    paging = evidence.operation.pagination
    for _, pages in _walks(evidence):
        reason = None
        if not own and paging and paging.limit and not pages[0][0].params.get(paging.limit):
            continue  # what a filter loses with pages of the default size is that filter's affair
        if listing is None or not listing.items:
            reason = "the target lists nothing"
        elif _shifting(evidence):
            reason = _SHIFTING
        elif not listing.complete:
            reason = "the walk with default pages did not end"
        elif _repeats(pages):
            reason = "the walk did not end"
        if reason is None:
            yield from _compared(bench, evidence, pages, path if own else None)
        elif own:
            yield from bench.inconclusive(path, reason)


def _searched_twice(bench: FindingBuilder, evidence: Evidence) -> Iterator[Finding]:
    """Compare two walks of one search that ask for different page sizes."""
    walks = list(_walks(evidence))
    paging = evidence.operation.pagination
    if len(walks) != 2 or paging is None or _shifting(evidence):
        return
    (one, pages), (other, again) = walks
    asked = [{k: v for k, v in step.set.items() if k != paging.limit} for step in (one, other)]
    if asked[0] != asked[1] or not (_ended(pages) and _ended(again)):
        return
    sizes = [size for step in (one, other) for size in step.sizes if isinstance(size, int)]
    if min(sizes, default=1) < 1:
        return  # nobody says what a page of less than one item is
    met, due = set(_names(evidence, pages)), set(_names(evidence, again))
    if met != due:
        yield from bench.broken(
            "pagination/all-items",
            expected=f"the {len(due)} items that the walk with default pages finds",
            observed=f"a walk of {len(pages)} pages finds {len(met)}, {len(met & due)} of them",
            exchange=pages[-1][0],
            level=Level.SHOULD,
        )
    elif len(pages) > 1:
        yield from bench.passed("pagination/all-items")


def _compared(
    bench: FindingBuilder, evidence: Evidence, pages: Pages, path: str | None
) -> Iterator[Finding]:
    """Compare a walk with the listing; ``path`` is the clause that the case is about, if any."""
    listing = evidence.listing
    assert listing is not None
    # A walk of the baseline itself is compared whole; another one by what its filters let through.
    at_work = [] if path else filters(evidence.operation, pages[0][0].params)
    due = {
        evidence.operation.identity(item)
        for item in listing.items
        if all(holds(item, rule, value) is not False for rule, value in at_work)
    }
    sure = {
        evidence.operation.identity(item)
        for item in listing.items
        if all(holds(item, rule, value) for rule, value in at_work)
    }
    met = set(_names(evidence, pages))
    # Items that a filter should have kept out are that filter's affair.
    extra = [] if at_work else sorted(met - due)
    lacking = sorted(sure - met) if _ended(pages) else []
    if extra or lacking:
        odd = f"lacks {len(lacking)} of them" if lacking else f"holds {len(extra)} others"
        yield from bench.broken(
            "pagination/all-items",
            expected=f"the {len(sure)} items that the walk with default pages finds",
            observed=f"a walk of {len(pages)} pages {odd}, first {(lacking or extra)[0]}",
            exchange=pages[-1][0],
        )
    elif len(pages) > 1 or (path == "pagination/all-items" and len(due) > 1 and met == due):
        yield from bench.passed(path or "pagination/all-items")
    elif path:
        yield from bench.inconclusive(path, "all items fit on one page")


def filters_held(evidence: Evidence) -> Iterator[Finding]:
    """A filter that holds on the first page holds on every other one."""
    path = "pagination/filters-held"
    if not evidence.case.clause.endswith(path):
        return
    bench = FindingBuilder(evidence, "filters-held")
    told = False
    for _, pages in _walks(evidence):
        at_work = filters(evidence.operation, pages[0][0].params)

        def astray(page: Page, at_work: list[Any] = at_work) -> bool:
            return any(
                holds(item, rule, value) is False for item in page.items for rule, value in at_work
            )

        if astray(pages[0][1]):
            continue  # said once, by the filter's own rule
        later = next((exchange for exchange, page in pages[1:] if astray(page)), None)
        if later is not None:
            yield from bench.broken(
                path,
                observed="a later page holds items that the filter excludes",
                exchange=later,
            )
            told = True
        elif any(page.items for _, page in pages[1:]):
            yield from bench.passed(path)
            told = True
    if not told and all(exchange.succeeded for exchange in evidence.exchanges):
        yield from bench.inconclusive(path, "no filter has items on two pages")


def unknown_token(evidence: Evidence) -> Iterator[Finding]:
    """A token that was never given out is refused, and never answered with the first page."""
    if evidence.case.expect is not Expect.UNKNOWN_TOKEN:
        return
    bench = FindingBuilder(evidence, "unknown-token")
    strict, soft = "pagination/unknown-token", "pagination/unknown-token-error"
    exchange = evidence.last
    in_vain = neighbour_accepted(evidence)
    first = evidence.page(evidence.valid_control) if evidence.valid_control else None
    if in_vain:
        yield from bench.inconclusive(strict, in_vain)
    elif exchange.status is None or exchange.status >= 500:
        yield from bench.inconclusive(strict, "the target failed; see its protocol clauses")
    elif exchange.status >= 400:
        yield from bench.passed(strict)
        yield from bench.passed(soft)
    elif not exchange.succeeded:
        yield from bench.passed(strict)
        yield from bench.broken(soft, observed=summarize(evidence, exchange), exchange=exchange)
    elif first is None or not first.items:
        yield from bench.inconclusive(strict, "the target lists nothing")
    else:
        page = evidence.page(exchange)
        known = {evidence.operation.identity(item) for item in first.items}
        met = {evidence.operation.identity(item) for item in page.items} if page else set()
        if met & known:
            yield from bench.broken(
                strict,
                observed=f"{exchange.status} with the first page",
                exchange=exchange,
                level=Level.SHOULD if _shifting(evidence) else None,
            )
        else:
            yield from bench.passed(strict)
            yield from bench.broken(soft, observed=summarize(evidence, exchange), exchange=exchange)
