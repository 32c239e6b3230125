"""A conformance test suite for AWS's HTTP APIs."""

from conformance.version import __version__

__all__ = ["__version__"]
