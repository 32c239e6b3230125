"""The suite's own exceptions. A finding judges the target and is never one of these.

    ConformanceError            the suite could not go on; the message is one sentence
    ├── UsageError              the user asked for something that cannot be: exit status 2
    │   ├── DocumentError       a document in ``schemas/`` is broken
    │   ├── PageError           a saved page is no API reference page, or lacks a section
    │   └── UnknownNameError    no such operation, case, clause, …; knows the nearest name
    └── TargetError             the target cannot be used at all: unreachable, TLS, credentials

Every message says what is wrong and what to do, and is shown without a traceback.
"""

import difflib
from collections.abc import Iterable


class ConformanceError(Exception):
    """The suite itself could not go on; ``str()`` is one sentence for the user."""


class UsageError(ConformanceError):
    """What was asked for cannot be done as asked."""


class DocumentError(UsageError):
    """A document in ``schemas/`` does not follow the format."""


class PageError(UsageError):
    """A saved page is not an AWS API reference page, or lacks a section."""


#: How many names are told, where none is near to what was given.
_MOST = 6


def offered(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about a name that nothing bears: the nearest one, or what there is."""
    names = list(known)
    if near := difflib.get_close_matches(name, names, n=1, cutoff=0.5):
        return f"; did you mean {near[0]}?"
    if not names:
        return "."
    if len(names) > _MOST:
        return f"; one is written like {min(names)}."
    return f"; give {'one of ' if len(names) > 1 else ''}{', '.join(sorted(names))}."


class UnknownNameError(UsageError):
    """A name that nothing bears; the message offers the nearest one, or shows what there is."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        super().__init__(f"There is no {kind} {name!r}{offered(name, known)}")


class TargetError(ConformanceError):
    """The target cannot be used at all."""
