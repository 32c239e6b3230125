"""Members outside the body, for the protocols that bind them to HTTP.

Labels of the path, query parameters, headers and the status.
Source: https://smithy.io/2.0/spec/http-bindings.html.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from conformance.protocols.base import (
    NO_SUCH_PATH,
    Addressing,
    Draft,
    ModelFacts,
    Schema,
    What,
    WireOperation,
    schema_at,
)
from conformance.protocols.http import Headers, Request, Response, header
from conformance.protocols.json_body import decoded_blob, encoded_blob, is_blob

#: The locations of members outside the body.
BOUND = frozenset({"path", "query", "querymap", "header", "headers"})


def _misname(operation: WireOperation, draft: Draft) -> None:
    del operation
    draft.set_path(NO_SUCH_PATH)


#: Method and path alone say which operation is meant, § http trait.
ADDRESSING = Addressing(place="the path", read=None, misname=_misname)


def wire(facts: ModelFacts) -> dict[str, Any]:
    """The members of request and response that are the whole body."""
    found = {"payload": facts.payload, "responsePayload": facts.response_payload}
    return {name: member for name, member in found.items() if member}


def text(value: Any) -> str:
    """A value as text of a path, a query or a header."""
    return value if isinstance(value, str) else json.dumps(value)


def typed(value: str, schema: Schema) -> Any:
    """Text as the type that its member is documented with, where it reads so."""
    if schema.get("type") in {"integer", "number", "boolean"}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def payload(operation: WireOperation) -> tuple[str, Schema] | None:
    """The request's member that is the whole body, with its schema."""
    found = operation.members.items()
    return next(((name, one) for name, one in found if one.get("location") == "payload"), None)


def is_extensible(operation: WireOperation) -> bool:
    """Whether a request's body has members, so that another could be beside them."""
    whole = payload(operation)
    if whole is not None:
        return whole[1].get("type") == "object"
    return operation.has_body


# ------------------------------------------------------------ changing a request


def set_query(draft: Draft, name: str, values: Iterable[str]) -> None:
    """Give a query parameter these values, in place of all that it had."""
    parts = urlsplit(draft.url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [pair for pair in pairs if pair[0] != name] + [(name, value) for value in values]
    query = urlencode(kept, quote_via=quote, safe="-_.~", errors="surrogatepass")
    draft.url = urlunsplit(parts._replace(query=query))


@lru_cache(maxsize=256)
def _labels(path: str) -> tuple[re.Pattern[str], Mapping[str, str]]:
    """A path as a pattern, and the group of each label; a greedy label ends in ``+``."""
    groups: dict[str, str] = {}
    pattern = ""
    for number, piece in enumerate(re.split(r"\{([^}]+)\}", path.split("?", maxsplit=1)[0])):
        if number % 2 == 0:
            pattern += re.escape(piece)
        else:
            group = groups[piece.rstrip("+")] = f"label{number}"
            pattern += f"(?P<{group}>{'.+' if piece.endswith('+') else '[^/]*'})"
    return re.compile(pattern + "$"), groups


def _set_path(draft: Draft, operation: WireOperation, label: str, value: str) -> None:
    parts = urlsplit(draft.url)
    pattern, groups = _labels(operation.http.path)
    found = pattern.search(parts.path)
    if found is not None and label in groups:
        start, end = found.span(groups[label])
        greedy = f"{{{label}+}}" in operation.http.path
        safe = "/-_.~" if greedy else "-_.~"
        path = parts.path[:start] + quote(value, safe=safe) + parts.path[end:]
        draft.url = urlunsplit(parts._replace(path=path))


def set_bound(operation: WireOperation, draft: Draft, name: str, value: Any) -> bool:
    """Set a member that is outside the body; return whether it is one."""
    schema = operation.members[name]
    wire_name = schema.get("wireName", name)
    match schema.get("location"):
        case "query":
            values = value if isinstance(value, list) else [value]
            set_query(draft, wire_name, [text(item) for item in values])
        case "querymap":
            named = _named_parameters(operation, draft)
            for key, inner in value.items() if isinstance(value, Mapping) else ():
                if key not in named:
                    values = inner if _listed(inner) else [inner]
                    set_query(draft, key, [text(item) for item in values])
        case "header" if _listed(value) and not value:
            draft.drop_header(wire_name)  # a list without items has no header
        case "header":
            draft.set_header(wire_name, _header_text(value, schema))
        case "headers":
            for key, inner in value.items() if isinstance(value, Mapping) else ():
                draft.set_header(wire_name + key, text(inner))
        case "path":
            _set_path(draft, operation, wire_name, text(value))
        case _:
            return False
    return True


def _named_parameters(operation: WireOperation, draft: Draft) -> set[str]:
    """The parameters in a query that are members themselves: no key of a map replaces them."""
    sent = {key for key, _ in parse_qsl(urlsplit(draft.url).query, keep_blank_values=True)}
    return sent & {
        schema.get("wireName", name)
        for name, schema in operation.members.items()
        if schema.get("location") == "query"
    }


def _listed(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _header_text(value: Any, schema: Schema) -> str:
    if schema.get("jsonvalue"):
        return str(encoded_blob(json.dumps(value, separators=(",", ":"))))
    if _listed(value):
        items = schema.get("items", {})
        return ",".join(_quoted(text(item), items) for item in value)
    return text(encoded_blob(value) if is_blob(schema) else value)


def _quoted(item: str, schema: Schema) -> str:
    """An item of a list in a header: in quotes where it would be read as several."""
    if schema.get("type") != "string" or "format" in schema or not re.search('[",]', item):
        return item
    escaped = item.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def repeat(operation: WireOperation, draft: Draft, name: str) -> None:
    """Send a query parameter twice, with the same value."""
    wire_name = operation.members[name].get("wireName", name)
    pairs = parse_qsl(urlsplit(draft.url).query, keep_blank_values=True)
    set_query(draft, wire_name, [value for key, value in pairs if key == wire_name] * 2)


# ------------------------------------------------------------ reading a request


def bound_members(operation: WireOperation, request: Request) -> dict[str, Any]:
    """The members of a request that are outside its body, as a server reads them."""
    found: dict[str, Any] = {}
    query = request.query
    own = {
        schema.get("wireName", name)
        for name, schema in operation.members.items()
        if schema.get("location") == "query"
    } | operation.http.query.keys()
    for name, schema in operation.members.items():
        wire_name = schema.get("wireName", name)
        match schema.get("location"):
            case "query":
                inner = schema.get("items", {}) if schema.get("type") == "array" else schema
                values = [typed(value, inner) for key, value in query if key == wire_name]
                if values:
                    found[name] = values if schema.get("type") == "array" else values[0]
            case "querymap":
                pairs = [(key, value) for key, value in query if key not in own]
                if pairs:
                    found[name] = _grouped(pairs, schema)
            case "path":
                pattern, groups = _labels(operation.http.path)
                label = pattern.search(request.path)
                if label is not None and wire_name in groups:
                    found[name] = typed(unquote(label[groups[wire_name]]), schema)
            case "header" | "headers":
                value = from_headers(request.headers, wire_name, schema, blobs=True)
                if value is not None:
                    found[name] = value
    return found


def _grouped(pairs: Iterable[tuple[str, str]], schema: Schema) -> dict[str, Any]:
    inner = schema.get("additionalProperties")
    listed = isinstance(inner, Mapping) and inner.get("type") == "array"
    found: dict[str, Any] = {}
    for key, value in pairs:
        if listed:
            found.setdefault(key, []).append(value)
        else:
            found.setdefault(key, value)
    return found


# ------------------------------------------------------------ reading a response


def from_headers(headers: Headers, wire_name: str, schema: Schema, *, blobs: bool = False) -> Any:
    """A member that is in headers; ``None`` where there is none."""
    if schema.get("location") == "headers":
        prefix = wire_name.lower()
        named = {
            key[len(prefix) :]: value for key, value in headers if key.lower().startswith(prefix)
        }
        return named or None
    value = header(headers, wire_name)
    if value is None:
        return None
    if schema.get("jsonvalue"):
        return _json_value(value)
    if schema.get("type") == "array":
        return [typed(item, schema.get("items", {})) for item in _header_items(value, schema)]
    if blobs and is_blob(schema):
        return decoded_blob(value)
    return typed(value, schema)


def _json_value(value: str) -> Any:
    try:
        return json.loads(base64.b64decode(value, validate=True))
    except (ValueError, RecursionError):
        return value


#: An item of a list in a header: quoted, with escapes, or bare up to the next comma.
_ITEM = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)')
#: A date of the form of HTTP holds one comma itself.
_DATE = re.compile(r"\s*([A-Za-z]{3,9},[^,]*)(?:,|$)")


def _header_items(value: str, schema: Schema) -> list[str]:
    item = _DATE if schema.get("items", {}).get("format") == "http-date" else _ITEM
    found = []
    at = 0
    while at < len(value):
        match = item.match(value, at)
        if match is None:
            return [one.strip() for one in value.split(",")]
        quoted, *bare = match.groups()
        if bare:
            bare_text = bare[0]
            found.append(
                re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare_text.strip()
            )
        else:
            found.append(quoted.strip())
        at = match.end()
    return found


def bound_output(operation: WireOperation, response: Response) -> dict[str, Any]:
    """The members of a response that are outside its body."""
    found: dict[str, Any] = {}
    for name, schema in operation.response.get("properties", {}).items():
        match schema.get("location"):
            case "status":
                found[name] = response.status
            case "header" | "headers":
                value = from_headers(response.headers, schema.get("wireName", name), schema)
                if value is not None:
                    found[name] = value
    return found


def body_output(operation: WireOperation) -> Mapping[str, Schema]:
    """The members of a response that are in its body."""
    return {
        name: schema
        for name, schema in operation.response.get("properties", {}).items()
        if schema.get("location") is None
    }


def raw_payload(operation: WireOperation, response: Response) -> dict[str, Any] | None:
    """The member that is the whole body as it stands, text or bytes; ``None`` where none is.

    Raises ``ValueError`` where text is no UTF-8.
    """
    name = operation.wire.get("responsePayload", "")
    schema = operation.response.get("properties", {}).get(name)
    if schema is None:
        return None
    if is_blob(schema):
        return {name: encoded_blob(response.body)}
    if schema.get("type") == "string":
        return {name: response.body.decode("utf-8")}
    # a stream of events is not read
    return {} if operation.wire.get("streams") else None


def raw_member(operation: WireOperation, request: Request) -> dict[str, Any] | None:
    """The member of a request that is the whole body as it stands; ``None`` where none is."""
    for name, schema in operation.members.items():
        if schema.get("location") == "payload" and schema.get("type") == "string":
            if is_blob(schema):
                return {name: request.payload.decode("latin-1")} if request.body else {}
            return {name: request.payload.decode("utf-8", "replace")} if request.body else {}
    return None


def set_raw(draft: Draft, value: Any) -> None:
    """Make a value the whole body, as it stands."""
    draft.body = value if isinstance(value, bytes) else text(value).encode("utf-8", "surrogatepass")


# ------------------------------------------------------------ writing a response


def answer(
    operation: WireOperation, members: Mapping[str, Any], write: Callable[[Any, Schema], bytes]
) -> Response:
    """The success that holds members; ``write`` makes a body of what is in it."""
    known = operation.response.get("properties", {})
    status, headers, inside = 200, [], {}
    for name, value in members.items():
        schema = known[name]
        wire_name = schema.get("wireName", name)
        match schema.get("location"):
            case "status":
                status = value
            case "header":
                headers.append((wire_name, _header_text(value, schema)))
            case "headers":
                headers += [(wire_name + key, text(inner)) for key, inner in value.items()]
            case _:
                inside[name] = value
    whole = operation.wire.get("responsePayload")
    if not whole:
        body = write(inside, {"type": "object", "properties": known})
    elif isinstance(value := inside.get(whole, b""), str):
        body = value.encode()
    else:
        body = value if isinstance(value, bytes) else write(value, known[whole])
    return Response(status=status, headers=tuple(headers), body=body)


# ------------------------------------------------------------ what cannot be expressed


def inexpressible(operation: WireOperation, path: str, what: What) -> str | None:
    """Why a request cannot be invalid in a way outside its body; ``None`` where it can."""
    member = operation.members.get(path.split("/", maxsplit=1)[0], {})
    location = member.get("location")
    if what in {"malformed-body", "non-object-body"}:
        return _bodyless(operation)
    if location not in BOUND:
        return "only a query parameter can be sent twice" if what == "repeated" else None
    schema = schema_at(operation, path)
    match what:
        case "type":
            return _untyped(schema, location)
        case "null":
            return f"{_place(location)} is text and has no null"
        case "empty" if schema.get("type") in {"array", "object"}:
            return f"nothing empty stands in {_place(location)}: it is not sent at all"
        case "unicode-unescaped":
            return f"{_place(location)} has one way to write a character"
        case "repeated" if location != "query":
            return "only a query parameter can be sent twice"
    return None


def _bodyless(operation: WireOperation) -> str | None:
    if any(schema.get("location") == "body" for schema in operation.members.values()):
        return None
    for schema in operation.members.values():
        if schema.get("location") == "payload":
            raw = schema.get("type") == "string"
            return "its body is one member as it stands" if raw else None
    return "no member travels in a body"


def _untyped(schema: Schema, location: str) -> str | None:
    kind = schema.get("type")
    if kind in {"integer", "number", "boolean"} or schema.get("format"):
        return None
    if kind == "array":
        return f"one value in {_place(location)} is a list of one"
    return f"everything in {_place(location)} is text"


def _place(location: str) -> str:
    return {"path": "a path", "header": "a header", "headers": "a header"}.get(location, "a query")


def beside_body(operation: WireOperation, response: Response) -> tuple[dict[str, Any], bool]:
    """What of a response needs no reading of its body, and whether that is all of it.

    All of it is where the body is a member as it stands, or where it may be empty and is.
    Raises ``ValueError`` as :func:`raw_payload` does.
    """
    bound = bound_output(operation, response)
    raw = raw_payload(operation, response)
    if raw is not None:
        return bound | raw, True
    may_be_empty = operation.wire.get("responsePayload") or not body_output(operation)
    return bound, not response.body and bool(may_be_empty)
