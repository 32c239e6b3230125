"""The files of a report: one row for each, from which the writer, ``--help`` and the docs follow.

A format is a function from a report's data to the text of its file, in a module of its own. It
must not know where the text is written.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.report import badge, html, json_text, junit, sarif, summary

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """What makes the text of a file, and whom the file is for.

    ``pieces`` makes the same text in pieces, where all of it may be too much to hold.
    """

    text: Callable[[Data], str]
    readers: str
    pieces: Callable[[Data], Iterable[str]] | None = None

    def written(self, report: Data) -> Iterable[str]:
        """The text as it is to be written."""
        return self.pieces(report) if self.pieces else [self.text(report)]


FORMATS: Mapping[str, Format] = {
    "report.json": Format(
        text=json_text.text, readers="programs: everything", pieces=json_text.pieces
    ),
    "report.html": Format(text=html.html, readers="people: one page that loads nothing"),
    "junit.xml": Format(text=junit.xml, readers="CI servers: one test case for each case"),
    "report.sarif": Format(text=sarif.text, readers="code scanning and editors: SARIF 2.1.0"),
    "summary.md": Format(text=summary.markdown, readers="a CI job's page"),
    "badge.json": Format(text=badge.endpoint, readers="badge services"),
    "badge.svg": Format(text=badge.svg, readers="READMEs: the same badge, drawn"),
}


def names() -> str:
    """The names of the files, as a phrase: ``a, b and c``."""
    *others, last = FORMATS
    return f"{', '.join(others)} and {last}"
