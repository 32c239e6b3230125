"""Default clients that never reach a network: what they send is kept, and answered from memory."""

import base64
import datetime
import io
import json
import os
import time
import types
import uuid
from typing import Any

import botocore
import botocore.auth
import botocore.awsrequest
import botocore.parsers
import botocore.session
from botocore.config import Config

from conformance.sdk_gate.driver import answers, tagged, values

_MOMENT = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
#: What a message may hold at most of a body, in bytes.
_LONG = 1 << 20
_MOST_TRIES = 30


class _Frozen(datetime.datetime):
    """A clock that shows one moment."""

    @classmethod
    def utcnow(cls) -> Any:
        """The moment, without a zone."""
        return _MOMENT.replace(tzinfo=None)

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        """The moment, in a zone."""
        return _MOMENT.astimezone(tz) if tz else _MOMENT.replace(tzinfo=None)


def isolate(config_file: Any) -> Any:
    """Let neither environment nor files of the user decide what is sent; stop clock and draws."""
    kept = {"PATH", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LANG", "LC_ALL"}
    for name in list(os.environ):
        if name not in kept:
            del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = config_file or os.devnull
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    frozen = types.SimpleNamespace(
        datetime=_Frozen, timezone=datetime.timezone, timedelta=datetime.timedelta
    )
    for name, value in (
        ("datetime", frozen),
        ("get_current_datetime", lambda remove_tzinfo=True: _Frozen.utcnow()),
    ):
        if hasattr(botocore.auth, name):
            setattr(botocore.auth, name, value)
    time.sleep = lambda _: None  # retries follow at once
    drawn = uuid.UUID("11111111-2222-4333-8444-555555555555")
    uuid.uuid4 = lambda: drawn


class _Raw(io.BytesIO):
    """A body as urllib3 hands it over."""

    def stream(self, *_: Any, **__: Any) -> Any:
        """The whole body at once."""
        yield self.read()

    def close(self) -> Any:
        """Keep it readable: some versions close what they have read."""


class Clients:
    """Clients of one service at a time, made as a user's are."""

    def __init__(self, settings: Any) -> None:
        self._settings = settings
        self._service = None
        self._session: Any = None
        self._clients: dict[str, Any] = {}
        self._reply: Any = None
        self._sent: list[Any] = []

    def session(self, service: Any) -> Any:
        """A session; a new one for each service, so that no model is kept for long."""
        if service != self._service or self._session is None:
            self._service = service
            self._clients = {}
            self._session = botocore.session.Session()
            self._session.set_credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
        return self._session

    def client(
        self,
        service: Any,
        *,
        region: Any = "us-east-1",
        url: Any = None,
        config: Any = None,
        retries: Any = False,
    ) -> Any:
        """A client of a service; one is made for each manner of calling it.

        Without ``retries`` it sends each request once, which no server notices; with them it is
        a new one, as clients count what they have tried.
        """
        session = self.session(service)
        key = json.dumps([region, url, config], sort_keys=True)
        if retries or key not in self._clients:
            given = {**self._settings, **(config or {})}
            if not retries:
                given["retries"] = {"total_max_attempts": 1}
            made = session.create_client(
                service, region_name=region, endpoint_url=url, config=Config(**given)
            )
            made.meta.events.register_first("before-send", self._answered)
            if retries:
                return made
            self._clients[key] = made
        return self._clients[key]

    def _answered(self, request: Any, event_name: Any = "", **_: Any) -> Any:
        self._sent.append((event_name.rpartition(".")[2], request))
        if len(self._sent) > _MOST_TRIES:
            raise RuntimeError("it is sent again and again")
        status, headers, body = self._reply(event_name.rpartition(".")[2])
        return botocore.awsrequest.AWSResponse(request.url, status, headers, _Raw(body))

    def run(self, call: Any) -> Any:
        """What comes of a call: what was sent, and what was made of the answer."""
        try:
            client = self.client(
                call["service"],
                region=call.get("region") or "us-east-1",
                url=call.get("url"),
                config=call.get("config"),
                retries=call.get("variant") == "failing",
            )
            model = client.meta.service_model
            if call["operation"] not in model.operation_names:
                return {"absent": "operation"}
            operation = model.operation_model(call["operation"])
        except Exception as error:
            return {"absent": "service", "why": str(error)}
        spoken = protocol(model)
        self._reply = _replies(model, operation, spoken, call)
        self._sent = []
        found = {"protocol": spoken}
        try:
            params = tagged.restored(call["params"])
            if call.get("recorded"):
                params = _coerced(operation.input_shape, params)
            method = getattr(client, botocore.xform_name(call["operation"]))
            found["answer"] = _read(method(**params))
        except Exception as error:
            found.update(_raised(error))
        sent = [request for name, request in self._sent if name == call["operation"]]
        if sent:
            found["request"] = _kept(sent[0])
            if call.get("variant") == "failing":
                found["attempts"] = len(sent)
        recorded = call.get("protocol")
        if recorded and recorded != spoken and call.get("reply"):
            found["parsed"] = _parsed(recorded, operation, call["reply"]["raw"])
        return found


def _parsed(protocol_name: Any, operation: Any, raw: Any) -> Any:
    """What the parser of a protocol, which the client does not speak, makes of an answer."""
    try:
        parser = botocore.parsers.create_parser(protocol_name)
        message = {
            "status_code": raw["status"],
            "headers": botocore.awsrequest.HeadersDict(raw["headers"]),
            "body": base64.b64decode(raw["body"]),
        }
        found = parser.parse(message, operation.output_shape)
    except Exception as error:
        return _raised(error)
    if raw["status"] >= 300:
        return {"error": {"class": "", "response": tagged.plain({"Error": found.get("Error")})}}
    return {"answer": _read(found)}


def protocol(model: Any) -> Any:
    """The protocol that a version speaks with a service."""
    return getattr(model, "resolved_protocol", None) or model.metadata["protocol"]


def _replies(model: Any, operation: Any, spoken: Any, call: Any) -> Any:
    """What answers the requests of a call: its own the given answer, any other a full one."""

    def reply(name: Any) -> Any:
        if name != operation.name and name in model.operation_names:
            other = model.operation_model(name)
            return answers.success(other, spoken, values.answers(other)["full"])
        said = call.get("reply")
        if said is None:
            return 200, {}, b""
        if "raw" in said:
            raw = said["raw"]
            if call["protocol"] != spoken:
                return 200, {}, b""
            return raw["status"], dict(raw["headers"]), base64.b64decode(raw["body"])
        if "error" in said:
            return answers.error(model, operation, spoken, said["error"])
        return answers.success(operation, spoken, tagged.restored(said["data"]))

    return reply


def _read(answer: Any) -> Any:
    """An answer as data: streams are read, and what botocore says of HTTP is left out."""
    found = {}
    for name, value in answer.items():
        if name == "ResponseMetadata":
            continue
        found[name] = tagged.plain(value.read() if hasattr(value, "read") else value)
    return found


def _raised(error: Any) -> Any:
    response = getattr(error, "response", None)
    if not isinstance(response, dict):
        return {"raised": [type(error).__name__, str(error)[:400]]}
    members = {name: one for name, one in response.items() if name != "ResponseMetadata"}
    bases = [one.__name__ for one in type(error).__mro__ if one.__module__ != "builtins"]
    return {"error": {"class": bases[0], "response": tagged.plain(members)}}


def _kept(request: Any) -> Any:
    body = request.body
    if body is None:
        body = b""
    elif hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode("utf-8")
    headers = [[_text(name), _text(value)] for name, value in request.headers.items()]
    return {
        "method": request.method,
        "url": request.url,
        "headers": headers,
        "body": base64.b64encode(bytes(body)[:_LONG]).decode("ascii"),
    }


def _text(value: Any) -> Any:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


# ---------------------------------------------------------------- values read off a recording


def _coerced(shape: Any, value: Any) -> Any:
    """A value that was read off the wire, of the type that its shape has."""
    if shape is None or value is None:
        return value
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        if getattr(shape, "is_document_type", False):
            return value
        members = shape.members
        return {n: _coerced(members[n], one) for n, one in value.items() if n in members}
    if kind == "list" and isinstance(value, (list, tuple)):
        return [_coerced(shape.member, one) for one in value]
    if kind == "map" and isinstance(value, dict):
        return {name: _coerced(shape.value, one) for name, one in value.items()}
    if kind == "blob" and isinstance(value, str):
        return value.encode("latin-1", "replace")
    if kind == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    if isinstance(value, str) and kind in {"integer", "long", "float", "double"}:
        try:
            return (float if kind in {"float", "double"} else int)(value)
        except ValueError:
            return value
    if kind in {"float", "double"} and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind == "string" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return value
