"""From the name of a fault, a dialect or a degenerate server to that server, running.

It knows no particular difference, and nothing of how the suite is tried.
"""

from collections.abc import Mapping

from calibration.degenerates import DEGENERATES
from calibration.dialects.table import DIALECTS
from calibration.faults.table import FAULTS
from calibration.mutations import Mutation
from conformance.errors import UnknownNameError
from conformance.reference import launch
from conformance.reference.pipeline import Behaviour
from conformance.reference.server import Running

#: Every kind of server in the order in which a run of all tries them, and its servers by name.
SERVERS: Mapping[str, Mapping[str, Mutation]] = {
    "fault": FAULTS,
    "dialect": DIALECTS,
    "degenerate": DEGENERATES,
}


def behave(
    fault: str | None = None, dialect: str | None = None, degenerate: str | None = None
) -> Behaviour:
    """The behaviour of those names: the dialect first, the fault in it, the degenerate over all.

    Raises UnknownNameError for a name that no server has.
    """
    behaviour = Behaviour()
    chosen = {"dialect": dialect, "fault": fault, "degenerate": degenerate}
    for kind, name in chosen.items():
        if name is not None:
            if name not in SERVERS[kind]:
                raise UnknownNameError(kind, name, SERVERS[kind])
            behaviour = SERVERS[kind][name].edit(behaviour)
    return behaviour


def start(
    *, fault: str | None = None, dialect: str | None = None, degenerate: str | None = None
) -> Running:
    """Start the server of those names in threads of this process, on a free loopback port."""
    return launch.start(behaviour=behave(fault, dialect, degenerate))
