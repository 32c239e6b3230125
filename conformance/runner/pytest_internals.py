"""The one part of pytest beneath its documented interface: its account of an interruption.

Tried with pytest 8.3 to 9.2; ``tests/test_library_internals.py`` fails, and says so, where a
version does it otherwise.
"""

from typing import Any


def omit_interruption(terminal: Any) -> None:
    """Let the terminal reporter end an interrupted run without saying where it was interrupted."""
    terminal._report_keyboardinterrupt = lambda: None
