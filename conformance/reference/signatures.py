"""AWS Signature Version 4, verified with nothing but hashlib and hmac.

It sees a raw request and the service that its path belongs to; it knows no operation. Header
signatures only. See "Create a signed AWS API request" in the IAM user guide.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import quote, unquote

from conformance.reference.contract import ErrorShape, Failure
from conformance.reference.wire import Request

# Dummy pairs, meant to be public: this server guards nothing.
SECRETS = {"conformance": "conformance", "test": "test"}
REGION = "us-east-1"
SERVICES = ("chime", "connect")
TOLERANCE = timedelta(minutes=5)

MISSING = ErrorShape(
    type="MissingAuthenticationTokenException", status=403, code="MissingAuthenticationToken"
)
UNKNOWN_KEY = ErrorShape(type="UnrecognizedClientException", status=403, code="UnrecognizedClient")
WRONG = ErrorShape(type="InvalidSignatureException", status=403, code="InvalidSignature")
INCOMPLETE = ErrorShape(type="IncompleteSignatureException", status=400, code="IncompleteSignature")

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/,\s]+)"
    r"/(?P<service>[^/,\s]+)/aws4_request\s*,\s*SignedHeaders=(?P<headers>[^,\s]+)"
    r"\s*,\s*Signature=(?P<signature>[0-9a-f]{64})"
)


def authenticate(request: Request, service: str | None) -> None:
    """Refuse a request that is not signed by a known key, now, for this service and Region.

    ``service`` is ``None`` where the path belongs to none; then either signing name will do.
    """
    authorization = request.header("authorization")
    if not authorization:
        raise Failure(MISSING, "The request carries no Authorization header.")
    parts = _AUTHORIZATION.fullmatch(authorization)
    stamp = request.header("x-amz-date")
    if parts is None or not stamp:
        raise Failure(INCOMPLETE, "The Authorization header or X-Amz-Date cannot be read.")
    secret = SECRETS.get(parts["key"])
    if secret is None:
        raise Failure(UNKNOWN_KEY, "No such access key is known here.")
    _check_date(stamp, parts["date"])
    allowed = SERVICES if service is None else (service,)
    if parts["region"] != REGION or parts["service"] not in allowed:
        raise Failure(WRONG, f"The credential should be scoped to {REGION} and {allowed[0]}.")
    signed = parts["headers"].split(";")
    if "host" not in signed or "x-amz-date" not in signed:
        raise Failure(WRONG, "Host and X-Amz-Date have to be signed.")
    key = signing_key(secret, parts["date"], parts["region"], parts["service"])
    scope = f"{parts['date']}/{parts['region']}/{parts['service']}/aws4_request"
    for canonical in _canonical_requests(request, signed):
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
        expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        if hmac.compare_digest(expected, parts["signature"]):
            return
    raise Failure(WRONG, "The signature does not match the request.")


def _check_date(stamp: str, scope_date: str) -> None:
    try:
        when = _read_stamp(stamp)
    except ValueError:
        raise Failure(INCOMPLETE, "X-Amz-Date is no ISO 8601 basic timestamp.") from None
    if not stamp.startswith(scope_date):
        raise Failure(WRONG, "The credential's date is not the date of X-Amz-Date.")
    now = datetime.now(UTC)
    if when < now - TOLERANCE:
        raise Failure(WRONG, f"Signature expired: {stamp} is more than five minutes ago.")
    if when > now + TOLERANCE:
        raise Failure(WRONG, f"Signature not yet current: {stamp} is in the future.")


@lru_cache(maxsize=64)
def _read_stamp(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@lru_cache(maxsize=64)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key of one day, Region and service."""
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _canonical_requests(request: Request, signed: list[str]) -> Iterator[str]:
    """The canonical request: with the query as sent, and with it encoded afresh.

    The two differ only where a client leaves characters unencoded that the specification encodes;
    signers disagree there.
    """
    actual = hashlib.sha256(request.body).hexdigest()
    claimed = request.header("x-amz-content-sha256")
    payload = claimed if claimed == "UNSIGNED-PAYLOAD" else actual
    path = quote(_normal_path(request.path), safe="/~")
    lines = [f"{name}:{_value(request, name)}" for name in signed]
    fields = [part.partition("=")[::2] for part in request.query.split("&") if part]
    tail = [*lines, "", ";".join(signed), payload]
    yield "\n".join([request.method, path, _joined(fields), *tail])
    fresh = [(_encode(unquote(name)), _encode(unquote(value))) for name, value in fields]
    yield "\n".join([request.method, path, _joined(fresh), *tail])


def _joined(fields: Sequence[tuple[str, ...]]) -> str:
    return "&".join(f"{name}={value}" for name, value in sorted(fields))


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _value(request: Request, name: str) -> str:
    values = [value for key, value in request.headers if key.lower() == name]
    return ",".join(" ".join(value.split()) for value in values)


def _normal_path(path: str) -> str:
    """The path without empty, ``.`` and ``..`` segments, as every service but S3 wants it."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    trailing = "/" if kept and path.endswith("/") else ""
    return "/" + "/".join(kept) + trailing
