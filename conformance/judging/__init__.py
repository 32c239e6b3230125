"""Judging what others recorded: files read, operations recognised, answers held to the checks.

Nothing here sends. What a recording does not show is not claimed: it says what was
asked and answered, and not why.
"""

from conformance.judging.calls import judge

__all__ = ["judge"]
