"""The SDK's waiters of a resource: how its reader tells that it is ready, and that it is gone.

Source: the ``waiters-2`` files beside botocore's service models.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import Loader
from botocore.waiter import WaiterModel

from conformance.spec.lifecycles.names import folded

#: How waiters for one state are called after the noun, the one that says most first.
_READY = (
    "createcomplete", "creationcomplete", "active", "available", "running", "inservice", "ready",
    "deployed", "issued", "created", "completed", "complete", "succeeded", "exists",
)  # fmt: skip
_GONE = ("deletecomplete", "deleted", "terminated", "deregistered", "notexists")


@lru_cache(maxsize=4)
def waiters(service: str) -> Mapping[str, Mapping[str, Any]]:
    """The waiters of a service as botocore's file has them, by their names."""
    try:
        found = Loader().load_service_model(service, "waiters-2")
    except (UnknownServiceError, DataNotFoundError, OSError, ValueError):
        return {}
    known: Mapping[str, Mapping[str, Any]] = found.get("waiters", {})
    return known


def ready(service: str, noun: str, reader: str) -> str | None:
    """The waiter for a resource that can be used, by which the reader is asked."""
    return _waiter(service, noun, reader, _READY)


def gone(service: str, noun: str, reader: str) -> str | None:
    """The waiter for a resource that is deleted, by which the reader is asked."""
    return _waiter(service, noun, reader, _GONE)


def _waiter(service: str, noun: str, reader: str, endings: tuple[str, ...]) -> str | None:
    own = {
        folded(name): name
        for name, one in waiters(service).items()
        if one.get("operation") == reader
    }
    return next((own[name] for end in endings if (name := folded(noun) + end) in own), None)


def outcome(service: str, waiter: str, answer: Mapping[str, Any]) -> str | None:
    """What a waiter makes of its reader's answer: ``success``, ``retry``, ``failure``, or nothing.

    ``answer`` has the members of the response, or an ``Error`` with its ``Code``, and
    ``ResponseMetadata`` with the ``HTTPStatusCode``, as the SDK returns them.
    """
    model = WaiterModel({"version": 2, "waiters": dict(waiters(service))})
    acceptors = model.get_waiter(waiter).acceptors
    found = (one.state for one in acceptors if one.matcher_func(dict(answer)))
    return next(found, None)
