"""AWS's printed samples, as facts: what operations are called with, and what responses show.

They ship in ``schemas/samples``, one file a service, each naming the releases that they come
from. It knows members and values, and no operation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from conformance.spec import reading
from conformance.spec.files import folder

#: What every sample's response shows counts where there are so many of them.
ENOUGH = 5
#: How the reason ends for which a member is then expected: no more than an observation.
SHOWN = "printed samples show it"
#: Why a member is expected that says when something was made.
DATED = "printed samples show when it was made"


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The samples of one operation: the parameters of some calls, the shortest first; how many
    responses are printed, and the paths of the members that all of these show.

    ``printed`` are the members of some of these responses, by the SDK's names; what was printed
    and is not kept, free text, is ``None``. ``unknown`` are the paths of those of their members
    that the SDK of that release had no name for.
    """

    calls: tuple[Mapping[str, Any], ...] = ()
    answers: int = 0
    always: tuple[str, ...] = ()
    printed: tuple[Mapping[str, Any], ...] = ()
    unknown: tuple[str, ...] = ()


@lru_cache(maxsize=8)
def _file(service: str) -> Mapping[str, Any]:
    path = folder("schemas") / "samples" / f"{service}.json"
    return reading.read_json(path) if path.is_file() else {"sources": {}, "operations": {}}


def releases(service: str) -> Mapping[str, str]:
    """The packages that the samples of a service come from, with their releases."""
    found: Mapping[str, str] = _file(service)["sources"]
    return found


@lru_cache(maxsize=8)
def samples(service: str) -> Mapping[str, Samples]:
    """The samples of a service's operations, by their names; none where none ship."""
    held = _file(service)["operations"]
    return {
        name: Samples(
            calls=tuple(one.get("calls", ())),
            answers=one.get("answers", 0),
            always=tuple(one.get("always", ())),
            printed=tuple(one.get("printed", ())),
            unknown=tuple(one.get("unknown", ())),
        )
        for name, one in held.items()
    }
