"""Operations as the SDK's service models describe them: any of botocore's, in any protocol.

What stands on no page of ``schemas/`` is built from here. Nothing is sent and
no client is made; a model is read when one of its operations is asked for.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from botocore.exceptions import (
    DataNotFoundError,
    UnknownServiceError,
    UnsupportedServiceProtocolsError,
)
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape

from conformance.errors import DocumentError, UnknownNameError, UsageError
from conformance.protocols.base import ModelFacts
from conformance.protocols.table import PROTOCOLS
from conformance.spec.access import reads
from conformance.spec.levels import SourceKind
from conformance.spec.operation import Http, Operation, Pagination, deleted
from conformance.spec.rules import Place, Resource, Rule, Schema
from conformance.spec.samples import DATED, ENOUGH, SHOWN, Samples, samples
from conformance.spec.sdk_models.discovery import resources, shown, value
from conformance.spec.sdk_models.lookups import rules
from conformance.spec.sdk_models.paging import pagination
from conformance.spec.sdk_models.projections import projections
from conformance.spec.sdk_models.prose import is_unused, says_idempotent
from conformance.spec.sdk_models.prose_rules import combined, stated_together
from conformance.spec.sdk_models.sampled import baselines, is_dating, optional_resources
from conformance.spec.sdk_models.shapes import MOST_DEPTH, MOST_MEMBERS, describe
from conformance.spec.values import paths

#: Whose XML answer is its only member, without a wrapper. The SDK knows it beside its models.
#: https://smithy.io/2.0/aws/customizations/s3-customizations.html § s3UnwrappedXmlOutput
_UNWRAPPED = frozenset({"s3:GetBucketLocation"})


class ModelLoader(Loader):  # type: ignore[misc] # botocore ships no types
    """botocore's loader, which looks once which services there are.

    A loader keeps the models that it has loaded, so each use has one of its own.
    """

    def list_available_services(self, type_name: str) -> list[str]:
        """The services that have a file of a type."""
        return list(_available(type_name))


@lru_cache(maxsize=8)
def _available(type_name: str) -> tuple[str, ...]:
    return tuple(Loader().list_available_services(type_name))


@lru_cache(maxsize=1)
def services() -> tuple[str, ...]:
    """The names of all services that the installed SDK knows, as boto3's clients are named."""
    return tuple(sorted(_available("service-2")))


class DescribedService(ServiceModel):  # type: ignore[misc] # botocore ships no types
    """A service's model beside all that its file says, some of which botocore's class omits."""

    def __init__(self, described: Mapping[str, Any], service: str) -> None:
        super().__init__(described, service)
        self.described = described


@lru_cache(maxsize=4)
def described(service: str) -> DescribedService:
    """A service's model. Raises :class:`DocumentError` where botocore cannot load it."""
    try:
        described = ModelLoader().load_service_model(service, "service-2")
    except (UnknownServiceError, DataNotFoundError) as error:
        raise UnknownNameError("service", service, services()) from error
    except (OSError, ValueError) as error:
        raise DocumentError(f"The SDK cannot load its model of {service}: {error}.") from error
    return DescribedService(described, service)


@lru_cache(maxsize=4)
def _paginators(service: str) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = ModelLoader().load_service_model(service, "paginators-1")
    except (UnknownServiceError, DataNotFoundError, OSError, ValueError):
        return {}
    paginators: Mapping[str, Any] = found.get("pagination", {})
    return paginators


def names(service: str) -> tuple[str, ...]:
    """The ids of all operations of a service. Raises :class:`UnknownNameError`."""
    return tuple(f"{service}:{name}" for name in sorted(described(service).operation_names))


@lru_cache(maxsize=512)
def protocols(service: str) -> tuple[str, ...]:
    """The protocols that a service answers, the one that the SDK takes first."""
    model = described(service)
    several = model.metadata.get("protocols") or [model.metadata["protocol"]]
    spoken = [name for name in PROTOCOLS if name in several]
    try:
        first = str(model.resolved_protocol)
    except UnsupportedServiceProtocolsError:
        return ()
    return tuple(sorted(spoken, key=lambda name: name != first))


def is_readonly(model: OperationModel) -> bool:
    """Whether an operation is read-only."""
    described = model.service_model.described["operations"][model.name]
    method, stated = model.http.get("method", "POST"), bool(described.get("readonly"))
    return reads(model.service_model.service_name, model.name, method, stated=stated)


def is_reading(service: str, name: str) -> bool:
    """Whether an operation only reads, by its name. Raises :class:`UnknownNameError`."""
    model = described(service)
    if name not in model.operation_names:
        raise UnknownNameError("operation", f"{service}:{name}", names(service))
    return is_readonly(model.operation_model(name))


@lru_cache(maxsize=16)
def written(service: str) -> frozenset[str]:
    """The names of all members that changing operations of a service take, nested ones included.

    Empty for a service that the SDK does not know.
    """
    if service not in services():
        return frozenset()
    model = described(service)
    due: list[Shape] = []
    for name in model.operation_names:
        one = model.operation_model(name)
        if one.input_shape is not None and not is_readonly(one):
            due.append(one.input_shape)
    found: set[str] = set()
    seen: set[str] = set()
    while due:
        shape = due.pop()
        if shape.name in seen:
            continue
        seen.add(shape.name)
        members = getattr(shape, "members", {})
        found.update(members)
        due += [
            *members.values(),
            *(getattr(shape, part) for part in _PARTS if hasattr(shape, part)),
        ]
    return frozenset(found)


#: What lists and maps are made of.
_PARTS = ("member", "key", "value")


def operation(
    service: str, name: str, protocol: str | None = None, *, former: bool = False
) -> Operation:
    """An operation as the SDK's model describes it.

    ``protocol`` chooses where a service answers several; it is a ``former`` one where the
    service speaks it no more. Raises
    :class:`UnknownNameError` for a service or operation that the SDK does not
    know, :class:`UsageError` for a protocol that the service does not speak.
    """
    return _operation(service, name, protocol or _spoken(service)[0], former)


def _spoken(service: str) -> tuple[str, ...]:
    spoken = protocols(service)
    if not spoken:
        wanted = described(service).metadata["protocol"]
        raise UsageError(f"The suite does not speak {wanted}, the protocol of {service}.")
    return spoken


@lru_cache(maxsize=512)
def _operation(service: str, name: str, protocol: str, former: bool) -> Operation:
    model = described(service)
    if name not in model.operation_names:
        known = names(service)
        raise UnknownNameError("operation", f"{service}:{name}", known)
    if not former and protocol not in _spoken(service):
        raise UsageError(
            f"{service} does not speak {protocol}; it speaks {', '.join(_spoken(service))}."
        )
    try:
        return _built(model.operation_model(name), protocol)
    except (KeyError, TypeError, ValueError) as error:
        raise DocumentError(
            f"The SDK's model of {service}:{name} cannot be read: {error!r}."
        ) from error


def _unused(model: OperationModel) -> set[str]:
    """The members of a response that are no longer used."""
    answered = model.output_shape.members if model.output_shape else {}
    return {name for name, one in answered.items() if is_unused(one.documentation)}


def _built(model: OperationModel, protocol: str) -> Operation:
    service = model.service_model.service_name
    request = describe(model, protocol, answers=False)
    response = describe(model, protocol, answers=True)
    method, path, query = _request_line(model)
    stated = model.http.get("responseCode")
    errors, codes = _errors(model)
    paginator = _paginators(service).get(model.name)
    paging = None
    if paginator:
        unused = _unused(model)
        paging = pagination(paginator, request.schema, response.schema, unused=unused)
    cut = request.cut + response.cut
    prose = stated_together(model, request.schema, paging)
    named = dict.fromkeys(member for one in prose for member in one.members)
    found = resources(model, request.schema, changing=not is_readonly(model), also=named)
    printed = samples(service).get(model.name, Samples())
    found |= optional_resources(model, printed, request.schema, paging)
    bare = required(request.schema)
    stated_rules, alternatives = combined(prose, request.schema, found, bare)
    lookups: tuple[Rule, ...] = ()
    if is_readonly(model):
        lookups = rules(model.name, request.schema, response.schema, errors, found, paging)
    wire = _wire(model, protocol)
    whole = [request.schema, response.schema, errors, repr(paging), wire, method, path, query]
    canonical = json.dumps(whole, sort_keys=True, separators=(",", ":"), default=str)
    return Operation(
        service=service,
        name=model.name,
        http=Http(
            method=method,
            path=path,
            query=query,
            status=int(stated or 200),
            states_status=stated is not None,
        ),
        request=request.schema,
        response=response.schema,
        errors=errors,
        pagination=paging,
        page=f"botocore's model of {service} {model.service_model.api_version}",
        digest="sha256:" + hashlib.sha256(canonical.encode()).hexdigest(),
        protocol=protocol,
        wire=wire,
        sources=frozenset({SourceKind.MODEL}),
        readonly=is_readonly(model),
        left_out=_left_out(cut),
        untriable=_untriable(model),
        idempotent=says_idempotent(model.documentation or ""),
        rules=(*lookups, *stated_rules, *projections(model.name, request.schema, response.schema)),
        error_codes=codes,
        service_errors=_service_errors(service),
        faults=_faults(model),
        baselines=(*alternatives, *baselines(printed, request.schema, found)),
        resources=found,
        present={**_always(printed, response.schema, paging), **_present(response.schema)},
        shown=_shown(model, found),
    )


def _shown(model: OperationModel, named: Mapping[str, Resource]) -> tuple[Place, ...]:
    """Where the things are listed that an operation deletes by their names."""
    subject = deleted(model.name)
    return shown(model, subject) if subject and named else ()


def _left_out(cut: int) -> str:
    if not cut:
        return ""
    return (
        f"{cut} nested structures are described without their members: deeper than {MOST_DEPTH}, "
        f"or beyond the first {MOST_MEMBERS} members"
    )


def _request_line(model: OperationModel) -> tuple[str, str, dict[str, str]]:
    uri = model.http.get("requestUri", "/")
    path, _, query = uri.partition("?")
    pairs = (piece.partition("=") for piece in query.split("&") if piece)
    return model.http.get("method", "POST"), path or "/", {key: value for key, _, value in pairs}


@lru_cache(maxsize=4)
def _service_errors(service: str) -> frozenset[str]:
    """Every error type of a service, by its names and codes."""
    found: set[str] = set()
    for shape in described(service).error_shapes:
        found |= {shape.name, (shape.metadata.get("error") or {}).get("code") or shape.name}
    return frozenset(found)


def _errors(
    model: OperationModel,
) -> tuple[dict[str, int | None], dict[str, tuple[str, ...]]]:
    """The error types with their statuses where these are stated, and their short forms."""
    statuses: dict[str, int | None] = {}
    codes: dict[str, tuple[str, ...]] = {}
    for shape in model.error_shapes:
        said = shape.metadata.get("error") or {}
        statuses[shape.name] = said.get("httpStatusCode")
        code = said.get("code")
        if code and code != shape.name:
            codes[shape.name] = (code,)
    return statuses, codes


def _faults(model: OperationModel) -> frozenset[str]:
    """The error types that a model calls the service's own fault, not the client's."""
    shapes = model.service_model.described["shapes"]
    return frozenset(one.name for one in model.error_shapes if shapes[one.name].get("fault"))


def _present(response: Schema) -> dict[str, str]:
    """The paths of members that a model requires in a response."""
    known = {path: schema for path, _, schema in paths(response)}
    return {
        path: "the model requires it"
        for path in known
        for parent, _, name in [path.rpartition("/")]
        if name in known.get(parent, response).get("required", ())
    }


def _always(printed: Samples, response: Schema, paging: Pagination | None) -> dict[str, str]:
    """The paths of members that every printed response shows, where there are enough of them.

    What says when something was made needs but one.
    """
    known = {path: schema for path, _, schema in paths(response)}
    token = paging.output_token if paging else None
    shown = [path for path in printed.always if path in known and path != token]
    reason = f"all {printed.answers} {SHOWN}"
    often = {path: reason for path in shown if printed.answers >= ENOUGH}
    return often | {path: DATED for path in shown if is_dating(path, known[path])}


def _wire(model: OperationModel, protocol: str) -> dict[str, Any]:
    of_request = model.input_shape.serialization if model.input_shape else {}
    of_answer = model.output_shape.serialization if model.output_shape else {}
    facts = ModelFacts(
        operation=model.name,
        metadata=model.service_model.metadata,
        payload=of_request.get("payload", ""),
        response_payload=of_answer.get("payload", ""),
        result_wrapper=of_answer.get("resultWrapper", ""),
        has_output=model.output_shape is not None,
    )
    found = PROTOCOLS[protocol].wire(facts)
    if f"{model.service_model.service_name}:{model.name}" in _UNWRAPPED:
        found["unwrapped"] = True
    if model.has_streaming_output or model.has_event_stream_output:
        found["streams"] = True
    if PROTOCOLS[protocol].addressing.by_path and _is_bodiless(model):
        found["bodiless"] = True
    if additions := _additions(model):
        found["additions"] = additions
    return found


#: Where members of a response are beside its body; any other location has no effect there.
_BESIDE_BODY = frozenset({"header", "headers", "statusCode"})


def _is_bodiless(model: OperationModel) -> bool:
    """Whether nothing of a response is in its body.

    Of an output without members nobody says so: Route 53 sends its root element.
    """
    top = model.output_shape
    if top is None:
        return True
    places = {member.serialization.get("location") for member in top.members.values()}
    return bool(places) and "payload" not in top.serialization and places <= _BESIDE_BODY


def _additions(model: OperationModel) -> list[str]:
    """What the SDK adds to a request because the model says that the service takes it."""
    found = []
    if model.http_checksum or model.http_checksum_required:
        found.append("checksum")
    if "gzip" in (model.request_compression or {}).get("encodings", ()):
        found.append("compression")
    return found


def _untriable(model: OperationModel) -> str:
    """Why nothing of an operation can be tried, or nothing."""
    if model.has_event_stream_input or model.has_event_stream_output:
        return "event streams are not spoken"
    return ""


def required(schema: Schema) -> dict[str, Any]:
    """The one valid call that follows from a request alone: what is required, and nothing else."""
    members = schema["properties"]
    return {name: value(name, members[name]) for name in schema.get("required", ())}
