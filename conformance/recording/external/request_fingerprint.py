"""What a request says of the service it is for: signature, host, client, and its operation.

Each sign is read from the bytes alone, the operation as each wire protocol names it; which
operation of which service follows is for ``recognition``.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html § Elements.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from conformance.protocols.base import Address, Addressing
from conformance.protocols.http import Request, header
from conformance.protocols.table import addressings
from conformance.spec.sdk_models.index import Entry, index

#: ``AKID/date/region/service/aws4_request``; the asymmetric kind has no region.
_SCOPE = re.compile(r"/\d{8}(?:/(?P<region>[\w-]+))?/(?P<service>[\w.-]+)/aws4_request")
#: How SDKs of several languages name the API in their User-Agent.
_API = re.compile(r"\bapi/([A-Za-z0-9_.-]+)")
#: The label of S3 in a host, behind a bucket.
_S3 = re.compile(r"s3|s3-.*|s3express-.*")
#: Where AWS's endpoints are.
_OF_AWS = (
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".api.aws",
    ".api.amazonwebservices.com.cn",
    ".aws.amazon.com",
)
#: The same, and LocalStack's, which are named after them.
_DOMAINS = (*_OF_AWS, ".localhost.localstack.cloud")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
#: Endpoints that are in no model: former names, global ones, and those of an account.
_ALIASES: Mapping[str, str] = {
    "queue": "sqs",
    "ddb": "dynamodb",
    "service.chime": "chime",
    "s3-external-1": "s3",
    "s3-accelerate": "s3",
    "s3-accesspoint": "s3",
    "s3-object-lambda": "s3",
}
#: Names that requests to a part of a service are signed with.
_SIGNED_AS: Mapping[str, str] = {"s3express": "s3", "s3-object-lambda": "s3"}
#: Labels of a host that say nothing of the service.
_BESIDE = frozenset({"dualstack", "vpce", "fips"})
#: Headers that only a client of AWS sends.
_OF_CLIENTS = frozenset(
    {"x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "amz-sdk-invocation-id"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What a request says of itself; what it does not say is empty.

    ``signing`` and ``endpoint`` are names of services on the wire, ``client`` the API that
    the client's User-Agent names; ``addresses`` are the operations that it names, each with
    the way in which protocols name theirs there. ``amazon``: something in it is AWS's alone;
    ``express``: it is for S3's directory buckets.
    """

    signing: str = ""
    endpoint: str = ""
    client: str = ""
    addresses: tuple[tuple[Addressing, Address], ...] = ()
    amazon: bool = False
    express: bool = False


def fingerprint(request: Request) -> Fingerprint:
    """The signs of a request."""
    named = {name.lower() for name, _ in request.headers}
    agent = header(request.headers, "user-agent") or ""
    signing = _signing(request)
    host = urlsplit(request.url).hostname or ""
    endpoint = _endpoint(host)
    api = _API.search(f"{header(request.headers, 'x-amz-user-agent') or ''} {agent}")
    clients = bool(named & _OF_CLIENTS) or any(
        one in agent.lower() for one in ("boto", "aws-sdk", "aws-cli")
    )
    addresses = tuple(_addresses(request))
    distinctive = any(addressing.distinctive for addressing, _ in addresses)
    return Fingerprint(
        signing=signing,
        endpoint=endpoint,
        client=api[1].replace("_", " ").lower() if api else "",
        addresses=addresses,
        amazon=bool(signing or endpoint or distinctive or clients),
        express=signing == "s3express" or ".s3express-" in f".{host}",
    )


#: Domains that no public server has (RFC 6761, RFC 6762, and ICANN's for private use).
_NEAR = (".localhost", ".test", ".local", ".internal")


def is_of_aws(request: Request) -> bool:
    """Whether a request was sent to one of AWS's own hosts."""
    return (urlsplit(request.url).hostname or "").endswith(_OF_AWS)


def is_near(request: Request) -> bool:
    """Whether a request was sent to this machine, or to a name or address of a private network."""
    host = urlsplit(request.url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_NEAR)


def _addresses(request: Request) -> Iterator[tuple[Addressing, Address]]:
    for addressing in addressings():
        address = addressing.read(request) if addressing.read else None
        if address is not None:
            yield addressing, address


def _signing(request: Request) -> str:
    query = {name.lower(): value for name, value in request.query}
    places = [header(request.headers, "authorization") or "", query.get("x-amz-credential", "")]
    found = (_SCOPE.search(one) for one in places)
    return next((match["service"] for match in found if match), "")


def _endpoint(host: str) -> str:
    """The endpoint that a host of AWS names; empty where it is none."""
    labels = _labels(host)
    known = _endpoints()
    for end in range(len(labels), 0, -1):
        for start in range(end):
            name = ".".join(labels[start:end])
            if name in known:
                return _ALIASES.get(name, name)
        last = labels[end - 1]
        if last.startswith("s3express-") or (
            last.startswith("s3-") and _REGION.fullmatch(last.removeprefix("s3-"))
        ):
            return "s3"
    return ""


def _labels(host: str) -> list[str]:
    domain = next((one for one in _DOMAINS if f".{host}".endswith(one)), None)
    if domain is None:
        return []
    labels = f".{host}"[: -len(domain)].strip(".").split(".")
    kept = (one.removesuffix("-fips").removeprefix("fips-") for one in labels)
    return [one for one in kept if one and one not in _BESIDE and not _REGION.fullmatch(one)]


@lru_cache(maxsize=1)
def _endpoints() -> frozenset[str]:
    return frozenset(entry.endpoint for entry in index().values()) | _ALIASES.keys()


def may_be_for(fingerprint: Fingerprint, entry: Entry) -> bool:
    """Whether a service may be the one that a request names; all may where it names none."""
    if fingerprint.signing and entry.signing not in {
        fingerprint.signing,
        _SIGNED_AS.get(fingerprint.signing),
    }:
        return False
    return not fingerprint.endpoint or entry.endpoint == fingerprint.endpoint or _vague(fingerprint)


def _vague(fingerprint: Fingerprint) -> bool:
    """Whether no service of the signing name has that endpoint: then the signature counts."""
    return bool(fingerprint.signing) and not any(
        entry.signing in {fingerprint.signing, _SIGNED_AS.get(fingerprint.signing)}
        and entry.endpoint == fingerprint.endpoint
        for entry in index().values()
    )


def in_path_style(request: Request) -> Request:
    """A request to a bucket's own host as the same request to S3's: the bucket in the path.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html.
    """
    parts = urlsplit(request.url)
    labels = (parts.hostname or "").split(".")
    at = next((n for n, one in enumerate(labels) if n and _S3.fullmatch(one)), 0)
    if not at and labels[-1] == "localhost" and len(labels) > 1:
        at = len(labels) - 1
    if not at:
        return request
    path = f"/{'.'.join(labels[:at])}{parts.path or '/'}"
    return replace(request, url=urlunsplit(parts._replace(path=path)))
