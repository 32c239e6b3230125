"""The one sender: who signs, what really leaves, what comes back, and how long it waits."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import pytest

from conformance.errors import ConformanceError, UsageError
from conformance.protocols.base import Alteration, Signing
from conformance.protocols.http import Exchange, FailureKind
from conformance.spec.documents import documented
from conformance.spec.sdk_models.loader import operation
from conformance.transport import sender as sender_module
from conformance.transport.endpoint_config import Endpoint, credentials
from conformance.transport.sdk_clients import Manner
from conformance.transport.sender import THROTTLE_PATIENCE, THROTTLE_TRIES, Sender

LIST = documented()["chime:ListPhoneNumbers"]
GET = documented()["chime:GetPhoneNumber"]
SEARCH = documented()["chime:SearchAvailablePhoneNumbers"]
V2 = documented()["connect:ListPhoneNumbersV2"]

Start = Callable[..., Any]
Sending = Callable[..., Sender]


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def line(raw: bytes) -> tuple[str, str]:
    method, target, _ = raw.split(b"\r\n")[0].decode().split(" ")
    return method, target


def heads(raw: bytes) -> dict[str, str]:
    lines = raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
    return {name.lower(): value.strip() for name, _, value in (li.partition(":") for li in lines)}


class TestCredentials:
    def test_a_url_gets_dummies(self) -> None:
        """Where nobody names credentials, those of no account sign."""
        known = credentials(Endpoint(url="http://localhost"))
        assert (known.access_key, known.secret_key, known.token) == ("test", "test", None)

    def test_the_environment_is_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A key and a secret in the environment sign; a token only if it stands there too."""
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        known = credentials(Endpoint(url="http://localhost"))
        assert (known.access_key, known.secret_key, known.token) == ("key", "secret", None)
        monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
        assert credentials(Endpoint(url="http://localhost")).token == "token"

    def test_half_a_pair_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A key without its secret, or a token alone, is not sent anywhere."""
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
        known = credentials(Endpoint(url="http://localhost"))
        assert (known.access_key, known.token) == ("test", None)

    @pytest.fixture
    def profiles(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "credentials"
        path.write_text(
            "[default]\naws_access_key_id = real\naws_secret_access_key = real\n"
            "aws_session_token = real-token\n"
            "[mine]\naws_access_key_id = mine\naws_secret_access_key = mine\n"
        )
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(path))

    @pytest.mark.usefixtures("profiles")
    def test_the_default_profile_never_goes_to_a_url(self) -> None:
        """What lies in the credentials file is real: it leaves only when its profile is named."""
        assert credentials(Endpoint(url="http://localhost")).access_key == "test"

    @pytest.mark.usefixtures("profiles")
    def test_a_named_profile_signs(self) -> None:
        """A profile that is named is what its user wants."""
        known = credentials(Endpoint(url="http://localhost", profile="mine"))
        assert (known.access_key, known.token) == ("mine", None)

    @pytest.mark.usefixtures("profiles")
    def test_a_profile_that_is_not_there_is_told(self) -> None:
        """An unknown profile is one sentence with its name."""
        with pytest.raises(UsageError, match="nobody") as caught:
            credentials(Endpoint(url="http://localhost", profile="nobody"))
        assert len(str(caught.value).splitlines()) == 1

    def test_aws_without_credentials_is_told(self) -> None:
        """AWS needs real ones: without any, what to do is said."""
        with pytest.raises(ConformanceError, match="There are no AWS credentials"):
            credentials(Endpoint(url=None))

    @pytest.mark.parametrize(
        "environment",
        [
            {"AWS_PROFILE": "nobody"},
            {"AWS_DEFAULT_PROFILE": "nobody"},
            {"AWS_DEFAULTS_MODE": "nonsense"},
            {"AWS_RETRY_MODE": "nonsense"},
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
            {"AWS_ENDPOINT_URL_CHIME": "http://127.0.0.1:1"},
            {"AWS_USE_FIPS_ENDPOINT": "true"},
            {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
            {"AWS_DEFAULT_REGION": "eu-west-1"},
            {"AWS_ACCOUNT_ID_ENDPOINT_MODE": "required", "AWS_ACCOUNT_ID": "1" * 12},
            {"AWS_AUTH_SCHEME_PREFERENCE": "sigv4a"},
            {"AWS_MAX_ATTEMPTS": "9"},
            {"AWS_REQUEST_CHECKSUM_CALCULATION": "nonsense"},
            {"AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": "-1"},
            {"AWS_ENABLE_ENDPOINT_DISCOVERY": "true"},
            {"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"},
        ],
        ids=lambda one: next(iter(one)),
    )
    def test_the_environment_does_not_matter(
        self,
        environment: Mapping[str, str],
        scripted: Start,
        sending: Sending,
        monkeypatch: pytest.MonkeyPatch,
        request: pytest.FixtureRequest,
    ) -> None:
        """Whatever the environment says of AWS, a call goes to the URL that was given."""
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        server = scripted([answer()])
        assert sending(server.url, fresh=True).send(LIST, {}).status == 200
        assert "/us-east-1/chime/aws4_request" in heads(server.requests[0])["authorization"]

    def test_configuration_files_do_not_matter(
        self,
        scripted: Start,
        sending: Sending,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """What a user's files say of endpoints and defaults changes no request to a URL."""
        path = tmp_path / "config"
        path.write_text(
            "[default]\naccount_id_endpoint_mode = required\nmax_attempts = 9\n"
            "endpoint_url = http://127.0.0.1:1\nrequest_checksum_calculation = when_required\n"
            "s3 =\n  addressing_style = virtual\n  use_accelerate_endpoint = true\n"
        )
        monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
        server = scripted([answer()])
        params = {"Bucket": "bucket", "Key": "key", "Body": "text"}
        exchange = sending(server.url, fresh=True).send(operation("s3", "PutObject"), params)
        assert exchange.status == 200
        assert line(server.requests[0]) == ("PUT", "/bucket/key")
        assert "x-amz-checksum-crc32" in heads(server.requests[0])


class TestBytes:
    def sent(
        self, scripted: Start, sending: Sending, operation: Any, *call: Any
    ) -> tuple[bytes, Exchange]:
        server = scripted([answer()])
        exchange = sending(server.url).send(operation, *call)
        assert len(server.requests) == 1
        return server.requests[0], exchange

    def test_a_valid_call_is_the_sdks(self, scripted: Start, sending: Sending) -> None:
        """What the SDK can say it says: method, path, query, a signature for the service."""
        raw, exchange = self.sent(scripted, sending, SEARCH, {"AreaCode": "206", "MaxResults": 5})
        method, target = line(raw)
        path, _, query = target.partition("?")
        assert (method, path) == ("GET", "/search")
        assert sorted(parse_qsl(query)) == [
            ("area-code", "206"),
            ("max-results", "5"),
            ("type", "phone-numbers"),
        ]
        signed = heads(raw)["authorization"]
        assert signed.startswith("AWS4-HMAC-SHA256 Credential=test/")
        assert "/us-east-1/chime/aws4_request" in signed
        assert "x-amz-security-token" not in heads(raw)
        assert exchange.parsed is not None
        assert (exchange.status, exchange.sdk_error, exchange.failure) == (200, None, None)

    def test_what_is_recorded_is_what_was_sent(self, scripted: Start, sending: Sending) -> None:
        """An exchange holds the very request line, headers and body that left."""
        raw, exchange = self.sent(scripted, sending, V2, {"PhoneNumberPrefix": "+1"})
        assert (exchange.request.method, exchange.request.target) == line(raw)
        assert raw.endswith(b"\r\n\r\n" + exchange.request.body)
        came = heads(raw)
        for name, value in exchange.request.headers:
            assert came[name.lower()] == value

    @pytest.mark.parametrize(
        ("params", "query"),
        [
            ({"MaxResults": 0}, "max-results=0"),
            ({"MaxResults": -1}, "max-results=-1"),
            ({"MaxResults": 2**65}, f"max-results={2**65}"),
            ({"MaxResults": "abc"}, "max-results=abc"),
            ({"MaxResults": True}, "max-results=true"),
            ({"MaxResults": 1.5}, "max-results=1.5"),
            ({"Status": "nonsense"}, "status=nonsense"),
            ({"Status": 5}, "status=5"),
            ({"FilterValue": ""}, "filter-value="),
            ({"FilterValue": "a+b c&é"}, "filter-value=a%2Bb%20c%26%C3%A9"),
            ({"Status": "A", "MaxResults": "x"}, "status=A&max-results=x"),
        ],
    )
    def test_what_the_sdk_refuses_is_sent_all_the_same(
        self, params: Any, query: str, scripted: Start, sending: Sending
    ) -> None:
        """Types, bounds and values that the SDK would not send are put on the wire."""
        raw, exchange = self.sent(scripted, sending, LIST, params)
        assert line(raw) == ("GET", f"/phone-numbers?{query}")
        assert exchange.params == params

    @pytest.mark.parametrize(
        ("alteration", "target"),
        [
            (Alteration(path="/phone-numbers/%252B1206"), "/phone-numbers/%252B1206"),
            (Alteration(path="/phone-numbers/+1206"), "/phone-numbers/+1206"),
            (Alteration(path="/phone-numbers/.."), "/phone-numbers/.."),
            (Alteration(path="/phone-numbers/"), "/phone-numbers/"),
            (Alteration(extra={"Odd": "1"}), "/phone-numbers/%2B1206?Odd=1"),
            (Alteration(members={"PhoneNumberId": "a/b"}), "/phone-numbers/a%2Fb"),
        ],
    )
    def test_paths_stay_raw(
        self, alteration: Alteration, target: str, scripted: Start, sending: Sending
    ) -> None:
        """A path is sent as it stands in the plan, not as somebody tidied it."""
        raw, _ = self.sent(scripted, sending, GET, {"PhoneNumberId": "+1206"}, alteration)
        assert line(raw) == ("GET", target)

    def test_a_parameter_can_be_sent_twice(self, scripted: Start, sending: Sending) -> None:
        """A repeated query parameter stands there twice."""
        repeated = Alteration(repeated=("Status",))
        raw, _ = self.sent(scripted, sending, LIST, {"Status": "Assigned"}, repeated)
        assert line(raw)[1] == "/phone-numbers?status=Assigned&status=Assigned"

    @pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff\x00"])
    def test_a_body_can_be_anything(self, body: bytes, scripted: Start, sending: Sending) -> None:
        """A body goes out byte by byte, with its true length, also where it is none."""
        raw, exchange = self.sent(scripted, sending, V2, {}, Alteration(body=body))
        assert raw.partition(b"\r\n\r\n")[2] == exchange.request.body == body
        assert heads(raw)["content-length"] == str(len(body))

    @pytest.mark.parametrize("signing", Signing)
    def test_a_signature_can_be_spoilt(
        self, signing: Signing, scripted: Start, sending: Sending
    ) -> None:
        """A spoilt signature leaves the rest of the request as it was."""
        raw, exchange = self.sent(scripted, sending, LIST, {}, Alteration(signing=signing))
        assert line(raw) == ("GET", "/phone-numbers")
        assert ("authorization" in heads(raw)) is (signing is not Signing.MISSING)
        assert dict(exchange.request.headers).get("Authorization") == heads(raw).get(
            "authorization"
        )

    def test_no_token_goes_to_a_url(
        self, scripted: Start, sending: Sending, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A session token leaves only with the key and secret of the same environment."""
        monkeypatch.setenv("AWS_SESSION_TOKEN", "lonely")
        raw, _ = self.sent(scripted, sending, LIST, {})
        assert b"lonely" not in raw
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        raw, _ = self.sent(scripted, sending, LIST, {})
        assert heads(raw)["x-amz-security-token"] == "lonely"
        assert "Credential=key/" in heads(raw)["authorization"]

    def test_the_suite_says_who_it_is(self, scripted: Start, sending: Sending) -> None:
        """The user agent names the suite, so that nobody wonders who asks such things."""
        raw, _ = self.sent(scripted, sending, LIST, {})
        assert "aws-conformance/" in heads(raw)["user-agent"]


class TestAnswers:
    @pytest.mark.parametrize(
        ("status", "body"),
        [
            (200, b"null"),
            (200, b"[]"),
            (200, b""),
            (200, b"<html>"),
            (200, b'{"PhoneNumbers": 5}'),
            (200, b'{"PhoneNumbers": [5, null, "x"]}'),
            (200, b'{"PhoneNumbers": [{"CreatedTimestamp": "yesterday"}]}'),
            (400, b"null"),
            (400, b"[]"),
            (400, b'"text"'),
            (404, b"<html>"),
            (500, b""),
            (301, b""),
            (200, b"[" * 50_000),
            (400, b"[" * 50_000),
        ],
    )
    def test_odd_bytes_are_evidence(
        self, status: int, body: bytes, scripted: Start, sending: Sending
    ) -> None:
        """Whatever the SDK makes of an answer, the bytes that came are kept."""
        server = scripted([answer(status, body)])
        exchange = sending(server.url).send(LIST, {})
        assert exchange.response is not None
        assert (exchange.status, exchange.response.body) == (status, body)
        assert len(server.requests) == 1

    def test_an_error_is_what_the_sdk_made_of_it(self, scripted: Start, sending: Sending) -> None:
        """Beside the bytes stands the SDK's own reading."""
        body = b'{"Code": "BadRequest", "Message": "No."}'
        server = scripted([answer(400, body, x_amzn_ErrorType="BadRequestException")])
        exchange = sending(server.url).send(LIST, {})
        assert exchange.sdk_error is not None
        assert exchange.sdk_error.startswith("ClientError: ")
        assert exchange.parsed is not None
        assert exchange.parsed["Error"]["Code"] == "BadRequestException"

    @pytest.mark.parametrize("status", [500, 502, 503, 504, 400, 408])
    def test_nothing_is_tried_again(self, status: int, scripted: Start, sending: Sending) -> None:
        """Retries are off: one call is one request, and every answer is seen."""
        server = scripted([answer(status), answer(200)])
        sender = sending(server.url)
        assert sender.send(LIST, {}).status == status
        assert len(server.requests) == sender.requests == 1

    def test_silence_is_a_failure(self, scripted: Start, sending: Sending) -> None:
        """A timeout comes out through the SDK as what it is."""

        def mute(server: Any, connection: Any, number: int) -> None:
            server.read(connection)
            server.pause(30)

        exchange = sending(scripted(mute).url, timeout=0.2).send(LIST, {})
        assert exchange.failure is not None
        assert exchange.failure.kind is FailureKind.TIMEOUT
        assert exchange.response is None

    def test_what_the_sdk_cannot_say_is_told(self, scripted: Start, sending: Sending) -> None:
        """A member that the operation does not have stops the suite, not the target."""
        with pytest.raises(ConformanceError, match="ListPhoneNumbers has no member Nothing"):
            sending(scripted([answer()]).url).send(LIST, {"Nothing": 1})

    @pytest.mark.parametrize("place", ["Transport.send", "signing.spoil", "wire_changes.change"])
    def test_a_failure_of_our_own_is_no_evidence(
        self, place: str, scripted: Start, sending: Sending, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What breaks while the SDK calls us back is the suite's bug, and is raised as it is."""

        def broken(*_: Any, **__: Any) -> Any:
            raise KeyError("ours")

        monkeypatch.setattr(f"conformance.transport.sender.{place}", broken)
        sender = sending(scripted([answer()]).url)
        with pytest.raises(KeyError, match="ours"):
            sender.send(V2, {}, Alteration(signing=Signing.UNKNOWN_KEY, members={"MaxResults": 9}))

    @pytest.mark.parametrize("region", ["nowhere 1", "eu-west-1"])
    def test_any_region_is_signed_for_or_refused(
        self, region: str, scripted: Start, sending: Sending, request: pytest.FixtureRequest
    ) -> None:
        """A Region that cannot be is refused by us, not by a traceback of the SDK."""
        server = scripted([answer()])
        try:
            sending(server.url, region=region).send(LIST, {})
        except ConformanceError as error:
            assert region in str(error)
        else:
            assert f"/{region}/chime/" in heads(server.requests[0])["authorization"]


class TestThrottling:
    @pytest.fixture
    def slept(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        slept: list[float] = []
        monkeypatch.setattr(sender_module, "time", SimpleNamespace(sleep=slept.append))
        return slept

    def test_it_waits_as_it_is_told(
        self, scripted: Start, sending: Sending, slept: list[float]
    ) -> None:
        """After a 429 the same call is made again, when the target says so."""
        server = scripted([answer(429, Retry_After="3"), answer(429, Retry_After="2"), answer()])
        sender = sending(server.url)
        exchange = sender.send(LIST, {})
        assert (exchange.status, exchange.throttled) == (200, False)
        assert slept == [3.0, 2.0]
        assert sender.requests == 3

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Retry_After": ""},
            {"Retry_After": "0"},
            {"Retry_After": "1"},
            {"Retry_After": "86400"},
            {"Retry_After": "-1"},
            {"Retry_After": "Fri, 01 Jan 2100 00:00:00 GMT"},
            {"Retry_After": "9" * 400},
        ],
        ids=lambda one: str(one)[:40],
    )
    def test_it_does_not_wait_for_ever(
        self, headers: Mapping[str, str], scripted: Start, sending: Sending, slept: list[float]
    ) -> None:
        """A target that throttles for ever is given up within bounds, and said to throttle."""
        server = scripted([answer(429, **headers)])
        sender = sending(server.url)
        exchange = sender.send(LIST, {})
        assert exchange.throttled
        assert sum(slept) <= THROTTLE_PATIENCE
        assert len(slept) < len(server.requests)  # nothing is waited for after the last try
        assert sender.requests <= THROTTLE_TRIES

    def test_a_number_that_is_none_is_no_number(
        self, scripted: Start, sending: Sending, slept: list[float]
    ) -> None:
        """Any header value is met without a traceback."""
        server = scripted([answer(429, Retry_After="²")])
        assert sending(server.url).send(LIST, {}).throttled

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (400, "ThrottlingException"),
            (400, "ThrottledClientException:http://x/"),
            (503, "TooManyRequestsException"),
        ],
    )
    def test_throttling_goes_by_name_too(
        self, status: int, kind: str, scripted: Start, sending: Sending, slept: list[float]
    ) -> None:
        """Some services throttle with another status; the error's type says it."""
        server = scripted([answer(status, x_amzn_ErrorType=kind), answer()])
        assert sending(server.url).send(LIST, {}).status == 200
        assert len(slept) == 1

    def test_each_request_keeps_the_pace(
        self, scripted: Start, sending: Sending, slept: list[float]
    ) -> None:
        """The rate holds for repeated requests as well."""
        server = scripted([answer(429), answer()])
        sender = sending(server.url)
        paced: list[int] = []
        sender._rate_limit = lambda: paced.append(1)
        sender.send(LIST, {})
        assert len(paced) == len(server.requests) == 2


def test_a_bundle_in_the_environment_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """AWS_CA_BUNDLE names an authority of one's own; without verification it does not matter."""
    verified: list[Any] = []

    class Transport:
        def __init__(self, **options: Any) -> None:
            verified.append(options["verify"])

    monkeypatch.setattr(sender_module, "Transport", Transport)
    Sender(Endpoint(url="https://localhost"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    Sender(Endpoint(url="https://localhost"))
    Sender(Endpoint(url="https://localhost", verify=False))
    assert verified == [True, str(tmp_path / "ca.pem"), False]


def test_clients_are_made_once(reference: Any) -> None:
    """A client is dear: one sender keeps one per service."""
    before = os.environ.copy()
    first = reference.sender._client("chime", Manner.DEFAULT)
    assert reference.sender._client("chime", Manner.DEFAULT) is first
    assert os.environ == before
