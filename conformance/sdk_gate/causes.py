"""The causes of differences: each once, with the calls that it touches, and who is hit."""

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from conformance.sdk_gate.differences import Difference, Kind, identity

#: Whom a change of a kind concerns.
HIT: Mapping[Kind, tuple[str, ...]] = {
    Kind.PROTOCOL: (
        "emulators that know the former protocol only",
        "proxies and allow-lists that read paths or bodies",
        "cassettes: recorded answers are in the former protocol",
    ),
    Kind.ENDPOINT: (
        "allow-lists, proxies and VPC endpoints that name the former host",
        "cassettes that match by host",
    ),
    Kind.PATH: (
        "emulators that route by the former line",
        "proxies and allow-lists that read paths",
        "cassettes that match by method, path or query",
    ),
    Kind.HEADER: ("emulators and proxies that read the header", "cassettes that match by headers"),
    Kind.CHECKSUM: (
        "S3-compatible servers and emulators that do not know the new form",
        "proxies that rewrite bodies or headers",
        "cassettes that match by headers or body",
    ),
    Kind.BODY: ("emulators that read bodies strictly", "cassettes that match by body"),
    Kind.ANSWER: ("code that reads the answer",),
    Kind.ERROR: ("code that handles the error",),
    Kind.GONE: ("code that makes the call",),
    Kind.NEW: (),
}
#: How many members a sentence names.
_MOST = 6
#: The order in which kinds are shown.
ORDER = {kind: number for number, kind in enumerate(Kind)}


class Verdict(StrEnum):
    """What an upgrade comes to."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    BREAKING = "breaking"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Both sides of one difference, as text."""

    before: str
    after: str


@dataclass(slots=True, kw_only=True)
class Cause:
    """One reason for differences.

    ``members`` are the members or headers that differ, where the ``reason`` leaves them open;
    ``calls`` are the operations that it touches, each with the variants of calls that do and the
    two sides of the first of them.
    """

    kind: Kind
    id: str
    reason: str
    breaking: bool = False
    members: set[str] = field(default_factory=set)
    calls: dict[str, tuple[list[str], Sides]] = field(default_factory=dict)
    expected: bool = False

    @property
    def sentence(self) -> str:
        """The cause in one sentence, without its full stop."""
        names = sorted(self.members)
        more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
        return f"{self.reason}: {', '.join(names[:_MOST])}{more}" if names else self.reason

    @property
    def operations(self) -> list[str]:
        """The operations that the cause touches, in order."""
        return sorted(self.calls)

    @property
    def hit(self) -> tuple[str, ...]:
        """Whom the change concerns."""
        return HIT[self.kind]


class Causes:
    """Gathers differences into causes."""

    def __init__(self) -> None:
        self._found: dict[str, Cause] = {}

    def add(self, call: str, variant: str, difference: Difference) -> None:
        """Add a difference of a call, ``service:Operation``, made in some variant."""
        name = identity(difference.kind, difference.cause)
        cause = self._found.setdefault(
            name, Cause(kind=difference.kind, id=name, reason=difference.sentence)
        )
        cause.breaking |= difference.breaking
        if difference.member:
            cause.members.add(difference.member)
        sides = Sides(before=difference.before, after=difference.after)
        variants, _ = cause.calls.setdefault(call, ([], sides))
        if variant not in variants:
            variants.append(variant)

    def all(self) -> list[Cause]:
        """The causes: by kind, those of most calls first."""
        return sorted(
            self._found.values(), key=lambda one: (ORDER[one.kind], -len(one.calls), one.id)
        )


def expect(causes: Iterable[Cause], patterns: Sequence[str]) -> list[str]:
    """Mark the causes that some pattern names; return the patterns that name none."""
    unmet = set(patterns)
    for cause in causes:
        for pattern in patterns:
            if fnmatch.fnmatchcase(cause.id, pattern):
                cause.expected = True
                unmet.discard(pattern)
    return [one for one in patterns if one in unmet]


def verdict(causes: Iterable[Cause]) -> Verdict:
    """What the causes come to. Operations that are new change nothing of a call."""
    counted = [one for one in causes if one.kind is not Kind.NEW]
    if any(one.breaking for one in counted):
        return Verdict.BREAKING
    return Verdict.CHANGED if counted else Verdict.UNCHANGED
