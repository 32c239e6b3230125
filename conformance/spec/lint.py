"""Whether a document makes sense: every name in it refers to something, every pattern is one.

The form of a document is for its JSON Schema; this module looks at what a schema
cannot say. It works on the document as data and knows no operation.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import jmespath
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

Document = Mapping[str, Any]

#: What is wrong with a pattern in every dialect; AWS writes Java's, of which Python lacks a part.
_BROKEN = ("unterminated", "missing )", "unbalanced parenthesis", "nothing to repeat")
_MEMBER = re.compile(r"[A-Za-z][\w.-]*")


def problems(document: Document) -> Iterator[str]:
    """What is wrong, a phrase each, with the name of what is wrong."""
    for find in (_required, _patterns, _pagination, _present, _names, _rules, _params, _resources):
        yield from find(document)


def _members(document: Document) -> set[str]:
    """The request's members, by the page's names and by the SDK's."""
    printed = set(document["$defs"]["request"]["properties"])
    aliases = document.get("byHand", {}).get("aliases", {})
    return printed | {aliases[name] for name in printed & aliases.keys()}


def _required(document: Document) -> Iterator[str]:
    for side in ("request", "response"):
        schema = document["$defs"][side]
        for name in set(schema.get("required", ())) - schema["properties"].keys():
            yield f"the {side} requires {name}, which it does not have"


def _schemas(schema: Document, path: str) -> Iterator[tuple[str, Document]]:
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from _schemas(inner, f"{path}/{name}" if path else name)
    for keyword, segment in (("items", "item"), ("additionalProperties", "value")):
        if isinstance(schema.get(keyword), Mapping):
            yield from _schemas(schema[keyword], f"{path}/{segment}")


def _patterns(document: Document) -> Iterator[str]:
    for side in ("request", "response"):
        for path, schema in _schemas(document["$defs"][side], ""):
            try:
                re.compile(schema.get("pattern", ""))
            except re.error as error:
                if error.msg.startswith(_BROKEN):
                    yield f"the pattern of {path} is none: {error}"


def _pagination(document: Document) -> Iterator[str]:
    paging = document.get("pagination", {})
    given, answered = (document["$defs"][side]["properties"] for side in ("request", "response"))
    further = paging.get("further", ())
    named = [paging[key] for key in ("inputToken", "limit") if key in paging]
    for name in [*named, *(one for one, _ in further)]:
        if name not in given:
            yield f"pagination names {name}, which is no such member"
    found = [paging[key] for key in ("outputToken", "items", "more") if key in paging]
    for path in [*found, *(path for _, path in further)]:
        try:
            jmespath.compile(path)
            fits = not _MEMBER.fullmatch(path) or path.partition(".")[0] in answered
        except jmespath.exceptions.JMESPathError:
            fits = path in answered
        if not fits:
            yield f"pagination names {path}, which is no such member"


def _present(document: Document) -> Iterator[str]:
    known = {path for path, _ in _schemas(document["$defs"]["response"], "")}
    for entry in document.get("byHand", {}).get("present", ()):
        for name in set(entry["members"]) - known:
            yield f"{name} is said to be present and is no member of the response"


def _names(document: Document) -> Iterator[str]:
    by_hand = document.get("byHand", {})
    for part, key in (("rules", "id"), ("observe", "id"), ("errata", "id"), ("baselines", "name")):
        names = [entry[key] for entry in by_hand.get(part, ())]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"{name} is given twice among {part}"


def _rules(document: Document) -> Iterator[str]:
    members = _members(document)
    for rule in document.get("byHand", {}).get("rules", ()):
        name = rule["id"]
        for kind in ("filter", "exclusive"):
            member = rule.get(kind, {}).get("member")
            if member is not None and member not in members:
                yield f"the rule {name} is about {member}, which is no member"
        if "constraint" in rule:
            try:
                Draft202012Validator.check_schema(rule["constraint"])
            except SchemaError as error:
                yield f"the constraint of the rule {name} is no JSON Schema: {error.message}"


def _params(document: Document) -> Iterator[str]:
    members = _members(document)
    by_hand = document.get("byHand", {})
    resources = set(by_hand.get("resources", {}))
    lists = [(one["name"], [one["params"]]) for one in by_hand.get("baselines", ())]
    rules = by_hand.get("rules", ())
    for key in ("kept", "broken", "accepts", "try"):
        lists += [(rule["id"], rule[key]) for rule in rules if key in rule]
    for key in ("unknown", "found"):
        lists += [(rule["id"], [rule[key]["params"]]) for rule in rules if key in rule]
    for where, requests in lists:
        for name in {name for params in requests for name in params} - members:
            yield f"{where} gives {name}, which is no member"
        for name in {one for params in requests for one in _asked(params)} - resources:
            yield f"{where} asks for {name}, which is no resource"


def _asked(value: Any) -> Iterator[str]:
    """The names of what only a target knows, in the values of a request."""
    if isinstance(value, list):
        for inner in value:
            yield from _asked(inner)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key in {"resource", "unknown"}:
                yield str(inner)
            else:
                yield from _asked(inner)


def _resources(document: Document) -> Iterator[str]:
    for name, resource in document.get("byHand", {}).get("resources", {}).items():
        for place in resource["from"]:
            try:
                jmespath.compile(place["path"])
            except jmespath.exceptions.JMESPathError:
                yield f"the path of the resource {name} is no JMESPath"
