"""AWS restJson1: members in path, query and headers, the rest in a JSON object.

Source: https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html. botocore
encodes; this module only changes what botocore would refuse to say.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from conformance.model import Operation, Schema
from conformance.protocols import Alteration, Draft, ErrorEnvelope, core
from conformance.wire import Request, Response, header

_ERROR_HEADER = "x-amzn-errortype"
#: Where a body may name its error type; Smithy lists code and __type, Chime writes Code.
_ERROR_MEMBERS = ("code", "Code", "__type")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _set_query(draft: Draft, name: str, values: list[str]) -> None:
    parts = urlsplit(draft.url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [pair for pair in pairs if pair[0] != name] + [(name, value) for value in values]
    query = urlencode(kept, quote_via=quote, safe="-_.~")
    draft.url = urlunsplit(parts._replace(query=query))


def _set_body(draft: Draft, name: str, value: Any) -> None:
    members = json.loads(draft.body) if draft.body else {}
    members[name] = value
    draft.body = json.dumps(members).encode()
    draft.headers.setdefault("Content-Type", "application/json")


def _labels(operation: Operation) -> re.Pattern[str]:
    """The operation's path as a pattern with a group for each label; a greedy one ends in ``+``."""
    pieces = re.split(r"\{([^}]+)\}", operation.http.path)
    pattern = "".join(
        re.escape(piece)
        if number % 2 == 0
        else f"(?P<{piece.rstrip('+')}>{'.+' if piece.endswith('+') else '[^/]*'})"
        for number, piece in enumerate(pieces)
    )
    return re.compile(pattern + "$")


def _set_path(draft: Draft, operation: Operation, label: str, value: str) -> None:
    parts = urlsplit(draft.url)
    found = _labels(operation).search(parts.path)
    if found is not None:
        start, end = found.span(label)
        path = parts.path[:start] + quote(value, safe="-_.~") + parts.path[end:]
        draft.url = urlunsplit(parts._replace(path=path))


def _set_member(operation: Operation, draft: Draft, name: str, value: Any) -> None:
    schema = operation.members[name]
    wire_name = schema.get("wireName", name)
    match schema.get("location"):
        case "query":
            values = value if isinstance(value, list) else [value]
            _set_query(draft, wire_name, [_text(item) for item in values])
        case "header":
            draft.headers[wire_name] = _text(value)
        case "path":
            _set_path(draft, operation, wire_name, _text(value))
        case _:
            _set_body(draft, wire_name, value)


def _repeat(operation: Operation, draft: Draft, name: str) -> None:
    wire_name = operation.members[name].get("wireName", name)
    pairs = parse_qsl(urlsplit(draft.url).query, keep_blank_values=True)
    _set_query(draft, wire_name, [value for key, value in pairs if key == wire_name] * 2)


def alter(operation: Operation, draft: Draft, alteration: Alteration) -> None:
    """Change the draft on the wire as told, signing apart."""
    for name, value in alteration.members.items():
        _set_member(operation, draft, name, value)
    for name in alteration.repeated:
        _repeat(operation, draft, name)
    for name, value in alteration.extra.items():
        if operation.has_body:
            _set_body(draft, name, value)
        else:
            _set_query(draft, name, [_text(value)])
    if alteration.unescaped and draft.body:
        draft.body = json.dumps(json.loads(draft.body), ensure_ascii=False).encode()
    if alteration.body is not None:
        draft.body = alteration.body
    if alteration.content_type is not None:
        draft.headers["Content-Type"] = alteration.content_type
    if alteration.path is not None:
        parts = urlsplit(draft.url)
        draft.url = urlunsplit(parts._replace(path=alteration.path))
    if alteration.method is not None:
        draft.method = alteration.method


def _typed(text: str, schema: Schema) -> Any:
    """A query's text as the type that its member is documented with, where it reads so."""
    if schema.get("type") in {"integer", "number", "boolean"}:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def members(operation: Operation, request: Request) -> Mapping[str, Any] | None:
    """The members as a server reads them; ``None`` where the body is no JSON object."""
    found: dict[str, Any] = {}
    query = request.query
    body: Any = {}
    if request.body and operation.has_body:
        try:
            body = json.loads(request.body)
        except ValueError:
            return None
        if not isinstance(body, dict):
            return None
    for name, schema in operation.members.items():
        wire_name = schema.get("wireName", name)
        match schema.get("location"):
            case "query":
                values = [_typed(value, schema) for key, value in query if key == wire_name]
                if values:
                    found[name] = values if schema.get("type") == "array" else values[0]
            case "path":
                label = _labels(operation).search(request.path)
                if label is not None:
                    found[name] = unquote(label[wire_name])
            case "header":
                value = header(request.headers, wire_name)
                if value is not None:
                    found[name] = _typed(value, schema)
            case "body" if wire_name in body:
                found[name] = body[wire_name]
    return found


def body(response: Response) -> Any:
    """The body as data. Raises ``ValueError`` where it cannot be read.

    JSON is UTF-8 without a byte order mark (RFC 8259, section 8.1).
    """
    try:
        return json.loads(response.body.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def error(response: Response) -> ErrorEnvelope:
    """What an error answer says of itself."""
    types = []
    named = response.header(_ERROR_HEADER)
    if named:
        types.append((_ERROR_HEADER, core(named)))
    readable = True
    if response.body.strip():
        try:
            content = body(response)
        except ValueError:
            content = None
        readable = isinstance(content, dict)
        if readable:
            types += [
                (member, core(content[member]))
                for member in _ERROR_MEMBERS
                if isinstance(content.get(member), str)
            ]
    return ErrorEnvelope(types=tuple(pair for pair in types if pair[1]), readable=readable)


def is_media_type(response: Response) -> bool:
    """Whether the Content-Type is JSON, under any name that AWS gives it."""
    media_type = response.media_type
    return media_type.startswith("application/") and "json" in media_type
