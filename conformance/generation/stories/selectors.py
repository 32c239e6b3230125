"""By what a listing can be asked for some of what there is: its filters and selecting members.

Everything follows from an operation's request and from what its items show: a filter of the name
of a member selects by it. Names of filters are those that the model or its documentation lists.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.generation.stories.story import TAGS, Relation, Selector
from conformance.spec.lifecycles.lifecycle import Action, CreatedWithin
from conformance.spec.lifecycles.members import joined
from conformance.spec.lifecycles.names import folded, is_tags, nouns, one_of
from conformance.spec.operation import Operation, Schema

#: What the members of a filter are called: its name, and the values that it is asked for.
_NAMES = frozenset({"name", "key", "filterkey"})
_VALUES = frozenset({"values", "filtervalues"})
#: A filter's name that patterns write out, and what they write for any tag.
_PLAIN = re.compile(r"[A-Za-z][\w.-]*")
_ANY_TAG = frozenset({"tag:.+", "tag:.*", "tag:"})
#: Filters that find by the key of a tag alone, and by its value alone.
_OF_TAGS = frozenset({"tagkey", "tagvalue"})
#: How members end that select by the beginning of a text, or by a part of it.
_BEGINNING = re.compile(r"(prefix|beginswith|startswith)$")
_PART = re.compile(r"contains$")
#: Members of listings that select nothing: they say where to begin, or in which order.
_ORDERING = re.compile(
    r"^(start|exclusive|after|before|from|next|marker|sort|order|max|page|limit)"
)
#: What members carry that select by the member of an item before it: ``nameQuery``.
_SELECTING = re.compile(r"(filter|query)$")
_SCALARS = frozenset({"string", "boolean", "integer"})
#: What names of lists end with.
_LISTS = ("", "s", "es", "set", "list")


def selectors(operation: Operation, listing: Action) -> tuple[Selector, ...]:
    """Every filter and selecting member of a listing, in the order of its request."""
    item = schema_at(operation.response, listing.shown)
    taken = {one.member for one in listing.bindings if not one.optional} | listing.params.keys()
    pages = operation.pagination
    if pages is not None:
        taken |= {pages.input_token, pages.limit or ""}
    found = [
        one
        for member, schema in operation.members.items()
        if member not in taken | operation.required and not _ORDERING.search(folded(member))
        for one in _of_member(operation, member, schema, item, listing)
    ]
    # what it is asked for anyway is not asked for by another member beside that
    asked = {folded(binding.member): binding.member for binding in listing.bindings}
    found = [
        one
        for one in found
        if asked.get(folded(one.place.rpartition(".")[2]), one.member) == one.member
    ]
    found += _of_times(operation, listing.created)
    return tuple({one.name: one for one in reversed(found)}.values())[::-1]


def _of_member(
    operation: Operation, member: str, schema: Schema, item: Schema, listing: Action
) -> Iterator[Selector]:
    items = schema.get("items", {})
    if "properties" in items:
        yield from _filters(member, schema, item)
    elif is_tags(member):
        return
    elif schema.get("type") == "string":
        yield from _of_text(member, schema, item, listing)
    elif items.get("type") == "string":
        place = _namesake(one_of(member), item, listing)
        if place is not None and _is_text(schema_at(item, place)):
            yield Selector(name=member, member=member, place=place, schema=items, several=True)


def _of_times(operation: Operation, created: CreatedWithin | None) -> Iterator[Selector]:
    """The members that ask for what was created after a moment, and before one."""
    if created is None:
        return
    asked: Mapping[Relation, str] = {"since": created.since, "until": created.until}
    for relation, member in asked.items():
        schema = operation.members.get(member, {})
        if schema.get("format") in {"epoch-seconds", "date-time"}:
            yield Selector(
                name=member, member=member, place=created.place, schema=schema, relation=relation
            )


# ------------------------------------------------------------ filters by names


def _filters(member: str, schema: Schema, item: Schema) -> Iterator[Selector]:
    """The filters of a list of pairs of a name with values."""
    parts = schema["items"]["properties"]
    key = [name for name in parts if folded(name) in _NAMES]
    values = [name for name in parts if folded(name) in _VALUES]
    if len(key) != 1 or len(values) != 1:
        return
    wanted = parts[values[0]].get("items", {})
    further = set(schema["items"].get("required", ())) - {key[0], values[0]}
    if further or wanted.get("type") != "string":
        return
    many = min(int(parts[values[0]].get("maxItems", 2)), int(schema.get("maxItems", 2)))
    for name in _filter_names(parts[key[0]]):
        place = _place(name.split("."), item)
        tag = name in _ANY_TAG or folded(name) in _OF_TAGS
        yield Selector(
            name=name.partition(":")[0],
            member=member,
            filter=f"tag:{next(iter(TAGS))}" if name in _ANY_TAG else name,
            place="" if tag or place is None else place,
            relation="tag" if tag else "equals",
            schema=wanted,
            several=many > 1,
            parts=(key[0], values[0]),
        )


def _filter_names(schema: Schema) -> Iterator[str]:
    if "enum" in schema:
        yield from (one for one in schema["enum"] if _PLAIN.fullmatch(one) or one in _ANY_TAG)
        return
    pattern = schema.get("pattern", "")
    spelt = re.fullmatch(r"\^?\(?([^()^$]+)\)?\$?", pattern)
    names = [one.replace("\\", "") for one in spelt[1].split("|")] if spelt else []
    if len(names) > 1 and all(_PLAIN.fullmatch(one) or one in _ANY_TAG for one in names):
        yield from names


def _place(steps: list[str], schema: Schema) -> str | None:
    """Where an item shows what a filter's name says: ``attachment.device``."""
    if not steps:
        return "" if schema.get("type") in _SCALARS and "format" not in schema else None
    if schema.get("type") == "array":
        inner = _place(steps, schema.get("items", {}))
        return None if inner is None else f"[].{inner}".rstrip(".")
    wanted = folded(steps[0])
    for name, inner in schema.get("properties", {}).items():
        if folded(name) in {wanted, *_longer(wanted)} or _is_list_of(name, inner, wanted):
            if len(steps) == 1 and inner.get("type") == "array":
                further = "[]" if inner.get("items", {}).get("type") == "string" else None
            else:
                further = _place(steps[1:], inner)
            if further is not None:
                joint = "" if further.startswith("[") or not further else "."
                return f"{joined('', name)}{joint}{further}"
    return None


def _longer(wanted: str) -> Iterator[str]:
    """An id that is called an identifier: ``db-instance-id``."""
    if wanted.endswith("id"):
        yield f"{wanted}entifier"


def _is_list_of(name: str, schema: Schema, wanted: str) -> bool:
    return schema.get("type") == "array" and folded(name) in {wanted + end for end in _LISTS}


# ------------------------------------------------------------ members that select


def _of_text(member: str, schema: Schema, item: Schema, listing: Action) -> Iterator[Selector]:
    name = folded(member)
    relations: Mapping[Relation, re.Pattern[str]] = {"prefix": _BEGINNING, "contains": _PART}
    for relation, ending in relations.items():
        if found := ending.search(name):
            place = _namesake(name[: found.start()], item, listing)
            if place is not None and _is_text(schema_at(item, place)):
                yield Selector(
                    name=member, member=member, place=place, schema=schema, relation=relation
                )
            return
    place = _namesake(name, item, listing, exactly=True)
    if place is not None and _is_text(schema_at(item, place)):
        yield Selector(name=member, member=member, place=place, schema=schema)


def _namesake(name: str, item: Schema, listing: Action, *, exactly: bool = False) -> str | None:
    """The member of an item that a selecting member is named after."""
    wanted = folded(name)
    if item.get("type") == "string":
        return "@" if not exactly and wanted.endswith(("name", "arn", "url")) else None
    own = nouns(one_of(listing.shown.removesuffix("[]").rpartition(".")[2]))
    near = {wanted, _SELECTING.sub("", wanted), *(one + wanted for one in own)}
    if exactly:
        near = {wanted, _SELECTING.sub("", wanted)}
    known = {folded(one): one for one in item.get("properties", {})}
    return next((joined("", known[one]) for one in sorted(near & known.keys(), key=len)), None)


def _is_text(schema: Schema) -> bool:
    return schema.get("type") == "string" and "format" not in schema


# ------------------------------------------------------------ schemas


def schema_at(schema: Schema, path: str) -> Schema:
    """What a jmespath of names and lists leads to; an empty schema where it leads nowhere."""
    if path in {"", "@"}:
        return schema
    for step in path.split("."):
        name = step.replace("[]", "").replace("[0]", "").strip('"')
        inner: Any = schema.get("properties", {}).get(name, {}) if name else schema
        schema = inner
        for _ in range(step.count("[")):
            schema = schema.get("items", {})
    return schema
