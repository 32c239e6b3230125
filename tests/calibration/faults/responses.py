"""Faults derived from the response tables: a member missing, mistyped, or misnamed everywhere."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from calibration.mutations import Fault, HandlerEdit, Level, on
from conformance.reference.contract import Item, Json, Operation
from conformance.reference.pipeline import Behaviour, Handler

Path = tuple[str, ...]
ITEM = "item"

# No sample of the pages shows Country; to omit it is a dialect.
_MAY_LACK = frozenset({"Country"})
# Members that not every item has.
_OPTIONAL = frozenset(
    {
        "CallingName",
        "DeletionTimestamp",
        "InstanceId",
        "PhoneNumberDescription",
        "SourcePhoneNumberArn",
    }
)


def paths(shape: Json, at: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Each member of a response syntax with its type; list items are ``item``."""
    if isinstance(shape, list):
        yield from paths(shape[0], (*at, ITEM))
    elif isinstance(shape, dict):
        for name, inner in shape.items():
            yield (*at, name), inner
            yield from paths(inner, (*at, name))


def altered(value: Json, path: Path, change: Callable[[dict[str, Json], str], None]) -> Json:
    """A copy of a body in which each object that may hold the last step of a path is changed."""
    step, *rest = path
    if step == ITEM:
        if not isinstance(value, list):
            return value
        return [altered(element, tuple(rest), change) for element in value]
    if not isinstance(value, dict):
        return value
    copy = dict(value)
    if rest:
        if step in copy:
            copy[step] = altered(copy[step], tuple(rest), change)
    elif step in copy:
        change(copy, step)
    return copy


def altering(path: Path, change: Callable[[dict[str, Json], str], None]) -> HandlerEdit:
    """Change the objects that hold a member, in every successful answer."""

    def edit(handler: Handler) -> Handler:
        def shape(operation: Operation, items: Sequence[Item], token: str | None) -> Json:
            return altered(handler.shape(operation, items, token), path, change)

        return replace(handler, shape=shape)

    return edit


def _drop(holder: dict[str, Json], name: str) -> None:
    del holder[name]


def mistype(value: Json) -> Json:
    """The same thing with another JSON type; null stays null."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return 12065550100
        case list():
            return {"member": value}
        case dict():
            return [value]
        case _:
            return value


def _mistype(holder: dict[str, Json], name: str) -> None:
    holder[name] = mistype(holder[name])


def respelled(name: str) -> str:
    """The name in another convention: camelCase."""
    return name[0].lower() + name[1:]


def _respell(holder: dict[str, Json], name: str) -> None:
    holder[respelled(name)] = holder.pop(name)


def _undate(holder: dict[str, Json], name: str) -> None:
    if holder[name] is not None:
        holder[name] = "yesterday"


_MUTATIONS: dict[str, tuple[Callable[[dict[str, Json], str], None], str]] = {
    "missing": (_drop, "{} is missing from every answer."),
    "mistyped": (_mistype, "{} has another JSON type."),
    "misnamed": (_respell, "{} begins with a small letter."),
    "undated": (_undate, "{} names no moment."),
}


def _level(path: Path, mutation: str) -> Level:
    if mutation == "mistyped" or path == ("NextToken",) or len(path) == 1:
        return "must"
    return "observe" if path[-1] in _OPTIONAL else "should"


def derive() -> Iterator[Fault]:
    """Every fault that the response tables suggest."""
    for handler in Behaviour().handlers.values():
        operation = handler.operation
        for path, _ in paths(operation.response):
            for mutation, (change, text) in _MUTATIONS.items():
                if path[-1] in _MAY_LACK and mutation != "mistyped":
                    continue
                if mutation == "undated" and not path[-1].endswith("Timestamp"):
                    continue
                yield Fault(
                    name=f"{operation.id}/response/{'/'.join(path)}:{mutation}",
                    description=text.format(".".join(p for p in path if p != ITEM)),
                    operations=frozenset({operation.id}),
                    edit=on(operation.id, altering(path, change)),
                    family="derived",
                    level=_level(path, mutation),
                )


FAULTS = tuple(derive())
