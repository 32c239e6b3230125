"""Every fault by its name."""

from collections.abc import Mapping

from calibration.faults import (
    constraints,
    crashes,
    deep,
    errors,
    lookups,
    pages,
    protocol,
    responses,
    rules,
)
from calibration.mutations import Fault, by_name

FAULTS: Mapping[str, Fault] = by_name(
    *constraints.FAULTS,
    *responses.FAULTS,
    *errors.FAULTS,
    *rules.FAULTS,
    *pages.FAULTS,
    *protocol.FAULTS,
    *crashes.FAULTS,
    *lookups.FAULTS,
    *deep.FAULTS,
)
