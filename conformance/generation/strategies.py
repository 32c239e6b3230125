"""Hypothesis strategies for an operation's parameters: valid ones, and ones that violate a clause.

They are made from the operation's specification alone and can be imported into
any tests. What they draw are plain dictionaries of members, as boto3 takes
them; invalid ones may hold what boto3 refuses to send.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

from hypothesis import strategies as st

from conformance.errors import UnknownNameError, UsageError
from conformance.generation.case_builder import example_with, valid_examples
from conformance.generation.clauses import clauses
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation, Schema
from conformance.spec.patterns import is_readable
from conformance.spec.placeholders import placeholder_name
from conformance.spec.rules import Constraint, Resource
from conformance.spec.validity import violated_clauses
from conformance.spec.values import MOMENTS, Steps, changed, containing, plain, without

Params = dict[str, Any]
Known = Mapping[str, Sequence[Any]]
Strategy = st.SearchStrategy[Any]

#: Printable text of all scripts; no surrogates, which no encoding carries, and no controls.
_CHARACTERS = st.characters(exclude_categories=("Cs", "Cc"))
#: What becomes of an optional member, the simplest first: page sizes are asked for more often.
_Fate = Enum("_Fate", ["ABSENT", "MEANT", "ODD"])
_SELDOM = (_Fate.ABSENT, _Fate.ABSENT, _Fate.MEANT)
_OFTEN = (_Fate.ABSENT, _Fate.MEANT)
_ODDLY = (*[_Fate.ABSENT] * 4, _Fate.MEANT, _Fate.ODD, _Fate.ODD)
#: Whether a member that the request began with stays.
_STAYS = (False, True, True, True)


def texts(*, min_size: int = 0, max_size: int = 40) -> st.SearchStrategy[str]:
    """Printable text of all scripts."""
    return st.text(_CHARACTERS, min_size=min_size, max_size=max_size)


def values(schema: Schema) -> Strategy:
    """Values that satisfy a member's schema.

    A pattern matches the whole of a value, not just some of it.
    """
    if "enum" in schema:
        return st.sampled_from(list(schema["enum"]))
    if schema.get("format") in MOMENTS:
        return st.just(MOMENTS[schema["format"]])
    match schema.get("type"):
        case "integer":
            low, high = schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1)
            return st.integers(low, min(high, low + 30)) | st.integers(low, high)
        case "number":
            return st.floats(
                schema.get("minimum"), schema.get("maximum"), allow_nan=False, allow_infinity=False
            )
        case "boolean":
            return st.booleans()
        case "array":
            items = schema.get("items", {})
            return st.lists(
                values(items),
                min_size=max(1, schema.get("minItems", 1)),
                max_size=min(schema.get("maxItems", 10), 10),
                unique="enum" in items,
            )
        case "object" if "additionalProperties" in schema:
            names = values({**schema.get("propertyNames", {}), "type": "string"})
            inner = values(schema["additionalProperties"])
            least = schema.get("minProperties", 1)
            return st.dictionaries(names, inner, min_size=least, max_size=max(least, 3))
        case "object":
            properties = schema.get("properties", {})
            if schema.get("union") and properties:
                alone = [st.fixed_dictionaries({n: values(one)}) for n, one in properties.items()]
                return st.one_of(*alone)
            required = {name: values(properties[name]) for name in schema.get("required", ())}
            return st.fixed_dictionaries(required)
    low, high = schema.get("minLength", 1), schema.get("maxLength", 40)
    if "pattern" in schema:
        if not is_readable(schema["pattern"]):
            return st.just(plain(schema))
        drawn = st.from_regex(schema["pattern"], fullmatch=True)
        return drawn.filter(lambda text: low <= len(text) <= high)
    return texts(min_size=low, max_size=min(high, low + 40))


def _filled(value: Any, known: Known, resources: Mapping[str, Resource]) -> Any:
    """A plan's value with every placeholder filled in; ``None`` where it cannot be."""
    if isinstance(value, list):
        return [_filled(item, known, resources) for item in value]
    if not isinstance(value, Mapping):
        return value
    name, rank = placeholder_name(value, {**resources, **known}), value.get("rank", 0)
    if name is None:
        return {key: _filled(inner, known, resources) for key, inner in value.items()}
    found = known.get(name, ())
    if rank < len(found):
        return found[rank]
    resource = resources.get(name)
    return resource and (resource.placeholder or resource.unknown)


def listed_examples(operation: Operation, known: Known) -> list[Params]:
    """The document's valid requests of which the target has all the values, filled in with them."""
    return [
        {name: _filled(value, known, {}) for name, value in example.items()}
        for example in valid_examples(operation)
        if all(_is_listed(value, known) for value in example.values())
    ]


def _is_listed(value: Any, known: Known) -> bool:
    """Whether a plan's value can be filled in with what the target surely takes."""
    if isinstance(value, list):
        return all(_is_listed(item, known) for item in value)
    if not isinstance(value, Mapping):
        return True
    own = known.get(value.get("resource", ""), ())
    return not value.get("doubtful") and value.get("rank", 0) < len(own)


def _bases(operation: Operation, known: Known) -> list[Params]:
    """The valid requests that the document gives, without repeats, the shortest first.

    Where it gives none whose values are known, the one that its required members make.
    """
    resources = operation.resources
    found: list[Params] = []
    for example in valid_examples(operation):
        filled = {name: _filled(value, known, resources) for name, value in example.items()}
        if filled not in found and not violated_clauses(operation, filled):
            found.append(filled)
    if not found:
        return [{name: plain(operation.members[name]) for name in sorted(operation.required)}]
    return sorted(found, key=len)


def _meaningful(operation: Operation, name: str, known: Known) -> Strategy | None:
    """Values of a member that mean something to any target; ``None`` where there are none."""
    schema = operation.members[name]
    paging = operation.pagination
    if (paging and name == paging.input_token) or schema.get("location") == "path":
        return None
    given = list(known.get(name, ())) or operation.samples.get(name)
    if given:
        return st.sampled_from(given)
    inner = schema.get("items", schema)
    named = "enum" in inner or schema.get("type") in {"integer", "number", "boolean"}
    if name in operation.resources or not named:
        return None
    return values(schema)


def valid(operation: Operation, *, known: Known | None = None) -> st.SearchStrategy[Params]:
    """Parameters that violate no clause of the operation.

    ``known`` are values of members that only a target knows (``InstanceId`` →
    some ids); without them placeholders of the right form are drawn. Raises
    :class:`UsageError` for what is no :class:`Operation`.
    """
    _require(operation)
    return _requests(operation, known or {}, {})


def _require(operation: Operation) -> None:
    if not isinstance(operation, Operation):
        raise UsageError(
            "A strategy takes an Operation, as conformance.operation('kms:ListKeys') gives it, "
            f"not {operation!r}."
        )


def _requests(
    operation: Operation, known: Known, odd_values: Mapping[str, Strategy]
) -> st.SearchStrategy[Params]:
    """Requests that begin as one of the document's, to which members are added one by one.

    What would violate a clause is left out again: nothing is drawn in vain, so that a
    failure shrinks to the members that matter. An odd value stays whatever it violates.
    """
    limit = operation.pagination.limit if operation.pagination else None
    bases = st.sampled_from(_bases(operation, known))
    meant = {
        name: strategy
        for name in operation.members
        if (strategy := _meaningful(operation, name, known)) is not None
    }
    # Hypothesis copies draws among strategies that look alike; with its name each fate is its own
    fates = {
        name: st.sampled_from(
            [
                (fate, name)
                for fate in (_ODDLY if name in odd_values else _OFTEN if name == limit else _SELDOM)
                if fate is not _Fate.MEANT or name in meant
            ]
        )
        for name in operation.members
        if name in meant or name in odd_values
    }
    stays = st.sampled_from(_STAYS)

    @st.composite
    def requests(draw: st.DrawFn) -> Params:
        base = draw(bases)
        params = dict(base)
        # listed values go together where that is stated; else only those of the baseline do
        together = operation.required & known.keys() if operation.states_combinations else ()
        for name in sorted(together):
            params[name] = draw(st.sampled_from(known[name]))
        strange = False
        for name, fate in fates.items():
            match draw(fate)[0]:
                case _Fate.MEANT:
                    more = {**params, name: draw(meant[name])}
                    params = more if strange or not violated_clauses(operation, more) else params
                case _Fate.ODD:
                    params[name] = draw(odd_values[name])
                    strange = True
        for name in sorted(base.keys() - operation.required) if strange else ():
            fewer = {key: value for key, value in params.items() if key != name}
            if params[name] == base[name] and not draw(stays):
                grown = set(violated_clauses(operation, fewer)) - {
                    *violated_clauses(operation, params)
                }
                params = params if grown else fewer
        return params

    return requests()


def odd(operation: Operation, *, known: Known | None = None) -> st.SearchStrategy[Params]:
    """Valid requests with some members for which the response is unspecified.

    Free text where no value is named, nulls, empty lists, very long strings.
    """
    _require(operation)
    known = known or {}
    free = {
        name: _odd_values(schema)
        for name, schema in operation.members.items()
        if schema.get("location") == "path" or name not in operation.required
    }
    return _requests(operation, known, free) if free else valid(operation, known=known)


def _odd_values(schema: Schema) -> Strategy:
    match schema.get("type"):
        case "string":
            in_path = schema.get("location") == "path"
            plain = texts(min_size=in_path, max_size=20) if "enum" not in schema else values(schema)
            if in_path:
                plain = plain.filter(lambda text: text.strip("."))
            long = st.integers(60, 600).map(lambda size: "a" * size)
            quoted = st.sampled_from(["'", '"', "O'Fallon", "a\\b", "<b>", "%", "é", "東京"])
            return st.one_of(plain, quoted, long, *_nulls(schema))
        case "array":
            return st.one_of(st.just([]), values(schema), *_nulls(schema))
    return st.one_of(values(schema), *_nulls(schema))


def _nulls(schema: Schema) -> list[Strategy]:
    return [st.none()] if schema.get("location") == "body" else []


def _wrong_type(schema: Schema, *, is_typed: bool) -> Strategy:
    words = texts(min_size=1, max_size=12).filter(lambda text: not _reads_as_number(text))
    if not is_typed:
        return words
    kinds: Mapping[str, Strategy] = {
        "string": words,
        "integer": st.integers(-1000, 1000),
        "boolean": st.booleans(),
        "array": st.lists(words, max_size=2),
        "object": st.dictionaries(words, words, max_size=2),
    }
    same = {"number": "integer"}.get(schema["type"], schema["type"])
    return st.one_of(*(kind for name, kind in kinds.items() if name != same))


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text.strip().lower() in {"true", "false", "null"}
    return True


def _outside_enum(schema: Schema) -> Strategy:
    named = st.sampled_from(list(schema["enum"]))
    near = st.one_of(named.map(str.swapcase), named.map(lambda v: v + "x"), texts(min_size=1))
    return near.filter(lambda text: text not in schema["enum"])


def _many_items(schema: Schema) -> Strategy:
    bound, items = schema["maxItems"], schema.get("items", {})
    least = bound + (2 if len(items.get("enum", ())) == bound + 1 else 1)
    return st.lists(values(items), min_size=least, max_size=least + bound)


def _entries(schema: Schema, least: int, most: int) -> Strategy:
    value = values(schema.get("additionalProperties", {"type": "string"}))
    names = [f"key{number}" for number in range(most)]
    return st.integers(least, most).flatmap(
        lambda count: st.fixed_dictionaries(dict.fromkeys(names[:count], value))
    )


#: keyword → the values that violate it, whatever else they violate.
_VIOLATIONS: Mapping[str, Callable[[Schema], Strategy]] = {
    "enum": _outside_enum,
    "pattern": lambda schema: texts(min_size=1, max_size=12),
    "minimum": lambda schema: st.integers(-(2**31), schema["minimum"] - 1),
    "maximum": lambda schema: st.integers(schema["maximum"] + 1, 2**31 - 1),
    "minLength": lambda schema: texts(max_size=max(0, schema["minLength"] - 1)),
    "maxLength": lambda schema: st.integers(1, 40).map(lambda n: "a" * (schema["maxLength"] + n)),
    "minItems": lambda schema: st.lists(
        values(schema.get("items", {})), max_size=schema["minItems"] - 1
    ),
    "maxItems": _many_items,
    "minProperties": lambda schema: _entries(schema, 0, max(0, schema["minProperties"] - 1)),
    "maxProperties": lambda schema: _entries(
        schema, schema["maxProperties"] + 1, schema["maxProperties"] + 3
    ),
}


def _example(operation: Operation, member: str, known: Known) -> Params:
    call = example_with(operation, member)
    base = _bases(operation, known)[0] if call.base else {}
    resources = operation.resources
    return {name: _filled(value, known, resources) for name, value in {**base, **call.set}.items()}


def _of_rule(operation: Operation, rule_id: str, known: Known) -> Strategy:
    rule = operation.rule(rule_id)
    if rule is None:
        raise UnknownNameError("rule", rule_id, [one.id for one in operation.rules])
    if not isinstance(rule, Constraint):
        raise UsageError(
            f"No request violates {operation.id}/rules/{rule_id}: it is about responses."
        )
    violating = [
        {name: _filled(value, known, operation.resources) for name, value in params.items()}
        for params in rule.invalid
    ]
    paging = operation.pagination
    if paging is None or not paging.limit:
        return st.sampled_from(violating)
    limit = values(operation.members[paging.limit])
    return st.builds(
        lambda params, size: params if size is None else {**params, paging.limit: size},
        st.sampled_from(violating),
        st.none() | limit,
    )


def invalid(
    operation: Operation, clause: str, *, known: Known | None = None
) -> st.SearchStrategy[Params]:
    """Parameters that violate one clause, and only what that implies.

    ``clause`` is an id or a path within the operation (``request/MaxResults/maximum``).
    Raises :class:`UsageError` for a clause that no parameters can violate.
    """
    _require(operation)
    known = known or {}
    path = clause.removeprefix(f"{operation.id}/")
    part, _, rest = path.partition("/")
    if part == "rules":
        drawn = _of_rule(operation, rest, known)
    elif part == "request":
        drawn = _of_member(operation, rest, known)
    else:
        raise UsageError(
            f"No parameters violate {path}: only request and rules clauses can be violated."
        )
    full = f"{operation.id}/{path}"
    return drawn.filter(lambda params: full in violated_clauses(operation, params))


def _of_member(operation: Operation, rest: str, known: Known) -> Strategy:
    member, _, below = rest.partition("/")
    inside, _, keyword = below.rpartition("/")
    schema = operation.members.get(member)
    if schema is None:
        raise UnknownNameError("request member", member, operation.members)
    full = f"{operation.id}/request/{rest}"
    if keyword not in {*_VIOLATIONS, "required", "type"} and full not in clauses(operation):
        raise UnknownNameError("clause", full, clauses(operation))
    example = _example(operation, member, known)
    nothing = UsageError(
        f"{operation.id} has no clause request/{rest} that parameters can violate."
    )
    way = _way(operation, member, inside)
    if way is None:
        raise nothing
    steps, inner = way
    # a list of plain values needs nothing around the one that violates it
    whole = [None] if inside == "item" else containing(schema, steps) if steps else None
    if keyword == "required":
        lacking = {name: value for name, value in example.items() if name != member}
        return st.just({**lacking, member: without(whole, steps)} if steps else lacking)
    if keyword == "type":
        if "type" not in inner:
            raise nothing
        typed = PROTOCOLS[operation.protocol].request_format.typed
        in_body = schema.get("location") in {"body", "payload"}
        violating = _wrong_type(inner, is_typed=typed and in_body)
    elif keyword in inner:
        violating = _VIOLATIONS[keyword](inner)
    else:
        raise nothing
    return violating.map(lambda value: {**example, member: changed(whole, steps, value)})


def _way(operation: Operation, member: str, inside: str) -> tuple[Steps, Schema] | None:
    """The steps from a member to what is nested in it, and its schema there."""
    found = operation.request_paths.get(f"{member}/{inside}" if inside else member)
    return None if found is None else (found[0][1:], found[1])
