"""The name under which other people's test suites load the fixture ``aws_conformance``."""

pytest_plugins = ["conformance.runner.fixtures"]
