"""``aws-conformance config``: shows the options that hold for a run, and where each is set."""

import argparse
import json
import re
from collections.abc import Iterator
from typing import Any

from conformance.cli.base import Command
from conformance.report.printing import say
from conformance.runner.configuration import FILE, Configured, configured
from conformance.runner.options import OPTIONS, Kind, Option

_DESCRIPTION = f"""\
Show what holds for a run and where it is set: on the command line, in a variable
CONFORMANCE_…, in {FILE} or [tool.aws-conformance] of pyproject.toml, or
nowhere. With a target, a URL or a name from the file, it shows what holds for that
one. Nothing is sent.

  aws-conformance config
  aws-conformance config my-mock
  aws-conformance config --json
"""
_DEFAULT = re.compile(r"\(default(?:, [^:]*)?: (.*)\)$", re.DOTALL)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("target", nargs="?", metavar="TARGET", help="a URL or a target's name")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _run(arguments: argparse.Namespace) -> int:
    found = configured({"target": arguments.target}, target="url")
    # a folder that cannot be written is the concern of the run that writes there
    found.settings(without=("report",))
    if arguments.json:
        say(json.dumps(_data(found), indent=2, ensure_ascii=False))
        return 0
    for line in _lines(found):
        say(line)
    return 0


def _data(found: Configured) -> dict[str, Any]:
    return {
        "file": str(found.file) if found.file else None,
        "targets": dict(found.targets),
        "settings": {
            option.key: {"value": found.options[option.dest], "from": found.sources[option.dest]}
            for option in OPTIONS
            if option.dest in found.sources
        },
    }


def _lines(found: Configured) -> Iterator[str]:
    yield f"file: {found.file or 'none'}"
    yield from (f"target {name}: {url}" for name, url in found.targets.items())
    yield "settings:"
    rows = [(one.key, *_row(one, found)) for one in OPTIONS if one.dest not in {"case", "plan"}]
    widths = [max(len(row[column]) for row in rows) for column in (0, 2)]
    for key, value, source in rows:
        yield f"  {key:<{widths[0]}}  {source:<{widths[1]}}  {value}".rstrip()


def _row(option: Option, found: Configured) -> tuple[str, str]:
    """The value of an option as it is shown, and its source."""
    source = found.sources.get(option.dest, "default")
    if option.dest not in found.sources:
        return _default(option), source
    value = found.options[option.dest]
    if isinstance(value, bool):
        return "true" if value else "false", source
    return ", ".join(value) if isinstance(value, list) else str(value), source


def _default(option: Option) -> str:
    """The default as the help states it."""
    stated = _DEFAULT.search(option.help)
    return stated[1] if stated else "none" if option.kind is not Kind.FLAG else "false"


COMMAND = Command(description=_DESCRIPTION, arguments=_arguments, run=_run)
