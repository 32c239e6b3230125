"""Lifecycles by hand: ``schemas/resources/SERVICE.toml`` says what the models' names do not.

An entry names a resource by its noun. What it states takes the place of what is derived; the rest
stays, so that an entry may be one line. Nothing is sent.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

from jsonschema import Draft202012Validator

from conformance.errors import DocumentError
from conformance.spec import reading
from conformance.spec.files import folder
from conformance.spec.lifecycles.lifecycle import Action, Binding, Lifecycle, Origin, Tagging

#: ``request Path``, ``response [Path]``, ``read Path?``: a list of one, and what may be absent.
_BINDING = re.compile(r"(request|response|read) (\[)?([^\[\]?]+(?:\[\d*\][^\[\]?]*)*)(?(2)\])(\?)?")
#: What of a lifecycle an entry may take the place of, by the words for what is missing of it.
_PARTS = {"read": "no reader", "listing": "no listing", "delete": "no deletion"}

Entry = Mapping[str, Any]


@lru_cache(maxsize=1)
def _format() -> Draft202012Validator:
    return Draft202012Validator(reading.read_json(folder("schemas") / "resources.schema.json"))


def entries(service: str) -> list[Entry]:
    """What is written of a service's resources. Raises :class:`DocumentError`."""
    path = folder("schemas") / "resources" / f"{service}.toml"
    if not path.exists():
        return []
    document = reading.read_toml(path)
    problem = next(iter(_format().iter_errors(document)), None)
    if problem is not None:
        raise DocumentError(f"{path} is broken at {problem.json_path}: {problem.message[:200]}.")
    return list(document["resources"])


def completed(service: str, derived: Iterable[Lifecycle]) -> list[Lifecycle]:
    """The resources of a service: those derived, and those written, of which what is written
    counts.
    """
    found = {one.noun: one for one in derived}
    for entry in entries(service):
        noun = entry["noun"]
        known = found.get(noun)
        if known is None:
            create = _action(service, entry["create"], None)
            known = Lifecycle(service=service, noun=noun, source="hand", create=create)
        found[noun] = _merged(known, entry)
    return list(found.values())


def _merged(known: Lifecycle, entry: Entry) -> Lifecycle:
    service = known.service
    parts: dict[str, Any] = {
        name: _action(service, entry[name], getattr(known, name))
        for name in ("create", *_PARTS)
        if name in entry
    }
    if "updates" in entry:
        by_name = {one.operation: one for one in known.updates}
        for written in entry["updates"]:
            action = _action(service, written, by_name.get(f"{service}:{written['call']}"))
            by_name[action.operation] = action
        parts["updates"] = tuple(by_name.values())
    if "tagging" in entry:
        parts["tagging"] = _tagging(service, entry["tagging"], known.tagging)
    plain = {name: entry[name] for name in ("name", "token", "ready", "gone") if name in entry}
    settled = {_PARTS.get(name, "no tagging") for name in parts}
    missing = tuple(one for one in known.missing if one.split(":")[0] not in settled)
    values = entry.get("values", {})
    return replace(known, source="hand", values=values, missing=missing, **parts, **plain)


def _action(service: str, written: Entry, known: Action | None) -> Action:
    """An action as it is written; of the same operation what is not written stays."""
    operation = f"{service}:{written['call']}"
    start = known if known and known.operation == operation else Action(operation=operation)
    parts: dict[str, Any] = {name: written[name] for name in ("shown", "params") if name in written}
    parts |= {
        name: {**getattr(start, name), **written[name]}
        for name in ("places", "given")
        if name in written
    }
    parts |= {
        name: tuple(_binding(member, text) for member, text in written[name].items())
        for name in ("bindings", "identity")
        if name in written
    }
    return replace(start, **parts)


def _binding(member: str, text: str) -> Binding:
    found = _BINDING.fullmatch(text)
    if found is None:
        raise DocumentError(f"{text!r} does not say where {member} comes from.")
    return Binding(
        member=member,
        origin=cast(Origin, found[1]),
        path=found[3],
        is_list=found[2] is not None,
        optional=found[4] is not None,
    )


def _tagging(service: str, written: Entry, known: Tagging | None) -> Tagging:
    parts: dict[str, Any] = {
        name: _action(service, value, getattr(known, name, None))
        if name in {"add", "remove", "listed"}
        else value
        for name, value in written.items()
    }
    start = known or Tagging(add=None, remove=None, listed=None, tags="", keys="", shape="list")
    return replace(start, **parts)
