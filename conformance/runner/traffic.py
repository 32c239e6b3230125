"""``--har FILE``: everything that a run sent and what came back, as HAR 1.2.

Each process keeps its exchanges in a file of its own, line by line; the last to end joins them.
Credentials and signatures are left out; what a server answered is not.
http://www.softwareishard.com/blog/har-12-spec/
"""

import base64
import datetime
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conformance.errors import UsageError
from conformance.protocols.http import Exchange, Failure, Headers, Request, Response, header
from conformance.recording.credentials import CredentialsInUse
from conformance.spec import files, reading
from conformance.version import __version__

Data = dict[str, Any]
#: What is longer, in bytes, is cut, and says so.
_MOST_BODY = 256 * 1024


class Traffic:
    """The exchanges of one process of a run, kept in a folder that all of its processes share."""

    def __init__(self, folder: Path, credentials: Callable[[], CredentialsInUse]) -> None:
        self._path = folder / f"exchanges-{os.getpid()}.jsonl"
        self._folder, self._credentials = folder, credentials

    def add(self, request: Request, outcome: Response | Failure, seconds: float) -> None:
        """Keep what was sent and what came back; it took so many ``seconds`` until now."""
        is_whole = isinstance(outcome, Response)
        exchange = self._credentials().exchange(
            Exchange(
                operation="",
                params={},
                request=request,
                response=outcome if isinstance(outcome, Response) else None,
                failure=None if is_whole else outcome,  # type: ignore[arg-type]
            )
        )
        line = json.dumps(entry(exchange, began=time.time() - seconds, seconds=seconds))
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def write(self, path: Path) -> None:
        """Join what all processes kept. Raises :class:`UsageError` where it cannot be written."""
        found = sorted(self._lines(), key=lambda one: str(one["startedDateTime"]))
        creator = {"name": "aws-conformance", "version": __version__}
        text = json.dumps({"log": {"version": "1.2", "creator": creator, "entries": found}})
        try:
            files.write({path: text.encode("utf-8", "backslashreplace")})
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from error

    def _lines(self) -> Iterator[Data]:
        for path in sorted(self._folder.glob("exchanges-*.jsonl")):
            for line in path.read_text("utf-8").splitlines():
                yield reading.parsed_json(line)


def entry(exchange: Exchange, *, began: float, seconds: float) -> Data:
    """An exchange as an entry of a HAR."""
    request, response = exchange.request, exchange.response
    when = datetime.datetime.fromtimestamp(began, datetime.UTC)
    sent: Data = {
        "method": request.method,
        "url": request.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(request.headers),
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        kind = header(request.headers, "content-type") or ""
        sent["postData"] = {"mimeType": kind, **_text(request.body)}
    came: Data = {
        "status": response.status if response else 0,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(response.headers) if response else [],
        "content": {
            "size": len(response.body) if response else 0,
            "mimeType": response.media_type if response else "",
            **(_text(response.body) if response else {}),
        },
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": len(response.body) if response else -1,
    }
    took = round(seconds * 1000, 3)
    return {
        "startedDateTime": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": took,
        "request": sent,
        "response": came,
        "cache": {},
        "timings": {"send": 0, "wait": took, "receive": 0},
        **({"comment": str(exchange.failure)} if exchange.failure else {}),
    }


def _headers(headers: Headers) -> list[Data]:
    return [{"name": name, "value": value} for name, value in headers]


def _text(body: bytes) -> Data:
    """A body as text, or in base64 where it is none."""
    cut = body[:_MOST_BODY]
    note = {"comment": f"cut: {len(body)} bytes"} if len(body) > _MOST_BODY else {}
    try:
        return {"text": cut.decode(), **note}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(cut).decode(), "encoding": "base64", **note}
