"""``aws-conformance import``: an operation document from a saved API reference page."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from conformance.cli.base import Command
from conformance.errors import PageError, UsageError
from conformance.importer import import_page, write_document
from conformance.report.printing import printable_json, say
from conformance.spec import reading
from conformance.spec.sdk_models.document import document as described

_DESCRIPTION = """\
Read a saved page of an AWS API reference (plain text, Markdown or HTML) and write
what it promises as an operation document, in the format of schemas/.

  aws-conformance import API_ListKeys.html -o schemas/kms/ListKeys.json

Without a page, the SDK's model of a rest-json operation has everything but the
prose:

  aws-conformance import --model chime-sdk-voice:ListPhoneNumbers -o FILE

Without -o the document goes to standard output. An existing document keeps its
hand-written part. A file that is not such a page, or lacks a section, is refused
in one sentence, and nothing is written.
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "page", nargs="?", metavar="PAGE", help="the saved page; - for standard input"
    )
    parser.add_argument(
        "--model", metavar="SERVICE:OPERATION", help="read the SDK's model instead of a page"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="the file to write")
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


def _document(arguments: argparse.Namespace) -> dict[str, Any]:
    if (arguments.page is None) == (arguments.model is None):
        raise UsageError("Give one thing to import: a saved page, or --model SERVICE:OPERATION.")
    if arguments.model is None:
        text = _text(arguments.page)
        try:
            return import_page(text, service=arguments.service, name=arguments.page)
        except RecursionError as error:
            raise PageError(
                f"{arguments.page} is not an AWS API reference page: it is nested too deeply."
            ) from error
    service, _, operation = arguments.model.partition(":")
    return described(service, operation)


def _run(arguments: argparse.Namespace) -> int:
    document = _document(arguments)
    if arguments.output:
        try:
            write_document(document, Path(arguments.output))
        except OSError as error:
            raise UsageError(
                f"{arguments.output} cannot be written: {error.strerror or error}."
            ) from error
        say(f"{document['service']}:{document['operation']} → {arguments.output}")
    else:
        print(printable_json(json.dumps(document, indent=1, ensure_ascii=False)))
    return 0


COMMAND = Command(
    description=_DESCRIPTION,
    arguments=_arguments,
    run=_run,
)
