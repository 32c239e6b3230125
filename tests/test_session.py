"""What one process has learnt of a target, handed to another."""

from typing import Any

from conformance.execution.availability import Status
from conformance.execution.session import TargetSession
from conformance.runner.settings import DEFAULT_OPERATIONS
from conformance.spec.documents import documented


class TestWorkers:
    def test_what_is_known_can_be_handed_over(self, reference: Any, session: TargetSession) -> None:
        """A worker that takes over what the controller learnt asks nothing twice."""
        operations = [documented()[name] for name in DEFAULT_OPERATIONS]
        for operation in operations:
            session.discovery.prepare(operation)
        memory = session.memory()
        before = reference.sender.requests
        worker = TargetSession(documented(), reference.sender)
        worker.restore(memory)
        for operation in operations:
            assert worker.discovery.availability(operation).status is Status.IMPLEMENTED
            if operation.pagination:
                assert (
                    worker.discovery.listing(operation).items
                    == session.discovery.listing(operation).items
                )
        assert reference.sender.requests == before
