"""The account of a comparison: its facts as JSON, on a terminal, in Markdown, as a page."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from conformance.sdk_gate.causes import Cause, Verdict, verdict
from conformance.sdk_gate.differences import Kind

FORMAT = "aws-conformance-sdk/1"
#: How many operations a line names, and how long a side of a difference is in it.
_NAMED, _LONG = 4, 160
#: How many reasons a cassette has in a line.
_REASONS = 2
#: What only a new version of the SDK can do is listed, but is no change of a call.
_QUIET = frozenset({Kind.NEW})


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a comparison found.

    ``old`` and ``new`` say what was compared, ``compared`` counts it, ``notes`` are sentences
    about what could not be compared, ``unmet`` the expectations that named no cause. ``matches``
    says of cassettes whether they would still be played, by file.
    """

    old: str
    new: str
    causes: Sequence[Cause]
    compared: Mapping[str, int]
    notes: Sequence[str] = ()
    unmet: Sequence[str] = ()
    matches: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """What the upgrade comes to, expected causes included."""
        return verdict(self.causes)


def fails(account: Account, bounds: Sequence[str]) -> bool:
    """Whether some cause that is not expected is of a kind or a weight that shall fail."""
    for cause in account.causes:
        if cause.expected or cause.kind in _QUIET:
            continue
        weight = {Verdict.CHANGED.value} | ({Verdict.BREAKING.value} if cause.breaking else set())
        if (weight | {cause.kind.value}) & set(bounds):
            return True
    return False


# ---------------------------------------------------------------- JSON


def data(account: Account) -> dict[str, Any]:
    """The account as the data of its JSON."""
    return {
        "format": FORMAT,
        "verdict": account.verdict.value,
        "old": account.old,
        "new": account.new,
        "compared": dict(account.compared),
        "causes": [_cause(one) for one in account.causes],
        "cassettes": {name: list(lines) for name, lines in account.matches.items()},
        "notes": list(account.notes),
        "unmet": list(account.unmet),
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "id": cause.id,
        "kind": cause.kind.value,
        "sentence": f"{cause.sentence}.",
        "breaking": cause.breaking,
        "expected": cause.expected,
        "hit": list(cause.hit),
        "calls": [
            {
                "operation": name,
                "variants": [one for one in cause.calls[name][0] if one],
                "before": cause.calls[name][1].before,
                "after": cause.calls[name][1].after,
            }
            for name in cause.operations
        ],
    }


def json_text(account: Account) -> str:
    """The account in JSON."""
    return json.dumps(data(account), indent=1, ensure_ascii=False) + "\n"


# ---------------------------------------------------------------- text


def _calls(cause: Cause) -> str:
    names = cause.operations
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _number(cause: Cause) -> str:
    count = len(cause.calls)
    return f"{count} operation{'s' if count != 1 else ''}"


def _side(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONG else f"{line[:_LONG]} …"


def _marks(cause: Cause) -> str:
    marks = [
        name for name, on in (("breaking", cause.breaking), ("expected", cause.expected)) if on
    ]
    return f" ({', '.join(marks)})" if marks else ""


def lines(account: Account) -> Iterator[str]:
    """The account for a terminal: a cause, whom it hits, its calls, and both sides of one."""
    yield f"{account.old} → {account.new}: {_counted(account.compared)} compared"
    for cause in account.causes:
        yield ""
        yield f"{cause.kind.upper()} {cause.sentence}: {_number(cause)}{_marks(cause)}"
        yield f"     calls   {_calls(cause)}"
        if cause.kind in _QUIET:
            continue
        sides = cause.calls[cause.operations[0]][1]
        yield f"     before  {_side(sides.before)}"
        yield f"     after   {_side(sides.after)}"
        if cause.hit:
            yield f"     hits    {'; '.join(cause.hit)}"
        yield f"     cause   {cause.id}"
    yield from _foot(account)


def _foot(account: Account) -> Iterator[str]:
    if account.matches:
        yield ""
        yield "would vcrpy still play it?"
        for name, found in account.matches.items():
            yield f"  {name}: {_listed(found)}"
    if account.notes or account.unmet:
        yield ""
    yield from account.notes
    yield from (f"expected, but not found: {one}" for one in account.unmet)
    yield ""
    yield f"verdict: {account.verdict}"


def _listed(reasons: Sequence[str]) -> str:
    """Why a cassette is not played any more, the first reasons only."""
    more = f"; and {len(reasons) - _REASONS} more" if len(reasons) > _REASONS else ""
    return f"no: {'; '.join(reasons[:_REASONS])}{more}" if reasons else "yes"


def _counted(compared: Mapping[str, int]) -> str:
    return ", ".join(
        f"{count} {name if count != 1 else name.removesuffix('s')}"
        for name, count in compared.items()
    )


def markdown(account: Account) -> str:
    """The account in Markdown, for a pull request."""
    found = [f"### {account.old} → {account.new}: **{account.verdict}**", ""]
    found += [f"{_counted(account.compared)} compared.", ""]
    shown = [one for one in account.causes if one.kind not in _QUIET]
    if shown:
        found += ["| kind | what changes | operations | who is hit |", "| --- | --- | --- | --- |"]
        for cause in shown:
            says = f"{plain_cell(cause.sentence)}{_marks(cause)}"
            row = (cause.kind.value, says, _named(cause), plain_cell("; ".join(cause.hit)))
            found.append(f"| {' | '.join(row)} |")
        found.append("")
    for cause in shown:
        name = cause.operations[0]
        sides = cause.calls[name][1]
        found += [
            f"<details><summary>{plain_cell(cause.sentence)}</summary>",
            "",
            f"`{cause.id}`, as in `{name}`:",
            "",
            "```diff",
            *(f"-{one}" for one in _wrapped(sides.before)),
            *(f"+{one}" for one in _wrapped(sides.after)),
            "```",
            "",
            f"{', '.join(f'`{one}`' for one in cause.operations)}",
            "",
            "</details>",
            "",
        ]
    new = sum(len(one.calls) for one in account.causes if one.kind in _QUIET)
    if new:
        found += [f"{new} operations or services are new.", ""]
    if account.matches:
        found += ["| cassette | would vcrpy still play it? |", "| --- | --- |"]
        for file, reasons in account.matches.items():
            found.append(f"| {plain_cell(file)} | {plain_cell(_listed(reasons))} |")
        found.append("")
    found += [f"- {plain_cell(one)}" for one in account.notes]
    found += [f"- expected, but not found: `{one}`" for one in account.unmet]
    return "\n".join(found).rstrip() + "\n"


def _named(cause: Cause) -> str:
    names = [f"`{one}`" for one in cause.operations[:_NAMED]]
    more = len(cause.calls) - _NAMED
    return ", ".join(names) + (f" and {more} more" if more > 0 else "")


def plain_cell(text: str) -> str:
    """A text that is one cell of a table, with no markup of its own."""
    line = " ".join(text.split())
    return "".join(f"\\{char}" if char in "|<>*_`[]\\" else char for char in line)


def _wrapped(text: str) -> list[str]:
    clean = text.replace("```", "'''")
    return [f" {line}" for line in clean.splitlines()] or [" "]


# ---------------------------------------------------------------- a page


def html(account: Account) -> str:
    """The account as a page that loads nothing from elsewhere."""
    made = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = (files("conformance.sdk_gate") / "templates" / "page.html").read_text("utf-8")
    return made.from_string(text).render(**data(account), counted=_counted(account.compared))
