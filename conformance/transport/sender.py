"""The one sender: every request of the suite is sent through boto3, on its public events.

boto3 serializes and signs; in between, what it cannot serialize is put on the wire
(``before-sign``). The bytes then travel through our own transport (``before-send``), so that an
exchange holds what was sent and what was received, beside what the SDK parsed.
"""

import base64
import hashlib
import os
import random
import re
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.credentials import Credentials
from botocore.eventstream import EventStream
from botocore.exceptions import BotoCoreError, ClientError

from conformance.errors import TargetError, UsageError
from conformance.generation.plans import UNALTERED
from conformance.protocols.base import Alteration, Draft
from conformance.protocols.http import Exchange, Failure, FailureKind, Request, Response
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation, Params
from conformance.transport import flow_control, sdk_limits, signing
from conformance.transport.connection import Transport
from conformance.transport.endpoint_config import Endpoint, credentials
from conformance.transport.sdk_clients import connect, sdk_session

#: How often, and at most how long in all, a throttled request is tried again.
THROTTLE_TRIES = 4
THROTTLE_PATIENCE = 20.0
#: How long a whole run waits for a target that keeps asking to slow down, in seconds.
THROTTLE_BUDGET = 60.0
_SIGNATURE = re.compile(r"Signature=([0-9a-f]{64})")
RateLimit = Callable[[], None]
Hook = Callable[..., Any]
Signer = tuple[str, str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What the next requests belong to: a case, or a baseline that cases share.

    ``plan`` and ``document`` are digests of what is carried out and of the operation's
    document; ``public`` are the values in the plan itself, which are no secrets.
    """

    name: str
    plan: str
    clause: str = ""
    document: str = ""
    public: frozenset[str] = frozenset()
    explored: bool = False


class NotSentError(Exception):
    """A request was not sent, or no recording holds a response; ``str()`` is the reason."""


class NoAnswerError(Exception):
    """No whole response came; carries the failure out through the SDK."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class _Raw:
    """A body for botocore to read: bytes that have been received already."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Any:
        yield self._body

    def read(self, *_: Any, **__: Any) -> bytes:
        body, self._body = self._body, b""
        return body


@dataclass(slots=True)
class _Flight:
    """The request under way: its alteration, and what has been sent and received."""

    operation: Operation
    alteration: Alteration
    request: Request | None = None
    response: Response | None = None
    bug: Exception | None = None


class Sender:
    """Sends calls of any operation to one endpoint, one at a time, without retries.

    ``rate_limit`` is called before each request that is sent; it may wait. ``signer`` are
    key, secret and token to sign with in place of those that the endpoint would find.
    """

    #: Whether answers come from a recording.
    replays = False

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        rate_limit: RateLimit | None = None,
        signer: Signer | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.requests = 0
        #: The signatures of all requests, which no report repeats.
        self.signatures: set[str] = set()
        self._rate_limit = rate_limit
        self._credentials = Credentials(*signer) if signer else credentials(endpoint)
        bundle = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
        self._transport = Transport(
            timeout=endpoint.timeout, verify=(bundle or True) if endpoint.verify else False
        )
        self._core = sdk_session(endpoint)
        self._clients: dict[tuple[str, bool, str], Any] = {}
        self._flight: _Flight | None = None
        self._jitter = random.Random(0)
        self._budget = THROTTLE_BUDGET

    @property
    def secrets(self) -> tuple[str, ...]:
        """The credentials that sign requests, dummies included."""
        known = self._credentials
        return (known.access_key, known.secret_key, known.token or "")

    def scope(self, make: Callable[[], Scope]) -> AbstractContextManager[None]:
        """Say what the requests within belong to; only recording and replay call ``make``."""
        return nullcontext()

    def drew(self, params: Params, clause: str | None) -> None:
        """Say that the next requests belong to a drawn case."""

    def drawn(self) -> list[Mapping[str, Any]] | None:
        """The recorded draws of the exploration under way; ``None`` where it is to be drawn."""
        return None

    def send(
        self, operation: Operation, params: Params, alteration: Alteration = UNALTERED
    ) -> Exchange:
        """Send one request; waits and repeats it where the target throttles."""
        waited = 0.0
        exchange: Exchange
        for attempt in range(THROTTLE_TRIES):
            exchange = self.once(operation, params, alteration)
            response = exchange.response
            if response is None or not flow_control.is_throttled(operation, response):
                return exchange
            pause = flow_control.pause(response, attempt, self._jitter)
            last = attempt == THROTTLE_TRIES - 1
            if last or waited + pause > THROTTLE_PATIENCE or pause > self._budget:
                break
            waited += pause
            self._budget -= pause
            time.sleep(pause)
        return replace(exchange, throttled=True)

    def once(self, operation: Operation, params: Params, alteration: Alteration) -> Exchange:
        """Send one request without waiting for a target that throttles."""
        if unknown := params.keys() - operation.members.keys():
            raise TargetError(f"{operation.id} has no member {min(unknown)}.")
        serialized, injected = sdk_limits.split(operation, params)
        if injected:
            alteration = replace(alteration, members={**injected, **alteration.members})
        checked = alteration is UNALTERED and operation.required <= params.keys()
        return self._once(operation, serialized, params, alteration, checked)

    def _once(
        self,
        operation: Operation,
        serialized: Params,
        params: Params,
        alteration: Alteration,
        checked: bool,
    ) -> Exchange:
        if self._rate_limit is not None:
            self._rate_limit()
        self.requests += 1
        flight = self._flight = _Flight(operation, alteration)
        client = self._client(operation.service, checked, operation.protocol)
        call = getattr(client, xform_name(operation.name))
        parsed, sdk_error, failure = None, None, None
        try:
            parsed = _plain(call(**serialized))
        except NoAnswerError as error:
            failure = error.failure
        except ClientError as error:
            parsed, sdk_error = error.response, f"ClientError: {error}"
        except Exception as error:  # what the SDK raises on odd bytes is evidence, not our failure
            sdk_error = f"{type(error).__name__}: {error}"
        if flight.bug is not None:
            raise flight.bug
        if flight.request is None and checked:
            return self._once(operation, serialized, params, alteration, checked=False)
        if flight.request is None and not params.keys() <= alteration.members.keys():
            # what the SDK refuses even without validation is put on the wire as a whole
            wired = replace(alteration, members={**params, **alteration.members})
            return self._once(operation, sdk_limits.stand_ins(operation), params, wired, False)
        if flight.request is None:
            raise TargetError(f"The SDK would not send {operation.id}: {sdk_error}.")
        if failure is None and flight.response is None:
            failure = Failure(kind=FailureKind.NOT_HTTP, detail=sdk_error or "no answer")
        return Exchange(
            operation=operation.id,
            params=params,
            request=flight.request,
            response=None if failure else flight.response,
            failure=failure,
            parsed=parsed,
            sdk_error=sdk_error,
        )

    def address(self, service: str) -> str:
        """The URL that requests of a service go to."""
        return str(self._client(service, checked=True).meta.endpoint_url)

    def _client(self, service: str, checked: bool, protocol: str = "") -> Any:
        """The client for a service; ``protocol`` where it is not the one that the SDK prefers."""
        key = (service, checked, protocol)
        if key not in self._clients:
            self._clients[key] = self._make_client(service, checked, protocol)
        return self._clients[key]

    def _make_client(self, service: str, checked: bool, protocol: str) -> Any:
        try:
            client = connect(
                self._core,
                service,
                self._credentials,
                url=self.endpoint.url,
                region=self.endpoint.region,
                protocol=protocol,
                checked=checked,
            )
        except (BotoCoreError, ValueError) as error:
            raise UsageError(f"The SDK cannot call {service}: {error}") from error
        client.meta.events.register_first("before-sign", self._within_sdk(self._before_sign))
        client.meta.events.register("before-send", self._within_sdk(self._before_send))
        return client

    def _within_sdk(self, hook: Hook) -> Hook:
        """A hook whose own failure is kept apart from what the SDK raises, which is evidence."""

        def kept(request: Any, **_: Any) -> Any:
            try:
                return hook(request)
            except NoAnswerError:
                raise
            except Exception as bug:
                if self._flight is not None:
                    self._flight.bug = bug
                raise

        return kept

    def _before_sign(self, request: AWSRequest) -> None:
        flight = self._flight
        if flight is None or flight.alteration is UNALTERED:
            return
        draft = Draft(
            method=request.method,
            url=request.url,
            headers=dict(request.headers.items()),
            body=_as_bytes(request.data),
        )
        was = draft.body
        PROTOCOLS[flight.operation.protocol].alter(flight.operation, draft, flight.alteration)
        if draft.body != was:
            _refresh_digests(draft)
        url = self._below_target(draft.url)
        request.method, request.url, request.data = draft.method, url, draft.body
        for name, value in draft.headers.items():
            del request.headers[name]
            request.headers[name] = value

    def _below_target(self, url: str) -> str:
        """A URL whose path was replaced, below the path that the target itself is at."""
        base = urlsplit(self.endpoint.url or "").path.rstrip("/")
        parts = urlsplit(url)
        within = parts.path.startswith(f"{base}/")
        return url if within else urlunsplit(parts._replace(path=base + parts.path))

    def _before_send(self, request: AWSPreparedRequest) -> AWSResponse:
        flight = self._flight
        assert flight is not None
        body = _as_bytes(request.body)
        headers = {_as_text(name): _as_text(value) for name, value in request.headers.items()}
        if flight.alteration.signing:
            model = self._client(flight.operation.service, False).meta.service_model
            headers = signing.spoil(
                flight.alteration.signing,
                method=request.method,
                url=request.url,
                headers=headers,
                body=body,
                credentials=self._credentials,
                service=model.signing_name,
                version=model.signature_version,
                region=self.endpoint.region,
            )
        flight.request = Request(
            method=request.method, url=request.url, headers=tuple(headers.items()), body=body
        )
        self.signatures.update(_SIGNATURE.findall(headers.get("Authorization", "")))
        outcome = self._carry(flight.request)
        if isinstance(outcome, Failure):
            raise NoAnswerError(outcome)
        flight.response = outcome
        return AWSResponse(request.url, outcome.status, dict(outcome.headers), _Raw(outcome.body))

    def _carry(self, request: Request) -> Response | Failure:
        """Send a request over the network; a replay answers it instead."""
        return self._transport.send(request)


def _as_bytes(body: Any) -> bytes:
    """A body as bytes, whatever the SDK holds it in: text, a form's pairs, a file."""
    if isinstance(body, Mapping):
        return urlencode(list(body.items()), doseq=True).encode("ascii")
    if hasattr(body, "read"):
        read = body.read()
        if hasattr(body, "seek"):
            body.seek(0)
        return _as_bytes(read)
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def _refresh_digests(draft: Draft) -> None:
    """Make the checksums that the SDK sent along fit the changed body; others are left out."""
    fresh: Mapping[str, Callable[[bytes], bytes]] = {
        "content-md5": lambda body: hashlib.md5(body, usedforsecurity=False).digest(),
        "x-amz-checksum-crc32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
        "x-amz-checksum-sha1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
        "x-amz-checksum-sha256": lambda body: hashlib.sha256(body).digest(),
    }
    for name in [one for one in draft.headers if one.lower() in fresh]:
        digest = fresh[name.lower()](draft.body)
        draft.headers[name] = base64.b64encode(digest).decode("ascii")


def _plain(parsed: Any) -> Any:
    """What the SDK parsed, its streams read; a stream of events is left alone."""
    if not isinstance(parsed, Mapping):
        return parsed
    return {
        name: value.read() if hasattr(value, "read") else value
        for name, value in parsed.items()
        if not isinstance(value, EventStream)
    }


def _as_text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
