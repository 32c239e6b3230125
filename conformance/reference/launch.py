"""From names to a running server."""

import difflib
from collections.abc import Mapping

from conformance.reference.names import DEGENERATES, DIALECTS, FAULTS
from conformance.reference.pipeline import Behaviour
from conformance.reference.server import Running
from conformance.reference.variants import Degenerate, Dialect, Fault


class UnknownVariantError(ValueError):
    """Nothing bears that name; the message offers the nearest one that exists."""

    def __init__(self, kind: str, name: str, known: Mapping[str, object]) -> None:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
        hint = f"; the nearest is {near[0]!r}." if near else "."
        super().__init__(f"There is no {kind} {name!r}{hint}")


def behave(
    fault: str | None = None, dialect: str | None = None, degenerate: str | None = None
) -> Behaviour:
    """The behaviour of those names: the dialect first, the fault in it, the degenerate over all."""
    behaviour = Behaviour()
    tables: tuple[tuple[str, str | None, Mapping[str, Fault | Dialect | Degenerate]], ...] = (
        ("dialect", dialect, DIALECTS),
        ("fault", fault, FAULTS),
        ("degenerate", degenerate, DEGENERATES),
    )
    for kind, name, table in tables:
        if name is None:
            continue
        if name not in table:
            raise UnknownVariantError(kind, name, table)
        behaviour = table[name].edit(behaviour)
    return behaviour


def start(
    port: int = 0,
    fault: str | None = None,
    dialect: str | None = None,
    degenerate: str | None = None,
    *,
    host: str = "127.0.0.1",
) -> Running:
    """Start a server in threads of this process; port 0 takes a free one.

    Raises UnknownVariantError for a name that nothing bears, OSError for a port in use.
    """
    return Running(behave(fault, dialect, degenerate), host, port)
