"""Build hook: the README as a package index shows it, without links that lead nowhere there.

An index shows the page alone: links into the repository and to headings have no target there, so
their text is kept and the link is left out. Addresses on the web are kept.
"""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://)[^)\s]+\)")


def readme(text: str) -> str:
    """The text of a README without its relative links."""
    return _LINK.sub(r"\1", text)


class Readme(MetadataHookInterface):
    """Sets the project's readme."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = Path(self.root, "README.md").read_text("utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": readme(text)}
