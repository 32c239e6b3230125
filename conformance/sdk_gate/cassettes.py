"""Recorded requests turned back into calls: operation, parameters, and the client that made them.

What the SDK added to a request is left out of the call, so that today's SDK adds its own. Files
are read, and operations recognised, by the room of recordings.
"""

import base64
import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from conformance.protocols.http import Request, Response, header
from conformance.protocols.table import PROTOCOLS
from conformance.recording.external.files import Interaction, Recording, RecordingError, read
from conformance.recording.external.recognition import Kind, Recognition, recognise, spoken
from conformance.recording.external.request_fingerprint import is_of_aws
from conformance.spec.operation import Operation

_SCOPE = re.compile(r"/\d{8}/(?P<region>[a-z0-9-]+)/[\w.-]+/aws4_request")
_REGION = re.compile(r"\b[a-z]{2}(?:-[a-z]+)+-\d\b")
#: Headers that the SDK makes of a body, by what begins their names.
_OF_BODIES = ("content-md5", "content-length", "x-amz-checksum-", "x-amz-decoded-content-length")
_ALGORITHM = "x-amz-sdk-checksum-algorithm"
#: Algorithms that some version of the SDK chooses by itself.
_CHOSEN = frozenset({"crc32", "crc64nvme"})
#: S3's signatures alone have the hash of a body in a header.
#: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
_HASHED = "x-amz-content-sha256"
_BODY_HASH = re.compile(r"[0-9a-f]{64}")
_CHUNKED = "aws-chunked"
#: How many problems of one file are named one by one.
_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """A recorded request as a call: where it was recorded, its operation, and what to ask a driver.

    ``settings`` are those of the client that the request shows, as phrases.
    """

    file: str
    interaction: Interaction
    operation: Operation
    protocol: str
    call: Mapping[str, Any]
    settings: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """``service:Operation``."""
        return self.operation.id


@dataclass(slots=True, kw_only=True)
class Found:
    """What some files hold: calls, requests of no operation, and sentences about the rest."""

    calls: list[RecordedCall] = field(default_factory=list)
    gone: list[tuple[str, Interaction, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    files: int = 0
    interactions: int = 0
    foreign: int = 0
    vcr: list[str] = field(default_factory=list)

    def why_none(self) -> str:
        """Why there is no call, in one sentence."""
        if self.problems and self.files < 2:
            return self.problems[0]
        return "The recordings hold no call of an AWS operation; give some of boto3's."


def read_all(paths: Iterable[Path], only: Sequence[str] = ()) -> Found:
    """The calls of all recordings; what cannot be used of one takes no other with it."""
    found = Found()
    for path in dict.fromkeys(paths):
        try:
            recording = read(path)
        except RecordingError as error:
            found.problems.append(str(error))
            continue
        found.files += 1
        known = len(found.calls) + len(found.gone) + len(found.problems)
        _add(found, recording, only)
        if len(found.calls) + len(found.gone) + len(found.problems) == known:
            found.problems.append(f"{path} holds no call of an AWS operation.")
        elif recording.kind == "cassette":
            found.vcr.append(str(path))
    return found


def _add(found: Found, recording: Recording, only: Sequence[str]) -> None:
    name = str(recording.path)
    reasons: list[str] = [
        f"{name}, interaction {number}: {why}" for number, why in recording.unread.items()
    ]
    for interaction, recognised in _recognised(recording, only):
        found.interactions += 1
        where = f"{name}, interaction {interaction.number}"
        if recognised.operation is not None:
            made = recorded_call(name, interaction, recognised)
            if made is None:
                reasons.append(f"{where}: its body cannot be read")
            elif not only or any(fnmatch.fnmatchcase(made.id, one) for one in only):
                found.calls.append(made)
        elif recognised.kind is Kind.UNKNOWN and _is_of_the_sdk(interaction.request):
            found.gone.append((name, interaction, recognised.reason))
        elif recognised.kind is Kind.FOREIGN:
            found.foreign += 1
        elif recognised.kind is not Kind.LEFT_OUT:
            reasons.append(f"{where}: {recognised.reason}")
    found.problems += reasons[:_MOST]
    if len(reasons) > _MOST:
        found.problems.append(f"{name}: {len(reasons) - _MOST} more interactions are not compared")


def _recognised(recording: Recording, only: Sequence[str]) -> list[tuple[Interaction, Recognition]]:
    """Each interaction with its operation.

    What could be of several services is of the one that its signature is typical of, or that
    was called at the same address in the same recording.
    """
    found = [
        (one, recognise(one.request, only, former_protocols=True)) for one in recording.interactions
    ]
    called: dict[str, list[str]] = {}
    for interaction, one in found:
        if one.operation is not None:
            services = called.setdefault(urlsplit(interaction.request.url).netloc, [])
            services.append(f"{one.operation.service}:*")
    return [(interaction, _decided(interaction.request, one, called)) for interaction, one in found]


def _decided(
    request: Request, found: Recognition, called: Mapping[str, Sequence[str]]
) -> Recognition:
    if found.kind is not Kind.AMBIGUOUS:
        return found
    signed = ["s3:*"] if _BODY_HASH.fullmatch(header(request.headers, _HASHED) or "") else []
    for service in [*signed, *dict.fromkeys(called.get(urlsplit(request.url).netloc, ()))]:
        tried = recognise(request, (service,), former_protocols=True)
        if tried.operation is not None:
            return tried
    return found


def is_of_boto(request: Request) -> bool:
    """Whether boto3 sent a request, as far as its User-Agent was kept."""
    agent = header(request.headers, "user-agent")
    return agent is None or "boto" in agent.lower()


def _is_of_the_sdk(request: Request) -> bool:
    return "boto" in (header(request.headers, "user-agent") or "").lower()


def recorded_call(
    file: str, interaction: Interaction, recognised: Recognition
) -> RecordedCall | None:
    """The call that a recorded request was; ``None`` where its body cannot be read."""
    operation = recognised.operation
    assert operation is not None
    protocol = spoken(operation, interaction.request)
    members = PROTOCOLS[operation.protocol].members(operation, recognised.request)
    if members is None:
        return None
    url, region, config, settings = _client(interaction.request, recognised, operation)
    reply = _reply(interaction)
    call: dict[str, Any] = {
        "service": operation.service,
        "operation": operation.name,
        "variant": "recorded",
        "recorded": True,
        "protocol": protocol,
        "params": _given(operation, members),
        "url": url,
        "region": region,
        "config": config,
    }
    if reply is not None:
        call["reply"] = {"raw": reply}
    return RecordedCall(
        file=file,
        interaction=interaction,
        operation=operation,
        protocol=protocol,
        call=call,
        settings=tuple(settings),
    )


def _reply(interaction: Interaction) -> dict[str, Any] | None:
    """The recorded answer, its body as it was before it was compressed."""
    outcome = interaction.outcome
    if not isinstance(outcome, Response):
        return None
    plain = uncoded(outcome)
    return {
        "status": plain.status,
        "headers": dict(plain.headers),
        "body": base64.b64encode(plain.body).decode("ascii"),
    }


def uncoded(response: Response) -> Response:
    """The response as if its body, which was read already, had never been compressed."""
    if response.header("content-encoding") is None:
        left_out = {"transfer-encoding"}
    else:
        left_out = {"content-encoding", "transfer-encoding", "content-length"}
    kept = tuple(pair for pair in response.headers if pair[0].lower() not in left_out)
    if "content-length" in left_out:
        kept = (*kept, ("Content-Length", str(len(response.body))))
    return replace(response, headers=kept)


# ---------------------------------------------------------------- parameters


def _given(operation: Operation, members: Mapping[str, Any]) -> dict[str, Any]:
    """The members that the caller gave, without those that the SDK adds by itself."""
    found = {}
    for name, value in members.items():
        schema = operation.members.get(name)
        if schema is None:
            continue
        given = value
        if schema.get("location") == "header":
            given = _header(str(schema.get("wireName", name)).lower(), value)
        elif operation.service == "s3" and name == "EncodingType" and value == "url":
            given = None  # the SDK asks for it, and decodes the answer, where the caller does not
        if given is not None:
            found[name] = given
    return found


def _header(wire: str, value: Any) -> Any:
    """A header's value as the caller gave it; ``None`` where the SDK added the header."""
    if wire.startswith(_OF_BODIES):
        return None
    if wire == _ALGORITHM and str(value).lower() in _CHOSEN:
        return None
    if wire == "content-encoding" and isinstance(value, str):
        kept = [one.strip() for one in value.split(",") if one.strip() != _CHUNKED]
        return ",".join(kept) or None
    return value


# ---------------------------------------------------------------- the client


def _client(
    request: Request, recognised: Recognition, operation: Operation
) -> tuple[str | None, str, dict[str, Any], list[str]]:
    """The endpoint, Region and settings of the client that sent a request."""
    parts = urlsplit(request.url)
    config: dict[str, Any] = {}
    settings: list[str] = []
    host = parts.hostname or ""
    bucket = _bucket(recognised.request)
    if operation.service == "s3" and bucket:
        in_host = recognised.request.url != request.url
        config["s3"] = {"addressing_style": "virtual" if in_host else "path"}
        if not in_host and is_of_aws(request):
            settings.append("path-style addressing")
    if not is_of_aws(request):
        netloc = parts.netloc
        if config.get("s3", {}).get("addressing_style") == "virtual":
            netloc = netloc.removeprefix(f"{bucket}.")
        return f"{parts.scheme}://{netloc}", _region(request, host), config, settings
    for part, name in (("dualstack", "use_dualstack_endpoint"), ("fips", "use_fips_endpoint")):
        if re.search(rf"\b{part}\b", host) or (part == "dualstack" and host.endswith(".api.aws")):
            config[name] = True
            settings.append(f"{part} endpoints")
    return None, _region(request, host), config, settings


def _bucket(request: Request) -> str:
    return unquote(request.path.lstrip("/").partition("/")[0])


def _region(request: Request, host: str) -> str:
    query = dict(request.query)
    signed = header(request.headers, "authorization") or query.get("X-Amz-Credential", "")
    scope = _SCOPE.search(signed)
    named = scope["region"] if scope else ""
    found = _REGION.search(host)
    return named or (found[0] if found else "us-east-1")
