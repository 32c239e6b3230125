"""The service whose operation a page documents: boto3's client name, and botocore's model.

A page names its service in its title, in links, in samples, or not at all. Each hint is weighed
against the models that have an operation of this name, and so are the members and errors of the
page. The models only distinguish services here. This module must not know the format of a page or
of a document.
"""

import gzip
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePath
from typing import Any

from botocore.loaders import Loader

from conformance.errors import PageError

CLIENT_NAME = re.compile(r"[a-z0-9-]+")
VENDOR = re.compile(r"\b(?:amazon|aws|service)\b", re.IGNORECASE)
SDK_LINK = re.compile(r"/goto/[\w-]+/([\w.-]+-\d{4}-\d{2}-\d{2})/(\w+)")
GUIDE_LINK = re.compile(
    r"docs\.(?:aws\.amazon\.com|amazonaws\.cn)(?:/[a-z]{2}_[a-z]{2})?/([\w-]+)/[\w.-]+/"
    r"[\w-]+/API_(?:[\w-]+_)?(\w+)\.(?:html|md)"
)
TARGET_HEADER = re.compile(r"x-amz-target:\s*([\w.]+)\.(\w+)", re.IGNORECASE)
HOST_HEADER = re.compile(r"\bhost:\s*([\w.-]+)", re.IGNORECASE)

# The names of operations in a model's raw text.
OPERATION = re.compile(rb'"name":\s*"(\w+)"')
# CloudFront's model appends the version to the name.
DATED = re.compile(r"\d{4}_\d{2}_\d{2}$")

# The weight of each hint. One that names the service outweighs any similarity of members; a page
# that fits two services equally well is refused.
WEIGHTS = {
    "sdk link": 100.0,
    "target": 60.0,
    "title": 40.0,
    "guide": 30.0,
    "file": 25.0,
    "mention": 8.0,
    "host": 4.0,
    "request": 20.0,
    "members": 30.0,
    "errors": 15.0,
}
# Without any hint that names the service, the model has to know most of what the page shows.
LIKENESS = 0.5
# Services whose scores differ by less than this are not distinguished.
MARGIN = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a page shows about its service."""

    raw: str
    title: str
    operation: str
    file: str
    method: str
    path: str
    members: frozenset[str]
    """Names of members, nested ones too, of request and response."""
    errors: frozenset[str]


@dataclass(frozen=True)
class Model:
    """One operation in a service model of botocore."""

    service: str
    operation: str

    @cached_property
    def _model(self) -> dict[str, Any]:
        model: dict[str, Any] = _loader().load_service_model(self.service, "service-2")
        return model

    @property
    def exists(self) -> bool:
        return self.operation in self._model["operations"]

    @cached_property
    def metadata(self) -> dict[str, Any]:
        return dict(self._model["metadata"])

    @cached_property
    def _operation(self) -> dict[str, Any]:
        return dict(self._model["operations"][self.operation])

    @property
    def method(self) -> str:
        return str(self._operation["http"]["method"])

    @property
    def path(self) -> str:
        return str(self._operation["http"]["requestUri"]).partition("?")[0]

    @property
    def answers(self) -> bool:
        """Whether a successful response has members."""
        output = self._operation.get("output")
        return bool(output and self._model["shapes"][output["shape"]].get("members"))

    @cached_property
    def errors(self) -> frozenset[str]:
        """The error types, by shape and by the code on the wire."""
        shapes = [error["shape"] for error in self._operation.get("errors", [])]
        codes = [self._model["shapes"][s].get("error", {}).get("code") for s in shapes]
        return frozenset(name for name in [*shapes, *codes] if name)

    @cached_property
    def members(self) -> frozenset[str]:
        """Every member's name and its name on the wire, of request and response, nested too.

        In lower case, because pages and models differ in case.
        """
        found: set[str] = set()
        seen: set[str] = set()
        sides = [side for side in ("input", "output") if side in self._operation]
        queue = [self._operation[side]["shape"] for side in sides]
        while queue:
            name = queue.pop()
            if name in seen:
                continue
            seen.add(name)
            shape = self._model["shapes"][name]
            for member, ref in shape.get("members", {}).items():
                found |= {member.lower(), ref.get("locationName", member).lower()}
            refs = [*shape.get("members", {}).values(), shape.get("member"), shape.get("value")]
            queue += [ref["shape"] for ref in refs if ref]
        return frozenset(found)

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the service."""
        keys = ("serviceFullName", "serviceAbbreviation", "serviceId")
        return tuple(_plain(self.metadata[key]) for key in keys if key in self.metadata)


@cache
def _loader() -> Loader:
    return Loader()


@cache
def service_names() -> frozenset[str]:
    """boto3's client names."""
    return frozenset(_loader().list_available_services("service-2"))


@cache
def models_of(operation: str) -> tuple[Model, ...]:
    """The models that have an operation of this name."""
    models = (Model(service, operation) for service in _index().get(operation, ()))
    return tuple(model for model in models if model.exists)


@cache
def _index() -> dict[str, list[str]]:
    """The services by the names of their operations.

    All models together are 100 MB. Their raw text is searched, which takes half a second; only
    the models that a page may be about are parsed.
    """
    index: dict[str, list[str]] = {}
    for service in sorted(service_names()):
        for name in set(OPERATION.findall(_raw_model(service))):
            index.setdefault(DATED.sub("", name.decode()), []).append(service)
    return index


def _raw_model(service: str) -> bytes:
    version = _loader().determine_latest_version(service, "service-2")
    for root in _loader().search_paths:
        base = Path(root, service, version, "service-2.json")
        if base.is_file():
            return base.read_bytes()
        packed = base.with_name("service-2.json.gz")
        if packed.is_file():
            return gzip.decompress(packed.read_bytes())
    return json.dumps(_loader().load_service_model(service, "service-2")).encode()


def find_model(service: str, operation: str) -> Model | None:
    """The model of an operation, where botocore has it."""
    return next((model for model in models_of(operation) if model.service == service), None)


def find_service(evidence: Evidence, asked: str | None) -> str:
    """boto3's client name: the given one, else the service that the evidence fits best.

    Raises :class:`~conformance.errors.PageError` where it fits none, or two equally well.
    """
    if asked is not None:
        if not CLIENT_NAME.fullmatch(asked):
            raise PageError(f"{asked!r} is not a client name of boto3; an example is chime.")
        return asked
    scores = {model.service: _score(model, evidence) for model in models_of(evidence.operation)}
    best = sorted(scores, key=lambda each: scores[each], reverse=True)[:5]
    if not best:
        named = list(_named_by_file(evidence.file))
        if len(named) == 1:
            return named[0]
        raise PageError(
            f"The page does not show the service of {evidence.operation}, and no service of "
            "botocore has such an operation: name the service with --service."
        )
    rivals = [each for each in best if scores[each] > scores[best[0]] - MARGIN]
    if scores[best[0]] == 0 and len(scores) == 1:
        return _only_possible(best[0], evidence)
    if scores[best[0]] > 0 and (one := _one_service(rivals, evidence.operation)):
        return one
    if len(rivals) > 1 or scores[best[0]] == 0:
        raise PageError(
            f"The page does not show the service of {evidence.operation}: "
            f"name it with --service, one of {', '.join(sorted(rivals or best))}."
        )
    return best[0]


def _one_service(rivals: Iterable[str], operation: str) -> str | None:
    """Of clients of one and the same service the one that has its name."""
    models = [each for each in models_of(operation) if each.service in rivals]
    ids = {each.metadata.get("uid") for each in models}
    if len(ids) > 1 or None in ids:
        return None
    named = (each.metadata.get("serviceId", "").lower().replace(" ", "-") for each in models)
    same = [each.service for each, name in zip(models, named, strict=True) if each.service == name]
    return same[0] if same else None


def _only_possible(service: str, evidence: Evidence) -> str:
    """The one service that has such an operation, where nothing on the page speaks against it."""
    model = next(each for each in models_of(evidence.operation) if each.service == service)
    shown = evidence.members | evidence.errors
    if not shown or (evidence.path != "/" and _same_request(model, evidence)):
        return service
    raise PageError(
        f"The page is not that of {service}:{evidence.operation}, the only operation of this name "
        "that botocore has: name the service with --service."
    )


def _named_by_file(file: str) -> Iterator[str]:
    """The client names in a file's name or its folder's: ``chime-ListX.txt``, ``chime/X.html``."""
    path = PurePath(file)
    for part in (path.stem, path.parent.name):
        known = [n for n in service_names() if re.match(rf"{n}(?![a-z0-9])", part.lower())]
        if known:
            yield max(known, key=len)


def _score(model: Model, evidence: Evidence) -> float:
    """How well the evidence fits; 0 where nothing names the service and members differ."""
    labels = (*model.labels, model.service)
    naming = {
        "sdk link": _links(SDK_LINK, evidence, model.metadata.get("uid", "")),
        "target": _links(TARGET_HEADER, evidence, model.metadata.get("targetPrefix", "")),
        "title": _alike(_plain(evidence.title), model.labels),
        "guide": max((_alike(_plain(guide), labels) for guide in _guides(evidence)), default=0.0),
        "file": float(model.service in _named_by_file(evidence.file)),
    }
    likeness = {
        "members": _overlap(_lower(evidence.members), model.members),
        "errors": _overlap(evidence.errors, model.errors),
    }
    known = (_lower(evidence.members) & model.members) | (evidence.errors & model.errors)
    shown = len(evidence.members) + len(evidence.errors)
    if not any(naming.values()) and len(known) <= LIKENESS * shown:
        return 0.0
    hosts = HOST_HEADER.findall(evidence.raw)
    beside = {
        "mention": float(_mentioned(model, evidence.raw)),
        "host": float(any(model.metadata["endpointPrefix"] in host.split(".") for host in hosts)),
        "request": float(_same_request(model, evidence)),
    }
    return sum(WEIGHTS[name] * worth for name, worth in (naming | likeness | beside).items())


def _plain(name: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", VENDOR.sub(" ", name).lower()))


def _alike(name: str, labels: tuple[str, ...]) -> float:
    """1 for the same name; for one that shares words, their part of all words of both."""
    words = set(name.split())
    if not words:
        return 0.0
    if any(name.replace(" ", "") == _plain(label).replace(" ", "") for label in labels):
        return 1.0
    shared = (len(words & set(o.split())) / len(words | set(o.split())) for o in labels if o)
    return 0.7 * max(shared, default=0.0)


def _links(pattern: re.Pattern[str], evidence: Evidence, value: str) -> float:
    pairs = {(who.lower(), what.lower()) for who, what in pattern.findall(evidence.raw)}
    return float(bool(value) and (value.lower(), evidence.operation.lower()) in pairs)


def _guides(evidence: Evidence) -> set[str]:
    wanted = evidence.operation.lower()
    return {guide for guide, name in GUIDE_LINK.findall(evidence.raw) if name.lower() == wanted}


def _mentioned(model: Model, raw: str) -> bool:
    """Whether the prose has the service's full name; a longer name is another service's."""
    keys = ("serviceAbbreviation", "serviceFullName")
    names = {str(model.metadata[key]) for key in keys if key in model.metadata}
    return any(re.search(rf"\b{re.escape(name)}\b(?! [A-Z])", raw) for name in names)


def _same_request(model: Model, evidence: Evidence) -> bool:
    def shape(path: str) -> str:
        return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/")

    return (model.method, shape(model.path)) == (evidence.method, shape(evidence.path))


def _lower(names: frozenset[str]) -> frozenset[str]:
    return frozenset(map(str.lower, names))


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    together = len(one | other)
    return len(one & other) / together if together else 0.0
