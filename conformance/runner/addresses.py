"""The address of a target: which text is one, which are AWS's own, and whether something listens.

This module must not know any other option of a run.
"""

import os
import socket
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from botocore.utils import is_valid_uri

from conformance.errors import TargetError, UsageError
from conformance.transport.endpoint_config import Endpoint, is_aws

#: An address as it should be written, for messages.
EXAMPLE = "http://localhost:5000"
_NO_USER = f"The address of a target holds no user and no password; give one like {EXAMPLE}."


def checked_url(url: str) -> str:
    """The URL of an endpoint without a trailing slash. Raises :class:`UsageError`.

    A user or a password in it would be in every report and every cassette: it is refused, and
    not repeated.
    """
    if "@" in url:
        raise UsageError(_NO_USER)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and parts.port != 0 and is_valid_uri(url)
    except ValueError as error:
        raise UsageError(f"{url!r} is not a URL: {error}.") from error
    if not valid or not url.isprintable() or " " in url:
        raise UsageError(f"{url!r} is not the URL of a target; give one like {EXAMPLE}.")
    if parts.query or parts.fragment:
        raise UsageError(f"{url!r} is more than a target's address; give one like {EXAMPLE}.")
    return url.rstrip("/")


def parse_target(target: str | None, endpoint_url: str | None) -> tuple[str, str | None]:
    """The kind of target (``replay``, ``aws`` or ``url``) and its URL, where one is known."""
    target = target or "replay"
    if target.startswith(("http:", "https:")):
        if endpoint_url:
            raise UsageError("Give the URL once: as --target or as --endpoint-url.")
        url: str | None = checked_url(target)
    elif target == "url":
        chosen = endpoint_url or os.environ.get("AWS_ENDPOINT_URL") or None
        url = checked_url(chosen) if chosen else None
    elif target in {"replay", "aws"}:
        if endpoint_url:
            raise UsageError(f"--endpoint-url goes with --target=url, not with --target={target}.")
        return target, None
    elif "@" in target:
        raise UsageError(_NO_USER)
    else:
        raise UsageError(
            f"There is no target {target!r}: give replay, aws, url, or a URL like {EXAMPLE}."
        )
    return ("aws" if url and is_aws(url) else "url"), url


def _why_not(url: str, timeout: float) -> str | None:
    """Why nothing answers at a URL's host and port; ``None`` where something does."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((parts.hostname or "", port), timeout=timeout):
            return None
    except OSError as error:
        return error.strerror or str(error) or type(error).__name__


def require_reachable(endpoint: Endpoint, wait_for: float) -> None:
    """Wait ``wait_for`` seconds for the target. Raises :class:`TargetError` if nothing listens."""
    if endpoint.url is None:
        return
    deadline = time.monotonic() + wait_for
    while (why := _why_not(endpoint.url, endpoint.timeout)) is not None:
        if time.monotonic() >= deadline:
            raise TargetError(
                f"Nothing answers at {endpoint.url} ({why}); start the target, or give it time "
                "with --wait-for=SECONDS."
            )
        time.sleep(0.2)


def require_any_reachable(urls: Sequence[str], timeout: float) -> None:
    """Raise :class:`TargetError` if nothing listens at any of AWS's addresses."""
    why = ""
    for url in urls:
        found = _why_not(url, timeout)
        if found is None:
            return
        why = why or f"Nothing answers at {url} ({found}); check the network, nothing was sent."
    if why:
        raise TargetError(why)
