"""What a request owes: members, their constraints, and what nobody says of them."""

from collections.abc import Iterator

from conformance.generation.clause_builder import (
    CONSTRAINTS,
    ELSEWHERE,
    ClauseBuilder,
    inexpressible,
)
from conformance.generation.pattern_mutations import nested_breakers
from conformance.spec.operation import Clause, Level, Operation, Schema
from conformance.spec.validity import is_readable, matches
from conformance.spec.values import plain


def request(make: ClauseBuilder) -> Iterator[Clause]:
    operation = make.operation
    known = {path: schema for path, (_, schema) in operation.request_paths.items()}
    for path, schema in known.items():
        name, _, nested = path.partition("/")
        section = operation.section(name)
        parent, _, last = path.rpartition("/")
        if last in known.get(parent, operation.request).get("required", ()):
            in_path = not nested and schema.get("location") == "path"
            yield make(
                f"request/{path}/required",
                f"a request without {path} is refused",
                section=section,
                untestable_reason="a path without its label is the path of something else"
                if in_path
                else None,
            )
        if "type" in schema:
            is_key = last == "key" and "propertyNames" in known.get(parent, {})
            yield make(
                f"request/{path}/type",
                f"{path} is of type {schema['type']}",
                section=section,
                untestable_reason="the keys of a map are text"
                if is_key
                else inexpressible(operation, path, "type")
                or (ELSEWHERE if operation.members[name].get("location") == "path" else None),
            )
        for keyword, promise in CONSTRAINTS.items():
            if keyword in schema:
                yield make(
                    f"request/{path}/{keyword}",
                    promise.format(member=path, value=schema[keyword]),
                    section=section,
                    untestable_reason=_untried(
                        schema, keyword, operation.members[name], deep=bool(nested)
                    ),
                )
        if "enum" in schema:
            yield make(
                f"request/{path}/valid-values",
                f"each documented value of {path} is accepted",
                level=_of_values(operation, name),
                section=section,
                untestable_reason=ELSEWHERE
                if operation.members[name].get("location") == "path"
                else None,
            )
        if not nested:
            yield from _unpromised(make, path, schema, section)


#: Longer texts and lists are not sent: they would say more of the network than of the target.
LONGEST = 200_000
MOST_ITEMS = 1000


def _untried(schema: Schema, keyword: str, member: Schema, *, deep: bool) -> str | None:
    """Why no request breaks a constraint, or ``None`` where one does."""
    bound = schema[keyword]
    if member.get("location") == "path":
        return ELSEWHERE
    if keyword == "pattern":
        kept = plain({**schema, "type": "string"})
        if not is_readable(bound):
            return "Python cannot read the pattern"
        if not matches(bound, kept):
            return "no text is found that the pattern matches"
        if deep and not nested_breakers(schema, kept):
            return "no text is found that the pattern matches nowhere"
    if keyword in {"minLength", "minItems", "minProperties"} and bound == 0:
        return "nothing is shorter than empty"
    if keyword in {"minLength", "maxLength"} and bound > LONGEST:
        return f"texts of more than {LONGEST} characters are not sent"
    if keyword in {"minItems", "maxItems", "maxProperties"} and bound > MOST_ITEMS:
        return f"lists of more than {MOST_ITEMS} items are not sent"
    return None


def _of_values(operation: Operation, member: str) -> Level:
    """How firmly a request with one of a member's documented values is accepted.

    A model says which values there are, not which of them go together with what.
    """
    if operation.modelled:
        return Level.OBSERVE if operation.required else Level.SHOULD
    return Level.SHOULD if member in operation.by_hand.get("limited", {}) else Level.MUST


def _unpromised(make: ClauseBuilder, path: str, schema: Schema, section: str) -> Iterator[Clause]:
    """What a request may hold although nobody says what follows."""
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
        "null": location == "body" and path not in make.operation.required,
        "long": kind == "string",
        "unicode": kind == "string" and location != "header",
        "quote": kind == "string" and location != "header",
        "control": kind == "string" and location != "header",
        "repeated": location == "query",
    }
    for name, promise in kinds.items():
        if applies[name]:
            yield make(
                f"request/{path}/{name}",
                promise.format(path),
                level=Level.OBSERVE,
                section=section,
                untestable_reason=inexpressible(make.operation, path, name),
            )
