"""Which operation a request line asks for, in the services that bind operations to paths.

Source: https://smithy.io/2.0/spec/http-bindings.html § http trait. Where several
operations fit, it is the one that matches more of the request: a service has to
distinguish them in the same way.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from conformance.errors import DocumentError, UnknownNameError
from conformance.spec.operation import Http, Operation
from conformance.spec.sdk_models.loader import described

Pairs = Iterable[tuple[str, str]]
#: How well a route fits; the greater the better, part by part.
Fit = tuple[int, ...]
#: The part of a fit that counts the pieces of the path that are no labels.
LITERALS = 3
#: Those that count required parameters and headers that are not there, and unknown parameters.
LACKING, STRANGE = 0, -1
#: Operations of one path that only host and signature distinguish: whether S3 Express responds.
#: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListDirectoryBuckets.html
EXPRESS: Mapping[str, bool] = {"s3:ListDirectoryBuckets": True, "s3:ListBuckets": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How an operation is asked for.

    ``literals`` are the pieces of the path that are no labels, ``greedy`` is whether a
    label takes several segments; ``query`` holds the literal parameters, with an empty
    value where any will do. ``query_needs`` and ``header_needs`` are the required members
    there, ``knows`` all the parameters.
    """

    operation: str
    method: str
    path: re.Pattern[str]
    literals: int
    greedy: bool
    query: Mapping[str, str]
    query_needs: frozenset[str]
    header_needs: frozenset[str]
    knows: frozenset[str]
    deprecated: bool = False

    def leads(self, method: str, path: str) -> bool:
        """Whether method and path are those of the operation."""
        return method == self.method and self.path.fullmatch(path) is not None

    def fit(self, method: str, path: str, query: Pairs, headers: Pairs) -> Fit | None:
        """How well a request fits; ``None`` where it is another operation's."""
        if not self.leads(method, path):
            return None
        given = dict(query)
        for name, value in self.query.items():
            if name not in given or (value and given[name] != value):
                return None
        named = {name.lower() for name, _ in headers}
        met = len(self.query_needs & given.keys()) + len(self.header_needs & named)
        lacking = len(self.query_needs) + len(self.header_needs) - met
        strange = len(given.keys() - self.knows - self.query.keys())
        return (-lacking, len(self.query), met, self.literals, -self.greedy, -strange)


def route(
    operation: str,
    http: Http,
    members: Iterable[tuple[str, str, bool]] = (),
    *,
    deprecated: bool = False,
) -> Route:
    """The route of an operation; ``members`` are (location, wire name, required) of its members."""
    bound = list(members)
    pattern = ""
    literals = 0
    for number, piece in enumerate(re.split(r"\{([^}]+)\}", http.path)):
        if number % 2:
            pattern += ".+" if piece.endswith("+") else "[^/]+"
        else:
            pattern += re.escape(piece)
            literals += sum(1 for one in piece.split("/") if one)
    if pattern.endswith("/") and len(pattern) > 1:
        pattern = pattern[:-1]
    return Route(
        operation=operation,
        method=http.method,
        path=re.compile(pattern + "/?"),
        literals=literals,
        greedy="+}" in http.path,
        query=dict(http.query),
        query_needs=frozenset(name for place, name, must in bound if must and place == "query"),
        header_needs=frozenset(
            name.lower() for place, name, must in bound if must and place == "header"
        ),
        knows=frozenset(name for place, name, _ in bound if place == "query"),
        deprecated=deprecated,
    )


@lru_cache(maxsize=512)
def routes(service: str) -> tuple[Route, ...]:
    """The routes of all operations of a service; none where the SDK cannot load its model."""
    model = _model(service)
    return tuple(
        route(name, _http(one), _bound(model, one), deprecated=bool(one.get("deprecated")))
        for name, one in model.get("operations", {}).items()
    )


@lru_cache(maxsize=1024)
def _led(service: str, method: str, path: str) -> tuple[Route, ...]:
    """The routes of a service that method and path lead to."""
    return tuple(one for one in routes(service) if one.leads(method, path))


def asked_for(service: str, method: str, path: str, query: Pairs, headers: Pairs) -> frozenset[str]:
    """The names of the operations of a service that a request may be one of; the best fits."""
    pairs, named = tuple(query), tuple(headers)
    led = _led(service, method, path)
    fits = {one.operation: one.fit(method, path, pairs, named) for one in led}
    best = max((fit for fit in fits.values() if fit is not None), default=None)
    return frozenset(name for name, fit in fits.items() if fit is not None and fit == best)


def route_of(operation: Operation) -> Route:
    """The route of an operation as it is described, by its document or its model."""
    members = [
        (str(one.get("location", "")), str(one.get("wireName", name)), name in operation.required)
        for name, one in operation.members.items()
    ]
    return route(operation.name, operation.http, members)


def asked_without(operation: Operation, member: str) -> str:
    """Another operation, which a request asks for that lacks one member; empty for none.

    ``GET /{Bucket}?analytics`` lists, and with an ``id`` it gets one.
    """
    own = route_of(operation)
    absent = str(operation.members[member].get("wireName", member))
    path = re.sub(r"\{[^}]+\}", "x", operation.http.path)
    query = [*own.query.items(), *((name, "") for name in own.query_needs - {absent})]
    headers = [(name, "") for name in own.header_needs - {absent.lower()}]
    for one in routes(operation.service):
        fit = one.fit(own.method, path, query, headers)
        rival = one.operation != operation.name and one.literals >= own.literals
        if rival and fit and fit[LACKING] == fit[STRANGE] == 0:
            return one.operation
    return ""


@lru_cache(maxsize=512)
def operation_names(service: str) -> frozenset[str]:
    """The names of all operations of a service; none where the SDK cannot load its model."""
    return frozenset(_model(service).get("operations", {}))


def _model(service: str) -> Mapping[str, Any]:
    try:
        return described(service).described
    except (UnknownNameError, DocumentError):
        return {}


def _http(operation: Mapping[str, Any]) -> Http:
    http = operation.get("http", {})
    path, _, query = http.get("requestUri", "/").partition("?")
    pairs = (piece.partition("=") for piece in query.split("&") if piece)
    return Http(
        method=http.get("method", "POST"),
        path=path or "/",
        query={name: value for name, _, value in pairs},
        status=200,
    )


_PLACES = {"querystring": "query", "header": "header"}


def _bound(
    model: Mapping[str, Any], operation: Mapping[str, Any]
) -> Iterable[tuple[str, str, bool]]:
    shape = model["shapes"].get(operation.get("input", {}).get("shape"), {})
    required = set(shape.get("required", ()))
    for name, member in shape.get("members", {}).items():
        place = _PLACES.get(member.get("location", ""))
        if place:
            yield place, member.get("locationName", name), name in required
