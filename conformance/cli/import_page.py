"""``aws-conformance import``: an operation document from a saved API reference page."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.cli.base import Command
from conformance.errors import PageError, UsageError
from conformance.importer import import_page, with_hand_written, write_document
from conformance.report.printing import printable_json, say
from conformance.spec import reading
from conformance.spec.registry import require_readable
from conformance.spec.sdk_models.document import document as described

_DESCRIPTION = """\
Read saved pages of an AWS API reference (plain text, Markdown or HTML) and write
what they promise as operation documents, in the format of schemas/.

  aws-conformance import API_ListKeys.html -o mine/
  aws-conformance certify URL --schemas mine --operations kms:ListKeys

-o names a file, or a folder (an existing one, or with a / at its end), in which
each document gets its place, SERVICE/OPERATION.json. Without -o a document goes
to standard output. Without a page, the SDK's model of an operation has
everything but the prose:

  aws-conformance import --model chime-sdk-voice:ListPhoneNumbers -o FILE

An existing document keeps its hand-written part. A file that is not such a page,
or lacks a section, is refused in one sentence, and nothing is written of it; the
other pages are.
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "pages", nargs="*", metavar="PAGE", help="a saved page; - for standard input"
    )
    parser.add_argument(
        "--model", metavar="SERVICE:OPERATION", help="read the SDK's model instead of a page"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="the file or folder to write")
    parser.add_argument(
        "--service", metavar="NAME", help="boto3's client name, where the page does not show it"
    )


def _text(page: str) -> str:
    limits = reading.WRITTEN
    try:
        if page == "-":
            raw = reading.within(sys.stdin.buffer.read(limits.size + 1), limits)
        else:
            raw = reading.read_bytes(Path(page), limits)
    except OSError as error:
        raise UsageError(f"{page} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:
        raise PageError(f"{page} is not an AWS API reference page: {error}.") from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PageError(f"{page} is not an AWS API reference page: it is not text.") from error


def _imported(page: str, service: str | None) -> dict[str, Any]:
    text = _text(page)
    try:
        return import_page(text, service=service, name=page)
    except PageError as error:
        raise PageError(f"{page}: {error}") from error
    except RecursionError as error:
        raise PageError(
            f"{page} is not an AWS API reference page: it is nested too deeply."
        ) from error


def _place(document: Mapping[str, Any], output: str) -> Path:
    """Where a document is written: ``output`` itself, or its place in that folder."""
    path = Path(output)
    if path.is_dir() or output.endswith(("/", os.sep)):
        return Path(path, document["service"], f"{document['operation']}.json")
    return path


def _write(document: Mapping[str, Any], output: str) -> None:
    """Writes a document that reads back as an operation, and no other."""
    path = _place(document, output)
    try:
        whole = with_hand_written(document, path)
        require_readable(reading.parsed_json(json.dumps(whole)), path)
        write_document(document, path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from error
    say(f"{document['service']}:{document['operation']} → {path}")


def _run(arguments: argparse.Namespace) -> int:
    if bool(arguments.pages) == (arguments.model is not None):
        raise UsageError("Give one thing to import: saved pages, or --model SERVICE:OPERATION.")
    output, several = arguments.output, len(arguments.pages) > 1
    if several and output and not (Path(output).is_dir() or output.endswith(("/", os.sep))):
        raise UsageError(f"{output} is one file; give a folder for the documents of all pages.")
    problems: list[UsageError] = []
    for page in arguments.pages or [None]:
        try:
            if page is None:
                document = described(*arguments.model.partition(":")[::2])
            else:
                document = _imported(page, arguments.service)
            if output:
                _write(document, output)
            else:
                print(printable_json(json.dumps(document, indent=1, ensure_ascii=False)))
        except UsageError as error:
            problems.append(error)
    if not problems:
        return 0
    for problem in problems[:-1]:
        say(f"aws-conformance: {problem}", file=sys.stderr)
    raise problems[-1]


COMMAND = Command(
    description=_DESCRIPTION,
    arguments=_arguments,
    run=_run,
)
