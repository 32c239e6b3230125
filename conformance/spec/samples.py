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


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The samples of one operation: the parameters of some calls, the shortest first; how many
    responses are printed, and the paths of the members that all of these show.
    """

    calls: tuple[Mapping[str, Any], ...] = ()
    answers: int = 0
    always: tuple[str, ...] = ()


@lru_cache(maxsize=8)
def samples(service: str) -> Mapping[str, Samples]:
    """The samples of a service's operations, by their names; none where none ship."""
    path = folder("schemas") / "samples" / f"{service}.json"
    if not path.is_file():
        return {}
    held = reading.read_json(path)["operations"]
    return {
        name: Samples(
            calls=tuple(one.get("calls", ())),
            answers=one.get("answers", 0),
            always=tuple(one.get("always", ())),
        )
        for name, one in held.items()
    }
