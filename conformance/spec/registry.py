"""The one way to an operation: by its id, from a document or the SDK's model.

Documents are those of ``schemas/`` and of the user's own folders. A document lies above the model
of its operation. Nothing outside ``spec`` asks
``documents`` or ``sdk_models`` for an operation.
"""

import enum
import fnmatch
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from conformance.errors import UnknownNameError, UsageError
from conformance.protocols.table import PROTOCOLS
from conformance.spec.documents import documented, library, parse
from conformance.spec.layers import counting, stated
from conformance.spec.observed import layered
from conformance.spec.operation import Clause, Operation
from conformance.spec.sdk_models import loader as sdk_models
from conformance.spec.sdk_models.baseline import completed, modelled


class Registry(Mapping[str, Operation]):
    """Operations by their ids. Any that the SDK knows is found; the documented ones are iterated.

    ``protocol`` is the one to speak where a service answers several.
    """

    def __init__(self, protocol: str | None = None) -> None:
        self.protocol = protocol

    def find(self, name: str) -> Operation:
        """An operation by its id. Raises :class:`UnknownNameError` with the nearest name."""
        if not isinstance(name, str):
            raise UsageError(
                f"An operation is named by a text like 'kms:ListKeys', not by {name!r}."
            )
        known = documented()
        if name in known:
            return layered(completed(known[name], self._spoken(known[name].service)))
        if name in library().broken:
            raise library().broken[name]
        service, colon, operation = name.partition(":")
        if not colon:
            raise UnknownNameError("operation", name, known)
        return layered(sdk_models.operation(service, operation, self._spoken(service)))

    def changes(self, name: str) -> bool:
        """Whether an operation changes things, found out without describing it where that is known.

        Raises what :meth:`find` raises.
        """
        service, _, operation = name.partition(":")
        if name not in documented() and name not in library().broken:
            with suppress(UnknownNameError):
                return not sdk_models.is_reading(service, operation)
        return not self.find(name).readonly

    def formerly(self, name: str) -> Operation:
        """An operation of the SDK's model in a protocol that its service spoke once."""
        service, _, operation = name.partition(":")
        return sdk_models.operation(service, operation, self.protocol, former=True)

    def _spoken(self, service: str) -> str | None:
        """The wanted protocol; ``None`` where the service has only its own."""
        several = sdk_models.protocols(service) if service in sdk_models.services() else ()
        return self.protocol if len(several) > 1 else None

    def __getitem__(self, name: str) -> Operation:
        try:
            return self.find(name)
        except UsageError as error:
            raise KeyError(name) from error

    def __iter__(self) -> Iterator[str]:
        return iter(documented())

    def __len__(self) -> int:
        return len(documented())


@lru_cache(maxsize=8)
def registry(protocol: str | None = None) -> Registry:
    """The registry in which services that answer several protocols speak this one."""
    return Registry(protocol)


def model_of(service: str, operation: str) -> Operation:
    """An operation as the SDK's model alone describes it. Raises :class:`UsageError`."""
    return sdk_models.operation(service, operation)


def require_readable(document: Mapping[str, Any], path: Path) -> None:
    """Raises :class:`DocumentError` for a document that is none where it is to be written."""
    parse(document, name=str(path), root=path.parent.parent)


def origin(name: str) -> str:
    """Where an operation comes from: ``model``, ``document``, or the file of a user's own."""
    own = library().own.get(name)
    if own is not None:
        return str(own)
    return "document" if name in documented() else "model"


def sources(clause: Clause) -> tuple[tuple[str, str], ...]:
    """What each layer says of a clause, as (source, words), the lowest first.

    Where they differ, the words of the one that counts say so.
    """
    page = documented().get(clause.operation)
    if page is None:
        return ()
    model = modelled(page)
    if model is None:
        return ()
    found = list(stated(page, model, clause.path))
    if len({said for _, said in found}) < len(found) or len(found) < 2:
        return tuple(found)
    chosen = counting(page, model)
    return tuple((name, f"{said} (counts)" if name == chosen else said) for name, said in found)


def problems() -> tuple[str, ...]:
    """What is wrong with documents of a user's own, a sentence each; the others are usable."""
    return tuple(str(error) for error in library().broken.values())


def services() -> tuple[str, ...]:
    """The services of the SDK and of the documents, in alphabetical order."""
    return tuple(sorted({*sdk_models.services(), *(one.service for one in documented().values())}))


def operation_names(service: str) -> tuple[str, ...]:
    """The ids of all operations of a service, in alphabetical order, but for broken documents'."""
    found = {name for name, one in documented().items() if one.service == service}
    if service in sdk_models.services():
        found.update(sdk_models.names(service))
    return tuple(sorted(found - library().broken.keys()))


def protocols(service: str) -> tuple[str, ...]:
    """The protocols that a service answers, the SDK's first choice first; none if it is unknown."""
    return sdk_models.protocols(service) if service in sdk_models.services() else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The operations that some patterns choose.

    ``left_out`` are those that a ``*`` would have chosen as well but which are refused.
    """

    operations: tuple[Operation, ...]
    left_out: tuple[str, ...] = ()


#: Says why an operation is refused, as the rest of a sentence about it; empty for one that is not.
Refusal = Callable[[Operation], str]


_CHANGES = "changes things; give --mutating to try it all the same."


def unless_reading(operation: Operation) -> str:
    """Refuses what may change things."""
    return "" if operation.readonly else _CHANGES


def never(operation: Operation) -> str:
    """Refuses nothing."""
    del operation
    return ""


def any_name(name: str) -> bool:
    """Lets a pattern choose from all names."""
    del name
    return True


def is_pattern(text: str) -> bool:
    """Whether a text is a pattern, as :mod:`fnmatch` has them, and no plain name."""
    return any(char in text for char in "*?[")


class Scope(enum.StrEnum):
    """Which operations a pattern may name: the documented ones first, or all of the SDK."""

    DOCUMENTED = "documented"
    SDK = "sdk"


def matching(pattern: str, scope: Scope = Scope.DOCUMENTED) -> tuple[str, ...]:
    """The ids that a ``service:Operation`` pattern names, ``*`` allowed: documented ones, if any.

    With the scope ``sdk`` documents hide no other operation. A user's own documents of a service
    never do. Raises :class:`UnknownNameError` for a pattern that matches none.
    """
    if pattern in library().broken:
        raise library().broken[pattern]
    if scope is Scope.SDK:
        return _of_sdk(pattern)
    documents = [name for name in documented() if fnmatch.fnmatchcase(name, pattern)]
    service, _, rest = pattern.partition(":")
    known_service = rest and service in sdk_models.services()
    if documents and not (known_service and library().own.keys() >= set(documents)):
        return tuple(documents)
    if not rest or is_pattern(service):
        whole = [f"{pattern}:*"] if pattern in sdk_models.services() else []
        raise UnknownNameError("documented operation", pattern, [*documented(), *whole])
    known = operation_names(service) or sdk_models.names(service)
    found = tuple(name for name in known if fnmatch.fnmatchcase(name, pattern))
    if not found:
        raise UnknownNameError("operation", pattern, known)
    return found


def _of_sdk(pattern: str) -> tuple[str, ...]:
    """The ids of all services, documented or not, that match; a bare ``*`` matches every one."""
    wanted = pattern.partition(":")[0]
    concerned = [one for one in services() if fnmatch.fnmatchcase(one, wanted)]
    if not concerned:
        raise UnknownNameError("service", wanted, services())
    known = [name for one in concerned for name in operation_names(one)]
    found = tuple(name for name in known if fnmatch.fnmatchcase(name, pattern))
    if not found:
        raise UnknownNameError("operation", pattern, known)
    return found


def select(
    patterns: Sequence[str] = ("*",),
    *,
    protocol: str | None = None,
    refused: Refusal = unless_reading,
    scope: Scope = Scope.DOCUMENTED,
    among: Callable[[str], bool] = any_name,
) -> Selection:
    """The operations that match ``service:Operation`` patterns, without repeats.

    A pattern with ``*`` chooses ``among`` some names, if any of them match. Of what is ``refused``
    it chooses nothing, a name raises :class:`UsageError`. Raises :class:`UnknownNameError` for a
    pattern that matches none, :class:`UsageError` for a protocol that none of them speaks.
    """
    if protocol is not None and protocol not in PROTOCOLS:
        raise UnknownNameError("protocol", protocol, tuple(PROTOCOLS))
    known = registry(protocol)
    chosen: dict[str, Operation] = {}
    left_out: dict[str, None] = {}
    for pattern in patterns:
        names = matching(pattern, scope)
        names = tuple(name for name in names if among(name)) or names
        # what changes things takes no description to be left out
        early = refused is unless_reading
        reasons = {name: _CHANGES for name in names if early and known.changes(name)}
        found = {name: known.find(name) for name in names if name not in reasons}
        reasons |= {name: refused(one) for name, one in found.items()}
        kept = {name: one for name, one in found.items() if not reasons[name]}
        if not kept:
            # what reads has a reason of its own
            first = next((name for name, one in found.items() if one.readonly), min(names))
            every = "" if len(names) == 1 else f"Everything that matches {pattern} is refused: "
            raise UsageError(f"{every}{first} {reasons[first]}")
        chosen |= kept
        left_out |= dict.fromkeys(reasons.keys() - kept.keys())
    if protocol is not None and all(one.protocol != protocol for one in chosen.values()):
        raise UsageError(f"None of the chosen operations can be asked in {protocol}.")
    return Selection(operations=tuple(chosen.values()), left_out=tuple(sorted(left_out)))
