"""Signatures: honest ones fit, spoilt ones do not, each in the way that its name says."""

import re
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from conformance.protocols.base import Signing
from conformance.transport.signing import UNKNOWN_KEY, spoil

KNOWN = Credentials("test", "test", "a-session-token")
URL = "http://localhost/phone-numbers?max-results=5"


def signed() -> dict[str, str]:
    request = AWSRequest(method="GET", url=URL, headers={"X-Other": "kept"}, data=b"")
    SigV4Auth(KNOWN, "chime", "us-east-1").add_auth(request)
    return dict(request.headers.items())


def spoilt(signing: Signing) -> tuple[dict[str, str], dict[str, str]]:
    before = signed()
    after = spoil(
        signing,
        method="GET",
        url=URL,
        headers=before,
        body=b"",
        credentials=KNOWN,
        service="chime",
        region="us-east-1",
    )
    return before, after


def parts(authorization: str) -> Any:
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
        r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})",
        authorization,
    )
    assert found, authorization
    return found.groups()


def test_without_authorization_the_rest_stays() -> None:
    """A missing signature leaves every other header alone."""
    before, after = spoilt(Signing.MISSING)
    before.pop("Authorization")
    assert after == before


def test_a_bad_signature_differs_in_one_digit() -> None:
    """The signature is of the right form, and wrong in its last digit only."""
    before, after = spoilt(Signing.BAD_SIGNATURE)
    assert after["Authorization"][:-1] == before["Authorization"][:-1]
    assert parts(after["Authorization"])[-1] != parts(before["Authorization"])[-1]


def test_an_incomplete_header_lacks_its_signature() -> None:
    """What is incomplete names key and headers, and no signature."""
    _, after = spoilt(Signing.INCOMPLETE)
    assert "Signature" not in after["Authorization"]
    assert "SignedHeaders=" in after["Authorization"]


def test_an_unknown_key_signs_in_good_form() -> None:
    """The signature fits its key, which is of the form of real ones; only nobody knows it."""
    _, after = spoilt(Signing.UNKNOWN_KEY)
    assert parts(after["Authorization"])[0] == UNKNOWN_KEY
    assert re.fullmatch(r"AKIA[A-Z0-9]{16}", UNKNOWN_KEY)
    assert len([name for name in after if name.lower() == "authorization"]) == 1


def test_a_stale_date_is_a_day_old() -> None:
    """Date and scope agree with each other, and are of yesterday."""
    before, after = spoilt(Signing.STALE_DATE)
    key, day, region, service, names, _ = parts(after["Authorization"])
    assert (key, region, service) == ("test", "us-east-1", "chime")
    assert after["X-Amz-Date"].startswith(day)
    assert after["X-Amz-Date"] < before["X-Amz-Date"]
    assert "host" in names.split(";")


@pytest.mark.parametrize("signing", Signing)
def test_nothing_but_the_signature_is_touched(signing: Signing) -> None:
    """Headers that do not sign are kept as they are, and what was given is not changed."""
    before, after = spoilt(signing)
    assert after["X-Other"] == "kept"
    assert before == signed() | {
        name: before[name] for name in ("X-Amz-Date", "Authorization") if name in before
    }
