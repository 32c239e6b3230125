"""A conformance test suite for AWS's HTTP APIs.

Strategies and the running of the suite are loaded when they are first asked
for: Hypothesis and boto3 take longer to import than most programs run.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from conformance.errors import ConformanceError
from conformance.model import Operation
from conformance.version import __version__

if TYPE_CHECKING:
    from conformance import strategies
    from conformance.api import Report, certify, operation
    from conformance.judging import judge

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

_LATER = {"Report": "api", "certify": "api", "judge": "judging", "operation": "api"}


def __getattr__(name: str) -> Any:
    if name == "strategies":
        return import_module("conformance.strategies")
    if name in _LATER:
        return getattr(import_module(f"conformance.{_LATER[name]}"), name)
    raise AttributeError(f"module 'conformance' has no attribute {name!r}")
