"""Completions for the shell, by argcomplete: commands, options, operations and names of targets.

It looks into argparse's parsers for their options. Activated with
``eval "$(register-python-argcomplete aws-conformance)"``.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import argcomplete

from conformance.errors import ConformanceError
from conformance.runner.configuration import targets
from conformance.spec.registry import operation_names, services

Names = Callable[[str], Sequence[str]]


def operations(prefix: str) -> list[str]:
    """Services that begin so, or the operations of one: ``kms:``; the last of several."""
    before, comma, last = prefix.rpartition(",")
    service, colon, _ = last.partition(":")
    known = operation_names(service) if colon else [f"{name}:" for name in services()]
    return [f"{before}{comma}{name}" for name in known if name.startswith(last)]


def _targets(_: str) -> Sequence[str]:
    return (*targets(), "aws", "replay")


#: By the metavar of an argument; everything else completes to files.
_COMPLETERS: Mapping[str, Names] = {
    "PATTERNS": operations,
    "PATTERN": operations,
    "OPERATION": operations,
    "TARGET": _targets,
    "URL": _targets,
}


def _completed(names: Names, prefix: str, **_: object) -> Sequence[str]:
    try:
        return names(prefix)
    except ConformanceError:
        return ()


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell that asks, and end the process."""
    for action in _actions(parser):
        metavar = action.metavar if isinstance(action.metavar, str) else ""
        if names := _COMPLETERS.get(metavar.strip("[]")):
            action.completer = partial(_completed, names)  # type: ignore[attr-defined]
    argcomplete.autocomplete(parser)


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                yield from _actions(sub)
        else:
            yield action
