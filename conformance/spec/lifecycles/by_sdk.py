"""Lifecycles as boto3's own ``resources-1.json`` has them, for the nine services that have one.

They name the operations that make, read, list and delete a resource. Where the derivation agrees
they confirm it; a deletion that no name leads to comes from here. Nothing is sent, and boto3 is not
imported.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import Loader

from conformance.spec.lifecycles.names import folded

#: What the resources' own actions are called that make them, and that delete them.
_PUT = ("Put", "Create")
_DELETE = ("Delete", "Terminate", "Release", "Deregister")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """The names of a resource's operations; what is not stated is empty."""

    creates: frozenset[str]
    read: str = ""
    delete: str = ""
    listing: str = ""

    def agrees(self, create: str, read: str, delete: str, listing: str) -> bool:
        """Whether other names, of which some may be empty, are these as far as both are known."""
        pairs = ((self.read, read), (self.delete, delete), (self.listing, listing))
        return create in self.creates and all(not one or one == other for one, other in pairs)


@lru_cache(maxsize=4)
def stated(service: str) -> Mapping[str, Stated]:
    """The resources of a service by their folded nouns; none where boto3 has no file of it."""
    found = find_spec("boto3")
    paths = [
        str(Path(path) / "data") for path in (found and found.submodule_search_locations) or ()
    ]
    try:
        model = Loader(extra_search_paths=paths).load_service_model(service, "resources-1")
    except (UnknownServiceError, DataNotFoundError, OSError, ValueError):
        return {}
    listings = {
        one["resource"]["type"]: one["request"]["operation"]
        for one in model["service"].get("hasMany", {}).values()
        if "request" in one
    }
    return {
        folded(noun): Stated(
            creates=frozenset(_creates(model, noun)),
            read=one.get("load", {}).get("request", {}).get("operation", ""),
            delete=next(_own(one, _DELETE), ""),
            listing=listings.get(noun, ""),
        )
        for noun, one in model["resources"].items()
    }


def _creates(model: Mapping[str, Any], noun: str) -> Iterator[str]:
    """The operations that make a resource: the service's, other resources', its own."""
    for holder in (model["service"], *model["resources"].values()):
        for action in holder.get("actions", {}).values():
            if action.get("resource", {}).get("type") == noun:
                yield action["request"]["operation"]
    yield from _own(model["resources"][noun], _PUT)


def _own(resource: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    """The operations of a resource's own actions of some names."""
    actions = resource.get("actions", {})
    yield from (actions[name]["request"]["operation"] for name in names if name in actions)
