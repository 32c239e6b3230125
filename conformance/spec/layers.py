"""One description of an operation out of its layers: the SDK's model below, a page above it.

Each layer adds to the one below it, or corrects it; nothing is dropped. A member is the same one
in both where it has the same name, of its own or on the wire. Where page and model state different
things, the more recent reading counts: that is the page's, unless the model has members or values
that the page lacks, which only an older page does. A document with a hand-written part was read by
a person: of the model it takes the members and bounds of requests that it lacks, and what a call
on the wire takes, and nothing for responses. It must not know where either layer was read from.
"""

import hashlib
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.spec.levels import SourceKind
from conformance.spec.operation import Http, Operation, Pagination, Schema
from conformance.spec.values import paths

#: The keywords of which both layers may have their own.
CONSTRAINTS = (
    *("enum", "pattern", "minLength", "maxLength", "minimum", "maximum"),
    *("minItems", "maxItems", "minProperties", "maxProperties"),
)
#: What a page does not print of a member's place on the wire.
_ON_THE_WIRE = ("flattened", "xmlAttribute", "jsonvalue", "xmlNamespace", "contentEncoding")
#: The keywords that are made of both; all others are the model's, where a page was not read.
_MERGED = frozenset(
    {
        *CONSTRAINTS,
        *("type", "format", "location", "wireName", "section", "required", "properties"),
        *("items", "additionalProperties", "propertyNames"),
    }
)
_NUMBERS = frozenset({"integer", "number"})
#: Notes each schema that both layers have: its clause path, the page's, the model's.
Notes = Callable[[str, Schema, Schema], None]


def by_wire_name(members: Mapping[str, Schema]) -> dict[str, tuple[str, Schema]]:
    """The members, each with its name, by their names on the wire and by their own."""
    own = {name: (name, inner) for name, inner in members.items()}
    return own | {inner.get("wireName", name): (name, inner) for name, inner in members.items()}


def counterpart(name: str, schema: Schema, known: Mapping[str, Schema]) -> str | None:
    """The SDK's name of a page's member; ``None`` for a member that the SDK does not have."""
    if name in known:
        return name
    wires = by_wire_name(known)
    found = wires.get(schema.get("wireName", name)) or wires.get(name)
    return found[0] if found else None


def is_older(page: Operation, model: Operation) -> bool:
    """Whether a page is older than the SDK's model: it lacks members or values of it."""
    sides = ((page.request, model.request), (page.response, model.response))
    return any(_lacks(shown, known) for shown, known in sides)


def _lacks(shown: Schema, known: Schema) -> bool:
    members = known["properties"]
    found = {counterpart(name, one, members): one for name, one in shown["properties"].items()}
    if members.keys() - found.keys():
        return True
    values = ((one.get("enum"), members[name].get("enum")) for name, one in found.items() if name)
    return any(less and more and set(less) < set(more) for less, more in values)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Merger:
    """How two schemas become one: which reading counts, and what of the model is taken."""

    older: bool
    types: bool
    bounds: bool
    rename: bool
    requires: bool = True
    notes: Notes = lambda _path, _page, _model: None

    def members(self, page: Schema, model: Schema, path: str, section: str) -> dict[str, Any]:
        """A structure's schema with the members of both, the page's first."""
        known = model.get("properties", {})
        names: dict[str, str] = {}
        merged: dict[str, Any] = {}
        met_names: set[str | None] = set()
        for name, inner in page.get("properties", {}).items():
            met = counterpart(name, inner, known)
            met_names.add(met)
            called = met if met and self.rename else name
            here = f"{path}/{called}" if path else called
            names[name] = called
            merged[called] = self._member(called, inner, met, known, here) if met else inner
        for name, inner in known.items():
            if name not in met_names:
                merged[name] = {**inner, "section": section} if section else inner
        shown = [names[name] for name in page.get("required", ())]
        found = {**model, **page, "properties": merged}
        found.pop("required", None)
        if required := self._required(shown, list(model.get("required", ())), met_names, known):
            found["required"] = [name for name in required if name in merged]
        return found

    def _required(
        self, shown: list[str], stated: list[str], met: Container[str | None], known: Container[str]
    ) -> list[str]:
        """The members that are required: a page prints it of those that it has in requests."""
        if not self.requires:
            return list(dict.fromkeys([*shown, *stated]))
        if self.older:
            return [*(name for name in shown if name not in known), *stated]
        return [*shown, *(name for name in stated if name not in met)]

    def _member(
        self, called: str, page: Schema, name: str, known: Mapping[str, Schema], path: str
    ) -> dict[str, Any]:
        """A member that both have: on the wire it is called as the SDK calls it."""
        found = self.value(page, known[name], path)
        wire = known[name].get("wireName", name)
        if wire != called:
            found["wireName"] = wire
        return found

    def value(self, page: Schema, model: Schema, path: str) -> dict[str, Any]:
        """One schema of two."""
        self.notes(path, page, model)
        kinds = page.get("type"), model.get("type")
        same = kinds[0] == kinds[1] or (kinds[0] in _NUMBERS and kinds[1] in _NUMBERS)
        if not same and "type" in page and not self.types:
            return dict(page)
        first, second = (dict(page), dict(model)) if same or "type" not in page else ({}, model)
        found: dict[str, Any] = {
            **{key: model[key] for key in _ON_THE_WIRE if key in model},
            **{key: page[key] for key in ("section",) if key in page},
        }
        if "location" in model or "location" in page:
            found["location"] = model.get("location", page.get("location"))
        if "wireName" in model:
            found["wireName"] = model["wireName"]
        if self.types:
            found |= {key: one for key, one in model.items() if key not in _MERGED}
        typed = model if self.types or "type" not in page else page
        found |= {key: typed[key] for key in ("type", "format") if key in typed}
        for keyword in CONSTRAINTS:
            readings = (second, first) if self.older else (first, second)
            if not self.bounds:
                readings = (first, {})
            stated = [one[keyword] for one in readings if keyword in one]
            if stated:
                found[keyword] = stated[0]
        for key, segment in (("items", "item"), ("additionalProperties", "value")):
            found |= self._inside(first, second, key, f"{path}/{segment}")
        found |= self._inside(first, second, "propertyNames", f"{path}/key")
        cut = self.types and not {"properties", "additionalProperties"} & second.keys()
        if "properties" in second or ("properties" in first and not cut):
            # what the model's budget leaves out has no members: XML does not tell lists from others
            inner = replace(self, requires=False).members(first, second, path, "")
            found["properties"] = inner["properties"]
            if "required" in inner:
                found["required"] = inner["required"]
        return found

    def _inside(self, page: Schema, model: Schema, key: str, path: str) -> dict[str, Any]:
        shown, known = page.get(key), model.get(key)
        if isinstance(shown, Mapping) and isinstance(known, Mapping):
            return {key: self.value(shown, known, path)}
        one = shown if shown is not None else known
        return {} if one is None else {key: one}


def _mergers(page: Operation, model: Operation, notes: Notes | None) -> tuple[_Merger, _Merger]:
    """How requests become one, and how responses do."""
    written = SourceKind.PAGE in page.sources
    older = not written and is_older(page, model)
    extra: dict[str, Any] = {"notes": notes} if notes else {}
    asked = _Merger(older=older, types=not written, bounds=True, rename=not written, **extra)
    return asked, replace(asked, bounds=not written, requires=False)


def readings(page: Operation, model: Operation) -> dict[str, tuple[Schema, Schema]]:
    """What page and model say of each schema that both have, by its path: ``request/Name/item``."""
    found: dict[str, tuple[Schema, Schema]] = {}
    for part in ("request", "response"):

        def note(path: str, shown: Schema, known: Schema, part: str = part) -> None:
            found[f"{part}/{path}"] = (shown, known)

        mergers = _mergers(page, model, note)
        merger = mergers[0] if part == "request" else mergers[1]
        merger.members(getattr(page, part), getattr(model, part), "", "")
    return found


def layered(page: Operation, model: Operation) -> Operation:
    """A documented operation above the SDK's model of it."""
    written = SourceKind.PAGE in page.sources
    ask, answer = _mergers(page, model, None)
    place = f"{model.page}, {model.name}"
    request = ask.members(page.request, model.request, "", f"{place}, input")
    response = answer.members(page.response, model.response, "", f"{place}, output")
    errors, codes = _errors(page, model)
    described: dict[str, Any] = {
        "http": _http(page, model, written=written),
        "request": request,
        "response": response,
        "errors": errors,
        "error_codes": {**codes, **page.error_codes},
        "pagination": _pagination(page, model, written=written),
    }
    if written:
        return replace(
            page,
            **described,
            protocol=model.protocol,
            wire=model.wire,
            left_out=model.left_out,
            untriable=model.untriable,
            idempotent=model.idempotent,
            readonly=page.readonly or model.readonly,
        )
    joined = hashlib.sha256(f"{page.digest}\n{model.digest}".encode()).hexdigest()
    return replace(
        model,
        **described,
        page=page.page,
        sources=page.sources | model.sources,
        literals=page.literals,
        digest=f"sha256:{joined}",
    )


def _http(page: Operation, model: Operation, *, written: bool) -> Http:
    """The page's request line, where it prints one; the names of labels are the SDK's."""
    if page.sources == model.sources or page.http.path == model.http.path == "/":
        return model.http
    if written:
        return page.http
    return replace(model.http, status=page.http.status, states_status=page.http.states_status)


def _errors(
    page: Operation, model: Operation
) -> tuple[dict[str, int | None], dict[str, tuple[str, ...]]]:
    """Errors of both by the SDK's names; a page may call them by their codes."""
    named = {code: name for name, codes in model.error_codes.items() for code in codes}
    shown = {named.get(name, name): status for name, status in page.errors.items()}
    return {**model.errors, **shown}, dict(model.error_codes)


def _pagination(page: Operation, model: Operation, *, written: bool) -> Pagination | None:
    """How the listing is paged: the SDK knows; a page is read for the names of tokens."""
    if page.pagination is None or (model.pagination is not None and not written):
        return model.pagination
    if written:
        return page.pagination
    asked, answered = model.request["properties"], model.response["properties"]

    def renamed(name: str, shown: Schema, known: Mapping[str, Schema]) -> str:
        return counterpart(name, shown["properties"].get(name, {}), known) or name

    paging = page.pagination
    return replace(
        paging,
        input_token=renamed(paging.input_token, page.request, asked),
        output_token=renamed(paging.output_token, page.response, answered),
        limit=paging.limit and renamed(paging.limit, page.request, asked),
        items=renamed(paging.items, page.response, answered),
    )


def counting(page: Operation, model: Operation) -> str:
    """Whose reading counts where both have one: ``page`` or ``model``."""
    written = SourceKind.PAGE in page.sources
    return "model" if not written and is_older(page, model) else "page"


def stated(page: Operation, model: Operation, path: str) -> Iterator[tuple[str, str]]:
    """What each layer says of a clause, as (source, words), by the clause's path."""
    part, _, rest = path.partition("/")
    where, _, keyword = rest.rpartition("/")
    layers = (("page", page), ("model", model))
    if part == "errors":
        name = rest.partition("/")[0]
        yield from (
            (source, f"{name} has status {one.errors[name]}" if one.errors[name] else name)
            for source, one in layers
            if name in one.errors
        )
    elif keyword == "required" and part == "request":
        yield from _required_in(layers, where)
    else:
        both = readings(page, model).get(f"{part}/{where}")
        found = zip(("page", "model"), both, strict=True) if both else _alone(layers, part, where)
        yield from ((name, f"{keyword} {one[keyword]}") for name, one in found if keyword in one)


Layers = tuple[tuple[str, Operation], ...]


def _required_in(layers: Layers, path: str) -> Iterator[tuple[str, str]]:
    """Which layers require a member of the request; of nested ones only models say so."""
    for source, one in layers:
        parent, _, name = path.rpartition("/")
        schema = one.request_paths[parent][1] if parent in one.request_paths else one.request
        if name in schema.get("required", ()):
            yield source, "required"
        elif name in schema.get("properties", {}):
            yield source, "not required"


def _alone(layers: Layers, part: str, path: str) -> Iterator[tuple[str, Schema]]:
    """The schema at a path in each layer that has one there."""
    for source, one in layers:
        for known, _, schema in paths(getattr(one, part)):
            if known == path:
                yield source, schema
