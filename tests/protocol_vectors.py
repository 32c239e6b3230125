"""botocore's own protocol vectors: requests, responses and errors as SDKs write and read them.

They are in botocore's source distribution, which pip fetches once into the ignored ``build``
folder, in the version that is installed; nothing of them is in this repository. ``make vectors``
fetches them, and so does the first test that needs them.
"""

import json
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import botocore
import pytest
from filelock import FileLock

from conformance.spec.operation import Operation
from conformance.spec.sdk_models import loader

ROOT = Path(__file__).parent.parent
VERSION = botocore.__version__
#: Where the vectors are kept, and where they are in the source distribution.
KEPT = ROOT / "build" / "protocol-vectors" / VERSION
_INSIDE = re.compile(r"[^/]+/tests/unit/protocols/(?P<path>(legacy/)?(input|output)/[\w.-]+\.json)")
#: What every service's model has, and that of some old vectors has not.
_USUAL = {"serviceId": "Vectors", "apiVersion": "", "jsonVersion": "1.1", "targetPrefix": "V"}
#: An index that does not respond is given up after so many seconds.
_PATIENCE = 15
_LONGEST = 300


class UnavailableError(Exception):
    """The vectors are not here, and could not be fetched; the reason is the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """One vector.

    ``name`` identifies it, ``kind`` is ``request``, ``response`` or ``error``; ``model`` is the
    model of a service whose only operation is ``operation``; ``case`` is the vector itself.
    """

    name: str
    kind: str
    protocol: str
    operation: str
    model: Mapping[str, Any]
    case: Mapping[str, Any]


def fetch() -> Path:
    """The folder with the vectors of the installed botocore. Raises :class:`UnavailableError`."""
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(KEPT.parent / f"{VERSION}.lock"):
        if not KEPT.is_dir():
            _download(KEPT.parent / f"{VERSION}.part")
    return KEPT


def _download(part: Path) -> None:
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    command = [
        *(sys.executable, "-m", "pip", "download", f"botocore=={VERSION}"),
        *("--no-deps", "--no-binary", "botocore", "--no-cache-dir", "--dest", str(part)),
        *("--retries", "0", "--timeout", str(_PATIENCE), "--disable-pip-version-check", "--quiet"),
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_LONGEST, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(
            f"pip needs more than {_LONGEST} s for botocore {VERSION}"
        ) from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UnavailableError(f"pip cannot fetch the source of botocore {VERSION}: {last}")
    (source,) = part.glob("botocore-*.tar.gz")
    vectors = part / "vectors"
    with tarfile.open(source) as opened:
        for member in opened:
            found = _INSIDE.fullmatch(member.name)
            file = opened.extractfile(member) if found else None
            if found and file:
                target = vectors / found["path"]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.read())
    if not vectors.is_dir():
        raise UnavailableError(f"the source of botocore {VERSION} holds no protocol vectors")
    vectors.rename(KEPT)
    shutil.rmtree(part)


@lru_cache(maxsize=1)
def vectors() -> tuple[Vector, ...]:
    """All vectors, in the order of their files. Raises :class:`UnavailableError`."""
    folder = fetch()
    return tuple(one for path in sorted(folder.rglob("*.json")) for one in _of(path, folder))


def _of(path: Path, folder: Path) -> Iterator[Vector]:
    file = path.relative_to(folder).with_suffix("").as_posix()
    for number, suite in enumerate(json.loads(path.read_text("utf-8"))):
        described = {name: one for name, one in suite.items() if name != "cases"}
        for turn, case in enumerate(suite["cases"]):
            given = case["given"]
            operation = given.get("name", "OperationName")
            if suite["metadata"]["protocol"] == "query" and "output" in given:
                # as all models have it
                given["output"].setdefault("resultWrapper", f"{operation}Result")
            kind = "error" if "error" in case else "response" if "response" in case else "request"
            yield Vector(
                name=f"{file}/{case.get('id', f'{number}.{turn}')}",
                kind=kind,
                protocol=suite["metadata"]["protocol"],
                operation=operation,
                model={
                    "version": "2.0",
                    **described,
                    "metadata": {**_USUAL, **suite["metadata"]},
                    "operations": {operation: {"name": operation, **given}},
                },
                case=case,
            )


def reader(monkeypatch: pytest.MonkeyPatch) -> Callable[[Vector], Operation]:
    """What makes the operation of a vector, read from its model as any other service's is."""
    current: dict[str, Any] = {}

    class Models:
        def load_service_model(self, service: str, kind: str) -> Any:
            return current if kind == "service-2" else {}

    monkeypatch.setattr(loader, "ModelLoader", Models)

    def build(vector: Vector) -> Operation:
        current.clear()
        current.update(vector.model)
        return loader.operation(f"vectors.{vector.name}", vector.operation, vector.protocol)

    return build


if __name__ == "__main__":
    try:
        fetch()
    except UnavailableError as why:
        print(f"The protocol vectors are not here, and their tests will be skipped: {why}.")
