"""One target in one run: the caller that sends to it, and what has been found out about it.

Holds the two together and hands what one process has learnt to another. It knows no case.
"""

import pickle
from collections.abc import Mapping

from conformance.execution.caller import Caller
from conformance.execution.discovery import Discovery
from conformance.execution.provisioning.belongings import Belongings
from conformance.spec.operation import Operation
from conformance.transport.sender import Sender


class TargetSession:
    """A target, the operations tried on it, and the sender that reaches it.

    ``resources`` are values given by the user: ``MEMBER`` or ``service:MEMBER`` → value.
    ``belongings`` notes what stories make.
    """

    def __init__(
        self,
        operations: Mapping[str, Operation],
        sender: Sender,
        *,
        resources: Mapping[str, str] | None = None,
        belongings: Belongings | None = None,
    ) -> None:
        self.caller = Caller(sender)
        self.belongings = belongings or Belongings()
        #: The journal's entries of what was made to find out about creations, by the operation.
        self.found: dict[str, int | None] = {}
        #: The lifecycles of which nothing that was made could be used in time.
        self.unready: set[str] = set()
        #: The lifecycles of which what discovery made is taken down.
        self.disposed: set[str] = set()
        self.discovery = Discovery(operations, self.caller, resources=resources or {})

    @property
    def sender(self) -> Sender:
        """What sends every request of the session."""
        return self.caller.sender

    def memory(self) -> bytes:
        """What has been learnt so far, for another process of the same run."""
        return pickle.dumps((self.discovery.knowledge, self.caller.circuit_breaker))

    def restore(self, memory: bytes) -> None:
        """Take over what another process of the same run has learnt."""
        self.discovery.knowledge, self.caller.circuit_breaker = pickle.loads(memory)
        known = self.discovery.knowledge.availability
        self.caller.without_additions = {
            name for name, found in known.items() if found.refused_default is not None
        }
