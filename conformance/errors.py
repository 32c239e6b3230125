"""The suite's own exceptions. A finding judges the target and is never one of these.

    ConformanceError            the suite could not go on; the message is one sentence
    ├── UsageError              the user asked for something impossible: exit status 2
    │   ├── DocumentError       a document in ``schemas/`` is broken
    │   ├── PageError           a saved page is not an API reference page, or lacks a section
    │   └── UnknownNameError    there is no such operation, case, clause, …; names the nearest
    └── TargetError             the target cannot be used at all: unreachable, TLS, credentials

Every message says what is wrong and what to do, and is shown without a traceback.
"""

import difflib
from collections.abc import Iterable


class ConformanceError(Exception):
    """The suite itself could not go on; ``str()`` is one sentence for the user."""


class UsageError(ConformanceError):
    """The user asked for something impossible."""


class DocumentError(UsageError):
    """A document in ``schemas/`` does not follow the format."""


class PageError(UsageError):
    """A saved page is not an AWS API reference page, or lacks a section."""


#: How many known names a message lists, where none is near.
_MOST = 6


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the nearest known one, or a few of them."""
    names = list(known)
    if near := difflib.get_close_matches(name, names, n=1, cutoff=0.5):
        return f"; did you mean {near[0]}?"
    if not names:
        return "."
    if len(names) > _MOST:
        return f"; an example is {min(names)}."
    return f"; give {'one of ' if len(names) > 1 else ''}{', '.join(sorted(names))}."


class UnknownNameError(UsageError):
    """A name that nothing has; the message suggests a known one."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        super().__init__(f"There is no {kind} {name!r}{suggestion(name, known)}")


class TargetError(ConformanceError):
    """The target cannot be used at all."""
