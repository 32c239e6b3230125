"""The feeds of the site: Atom, an entry for each run, with what changed from the version before.

A feed names no address of its own, as the site may lie anywhere: its links are relative, its ids
are digests. It must not know the pages.
"""

from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from conformance.matrix import results
from conformance.matrix.results import Change, Report, Results
from conformance.matrix.subjects import Subject
from conformance.report.printing import counted, printable

_ATOM = "http://www.w3.org/2005/Atom"
#: So many of the clauses that changed are named.
_MOST_NAMED = 20


def feeds(found: Results) -> Iterator[tuple[str, str]]:
    """The feed of all subjects, and of each: its name in the site, and its text."""
    subjects = found.measured()
    yield "feed.xml", _feed(found, subjects, "AWS emulators side by side", "")
    for one in subjects:
        yield (
            f"feed/{one.name}.xml",
            _feed(found, [one], f"{one.name} against AWS's promises", "../"),
        )


def _feed(found: Results, subjects: Sequence[Subject], title: str, up: str) -> str:
    root = ElementTree.Element("feed", xmlns=_ATOM)
    runs = sorted(
        ((subject, report) for subject in subjects for report in _runs(found, subject)),
        key=lambda run: (run[1]["started"], run[1]["digest"]),
        reverse=True,
    )
    _add(root, "id", "urn:aws-conformance:matrix" + "".join(f":{s.name}" for s in subjects if up))
    _add(root, "title", title)
    _add(root, "updated", str(runs[0][1]["started"]))
    ElementTree.SubElement(_add(root, "author"), "name").text = "aws-conformance"
    ElementTree.SubElement(root, "link", rel="alternate", href=f"{up}index.html")
    for subject, report in runs:
        root.append(_entry(found, subject, report, up))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _runs(found: Results, subject: Subject) -> Iterator[Report]:
    for version in subject.versions:
        for service in found.services:
            if report := found.report(subject.name, version, service):
                yield report


def _entry(found: Results, subject: Subject, report: Report, up: str) -> ElementTree.Element:
    entry = ElementTree.Element("entry")
    name, version, service = subject.name, report["subject"]["version"], report["service"]
    _add(entry, "id", f"urn:{report['digest']}")
    _add(entry, "title", f"{name} {version}: {service}")
    _add(entry, "updated", str(report["started"]))
    ElementTree.SubElement(entry, "link", rel="alternate", href=f"{up}subject/{name}.html")
    ElementTree.SubElement(entry, "category", term=service)
    changes = [
        one for one in found.changes(subject) if (one.after, one.service) == (version, service)
    ]
    _add(entry, "content", "\n".join([_counts(report), *_changed(changes)])).set("type", "text")
    return entry


def _counts(report: Report) -> str:
    numbers = results.counts(report)
    return (
        f"{numbers['there']} of {counted(numbers['asked'], 'operation')} implemented; of "
        f"{counted(numbers['clauses'], 'clause')} {numbers['pass']} passed, {numbers['fail']} "
        f"failed, {numbers['warn']} warned, {numbers['inconclusive']} inconclusive, "
        f"{numbers['absent']} of missing operations. Suite {report['suite']['version']}."
    )


def _changed(changes: Sequence[Change]) -> Iterator[str]:
    for one in changes:
        for word, clauses in (("worse", one.worse), ("better", one.better)):
            if clauses:
                yield f"{counted(len(clauses), 'clause')} {word} than in {one.before}:"
                yield from (f"  {clause}" for clause in clauses[:_MOST_NAMED])
                if len(clauses) > _MOST_NAMED:
                    yield f"  and {len(clauses) - _MOST_NAMED} more"


def _add(parent: ElementTree.Element, name: str, text: str = "") -> ElementTree.Element:
    made = ElementTree.SubElement(parent, name)
    made.text = printable(text) if "\n" not in text else "\n".join(map(printable, text.split("\n")))
    return made
