"""The operations of a replay: each in the protocol in which it was recorded.

The SDK may have come to prefer another protocol since, or speak the former one no more; recorded
answers stay what they are.
"""

from collections.abc import Iterator, Mapping

from conformance.protocols.http import Response
from conformance.recording.cassette import Library
from conformance.recording.external.recognition import spoken
from conformance.spec.operation import Operation
from conformance.spec.registry import Registry, protocols, registry

#: How many cassettes are looked at for one whose request was accepted, and so was not spoilt.
_MOST = 40


class RecordedOperations(Mapping[str, Operation]):
    """The operations of a registry, in the protocols of a library of cassettes."""

    def __init__(self, known: Registry, library: Library) -> None:
        self._known = known
        self._library = library
        self._found: dict[str, Operation] = {}

    def __getitem__(self, name: str) -> Operation:
        if name not in self._found:
            self._found[name] = self._recorded(self._known[name])
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def _recorded(self, operation: Operation) -> Operation:
        protocol = self._protocol(operation)
        if protocol == operation.protocol:
            return operation
        if protocol in protocols(operation.service):
            return registry(protocol).find(operation.id)
        return registry(protocol).formerly(operation.id)

    def _protocol(self, operation: Operation) -> str:
        """The protocol of the first recorded request of an operation that was accepted."""
        names = self._library.names(operation.id)
        for _, name in zip(range(_MOST), names, strict=False):
            found = self._library.find(name)
            for entry in found.entries if found else ():
                accepted = isinstance(entry.outcome, Response) and entry.outcome.status < 300
                if entry.operation == operation.id and accepted:
                    return spoken(operation, entry.request)
        return operation.protocol
