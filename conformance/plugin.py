"""The name under which pytest loads the suite's plugin, ``-p conformance.plugin``."""

pytest_plugins = ["conformance.runner.plugin"]
