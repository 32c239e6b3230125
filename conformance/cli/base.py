"""The subcommands of ``aws-conformance``: one module each, one table of them all."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A subcommand: what its help says, its arguments, and the function that carries it out.

    ``run`` gives the exit status. ``passes_on`` says that words it does not know
    are handed to it as ``rest``.
    """

    description: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    passes_on: bool = False
