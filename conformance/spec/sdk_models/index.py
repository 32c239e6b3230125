"""What every service of the SDK calls itself on the wire, without reading the models whole.

A model begins with its metadata, so the first kilobytes of each file are enough:
all of them take a tenth of a second.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

#: Metadata is far shorter; a model that begins otherwise is read to its end.
_HEAD = 8 * 1024
_NAMES = ("service-2.json", "service-2.json.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What identifies a service on the wire.

    ``target`` is what precedes the dot in ``X-Amz-Target`` and in the paths of CBOR, and is
    empty where there is neither.
    """

    service: str
    endpoint: str
    signing: str
    target: str
    version: str
    protocols: tuple[str, ...]


@lru_cache(maxsize=1)
def index() -> Mapping[str, Entry]:
    """Every service that the installed SDK knows, by the name of its boto3 client."""
    found: dict[str, Entry] = {}
    for root in reversed(Loader().search_paths):  # the first of them wins
        for folder in sorted(Path(root).glob("*/")) if Path(root).is_dir() else ():
            metadata = _metadata(folder)
            if metadata is not None:
                found[folder.name] = _entry(folder.name, metadata)
    return found


def _entry(service: str, metadata: Mapping[str, Any]) -> Entry:
    endpoint = str(metadata.get("endpointPrefix", service))
    first = metadata.get("protocol", "")
    return Entry(
        service=service,
        endpoint=endpoint,
        signing=str(metadata.get("signingName", endpoint)),
        target=str(metadata.get("targetPrefix") or metadata.get("serviceId", "")),
        version=str(metadata.get("apiVersion", "")),
        protocols=tuple(dict.fromkeys([first, *metadata.get("protocols", ())])),
    )


def _metadata(folder: Path) -> Mapping[str, Any] | None:
    """The metadata of the newest version of a service; ``None`` where there is none to read."""
    for path in _models(folder):
        try:
            with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
                head = file.read(_HEAD)
                found = _beginning(head) or json.loads(head + file.read()).get("metadata")
        except (OSError, ValueError, AttributeError):
            continue
        if isinstance(found, dict):
            return found
    return None


def _models(folder: Path) -> Iterator[Path]:
    for version in sorted(folder.glob("*/"), reverse=True):
        yield from (path for name in _NAMES if (path := version / name).is_file())


def _beginning(head: bytes) -> Any:
    text = head.decode("utf-8", "ignore")
    at = text.find('"metadata"')
    start = text.find("{", at) if at >= 0 else -1
    if start < 0:
        return None
    try:
        return json.JSONDecoder().raw_decode(text, start)[0]
    except ValueError:
        return None
