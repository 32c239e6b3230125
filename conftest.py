"""In a checkout, pytest judges a target with ``conformance/suite``, or tests the project."""

pytest_plugins = ["conformance.plugin"]
