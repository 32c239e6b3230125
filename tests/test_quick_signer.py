"""Signing: what is computed once gives the signature that the SDK's own signer gives."""

import datetime
from collections.abc import Callable, Mapping
from typing import Any

import botocore.auth
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from conformance.spec.sdk_models.loader import operation
from conformance.transport.quick_signer import QuickSigner
from conformance.transport.sender import Sender

URL = "http://localhost:4566/phone-numbers/%2B1?b=2&a=%20&a=1"
NOW = datetime.datetime(2024, 5, 1, 10, tzinfo=datetime.UTC)
JSON = {"Content-Type": "application/json", "User-Agent": "x", "Expect": "100-continue"}

REQUESTS: Mapping[str, dict[str, Any]] = {
    "a query": {"method": "GET", "url": URL},
    "a body": {"method": "POST", "url": URL, "data": b"{}", "headers": JSON},
    "text": {"method": "POST", "url": URL, "data": "{}", "headers": JSON},
    "a form": {"method": "POST", "url": URL, "data": {"Action": "ListQueues", "B": "ä"}},
    "an empty body": {"method": "POST", "url": URL, "data": b""},
    "a path to be made plain": {"method": "GET", "url": "https://host/a//./b/../c d/~%20"},
    "the scheme's own port": {"method": "GET", "url": "https://HOST:443/"},
    "an address": {"method": "GET", "url": "http://[::1]:8080/"},
    "a host of its own": {"method": "GET", "url": URL, "headers": {"Host": "example.com"}},
    "spaces": {"method": "GET", "url": URL, "headers": {"X-B": "  a   b ", "x-a": "", "X-C": "ä"}},
    "a date": {"method": "GET", "url": URL, "headers": {"Date": "now"}},
    "a digest": {"method": "PUT", "url": URL, "headers": {"X-Amz-Content-SHA256": "abc"}},
}
CONTEXTS: Mapping[str, dict[str, Any]] = {
    "plain": {},
    "an unsigned payload": {"payload_signing_enabled": False},
    "a checksum in a trailer": {"checksum": {"request_algorithm": {"in": "trailer"}}},
    "a checksum in a header": {"checksum": {"request_algorithm": {"in": "header"}}},
}


def signed(signer: type[SigV4Auth], asked: dict[str, Any], context: Any, token: str | None) -> Any:
    request = AWSRequest(**asked)
    request.headers.add_header("X-Twice", "1")
    request.headers.add_header("x-twice", "2")
    request.context = {**context}
    signer(ReadOnlyCredentials("key", "secret", token), "chime", "us-east-1").add_auth(request)
    return request.headers.items()


@pytest.mark.parametrize("token", [None, "token"])
@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("name", REQUESTS)
def test_a_signature_is_the_sdks(
    name: str, context: str, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a request has: two of its headers may even have the same name."""
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW)
    given = REQUESTS[name], CONTEXTS[context], token
    assert signed(QuickSigner, *given) == signed(SigV4Auth, *given)


def test_each_day_service_and_region_has_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is kept apart, also by the secret."""
    asked = REQUESTS["a body"]
    for secret, service, region, days in (
        ("a", "chime", "us-east-1", 0),
        ("a", "chime", "us-east-1", 1),
        ("a", "chime", "us-west-2", 1),
        ("a", "connect", "us-west-2", 1),
        ("b", "connect", "us-west-2", 1),
    ):
        now = NOW + datetime.timedelta(days=days)
        monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda now=now: now)
        made = []
        for signer in (QuickSigner, SigV4Auth):
            request = AWSRequest(**asked)
            signer(ReadOnlyCredentials("key", secret, None), service, region).add_auth(request)
            made.append(request.headers["Authorization"])
        assert made[0] == made[1]


@pytest.mark.parametrize(("name", "quick"), [("sqs:ListQueues", True), ("s3:ListBuckets", False)])
def test_clients_sign_by_it(
    name: str,
    quick: bool,
    scripted: Callable[..., Any],
    sending: Callable[..., Sender],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where more than that signature is asked for, as S3 does, the SDK's own signer does it."""
    monkeypatch.setattr(QuickSigner, "signature", lambda *_: "quick")
    server = scripted([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])
    service, _, own = name.partition(":")
    request = sending(server.url).send(operation(service, own), {}).request
    assert dict(request.headers)["Authorization"].endswith("Signature=quick") is quick
