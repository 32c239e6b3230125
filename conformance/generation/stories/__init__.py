"""What lies between calls: its clauses, and the stories that exercise them.

A story makes a resource, does something to it, and looks. Its clauses belong to the operation
that writes. Everything follows from the resource's lifecycle; it knows no target.
"""

from conformance.generation.stories.story import TAGS, Kind, Selector, Story, StoryStep
from conformance.generation.stories.table import clauses, is_lived, stories

__all__ = ["TAGS", "Kind", "Selector", "Story", "StoryStep", "clauses", "is_lived", "stories"]
