"""A conformance test suite for AWS's HTTP APIs.

What is public is loaded when it is first asked for: Hypothesis and boto3 take longer to import
than most programs run.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from conformance.errors import ConformanceError
from conformance.spec.operation import Operation
from conformance.version import __version__

if TYPE_CHECKING:
    from conformance.generation import strategies
    from conformance.runner.api import (
        Clause,
        Comparison,
        Finding,
        Progress,
        Report,
        certify,
        compare,
        judge,
        operation,
    )

__all__ = [
    "Clause",
    "Comparison",
    "ConformanceError",
    "Finding",
    "Operation",
    "Progress",
    "Report",
    "__version__",
    "certify",
    "compare",
    "judge",
    "operation",
    "strategies",
]

_OF_API = frozenset(
    {
        *("Clause", "Comparison", "Finding", "Progress", "Report"),
        *("certify", "compare", "judge", "operation"),
    }
)


def __getattr__(name: str) -> Any:
    if name == "strategies":
        return import_module("conformance.generation.strategies")
    if name in _OF_API:
        return getattr(import_module("conformance.runner.api"), name)
    raise AttributeError(f"module 'conformance' has no attribute {name!r}")
