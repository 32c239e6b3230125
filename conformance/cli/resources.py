"""``aws-conformance resources``: what services make, and the operations on it."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from conformance.cli.base import Command
from conformance.report.printing import counted, say
from conformance.spec.lifecycles.derived import matching
from conformance.spec.lifecycles.lifecycle import Action, Binding, Lifecycle

_DESCRIPTION = """\
List the resources of the SDK's services: which operations create, read, list, update,
delete and tag each, how their requests name it, and how many of the members that it
was created with they show. A resource is derived from the names of operations and
members in the SDK's models, and sdk where boto3's own resource files have it as well;
what could not be matched is said below it. What these names do not say is written by
hand, in schemas/resources.

  aws-conformance resources                 of all services, which takes a minute
  aws-conformance resources sqs
  aws-conformance resources 'ec2:Vol*'
  aws-conformance resources '*:Table' --json
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "pattern",
        nargs="?",
        default="*",
        metavar="PATTERN",
        help="service:Noun or service; * allowed (default: all services)",
    )
    parser.add_argument("--json", action="store_true", help="write JSON, a list of objects")


def data(one: Lifecycle) -> Mapping[str, Any]:
    """A resource as JSON data; a jmespath is of the SDK's member names."""
    return {"id": one.id, **asdict(one)}


def _binding(one: Binding) -> str:
    value = f"[{one.path}]" if one.is_list else one.path
    return f"{one.member}={one.origin} {value}"


def _words(one: Action) -> str:
    """An action in one line: the operation, how it names the resource, what it shows."""
    bound = [_binding(binding) for binding in one.bindings]
    shows = []
    if one.places:
        shows = [f"shows {counted(len(one.places), 'member')} at {one.shown}"]
    elif one.given:
        shows = [f"the reader shows {counted(len(one.given), 'member')}"]
    return "; ".join([one.operation.partition(":")[2], ", ".join(bound), *shows]).replace(
        "; ;", ";"
    )


def lines(one: Lifecycle) -> Iterator[str]:
    """A resource as lines: its id, its operations, what is missing."""
    named = f", named by {one.name}" if one.name else ""
    repeated = f", repeatable by {one.token}" if one.token else ""
    source = "by hand" if one.source == "hand" else one.source
    yield f"{one.id} ({source}{named}{repeated})"
    tags = one.tagging
    rows: list[tuple[str, Action | None]] = [
        ("create", one.create),
        ("read", one.read),
        ("list", one.listing),
        *(("update", update) for update in one.updates),
        ("delete", one.delete),
        *((("tag", tags.add), ("untag", tags.remove), ("list tags", tags.listed)) if tags else ()),
    ]
    for name, action in rows:
        if action is not None:
            yield f"    {name:<10}{_words(action)}".rstrip("; ")
    waits = [name for name in (one.ready, one.gone) if name]
    if waits:
        yield f"    {'waiters':<10}{', '.join(waits)}"
    for reason in one.missing:
        yield f"    {reason}"


def _run(arguments: argparse.Namespace) -> int:
    groups = matching(arguments.pattern)
    if arguments.json:
        say(json.dumps([data(one) for _, found in groups for one in found], indent=1))
        return 0
    total = places = 0
    for _, found in groups:
        for one in found:
            for line in lines(one):
                say(line)
            total += 1
            places += len(one.read.places) if one.read else 0
    shown = f"readers show {counted(places, 'member')} that creations take"
    say(f"{counted(total, 'resource')}; {shown}", file=sys.stderr)
    return 0


COMMAND = Command(description=_DESCRIPTION, arguments=_arguments, run=_run)
