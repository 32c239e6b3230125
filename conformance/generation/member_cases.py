"""Named edges of the request's members, nested ones included: every constraint, satisfied,
reached and violated.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from conformance.generation.case_builder import (
    COERCIBLE,
    COERCIBLE_TEXTS,
    FOREIGN,
    WRONG_TEXTS,
    CaseBuilder,
    example_with,
    examples_with,
    excluded,
    held,
    replaced,
    valid_examples,
)
from conformance.generation.invalid_values import (
    LONGEST,
    MOST_ITEMS,
    NESTED,
    SIZES,
    distinct_items,
    partial_matches,
    pattern_violations,
)
from conformance.generation.plans import Call, Case, Edit, Expect
from conformance.generation.samples import sample
from conformance.protocols.base import Alteration
from conformance.protocols.table import PROTOCOLS
from conformance.spec.levels import Level
from conformance.spec.operation import Operation, Schema
from conformance.spec.patterns import is_readable, matches
from conformance.spec.validity import KEYWORDS
from conformance.spec.values import at, changed, containing, documented_values, plain, without

#: Where there are more valid values than this, runs that are dear try a sample.
MANY = 20
#: How many nested valid values are tried, about.
FEW = 3


def cases(operation: Operation) -> Iterator[Case]:
    """Every named edge of every member, in the order of the document, nested ones last."""
    build = CaseBuilder(operation)
    for member, schema in operation.members.items():
        if schema.get("location") == "path":
            continue
        yield from _required(build, member)
        if "type" not in schema:  # any JSON at all
            yield from _unspecified(build, member, schema)
            continue
        for family in _FAMILIES:
            yield from family(build, member, schema)
    for path, (steps, schema) in operation.request_paths.items():
        outer = operation.members[steps[0][1]]
        if outer.get("location") != "path" and "type" in outer:
            yield from _below(build, path, schema)


def _required(build: CaseBuilder, member: str) -> Iterator[Case]:
    operation, path = build.operation, f"request/{member}/required"
    if member not in operation.required:
        return
    params = next((one for one in valid_examples(operation) if member in one), {})
    whole = Call(set=params)
    lacking = Call(set={name: value for name, value in params.items() if name != member})
    if not operation.states_combinations:
        whole, lacking = Call(base=True), Call(base=True, drop=(member,))
    yield from build.refused(path, "absent", lacking, whole)
    nullable = PROTOCOLS[operation.protocol].inexpressible(operation, member, "null") is None
    if operation.members[member].get("location") == "body" and nullable:
        nulled = replace(whole, alteration=Alteration(members={member: None}))
        yield from build.refused(path, "null", nulled, whole)


def _type(build: CaseBuilder, member: str, schema: Schema) -> Iterator[Case]:
    path, location = f"request/{member}/type", schema.get("location")
    if not build.has(path) and not build.has(f"request/{member}/item/type"):
        return
    valid = _without_token(build.operation, member, example_with(build.operation, member))
    wrong = build.wrong_types(schema, location)
    coercible = COERCIBLE_TEXTS if wrong is WRONG_TEXTS else COERCIBLE if location == "body" else {}
    if schema["type"] == "array":
        wrong = {**wrong, "item-alone": plain(schema["items"])}
    elif "list" in wrong:
        wrong = {**wrong, "list-of-one": [_single(build.operation, member, valid)]}
    for edge, value in wrong.items():
        yield from build.refused(path, edge, replaced(valid, member, value), valid)
    for edge, value in coercible.items() if schema["type"] == "integer" else ():
        for case in build.refused(path, edge, replaced(valid, member, value), valid):
            yield replace(case, level=Level.SHOULD)
    if schema["type"] == "array" and location == "body":
        for edge, value in build.wrong_types(schema["items"], location).items():
            call = replaced(valid, member, [value])
            yield from build.refused(f"request/{member}/item/type", edge, call, valid)


def _single(operation: Operation, member: str, valid: Call) -> Any:
    """The value of a member that is no list: of a page token, one that the target returned."""
    if operation.pagination and member == operation.pagination.input_token:
        return {"token": operation.id}
    return valid.set.get(member, plain(operation.members[member]))


def _bounds(build: CaseBuilder, member: str, schema: Schema) -> Iterator[Case]:
    for keyword, step in (("minimum", -1), ("maximum", 1)):
        if keyword not in schema:
            continue
        bound = schema[keyword]
        path = f"request/{member}/{keyword}"
        beside = excluded(build.operation, member)
        at_bound = Call(base=True, set={member: bound}, drop=beside)
        yield from build.accepted(path, f"at-{bound}", at_bound)
        beyond = {
            f"beyond-{bound + step}": bound + step,
            # to some a number that means "all"
            **({"negative": -1} if keyword == "minimum" and bound > 0 else {}),
            "far-beyond": bound + step * 1_000_000,
            "beyond-32-bits": step * 2**31,
            "beyond-64-bits": step * 2**65,
        }
        for edge, value in beyond.items():
            if not KEYWORDS[keyword](value, bound):
                call = replaced(at_bound, member, value)
                yield from build.refused(path, edge, call, at_bound)


def _lengths(build: CaseBuilder, member: str, schema: Schema) -> Iterator[Case]:
    if schema["type"] != "string":
        return
    operation = build.operation
    example = example_with(operation, member)
    valid = _without_token(operation, member, example)
    is_opaque = operation.is_opaque(member)
    for keyword, step in (("minLength", -1), ("maxLength", 1)):
        bound = schema.get(keyword)
        if bound is None or bound + step < 0 or bound > LONGEST:
            continue
        path = f"request/{member}/{keyword}"
        text = "a" if is_opaque else str(sample(operation, member))
        beyond = (text * (bound // max(1, len(text)) + 2))[: bound + step]
        call = replaced(example, member, beyond)
        yield from build.refused(path, f"beyond-{bound + step}", call, valid)
        if keyword == "maxLength" and len(text) == bound:
            call = replaced(example, member, text + "\n")
            yield from build.refused(path, "line-feed", call, valid)
        if is_opaque:
            call = replaced(example, member, "a" * bound)
            yield from build.unspecified(path, f"at-{bound}", call)
        elif "enum" not in schema and "pattern" not in schema:
            at_bound = replaced(example, member, (text * (bound // len(text) + 1))[:bound])
            yield from build.accepted(path, f"at-{bound}", at_bound)
        else:
            yield from build.accepted(path, "kept", example)


def _without_token(operation: Operation, member: str, example: Call) -> Call:
    """The valid call beside one with a wrong token has none: no valid token is known."""
    if operation.pagination and member == operation.pagination.input_token:
        return Call(base=True)
    return example


def _pattern(build: CaseBuilder, member: str, schema: Schema) -> Iterator[Case]:
    if "pattern" not in schema:
        return
    path = f"request/{member}/pattern"
    examples = examples_with(build.operation, member)
    for prefix, example in zip(("", "beside-others-"), examples, strict=False):
        valid = held(build.operation, example, member)
        if not isinstance(valid, str):
            valid = plain(schema)  # what only the target knows has this form
        if not is_readable(schema["pattern"]) or not matches(schema["pattern"], valid):
            continue
        level = build.level_of_offer(example.set)
        yield from build.case(path, f"{prefix}kept", Expect.ACCEPTED, example, level=level)
        for edge, value in pattern_violations(schema, valid).items():
            expect = Expect.REFUSED if value or schema.get("minLength") else Expect.ANYTHING
            call = replaced(example, member, value)
            yield from build.case(
                path, f"{prefix}nowhere-{edge}", expect, call, valid_control=example
            )
        for edge, value in partial_matches(schema, valid).items():
            call = replaced(example, member, value)
            yield from build.unspecified(path, f"{prefix}in-part-{edge}", call)


def _enum(build: CaseBuilder, member: str, schema: Schema) -> Iterator[Case]:
    listed = schema["type"] == "array"
    inner = schema.get("items", {}) if listed else schema
    values = documented_values(inner)
    if not values:
        return
    path = f"request/{member}/item" if listed else f"request/{member}"
    example = example_with(build.operation, member)

    def given(value: str) -> Call:
        return replaced(example, member, [value] if listed else value)

    stride = max(1, len(values) // 5)
    for index, value in enumerate(values):
        call = _companions(build.operation, given(value), member)
        beside_others = build.operation.required
        yield from build.case(
            f"{path}/valid-values",
            value,
            Expect.ACCEPTED,
            call,
            invalid_control=given(FOREIGN),
            level=build.level_of_combination(call.set) if beside_others else None,
            sample=len(values) <= MANY or index % stride == 0,
        )
    if "enum" not in inner:
        return  # what a pattern does not match is tried with the pattern
    wrong = {
        **_of_the_same_form(values),
        "wrong-case": values[0].swapcase(),
        "foreign": FOREIGN,
        "longer": f"{values[0]}x",
        "blanks": f" {values[0]} ",
    }
    if schema.get("location") == "header":
        del wrong["blanks"]  # HTTP takes blanks around a header's value away
    for edge, value in wrong.items():
        if value not in values:
            yield from _outside(build, f"{path}/enum", edge, inner)(given(value), example)
    if listed:
        second = replaced(example, member, [values[0], FOREIGN])
        yield from build.refused(f"{path}/enum", "second-foreign", second, example)
        yield from build.unspecified(f"{path}/enum", "empty", given(""))


#: Values that a service may well take for the one they resemble.
_RESEMBLING = frozenset({"wrong-case", "blanks"})


def _outside(
    build: CaseBuilder, path: str, edge: str, schema: Schema
) -> Callable[[Call, Call], Iterator[Case]]:
    """Makes the case of a value that is none of the listed ones.

    Prose lists the values as they are usually written, not all the spellings that are taken.
    """
    if edge in _RESEMBLING and "enum" in schema.get("prose", ()):
        return lambda call, _: build.unspecified(path, edge, call)
    return lambda call, valid: build.refused(path, edge, call, valid)


def _of_the_same_form(values: Sequence[str]) -> Mapping[str, str]:
    """A value that looks like the documented ones, where they all look alike, as codes do."""
    forms = {re.sub("[A-Z]", "Z", re.sub("[a-z]", "z", re.sub("[0-9]", "9", v))) for v in values}
    return {"same-form": forms.pop()} if len(forms) == 1 < len(values) else {}


def _companions(operation: Operation, call: Call, member: str) -> Call:
    """The same call with the values that go together with the one given."""
    value = held(operation, call, member)
    for companion in operation.companions.get(member, ()):
        name = f"{companion}.{value}"
        if name in operation.resources:
            call = replaced(call, companion, {"resource": name})
    return call


def _items(build: CaseBuilder, member: str, schema: Schema) -> Iterator[Case]:
    bound = schema.get("maxItems")
    if bound is None or bound > MOST_ITEMS:
        return
    path = f"request/{member}/maxItems"
    example = example_with(build.operation, member)

    def holding(count: int) -> Call:
        return replaced(example, member, distinct_items(schema, count))

    at_bound = holding(bound)
    yield from build.accepted(path, f"at-{bound}", at_bound)
    # A list of all the values that there are, one more than may be given, is not
    # documented as too long: what is judged is a list longer than that.
    contested = len(schema.get("items", {}).get("enum", ())) == bound + 1
    if contested:
        yield from build.case(
            path,
            f"beyond-{bound + 1}",
            Expect.ANYTHING,
            holding(bound + 1),
            valid_control=at_bound,
        )
    for count in (bound + 2 if contested else bound + 1, bound * 5):
        yield from build.refused(path, f"beyond-{count}", holding(count), at_bound)


def _unspecified(build: CaseBuilder, member: str, schema: Schema) -> Iterator[Case]:
    example = example_with(build.operation, member)
    values: Mapping[str, Any] = {
        "empty": [] if schema.get("type") == "array" else "",
        "null": None,
        "long": "a" * 3000,
        "unicode": "Zürich Łódź 東京 📞",
        "control": "a\x00b\x1f\x7f",
        "quote": 'O\'Fallon "quoted" <b>&amp; 100% \\',
    }
    for edge, value in values.items():
        if not build.has(f"request/{member}/{edge}"):
            continue
        call = replaced(example, member, value)
        if value is None:
            call = replace(example, alteration=Alteration(members={member: None}))
        yield from build.unspecified(f"request/{member}/{edge}", "sent", call)
    if schema.get("location") == "body" and build.has(f"request/{member}/unicode"):
        raw = replace(
            replaced(example, member, "Zürich 東京"), alteration=Alteration(unescaped=True)
        )
        yield from build.unspecified(f"request/{member}/unicode", "unescaped", raw)
    if not build.has(f"request/{member}/repeated"):
        return
    twice = replace(example, alteration=Alteration(repeated=(member,)))
    yield from build.unspecified(f"request/{member}/repeated", "sent", twice)


_FAMILIES: tuple[Callable[[CaseBuilder, str, Schema], Iterator[Case]], ...] = (
    _type,
    _bounds,
    _lengths,
    _pattern,
    _enum,
    _items,
    _unspecified,
)


# ------------------------------------------------------------ nested members, sizes of lists


def nested_example(operation: Operation, path: str) -> Call:
    """A valid call, as far as the schemas say, that holds the member at a path."""
    (_, member), *inside = operation.request_paths[path][0]
    made = containing(operation.members[member], tuple(inside))
    edits = _own(member, inside, stays=True, value=at(made, tuple(inside)))
    return Call(base=True, set={member: made}, edits=edits, drop=excluded(operation, member))


def _own(member: str, inside: Sequence[tuple[str, str]], **edit: Any) -> Mapping[str, Edit]:
    """The same change of what the baseline itself has, where it has something there."""
    return {member: Edit(steps=tuple(inside), **edit)}


#: How the clauses end that these cases exercise.
_EDGES = ("required", "type", "valid-values", "enum", *NESTED, *SIZES)


def _below(build: CaseBuilder, path: str, schema: Schema) -> Iterator[Case]:
    """The edges of one path of the request: its values where it is nested, else its size."""
    (_, member), *rest = build.operation.request_paths[path][0]
    inside = tuple(rest)
    if not any(build.has(f"request/{path}/{edge}") for edge in _EDGES):
        return
    valid = nested_example(build.operation, path)
    value = at(valid.set[member], inside)

    def given(new: Any, **edit: Any) -> Call:
        edits = _own(member, inside, **(edit or {"value": new}))
        return replace(valid, set={member: changed(valid.set[member], inside, new)}, edits=edits)

    families = SIZES
    if inside:
        families = {**NESTED, **SIZES}
        yield from _nested(build, path, schema, valid, given)
    for keyword in (one for one in families if one in schema):
        for edge, new in families[keyword](schema, value).items():
            sized = keyword in {"minItems", "maxItems"}
            call = given(new, size=len(new)) if sized else given(new)
            yield from build.refused(f"request/{path}/{keyword}", edge, call, valid)


def _nested(
    build: CaseBuilder, path: str, schema: Schema, valid: Call, given: Callable[..., Call]
) -> Iterator[Case]:
    (_, member), *rest = build.operation.request_paths[path][0]
    inside, request = tuple(rest), f"request/{path}"
    last, _ = inside[-1]
    if last == "member" and build.has(f"{request}/required"):
        lacking = replace(
            valid,
            set={member: without(valid.set[member], inside)},
            edits=_own(member, inside, removed=True),
        )
        yield from build.refused(f"{request}/required", "absent", lacking, valid)
    if len(inside) == 1 and last == "item" and schema.get("type") != "object":
        return  # the items of an outermost list are tried with the list
    location = build.operation.members[member].get("location")
    judged = last != "key" and build.has(f"{request}/type")
    wrong = build.wrong_types(schema, location) if judged else {}
    for edge, value in wrong.items():
        yield from build.refused(f"{request}/type", edge, given(value), valid)
    values = documented_values(schema)
    for value in values[:: max(1, len(values) // FEW)]:
        yield from build.accepted(f"{request}/valid-values", value, given(value))
    for edge, value in _foreign(schema.get("enum", ())).items():
        yield from _outside(build, f"{request}/enum", edge, schema)(given(value), valid)


def _foreign(values: Sequence[str]) -> Mapping[str, str]:
    """Values that are none of the documented ones, where there are such."""
    if not values:
        return {}
    near = {"wrong-case": values[0].swapcase(), "foreign": FOREIGN}
    return {edge: value for edge, value in near.items() if value not in values}
