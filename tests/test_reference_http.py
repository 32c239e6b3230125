"""The reference server on the wire: signatures, framing, envelopes, and every variant once."""

import http.client
import json
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from calibration.degenerates import DEGENERATES
from calibration.dialects.table import DIALECTS
from calibration.faults.table import FAULTS
from calibration.servers import start

from conformance.errors import UnknownNameError
from conformance.reference import inventory, signatures

GOOD: dict[str, tuple[str, str, bytes]] = {
    "chime:SearchAvailablePhoneNumbers": (
        "GET",
        "/search?type=phone-numbers&area-code=206&max-results=3",
        b"",
    ),
    "chime:ListPhoneNumbers": ("GET", "/phone-numbers?max-results=3", b""),
    "chime:GetPhoneNumber": ("GET", "/phone-numbers/%2B12065550100", b""),
    "connect:SearchAvailablePhoneNumbers": (
        "POST",
        "/phone-number/search-available",
        json.dumps(
            {
                "InstanceId": inventory.INSTANCES[0],
                "PhoneNumberCountryCode": "US",
                "PhoneNumberType": "DID",
            }
        ).encode(),
    ),
    "connect:ListPhoneNumbersV2": ("POST", "/phone-number/list", b"{}"),
}


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def error(self) -> str | None:
        return self.headers.get("x-amzn-errortype")


def sign(
    url: str,
    method: str,
    target: str,
    body: bytes = b"",
    *,
    key: tuple[str, str] = ("test", "test"),
    region: str = "us-east-1",
    service: str | None = None,
) -> dict[str, str]:
    """Headers as botocore signs them."""
    service = service or ("connect" if target.startswith("/phone-number/") else "chime")
    request = AWSRequest(method=method, url=url + target, data=body)
    request.headers["Content-Type"] = "application/json"
    SigV4Auth(Credentials(*key), service, region).add_auth(request)
    return dict(request.headers.items())


def send(
    url: str, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Reply:
    """One request over a connection of its own."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request(method, target, body or None, dict(headers or {}))
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, names, response.read())
    finally:
        connection.close()


def call(url: str, method: str, target: str, body: bytes = b"", **options: Any) -> Reply:
    return send(url, method, target, body, sign(url, method, target, body, **options))


def raw(url: str, data: bytes) -> bytes:
    """Bytes in, bytes out, until the server closes."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        received = b""
        while piece := client.recv(65536):
            received += piece
        return received


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with start() as running:
        yield running.url


@pytest.mark.parametrize(
    "target",
    [
        "/phone-numbers",
        "/phone-numbers/%2B12065550100",
        "/phone-numbers/+12065550100",
        "/phone-numbers/%252B12065550100",
        "/phone-numbers/a%2Fb~c%20d%C3%A9",
        "/phone-numbers/../search",
        "/phone-numbers//twice",
        "/phone-numbers/",
        "/phone-numbers?max-results=2&filter-name=UserId&filter-value=a%20b%2Bc~d",
        "/phone-numbers?status=Assigned&max-results=1&max-results=2",
        "/phone-numbers?next-token=%C3%A9%3D%2F%2B&max-results=",
        "/search?type=phone-numbers&city=New%20York&state=NY",
    ],
)
def test_real_signatures_are_accepted(url: str, target: str) -> None:
    """What botocore signs is let in, whatever its path and query look like."""
    assert call(url, "GET", target).status in (200, 400, 404)


def test_both_keys_and_bodies_are_accepted(url: str) -> None:
    """The two dummy pairs are good, and so is a signed body."""
    assert call(url, "POST", "/phone-number/list", b'{"MaxResults":1}').status == 200
    pair = ("conformance", "conformance")
    assert call(url, "GET", "/phone-numbers", key=pair).status == 200


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"key": ("test", "wrong")}, "InvalidSignatureException"),
        ({"key": ("nobody", "test")}, "UnrecognizedClientException"),
        ({"region": "eu-west-1"}, "InvalidSignatureException"),
        ({"service": "connect"}, "InvalidSignatureException"),
    ],
)
def test_wrong_credentials_are_refused(url: str, options: dict[str, Any], error: str) -> None:
    """A wrong secret, an unknown key, another Region or service: 403, each by its name."""
    reply = call(url, "GET", "/phone-numbers", **options)
    assert (reply.status, reply.error) == (403, error)


def test_tampering_is_noticed(url: str) -> None:
    """A signature holds for one path, query, method and body."""
    headers = sign(url, "GET", "/phone-numbers?max-results=1")
    for method, target in (
        ("GET", "/phone-numbers?max-results=2"),
        ("GET", "/phone-numbers"),
        ("DELETE", "/phone-numbers?max-results=1"),
        ("GET", "/phone-numbers/x?max-results=1"),
    ):
        reply = send(url, method, target, b"", headers)
        assert (reply.status, reply.error) == (403, "InvalidSignatureException")
    headers = sign(url, "POST", "/phone-number/list", b"{}")
    reply = send(url, "POST", "/phone-number/list", b'{"MaxResults":1}', headers)
    assert reply.error == "InvalidSignatureException"
    headers = sign(url, "GET", "/phone-numbers")
    stamp = headers["X-Amz-Date"][:-2] + ("1Z" if headers["X-Amz-Date"][-2] != "1" else "2Z")
    reply = send(url, "GET", "/phone-numbers", b"", {**headers, "X-Amz-Date": stamp})
    assert reply.error == "InvalidSignatureException"


def test_unsigned_and_unreadable_requests_are_refused(url: str) -> None:
    """No Authorization is 403, one that cannot be read 400, even where no operation is."""
    for target in ("/phone-numbers", "/", "/phone-number/list"):
        reply = send(url, "GET", target)
        assert (reply.status, reply.error) == (403, "MissingAuthenticationTokenException")
    reply = send(url, "GET", "/phone-numbers", b"", {"Authorization": "AWS4-HMAC-SHA256 nonsense"})
    assert (reply.status, reply.error) == (400, "IncompleteSignatureException")


def test_old_signatures_are_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signature is good for five minutes."""
    headers = sign(url, "GET", "/phone-numbers")
    monkeypatch.setattr(signatures, "TOLERANCE", -signatures.TOLERANCE)
    reply = send(url, "GET", "/phone-numbers", b"", headers)
    assert (reply.status, reply.error) == (403, "InvalidSignatureException")
    assert b"expired" in reply.body


def test_the_server_says_what_it_is(url: str) -> None:
    """Every answer names the server and a request; no path is special."""
    reply = call(url, "GET", "/")
    assert (reply.status, reply.error) == (404, "UnknownOperationException")
    assert reply.headers["server"] == "aws-conformance-reference"
    assert len(reply.headers["x-amzn-requestid"]) == 36
    assert reply.headers["content-type"] == "application/json"


def test_a_chime_body_is_compact_sorted_and_explicit(url: str) -> None:
    """Chime's bodies have sorted keys, no spaces, and nulls where there is no value."""
    reply = call(url, "GET", "/phone-numbers?max-results=99")
    document = json.loads(reply.body)
    assert document["NextToken"] is None
    compact = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert reply.body == compact.encode()


def test_errors_have_the_services_own_bodies(url: str) -> None:
    """Chime has Code and Message, Connect has Message; both name the type in a header."""
    reply = call(url, "GET", "/phone-numbers?max-results=0")
    assert set(json.loads(reply.body)) == {"Code", "Message"}
    assert json.loads(reply.body)["Code"] == "BadRequest"
    assert reply.error == "BadRequestException"
    reply = call(url, "POST", "/phone-number/list", b'{"MaxResults":0}')
    assert set(json.loads(reply.body)) == {"Message"}
    assert reply.error == "InvalidParameterException"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"])
def test_a_wrong_method_is_an_unknown_operation(url: str, method: str) -> None:
    """A path answers to its own method only."""
    reply = call(url, method, "/phone-numbers")
    assert (reply.status, reply.error) == (404, "UnknownOperationException")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff",
        b'{"MaxResults":NaN}',
        b'{"MaxResults":1e999}',
        b'{"MaxResults":' + b"9" * 5000 + b"}",
        b'{"PhoneNumberTypes":[["DID"]]}',
        b'{"NextToken":"\\ud800"}',
        b"[" * 100_000,
    ],
)
def test_a_malformed_body_is_invalid(url: str, body: bytes) -> None:
    """What is no JSON object is an invalid parameter."""
    reply = call(url, "POST", "/phone-number/list", body)
    assert (reply.status, reply.error) == (400, "InvalidParameterException")


@pytest.mark.parametrize(
    ("body", "count"),
    [(b"", 20), (b" ", 20), (b'{"MaxResults":null,"Unknown":1}', 20), (b'{"MaxResults":5.0}', 5)],
)
def test_what_is_unspecified_is_tolerated(url: str, body: bytes, count: int) -> None:
    """No body is an empty object; nulls and unknown members are passed over; 5.0 is 5."""
    reply = call(url, "POST", "/phone-number/list", body)
    assert len(json.loads(reply.body)["ListPhoneNumbersSummaryList"]) == count


@pytest.mark.parametrize("target", ["%252B12065550100", "+12065550100", "%2B12065550100"])
def test_an_id_is_found_however_encoded(url: str, target: str) -> None:
    """The plus sign may be raw, encoded, or encoded twice."""
    assert call(url, "GET", f"/phone-numbers/{target}").status == 200


def test_of_repeated_parameters_the_first_counts(url: str) -> None:
    """The first of two page sizes holds."""
    reply = call(url, "GET", "/phone-numbers?max-results=2&max-results=5")
    assert len(json.loads(reply.body)["PhoneNumbers"]) == 2


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/3.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 500 + b"\r\n",
        b"GET /" + b"x" * 600_000 + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_a_4xx(url: str, data: bytes) -> None:
    """Bytes that are no request are refused, and the connection is closed."""
    status = int(raw(url, data).split()[1])
    assert 400 <= status < 500


def test_chunked_requests_are_read(url: str) -> None:
    """A chunked body is the body that was signed."""
    body = b'{"MaxResults":1}'
    headers = sign(url, "POST", "/phone-number/list", body)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Host: {urlsplit(url).netloc}", "Transfer-Encoding: chunked", "Connection: close"]
    head = "\r\n".join(["POST /phone-number/list HTTP/1.1", *lines]).encode()
    chunks = b"".join(b"%x;x=y\r\n%s\r\n" % (len(p), p) for p in (body[:5], body[5:]))
    answer = raw(url, head + b"\r\n\r\n" + chunks + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_connections_are_kept(url: str) -> None:
    """Many requests share one connection; each takes well under a millisecond or two."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    connection.connect()
    socket_used = connection.sock
    headers = sign(url, "GET", "/phone-numbers?max-results=1")
    began = time.perf_counter()
    for _ in range(50):
        connection.request("GET", "/phone-numbers?max-results=1", headers=headers)
        assert connection.getresponse().read()
    assert connection.sock is socket_used
    assert time.perf_counter() - began < 50 * 0.02
    connection.close()


def test_starting_is_cheap() -> None:
    """A hundred servers start and stop in less than two seconds."""
    began = time.perf_counter()
    for _ in range(100):
        with start():
            pass
    assert time.perf_counter() - began < 2


def test_unknown_names_offer_the_nearest() -> None:
    """A misspelled name is answered with one that exists."""
    with pytest.raises(UnknownNameError, match="did you mean chunked"):
        start(dialect="chunky")


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_answers(name: str) -> None:
    """A server with a fault starts, and each operation it names gets some outcome at once."""
    with start(fault=name) as running:
        for operation in FAULTS[name].operations:
            method, target, body = GOOD[operation]
            try:
                assert call(running.url, method, target, body).status
            except (http.client.HTTPException, ConnectionError):
                assert "dropped" in name or "cut-" in name


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_serves_boto3(name: str) -> None:
    """With any dialect boto3 walks the lists, gets a number, and gets errors by name."""
    with start(dialect=name) as running:
        options: dict[str, Any] = {
            "endpoint_url": running.url,
            "region_name": "us-east-1",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "config": Config(retries={"total_max_attempts": 1}),
        }
        chime = boto3.client("chime", **options)
        connect = boto3.client("connect", **options)
        least = {"empty-account": 0, "one-number-account": 1}.get(name, 12)
        assert len(walk(chime.list_phone_numbers, "PhoneNumbers")) >= least
        assert len(walk(connect.list_phone_numbers_v2, "ListPhoneNumbersSummaryList")) >= least
        found = walk(chime.search_available_phone_numbers, "E164PhoneNumbers", AreaCode="206")
        assert len(found) >= 38 or name == "nothing-for-sale"
        # an SDK encodes the percent sign of an id once more
        key = "E164PhoneNumber" if name == "double-encoded-ids-unknown" else "PhoneNumberId"
        for item in walk(chime.list_phone_numbers, "PhoneNumbers")[:2]:
            got = chime.get_phone_number(PhoneNumberId=item[key])["PhoneNumber"]
            assert got == item
        with pytest.raises(ClientError) as caught:
            chime.list_phone_numbers(MaxResults=1000)
        code = caught.value.response["Error"]["Code"]
        assert code in ("BadRequestException", "ValidationException", "BadRequest")
        chime.close()
        connect.close()


def walk(call: Any, member: str, **params: Any) -> list[Any]:
    """All items, with steps of eleven."""
    found: list[Any] = []
    for _ in range(200):
        answer = call(**params, MaxResults=11)
        found += answer[member]
        if not answer.get("NextToken"):
            return found
        params["NextToken"] = answer["NextToken"]
    raise AssertionError("The walk does not end.")


def test_the_auth_dialects() -> None:
    """Signatures ignored: everybody is let in. 401 and XML: so refused."""
    with start(dialect="signatures-ignored") as running:
        assert send(running.url, "GET", "/phone-numbers").status == 200
    with start(dialect="auth-401") as running:
        assert send(running.url, "GET", "/phone-numbers").status == 401
    with start(dialect="auth-xml") as running:
        reply = send(running.url, "GET", "/phone-numbers")
        assert reply.status == 403
        assert reply.body.startswith(b"<ErrorResponse>")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("auth:missing-accepted", 200),
        ("auth:refused-with-404", 404),
        ("auth:refused-with-500", 500),
    ],
)
def test_auth_faults(fault: str, status: int) -> None:
    """Faults of authentication let in, or refuse wrongly, who did not sign."""
    with start(fault=fault) as running:
        assert send(running.url, "GET", "/phone-numbers").status == status


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("auth:unknown-key-accepted", {"key": ("nobody", "test")}),
        ("auth:wrong-signature-accepted", {"key": ("test", "wrong")}),
    ],
)
def test_auth_faults_let_in(fault: str, options: dict[str, Any]) -> None:
    """An unknown key, or a wrong secret, is accepted."""
    with start(fault=fault) as running:
        assert call(running.url, "GET", "/phone-numbers", **options).status == 200


def numbers(url: str, query: str) -> list[str]:
    found = json.loads(call(url, "GET", f"/phone-numbers?{query}").body)["PhoneNumbers"]
    return [item["E164PhoneNumber"] for item in found]


def test_constraint_faults_do_what_they_say() -> None:
    """Unenforced, loose and tight differ in what they take."""
    name = "chime:ListPhoneNumbers/request/MaxResults/maximum"
    taken = {}
    for mutation in ("unenforced", "loose", "tight"):
        with start(fault=f"{name}:{mutation}") as running:
            sizes = (98, 99, 100, 101)
            taken[mutation] = [
                call(running.url, "GET", f"/phone-numbers?max-results={n}").status for n in sizes
            ]
    assert taken == {
        "unenforced": [200, 200, 200, 200],
        "loose": [200, 200, 200, 400],
        "tight": [200, 400, 400, 400],
    }


def test_response_faults_do_what_they_say() -> None:
    """A member goes missing, changes its type or its name, at any depth."""
    name = "chime:GetPhoneNumber/response/PhoneNumber/Capabilities/InboundCall"
    shown = {}
    for mutation in ("missing", "mistyped", "misnamed"):
        with start(fault=f"{name}:{mutation}") as running:
            body = call(running.url, *GOOD["chime:GetPhoneNumber"]).body
            shown[mutation] = json.loads(body)["PhoneNumber"]["Capabilities"]
    assert "InboundCall" not in shown["missing"]
    assert shown["mistyped"]["InboundCall"] == "true"
    assert shown["misnamed"]["inboundCall"] is True


def test_error_faults_do_what_they_say() -> None:
    """An error changes its status, its type, or its envelope."""
    name = "chime:ListPhoneNumbers/errors/BadRequestException"
    for mutation, status, error in (
        ("status-422", 422, "BadRequestException"),
        ("type", 400, "WrongInputException"),
        ("envelope", 400, None),
        ("no-type", 400, None),
    ):
        with start(fault=f"{name}:{mutation}") as running:
            reply = call(running.url, "GET", "/phone-numbers?max-results=0")
            assert (reply.status, reply.error) == (status, error)


@pytest.mark.parametrize(
    ("fault", "sizes", "total", "distinct"),
    [
        ("pagination:overlaps", 10, 44, 40),
        ("pagination:skips", 10, 37, 37),
        ("pagination:ends-early", 10, 30, 30),
        ("pagination:no-token", 10, 10, 10),
        ("pagination:overfull", 10, 40, 40),
        ("pagination:never-ends", 10, 200, 40),
        ("pagination:repeats-token", 10, 200, 20),
    ],
)
def test_paging_faults_do_what_they_say(fault: str, sizes: int, total: int, distinct: int) -> None:
    """A walk, bounded at twenty pages, finds too many, too few, or the same again."""
    with start(fault=f"chime:ListPhoneNumbers/{fault}") as running:
        found: list[str] = []
        token = ""
        for _ in range(20):
            target = f"/phone-numbers?max-results={sizes}" + (token and f"&next-token={token}")
            page = json.loads(call(running.url, "GET", target).body)
            found += [item["E164PhoneNumber"] for item in page["PhoneNumbers"]]
            token = page["NextToken"] or ""
            if not token:
                break
    assert (len(found), len(set(found))) == (total, distinct)


def test_filter_faults_do_what_they_say() -> None:
    """A filter is forgotten, or of several values only the first counts."""
    with start(fault="chime:ListPhoneNumbers/request/Status/filter:ignored") as running:
        assert len(numbers(running.url, "status=Assigned&max-results=99")) == 40
    name = "connect:ListPhoneNumbersV2/request/PhoneNumberCountryCodes/filter:first-value-only"
    with start(fault=name) as running:
        body = b'{"PhoneNumberCountryCodes":["GB","DE"]}'
        found = json.loads(call(running.url, "POST", "/phone-number/list", body).body)
        countries = {i["PhoneNumberCountryCode"] for i in found["ListPhoneNumbersSummaryList"]}
        assert countries == {"GB"}


def test_deep_faults_wait_for_their_trigger() -> None:
    """A deep fault shows for its inputs, and for no others."""
    with start(fault="deep-over-limit-in-a-range@chime:ListPhoneNumbers") as running:
        counts = [len(numbers(running.url, f"max-results={n}")) for n in (12, 13, 17, 18)]
    assert counts == [12, 14, 18, 18]
    with start(fault="deep-negative-accepted@connect:ListPhoneNumbersV2") as running:
        statuses = [
            call(running.url, "POST", "/phone-number/list", b'{"MaxResults":%d}' % n).status
            for n in (-3, 0, 1)
        ]
    assert statuses == [200, 400, 200]


def test_protocol_faults_do_what_they_say() -> None:
    """Bodies are cut, doubled, or not there."""
    method, target, body = GOOD["chime:ListPhoneNumbers"]
    prefix = "chime:ListPhoneNumbers/protocol:"
    with start(fault=prefix + "cut-off-200") as running, pytest.raises(http.client.IncompleteRead):
        call(running.url, method, target, body)
    with start(fault=prefix + "dropped-on-errors") as running:
        assert call(running.url, method, target, body).status == 200
        with pytest.raises(http.client.RemoteDisconnected):
            call(running.url, "GET", "/phone-numbers?max-results=0")
    with start(fault=prefix + "wrong-method-200") as running:
        assert call(running.url, "DELETE", "/phone-numbers").status == 200
        assert call(running.url, "DELETE", "/phone-number/list").status == 404


QUIET = {"hangs-up", "silent", "flood"}


@pytest.mark.parametrize("name", sorted(set(DEGENERATES) - QUIET))
def test_every_degenerate_answers(name: str) -> None:
    """A degenerate gives the same answer to any request, signed or not."""
    expected = int(name[-3:]) if name[-3:].isdigit() else 200
    with start(degenerate=name) as running:
        for method, target, body in GOOD.values():
            assert call(running.url, method, target, body).status == expected
        assert send(running.url, "GET", "/phone-numbers").status == expected


def test_the_quiet_degenerates() -> None:
    """One hangs up, one never answers, one never stops; closing them takes no time."""
    with start(degenerate="hangs-up") as running, pytest.raises(ConnectionError):
        call(running.url, "GET", "/phone-numbers")
    for name in ("silent", "flood"):
        running = start(degenerate=name)
        parts = urlsplit(running.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0)) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            client.settimeout(0.2)
            if name == "silent":
                with pytest.raises(TimeoutError):
                    client.recv(1)
            else:
                assert client.recv(10) == b"HTTP/1.1 2"
            began = time.perf_counter()
            running.close()
            assert time.perf_counter() - began < 1
