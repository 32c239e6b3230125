"""Credentials in use are in no report, wherever a server repeats them, and ordinary words stay."""

import base64
import gzip
import html
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cbor2
import planted
import pytest

from conformance.protocols.http import Exchange, Request, Response
from conformance.recording.credentials import REDACTED, CredentialsInUse
from conftest import Scripted

KEY = "AKIAQWERTYUIOPASDFGH"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzq8sT1uVw2"
TOKEN = "FwoGZXIvYXdzEOb//////////wEaDPriv/+atetokenPRIVATETOKEN0123456789=="
SIGNATURE = "3f9c1d7b5a2e4860b1c9d8e7f6a5b4c3" * 2
SIGNED = (
    f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/us-east-1/sts/aws4_request, "
    f"SignedHeaders=host, Signature={SIGNATURE}"
)
REQUEST = Request(
    method="POST",
    url="http://localhost/",
    headers=(("Authorization", SIGNED), ("X-Amz-Security-Token", TOKEN)),
    body=b"",
)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


#: How a server repeats a text.
ECHOES: dict[str, Callable[[str], bytes]] = {
    "as it is": lambda text: f"you sent {text}!".encode(),
    "JSON": lambda text: json.dumps({"headers": {"a": text}}).encode(),
    "JSON with escaped slashes": lambda text: json.dumps({"a": text}).replace("/", "\\/").encode(),
    "JSON escaped whole": lambda text: (
        '{"a":"' + "".join(f"\\u{ord(char):04x}" for char in text) + '"}'
    ).encode(),
    "JSON in JSON": lambda text: json.dumps({"a": json.dumps({"b": text})}).encode(),
    "XML": lambda text: f"<E><M>{html.escape(text)}</M></E>".encode(),
    "XML in references": lambda text: "".join(f"&#x{ord(char):x};" for char in text).encode(),
    "percent": lambda text: quote(text, safe="").encode(),
    "percent, small letters": lambda text: (
        quote(text, safe="").lower().encode()
        if text == SIGNATURE
        else quote(text, safe="").replace("%2F", "%2f").replace("%2B", "%2b").encode()
    ),
    "percent twice": lambda text: quote(quote(text, safe=""), safe="").encode(),
    "percent whole": lambda text: "".join(f"%{ord(char):02x}" for char in text).encode(),
    "base64": lambda text: b64(text.encode()).encode(),
    "base64 of a text around it": lambda text: b64(f"it is {text} here".encode()).encode(),
    "base64 of another": lambda text: b64(f"it was {text} here".encode()).encode(),
    "base64 twice": lambda text: b64(b64(f"a {text} b".encode()).encode()).encode(),
    "base64url": lambda text: base64.urlsafe_b64encode(f"a {text} ü".encode()),
    "base64 of JSON": lambda text: b64(json.dumps({"a": text}).encode()).encode(),
    "base64 of percent": lambda text: b64(quote(text, safe="").encode()).encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "large hex": lambda text: f"x{text}".encode().hex().upper().encode(),
    "gzip": lambda text: gzip.compress(json.dumps({"a": text}).encode()),
    "gzip in base64": lambda text: b64(gzip.compress(text.encode())).encode(),
    "UTF-16": lambda text: f"it is {text}".encode("utf-16"),
    "UTF-16 in base64": lambda text: b64(f"it is {text}".encode("utf-16-le")).encode(),
    "CBOR": lambda text: cbor2.dumps({"a": text}),
    "bytes in CBOR": lambda text: cbor2.dumps({"a": text.encode(), "b": b"\xff\xfe"}),
    "glued": lambda text: f"x{text}y".encode() if text != SIGNATURE else text.encode(),
}
SECRETS = {"the key": KEY, "the secret": SECRET, "the token": TOKEN, "the signature": SIGNATURE}


def said(raw: bytes, depth: int = 4) -> list[str]:
    """Everything that bytes say, by the decoders of the standard library alone."""
    found: list[str] = []
    due: list[Any] = [raw]
    for _ in range(depth):
        fresh: list[Any] = []
        for one in due:
            if isinstance(one, bytes):
                fresh += planted._from_bytes(one)
            elif isinstance(one, str):
                found.append(one)
                fresh += planted._from_text(one)
            elif isinstance(one, dict):
                fresh += [*one.keys(), *one.values()]
            elif isinstance(one, list):
                fresh += one
        due = fresh
    return found


def exchange(body: bytes, **headers: str) -> Exchange:
    return Exchange(
        operation="sts:GetCallerIdentity",
        params={},
        request=REQUEST,
        response=Response(status=200, headers=tuple(headers.items()), body=body),
    )


@pytest.mark.parametrize("how", ECHOES)
@pytest.mark.parametrize("what", SECRETS)
def test_a_repeated_credential_is_removed(what: str, how: str) -> None:
    """Keys, secrets, tokens and signatures are gone from a body, however it encodes them."""
    credentials = CredentialsInUse((KEY, SECRET, TOKEN), {SIGNATURE})
    clean = credentials.exchange(exchange(ECHOES[how](SECRETS[what])))
    assert clean.response is not None
    for text in said(clean.response.body):
        assert SECRETS[what] not in text, text


@pytest.mark.parametrize("what", SECRETS)
def test_what_is_cut_is_removed_too(what: str) -> None:
    """Twelve letters in a row of a credential are not stored, from whichever part of it."""
    credentials = CredentialsInUse((KEY, SECRET, TOKEN), {SIGNATURE})
    secret = SECRETS[what]
    if what == "the signature":
        assert credentials.text(f"Signature={secret[:20]}") == f"Signature={REDACTED}"
        return
    for start in range(0, len(secret) - 12, 3):
        if len(set(secret[start : start + 12])) < 6:
            continue
        for text in (f"'{secret[start : start + 12]}", b64(secret.encode())[start : start + 20]):
            assert REDACTED in credentials.text(f"at {text} end"), text


def test_a_signature_is_known_from_its_own_request() -> None:
    """Without anything being said of it, an exchange does not hold what signed it."""
    clean = CredentialsInUse().exchange(exchange(f'{{"s":"{SIGNATURE}","t":"{TOKEN}"}}'.encode()))
    assert clean.response is not None
    assert SIGNATURE[:12] not in repr(clean)
    assert TOKEN[:12] not in repr(clean)


@pytest.mark.parametrize(
    "text", ["a test of tests", "Testing: test", '{"status":"test"}', "dGVzdA=="]
)
def test_dummies_are_words(text: str) -> None:
    """``test`` in an ordinary text stays, though it is the key and the secret in use."""
    assert CredentialsInUse(("test", "test", "")).text(text) == text


def test_short_credentials_are_words_of_their_own() -> None:
    """A short password is removed where it is a word, and left within another."""
    credentials = CredentialsInUse(("hunter2", "localstack", "000000000000"))
    assert credentials.text("with hunter2, at hunter2x") == f"with {REDACTED}, at hunter2x"
    for text in ("http://localhost.localstack.cloud", "arn:aws:sqs:us-east-1:000000000000:q"):
        assert credentials.text(text) == text


def test_other_texts_stay() -> None:
    """What is no credential keeps every byte."""
    credentials = CredentialsInUse((KEY, SECRET, TOKEN), {SIGNATURE})
    for body in (
        b'{"NextToken":"IQoJb3JpZ2luX2Vj"}',
        gzip.compress(b"plain"),
        b"\xff\xfe\x00",
        b"",
    ):
        clean = credentials.exchange(exchange(body))
        assert clean.response is not None
        assert clean.response.body == body


def repeated(raw: bytes, number: int) -> bytes:
    """A response that repeats a request, in a way that depends on its number."""
    text = raw.decode("latin-1")
    bodies = [
        json.dumps({"message": text, "b": b64(raw)}).encode(),
        json.dumps({"NextToken": text, "PhoneNumbers": [{"E164PhoneNumber": text}]}).encode(),
        f"<E>{html.escape(text)}</E>".encode(),
        gzip.compress(json.dumps({"message": text}).encode()),
    ]
    body, status = bodies[number % 4], (400, 200, 500, 200)[number % 4]
    line = text.replace("\r\n", " ").encode("latin-1")[:3000]
    head = f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\nX-Echo: ".encode()
    return head + line + b"\r\n\r\n" + body


def test_no_file_of_a_report_repeats_a_request(
    shell: Any, scripted: Callable[..., Scripted], tmp_path: Path
) -> None:
    """A server that answers with the request it got: no file holds a credential or a signature."""

    def echo(server: Scripted, connection: socket.socket, number: int) -> None:
        while raw := server.read(connection):
            connection.sendall(repeated(raw, len(server.requests)))

    server = scripted(echo)
    shell.certify(
        server.url,
        *("--operations=chime:*", "--max-examples=2", "--report=told", "--record=all"),
        *("--cassettes=kept",),
        AWS_ACCESS_KEY_ID=KEY,
        AWS_SECRET_ACCESS_KEY=SECRET,
        AWS_SESSION_TOKEN=TOKEN,
        CONFORMANCE_REDACTION_KEY=str(tmp_path / "key"),
    )
    files = [path for path in (tmp_path / "told").rglob("*") if path.is_file()]
    assert len(files) >= 6
    kept = list((tmp_path / "kept").rglob("*.json"))
    signatures = {
        found.decode()
        for raw in server.requests
        for found in [raw.partition(b"Signature=")[2][:64]]
        if len(found) == 64
    }
    assert signatures
    for path in [*files, *kept]:
        content = path.read_text("utf-8", "replace")
        for secret in (KEY, SECRET, TOKEN, quote(SECRET, safe=""), SECRET[:12], TOKEN[-14:-2]):
            assert secret not in content, path
        assert not [one for one in signatures if one in content], path
