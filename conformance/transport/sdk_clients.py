"""The SDK's clients: one for each service, protocol and manner.

One sends what a user's client sends by default; one serializes anything and adds nothing,
so that a request can be changed on the wire. None of them sends a request a second time.

A client speaks the protocol of the operation that is called. botocore takes that
from the service's model and has no setting for it; what it has is a component
``data_loader``, which anybody may register (https://botocore.amazonaws.com/v1/
documentation/api/latest/reference/loaders.html). While a client is made, a loader
that leaves the model one protocol replaces the session's own.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import lru_cache
from types import FunctionType
from typing import Any

from botocore.config import Config
from botocore.credentials import Credentials
from botocore.hooks import HierarchicalEmitter
from botocore.session import Session
from botocore.utils import parse_timestamp

from conformance.transport import quick_signer
from conformance.transport.endpoint_config import Endpoint
from conformance.version import __version__


class Manner(StrEnum):
    """What a client adds to a request, and whether it validates parameters."""

    #: As a user's client: checksums, trailers, and large bodies compressed.
    DEFAULT = "default"
    #: The same, and every body compressed that may be.
    COMPRESSED = "compressed"
    #: Nothing is validated or added, except where the service requires it.
    BARE = "bare"


#: The settings of each manner. Those of ``DEFAULT`` are the SDK's own defaults, written out:
#: neither environment nor configuration files change what a run sends.
_SETTINGS: Mapping[Manner, Mapping[str, Any]] = {
    Manner.DEFAULT: {
        "parameter_validation": True,
        "request_checksum_calculation": "when_supported",
        "response_checksum_validation": "when_supported",
        "disable_request_compression": False,
        "request_min_compression_size_bytes": 10240,
    },
    Manner.COMPRESSED: {
        "parameter_validation": True,
        "request_checksum_calculation": "when_supported",
        "response_checksum_validation": "when_supported",
        "disable_request_compression": False,
        "request_min_compression_size_bytes": 1,
    },
    Manner.BARE: {
        "parameter_validation": False,
        "request_checksum_calculation": "when_required",
        "response_checksum_validation": "when_required",
        "disable_request_compression": True,
    },
}

#: What of the settings changes requests; a recording holds these, and a replay uses them again.
_ON_THE_WIRE = (
    "parameter_validation",
    "request_checksum_calculation",
    "response_checksum_validation",
    "disable_request_compression",
    "request_min_compression_size_bytes",
    "inject_host_prefix",
    "s3",
)
#: Those that users set in AWS's configuration files or the environment, by their names there.
_OF_USERS = (
    "request_checksum_calculation",
    "response_checksum_validation",
    "disable_request_compression",
    "request_min_compression_size_bytes",
)

#: No variable of the environment names a profile, and no configuration file is read.
_NO_SETTINGS = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
#: The event on which the SDK decides whether to send a request again.
_AGAIN = "needs-retry"


class OneRequest(HierarchicalEmitter):  # type: ignore[misc] # botocore ships no types
    """The events of clients that send each request once.

    Retries, redirects to another Region and the renewal of discovered endpoints are all
    handlers of one event, objects that keep a state. They are not registered; a plain
    function, which only looks at the response, is.
    """

    def register(self, event_name: str, handler: Callable[..., Any], *rest: Any, **kw: Any) -> None:
        """Register a handler, unless it could send a request again."""
        if _registers(event_name, handler):
            super().register(event_name, handler, *rest, **kw)

    def register_first(
        self, event_name: str, handler: Callable[..., Any], *rest: Any, **kw: Any
    ) -> None:
        """Register a handler before the others, unless it could send a request again."""
        if _registers(event_name, handler):
            super().register_first(event_name, handler, *rest, **kw)

    def register_last(
        self, event_name: str, handler: Callable[..., Any], *rest: Any, **kw: Any
    ) -> None:
        """Register a handler after the others, unless it could send a request again."""
        if _registers(event_name, handler):
            super().register_last(event_name, handler, *rest, **kw)

    def emit(self, event_name: str, **kwargs: Any) -> Any:
        """Call the handlers of an event; none of them has a request sent again."""
        found = super().emit(event_name, **kwargs)
        return [] if event_name.startswith(_AGAIN) else found


def _registers(event_name: str, handler: Callable[..., Any]) -> bool:
    return not event_name.startswith(_AGAIN) or isinstance(handler, FunctionType)


def sdk_session(endpoint: Endpoint) -> Session:
    """The SDK's session; for a URL the user's own AWS settings do not matter."""
    if endpoint.url is not None:
        session = Session(session_vars=_NO_SETTINGS, event_hooks=OneRequest())
    else:
        session = Session(event_hooks=OneRequest())
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


#: What of an operation's model makes an address of nested parameters: nothing, where accounts have
#: no addresses of their own, and it fails on parameters of other types.
_ADDRESSING = "operationContextParams"


class _OneProtocol:
    """A loader of models that speak one protocol, where they speak it at all.

    With ``anything`` the parameters of their operations need not have any form.
    """

    def __init__(self, loader: Any, protocol: str, *, anything: bool) -> None:
        self._loader = loader
        self._protocol = protocol
        self._anything = anything

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
        operations = found["operations"]
        if self._anything:
            operations = {
                name: {part: value for part, value in one.items() if part != _ADDRESSING}
                for name, one in operations.items()
            }
        return {**found, "metadata": {**metadata, **chosen}, "operations": operations}


@contextmanager
def _speaking(session: Session, protocol: str, *, anything: bool) -> Iterator[None]:
    own = session.get_component("data_loader")
    if protocol:
        loader = _OneProtocol(own, protocol, anything=anything)
        session.register_component("data_loader", loader)
    try:
        yield
    finally:
        session.register_component("data_loader", own)


def client_settings(manner: Manner, *, url: str | None) -> dict[str, Any]:
    """The settings of clients that change requests: arguments of botocore's ``Config``."""
    # sessions of S3 Express are requests of their own; an address of a bucket would not resolve
    s3: dict[str, Any] = {"disable_s3_express_session_auth": True}
    if url is not None:
        s3 |= {"addressing_style": "path", "use_accelerate_endpoint": False}
    return {**_SETTINGS[manner], "inject_host_prefix": False, "s3": s3}


def known_settings(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Those of recorded settings that a client takes."""
    return {name: recorded[name] for name in _ON_THE_WIRE if name in recorded}


def not_the_users(settings: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What of a client's settings a user's own client does not have: name → (this, the user's).

    A user's client has what the environment and AWS's configuration files say, or else the SDK's
    defaults.
    """
    session = Session()
    users = {name: session.get_config_variable(name) for name in _OF_USERS}
    own = session.get_config_variable("s3")
    style = (own if isinstance(own, Mapping) else {}).get("addressing_style", "auto")
    pairs = {name: (settings.get(name), users[name]) for name in _OF_USERS}
    pairs["inject_host_prefix"] = (settings.get("inject_host_prefix", True), True)
    pairs["s3.addressing_style"] = (
        settings.get("s3", {}).get("addressing_style", "auto"),
        style,
    )
    return {
        name: (one, other) for name, (one, other) in pairs.items() if _said(one) != _said(other)
    }


def _said(value: Any) -> str:
    return str(value).lower()


def connect(
    session: Session,
    service: str,
    known: Credentials,
    *,
    url: str | None,
    region: str,
    protocol: str = "",
    settings: Mapping[str, Any],
) -> Any:
    """A client with :func:`client_settings` that sends each request once.

    ``protocol`` is one that the service speaks, by default the one that the SDK
    prefers. Raises what botocore raises, and ``ValueError`` where the service does not
    speak the protocol.
    """
    config = Config(
        **settings,
        retries={"total_max_attempts": 1, "mode": "standard"},
        # a given name is not put together anew, twice, for each request
        user_agent=session.user_agent(),
        user_agent_extra=f"aws-conformance/{__version__}",
        ignore_configured_endpoint_urls=True,
        use_fips_endpoint=False,
        use_dualstack_endpoint=False,
        endpoint_discovery_enabled=False,
        account_id_endpoint_mode="disabled",
        auth_scheme_preference="",
        defaults_mode="legacy",
    )
    with _speaking(session, protocol, anything=not settings.get("parameter_validation", True)):
        client = session.create_client(
            service,
            region_name=region,
            endpoint_url=url,
            aws_access_key_id=known.access_key,
            aws_secret_access_key=known.secret_key,
            aws_session_token=known.token,
            config=config,
        )
    quick_signer.use(client)
    return client
