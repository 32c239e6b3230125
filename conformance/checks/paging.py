"""Checks of page sizes, page walks and page tokens.

They compare items by their identity alone; whether an item has the documented members is
judged in ``response``.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from conformance.checks.answers import server_failed
from conformance.checks.evidence import Evidence, Page, within
from conformance.checks.filter_predicates import filters, holds
from conformance.checks.findings import Finding, FindingBuilder, control_refused, summarize
from conformance.generation.plans import Walk
from conformance.protocols.http import Exchange
from conformance.spec.levels import Level

#: A walk whose last so many pages hold no new item does not end.
NOTHING_NEW = 10

Pages = list[tuple[Exchange, Page]]


def page_size(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A page never holds more items than were requested."""
    paging = evidence.operation.pagination
    if paging is None or not paging.limit:
        return
    for exchange in evidence.exchanges:
        asked = exchange.params.get(paging.limit)
        page = evidence.page(exchange)
        if not isinstance(asked, int | str) or not str(asked).isdecimal() or page is None:
            continue
        limit = int(asked)
        if not limit:
            continue  # to many services a size of 0 is the default
        held = _longest(evidence, exchange, page)
        if page.items:
            yield from findings.judged(
                "pagination/page-size",
                held <= limit,
                expected=f"at most {limit} items",
                observed=f"{held} items",
                exchange=exchange,
            )


def _longest(evidence: Evidence, exchange: Exchange, page: Page) -> int:
    """How many items a page holds; of several lists side by side, the longest one does."""
    paging = evidence.operation.pagination
    body = evidence.body(exchange)
    if paging is None or body is None or not paging.items.startswith("["):
        return len(page.items)
    paths = paging.items.removeprefix("[").removesuffix("][]").split(", ")
    return max(len(within(path, body) or ()) for path in paths)


def _walks(evidence: Evidence) -> Iterator[tuple[Walk, Pages]]:
    """The walks of a case whose pages can all be read."""
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
    """Whether a page says that there are more, and has no token for them."""
    paging, body = evidence.operation.pagination, evidence.body(exchange)
    if paging is None or paging.more is None or page.following or body is None:
        return False
    return within(paging.more, body) is True


def end(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A walk ends: no token is returned twice, and its pages hold new items."""
    for step, pages in _walks(evidence):
        lost = next((e for e, page in pages if _says_more(evidence, e, page)), None)
        if lost is not None:
            yield from findings.broken(
                "pagination/end",
                expected="a token on every page that says that there is more",
                observed="a page says that there is more, and has no token",
                exchange=lost,
                level=Level.SHOULD,
            )
        elif _repeats(pages):
            yield from findings.broken(
                "pagination/end",
                observed=f"page {len(pages)} returns the token of an earlier page",
                exchange=pages[-1][0],
            )
        elif _ended(pages):
            if len(pages) > 1:
                yield from findings.passed("pagination/end")
        elif len(pages) >= step.pages > NOTHING_NEW:
            before = set(_names(evidence, pages[:-NOTHING_NEW]))
            if set(_names(evidence, pages[-NOTHING_NEW:])) <= before:
                yield from findings.broken(
                    "pagination/end",
                    observed=f"the last {NOTHING_NEW} of {len(pages)} pages hold no new item",
                    exchange=pages[-1][0],
                )


def unique_items(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """The pages of one walk hold no item twice."""
    for _, pages in _walks(evidence):
        if _repeats(pages):
            continue
        counted = Counter(_names(evidence, pages))
        twice = [name for name, count in counted.items() if count > 1]
        if twice and _shifting(evidence):
            yield from findings.inconclusive("pagination/unique-items", _SHIFTING)
        elif twice:
            yield from findings.broken(
                "pagination/unique-items",
                observed=f"{len(twice)} of {len(counted)} items are repeated, first {twice[0]}",
                exchange=_holding(evidence, pages, twice[0]),
            )
        elif len(pages) > 1:
            yield from findings.passed("pagination/unique-items")


_SHIFTING = "two identical searches return different items"


def _shifting(evidence: Evidence) -> bool:
    """Whether this is a search whose results change from call to call, as they may."""
    listing = evidence.listing
    return not evidence.operation.is_account_listing and not (listing and listing.agrees)


def _holding(evidence: Evidence, pages: Pages, name: str) -> Exchange:
    """The last page that holds an item of that name."""
    return next(
        exchange
        for exchange, page in reversed(pages)
        if any(evidence.operation.identity(item) == name for item in page.items)
    )


def all_items(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """All walks of one listing find the same items, whatever their page size."""
    path = evidence.path
    own = path in {"pagination/all-items", "pagination/other-page-size"}
    if not own and not evidence.operation.is_account_listing:
        yield from _searched_twice(findings, evidence)
        return
    listing = evidence.listing
    paging = evidence.operation.pagination
    for _, pages in _walks(evidence):
        reason = None
        if not own and paging and paging.limit and not pages[0][0].params.get(paging.limit):
            continue  # items that a filter loses on default pages are judged by the filter's rule
        if listing is None or not listing.items:
            reason = "the target lists nothing"
        elif _shifting(evidence):
            reason = _SHIFTING
        elif not listing.complete:
            reason = "the walk with default pages did not end"
        elif _repeats(pages):
            reason = "the walk did not end"
        if reason is None:
            yield from _compared(findings, evidence, pages, path if own else None)
        elif own:
            yield from findings.inconclusive(path, reason)


def _searched_twice(findings: FindingBuilder, evidence: Evidence) -> Iterator[Finding]:
    """Compare two walks of one search with different page sizes."""
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
        return  # a page of less than one item is not specified
    met, due = set(_names(evidence, pages)), set(_names(evidence, again))
    if met != due:
        yield from findings.broken(
            "pagination/all-items",
            expected=f"the {len(due)} items that the walk with default pages finds",
            observed=f"a walk of {len(pages)} pages finds {len(met)}, {len(met & due)} of them",
            exchange=pages[-1][0],
            level=Level.SHOULD,
        )
    elif len(pages) > 1:
        yield from findings.passed("pagination/all-items")


def _compared(
    findings: FindingBuilder, evidence: Evidence, pages: Pages, path: str | None
) -> Iterator[Finding]:
    """Compare a walk with the listing; ``path`` is the clause that the case is about, if any."""
    listing = evidence.listing
    assert listing is not None
    # A walk of the baseline itself has to find all of it, another one what its filters allow.
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
    # Items that a filter should have excluded are judged by the filter's rule.
    extra = [] if at_work else sorted(met - due)
    lacking = sorted(sure - met) if _ended(pages) else []
    if extra or lacking:
        odd = f"lacks {len(lacking)} of them" if lacking else f"holds {len(extra)} others"
        yield from findings.broken(
            "pagination/all-items",
            expected=f"the {len(sure)} items that the walk with default pages finds",
            observed=f"a walk of {len(pages)} pages {odd}, first {(lacking or extra)[0]}",
            exchange=pages[-1][0],
        )
    elif len(pages) > 1 or (path == "pagination/all-items" and len(due) > 1 and met == due):
        yield from findings.passed(path or "pagination/all-items")
    elif path:
        yield from findings.inconclusive(path, "all items fit on one page")


def filters_held(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A filter that holds on the first page holds on every other one."""
    path = evidence.path
    settled = False
    for _, pages in _walks(evidence):
        at_work = filters(evidence.operation, pages[0][0].params)

        def astray(page: Page, at_work: list[Any] = at_work) -> bool:
            return any(
                holds(item, rule, value) is False for item in page.items for rule, value in at_work
            )

        if astray(pages[0][1]):
            continue  # reported once, by the filter's own rule
        later = next((exchange for exchange, page in pages[1:] if astray(page)), None)
        if later is not None or any(page.items for _, page in pages[1:]):
            settled = True
            yield from findings.judged(
                path,
                later is None,
                observed="a later page holds items that the filter excludes",
                exchange=later,
            )
    if not settled and all(exchange.succeeded for exchange in evidence.exchanges):
        yield from findings.inconclusive(path, "no filtered listing has items on two pages")


def unknown_token(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A token that was never returned is refused; it never yields the first page."""
    strict, soft = evidence.path, "pagination/unknown-token-error"
    exchange = evidence.last
    first = evidence.page(evidence.valid_control) if evidence.valid_control else None
    page = evidence.page(exchange)
    known = {evidence.operation.identity(item) for item in first.items} if first else set()
    met = {evidence.operation.identity(item) for item in page.items} if page else set()
    reason = control_refused(evidence) or server_failed(exchange)
    if reason is None and exchange.succeeded and not known:
        reason = "the target lists nothing"
    yield from findings.judged(
        strict,
        not met & known,
        reason=reason,
        observed=f"{exchange.status} with the first page",
        exchange=exchange,
        level=Level.SHOULD if _shifting(evidence) else None,
    )
    if reason is None and not met & known:
        yield from findings.judged(
            soft,
            (exchange.status or 0) >= 400,
            observed=summarize(evidence, exchange),
            exchange=exchange,
        )
