"""Named edges of the request's members: every constraint kept, reached and broken."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from conformance.generation.clauses import LONGEST, MOST_ITEMS, clauses
from conformance.generation.examples import (
    FOREIGN,
    distinct_items,
    example_with,
    examples_with,
    kept_examples,
    replaced,
    sample,
)
from conformance.generation.pattern_mutations import pattern_breakers, unanchored_breakers
from conformance.generation.plans import Call, Case, Expect
from conformance.protocols.base import Alteration
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Level, Operation, Schema
from conformance.spec.validity import KEYWORDS, is_readable, matches
from conformance.spec.values import plain

#: JSON values of another type, by the type that is documented.
WRONG_TYPES: Mapping[str, Mapping[str, Any]] = {
    "string": {"number": 5, "boolean": True, "object": {"a": "b"}, "list": ["a"]},
    "integer": {"text": "abc", "boolean": True, "object": {"a": 1}, "list": [1]},
    "number": {"text": "abc", "boolean": True, "object": {"a": 1}, "list": [1]},
    "boolean": {"text": "maybe", "number": 2, "object": {"a": True}},
    "array": {"text": "abc", "number": 5, "object": {"a": "b"}, "boolean": True},
    "object": {"text": "abc", "number": 5, "list": ["a"]},
}
#: Of another type than the documented integer, and yet some services are known to coerce the
#: like: refusing them is a should.
COERCIBLE: Mapping[str, Any] = {"digits": "5", "fraction": 1.5}
COERCIBLE_TEXTS: Mapping[str, Any] = {"fraction": "1.5"}
WRONG_TEXTS: Mapping[str, Any] = {"text": "abc", "symbols": "!", "two-numbers": "1 2"}

#: Where there are more valid values than this, runs that are dear try a sample.
MANY = 20


_SEGMENT = re.compile(r"[A-Za-z0-9._-]+")


def _is_free_text(schema: Schema) -> bool:
    return schema.get("type") == "string" and not schema.keys() & {"enum", "pattern"}


def segment(edge: str) -> str:
    """An edge as the last segment of an id, which takes letters, digits, dots, dashes and ``_``.

    What often parts words becomes ``_``; any other character its number: ``<`` is ``u3C``.
    """
    if _SEGMENT.fullmatch(edge):
        return edge
    return (
        "".join(
            char if _SEGMENT.fullmatch(char) else "_" if char in " :/" else f"u{ord(char):X}"
            for char in edge
        )
        or "nothing"
    )


class Edges:
    """Makes the cases of one operation."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.known = clauses(operation)

    def softened(self, params: Mapping[str, Any]) -> Level | None:
        """``should`` where the Region or the account may limit what these parameters ask for.

        ``observe`` for what is only known from a model: it does not say what goes with what.
        """
        if self.operation.modelled:
            paging = self.operation.pagination
            sized = paging is not None and params.keys() <= {paging.limit}
            return None if sized and self.operation.says_page_sizes else Level.OBSERVE
        limited = self.operation.by_hand.get("limited", {}).keys()
        if limited & params.keys():
            return Level.SHOULD
        offers = self.operation.by_hand.get("listing", {}).get("kind") == "search"
        free = [name for name in params if _is_free_text(self.operation.members[name])]
        return Level.SHOULD if offers and free else None

    def kept(self, path: str, edge: str, call: Call) -> Iterator[Case]:
        """A case of a value that keeps a constraint, as firm as such requests are promised."""
        for case in self.case(path, edge, Expect.ACCEPTED, call):
            yield replace(case, level=self.softened(call.set) if self.operation.modelled else None)

    def wrong_types(self, schema: Schema, location: str | None) -> Mapping[str, Any]:
        """Values that are of another type than the schema's, as far as the wire can say so."""
        kind = schema.get("type")
        if kind is None:
            return {}
        typed = PROTOCOLS[self.operation.protocol].FORM != "XML"
        return WRONG_TYPES[kind] if typed and location in {"body", "payload"} else WRONG_TEXTS

    def case(
        self, path: str, edge: str, expect: Expect, call: Call, valid_control: Call | None = None
    ) -> Iterator[Case]:
        """One case of the clause at ``path``, unless the operation has no such clause."""
        clause = self.known.get(f"{self.operation.id}/{path}")
        if clause is not None and clause.untestable_reason is None:
            yield Case(
                id=f"{clause.id}/{segment(edge)}",
                operation=self.operation.id,
                clause=clause.id,
                expect=expect,
                title=f"{clause.promise}: {edge}",
                steps=(call,),
                valid_control=valid_control,
            )


def cases(operation: Operation) -> Iterator[Case]:
    """Every named edge of every member, in the order of the document."""
    edges = Edges(operation)
    for member, schema in operation.members.items():
        if schema.get("location") == "path":
            continue
        yield from _required(edges, member)
        if "type" not in schema:  # any JSON at all
            yield from _unpromised(edges, member, schema)
            continue
        yield from _type(edges, member, schema)
        for family in _FAMILIES:
            yield from family(edges, member, schema)


def _required(edges: Edges, member: str) -> Iterator[Case]:
    operation = edges.operation
    if member in operation.required:
        whole = next((p for p in kept_examples(operation) if member in p), {})
        lacking = {name: value for name, value in whole.items() if name != member}
        yield from edges.case(
            f"request/{member}/required",
            "absent",
            Expect.REFUSED,
            Call(set=lacking),
            Call(set=whole),
        )
        nullable = PROTOCOLS[operation.protocol].inexpressible(operation, member, "null") is None
        if operation.members[member].get("location") == "body" and nullable:
            nulled = Call(set=whole, alteration=Alteration(members={member: None}))
            yield from edges.case(
                f"request/{member}/required", "null", Expect.REFUSED, nulled, Call(set=whole)
            )


def _type(edges: Edges, member: str, schema: Schema) -> Iterator[Case]:
    example = _without_token(edges.operation, member, example_with(edges.operation, member))
    in_body = schema.get("location") == "body"
    wrong = edges.wrong_types(schema, schema.get("location"))
    coercible = COERCIBLE_TEXTS if wrong is WRONG_TEXTS else COERCIBLE if in_body else {}
    if schema["type"] == "array":
        wrong = {**wrong, "item-alone": plain(schema["items"])}
    for edge, value in wrong.items():
        yield from edges.case(
            f"request/{member}/type",
            edge,
            Expect.REFUSED,
            replaced(example, member, value),
            example,
        )
    if schema["type"] == "integer":
        for edge, value in coercible.items():
            for case in edges.case(
                f"request/{member}/type",
                edge,
                Expect.REFUSED,
                replaced(example, member, value),
                example,
            ):
                yield replace(case, level=Level.SHOULD)
    if schema["type"] == "array" and in_body:
        for edge, value in edges.wrong_types(schema["items"], schema.get("location")).items():
            yield from edges.case(
                f"request/{member}/item/type",
                edge,
                Expect.REFUSED,
                replaced(example, member, [value]),
                example,
            )


def _bounds(edges: Edges, member: str, schema: Schema) -> Iterator[Case]:
    for keyword, step in (("minimum", -1), ("maximum", 1)):
        if keyword not in schema:
            continue
        bound = schema[keyword]
        path = f"request/{member}/{keyword}"
        at_bound = Call(base=True, set={member: bound})
        yield from edges.kept(path, f"at-{bound}", at_bound)
        beyond = {
            f"beyond-{bound + step}": bound + step,
            # to some a number that means "all"
            **({"negative": -1} if keyword == "minimum" and bound > 0 else {}),
            "far-beyond": bound + step * 1_000_000,
            "beyond-32-bits": step * 2**31,
            "beyond-64-bits": step * 2**65,
        }
        for edge, value in beyond.items():
            if KEYWORDS[keyword](value, bound):
                continue
            call = Call(base=True, set={member: value})
            yield from edges.case(path, edge, Expect.REFUSED, call, at_bound)


def _lengths(edges: Edges, member: str, schema: Schema) -> Iterator[Case]:
    if schema["type"] != "string":
        return
    example = example_with(edges.operation, member)
    meaningful = _is_opaque(edges.operation, member)
    for keyword, step in (("minLength", -1), ("maxLength", 1)):
        bound = schema.get(keyword)
        if bound is None or bound + step < 0 or bound > LONGEST:
            continue
        path = f"request/{member}/{keyword}"
        text = str(sample(edges.operation, member)) if not meaningful else "a"
        filled = (text * (bound // max(1, len(text)) + 2))[: bound + step]
        valid_control = _without_token(edges.operation, member, example)
        yield from edges.case(
            path,
            f"beyond-{bound + step}",
            Expect.REFUSED,
            replaced(example, member, filled),
            valid_control,
        )
        if keyword == "maxLength" and len(text) == bound:
            line = replaced(example, member, text + "\n")
            yield from edges.case(path, "line-feed", Expect.REFUSED, line, valid_control)
        if meaningful:
            yield from edges.case(
                path, f"at-{bound}", Expect.ANYTHING, replaced(example, member, "a" * bound)
            )
        elif "enum" not in schema and "pattern" not in schema:
            at_bound = replaced(example, member, (text * (bound // len(text) + 1))[:bound])
            yield from edges.kept(path, f"at-{bound}", at_bound)
        else:
            yield from edges.kept(path, "kept", example)


def _is_opaque(operation: Operation, member: str) -> bool:
    """Whether only the target can say which values a member takes: ids and tokens."""
    token = operation.pagination.input_token if operation.pagination else None
    if operation.modelled:
        schema = operation.members[member]
        return schema.get("type") == "string" and "enum" not in schema
    return member == token or member in operation.by_hand.get("resources", {})


def _without_token(operation: Operation, member: str, example: Call) -> Call:
    """The neighbour of a broken token is the call without one: no valid one is to hand."""
    if operation.pagination and member == operation.pagination.input_token:
        return Call(base=True)
    return example


def _pattern(edges: Edges, member: str, schema: Schema) -> Iterator[Case]:
    if "pattern" not in schema:
        return
    path = f"request/{member}/pattern"
    for prefix, example in zip(
        ("", "beside-others-"), examples_with(edges.operation, member), strict=False
    ):
        kept = example.set[member]
        if not isinstance(kept, str):
            kept = plain(schema)  # what only the target knows has this form
        if not is_readable(schema["pattern"]) or not matches(schema["pattern"], kept):
            continue
        for case in edges.case(path, f"{prefix}kept", Expect.ACCEPTED, example):
            yield replace(case, level=edges.softened(example.set))
        for edge, value in pattern_breakers(schema, kept).items():
            expect = Expect.REFUSED if value or schema.get("minLength") else Expect.ANYTHING
            broken = replaced(example, member, value)
            yield from edges.case(path, f"{prefix}nowhere-{edge}", expect, broken, example)
        for edge, value in unanchored_breakers(schema, kept).items():
            broken = replaced(example, member, value)
            yield from edges.case(path, f"{prefix}in-part-{edge}", Expect.ANYTHING, broken)


def _enum(edges: Edges, member: str, schema: Schema) -> Iterator[Case]:
    listed = schema["type"] == "array"
    inner = schema.get("items", {}) if listed else schema
    if "enum" not in inner:
        return
    path = f"request/{member}/item" if listed else f"request/{member}"
    example = example_with(edges.operation, member)
    values = inner["enum"]
    stride = max(1, len(values) // 5)
    for index, value in enumerate(values):
        call = replaced(example, member, [value] if listed else value)
        for case in edges.case(
            f"{path}/valid-values", value, Expect.ACCEPTED, _companions(edges, call, member)
        ):
            sampled = len(values) <= MANY or index % stride == 0
            foreign = replaced(example, member, [FOREIGN] if listed else FOREIGN)
            level = edges.softened(call.set) if edges.operation.required else case.level
            yield replace(
                case,
                sample=sampled,
                invalid_control=foreign,
                level=level if edges.operation.modelled else case.level,
            )
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
            call = replaced(example, member, [value] if listed else value)
            yield from edges.case(f"{path}/enum", edge, Expect.REFUSED, call, example)
    if listed:
        call = replaced(example, member, [values[0], FOREIGN])
        yield from edges.case(f"{path}/enum", "second-foreign", Expect.REFUSED, call, example)
        call = replaced(example, member, [""])
        yield from edges.case(f"{path}/enum", "empty", Expect.ANYTHING, call)


def _of_the_same_form(values: Sequence[str]) -> Mapping[str, str]:
    """A value that looks like the documented ones, where they all look alike, as codes do."""
    forms = {re.sub("[A-Z]", "Z", re.sub("[a-z]", "z", re.sub("[0-9]", "9", v))) for v in values}
    return {"same-form": forms.pop()} if len(forms) == 1 < len(values) else {}


def _companions(edges: Edges, call: Call, member: str) -> Call:
    """The same call with what this very value goes together with."""
    resources = edges.operation.by_hand.get("resources", {})
    changed = call
    for companion in edges.operation.by_hand.get("companions", {}).get(member, ()):
        name = f"{companion}.{call.set[member]}"
        if name in resources:
            changed = replaced(changed, companion, {"resource": name})
    return changed


def _items(edges: Edges, member: str, schema: Schema) -> Iterator[Case]:
    bound = schema.get("maxItems")
    if bound is None or bound > MOST_ITEMS:
        return
    path = f"request/{member}/maxItems"
    example = example_with(edges.operation, member)
    at_bound = replaced(example, member, distinct_items(schema, bound))
    yield from edges.kept(path, f"at-{bound}", at_bound)
    values = schema.get("items", {}).get("enum", ())
    # A list of all the values that there are, one more than may be given: nobody
    # promises that it is too long, so what is judged is a list longer than that.
    contested = len(values) == bound + 1
    if contested:
        call = replaced(example, member, distinct_items(schema, bound + 1))
        yield from edges.case(path, f"beyond-{bound + 1}", Expect.ANYTHING, call, at_bound)
    first = bound + 2 if contested else bound + 1
    for count in (first, bound * 5):
        call = replaced(example, member, distinct_items(schema, count))
        yield from edges.case(path, f"beyond-{count}", Expect.REFUSED, call, at_bound)


def _unpromised(edges: Edges, member: str, schema: Schema) -> Iterator[Case]:
    example = example_with(edges.operation, member)
    values: Mapping[str, Any] = {
        "empty": [] if schema.get("type") == "array" else "",
        "null": None,
        "long": "a" * 3000,
        "unicode": "Zürich Łódź 東京 📞",
        "control": "a\x00b\x1f\x7f",
        "quote": 'O\'Fallon "quoted" <b>&amp; 100% \\',
    }
    for edge, value in values.items():
        call = replaced(example, member, value)
        if value is None:
            call = Call(
                base=example.base, set=example.set, alteration=Alteration(members={member: None})
            )
        yield from edges.case(f"request/{member}/{edge}", "sent", Expect.ANYTHING, call)
    unescaped = replaced(example, member, "Zürich 東京")
    if schema.get("location") == "body" and schema.get("type") == "string":
        raw = replace(unescaped, alteration=Alteration(unescaped=True))
        yield from edges.case(f"request/{member}/unicode", "unescaped", Expect.ANYTHING, raw)
    twice = Call(base=example.base, set=example.set, alteration=Alteration(repeated=(member,)))
    yield from edges.case(f"request/{member}/repeated", "sent", Expect.ANYTHING, twice)


_FAMILIES: tuple[Callable[[Edges, str, Schema], Iterator[Case]], ...] = (
    _bounds,
    _lengths,
    _pattern,
    _enum,
    _items,
    _unpromised,
)
