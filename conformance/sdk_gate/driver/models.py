"""What a version's models say: which services there are, and a digest of each operation."""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import botocore.handlers
from botocore.loaders import Loader

#: What of a model says nothing of the wire.
_WORDS = frozenset({"documentation", "deprecatedMessage", "deprecatedSince", "uid", "examples"})


def files() -> Any:
    """Digests of the two files of each service that decide what is sent, and the size of the model.

    They are the model and the rules of its endpoints.
    """
    found = {}
    for root in reversed(Loader().search_paths):
        for folder in sorted(Path(root).glob("*/")) if Path(root).is_dir() else ():
            versions = [
                one for one in sorted(folder.glob("*/")) if any(one.glob("service-2.json*"))
            ]
            if versions:
                model, rules = (
                    _content(versions[-1], kind) for kind in ("service-2", "endpoint-rule-set-1")
                )
                found[folder.name] = [_digest(model), _digest(rules), len(model)]
    return found


def _content(folder: Any, kind: Any) -> Any:
    """What a file holds; its packing differs in every release."""
    for path in (folder / (kind + ".json"), folder / (kind + ".json.gz")):
        if path.is_file():
            raw = path.read_bytes()
            return gzip.decompress(raw) if path.suffix == ".gz" else raw
    return b""


def _digest(content: Any) -> Any:
    return hashlib.sha256(content).hexdigest() if content else ""


def operations(loader: Any, service: Any) -> Any:
    """A digest of each operation of a service: all that its model says, prose apart."""
    model = loader.load_service_model(service, "service-2")
    shapes = model["shapes"]
    near = {name: _near(shape) for name, shape in shapes.items()}
    texts = {name: _canonical(shape) for name, shape in shapes.items()}
    metadata = _canonical(model["metadata"])
    found = {}
    for name, operation in model["operations"].items():
        own = hashlib.sha256((metadata + _canonical(operation)).encode())
        for shape in sorted(_reached(operation, near)):
            own.update((shape + texts[shape]).encode())
        found[name] = own.hexdigest()
    return found


def _canonical(value: Any) -> Any:
    return json.dumps(_wordless(value), sort_keys=True, separators=(",", ":"))


def _wordless(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _wordless(one)
            for name, one in value.items()
            if name not in _WORDS or not isinstance(one, (str, list))
        }
    return [_wordless(one) for one in value] if isinstance(value, list) else value


def _near(shape: Any) -> Any:
    """The names of the shapes that a shape refers to."""
    found = [one["shape"] for one in shape.get("members", {}).values()]
    return found + [shape[name]["shape"] for name in ("member", "key", "value") if name in shape]


def _reached(operation: Any, near: Any) -> Any:
    due = [operation[one]["shape"] for one in ("input", "output") if one in operation]
    due += [one["shape"] for one in operation.get("errors", ())]
    seen = set()
    while due:
        name = due.pop()
        if name not in seen:
            seen.add(name)
            due += near[name]
    return seen


def handled() -> Any:
    """The services, and operations of them, that the SDK's own code treats apart.

    As it names them in its events, folded: an operation is empty where all of a service are.
    """
    found = set()
    for one in botocore.handlers.BUILTIN_HANDLERS:
        _, _, rest = one[0].partition(".")
        service, _, operation = rest.partition(".")
        if service and "*" not in service:
            found.add((service.replace("-", ""), operation if "*" not in operation else ""))
    return sorted(found)
