"""Commands that repeat a request: curl where curl signs it correctly, else Python."""

import re
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conformance.generation.plans import Case
from conformance.protocols.base import Signing
from conformance.protocols.http import Exchange, header

#: curl signs path and query as they are: its signature is right only for plain ones.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/_.~-]*")
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


def _headers(exchange: Exchange) -> dict[str, str]:
    return {name: value for name, value in exchange.request.headers if name.lower() not in _OWN}


def _scope(exchange: Exchange) -> tuple[str, str]:
    """The Region and the service that the request was signed for."""
    signed = header(exchange.request.headers, "authorization") or ""
    found = re.search(r"Credential=[^/]*/\d+/([^/]+)/([^/]+)/", signed)
    return (found[1], found[2]) if found else ("us-east-1", exchange.operation.split(":")[0])


def curl(exchange: Exchange, case: Case | None) -> str | None:
    """A curl command that gets the same response; ``None`` where curl cannot."""
    signing = case.signing if case is not None else None
    parts = urlsplit(exchange.request.url)
    names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    plain = (
        _PLAIN_PATH.fullmatch(parts.path)
        and ".." not in parts.path
        and _PLAIN_QUERY.fullmatch(parts.query)
        and names == sorted(set(names))
        and "&&" not in parts.query
        and all("=" in pair for pair in parts.query.split("&") if pair)
    )
    if signing not in {None, Signing.MISSING} or (signing is None and not plain):
        return None
    words = ["curl", "-sS", "-i", "-X", exchange.request.method]
    words += [word for pair in _headers(exchange).items() for word in ("-H", ": ".join(pair))]
    body = exchange.request.body
    if header(exchange.request.headers, "x-amz-trailer"):
        return None  # curl signs the digest of the body, where a checksum is behind it
    if body:
        try:
            words += ["--data-binary", body.decode()]
        except UnicodeDecodeError:
            return None
        if len(body) > 4000:
            return None
    line = shlex.join([*words, exchange.request.url])
    if signing is Signing.MISSING:
        return line
    region, service = _scope(exchange)
    credentials = '"${AWS_ACCESS_KEY_ID:-test}:${AWS_SECRET_ACCESS_KEY:-test}"'
    return f"{line} --aws-sigv4 aws:amz:{region}:{service} --user {credentials}"


_CREDENTIALS_OF_CURL = '"${AWS_ACCESS_KEY_ID:-test}:${AWS_SECRET_ACCESS_KEY:-test}"'
_SIGNED = re.compile(
    r" --aws-sigv4 aws:amz:[A-Za-z0-9-]+:[A-Za-z0-9.-]+ --user "
    + re.escape(_CREDENTIALS_OF_CURL)
    + r"\Z"
)


def repeats(command: str, request: Mapping[str, Any], most: int) -> bool:
    """Whether a curl command sends a stored request and does nothing else.

    It has the form that :func:`curl` makes: the method, the URL (of a stored one that is cut to
    ``most`` characters, the origin), headers and a body, each of them quoted.
    """
    plain = _SIGNED.sub("", command)
    try:
        words = shlex.split(plain)
    except ValueError:
        return False
    if shlex.join(words) != plain or len(words) < 6:
        return False
    *options, url = words[5:]
    names, values = options[::2], options[1::2]
    stored = str(request["url"])
    origin = "/".join(stored.split("/")[:3]) + "/"
    same = url == stored or (len(url) > most and url.startswith(origin))
    return (
        words[:5] == ["curl", "-sS", "-i", "-X", request["method"]]
        and same
        and len(names) == len(values)
        and set(names) <= {"-H", "--data-binary"}
        and not any(value.startswith("@") for value in values)
    )


def python(exchange: Exchange, case: Case | None) -> str:
    """A Python program that sends the same request and prints the status."""
    region, service = _scope(exchange)
    # S3 wants the digest of the body signed as a header of its own
    digested = header(exchange.request.headers, "x-amz-content-sha256") is not None
    auth = "S3SigV4Auth" if digested else "SigV4Auth"
    signing = case.signing if case is not None else None
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
    return _PYTHON.format(
        auth=auth,
        method=exchange.request.method,
        url=exchange.request.url,
        headers=_headers(exchange),
        body=exchange.request.body,
        trailer=_TRAILER if header(exchange.request.headers, "x-amz-trailer") else "",
        sign=sign,
    )
