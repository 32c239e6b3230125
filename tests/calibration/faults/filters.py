"""Faults derived from filters: not applied, applied to some pages or values, or inverted."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from calibration import mutations
from calibration.mutations import HandlerEdit, Level, table
from conformance.reference import chime
from conformance.reference.contract import Item, Operation, Params, World
from conformance.reference.paging import Position
from conformance.reference.pipeline import Behaviour, Handler

Spec = tuple[str, HandlerEdit, str, Level]


def without_filter(name: str) -> HandlerEdit:
    """A filter that filters nothing."""
    return table(lambda operation: unfiltered(operation, name))


def unfiltered(operation: Operation, *names: str) -> Operation:
    """The operation without these filters."""
    filters = {name: keep for name, keep in operation.filters.items() if name not in names}
    return replace(operation, filters=filters)


def selecting_with(change: Callable[[Operation, Params, Position], Operation]) -> HandlerEdit:
    """Select with other filters, depending on what was asked and on which page this is."""

    def edit(handler: Handler) -> Handler:
        def select(
            operation: Operation, params: Params, position: Position, world: World
        ) -> Sequence[Item]:
            changed = change(operation, params, position)
            return handler.select(changed, params, position, world)

        return replace(handler, select=select)

    return edit


def asking_for(change: Callable[[Params], Params]) -> HandlerEdit:
    """Select for other parameters than those that were sent."""

    def edit(handler: Handler) -> Handler:
        def select(
            operation: Operation, params: Params, position: Position, world: World
        ) -> Sequence[Item]:
            return handler.select(operation, change(params), position, world)

        return replace(handler, select=select)

    return edit


def _first_page_only(name: str) -> HandlerEdit:
    return selecting_with(
        lambda operation, _, position: unfiltered(operation, name) if position.offset else operation
    )


def _inverted(name: str) -> HandlerEdit:
    def edit(operation: Operation) -> Operation:
        keep = operation.filters[name]
        filters = {**operation.filters, name: lambda item, params: not keep(item, params)}
        return replace(operation, filters=filters)

    return table(edit)


def _first_value_only(name: str) -> HandlerEdit:
    return asking_for(
        lambda params: {**params, name: params[name][:1]} if params.get(name) else params
    )


def _intersection(name: str) -> HandlerEdit:
    """Several values ask for numbers that have all of them at once."""

    def edit(operation: Operation) -> Operation:
        keep = operation.filters[name]

        def all_at_once(item: Item, params: Params) -> bool:
            return all(keep(item, {**params, name: [value]}) for value in params[name])

        return replace(operation, filters={**operation.filters, name: all_at_once})

    return table(edit)


def _filter_level(name: str) -> Level:
    if name in ("City", "State"):  # a number does not show where it is
        return "observe"
    return "must" if name in ("InstanceId", "TargetArn") else "should"


def _filters(operation: Operation) -> Iterator[Spec]:
    if operation.listing is None:
        return
    for name in operation.filters:
        at, level = f"request/{name}/filter", _filter_level(name)
        yield f"{at}:ignored", without_filter(name), f"{name} filters nothing.", level
        text = f"{name} filters only the first page."
        yield f"{at}:first-page-only", _first_page_only(name), text, level
        yield f"{at}:inverted", _inverted(name), f"{name} keeps what it should leave out.", level
        if operation.members[name].type == "list":
            text = f"Of several values of {name} only the first counts."
            yield f"{at}:first-value-only", _first_value_only(name), text, level
            text = f"Several values of {name} mean their intersection."
            yield f"{at}:intersection", _intersection(name), text, level


def _ignored_filter_name(wanted: str) -> HandlerEdit:
    return selecting_with(
        lambda operation, params, _: (
            unfiltered(operation, "FilterName") if params.get("FilterName") == wanted else operation
        )
    )


def _any_name(item: Item, params: Params) -> bool:
    return any(held["Value"] == params["FilterValue"] for held in item["Associations"])


def _any_value(item: Item, params: Params) -> bool:
    return any(held["Name"] == params["FilterName"] for held in item["Associations"])


def _filter_edit(name: str, keep: Callable[[Item, Params], bool]) -> HandlerEdit:
    return table(lambda op: replace(op, filters={**op.filters, name: keep}))


def _list_filters() -> Iterator[Spec]:
    for name in chime.FILTER_NAMES:
        at = f"request/FilterName/filter:ignores-{name}"
        yield at, _ignored_filter_name(name), f"The filter {name} filters nothing.", "should"
    at = "request/FilterValue/filter"
    text = "FilterName alone counts: whatever has such an association is listed."
    yield f"{at}:ignored", _filter_edit("FilterName", _any_value), text, "should"
    text = "FilterValue alone counts, whatever the association is called."
    yield f"{at}:any-name", _filter_edit("FilterName", _any_name), text, "should"


def derive() -> Iterator[mutations.Spec]:
    """Every fault that the filters suggest."""
    for handler in Behaviour().handlers.values():
        operation = handler.operation
        more = _list_filters() if operation.id == chime.LIST.id else ()
        for one in (*more, *_filters(operation)):
            yield operation.id, *one


FAULTS = mutations.faults(derive(), "derived")
