"""The SDK's clients: one for each service, protocol and strictness.

A client speaks the protocol of the operation that is called. botocore takes that
from the service's model and has no setting for it; what it has is a component
``data_loader``, which anybody may register (https://botocore.amazonaws.com/v1/
documentation/api/latest/reference/loaders.html). While a client is made, a loader
that leaves the model one protocol replaces the session's own.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from botocore.config import Config
from botocore.credentials import Credentials
from botocore.session import Session
from botocore.utils import parse_timestamp

from conformance.transport.endpoint_config import Endpoint
from conformance.version import __version__


def sdk_session(endpoint: Endpoint) -> Session:
    """The SDK's session; for a URL the user's own AWS settings do not matter."""
    if endpoint.url is None:
        session = Session()
    else:
        # no environment variable names the profile
        session = Session(session_vars={"profile": (None, None, None, None)})
    if endpoint.profile:
        session.set_config_variable("profile", endpoint.profile)
    session.get_component("response_parser_factory").set_parser_defaults(
        timestamp_parser=_timestamp
    )
    return session


@lru_cache(maxsize=4096, typed=True)
def _timestamp(text: Any) -> Any:
    """A timestamp as the SDK parses it, which is slow; listings repeat theirs."""
    return parse_timestamp(text)


class _OneProtocol:
    """A loader of models that speak one protocol, where they speak it at all."""

    def __init__(self, loader: Any, protocol: str) -> None:
        self._loader = loader
        self._protocol = protocol

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        """The model as the SDK's own loader finds it, its protocols apart."""
        found = self._loader.load_service_model(service_name, type_name, api_version)
        if type_name != "service-2":
            return found
        metadata: Mapping[str, Any] = found["metadata"]
        if self._protocol not in (metadata.get("protocols") or [metadata["protocol"]]):
            raise ValueError(f"it does not speak {self._protocol}")
        chosen = {"protocol": self._protocol, "protocols": [self._protocol]}
        return {**found, "metadata": {**metadata, **chosen}}


@contextmanager
def _speaking(session: Session, protocol: str) -> Iterator[None]:
    own = session.get_component("data_loader")
    if protocol:
        session.register_component("data_loader", _OneProtocol(own, protocol))
    try:
        yield
    finally:
        session.register_component("data_loader", own)


def connect(
    session: Session,
    service: str,
    known: Credentials,
    *,
    url: str | None,
    region: str,
    protocol: str = "",
    checked: bool = True,
) -> Any:
    """A client that sends each request once, unchanged.

    ``protocol`` is one that the service speaks, by default the one that the SDK
    prefers; ``checked`` says whether the SDK validates parameters first. Raises what
    botocore raises, and ``ValueError`` where the service does not speak the protocol.
    """
    config = Config(
        parameter_validation=checked,
        inject_host_prefix=False,
        retries={"total_max_attempts": 1, "mode": "standard"},
        # a given name is not put together anew, twice, for each request
        user_agent=session.user_agent(),
        user_agent_extra=f"aws-conformance/{__version__}",
        ignore_configured_endpoint_urls=True,
        use_fips_endpoint=False,
        use_dualstack_endpoint=False,
        defaults_mode="legacy",
        # a host name with the bucket in it would not resolve
        s3={"addressing_style": "path"} if url else None,
        # optional checksums would not match what is changed on the wire
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    with _speaking(session, protocol):
        return session.create_client(
            service,
            region_name=region,
            endpoint_url=url,
            aws_access_key_id=known.access_key,
            aws_secret_access_key=known.secret_key,
            aws_session_token=known.token,
            config=config,
        )
