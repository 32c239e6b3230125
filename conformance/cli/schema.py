"""``aws-conformance schema``: an operation's request or response as a plain JSON Schema."""

import argparse
import json

from conformance.cli.base import Command, schemas_option
from conformance.report.printing import printable_json
from conformance.spec.plain_schemas import DIRECTIONS, plain_schema
from conformance.spec.registry import registry

_DESCRIPTION = """\
Write the JSON Schema (2020-12, standard keywords alone) of what an operation takes
or answers, with all that its sources say of it and errata applied:

  aws-conformance schema chime:ListPhoneNumbers > request.json
  aws-conformance schema kms:ListKeys --direction response > response.json
  check-jsonschema --schemafile response.json answer.json

Members have the SDK's names; those of a body, a path and a query are together, as
in a call of the SDK. A pattern that only Java can read is left out.
"""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("operation", metavar="OPERATION", help="service:Operation")
    parser.add_argument(
        "--direction",
        choices=DIRECTIONS,
        default=DIRECTIONS[0],
        help="the side of the call (default: request)",
    )
    schemas_option(parser)


def _run(arguments: argparse.Namespace) -> int:
    made = plain_schema(registry().find(arguments.operation), arguments.direction)
    print(printable_json(json.dumps(made, indent=2, ensure_ascii=False)))
    return 0


COMMAND = Command(description=_DESCRIPTION, arguments=_arguments, run=_run)
