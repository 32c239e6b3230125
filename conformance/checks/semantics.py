"""Checks of rules that a page states in prose: filters filter, lists agree, defaults hold.

How an item relates to a requested value is for ``filter_predicates``.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from conformance.checks.evidence import Evidence, Page, field
from conformance.checks.filter_predicates import filters, holds
from conformance.checks.findings import Finding, FindingBuilder
from conformance.protocols.http import Exchange
from conformance.spec.rules import Combine, Exclusive, Filter, Found, Selects

_AtWork = tuple[Filter, Any]
_DEEPEST = 20


def _first_pages(evidence: Evidence) -> Iterator[tuple[Exchange, Page]]:
    """The pages whose request has no token: those of calls, and the first of each walk."""
    paging = evidence.operation.pagination
    if paging is None:
        return
    for exchange in evidence.exchanges:
        page = evidence.page(exchange)
        if page is not None and exchange.params.get(paging.input_token) is None:
            yield exchange, page


def filtered(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A filtered listing returns only items that match the filter."""
    combined = isinstance(evidence.rule, Combine)
    for exchange, page in _first_pages(evidence):
        at_work = filters(evidence.operation, exchange.params)
        for rule, value in at_work:
            path = evidence.path if combined else f"rules/{rule.id}"
            matches = [(item, holds(item, rule, value)) for item in page.items]
            astray = [item for item, held in matches if held is False]
            if astray:
                yield from findings.broken(
                    path,
                    observed=f"{_shown(rule, value)} returned {_named(evidence, astray)}",
                    exchange=exchange,
                )
            elif any(held for _, held in matches):
                yield from findings.passed(path)


def complete(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A filtered listing lacks none of the matching items that the whole listing holds."""
    operation, listing = evidence.operation, evidence.listing
    if listing is None or not listing.complete:
        return
    combined = isinstance(evidence.rule, Combine)
    for exchange, items in _whole_answers(evidence):
        at_work = filters(operation, exchange.params)
        if not at_work:
            continue
        path = evidence.path if combined else f"rules/{at_work[0][0].id}"
        due = _matching(evidence, at_work)
        got = {operation.identity(item) for item in items}
        lacking = [item for item in due if operation.identity(item) not in got]
        if lacking:
            yield from findings.broken(
                path,
                expected=f"all {len(due)} listed items that match",
                observed=f"{_requested(at_work)} lacks {_named(evidence, lacking)}",
                exchange=exchange,
            )
        elif len(due) < len(listing.items):
            yield from findings.passed(path)


def _whole_answers(evidence: Evidence) -> Iterator[tuple[Exchange, list[Any]]]:
    """All the items of each step that reached its end with pages of the default size.

    Where a page size was requested, the checks of paging judge which items are lacking.
    """
    paging = evidence.operation.pagination
    if paging is None:
        return
    for exchanges in evidence.steps:
        pages = [page for exchange in exchanges if (page := evidence.page(exchange))]
        sized = paging.limit and any(e.params.get(paging.limit) for e in exchanges)
        if pages and len(pages) == len(exchanges) and pages[-1].token is None and not sized:
            yield exchanges[0], [item for page in pages for item in page.items]


def _matching(evidence: Evidence, at_work: list[_AtWork]) -> list[Any]:
    listing = evidence.listing
    assert listing is not None
    return [
        item
        for item in listing.items
        if all(holds(item, rule, value) is True for rule, value in at_work)
    ]


def exercised(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """A filter that no item of the target can exercise is reported as inconclusive."""
    checks = (filtered, complete) if evidence.operation.is_account_listing else (filtered,)
    settled = {found.clause for check in checks for found in check(evidence, findings)}
    if evidence.case.clause not in settled and all(e.succeeded for e in evidence.exchanges):
        reason = "the target holds no item that can exercise the filter"
        yield from findings.inconclusive(evidence.path, reason)


def apart(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Two values of an exclusive filter never return the same item."""
    rule = evidence.rule
    assert isinstance(rule, Exclusive)
    path = evidence.path
    seen: dict[str, Any] = {}
    with_items = 0
    for exchange, page in _first_pages(evidence):
        value = exchange.params[rule.member]
        with_items += bool(page.items)
        for item in page.items:
            name = evidence.operation.identity(item)
            if seen.setdefault(name, value) != value:
                yield from findings.broken(
                    path,
                    observed=f"{name} is returned for both {seen[name]!r} and {value!r}",
                    exchange=exchange,
                )
                return
    if with_items >= 2:
        yield from findings.passed(path)
    elif all(e.succeeded for e in evidence.exchanges):
        yield from findings.inconclusive(path, "fewer than two values return items")


def selected(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """Of the parts that a request can select a response shows those that it selects, no others."""
    rule = evidence.rule
    assert isinstance(rule, Selects)
    known: set[str] = set()
    judged = False
    for exchange in evidence.successes:
        asked = exchange.params.get(rule.member) or ()
        shown = _parts(evidence, exchange, rule)
        if shown is None or not (asked or rule.adding):
            continue
        if any(one in rule.everything for one in asked):
            known = shown
            continue
        wanted = {rule.parts[one] for one in asked if one in rule.parts}
        wrong = [f"shows {one} as well" for one in sorted(shown - wanted)]
        wrong += [f"does not show {one}" for one in sorted(wanted & known - shown)]
        judged = True
        yield from findings.judged(
            evidence.path,
            not wrong,
            expected=", ".join(sorted(wanted)) or "none of them",
            observed=f"{list(asked) or 'no selection'} {wrong[0]}" if wrong else "",
            exchange=exchange,
        )
    if not judged and all(e.succeeded for e in evidence.exchanges):
        yield from findings.inconclusive(evidence.path, "a response holds nothing to select from")


def _parts(evidence: Evidence, exchange: Exchange, rule: Selects) -> set[str] | None:
    """The parts that a response shows anywhere; ``None`` where it shows no description at all."""
    body = evidence.body(exchange)
    if body is None:
        return None
    several = _several(body, rule.where)
    holder = rule.where.rpartition(".")[0] or "@"
    if not several and not rule.where.endswith(("[]", "@")) and _several(body, holder):
        return set()  # a map with nothing in it is absent
    names = set(rule.parts.values())
    shown = {
        name
        for one in several
        if isinstance(one, Mapping)
        for name, value in one.items()
        if name in names and value not in (None, "", [], {})
    }
    return shown if several else None


def _several(body: Any, where: str) -> list[Any]:
    """What a jmespath leads to, as a list."""
    value = body if where == "@" else field(where, body)
    return value if isinstance(value, list) else [] if value is None else [value]


def found(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """An item requested by its id is the item that the listing has under that id."""
    rule = evidence.rule
    assert isinstance(rule, Found)
    if not evidence.last.succeeded:
        return
    path = evidence.path
    body = evidence.body(evidence.last)
    if body is None:
        yield from findings.inconclusive(path, "the response cannot be read")
        return
    if rule.member is not None:
        yield from _identified(findings, evidence, rule, rule.member, body)
        return
    item, listed = field(rule.result, body), evidence.listed
    if not isinstance(item, Mapping):
        yield from findings.broken(
            path,
            expected=f"an object under {rule.result}",
            observed="none",
            exchange=evidence.last,
        )
    elif not isinstance(listed, Mapping):
        yield from findings.inconclusive(path, "the requested item is in no listing")
    elif not rule.equal and evidence.identity is None:
        yield from findings.inconclusive(path, "no member is known that identifies an item")
    else:
        names = {evidence.identity}
        if rule.equal:
            # either view may have undocumented members
            names = item.keys() & listed.keys() | _documented(evidence, rule.result)
        other = _differences(item, listed, names)
        if other:
            yield from findings.broken(
                path,
                expected=f"as listed: {_pairs(listed, other)}",
                observed=_pairs(item, other),
                exchange=evidence.last,
            )
        else:
            yield from findings.passed(path)


def _documented(evidence: Evidence, result: str) -> set[str]:
    """The documented members of a part of the response."""
    schema = evidence.operation.response
    for name in result.split("."):
        schema = schema.get("properties", {}).get(name, {})
    return set(schema.get("properties", ()))


def _identified(
    findings: FindingBuilder, evidence: Evidence, rule: Found, name: str, body: Mapping[str, Any]
) -> Iterator[Finding]:
    """An item with the requested name is the requested one; one without any name may be."""
    item = field(rule.result, body)
    returned = item.get(name) if isinstance(item, Mapping) else None
    if not isinstance(evidence.listed, Mapping):
        yield from findings.inconclusive(evidence.path, "the requested name is in no listing")
    elif not isinstance(returned, str) or not returned:
        yield from findings.inconclusive(evidence.path, f"the response has no {name}")
    elif _same_name(returned, evidence.listed[name]):
        yield from findings.passed(evidence.path)
    else:
        yield from findings.broken(
            evidence.path,
            expected=f"a response with {_pairs(evidence.listed, [name])}",
            observed=_pairs(item, [name]),
            exchange=evidence.last,
        )


def _same_name(one: str, other: str) -> bool:
    """Whether two names may mean one thing: an ARN contains an id, and DNS ignores case."""
    one, other = (unquote(name).lower() for name in (one, other))
    return one in other or other in one


def _differences(
    item: Mapping[str, Any], listed: Mapping[str, Any], names: Iterable[Any]
) -> list[str]:
    """Those of some members in which two views of one item differ."""
    return [name for name in sorted(names) if _plain(item.get(name)) != _plain(listed.get(name))]


def _plain(value: Any, depth: int = 0) -> Any:
    """A value for comparison: ids decoded, lists without order, nulls and absent members alike.

    Values nested deeper than any documented response are not compared.
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


def _requested(at_work: list[_AtWork]) -> str:
    return " and ".join(_shown(rule, value) for rule, value in at_work)


def _named(evidence: Evidence, items: list[Any]) -> str:
    first = evidence.operation.identity(items[0])[:60]
    return first if len(items) == 1 else f"{first} and {len(items) - 1} more"
