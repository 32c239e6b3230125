"""The hooks that the plugin adds to pytest; users implement them in their ``conftest.py``."""

from collections.abc import Callable, Mapping

from conformance.execution.provisioning.hooks import Target

Resources = Mapping[str, str]
Teardown = Callable[[], object]


def pytest_conformance_provision(
    target: Target,
) -> Resources | Teardown | tuple[Resources, Teardown] | None:
    """Make what the operations need, before a run against a URL.

    ``target`` has the ``url``, the ``region``, the ``operations`` of the run and
    ``client(service)``, which makes a boto3 client. Return resources (``MEMBER`` or
    ``service:MEMBER`` → value, as ``--resource`` takes them), a function that deletes what
    was made, both as a pair, or nothing. The hook is called once, not in workers, and
    never for a replay or AWS.
    """
