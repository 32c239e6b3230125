"""Redaction: nothing planted gets through, and what checks rely on is still there."""

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from conformance.protocols.http import Request, Response
from conformance.recording.pseudonyms import Pseudonyms
from conformance.recording.redaction import Redactor
from conformance.recording.scan import leaks

KEY = "AKIA" + "QWERTYUIOPASDFGH"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzq8sT1uVw2"
SESSION = "IQoJb3JpZ2luX2Vj" + "AbCdEf0123456789" * 8
NUMBER = "+12067318842"
BRITISH = "+442079460123"
ACCOUNT = "739184625037"
ARN = f"arn:aws:connect:us-east-1:{ACCOUNT}:instance/5f8a1b2c-9d3e-4f60-8a7b-1c2d3e4f5a6b"
UUID = "5f8a1b2c-9d3e-4f60-8a7b-1c2d3e4f5a6b"
TOKEN = "pageTokenOfThisVeryAccount0042XYZ"
NAME = "Jane Doe 7"
DEEP = json.dumps({"caller": NUMBER, "owner": ACCOUNT})


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def in_body(text: str) -> Response:
    return Response(status=200, headers=(), body=text.encode())


def in_header(name: str, value: str) -> Response:
    return Response(status=200, headers=((name, value),), body=b"")


def asked(url: str = "https://h/", body: str = "", **headers: str) -> Request:
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request(method="POST", url=url, headers=pairs, body=body.encode())


SIGNED = (
    f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/us-east-1/connect/aws4_request, "
    f"SignedHeaders=host, Signature={'ab12' * 16}"
)
#: What is planted → where. Each must be gone, however it is encoded.
PLANTED: dict[str, tuple[str, Request | Response]] = {
    "a number in JSON": (NUMBER, in_body(json.dumps({"E164PhoneNumber": NUMBER}))),
    "a number in a list": (NUMBER, in_body(json.dumps({"E164PhoneNumbers": [NUMBER]}))),
    "a number in a path": ("2067318842", asked(f"https://h/phone-numbers/{quote(NUMBER)}")),
    "a number percent-encoded twice": ("7318842", asked("https://h/p/%252B12067318842")),
    "a number in a query": ("7318842", asked("https://h/s?number=%2B12067318842")),
    "an encoded id in JSON": ("7318842", in_body('{"PhoneNumberId":"%2B12067318842"}')),
    "a number in a message": (NUMBER, in_body(json.dumps({"Message": f"{NUMBER} is taken"}))),
    "a number without its plus": ("2067318842", in_body('{"m":"call 12067318842 now"}')),
    "a number as people write it": ("731-8842", in_body('{"m":"(206) 731-8842"}')),
    "a number as a JSON number": ("12067318842", in_body('{"n":12067318842}')),
    "a foreign number": (BRITISH, in_body(json.dumps({"PhoneNumber": BRITISH}))),
    "a number in base64": (b64(NUMBER), in_body(json.dumps({"blob": b64(f"to {NUMBER}")}))),
    "a number in nested JSON": (NUMBER, in_body(json.dumps({"Message": DEEP}))),
    "an account in nested JSON": (ACCOUNT, in_body(json.dumps({"Message": DEEP}))),
    "nested JSON in base64": (b64(DEEP), in_body(json.dumps({"x": b64(DEEP)}))),
    "an escaped number": (NUMBER, in_body('{"n":"\\u002b12067318842"}')),
    "a number in XML": (NUMBER, in_body(f"<E><M>{NUMBER}</M></E>")),
    "an ARN": (ACCOUNT, in_body(json.dumps({"TargetArn": ARN}))),
    "an ARN in a message": (ACCOUNT, in_body(json.dumps({"m": f"no access to {ARN}."}))),
    "an ARN in a query": (ACCOUNT, asked(f"https://h/s?arn={quote(ARN, safe='')}")),
    "an account in a message": (ACCOUNT, in_body(f'{{"Message":"User {ACCOUNT} may not"}}')),
    "an account as a JSON number": (ACCOUNT, in_body(f'{{"account":{ACCOUNT}}}')),
    "an instance": (UUID, in_body(json.dumps({"InstanceId": UUID}))),
    "an instance in a request": (UUID, asked(body=json.dumps({"InstanceId": UUID}))),
    "a calling name": (NAME, in_body(json.dumps({"CallingName": NAME}))),
    "a description": ("sister", in_body('{"PhoneNumberDescription":"my sister\'s line"}')),
    "an association": ("abcdef9", in_body('{"Associations":[{"Value":"abcdef9ghij"}]}')),
    "a filter's value": ("abcdef9", asked("https://h/p?filter-value=abcdef9ghij")),
    "a token in an answer": (TOKEN, in_body(json.dumps({"NextToken": TOKEN}))),
    "a token in a request": (TOKEN, asked(f"https://h/p?next-token={TOKEN}")),
    "an access key": (KEY, asked(Authorization=SIGNED)),
    "a signature": ("ab12ab12", asked(Authorization=SIGNED)),
    "an access key in a message": (KEY, in_body(json.dumps({"m": f"key {KEY} unknown"}))),
    "a secret key in a message": (SECRET, in_body(json.dumps({"m": f"with {SECRET} it"}))),
    "a secret in base64": (
        b64(f"secret {SECRET}"),
        in_body(json.dumps({"m": b64(f"secret {SECRET}")})),
    ),
    "a session token": (SESSION, asked(X_Amz_Security_Token=SESSION)),
    "a session token in a query": (SESSION, asked(f"https://h/?X-Amz-Security-Token={SESSION}")),
    "a cookie": ("s3ss10n", in_header("Set-Cookie", "id=s3ss10nvalue")),
    "a request id": ("8c7d", in_header("x-amzn-RequestId", "8c7d6e5f-1111-4222-8333-944455556666")),
    "a trace": ("63a1f", in_header("X-Amzn-Trace-Id", "Root=1-63a1f2b3-abcdefabcdefabcdefabcdef")),
    "a machine": ("kernel", asked(User_Agent="Botocore/1 os/linux#6.1-kernel")),
    "a bearer": ("s3cretbearer", asked(Authorization="Bearer s3cretbearervalue")),
    "a redirect": (NUMBER[1:], in_header("Location", f"https://h/p/{quote(NUMBER)}")),
}


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(Pseudonyms(b"a key for tests"), (KEY, SECRET, SESSION))


def everything(redacted: Request | Response) -> str:
    url = redacted.url if isinstance(redacted, Request) else ""
    return "\n".join([url, *(f"{n}: {v}" for n, v in redacted.headers), redacted.body.decode()])


def passed(redactor: Redactor, given: Request | Response) -> Request | Response:
    return redactor.request(given) if isinstance(given, Request) else redactor.response(given)


@pytest.mark.parametrize("what", PLANTED)
def test_nothing_planted_gets_through(redactor: Redactor, what: str) -> None:
    """Whatever is private is gone, wherever it stands and however it is encoded."""
    secret, given = PLANTED[what]
    assert secret in everything(given) or "\\u002b" in everything(given)
    redacted = everything(passed(redactor, given))
    assert secret not in redacted
    for layer in redacted.splitlines():
        assert not list(leaks(layer, "x", secrets=redactor.secrets)), layer


@pytest.mark.parametrize("what", PLANTED)
def test_redaction_keeps_the_length(redactor: Redactor, what: str) -> None:
    """URL and body of plain ASCII are as long as before."""
    _, given = PLANTED[what]
    redacted = passed(redactor, given)
    if "\\u" not in given.body.decode():
        assert len(redacted.body) == len(given.body)
    if isinstance(given, Request) and isinstance(redacted, Request):
        assert len(redacted.url) == len(given.url)


def test_the_same_is_replaced_alike_everywhere(redactor: Redactor) -> None:
    """In a URL, a body, a message and base64 the same number becomes the same number."""
    found = redactor.text(NUMBER)
    assert quote(found) in redactor.request(asked(f"https://h/p/{quote(NUMBER)}")).url
    body = json.dumps({"a": NUMBER, "b": f"of {NUMBER}", "c": b64(f"of {NUMBER}")}).encode()
    told = json.loads(redactor.body(body))
    assert told == {"a": found, "b": f"of {found}", "c": b64(f"of {found}")}


def test_tokens_are_alike_in_answer_and_request(redactor: Redactor) -> None:
    """The token that a page gives out is the one that the next request sends."""
    given = json.loads(redactor.body(json.dumps({"NextToken": TOKEN}).encode()))["NextToken"]
    assert redactor.request(asked(f"https://h/p?next-token={TOKEN}")).url.endswith(given)
    assert len(given) == len(TOKEN)


def test_every_other_byte_is_kept(redactor: Redactor) -> None:
    """Spaces, order of members, nulls and escapes elsewhere stay as they came."""
    body = b'{ "b" : null,\n "a":["+12067318842" ,1.50e3,true], "u":"gr\\u00fc\\/n" }'
    found = redactor.text(NUMBER).encode()
    assert redactor.body(body) == body.replace(NUMBER.encode(), found)


def test_what_is_no_text_keeps_its_bytes(redactor: Redactor) -> None:
    """A body in no encoding keeps all that is not private."""
    assert redactor.body(b"\xff\xfe\x00\x01") == b"\xff\xfe\x00\x01"


def test_content_length_is_true(redactor: Redactor) -> None:
    """A Content-Length that was true is true of the redacted body, one that lied still lies."""
    body = json.dumps({"CallingName": "Grüße an Öl"}, ensure_ascii=False).encode()
    true = Response(status=200, headers=(("Content-Length", str(len(body))),), body=body)
    redacted = redactor.response(true)
    assert redacted.headers == (("Content-Length", str(len(redacted.body))),)
    lying = Response(status=200, headers=(("Content-Length", "7"),), body=body)
    assert redactor.response(lying).headers == (("Content-Length", "7"),)


def test_what_the_plan_says_is_public(redactor: Redactor) -> None:
    """Values that stand in the case itself are nobody's secret, and nobody's replacement."""
    redactor.public({"+12065550100", "Conformance"})
    body = b'{"CallingName":"Conformance","E164PhoneNumber":"+12065550100"}'
    assert redactor.body(body) == body


def test_credentials_are_never_public(redactor: Redactor) -> None:
    """Not even a plan may tell the secret in use."""
    redactor.public({SECRET})
    assert SECRET not in redactor.text(f"it is {SECRET} here")


class TestScan:
    """The scan finds by form what redaction is told nothing of."""

    @pytest.mark.parametrize(
        "text",
        [
            NUMBER,
            quote(NUMBER),
            quote(quote(NUMBER)),
            b64(f"call {NUMBER}"),
            json.dumps({"x": json.dumps({"y": NUMBER})}),
            f"id {ACCOUNT}.",
            ARN,
            KEY,
            SECRET,
            SESSION,
            SIGNED,
            b64(json.dumps({"key": KEY})),
            "-----BEGIN RSA PRIVATE KEY-----",
            "(206) 731-8842",
            '{"n":"\\u002b12067318842"}',
        ],
    )
    def test_it_finds_what_was_overlooked(self, text: str) -> None:
        """What looks private is found in every encoding, and never repeated in the report of it."""
        found = list(leaks(text, "here"))
        assert found
        for secret in (NUMBER, ACCOUNT, KEY, SECRET, SESSION):
            assert secret not in str(found[0])

    def test_a_credential_in_use_is_found_as_it_stands(self) -> None:
        """Credentials of any form are known by themselves."""
        assert list(leaks("a plainword b", "here", secrets=("plainword",)))

    def test_a_replacement_is_no_leak(self, redactor: Redactor) -> None:
        """What redaction puts in place passes."""
        for text in (NUMBER, BRITISH, ARN, f"id {ACCOUNT}", KEY, SECRET, SESSION, SIGNED):
            assert not list(leaks(redactor.text(text), "here")), text


#: What ordinary responses say, by the names of members: none of it is private.
HARMLESS = {
    "KeyState": "Enabled",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "KeyType": "HASH",
    "AuthorizationType": "NONE",
    "AuthType": "AWS_IAM",
    "PasswordPolicy": {"MinimumLength": 8, "RequireSymbols": True},
    "SecretListEntry": [],
    "BillingMode": "PAY_PER_REQUEST",
    "Engine": "postgres",
    "EngineVersion": "16.4",
    "InstanceType": "t3.micro",
    "Region": "us-east-1",
    "AvailabilityZone": "us-east-1a",
    "Version": "2012-10-17",
    "ContentType": "application/x-amz-json-1.1",
    "CreationDate": "2026-01-01T00:00:00Z",
    "MaxResults": 100,
    "Status": "ACTIVE",
    "Runtime": "python3.12",
    "Handler": "index.handler",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_values_are_left_alone(redactor: Redactor, name: str) -> None:
    body = json.dumps({name: HARMLESS[name]}).encode()
    assert redactor.body(body) == body


def test_processes_that_share_a_key_replace_alike(tmp_path: Path) -> None:
    """Whichever of two workers meets a value first, in whichever file: it becomes one value."""
    ledger = tmp_path / "ledger"
    one, other = (Redactor(Pseudonyms(b"one key", ledger)) for _ in range(2))
    texts = [NUMBER, ARN, ACCOUNT, BRITISH]
    first = [one.text(text) for text in texts]
    assert [other.text(text) for text in reversed(texts)] == first[::-1]
    assert len(set(first)) == len(texts)
    assert not set(first) & set(texts)
