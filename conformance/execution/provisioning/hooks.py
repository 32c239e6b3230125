"""Users' provisioning hooks: their argument and what they may return. It knows no pytest."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import boto3

from conformance.execution.provisioning.journal import Journal, JournalError
from conformance.execution.provisioning.resources import ProvisionedResources
from conformance.spec.operation import Operation
from conformance.transport.endpoint_config import Endpoint, credentials
from conformance.transport.sdk_clients import sdk_session
from conformance.transport.sender import NotSentError

#: One user's hook: takes the target, gives resources, a teardown, both as a pair, or nothing.
Hook = Callable[["Target"], Any]
Teardown = Callable[[], object]
#: What the journal says of a hook in place of a call.
_HOOK = "pytest_conformance_provision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The target of a run: its address, its Region, and the operations that are to be judged."""

    endpoint: Endpoint
    operations: tuple[Operation, ...]

    @property
    def url(self) -> str:
        """Where the target listens."""
        return str(self.endpoint.url)

    @property
    def region(self) -> str:
        """The Region that requests are signed for."""
        return self.endpoint.region

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client for the target, with this run's credentials; ``options`` are boto3's.

        It sends each request once, to the target alone: what would go elsewhere raises
        :class:`NotSentError`.
        """
        known = credentials(self.endpoint)
        client = boto3.Session(
            aws_access_key_id=known.access_key,
            aws_secret_access_key=known.secret_key,
            aws_session_token=known.token,
            region_name=self.region,
            botocore_session=sdk_session(self.endpoint),
        ).client(
            service,
            endpoint_url=self.url,
            **({} if self.endpoint.verify else {"verify": False}),
            **options,
        )
        client.meta.events.register_last("before-send", self._require_target)
        return client

    def _require_target(self, request: Any, **_: Any) -> None:
        if not self.endpoint.reaches(request.url):
            raise NotSentError(f"the request would go to {request.url}, not to the target")


class Hooked:
    """The users' hooks of a run: what they gave, and what takes it down."""

    def __init__(self, provisioned: ProvisionedResources, journal: Journal | None = None) -> None:
        self.provisioned = provisioned
        self._journal = journal
        self.given: dict[str, str] = {}
        self.problems: list[str] = []
        self._teardowns: list[tuple[Teardown, int | None]] = []

    def call(self, hooks: Sequence[Hook], target: Target) -> None:
        """Call every hook; one that fails becomes a problem, and the others are still called."""
        for hook in hooks:
            entry = None
            try:
                if self._journal is not None:
                    entry = self._journal.intend_hook(_HOOK)
                resources, teardown = _returned(hook(target))
            except Exception as error:  # it is the user's own code
                self._failed(_HOOK, error)
                self._strike(entry)
                continue
            if teardown is not None:
                self._teardowns.append((teardown, entry))
            else:
                self._strike(entry)
            for key, value in resources.items():
                self.provisioned.add(key, value)
                self.given[key] = value

    def _strike(self, entry: int | None) -> None:
        if self._journal is not None and entry is not None:
            with suppress(JournalError):  # it stays listed
                self._journal.strike(entry)

    def _failed(self, what: str, error: Exception) -> None:
        text = " ".join(str(error).split())[:300]
        said = f"{what} failed: {type(error).__name__}: {text}".removesuffix(": ")
        self.problems.append(said)
        if not self.provisioned.problems.get("*"):
            self.provisioned.problems["*"] = said

    def take_down(self) -> None:
        """Call every teardown, the last first; may be called again to go on."""
        while self._teardowns:
            teardown, entry = self._teardowns.pop()
            try:
                teardown()
            except Exception as error:  # the others are called all the same
                self._failed(f"the teardown of {_HOOK}", error)
            else:
                self._strike(entry)


def _returned(given: Any) -> tuple[Mapping[str, str], Teardown | None]:
    """The resources and the teardown that a hook returned. Raises :class:`TypeError`."""
    if given is None:
        return {}, None
    if callable(given):
        return {}, given
    resources, teardown = given if isinstance(given, tuple) and len(given) == 2 else (given, None)
    if not isinstance(resources, Mapping) or not all(
        isinstance(text, str) for pair in resources.items() for text in pair
    ):
        raise TypeError("it returns a mapping MEMBER → VALUE, a teardown, or a pair of both")
    if teardown is not None and not callable(teardown):
        raise TypeError("the teardown that it returns cannot be called")
    return resources, teardown
