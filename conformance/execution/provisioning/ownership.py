"""What of a provisioning file is the run's own: an undo names nothing else.

A text with ``${unique}`` is this run's alone, and so is the answer of a step that makes something
of its own. What a step only reads, and what it asks for by a name that another may have chosen,
may have been there before. Nothing is sent here.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.errors import DocumentError
from conformance.execution.provisioning.templating import is_answer
from conformance.spec.operation import Operation, Params, Schema

#: A text that holds this names something of one run.
UNIQUE = "${unique}"
_NUMBER = "${number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One value of a call that may name something: a text, or what an earlier ``answer`` holds.

    ``member`` is the request's member that it is in; ``listed`` says that the operation lists the
    text among the values of its member, so that it names nothing.
    """

    member: str
    text: str = ""
    answer: str = ""
    listed: bool = False

    def is_of_run(self, own: Collection[str]) -> bool:
        """Whether it names something of this run; ``own`` are the steps that make such things."""
        return self.answer in own if self.answer else UNIQUE in self.text


def named(operation: Operation, params: Params) -> Iterator[Named]:
    """Every value of a call's parameters that may name something, keys of maps included."""
    for member, value in params.items():
        yield from _named(member, value, operation.members[member])


def _named(member: str, value: Any, schema: Schema) -> Iterator[Named]:
    if isinstance(value, str):
        yield Named(member=member, text=value, listed=value in schema.get("enum", ()))
    elif isinstance(value, list):
        for item in value:
            yield from _named(member, item, schema.get("items", {}))
    elif isinstance(value, Mapping) and is_answer(value):
        yield Named(member=member, answer=value["answer"])
    elif isinstance(value, Mapping) and value.keys() == {"text"}:
        yield Named(member=member, text=value["text"])
    elif isinstance(value, Mapping) and value.keys() <= {"json", "join"}:
        for inner in value.values():
            yield from _named(member, inner, {})
    elif isinstance(value, Mapping) and not value.keys() <= {"zip", "now"}:
        known = schema.get("properties", {})
        for key, inner in value.items():
            if key not in known:
                yield Named(member=member, text=key)
            yield from _named(member, inner, known.get(key, schema.get("additionalProperties", {})))


def may_be(template: str, text: str) -> bool:
    """Whether some repetition of a template is such a text."""
    numbered = re.escape(template).replace(re.escape(_NUMBER), r"\d+")
    return template == text or re.fullmatch(numbered, text) is not None


def makes_own(operation: Operation, params: Params, own: Collection[str]) -> bool:
    """Whether what a call makes is of this run.

    It is where the call names something of the run, or where the operation requires no name: then
    the target chooses one.
    """
    if operation.readonly:
        return False
    values = list(named(operation, params))
    if any(one.is_of_run(own) for one in values):
        return True
    return all(one.listed or one.member not in operation.required for one in values)


def require_own(
    step: str, made: Collection[Named], undo: tuple[Operation, Params], own: Collection[str]
) -> None:
    """Raise :class:`DocumentError` where an undo may take down what this run has not made.

    ``made`` is what the step's own call names: inside of what was there already, a step may make
    things that are called by the run.
    """
    operation, params = undo
    if operation.readonly:
        return
    sent = {one.text for one in made if one.text}
    counts = False
    for one in named(operation, params):
        if one.is_of_run(own):
            # a token makes a call one of its own, and names nothing
            counts = counts or not one.member.lower().endswith("token")
        elif one.answer:
            raise DocumentError(
                f"the undo of {step!r} names what {one.answer!r} found, which may have been there "
                f"before; that step has to make something, with {UNIQUE} in its name."
            )
        elif not one.listed and one.text not in sent:
            raise DocumentError(
                f"the undo of {step!r} names {one.text!r}, which this run does not make; name it "
                f"by {UNIQUE} or by the answer of a step."
            )
    if not counts:
        raise DocumentError(
            f"the undo of {step!r} names nothing that only this run can have made; use {UNIQUE} "
            "in its name, or the answer of a step."
        )
