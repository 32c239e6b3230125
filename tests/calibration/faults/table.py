"""Every fault by its name."""

from collections.abc import Mapping

from calibration.faults import (
    authentication,
    constraints,
    crashes,
    deep,
    errors,
    filters,
    lookups,
    pages,
    partial,
    protocol,
    responses,
    rules,
    spellings,
)
from calibration.mutations import Fault, by_name

FAULTS: Mapping[str, Fault] = by_name(
    *constraints.FAULTS,
    *responses.FAULTS,
    *errors.FAULTS,
    *rules.FAULTS,
    *filters.FAULTS,
    *pages.FAULTS,
    *partial.FAULTS,
    *protocol.FAULTS,
    *crashes.FAULTS,
    *lookups.FAULTS,
    *spellings.FAULTS,
    *authentication.FAULTS,
    *deep.FAULTS,
)
