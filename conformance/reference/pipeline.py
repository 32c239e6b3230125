"""From a request to an answer: a row of small stages, and the honest version of each.

    authenticate → route → read → validate → judge → locate → select → cut → shape → render → finish

A :class:`Handler` is one operation with its stages, a :class:`Behaviour` a whole server. Both are
frozen data: a different server is made with ``dataclasses.replace``. Nothing here knows that there
are servers which are not honest.
"""

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from conformance.reference import chime, connect, inventory, paging, signatures, validation
from conformance.reference.contract import ErrorShape, Failure, Item, Json, Operation, Params, World
from conformance.reference.paging import Page, Position
from conformance.reference.wire import Answer, Request, compact

UNKNOWN = ErrorShape(type="UnknownOperationException", status=404, code="UnknownOperation")
MALFORMED = ErrorShape(type="MalformedHttpRequestException", status=400, code="MalformedHttp")
BUG = ErrorShape(type="InternalFailure", status=500, code="InternalFailure")
_INTEGER = re.compile(r"-?[0-9]{1,18}")


def read(operation: Operation, request: Request, labels: Mapping[str, str]) -> Params:
    """The parameters of a request, by member name; what has no name here is ignored.

    A null, and an empty value that breaks nothing documented, count as absent. Of a repeated query
    parameter the first counts.
    """
    document = _document(operation, request) if operation.method == "POST" else {}
    query = dict(reversed(request.pairs()))
    if any(query.get(name) != value for name, value in operation.query.items()):
        raise operation.failure("invalid", "The type of the search is not known.")
    params = dict(operation.defaults)
    for name, member in operation.members.items():
        source: Mapping[str, Json] = {"path": labels, "query": query, "body": document}[
            member.where
        ]
        value = source.get(member.wire)
        if member.where == "query" and member.type == "integer" and value is not None:
            value = int(value) if _INTEGER.fullmatch(value) else value
        if member.type == "integer" and isinstance(value, float) and value.is_integer():
            value = int(value)  # JSON has one kind of number
        if value is None or (value == "" and (member.free or member.where == "path")):
            continue
        params[name] = value
    return params


def _document(operation: Operation, request: Request) -> Mapping[str, Json]:
    if not request.body.strip():
        return {}
    try:
        document = json.loads(request.body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise operation.failure("malformed", "The body is not JSON.") from None
    if not isinstance(document, dict):
        raise operation.failure("malformed", "The body is not a JSON object.")
    return document


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def judge(operation: Operation, params: Params, world: World) -> None:
    """Refuse what breaks one of the operation's rules."""
    for rule in operation.rules:
        if rule.broken(params, world):
            raise operation.failure(rule.kind, rule.message)


def select(operation: Operation, params: Params, _: Position, world: World) -> Sequence[Item]:
    """Everything that all the filters of these parameters keep, in the listing's order."""
    kept = list(operation.source(world))
    for name, keep in operation.filters.items():
        if name in params:
            kept = [item for item in kept if keep(item, params)]
    return kept


def cut(params: Params, items: Sequence[Item], position: Position, size: int) -> Page:
    """The page that starts at a position; what was asked for makes no difference."""
    return paging.cut(items, position, size)


def shape(operation: Operation, items: Sequence[Item], token: str | None) -> Json:
    """The body: a page with its token, or the one thing that was asked for."""
    presented = [_without_nulls(operation, operation.present(item)) for item in items]
    if operation.single is not None:
        return {operation.single: presented[0]}
    body = {operation.listing: presented, "NextToken": token}
    return _without_nulls(operation, body)


def _without_nulls(operation: Operation, value: Json) -> Json:
    if operation.explicit_nulls or not isinstance(value, dict):
        return value
    return {name: content for name, content in value.items() if content is not None}


def render(operation: Operation, body: Json) -> Answer:
    """Success: 200 and JSON."""
    return json_answer(200, body)


def json_answer(status: int, body: Json, *headers: tuple[str, str]) -> Answer:
    """A JSON body with the headers that every answer has."""
    shared = (("x-amzn-RequestId", str(uuid.uuid4())), ("Content-Type", "application/json"))
    return Answer(status=status, headers=(*shared, *headers), body=compact(body))


def fail(service: str | None, failure: Failure) -> Answer:
    """An error response of the service: the type in a header, and the service's own body."""
    error = failure.shape
    body = {"Message": failure.message}
    if service == "chime":
        body["Code"] = error.code
    return json_answer(error.status, body, ("x-amzn-ErrorType", error.type))


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """One operation and the stages that serve it."""

    operation: Operation
    read: Callable[[Operation, Request, Mapping[str, str]], Params] = read
    validate: Callable[[Operation, Params], Params] = validation.validate
    judge: Callable[[Operation, Params, World], None] = judge
    locate: Callable[[Operation, Params], Position] = paging.locate
    select: Callable[[Operation, Params, Position, World], Sequence[Item]] = select
    cut: Callable[[Params, Sequence[Item], Position, int], Page] = cut
    continue_at: Callable[[Operation, Params, Position], str] = paging.continue_at
    shape: Callable[[Operation, Sequence[Item], str | None], Json] = shape
    render: Callable[[Operation, Json], Answer] = render
    fail: Callable[[str | None, Failure], Answer] = fail
    finish: Callable[[Request, Answer], Answer] = lambda _, answer: answer


def serve(handler: Handler, request: Request, labels: Mapping[str, str], world: World) -> Answer:
    """One request to one operation."""
    operation = handler.operation
    try:
        params = handler.read(operation, request, labels)
        params = handler.validate(operation, params)
        handler.judge(operation, params, world)
        position = handler.locate(operation, params)
        items = handler.select(operation, params, position, world)
        if operation.single is not None:
            if not items:
                raise operation.failure("unknown-resource", "There is no such thing here.")
            return handler.render(operation, handler.shape(operation, items, None))
        page = handler.cut(params, items, position, params.get("MaxResults", operation.page_size))
        token = handler.continue_at(operation, params, page.next) if page.next else None
        return handler.render(operation, handler.shape(operation, page.items, token))
    except Failure as failure:
        return handler.fail(operation.service, failure)


def service_of(path: str) -> str | None:
    """The service that a path belongs to, known operation or not."""
    first = path.split("/")[1] if path.startswith("/") and len(path) > 1 else ""
    return {"search": "chime", "phone-numbers": "chime", "phone-number": "connect"}.get(first)


def route(handlers: Mapping[str, Handler], request: Request) -> tuple[Handler, Mapping[str, str]]:
    """The handler of a request and the labels in its path; UnknownOperationException for none."""
    for handler in handlers.values():
        operation = handler.operation
        labels = match(operation.path, request.path)
        if labels is not None and operation.method == request.method:
            return handler, labels
    raise Failure(UNKNOWN, "There is no such operation here.")


def match(template: str, path: str) -> Mapping[str, str] | None:
    """The labels of a path that fits a template, decoded once; ``None`` if it does not fit."""
    wanted, given = template.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    labels: dict[str, str] = {}
    for pattern, segment in zip(wanted, given, strict=True):
        if pattern.startswith("{"):
            labels[pattern.strip("{}")] = unquote(segment)
        elif pattern != segment:
            return None
    return labels


def _handlers() -> Mapping[str, Handler]:
    operations = (*chime.OPERATIONS, *connect.OPERATIONS)
    return {operation.id: Handler(operation=operation) for operation in operations}


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """A whole server. ``listens`` is false for one that closes every connection at once."""

    handlers: Mapping[str, Handler] = field(default_factory=_handlers)
    world: World = field(default_factory=inventory.world)
    authenticate: Callable[[Request, str | None], None] = signatures.authenticate
    route: Callable[[Mapping[str, Handler], Request], tuple[Handler, Mapping[str, str]]] = route
    refuse: Callable[[str | None, Failure], Answer] = fail
    finish: Callable[[Request, Answer], Answer] = lambda _, answer: answer
    listens: bool = True


def answer(behaviour: Behaviour, request: Request) -> Answer:
    """This server's answer to this request."""
    service = service_of(request.path)
    try:
        behaviour.authenticate(request, service)
        handler, labels = behaviour.route(behaviour.handlers, request)
    except Failure as failure:
        return behaviour.finish(request, behaviour.refuse(service, failure))
    served = handler.finish(request, serve(handler, request, labels, behaviour.world))
    return behaviour.finish(request, served)
