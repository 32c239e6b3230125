"""What every subcommand's module defines."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass


def schemas_option(parser: argparse.ArgumentParser) -> None:
    """Adds the folders of the user's own documents, which ``main`` has read before a command."""
    parser.add_argument(
        "--schemas",
        metavar="DIR",
        action="append",
        default=[],
        help="a folder of your own operation documents; repeatable",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A subcommand: its help, its arguments, and its function, which returns the exit status.

    With ``passes_on`` the function gets unknown words as ``rest``.
    """

    description: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    passes_on: bool = False
