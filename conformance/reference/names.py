"""Every way in which the server can be told to differ, by name: the three tables, nothing else."""

from conformance.reference.degenerates import ALL_DEGENERATES
from conformance.reference.dialects import ALL_DIALECTS
from conformance.reference.faults import ALL_FAULTS
from conformance.reference.variants import Degenerate, Dialect, Fault

FAULTS: dict[str, Fault] = {fault.name: fault for fault in ALL_FAULTS}
DIALECTS: dict[str, Dialect] = {dialect.name: dialect for dialect in ALL_DIALECTS}
DEGENERATES: dict[str, Degenerate] = {each.name: each for each in ALL_DEGENERATES}
