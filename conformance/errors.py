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


class UnknownNameError(UsageError):
    """A name that nothing bears; the message offers the nearest one that exists."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.nearest = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
        hint = f"; did you mean {self.nearest[0]}?" if self.nearest else "."
        super().__init__(f"There is no {kind} {name!r}{hint}")


class TargetError(ConformanceError):
    """The target cannot be used at all."""
