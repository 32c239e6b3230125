"""Operation documents: read from ``schemas/``, held against their format, errata applied.

It alone knows the format of documents and its keys. It must not know SDK models or wire formats.
"""

import copy
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from conformance.errors import DocumentError
from conformance.protocols.table import DOCUMENTED
from conformance.spec import reading
from conformance.spec.access import reads
from conformance.spec.files import folder, own_schemas
from conformance.spec.includes import resolved
from conformance.spec.levels import SourceKind
from conformance.spec.lint import problems
from conformance.spec.operation import Http, ListingKind, Operation, Pagination
from conformance.spec.rules import (
    Baseline,
    Place,
    Resource,
    Schema,
    UnspecifiedRequest,
    build,
    parse_rule,
)
from conformance.spec.values import literals

FORMAT = "aws-conformance-operation/1"
#: Folders beside those of services, which hold no operations.
BESIDE = frozenset({"observed", "samples"})


@lru_cache(maxsize=1)
def _format_validator() -> Draft202012Validator:
    return Draft202012Validator(reading.read_json(folder("schemas") / "operation.schema.json"))


def _set_at(document: Any, pointer: str, printed: Any, meant: Any) -> None:
    """Replace the value at a JSON Pointer, which must be the one that was printed."""
    *parents, last = (
        token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]
    )
    node = document
    for token in parents:
        node = node[int(token)] if isinstance(node, list) else node[token]
    if node[last] != printed:
        raise KeyError(pointer)
    node[last] = meant


def _renamed(schema: Schema, names: Mapping[str, str]) -> Schema:
    properties = {
        names.get(name, name): {"wireName": name, **member} if name in names else member
        for name, member in schema["properties"].items()
    }
    required = [names.get(name, name) for name in schema.get("required", ())]
    return {**schema, "properties": properties, "required": required}


def _read(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = reading.read_json(path)
    except (OSError, ValueError) as error:
        raise DocumentError(f"{path} cannot be read as JSON: {error}.") from error
    return document


def _sibling(root: Path | None = None) -> Callable[[str], Mapping[str, Any]]:
    """Reads a document by ``service:Operation`` from a folder of documents."""

    def read(name: str) -> Mapping[str, Any]:
        service, _, operation = name.partition(":")
        shipped = folder("schemas")
        path = (root or shipped) / service / f"{operation}.json"
        if not path.exists():
            path = shipped / service / f"{operation}.json"
        found = _read(path)
        _validate(found, str(path))
        return found

    return read


def _validate(document: Mapping[str, Any], name: str) -> None:
    problem = next(iter(_format_validator().iter_errors(document)), None)
    if problem is not None:
        raise DocumentError(f"{name} is broken at {problem.json_path}: {problem.message[:200]}.")


def parse(
    document: Mapping[str, Any], *, name: str = "the document", root: Path | None = None
) -> Operation:
    """Make an operation of a document.

    ``root`` is the folder of the documents that it shares parts with; by default the one
    that ships. Raises :class:`DocumentError` where the document does
    not follow the format, or an erratum or a shared part does not fit.
    """
    _validate(document, name)
    shares = "shared" in document.get("byHand", {})
    document = resolved(document, _sibling(root), name)
    if shares:
        _validate(document, f"{name}, with what it shares,")
    nonsense = next(problems(document), None)
    if nonsense is not None:
        raise DocumentError(f"{name} makes no sense: {nonsense}.")
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"))
    corrected = copy.deepcopy(dict(document))
    by_hand = corrected.get("byHand", {})
    for erratum in by_hand.get("errata", ()):
        if "meant" in erratum:
            try:
                _set_at(corrected, erratum["at"], erratum["printed"], erratum["meant"])
            except (KeyError, IndexError, ValueError, TypeError) as error:
                raise DocumentError(
                    f"{name}: erratum {erratum['id']} does not fit the value at {erratum['at']}."
                ) from error
    try:
        return _operation(corrected, "sha256:" + hashlib.sha256(canonical.encode()).hexdigest())
    except DocumentError as error:
        raise DocumentError(f"{name} is broken: {error}") from error


def _operation(document: Mapping[str, Any], digest: str) -> Operation:
    http, paging = document["http"], document.get("pagination")
    by_hand: Mapping[str, Any] = document.get("byHand", {})
    request = _renamed(document["$defs"]["request"], by_hand.get("aliases", {}))
    response = document["$defs"]["response"]
    listing = by_hand.get("listing", {})
    return Operation(
        service=document["service"],
        name=document["operation"],
        http=Http(
            method=http["method"],
            path=http["path"],
            query=http.get("query", {}),
            status=http["status"],
        ),
        request=request,
        response=response,
        errors={kind: error.get("status") for kind, error in document["errors"].items()},
        pagination=paging
        and Pagination(
            input_token=paging["inputToken"],
            output_token=paging["outputToken"],
            limit=paging.get("limit"),
            items=paging["items"],
            further=tuple(map(tuple, paging.get("further", ()))),
            more=paging.get("more"),
        ),
        page=document.get("page") or by_hand.get("page") or document["operation"],
        digest=digest,
        sources=_sources(document),
        protocol=document.get("protocol", DOCUMENTED),
        readonly=reads(document["service"], document["operation"], http["method"]),
        rules=tuple(map(parse_rule, by_hand.get("rules", ()))),
        unspecified=tuple(map(_unspecified, by_hand.get("observe", ()))),
        error_codes=_tuples(by_hand.get("errorCodes", {})),
        constraint_errors=frozenset(by_hand.get("constraintErrors", ())),
        listing=ListingKind(listing["kind"]) if listing else None,
        identified_by=listing.get("identity"),
        baselines=tuple(build(Baseline, one, "baseline") for one in by_hand.get("baselines", ())),
        samples=_tuples(by_hand.get("samples", {})),
        resources={
            name: _resource(one, name) for name, one in by_hand.get("resources", {}).items()
        },
        companions=_tuples(by_hand.get("companions", {})),
        limited=by_hand.get("limited", {}),
        present={
            member: entry["reason"]
            for entry in by_hand.get("present", ())
            for member in entry["members"]
        },
        literals=frozenset(literals([request, response, by_hand])),
    )


def _sources(document: Mapping[str, Any]) -> frozenset[SourceKind]:
    """What a document was made from. Names that the importer fills in are not written by hand."""
    if document.get("byHand", {}).keys() - {"aliases"}:
        return frozenset({SourceKind.PAGE})
    return frozenset({SourceKind.MODEL if "source" in document else SourceKind.IMPORTED})


def _tuples(lists: Mapping[str, Sequence[Any]]) -> Mapping[str, tuple[Any, ...]]:
    return {name: tuple(values) for name, values in lists.items()}


def _unspecified(raw: Mapping[str, Any]) -> UnspecifiedRequest:
    fields = {"raw_path" if key == "rawPath" else key: value for key, value in raw.items()}
    return build(UnspecifiedRequest, fields, f"request {raw.get('id')}")


def _resource(raw: Mapping[str, Any], name: str) -> Resource:
    fields = dict(raw)
    places = [build(Place, place, f"place of {name}") for place in fields.pop("from")]
    percent = fields.pop("decode", None) == "percent"
    fields |= {"places": places, "percent_encoded": percent}
    return build(Resource, fields, f"resource {name}")


def load(path: Path) -> Operation:
    """Load one document. Raises :class:`DocumentError` with what is wrong with it."""
    return parse(_read(path), name=str(path), root=path.parent.parent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Documents that were read: the operations, their files, and what is wrong with others.

    ``own`` are the files of those that a user added, by the ids of their operations. A broken
    document is known by the id that its place gives it.
    """

    operations: Mapping[str, Operation]
    own: Mapping[str, Path]
    broken: Mapping[str, DocumentError]


@lru_cache(maxsize=8)
def _library(folders: tuple[Path, ...]) -> Library:
    operations = dict(_shipped(folder("schemas")))
    own: dict[str, Path] = {}
    broken: dict[str, DocumentError] = {}
    for path in (path for root in folders for path in _files(root)):
        try:
            found = load(path)
        except DocumentError as error:
            broken[f"{path.parent.name}:{path.stem}"] = error
            continue
        operations[found.id] = found
        own[found.id] = path
    ordered = dict(sorted(operations.items(), key=lambda one: one[0].split(":")))
    return Library(operations=ordered, own=own, broken=broken)


def _files(root: Path) -> Iterator[Path]:
    """The documents of a user's folder, in folders of services or directly in it.

    What lies directly in it and is JSON of another kind is left alone.
    """
    for path in sorted(root.glob("*.json")):
        try:
            found = reading.read_json(path)
        except (OSError, ValueError):
            continue
        if isinstance(found, dict) and found.get("format") == FORMAT:
            yield path
    for path in sorted(root.glob("*/*.json")):
        if path.parent.name not in BESIDE:
            yield path


def library() -> Library:
    """The shipped documents with those of the folders in use, of which the last goes before."""
    return _library(own_schemas())


@lru_cache(maxsize=8)
def _shipped(root: Path) -> Mapping[str, Operation]:
    found = (path for path in sorted(root.glob("*/*.json")) if path.parent.name not in BESIDE)
    loaded = (load(path) for path in found)
    return {operation.id: operation for operation in loaded}


def documented(schemas: Path | None = None) -> Mapping[str, Operation]:
    """Every documented operation, by its id, in alphabetical order; ``schemas`` is one folder."""
    return library().operations if schemas is None else _shipped(schemas)


def digest(operations: Iterator[Operation] | Sequence[Operation]) -> str:
    """One digest over the documents of several operations."""
    joined = "\n".join(sorted(f"{operation.id} {operation.digest}" for operation in operations))
    return "sha256:" + hashlib.sha256(joined.encode()).hexdigest()
