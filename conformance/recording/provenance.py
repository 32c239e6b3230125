"""The provenance of recorded exchanges: the kind of source, when, where, and with which SDK.

Kinds are never mixed: only what AWS itself answered is ``aws``.
"""

import datetime
import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.version import __version__

#: Every kind, the one that proves most first.
KINDS: Mapping[str, str] = {
    "aws": "answered by AWS",
    "reference": "answered by the embedded reference server",
    "documentation": "printed on a page of the documentation",
    "url": "answered by an emulator",
    "rehearsal": "an aws run through a custom authority, a proxy, or a peer that is not AWS",
}
#: The kind of what documentation prints, which is in no case set and has no baselines.
DOCUMENTATION = "documentation"
#: What a response is whose members the documentation prints, without HTTP.
PRINTED = "members that the documentation prints, in the wire form that this suite writes"
FORMAT = "aws-conformance-cassette/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The source of one cassette; ``origin`` is the address that answered, empty for AWS."""

    kind: str
    origin: str
    region: str
    recorded: str = ""
    suite: str = __version__
    sdk: Mapping[str, str] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """The metadata of a cassette."""
        return {
            "format": FORMAT,
            "provenance": self.kind,
            "recorded": self.recorded,
            "origin": self.origin,
            "region": self.region,
            "suite": self.suite,
            "sdk": dict(self.sdk),
        }


def sdk() -> dict[str, str]:
    """The versions of the SDK that makes requests and parses responses here."""
    return {name: importlib.metadata.version(name) for name in ("boto3", "botocore")}


def today() -> str:
    """The current day in UTC, ISO 8601."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def age(recorded: str) -> int | None:
    """Days since a cassette was recorded; ``None`` where its date cannot be read."""
    try:
        day = datetime.date.fromisoformat(recorded)
    except ValueError:
        return None
    return (datetime.datetime.now(datetime.UTC).date() - day).days
