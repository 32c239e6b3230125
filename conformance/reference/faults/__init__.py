"""Faults: promises broken, so that every check can be shown to notice."""

from conformance.reference.faults import (
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

ALL_FAULTS = (
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
