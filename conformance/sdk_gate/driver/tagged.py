"""Values that JSON does not have, as tagged objects: bytes, timestamps, and bodies to be read."""

import base64
import datetime
import io
import json
import math
import tempfile
from typing import Any

#: The ways in which a body is given.
BYTES, FILE, STREAM = "bytes", "file", "stream"


class Unseekable(io.RawIOBase):
    """A body that can be read once, as from a pipe."""

    def __init__(self, content: Any) -> None:
        super().__init__()
        self._content = io.BytesIO(content)

    def readable(self) -> Any:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> Any:
        """Read into a buffer."""
        return self._content.readinto(buffer)


def body(content: Any, manner: Any) -> Any:
    """A tagged body of those bytes, given in that manner."""
    return {"$body": manner, "base64": base64.b64encode(content).decode("ascii")}


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, datetime.datetime):
        return {"$time": value.astimezone(datetime.timezone.utc).isoformat()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": str(value)}
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    return {"$other": type(value).__name__}


def restored(value: Any) -> Any:
    """A value that :func:`plain` made, as it was."""
    if isinstance(value, list):
        return [restored(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "$bytes" in value:
        return base64.b64decode(value["$bytes"])
    if "$time" in value:
        return datetime.datetime.fromisoformat(value["$time"])
    if "$float" in value:
        return float(value["$float"])
    if "$body" in value:
        return _body(base64.b64decode(value["base64"]), value["$body"])
    return {name: restored(one) for name, one in value.items()}


def _body(content: Any, manner: Any) -> Any:
    if manner == STREAM:
        return Unseekable(content)
    if manner == FILE:
        file = tempfile.TemporaryFile()  # noqa: SIM115 # the SDK reads it; it goes with its object
        file.write(content)
        file.seek(0)
        return file
    return content


def dumps(value: Any) -> Any:
    """One line of JSON."""
    return json.dumps(value, separators=(",", ":"))
