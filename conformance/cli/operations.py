"""``aws-conformance operations``: the operations that can be judged, one a line."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import botocore

from conformance.cli.base import Command, schemas_option
from conformance.execution.printed import printed_cases
from conformance.protocols.table import PROTOCOLS
from conformance.recording.recordable import kept_from_aws
from conformance.report.operations_table import Needed, OperationRow, operation_row, operation_rows
from conformance.report.printing import counted, say
from conformance.spec.registry import origin, problems, registry
from conformance.spec.sdk_models.counting import counts

_DESCRIPTION = """\
List operations that the suite can judge: the wire protocol, whether a document, a
file of your own (--schemas) or the SDK's model describes the operation, whether it
is read-only, how many clauses and cases it has, and the members by which it pages.
The lines below an operation show the members that a request requires, with the
listing of their values; the parts of a large model that are left out; why one that
is read-only is never sent to AWS; how many responses the documentation prints; and
why an operation has no cases.

  aws-conformance operations                  the documented ones
  aws-conformance operations kms              all that a service has
  aws-conformance operations 'sqs:List*'
  aws-conformance operations 'k*' --json
"""
_HEAD = ("operation", "protocol", "from", "kind", "clauses", "cases", "pages")
#: How many of the largest services are named.
_LARGEST = 5
#: The columns of numbers.
_NUMBERS = frozenset({"clauses", "cases"})


def _arguments(parser: argparse.ArgumentParser) -> None:
    schemas_option(parser)
    parser.add_argument(
        "pattern",
        nargs="?",
        metavar="PATTERN",
        help="service:Operation or service; * allowed (default: the documented operations)",
    )
    parser.add_argument(
        "--protocol",
        metavar="NAME",
        help=f"the wire protocol, where a service has several: {', '.join(PROTOCOLS)}",
    )
    parser.add_argument("--json", action="store_true", help="write JSON, a list of objects")


def _row(one: OperationRow) -> tuple[str, ...]:
    operation = one.operation
    return (
        operation.id,
        operation.protocol,
        origin(operation.id),
        "read-only" if operation.readonly else "changing",
        str(one.clauses),
        str(one.cases),
        one.pages or "none",
    )


def _need(needed: Needed, service: str) -> str:
    if needed.places is None:
        return f"{needed.member} (synthetic)"
    if not needed.places:
        return f"{needed.member} (not listed: --resource {service}:{needed.member}=VALUE)"
    by, path = needed.places[0]
    return f"{needed.member} (from {by} {path})"


def _notes(one: OperationRow) -> Iterator[str]:
    operation = one.operation
    if one.needed:
        yield "requires " + ", ".join(_need(needed, operation.service) for needed in one.needed)
    others = [name for name in one.protocols if name != operation.protocol]
    if others:
        yield f"also supports {', '.join(others)}"
    if operation.left_out:
        yield f"left out: {operation.left_out}"
    if operation.readonly and (reason := kept_from_aws(operation)):
        yield f"kept from AWS: {reason}"
    if printed := len(printed_cases([operation])):
        count = counted(printed, "response")
        yield f"the documentation prints {count}: --provenance=documentation replays them"
    if operation.untriable:
        yield f"no cases: {operation.untriable}"


def _data(row: OperationRow) -> dict[str, Any]:
    operation = row.operation
    reason = kept_from_aws(operation) or None
    return {
        **row.data(),
        "from": origin(operation.id),
        "kept_from_aws": reason,
        "printed": len(printed_cases([operation])),
    }


def table(found: Sequence[OperationRow]) -> Iterator[str]:
    """The rows as lines: aligned columns under a head, notes below their operation."""
    rows = [_row(one) for one in found]
    widths = [max(len(row[at]) for row in (_HEAD, *rows)) for at in range(len(_HEAD))]

    def line(cells: Sequence[str]) -> str:
        aligned = (
            cell.rjust(width) if name in _NUMBERS else cell.ljust(width)
            for name, cell, width in zip(_HEAD, cells, widths, strict=True)
        )
        return "  ".join(aligned).rstrip()

    yield line(_HEAD)
    for one, row in zip(found, rows, strict=True):
        yield line(row)
        yield from (f"    {note}" for note in _notes(one))


def _sdk_sentence() -> str:
    """A sentence about the operations that the SDK describes beside the documented ones."""
    known = counts()
    largest = sorted(known, key=lambda name: (-known[name], name))[:_LARGEST]
    return (
        f"botocore {botocore.__version__} describes {sum(known.values())} operations of "
        f"{len(known)} services, the largest {', '.join(f'{n} ({known[n]})' for n in largest)}; "
        f"'aws-conformance operations SERVICE' lists those of a service."
    )


def _run(arguments: argparse.Namespace) -> int:
    for problem in problems():
        say(f"aws-conformance: {problem}", file=sys.stderr)
    if arguments.pattern is None:
        groups = iter([("", [operation_row(one) for one in registry().values()])])
    else:
        groups = operation_rows(arguments.pattern, arguments.protocol)
    if arguments.json:
        say(json.dumps([_data(row) for _, found in groups for row in found], indent=1))
        return 0
    total = 0
    for number, (_, found) in enumerate(groups):
        if number:
            say()
        for line in table(found):
            say(line)
        total += len(found)
    if arguments.pattern is None:
        say(f"\n{_sdk_sentence()}")
    say(counted(total, "operation"), file=sys.stderr)
    return 0


COMMAND = Command(description=_DESCRIPTION, arguments=_arguments, run=_run)
