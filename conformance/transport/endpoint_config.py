"""Where requests may go, and who signs them.

A request goes to the target's own scheme, host and port, or it is not sent. Nothing here
sends; no request is known here but its URL.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ProfileNotFound, UnknownRegionError
from botocore.session import Session as CoreSession

from conformance.errors import TargetError, UnknownNameError, UsageError

#: Given where the target is a URL and neither a profile nor the environment names others.
DUMMY = ("test", "test", None)
#: How hosts of AWS end, by the partition; Chime's documented endpoint is among them.
_AWS_HOSTS: Mapping[str, tuple[str, ...]] = {
    "aws": (".amazonaws.com", ".api.aws", ".aws.amazon.com", ".aws.dev"),
    "aws-us-gov": (".amazonaws.com", ".api.aws"),
    "aws-cn": (".amazonaws.com.cn", ".amazonwebservices.com.cn"),
    "aws-eusc": (".amazonaws.eu", ".amazonwebservices.eu"),
    "aws-iso": (".c2s.ic.gov",),
    "aws-iso-b": (".sc2s.sgov.gov",),
    "aws-iso-e": (".cloud.adc-e.uk",),
    "aws-iso-f": (".csp.hci.ic.gov",),
}
_ALL_AWS_HOSTS = tuple(end for ends in _AWS_HOSTS.values() for end in ends)
#: The providers of credentials that ask a metadata service.
_METADATA_SERVICES = ("container-role", "iam-role")


def is_aws(url: str) -> bool:
    """Whether a URL is AWS's own, whatever it is called."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    return host.endswith(_ALL_AWS_HOSTS)


@lru_cache(maxsize=16)
def _hosts_of(region: str) -> tuple[str, ...]:
    """How the hosts of a Region's partition end; those of all of them for an unknown Region."""
    try:
        partition = CoreSession().get_partition_for_region(region)
    except UnknownRegionError:
        return _ALL_AWS_HOSTS
    return _AWS_HOSTS.get(partition, _ALL_AWS_HOSTS)


@lru_cache(maxsize=64)
def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of a URL; ``None`` where it has none, or names a user beside them."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    if not parts.hostname or port is None or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, port


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where requests go and who signs them. ``url`` is ``None`` for AWS itself."""

    url: str | None
    region: str = "us-east-1"
    profile: str | None = None
    timeout: float = 10.0
    verify: bool = True

    def reaches(self, url: str) -> bool:
        """Whether a URL leads to the target: to AWS in the Region's partition, or to its URL."""
        found = origin(url)
        if self.url is not None:
            return found is not None and found == origin(self.url)
        if found is None:
            return False
        scheme, host, port = found
        return (scheme, port) == ("https", 443) and host.endswith(_hosts_of(self.region))

    def within(self, url: str) -> str:
        """A URL at the target's own scheme, host and port, below its path; query kept."""
        if self.url is None:
            return url
        base = urlsplit(self.url)
        parts = urlsplit(url)
        below = base.path.rstrip("/")
        is_below = f"{parts.path}/".startswith(f"{below}/")
        path = parts.path if is_below else below + parts.path
        return urlunsplit(parts._replace(scheme=base.scheme, netloc=base.netloc, path=path))


def credentials(endpoint: Endpoint) -> Credentials:
    """Who signs: for a URL a named profile, the environment or dummies, never a metadata service.

    Raises :class:`UsageError` for a profile that does not exist.
    """
    if endpoint.url is None or endpoint.profile:
        try:
            found = _found(endpoint)
        except ProfileNotFound as error:
            name = endpoint.profile or os.environ.get("AWS_PROFILE", "default")
            if known := CoreSession().available_profiles:
                raise UnknownNameError("profile", name, known) from error
            raise UsageError(
                f"There is no profile {name!r}, nor any other; make it with "
                f"'aws configure --profile {name}', or leave --aws-profile out."
            ) from error
        except BotoCoreError as error:
            raise UsageError(f"{error}.".replace("..", ".")) from error
        if found is None:
            raise TargetError(
                "There are no AWS credentials: run 'aws configure', or name a profile "
                "with --aws-profile."
            )
        frozen = found.get_frozen_credentials()
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if key and secret:
        return Credentials(key, secret, os.environ.get("AWS_SESSION_TOKEN"))
    return Credentials(*DUMMY)


def _found(endpoint: Endpoint) -> Credentials | None:
    """The credentials of the SDK's usual chain; for a URL no metadata service is asked."""
    session = CoreSession(profile=endpoint.profile)
    if endpoint.url is not None:
        for name in _METADATA_SERVICES:
            session.get_component("credential_provider").remove(name)
    return session.get_credentials()
