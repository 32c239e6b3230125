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
    from conformance.recording.external.calls import judge
    from conformance.runner.api import Report, certify, operation

__all__ = [
    "ConformanceError",
    "Operation",
    "Report",
    "__version__",
    "certify",
    "judge",
    "operation",
    "strategies",
]

_LAZY = {
    "Report": "conformance.runner.api",
    "certify": "conformance.runner.api",
    "judge": "conformance.recording.external.calls",
    "operation": "conformance.runner.api",
}


def __getattr__(name: str) -> Any:
    if name == "strategies":
        return import_module("conformance.generation.strategies")
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'conformance' has no attribute {name!r}")
