"""Commands that repeat a request: curl where curl signs it correctly, else Python.

Both are made of a request and of how it is signed, and nothing else. A Python program that was made
here is read back into these, so that both can be made anew of a report, and compared.
"""

import ast
import re
import shlex
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conformance.generation.plans import Case
from conformance.protocols.base import Signing
from conformance.protocols.http import Exchange, Request, header

#: A request with a longer body, in bytes, has no reproduction but its case.
MOST_BODY = 64 * 1024
#: What is longer is no program that was made here.
_MOST_PROGRAM = 8 * MOST_BODY
#: How long a body is that a command line takes.
_MOST_OF_CURL = 4000
#: curl signs path and query as they are: its signature is right only for plain ones.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/_.~-]*")
#: What curl does not send as it is: it expands brackets and resolves dots.
_CHANGED = re.compile(r"[\[\]{}]|/\.\.?(?:[/?#]|$)")
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9_.~=&-]*")
#: Headers that the client sets itself, or that make no difference to the response.
_OWN = frozenset(
    {
        "accept-encoding",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "authorization",
        "connection",
        "content-length",
        "host",
        "transfer-encoding",
        "user-agent",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
        "x-amz-user-agent",
    }
)

_PYTHON = """\
import http.client, os
from urllib.parse import urlsplit
from botocore.auth import {auth}
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

request = AWSRequest({method!r}, {url!r}, headers={headers!r}, data={body!r})
{trailer}{sign}
parts = urlsplit(request.url)
secure = parts.scheme == "https"
connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
connection = connect(parts.netloc, timeout=10)
target = parts.path + ("?" + parts.query if parts.query else "")
connection.request(request.method, target, {body!r}, dict(request.headers.items()))
response = connection.getresponse()
print(response.status, response.read()[:2000])
"""
#: A checksum behind the body takes the place of a digest of it in the signature.
_TRAILER = 'request.context["checksum"] = {"request_algorithm": {"in": "trailer"}}\n'
_CREDENTIALS = (
    'key = os.environ.get("AWS_ACCESS_KEY_ID", "test")\n'
    'secret = os.environ.get("AWS_SECRET_ACCESS_KEY", "test")\n'
)
_SIGN = "{auth}(Credentials(key, secret{token}), {service!r}, {region!r}).add_auth(request)\n"
_SPOIL = {
    Signing.BAD_SIGNATURE: (
        'signed = request.headers["Authorization"]\n'
        'del request.headers["Authorization"]\n'
        'request.headers["Authorization"] = signed[:-1] + ("1" if signed[-1] == "0" else "0")\n'
    ),
    Signing.INCOMPLETE: (
        'signed = request.headers["Authorization"].split(", Signature=")[0]\n'
        'del request.headers["Authorization"]\n'
        'request.headers["Authorization"] = signed\n'
    ),
}


_CREDENTIALS_OF_CURL = '"${AWS_ACCESS_KEY_ID:-test}:${AWS_SECRET_ACCESS_KEY:-test}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeatable:
    """A request and how it is signed: all that its reproductions are made of.

    ``digested``: S3 wants the digest of the body signed as a header of its own.
    """

    request: Request
    signing: Signing | None
    region: str = "us-east-1"
    service: str = ""
    digested: bool = False


def repeatable(exchange: Exchange, case: Case | None) -> Repeatable:
    """What the reproductions of an exchange are made of."""
    request = exchange.request
    signed = header(request.headers, "authorization") or ""
    found = re.search(r"Credential=[^/]*/\d+/([^/]+)/([^/]+)/", signed)
    region, service = (
        (found[1], found[2]) if found else ("us-east-1", exchange.operation.split(":")[0])
    )
    return Repeatable(
        request=request,
        signing=case.signing if case is not None else None,
        region=region,
        service=service,
        digested=header(request.headers, "x-amz-content-sha256") is not None,
    )


def _headers(request: Request) -> dict[str, str]:
    return {name: value for name, value in request.headers if name.lower() not in _OWN}


def curl(made: Repeatable) -> str | None:
    """A curl command that gets the same response; ``None`` where curl cannot."""
    request, signing = made.request, made.signing
    if signing not in {None, Signing.MISSING} or _CHANGED.search(request.url):
        return None
    if signing is None and not _is_plain(request.url):
        return None
    if header(request.headers, "x-amz-trailer"):
        return None  # curl signs the digest of the body, where a checksum is behind it
    words = ["curl", "-sS", "-i", "-X", request.method]
    for name, value in _headers(request).items():
        words += ["-H", f"{name}: {value}" if value else f"{name};"]
    if request.body:
        try:
            text = request.body.decode()
        except UnicodeDecodeError:
            return None
        if len(request.body) > _MOST_OF_CURL or "\0" in text:
            return None
        # what begins with @ would be the name of a file
        words += ["--data-raw" if text.startswith("@") else "--data-binary", text]
    line = shlex.join([*words, request.url])
    if signing is Signing.MISSING:
        return line
    return f"{line} --aws-sigv4 aws:amz:{made.region}:{made.service} --user {_CREDENTIALS_OF_CURL}"


def _is_plain(url: str) -> bool:
    """Whether curl signs a URL correctly."""
    parts = urlsplit(url)
    names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    return bool(
        _PLAIN_PATH.fullmatch(parts.path)
        and _PLAIN_QUERY.fullmatch(parts.query)
        and names == sorted(set(names))
        and "&&" not in parts.query
        and all("=" in pair for pair in parts.query.split("&") if pair)
    )


def python(made: Repeatable) -> str:
    """A Python program that sends the same request and prints the status."""
    region, service = made.region, made.service
    auth = "S3SigV4Auth" if made.digested else "SigV4Auth"
    signing = made.signing
    if signing is Signing.MISSING:
        sign = ""
    elif signing is Signing.UNKNOWN_KEY:
        sign = 'key, secret = "AKIAUNKNOWNCONFORMAN", "unknown"\n'
        sign += _SIGN.format(auth=auth, service=service, region=region, token="")
    elif signing is Signing.STALE_DATE:
        sign = "import datetime, unittest.mock\n" + _CREDENTIALS
        sign += (
            "long_ago = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)\n"
            'with unittest.mock.patch("botocore.auth.get_current_datetime", lambda: long_ago):\n'
            "    " + _SIGN.format(auth=auth, service=service, region=region, token="")
        )
    else:
        token = ', os.environ.get("AWS_SESSION_TOKEN")'
        sign = _CREDENTIALS + _SIGN.format(auth=auth, service=service, region=region, token=token)
        sign += _SPOIL.get(signing, "") if signing else ""
    request = made.request
    return _PYTHON.format(
        auth=auth,
        method=request.method,
        url=request.url,
        headers=_headers(request),
        body=request.body,
        trailer=_TRAILER if header(request.headers, "x-amz-trailer") else "",
        sign=sign,
    )


_REQUEST = re.compile(r"^request = (AWSRequest\(.*\))$", re.MULTILINE)
_AUTH = re.compile(
    r"^ {0,4}(?:S3)?SigV4Auth\(Credentials\(.*\), '([A-Za-z0-9._-]+)', '([A-Za-z0-9-]+)'\)"
    r"\.add_auth\(request\)$",
    re.MULTILINE,
)


def read(program: str) -> Repeatable | None:
    """What a Python program was made of; ``None`` for one that was not made here.

    It has exactly the text that :func:`python` makes of what is returned.
    """
    if len(program) > _MOST_PROGRAM:
        return None
    request = _request(program)
    if request is None:
        return None
    scope = _AUTH.search(program)
    service, region = (scope[1], scope[2]) if scope else ("", "us-east-1")
    for signing in (None, *Signing):
        for digested in (False, True):
            made = Repeatable(
                request=request, signing=signing, region=region, service=service, digested=digested
            )
            if python(made) == program:
                return made
    return None


def _request(program: str) -> Request | None:
    """The request that a program states, read as literals alone."""
    line = _REQUEST.search(program)
    try:
        call: Any = ast.parse(line[1] if line else "", mode="eval").body
        method, url = (ast.literal_eval(one) for one in call.args)
        given = {one.arg: ast.literal_eval(one.value) for one in call.keywords}
        headers, body = given["headers"], given["data"]
    except (SyntaxError, ValueError, TypeError, AttributeError, KeyError):
        return None
    except (RecursionError, MemoryError):
        return None
    texts = (method, url, *headers, *headers.values()) if isinstance(headers, dict) else (None,)
    if not all(isinstance(one, str) for one in texts) or not isinstance(body, bytes):
        return None
    return Request(method=method, url=url, headers=tuple(headers.items()), body=body)
