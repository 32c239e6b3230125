"""How many stories are carried out: all of them, or one for each resource and kind.

Which stories there are depends on no target, and neither does this choice.
"""

from collections.abc import Sequence
from enum import StrEnum

from conformance.generation.stories import Story


class Depth(StrEnum):
    """How many stories a run carries out."""

    QUICK = "quick"
    FULL = "full"


def chosen(stories: Sequence[Story], depth: Depth) -> list[Story]:
    """The stories of one operation: with ``quick`` the first of each resource and kind."""
    if depth is Depth.FULL:
        return list(stories)
    first: dict[tuple[str, str], Story] = {}
    for story in stories:
        first.setdefault((story.lifecycle.id, story.kind), story)
    return list(first.values())


def requests(story: Story) -> int:
    """About how many requests a story takes: its steps, and the deletion of what it makes."""
    made = sum(1 for step in story.steps if step.makes)
    deleted = sum(1 for step in story.steps if step.name == "deleted")
    waits = made if story.lifecycle.ready else 0
    return len(story.steps) + made - deleted + waits
