"""Whether vcrpy would still play a cassette: its own matchers over recorded and new requests."""

from collections.abc import Mapping, Sequence
from typing import Any

from vcr import matchers
from vcr.request import Request as VcrRequest

from conformance.errors import UnknownNameError
from conformance.protocols.http import Request

#: What vcrpy matches by, where its user says nothing.
DEFAULT = ("method", "scheme", "host", "port", "path", "query")
_MATCHERS: Mapping[str, Any] = {
    name: getattr(matchers, name)
    for name in (*DEFAULT, "uri", "body", "raw_body", "headers")
    if hasattr(matchers, name)
}


def chosen(names: Sequence[str]) -> list[Any]:
    """The matchers of those names. Raises :class:`UnknownNameError`."""
    for name in names:
        if name not in _MATCHERS:
            raise UnknownNameError("matcher of vcrpy", name, _MATCHERS)
    return [_MATCHERS[name] for name in names]


def mismatches(recorded: Request, sent: Request, by: Sequence[Any]) -> list[str]:
    """The names of the matchers that keep a recorded request from answering another."""
    _, failed = matchers.get_matchers_results(_vcr(sent), _vcr(recorded), by)
    return [str(name) for name, _ in failed]


def _vcr(request: Request) -> Any:
    body = request.body or None
    return VcrRequest(request.method, request.url, body, dict(request.headers))
