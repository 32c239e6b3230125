"""Signature Version 4 as the SDK writes it, without what is the same for every request.

Signing is a third of what a call costs in the SDK. Its own signer derives the key of the day anew
for each request, and keeps headers in a form that is slow to ask; what is signed, and how, is left
to it. No operation is known here.
"""

import hmac
from functools import lru_cache
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import AUTH_TYPE_MAPS, SIGNED_HEADERS_BLACKLIST, SigV4Auth
from botocore.awsrequest import AWSRequest

#: The SDK's name of the signature, and the one by which it finds this signer.
_SIGNATURE, _QUICK = "v4", "v4-quick"
_UNSIGNED = frozenset(SIGNED_HEADERS_BLACKLIST)


class QuickSigner(SigV4Auth):  # type: ignore[misc] # botocore ships no types
    """Signs one request; headers are in a dictionary, sorted, by their names in lower case."""

    def headers_to_sign(self, request: AWSRequest) -> dict[str, str]:
        """The headers that are signed, as they are signed."""
        found: dict[str, str] = {}
        for name, value in request.headers.items():
            lower, text = name.lower(), " ".join(value.split())
            if lower not in _UNSIGNED:
                found[lower] = f"{found[lower]},{text}" if lower in found else text
        if "host" not in found:
            parts = urlsplit(request.url)
            found["host"] = _host(parts.scheme, parts.netloc)
        return dict(sorted(found.items()))

    def canonical_headers(self, headers_to_sign: dict[str, str]) -> str:
        """A line for each header."""
        return "\n".join([f"{name}:{value}" for name, value in headers_to_sign.items()])

    def signed_headers(self, headers_to_sign: dict[str, str]) -> str:
        """The names of the headers."""
        return ";".join(headers_to_sign)

    def payload(self, request: AWSRequest) -> str:
        """The digest of the body; the SDK's own encodes the whole request for it."""
        body = request.data
        own = isinstance(body, bytes) and "checksum" not in request.context
        if own and self._should_sha256_sign_payload(request):
            return sha256(body).hexdigest()
        return str(super().payload(request))

    def signature(self, string_to_sign: str, request: AWSRequest) -> str:
        """The signature of a text, by the key of the day."""
        day = request.context["timestamp"][:8]
        key = _key(self.credentials.secret_key, day, self._region_name, self._service_name)
        return hmac.digest(key, string_to_sign.encode(), "sha256").hex()


@lru_cache(maxsize=256)
def _host(scheme: str, netloc: str) -> str:
    """What the SDK signs as the host of a URL."""
    request = AWSRequest(url=f"{scheme}://{netloc}")
    return str(SigV4Auth(None, "", "").headers_to_sign(request)["host"])


@lru_cache(maxsize=64)
def _key(secret: str, day: str, region: str, service: str) -> bytes:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def use(client: Any) -> None:
    """Have a client sign by it wherever nothing but Signature Version 4 is asked for."""
    AUTH_TYPE_MAPS[_QUICK] = QuickSigner
    client.meta.events.register_last("choose-signer", _choose)


def _choose(signature_version: Any, **_: Any) -> str | None:
    return _QUICK if signature_version == _SIGNATURE else None
