"""Invalid signatures, made with botocore's own signer.

The SDK signs every request; this module only invalidates what it has signed. It knows Signature
Version 4 and no operation.
"""

import datetime
from collections.abc import Callable, Mapping
from typing import Any

from botocore.auth import SIGV4_TIMESTAMP, S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from conformance.protocols.base import Signing

#: Keys that no server can know; in the form of real ones, so that only the lookup fails.
UNKNOWN_KEY = "AKIAUNKNOWNCONFORMAN"
UNKNOWN_SECRET = "unknown/conformance/secret/that/no/server/has"

#: AWS accepts five minutes either way; a day is stale by every reading.
STALE = datetime.timedelta(days=1)

Headers = dict[str, str]


class _Stale:
    """Signs as of a day ago."""

    def add_auth(self: Any, request: AWSRequest) -> None:
        long_ago = datetime.datetime.now(datetime.UTC) - STALE
        request.context["timestamp"] = long_ago.strftime(SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        canonical = self.canonical_request(request)
        string_to_sign = self.string_to_sign(request, canonical)
        self._inject_signature_to_request(request, self.signature(string_to_sign, request))


class _StaleAuth(_Stale, SigV4Auth):  # type: ignore[misc] # botocore ships no types
    pass


class _StaleS3Auth(_Stale, S3SigV4Auth):  # type: ignore[misc] # likewise
    pass


#: The valid and the stale signer, by whether it is S3, which writes paths in its own way.
_SIGNERS = {True: (S3SigV4Auth, _StaleS3Auth), False: (SigV4Auth, _StaleAuth)}


def _resigned(signer: SigV4Auth, method: str, url: str, headers: Headers, body: bytes) -> Headers:
    kept = {k: v for k, v in headers.items() if k.lower() not in {"authorization", "x-amz-date"}}
    request = AWSRequest(method=method, url=url, headers=kept, data=body)
    signer.add_auth(request)
    return {**kept, **dict(request.headers.items())}


def _edited(headers: Headers, edit: Callable[[str], str | None]) -> Headers:
    changed = {}
    for name, value in headers.items():
        new = edit(value) if name.lower() == "authorization" else value
        if new is not None:
            changed[name] = new
    return changed


def _flipped(authorization: str) -> str:
    last = authorization[-1]
    return authorization[:-1] + ("0" if last != "0" else "1")


def spoil(
    signing: Signing,
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    credentials: Credentials,
    service: str,
    region: str,
    version: str = "v4",
) -> Headers:
    """The headers of a signed request, with the signature made invalid in one way.

    ``version`` is the service's signature version (``v4``, ``s3v4``, …). A request that
    needs no signature has none to spoil: it is given one, or left as it is.
    """
    given = dict(headers)
    honest, stale = _SIGNERS[version.startswith("s3")]
    match signing:
        case Signing.MISSING:
            return _edited(given, lambda _: None)
        case Signing.BAD_SIGNATURE:
            return _edited(given, _flipped)
        case Signing.INCOMPLETE:
            return _edited(given, lambda value: value.split(", Signature=")[0])
        case Signing.UNKNOWN_KEY:
            unknown = Credentials(UNKNOWN_KEY, UNKNOWN_SECRET)
            return _resigned(honest(unknown, service, region), method, url, given, body)
        case Signing.STALE_DATE:
            return _resigned(stale(credentials, service, region), method, url, given, body)
