"""Checks of what a page says in prose: filters filter, lists agree, defaults hold."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from conformance.checks.evidence import Evidence, Page, field
from conformance.checks.filter_predicates import filters, holds
from conformance.checks.findings import Finding, FindingBuilder
from conformance.generation.plans import Expect
from conformance.protocols.http import Exchange
from conformance.spec.rules import Combine, Exclusive, Filter, Found

_AtWork = tuple[Filter, Any]
_DEEPEST = 20


def _first_pages(evidence: Evidence) -> Iterator[tuple[Exchange, Page]]:
    """The answers whose request carries no token: those of calls, and of walks their first."""
    paging = evidence.operation.pagination
    if evidence.case.expect is not Expect.ACCEPTED or paging is None:
        return
    for exchange in evidence.exchanges:
        page = evidence.page(exchange)
        if page is not None and exchange.params.get(paging.input_token) is None:
            yield exchange, page


def filtered(evidence: Evidence) -> Iterator[Finding]:
    """Every item answered is one that was asked for."""
    bench = FindingBuilder(evidence, "filtered")
    combined = isinstance(evidence.rule, Combine)
    for exchange, page in _first_pages(evidence):
        at_work = filters(evidence.operation, exchange.params)
        for rule, value in at_work:
            path = evidence.path if combined else f"rules/{rule.id}"
            told = [(item, holds(item, rule, value)) for item in page.items]
            astray = [item for item, held in told if held is False]
            if astray:
                yield from bench.broken(
                    path,
                    observed=f"{_shown(rule, value)}, answered with {_named(evidence, astray)}",
                    exchange=exchange,
                )
            elif any(held for _, held in told):
                yield from bench.passed(path)


def complete(evidence: Evidence) -> Iterator[Finding]:
    """A filtered listing of the account lacks none of the items that the whole one shows."""
    operation, listing = evidence.operation, evidence.listing
    if not operation.is_account_listing or listing is None or not listing.complete:
        return
    bench = FindingBuilder(evidence, "complete")
    combined = isinstance(evidence.rule, Combine)
    for exchange, items in _whole_answers(evidence):
        at_work = filters(operation, exchange.params)
        if not at_work:
            continue
        path = evidence.path if combined else f"rules/{at_work[0][0].id}"
        due = _due(evidence, at_work)
        got = {operation.identity(item) for item in items}
        lacking = [item for item in due if operation.identity(item) not in got]
        if lacking:
            yield from bench.broken(
                path,
                expected=f"all {len(due)} listed items that fit",
                observed=f"{_asked(at_work)}: lacks {_named(evidence, lacking)}",
                exchange=exchange,
            )
        elif len(due) < len(listing.items):
            yield from bench.passed(path)


def _whole_answers(evidence: Evidence) -> Iterator[tuple[Exchange, list[Any]]]:
    """All the items of each step that came to its end with pages of the default size.

    Where a page size was asked for, what is lacking is the affair of paging.
    """
    paging = evidence.operation.pagination
    if evidence.case.expect is not Expect.ACCEPTED or paging is None:
        return
    for exchanges in evidence.steps:
        pages = [page for exchange in exchanges if (page := evidence.page(exchange))]
        sized = paging.limit and any(e.params.get(paging.limit) for e in exchanges)
        if pages and len(pages) == len(exchanges) and pages[-1].token is None and not sized:
            yield exchanges[0], [item for page in pages for item in page.items]


def _due(evidence: Evidence, at_work: list[_AtWork]) -> list[Any]:
    listing = evidence.listing
    assert listing is not None
    return [
        item
        for item in listing.items
        if all(holds(item, rule, value) is True for rule, value in at_work)
    ]


def exercised(evidence: Evidence) -> Iterator[Finding]:
    """A filter tried where nothing could come of it proves nothing, and that is said."""
    if evidence.case.expect is not Expect.ACCEPTED:
        return
    if not isinstance(evidence.rule, Filter | Combine):
        return
    settled = {f.clause for check in (filtered, complete) for f in check(evidence)}
    if evidence.case.clause not in settled and all(e.succeeded for e in evidence.exchanges):
        bench = FindingBuilder(evidence, "exercised")
        yield from bench.inconclusive(evidence.path, "the target holds nothing to tell by")


def apart(evidence: Evidence) -> Iterator[Finding]:
    """Two values of an exclusive filter never answer with the same item."""
    rule = evidence.rule
    if not isinstance(rule, Exclusive):
        return
    bench = FindingBuilder(evidence, "apart")
    path = evidence.path
    seen: dict[str, Any] = {}
    with_items = 0
    for exchange, page in _first_pages(evidence):
        value = exchange.params[rule.member]
        with_items += bool(page.items)
        for item in page.items:
            name = evidence.operation.identity(item)
            if seen.setdefault(name, value) != value:
                yield from bench.broken(
                    path,
                    observed=f"{name} answers to both {seen[name]!r} and {value!r}",
                    exchange=exchange,
                )
                return
    if with_items >= 2:
        yield from bench.passed(path)
    elif all(e.succeeded for e in evidence.exchanges):
        yield from bench.inconclusive(path, "fewer than two values are answered with items")


def found(evidence: Evidence) -> Iterator[Finding]:
    """An item asked for by its id is the item that the listing shows under it."""
    rule = evidence.rule
    if not isinstance(rule, Found) or evidence.case.expect is not Expect.FOUND:
        return
    if not evidence.last.succeeded:
        return
    bench = FindingBuilder(evidence, "found")
    path = evidence.path
    body = evidence.body(evidence.last)
    if body is None:
        yield from bench.inconclusive(path, "the answer cannot be read")
        return
    if rule.member is not None:
        yield from _asked_for(bench, evidence, rule, rule.member, body)
        return
    item, listed = field(rule.result, body), evidence.listed
    if not isinstance(item, Mapping):
        yield from bench.broken(
            path,
            expected=f"an object under {rule.result}",
            observed="none",
            exchange=evidence.last,
        )
    elif not isinstance(listed, Mapping):
        yield from bench.inconclusive(path, "the item asked for stands in no listing here")
    elif not rule.equal and evidence.identity is None:
        yield from bench.inconclusive(path, "no member is known that names an item")
    else:
        names = {evidence.identity}
        if rule.equal:
            # either view may hold what nobody documents
            names = item.keys() & listed.keys() | _documented(evidence, rule.result)
        other = _differences(item, listed, names)
        if other:
            yield from bench.broken(
                path,
                expected=f"as listed: {_pairs(listed, other)}",
                observed=_pairs(item, other),
                exchange=evidence.last,
            )
        else:
            yield from bench.passed(path)


def _documented(evidence: Evidence, result: str) -> set[str]:
    """The members that the page says a part of the answer has."""
    schema = evidence.operation.response
    for name in result.split("."):
        schema = schema.get("properties", {}).get(name, {})
    return set(schema.get("properties", ()))


def _asked_for(
    bench: FindingBuilder, evidence: Evidence, rule: Found, name: str, body: Mapping[str, Any]
) -> Iterator[Finding]:
    """An item that names itself as it was asked for is that one; one that does not may be."""
    item = field(rule.result, body)
    told = item.get(name) if isinstance(item, Mapping) else None
    if not isinstance(evidence.listed, Mapping):
        yield from bench.inconclusive(evidence.path, "what was asked for stands in no listing here")
    elif not isinstance(told, str) or not told:
        yield from bench.inconclusive(evidence.path, f"the answer holds no {name}")
    elif _same_name(told, evidence.listed[name]):
        yield from bench.passed(evidence.path)
    else:
        yield from bench.broken(
            evidence.path,
            expected=f"an answer with {_pairs(evidence.listed, [name])}",
            observed=_pairs(item, [name]),
            exchange=evidence.last,
        )


def _same_name(one: str, other: str) -> bool:
    """Whether two names may be of one thing: an ARN holds an id, and DNS knows no case."""
    one, other = (unquote(name).lower() for name in (one, other))
    return one in other or other in one


def _differences(
    item: Mapping[str, Any], listed: Mapping[str, Any], names: Iterable[Any]
) -> list[str]:
    """Those of some members in which two views of one item differ."""
    return [name for name in sorted(names) if _plain(item.get(name)) != _plain(listed.get(name))]


def _plain(value: Any, depth: int = 0) -> Any:
    """A value for comparison: ids decoded, lists without order, nulls and absent members alike.

    What is nested deeper than any documented answer is not looked at.
    """
    if depth > _DEEPEST:
        return None
    if isinstance(value, str):
        return unquote(value)
    if isinstance(value, list):
        return sorted((_plain(one, depth + 1) for one in value), key=json.dumps)
    if isinstance(value, Mapping):
        kept = {name: one for name, one in value.items() if one is not None}
        return {name: _plain(one, depth + 1) for name, one in kept.items()}
    return value


def _pairs(item: Mapping[str, Any], names: list[str]) -> str:
    return ", ".join(f"{name} {item.get(name)!r}" for name in names[:3])


def _shown(rule: Filter, value: Any) -> str:
    return f"{rule.member} {value!r}"


def _asked(at_work: list[_AtWork]) -> str:
    return " and ".join(_shown(rule, value) for rule, value in at_work)


def _named(evidence: Evidence, items: list[Any]) -> str:
    first = evidence.operation.identity(items[0])[:60]
    return first if len(items) == 1 else f"{first} and {len(items) - 1} more"
