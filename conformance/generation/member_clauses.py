"""Clauses about members: what a request's have to be, what a response's are.

They follow from the operation's schemas. It knows no target and no case.
"""

from collections.abc import Iterator, Mapping
from typing import get_args

from conformance.generation.invalid_values import LONGEST, MOST_ITEMS, few_pattern_violations
from conformance.protocols.base import What, has_raw_body
from conformance.protocols.table import PROTOCOLS
from conformance.spec.levels import LEVELS, Level, SourceKind, weaker
from conformance.spec.operation import RESPONSE, Clause, Operation, Schema, Source
from conformance.spec.patterns import is_readable, matches
from conformance.spec.samples import DATED, SHOWN
from conformance.spec.sdk_models.routes import asked_without
from conformance.spec.values import MOMENTS, documented_values, paths, plain

#: JSON Schema's keywords that are constraints, and what each promises.
CONSTRAINTS: Mapping[str, str] = {
    "enum": "{member} is one of the valid values",
    "pattern": "{member} matches {value}",
    "minLength": "{member} has at least {value} characters",
    "maxLength": "{member} has at most {value} characters",
    "minimum": "{member} is at least {value}",
    "maximum": "{member} is at most {value}",
    "minItems": "{member} holds at least {value} items",
    "maxItems": "{member} holds at most {value} items",
    "minProperties": "{member} holds at least {value} entries",
    "maxProperties": "{member} holds at most {value} entries",
}


_OF_PROSE = LEVELS["a constraint that prose states"][SourceKind.PROSE]
_OF_UNUSED = LEVELS["a constraint on a member that has no effect"][SourceKind.PROSE]
_OF_CONFIRMATION = LEVELS["the value of a confirmation"][SourceKind.PROSE]
#: Headers whose dates HTTP itself says to ignore where they are none, with the section.
_IGNORED: Mapping[str, str] = {"if-modified-since": "13.1.3", "if-unmodified-since": "13.1.4"}
_ELSEWHERE = "a path with another label may be the path of something else"
_ODD: Mapping[str, What] = {what: what for what in get_args(What)}


def inexpressible(operation: Operation, path: str, name: str) -> str | None:
    """Why the operation's protocol cannot be odd in this way; ``None`` where it can."""
    what = _ODD.get(name)
    return what and PROTOCOLS[operation.protocol].inexpressible(operation, path, what)


def request(operation: Operation) -> Iterator[Clause]:
    """What every member of a request has to be, nested ones included."""
    known = {path: schema for path, (_, schema) in operation.request_paths.items()}
    unused = tuple(f"{path}/" for path, schema in known.items() if schema.get("unused"))
    for path, schema in known.items():
        name, _, nested = path.partition("/")
        section = operation.section(name)
        # a member that has no effect need not be what its shape says, nor what is in it
        level = _OF_UNUSED if f"{path}/".startswith(unused) else Level.MUST
        parent, _, last = path.rpartition("/")
        if last in known.get(parent, operation.request).get("required", ()):
            yield operation.clause(
                f"request/{path}/required",
                f"a request without {path} is refused",
                section=section,
                untestable_reason=None if nested else _asks_for_another(operation, path),
            )
        if "type" in schema:
            is_key = last == "key" and "propertyNames" in known.get(parent, {})
            yield operation.clause(
                f"request/{path}/type",
                f"{path} is of type {schema['type']}",
                level=weaker(level, _of_type(operation, name, schema)),
                section=_ignored_by_http(operation, name) or section,
                untestable_reason="the keys of a map are text"
                if is_key
                else inexpressible(operation, path, "type")
                or (_ELSEWHERE if operation.members[name].get("location") == "path" else None),
            )
        documented = f"the SDK's documentation of {path}"
        for keyword, promise in CONSTRAINTS.items():
            if keyword in schema:
                prose = keyword in schema.get("prose", ())
                firm = _of_constraint(operation, path, keyword)
                yield operation.clause(
                    f"request/{path}/{keyword}",
                    promise.format(member=path, value=schema[keyword]),
                    level=weaker(level, weaker(firm, _OF_PROSE) if prose else firm),
                    section=documented if prose else section,
                    untestable_reason=_untestable(
                        schema, keyword, operation.members[name], deep=bool(nested)
                    ),
                )
        if documented_values(schema):
            yield operation.clause(
                f"request/{path}/valid-values",
                f"each documented value of {path} is accepted",
                level=weaker(level, _acceptance(operation, name, schema)),
                section=documented if "enum" in schema.get("prose", ()) else section,
                untestable_reason=_ELSEWHERE
                if operation.members[name].get("location") == "path"
                else None,
            )
        if not nested:
            yield from _unspecified(operation, path, schema, section)


def _asks_for_another(operation: Operation, member: str) -> str | None:
    """Why a request without a required member asks for something else, where it does."""
    location = operation.members[member].get("location")
    if location == "path":
        return "a path without its label is the path of something else"
    other = asked_without(operation, member) if location in {"query", "header"} else ""
    return f"a request without {member} asks for {other}" if other else None


def _ignored_by_http(operation: Operation, member: str) -> Source | None:
    """Where HTTP says to ignore what is no date in a header; ``None`` for any other member."""
    schema = operation.members[member]
    header = schema.get("location") == "header" and schema.get("wireName", member).lower()
    section = _IGNORED.get(header or "")
    return (
        Source(page="https://www.rfc-editor.org/rfc/rfc9110", section=section) if section else None
    )


def _of_type(operation: Operation, member: str, schema: Schema) -> Level:
    """How firmly the type is promised of what is in a member of a request."""
    if _ignored_by_http(operation, member):
        return Level.OBSERVE
    location = operation.members[member].get("location", "body")
    typed = PROTOCOLS[operation.protocol].request_format.typed
    loose = schema["type"] == "boolean" or schema.get("format") in MOMENTS
    if loose and not (typed and location in {"body", "payload"}):
        return operation.level("the type of a boolean or a time in text")
    return Level.MUST


def _of_constraint(operation: Operation, path: str, keyword: str) -> Level:
    """How firmly it is promised that a value that violates a constraint is refused."""
    if keyword == "enum":
        _, schema = operation.request_paths[path]
        return _of_enum(operation, schema)
    return _of_longest(operation, path) if keyword == "maxLength" else Level.MUST


def _of_longest(operation: Operation, member: str) -> Level:
    """How firmly a greatest length is promised; whatever token is given out is valid."""
    tokens = dict(operation.pagination.tokens) if operation.pagination else {}
    given = operation.response.get("properties", {}).get(tokens.get(member))
    if given is None or "maxLength" in given:
        return Level.MUST
    return operation.level("a longest token that responses do not keep to")


def _of_enum(operation: Operation, schema: Schema) -> Level:
    """How firmly it is promised that a value beside the valid ones is refused."""
    if len(schema["enum"]) > 1:
        return Level.MUST
    if schema.get("confirms"):
        return _OF_CONFIRMATION
    return operation.level("the only valid value of a member")


def _untestable(schema: Schema, keyword: str, member: Schema, *, deep: bool) -> str | None:
    """Why no request violates a constraint, or ``None`` where one does."""
    bound = schema[keyword]
    if member.get("location") == "path":
        return _ELSEWHERE
    if keyword == "pattern":
        valid = plain({**schema, "type": "string"})
        if not is_readable(bound):
            return "Python cannot read the pattern"
        if not matches(bound, valid):
            return "no text is found that the pattern matches"
        if deep and not few_pattern_violations(schema, valid):
            return "no text is found that the pattern matches nowhere"
    if keyword in {"minLength", "minItems", "minProperties"} and bound == 0:
        return "nothing is shorter than empty"
    if keyword in {"minLength", "maxLength"} and bound > LONGEST:
        return f"texts of more than {LONGEST} characters are not sent"
    if keyword in {"minItems", "maxItems", "maxProperties"} and bound > MOST_ITEMS:
        return f"lists of more than {MOST_ITEMS} items are not sent"
    return None


def _acceptance(operation: Operation, member: str, schema: Schema) -> Level:
    """How firmly a request with one of a member's documented values is accepted."""
    if member in operation.limited:
        return Level.SHOULD
    if "enum" not in schema:
        return operation.level("values that a pattern spells out are accepted")
    beside = " beside others" if operation.required else ""
    return operation.level(f"valid values are accepted{beside}")


def _unspecified(operation: Operation, path: str, schema: Schema, section: str) -> Iterator[Clause]:
    """What a request may hold although the response to it is unspecified."""
    location = schema.get("location")
    if location == "path":
        return
    kinds = {
        "empty": "an empty {} breaks nothing",
        "null": "an explicit null for {} breaks nothing",
        "long": "a very long {} breaks nothing",
        "unicode": "a {} of characters from many scripts breaks nothing",
        "quote": "a {} with quotes and markup breaks nothing",
        "control": "a {} with control characters breaks nothing",
        "repeated": "a {} given twice breaks nothing",
    }
    kind = schema.get("type")
    applies = {
        "empty": kind == "array"
        or (kind == "string" and not schema.get("minLength"))
        or (kind == "integer" and location == "query"),
        "null": location == "body" and path not in operation.required,
        "long": kind == "string",
        "unicode": kind == "string" and location != "header",
        "quote": kind == "string" and location != "header",
        "control": kind == "string" and location != "header",
        "repeated": location == "query",
    }
    for name, promise in kinds.items():
        if applies[name]:
            yield operation.clause(
                f"request/{path}/{name}",
                promise.format(path),
                level=Level.OBSERVE,
                section=section,
                untestable_reason=inexpressible(operation, path, name),
            )


def response(operation: Operation) -> Iterator[Clause]:
    """What a success has to be: its status, its form, its members."""
    speaks = PROTOCOLS[operation.protocol]
    yield operation.clause(
        "response/status",
        f"success has status {operation.http.status}",
        level=_status(operation),
    )
    if has_body(operation):
        yield operation.clause(
            "response/content-type",
            f"success is sent as {speaks.response_format.name}",
            level=operation.level("the content type of a success"),
        )
        yield operation.clause(
            "response/body", f"the body of a success is {speaks.response_format.body}"
        )
    bodies = Source(page=speaks.page, section="HTTP bindings")
    if operation.wire.get("bodiless"):
        yield operation.clause(
            "response/no-body",
            "a success has no body, as no member is in it",
            level=Level.SHOULD,
            section=bodies,
        )
    if has_raw_body(operation) and _says_what_it_accepts(operation):
        yield operation.clause(
            "response/accepted-type",
            "the Content-Type of a success is one that the request accepts",
            level=Level.SHOULD,
            section=Source(page="https://www.rfc-editor.org/rfc/rfc9110", section="12.5.1"),
        )
    yield operation.clause(
        "response/request-id",
        "every answer names its request id",
        level=Level.SHOULD,
        section=Source(page=PROTOCOLS[operation.protocol].page, section="x-amzn-RequestId"),
    )
    for name, value in speaks.headers.items():
        yield operation.clause(
            f"response/{name}",
            f"every answer has the header {name}: {value}",
            level=Level.SHOULD,
            section=Source(page=PROTOCOLS[operation.protocol].page, section="Responses"),
        )
    if has_body(operation):
        yield operation.clause(
            "response/names",
            "members are spelt as documented",
            level=Level.SHOULD,
        )
    for path, _, schema in paths(operation.response):
        yield from _response_member(operation, path, schema)


def _says_what_it_accepts(operation: Operation) -> bool:
    """Whether a request has a member for the types of content that the response may have."""
    return any(
        member.get("location") == "header" and member.get("wireName", name).lower() == "accept"
        for name, member in operation.members.items()
    )


def _status(operation: Operation) -> Level:
    """How firmly the status of a success is stated: not at all where it is a member itself."""
    if any(one.get("location") == "status" for one in operation.response["properties"].values()):
        return Level.OBSERVE
    return Level.MUST if operation.http.states_status else Level.SHOULD


def _presence(operation: Operation, path: str) -> Level:
    """How firmly it is promised that a member is in every response."""
    if path in operation.members:
        return Level.OBSERVE  # a response cannot repeat what the request did not say
    if operation.present[path] == DATED:
        return LEVELS["a time of creation that printed samples show"][SourceKind.SAMPLE]
    if operation.present[path].endswith(SHOWN):
        return LEVELS["a member that all printed samples show"][SourceKind.SAMPLE]
    return operation.level("a response keeps constraints")


def _response_member(operation: Operation, path: str, schema: Schema) -> Iterator[Clause]:
    section = schema.get("section", RESPONSE)
    is_token = operation.pagination is not None and path == operation.pagination.output_token
    if operation.states_presence and "/" not in path and not is_token:
        yield operation.clause(
            f"response/{path}/present",
            f"a success holds {path}",
            level=operation.level("a success holds its members"),
            section=section,
        )
    elif path in operation.present:
        yield operation.clause(
            f"response/{path}/present",
            f"{path} is never absent",
            level=_presence(operation, path),
            section=section,
        )
    if "type" in schema:
        yield operation.clause(
            f"response/{path}/type", f"{path} is of type {schema['type']}", section=section
        )
    if schema.get("union"):
        yield operation.clause(
            f"response/{path}/one-member",
            f"{path} is a union: one of its members is there, and no other",
            level=operation.level("the SDK reads a success"),
            section=section,
        )
    if operation.states_timestamps and schema.get("format") in MOMENTS:
        yield operation.clause(
            f"response/{path}/format",
            f"{path} is a timestamp in the form {schema['format']}",
            level=operation.level("the format of a timestamp"),
            section=Source(page=PROTOCOLS[operation.protocol].page, section="timestampFormat"),
        )
    for keyword, promise in CONSTRAINTS.items():
        if keyword in schema:
            yield operation.clause(
                f"response/{path}/{keyword}",
                promise.format(member=path, value=schema[keyword]),
                level=operation.level("a response keeps constraints"),
                section=section,
            )


def has_body(operation: Operation) -> bool:
    """Whether a success has a body that the protocol reads as members."""
    if operation.wire.get("streams"):
        return False
    members = operation.response["properties"]
    payload = members.get(operation.wire.get("responsePayload", ""))
    if payload is not None:
        return bool(payload.get("type") == "object")
    beside = {"header", "headers", "status"}
    return any(member.get("location") not in beside for member in members.values())
