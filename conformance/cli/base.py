"""What every subcommand's module defines."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A subcommand: its help, its arguments, and its function, which returns the exit status.

    With ``passes_on`` the function gets unknown words as ``rest``.
    """

    description: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    passes_on: bool = False
