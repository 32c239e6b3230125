"""botocore's protocol vectors as an oracle: what the package writes, reads and judges of them all.

Where one is not met, a line of :data:`EXCEPTIONS` gives the reason; a line that is no longer
needed fails as well.
"""

import base64
import datetime
import json
import math
from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit
from xml.etree import ElementTree

import cbor2
import protocol_vectors
import pytest
from botocore.awsrequest import AWSRequest, HeadersDict, prepare_request_dict
from botocore.model import OperationModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from protocol_exceptions import EXCEPTIONS
from protocol_exceptions import VERSION as EXCEPTED
from protocol_vectors import Vector

from conformance.checks.evidence import Evidence
from conformance.checks.findings import Verdict
from conformance.checks.table import CHECKS
from conformance.generation.plans import Call, Case, Expect
from conformance.protocols import xml_body
from conformance.protocols.base import QUERY_ERROR, Alteration, Draft, entered
from conformance.protocols.http import Exchange, Request, Response
from conformance.protocols.http_binding import bound_output
from conformance.protocols.json_body import is_blob
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation
from conformance.spec.sdk_models import loader
from conformance.spec.validity import violated_clauses

#: The idempotency token that the SDK draws in the vectors.
TOKEN = "00000000-0000-4000-8000-000000000000"
#: Numbers for which JSON has none.
SPECIAL = ("NaN", "Infinity", "-Infinity")
KINDS = ("request", "response", "error")
ENDPOINT = "http://localhost"

#: What a response is sent as whose vector does not say it.
TYPES = {
    "json": "application/x-amz-json-1.1",
    "rest-json": "application/json",
    "rest-xml": "application/xml",
    "query": "text/xml",
    "ec2": "text/xml",
    "smithy-rpc-v2-cbor": "application/cbor",
}


# ------------------------------------------------------------ vectors as the package has them


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Callable[[Vector], Operation]:
    """The operation of a vector."""
    return protocol_vectors.reader(monkeypatch)


def of(protocol: str, kind: str) -> list[Vector]:
    """The vectors of a kind in a protocol; skips where they cannot be fetched."""
    try:
        known = protocol_vectors.vectors()
    except protocol_vectors.UnavailableError as why:
        pytest.skip(f"the protocol vectors are not here: {why}")
    return [one for one in known if (one.protocol, one.kind) == (protocol, kind)]


def hold(what: str, found: Mapping[str, str | None]) -> None:
    """Every vector is met, but for the exceptions, and no exception is met."""
    assert found, f"there are no vectors to be {what}"
    reasons = EXCEPTIONS.get(what, {})
    unmet = [f"{name}: {why}" for name, why in found.items() if why and name not in reasons]
    needless = [f"{n}: no exception is needed" for n in reasons if n in found and not found[n]]
    print(f"{what}: {len(found)} vectors, {len(reasons.keys() & found.keys())} exceptions")
    assert not unmet + needless, "\n".join(unmet + needless)


def tried(vectors: list[Vector], trial: Callable[[Vector], str | None]) -> dict[str, str | None]:
    """Why each vector is not met; ``None`` where it is."""
    found: dict[str, str | None] = {}
    for one in vectors:
        try:
            found[one.name] = trial(one)
        except Exception as error:
            found[one.name] = f"raises {error!r}"
    return found


# ------------------------------------------------------------ values


def _time(seconds: float, form: str) -> Any:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    if form == "http-date":
        return format_datetime(moment, usegmt=True)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


Change = Callable[[Any, Any], Any]


def changed(value: Any, schema: Any, change: Change) -> Any:
    """A value with each described scalar changed, without nulls and members that are unknown."""
    if isinstance(value, dict):
        known, inner = entered(schema).get("properties"), schema.get("additionalProperties")
        own = {name: inner or {} for name in value} if known is None else known
        return {
            name: changed(one, own[name], change)
            for name, one in value.items()
            if one is not None and name in own
        }
    if isinstance(value, list):
        return [changed(one, schema.get("items", {}), change) for one in value]
    return change(value, schema)


def _seconds(text: str) -> Any:
    """The seconds since 1970 of a time in a text; the text where it is none."""
    for parse in (datetime.datetime.fromisoformat, parsedate_to_datetime):
        try:
            return parse(text).timestamp()
        except ValueError:
            continue
    return text


def wire(value: Any, schema: Any) -> Any:
    """A vector's value as it is on the wire: times in their form, numbers as numbers."""
    if schema.get("format") in {"date-time", "http-date"} and isinstance(value, int | float):
        return _time(value, schema["format"])
    if schema.get("type") == "number" and isinstance(value, str):
        return float(value)
    return value


def plain(value: Any, schema: Any) -> Any:
    """A value that was read, as a vector has it: times in seconds, no number that equals none."""
    if isinstance(value, str) and schema.get("format") in {"date-time", "http-date"}:
        return _seconds(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]
    return value


def characters(value: Any, schema: Any) -> Any:
    """The bytes of a blob as a character each, as a server reads them."""
    if is_blob(schema):
        return value.encode().decode("latin-1")
    return plain(wire(value, schema), schema)


def text(value: Any, schema: Any) -> Any:
    """The text of a blob, as the vectors have it."""
    if not is_blob(schema):
        return plain(value, schema)
    try:
        return base64.b64decode(value, validate=True).decode()
    except ValueError:
        return value


# ------------------------------------------------------------ requests


def _model(vector: Vector) -> OperationModel:
    return loader.DescribedService(vector.model, "vectors").operation_model(vector.operation)


def encoded(vector: Vector, params: Mapping[str, Any]) -> Request:
    """A request as botocore encodes it."""
    made = create_serializer(vector.protocol, include_validation=False).serialize_to_request(
        dict(params), _model(vector)
    )
    prepare_request_dict(made, endpoint_url=endpoint(vector))
    body = AWSRequest(method=made["method"], url=made["url"], data=made["body"]).prepare().body
    headers = tuple((name, str(one)) for name, one in made["headers"].items())
    body = body.encode() if isinstance(body, str) else body or b""
    return Request(method=made["method"], url=made["url"], headers=headers, body=body)


def endpoint(vector: Vector) -> str:
    """Where the operation of a vector is."""
    return str(vector.model.get("clientEndpoint", ENDPOINT)).rstrip("/")


def wanted(vector: Vector) -> Request:
    """The request of a vector."""
    said = vector.case["serialized"]
    body = said.get("body", "").encode()
    if vector.protocol == "smithy-rpc-v2-cbor":
        body = base64.b64decode(body)
    host = urlunsplit(urlsplit(endpoint(vector))._replace(path=""))
    return Request(
        method=said.get("method", vector.case["given"].get("http", {}).get("method", "POST")),
        url=host + said["uri"],
        headers=tuple((name, str(one)) for name, one in said.get("headers", {}).items()),
        body=body,
    )


def given(vector: Vector) -> Mapping[str, Any]:
    """The members of a request, with the idempotency tokens that the SDK draws."""
    params: Mapping[str, Any] = vector.case.get("params", {})
    top = _model(vector).input_shape
    drawn = {
        name: TOKEN
        for name, shape in (top.members.items() if top else ())
        if shape.metadata.get("idempotencyToken") and params.get(name) is None
    }
    special = {name: float(one) for name, one in params.items() if str(one) in SPECIAL}
    return {**params, **special, **drawn}


def _in_line(vector: Vector, name: str) -> bool:
    """Whether a member is in the path or the host's name, without which there is no request."""
    said = _model(vector).input_shape.members[name].serialization
    return said.get("location") == "uri" or bool(said.get("hostLabel"))


def written(vector: Vector, op: Operation) -> Request:
    """The request that the package writes: members put into one that has its labels alone."""
    params = changed(given(vector), op.request, wire)
    labels = {name: one for name, one in given(vector).items() if _in_line(vector, name)}
    least = encoded(vector, labels)
    draft = Draft(method=least.method, url=least.url, headers=dict(least.headers), body=least.body)
    PROTOCOLS[op.protocol].alter(op, draft, Alteration(members=params))
    return Request(
        method=draft.method, url=draft.url, headers=tuple(draft.headers.items()), body=draft.body
    )


def form(op: Operation, body: bytes) -> Any:
    """A body, so that two that mean the same are equal."""
    if not body:
        return None
    try:
        match PROTOCOLS[op.protocol].request_format.name:
            case "JSON":
                return json.loads(body)
            case "CBOR":
                return repr(cbor2.loads(body))
            case "form":
                return sorted(parse_qsl(body.decode(), keep_blank_values=True))
            case _:
                return ElementTree.canonicalize(body, strip_text=True)
    except (ValueError, ElementTree.ParseError):
        return body


def differ(vector: Vector, op: Operation, mine: Request) -> str | None:
    """Where a request is not the vector's; ``None`` where it is."""
    right = wanted(vector)
    if mine.method != right.method:
        return f"method {mine.method}, not {right.method}"
    if mine.path != right.path:
        return f"path {mine.path}, not {right.path}"
    if sorted(mine.query) != sorted(right.query):
        return f"query {mine.query}, not {right.query}"
    headers = {name.lower(): one for name, one in mine.headers}
    for name, one in right.headers:
        if name.lower() == "content-type":
            continue
        if headers.get(name.lower(), "").replace(", ", ",") != one.replace(", ", ","):
            return f"header {name}: {headers.get(name.lower())}, not {one}"
    for name in vector.case["serialized"].get("forbidHeaders", ()):
        if name.lower() in headers:
            return f"header {name}: {headers[name.lower()]}"
    if "body" in vector.case["serialized"] and form(op, mine.body) != form(op, right.body):
        return f"body {mine.body!r}, not {right.body!r}"
    return None


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_requests_are_written(protocol: str, made: Callable[[Vector], Operation]) -> None:
    """Members put on the wire past the SDK are there as every SDK puts them."""

    def trial(vector: Vector) -> str | None:
        op = made(vector)
        return differ(vector, op, written(vector, op))

    hold("written", tried(of(protocol, "request"), trial))


def filled(value: dict[str, Any], schema: Any) -> dict[str, Any]:
    """Members without those outside the body that hold nothing: they are as absent."""
    known = schema["properties"]
    return {
        name: one
        for name, one in value.items()
        if one not in ([], {}) or known[name].get("location") in {"body", None, "payload"}
    }


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_requests_are_read(protocol: str, made: Callable[[Vector], Operation]) -> None:
    """A request holds the members that the SDK was given, and violates no clause."""

    def trial(vector: Vector) -> str | None:
        op = made(vector)
        read = PROTOCOLS[protocol].members(op, wanted(vector))
        if read is None:
            return "cannot be read"
        got = filled(changed(dict(read), op.request, plain), op.request)
        right = filled(changed(given(vector), op.request, characters), op.request)
        if got != right:
            return f"read as {got}, not {right}"
        violated = violated_clauses(op, read)
        return f"violates {violated}" if violated else None

    hold("read", tried(of(protocol, "request"), trial))


# ------------------------------------------------------------ responses


def response(vector: Vector) -> Response:
    """The response of a vector."""
    said = vector.case["response"]
    body = said.get("body", "").encode()
    if vector.protocol == "smithy-rpc-v2-cbor":
        body = base64.b64decode(body)
    headers = tuple((name, str(one)) for name, one in said.get("headers", {}).items())
    return Response(status=said.get("status_code", 200), headers=headers, body=body)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_responses_are_read(protocol: str, made: Callable[[Vector], Operation]) -> None:
    """A response holds the members that every SDK finds in it."""

    def trial(vector: Vector) -> str | None:
        op = made(vector)
        read = PROTOCOLS[protocol].output(op, response(vector))
        got = filled(changed(read, op.response, text), op.response)
        right = filled(vector.case["result"], op.response)
        return None if got == right else f"read as {got}, not {right}"

    hold("output", tried(of(protocol, "response"), trial))


JUDGED = ("readable", "status", "content-type", "members", "spelling", "sdk-response", "sdk-raises")


def evidence(vector: Vector, op: Operation) -> Evidence:
    """A vector's response as evidence of a valid call, read by botocore as well."""
    answer = response(vector)
    if answer.header("content-type") is None:
        typed = ("Content-Type", TYPES[vector.protocol])
        answer = replace(answer, headers=(*answer.headers, typed))
    said = {
        "status_code": answer.status,
        "headers": HeadersDict(answer.headers),
        "body": answer.body,
        "context": {"operation_name": vector.operation},
    }
    parsed, error = None, None
    try:
        parsed = create_parser(vector.protocol).parse(said, _model(vector).output_shape)
    except Exception as raised:
        error = repr(raised)
    exchange = Exchange(
        operation=op.id,
        params={},
        request=Request(method=op.http.method, url=ENDPOINT, headers=(), body=b""),
        response=answer,
        parsed=parsed,
        sdk_error=error,
        notes={"replayed": True, "built": True},
    )
    case = Case(
        id=f"{op.id}/protocol/accepts-valid",
        operation=op.id,
        clause=f"{op.id}/protocol/accepts-valid",
        title="",
        expect=Expect.ACCEPTED,
        steps=(Call(),),
    )
    return Evidence(operation=op, protocol=PROTOCOLS[op.protocol], case=case, steps=((exchange,),))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_responses_violate_nothing(protocol: str, made: Callable[[Vector], Operation]) -> None:
    """No check objects to a response that every SDK reads."""

    def trial(vector: Vector) -> str | None:
        judged = evidence(vector, made(vector))
        found = [
            f"{one.verdict} {one.clause.partition('/')[2]}: {one.expected}, {one.observed}"
            for name in JUDGED
            for one in CHECKS[name].judge(judged)
            if one.verdict not in {Verdict.PASS, Verdict.OBSERVED}
        ]
        return "; ".join(found) or None

    hold("judged", tried(of(protocol, "response"), trial))


# ------------------------------------------------------------ errors


def _with_members_of(vector: Vector, names: Set[str]) -> Vector:
    """A vector whose operation responds with an error's members, as far as its model has them."""
    described = vector.model["operations"][vector.operation]
    errors = {
        name: (shape.get("error") or {}).get("code", name)
        for name, shape in vector.model["shapes"].items()
        if shape.get("exception")
    }
    shape = next((name for name, code in errors.items() if {name, code} & names), None)
    output = {"output": {"shape": shape}} if shape else {}
    own = {**{name: one for name, one in described.items() if name != "output"}, **output}
    return replace(
        vector,
        name=f"{vector.name}.error",
        model={**vector.model, "operations": {vector.operation: own}},
    )


def _members_of_error(op: Operation, answer: Response) -> dict[str, Any]:
    """The members of an error: in XML they are where its code is."""
    protocol = PROTOCOLS[op.protocol]
    if protocol.response_format.name != "XML":
        found: dict[str, Any] = protocol.output(op, answer)
        return found
    root = xml_body.parse(answer.body)
    forms = (xml_body.WRAPPED, xml_body.LISTED, xml_body.BARE)
    element = next(
        one
        for form in forms
        if xml_body.local(root.tag) == form[0]
        and (one := xml_body.descend(root, form[1:])) is not None
    )
    inside = {n: one for n, one in op.response["properties"].items() if "location" not in one}
    read = xml_body.Reader().structure(element, inside)
    return bound_output(op, answer) | read


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_errors_are_read(protocol: str, made: Callable[[Vector], Operation]) -> None:
    """An error names its type where every SDK looks for it, and has its members there."""

    def trial(vector: Vector) -> str | None:
        answer, right = response(vector), vector.case.get("errorCode", "")
        read = PROTOCOLS[protocol].error(answer)
        if not read.readable:
            return "cannot be read"
        # a service that left query names its error twice; which name counts is in its model
        if right not in ({name for _, name in read.types} or {""}):
            return f"read as {read.types}, not {right}"
        own = {name for _, name in read.types} if answer.header(QUERY_ERROR) else {right}
        op = made(_with_members_of(vector, own))
        got = filled(changed(_members_of_error(op, answer), op.response, text), op.response)
        return None if got == vector.case["error"] else f"read as {got}, not {vector.case['error']}"

    hold("error", tried(of(protocol, "error"), trial))


def test_exceptions_are_of_vectors() -> None:
    """Each exception names a vector of the version whose vectors they are."""
    if protocol_vectors.VERSION != EXCEPTED:
        pytest.skip(f"the exceptions are those of botocore {EXCEPTED}")
    names = {one.name for protocol in PROTOCOLS for kind in KINDS for one in of(protocol, kind)}
    assert not {name for of_one in EXCEPTIONS.values() for name in of_one} - names


def test_without_an_index_the_reason_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What cannot be fetched says so, and leaves nothing that looks like vectors."""
    monkeypatch.setattr(protocol_vectors, "KEPT", tmp_path / "kept")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(protocol_vectors.UnavailableError, match="pip cannot fetch the source"):
        protocol_vectors.fetch()
    assert not (tmp_path / "kept").exists()
