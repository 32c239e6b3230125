"""Cassettes as vcrpy writes them, of calls that a version of boto3 made, for tests of the gate."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

URL = "http://127.0.0.1:5000"
#: The headers that every request of boto3 has.
OWN = {
    "User-Agent": "Boto3/1.35.99 md/Botocore#1.35.99",
    "X-Amz-Date": "20260101T000000Z",
    "amz-sdk-invocation-id": "e1b1a5d0-0000-4000-8000-000000000000",
}
#: The digest of an empty body, which S3's requests have beside it.
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def interaction(
    method: str,
    path: str,
    body: str = "",
    headers: Mapping[str, str] | None = None,
    *,
    answer: str = "{}",
    status: int = 200,
    answered: Mapping[str, str] | None = None,
    url: str = URL,
    own: bool = True,
) -> dict[str, Any]:
    """One interaction; with ``own`` the request has the headers that boto3 always sends."""
    sent = {**(OWN if own else {}), **(headers or {})}
    return {
        "request": {
            "method": method,
            "uri": url + path,
            "body": body or None,
            "headers": {name: [value] for name, value in sent.items()},
        },
        "response": {
            "status": {"code": status, "message": "OK"},
            "headers": {
                name: [one]
                for name, one in {
                    "Date": "Thu, 01 Jan 2026 00:00:00 GMT",
                    **(answered or {}),
                }.items()
            },
            "body": {"string": answer},
        },
    }


def of_json(target: str, body: Any, version: str = "1.0", **more: Any) -> dict[str, Any]:
    """An interaction of a service that speaks JSON."""
    headers = {
        "X-Amz-Target": target,
        "Content-Type": f"application/x-amz-json-{version}",
        **more.pop("headers", {}),
    }
    text = body if isinstance(body, str) else json.dumps(body)
    return interaction("POST", "/", text, headers, **more)


def of_query(body: str, **more: Any) -> dict[str, Any]:
    """An interaction of a service that speaks query."""
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return interaction("POST", "/", body, headers, **more)


def write(path: Path, interactions: Sequence[Mapping[str, Any]]) -> Path:
    """A cassette of those interactions."""
    path.write_text(yaml.safe_dump({"version": 1, "interactions": list(interactions)}), "utf-8")
    return path
