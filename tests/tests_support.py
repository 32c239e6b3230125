"""Shared by tests of recording and replay: the root, and every case by its id."""

from collections.abc import Mapping
from pathlib import Path

from conformance.generation.cases import cases
from conformance.generation.plans import Case
from conformance.spec.documents import documented

ROOT = Path(__file__).parent.parent


def cases_by_id() -> Mapping[str, Case]:
    """Every named case of every documented operation."""
    return {case.id: case for one in documented().values() for case in cases(one)}
