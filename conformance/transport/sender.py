"""The one sender: every request of the suite is sent through boto3, on its public events.

boto3 serializes and signs; in between, what it cannot serialize is put on the wire
(``before-sign``). The bytes then travel through our own transport (``before-send``), so that an
exchange holds what was sent and what was received, beside what the SDK parsed. One call is one
request, to the target and to no other place: a URL that the SDK's endpoint rules made of the
parameters is brought back to the target, or the request is not sent.

What no user's client sends goes on from what boto3 has encoded of the same parameters before: see
:mod:`conformance.transport.encoded`.
"""

import os
import random
import re
import time
import uuid
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError

from conformance.errors import TargetError, UsageError
from conformance.generation.plans import UNALTERED
from conformance.protocols.base import Additions, Alteration, Draft
from conformance.protocols.http import Exchange, Failure, FailureKind, Request, Response
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation, Params
from conformance.spec.printed import PrintedResponse
from conformance.transport import flow_control, sdk_limits, sdk_messages, signing, wire_changes
from conformance.transport.connection import Transport
from conformance.transport.encoded import Encoded, EncodedRequests
from conformance.transport.endpoint_config import Endpoint, credentials
from conformance.transport.harmless import changing
from conformance.transport.http1 import UnsendableError
from conformance.transport.sdk_clients import Manner, client_settings, connect, sdk_session

#: How often, and at most how long in all, a throttled request is tried again.
THROTTLE_TRIES = 4
THROTTLE_PATIENCE = 20.0
#: How long a whole run waits for a target that keeps asking to slow down, in seconds.
THROTTLE_BUDGET = 60.0
_SIGNATURE = re.compile(r"Signature=([0-9a-f]{64})")
#: How many times as long as others a request may take that is tried again as it was slow.
PATIENCE = 4
RateLimit = Callable[[], None]
Hook = Callable[..., Any]
Watch = Callable[[Request, Response | Failure, float], None]
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


class _ThroughSdkError(Exception):
    """Carries out through the SDK what is neither its own error nor ours."""


class StrayError(_ThroughSdkError):
    """The SDK would send the request to another place than the target."""


class NoAnswerError(_ThroughSdkError):
    """No whole response came; carries the failure out through the SDK."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to have a request built: the members that the SDK serializes, and the client."""

    serialized: Params
    alteration: Alteration
    manner: Manner


@dataclass(slots=True)
class _Flight:
    """The request under way: how it is built, and what has been sent and received.

    ``stray`` is where the SDK would have sent it, if not to the target; ``made_of`` names what it
    is to be kept by, once the SDK has encoded it.
    """

    operation: Operation
    way: _Way
    made_of: Hashable = None
    request: Request | None = None
    response: Response | None = None
    bug: Exception | None = None
    stray: str = ""


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
        #: Called with every request, what came of it, and how many seconds that took.
        self.watch: Watch | None = None
        #: The signatures of all requests, which no report repeats.
        self.signatures: set[str] = set()
        self._rate_limit = rate_limit
        self._credentials = Credentials(*signer) if signer else credentials(endpoint)
        bundle = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
        self._transport = Transport(
            timeout=endpoint.timeout,
            reaches=endpoint.reaches,
            verify=(bundle or True) if endpoint.verify else False,
        )
        self._core = sdk_session(endpoint)
        self._parsers = self._core.get_component("response_parser_factory")
        self._clients: dict[tuple[str, Manner, str], Any] = {}
        self._encoded = EncodedRequests()
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

    @contextmanager
    def patience(self) -> Iterator[None]:
        """Give the requests within :data:`PATIENCE` times as long to be answered."""
        usual = self._transport.timeout
        self._transport.timeout = usual * PATIENCE
        try:
            yield
        finally:
            self._transport.timeout = usual

    def drew(self, params: Params, clause: str | None) -> None:
        """Say that the next requests belong to a drawn case."""

    def drawn(self) -> list[Mapping[str, Any]] | None:
        """The recorded draws of the exploration under way; ``None`` where it is to be drawn."""
        return None

    def replayed(self, name: str, operations: Mapping[str, Operation]) -> Iterator[Exchange]:
        """Every exchange of a recording of that name; only a replay has some."""
        raise NotSentError(f"{name} is not recorded")

    def printed(self, operation: Operation, response: PrintedResponse) -> Exchange:
        """What the SDK makes of a response that the documentation prints; only a replay asks it."""
        raise NotSentError("only a replay reads printed responses")

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
        if self._rate_limit is not None:
            self._rate_limit()
        sdk_error: str | None = None
        stray = ""
        for way in self._ways(operation, params, alteration):
            flight = self._flight = _Flight(operation, way)
            parsed, sdk_error, failure = self._call(flight)
            if flight.bug is not None:
                raise flight.bug
            stray = stray or flight.stray
            if flight.request is None:
                continue
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
        if stray:
            raise NotSentError(f"the SDK would send the request to {stray}, not to the target")
        raise TargetError(f"The SDK would not send {operation.id}: {sdk_error}.")

    def _ways(self, operation: Operation, params: Params, alteration: Alteration) -> Iterator[_Way]:
        """The ways to have a request built, the one closest to a user's call first."""
        serialized, injected = sdk_limits.split(operation, params)
        if injected:
            alteration = replace(alteration, members={**injected, **alteration.members})
        if alteration is UNALTERED or replace(alteration, sdk=Additions.ANY) == UNALTERED:
            if alteration.sdk is Additions.COMPRESSED:
                yield _Way(serialized, alteration, Manner.COMPRESSED)
                return
            if alteration.sdk is not Additions.NONE and operation.required <= params.keys():
                yield _Way(serialized, alteration, Manner.DEFAULT)
        yield _Way(serialized, alteration, Manner.BARE)
        client = self._client(operation.service, Manner.BARE, operation.protocol)
        model = client.meta.service_model.operation_model(operation.name)
        # of these members the SDK's endpoint rules make another address
        routing = {one.member_name for one in model.context_parameters} & serialized.keys()
        if routing:
            wired = {**{name: serialized[name] for name in routing}, **alteration.members}
            kept = {name: value for name, value in serialized.items() if name not in routing}
            needed = sdk_limits.stand_ins(operation)
            kept |= {name: value for name, value in needed.items() if name in routing}
            yield _Way(kept, replace(alteration, members=wired), Manner.BARE)
        if not params.keys() <= alteration.members.keys():
            # what the SDK refuses even without validation is put on the wire as a whole
            wired = {**params, **alteration.members}
            whole = replace(alteration, members=wired)
            yield _Way(sdk_limits.stand_ins(operation), whole, Manner.BARE)

    def _call(self, flight: _Flight) -> tuple[Any, str | None, Failure | None]:
        """Call the SDK: what it parsed, what it raised, and why no whole response came."""
        operation, way = flight.operation, flight.way
        client = self._client(operation.service, way.manner, operation.protocol)
        try:
            if (encoded := self._encoded_before(flight, client)) is not None:
                model = client.meta.service_model.operation_model(operation.name)
                parsed, error = encoded.send(client, model, self._parsers)
                return sdk_messages.plain(parsed), error, None
            call = getattr(client, xform_name(operation.name))
            return sdk_messages.plain(call(**way.serialized)), None, None
        except NoAnswerError as error:
            return None, None, error.failure
        except ClientError as error:
            return error.response, f"ClientError: {error}", None
        except Exception as error:  # what the SDK raises on odd bytes is evidence, not our failure
            return None, f"{type(error).__name__}: {error}", None

    def _encoded_before(self, flight: _Flight, client: Any) -> Encoded | None:
        """What the SDK made of the same before, for a request that no user's client sends."""
        operation, way = flight.operation, flight.way
        if self.replays or way.manner is not Manner.BARE:
            return None
        model = client.meta.service_model.operation_model(operation.name)
        if not way.serialized.keys() >= set(model.idempotent_members):
            return None  # its token is another one for each request
        made_of = (operation.service, operation.name, operation.protocol, repr(way.serialized))
        found = self._encoded.find(made_of)
        flight.made_of = made_of if found is None else None
        return found

    def _keep_encoded(self, request: AWSRequest, operation_name: str, **_: Any) -> None:
        """Keep what the SDK has encoded, before it is signed."""
        flight = self._flight
        if flight and flight.made_of and flight.operation.name == operation_name:
            self._encoded.keep(flight.made_of, request)

    def address(self, service: str) -> str:
        """The URL that requests of a service go to."""
        return str(self._client(service, Manner.DEFAULT).meta.endpoint_url)

    def settings(self, manner: Manner) -> Mapping[str, Any]:
        """The settings of this sender's clients that change requests."""
        return client_settings(manner, url=self.endpoint.url)

    def _client(self, service: str, manner: Manner, protocol: str = "") -> Any:
        """The client for a service; ``protocol`` where it is not the one that the SDK prefers."""
        key = (service, manner, protocol)
        if key not in self._clients:
            self._clients[key] = self._make_client(service, manner, protocol)
        return self._clients[key]

    def _make_client(self, service: str, manner: Manner, protocol: str) -> Any:
        try:
            client = connect(
                self._core,
                service,
                self._credentials,
                url=self.endpoint.url,
                region=self.endpoint.region,
                protocol=protocol,
                settings=self.settings(manner),
            )
        except (BotoCoreError, ValueError) as error:
            raise UsageError(f"The SDK cannot call {service}: {error}") from error
        name = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register_first("before-parameter-build", self._fill_in_tokens)
        client.meta.events.register_first(f"request-created.{name}", self._keep_encoded)
        client.meta.events.register_first("before-sign", self._within_sdk(self._before_sign))
        client.meta.events.register("before-send", self._within_sdk(self._before_send))
        return client

    def _fill_in_tokens(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """Give a request its idempotency tokens, in place of those that the SDK would draw."""
        for member in model.idempotent_members:
            if member not in params:
                params[member] = self.idempotency_token(member)

    def idempotency_token(self, member: str) -> str:
        """A token for a member of the request under way: another one for each request."""
        return str(uuid.uuid4())

    def _within_sdk(self, hook: Hook) -> Hook:
        """A hook whose own failure is kept apart from what the SDK raises, which is evidence."""

        def kept(request: Any, event_name: str, **_: Any) -> Any:
            try:
                self._require_flight(event_name)
                return hook(request)
            except _ThroughSdkError:
                raise
            except Exception as bug:
                if self._flight is not None:
                    self._flight.bug = bug
                raise

        return kept

    def _require_flight(self, event_name: str) -> None:
        """Raise :class:`NotSentError` for a request that is not the one under way, or is again."""
        flight = self._flight
        name = event_name.rpartition(".")[2]
        if flight is None or flight.request is not None or name != flight.operation.name:
            raise NotSentError(f"the SDK would send a request of {name} that no case is about")

    def _before_sign(self, request: AWSRequest) -> None:
        flight = self._flight
        assert flight is not None
        self._bring_back(flight, request)
        alteration = flight.way.alteration
        if flight.way.manner is not Manner.BARE or alteration == UNALTERED:
            return
        draft = Draft(
            method=request.method,
            url=request.url,
            headers=dict(request.headers.items()),
            body=sdk_messages.body(request.data),
        )
        wire_changes.change(flight.operation, draft, alteration, flight.way.serialized.keys())
        request.method, request.data = draft.method, draft.body
        request.url = self.endpoint.within(draft.url)
        for name in list(request.headers.keys()):
            del request.headers[name]
        for name, value in draft.headers.items():
            request.headers[name] = value

    def _bring_back(self, flight: _Flight, request: AWSRequest) -> None:
        """Give a request the target's own address, below the target's path.

        Raises :class:`StrayError` where the address that the SDK chose says something that
        the URL does not: with a bucket in its host name, another operation would be asked for.
        """
        try:
            parts, url = urlsplit(request.url), self.endpoint.within(request.url)
        except ValueError as error:
            flight.stray = repr(request.url)
            raise StrayError(flight.stray) from error
        if self.endpoint.reaches(request.url):
            request.url = url
            return
        flight.stray = f"{parts.scheme}://{parts.netloc}"
        if not self.endpoint.reaches(url) or not _says_labels(flight, request.method, parts.path):
            raise StrayError(flight.stray)
        request.url = url

    def _before_send(self, request: AWSPreparedRequest) -> AWSResponse:
        flight = self._flight
        assert flight is not None
        if not self.endpoint.reaches(request.url):
            raise NotSentError(f"the request would go to {request.url}, not to the target")
        body = sdk_messages.body(request.body)
        headers = sdk_messages.headers(request.headers)
        if spoilt := flight.way.alteration.signing:
            model = self._client(flight.operation.service, Manner.BARE).meta.service_model
            headers = signing.spoil(
                spoilt,
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
        outcome = self.carry(flight.request)
        if isinstance(outcome, Response):
            operation = flight.operation
            outcome = PROTOCOLS[operation.protocol].judgeable(operation, outcome)
        if isinstance(outcome, Failure):
            raise NoAnswerError(outcome)
        flight.response = outcome
        return sdk_messages.response(request.url, outcome)

    def carry(self, request: Request) -> Response | Failure:
        """Send a request over the network; a replay answers it instead.

        Raises :class:`NotSentError` where it would ask AWS for what may change things, and where
        it cannot be sent.
        """
        flight = self._flight
        if self.endpoint.url is None and flight and (other := changing(flight.operation, request)):
            raise NotSentError(f"as sent it would ask AWS for {other}, which may change things")
        before, began = self._transport.sent, perf_counter()
        try:
            outcome = self._transport.send(request)
        except UnsendableError as error:
            raise NotSentError(str(error)) from error
        finally:
            self.requests += self._transport.sent - before
        if self.watch is not None:
            self.watch(request, outcome, perf_counter() - began)
        return outcome


def _says_labels(flight: _Flight, method: str, path: str) -> bool:
    """Whether a path, at its end, holds the members that it should."""
    operation, serialized = flight.operation, flight.way.serialized
    labels = [name for name in serialized if operation.members[name].get("location") == "path"]
    at_end = Request(method=method, url=path, headers=(), body=b"")
    read = PROTOCOLS[operation.protocol].members(operation, at_end) or {}
    return all(str(read.get(name)) == str(serialized[name]) for name in labels)
