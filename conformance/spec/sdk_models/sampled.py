"""Valid calls out of printed samples, with what only a target knows as placeholders.

A sample is tried as it is printed and with fewer optional members: what it names beside need not
exist. It knows no target.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.model import OperationModel

from conformance.spec.lifecycles.names import folded
from conformance.spec.operation import Pagination, Schema
from conformance.spec.placeholders import is_listed, placeholders
from conformance.spec.rules import Baseline, Resource
from conformance.spec.samples import Samples
from conformance.spec.sdk_models.discovery import is_identifier, is_opaque, places, singular
from conformance.spec.values import plain

Params = Mapping[str, Any]
#: Members that say when something was made.
_DATING = re.compile(
    r"(creat(e|ed|ion)|allocat(ed|ion)|launch(ed)?|regist(er|ered|ration)|issued)(request)?"
    r"(date|time|at|on|timestamp|datetime)"
)
#: How deep they are: members of the response, of what it describes, of the items that it lists.
_MOST_STEPS = 2


def is_dating(path: str, schema: Schema) -> bool:
    """Whether a response's member says when what it describes was made: it has no other value."""
    steps, _, name = path.rpartition("/")
    depth = len(steps.split("/")) if steps else 0
    return "format" in schema and depth <= _MOST_STEPS and bool(_DATING.fullmatch(folded(name)))


def baselines(
    found: Samples, request: Schema, resources: Mapping[str, Resource]
) -> Iterator[Baseline]:
    """The calls of some samples: whole, without optional identifiers, with what is required."""
    required = set(request.get("required", ()))
    seen: list[Params] = []
    for number, call in enumerate(found.calls, 1):
        if not required <= call.keys() <= request["properties"].keys():
            continue
        whole = {name: _given(name, value, request, resources) for name, value in call.items()}
        named = {name: value for name, value in whole.items() if not is_listed(value, resources)}
        needed = {name: value for name, value in whole.items() if name in required}
        for edge, params in (
            ("whole", whole),
            ("without-identifiers", {**named, **needed}),
            ("required", needed),
            ("as-printed", {**call, **_created(whole, resources)}),
        ):
            if params and params not in seen:
                seen.append(params)
                printed = any(
                    _is_printed(name, one, request, resources) for name, one in params.items()
                )
                name = f"sample-{number}-{edge}"
                yield Baseline(name=name, params=params, sampled=True, printed=printed)


def optional_resources(
    model: OperationModel, found: Samples, request: Schema, paging: Pagination | None
) -> Mapping[str, Resource]:
    """Where the identifiers are listed that may be given beside what is required.

    They are what samples give, and what is named as one; where none is listed, any value will do.
    """
    names = {name for call in found.calls for name in call} & request["properties"].keys()
    names |= {name for name in request["properties"] if is_identifier(name)}
    token = paging.input_token if paging else None
    located: dict[str, Resource] = {}
    for name in sorted(names - {token, *request.get("required", ())}):
        schema = request["properties"][name]
        inner = schema.get("items", {}) if schema.get("type") == "array" else schema
        if is_opaque(inner):
            where = places(model, name if inner is schema else singular(name))
            if where:
                located[name] = Resource(places=where, placeholder=plain(inner))
    return located


def _given(name: str, value: Any, request: Schema, resources: Mapping[str, Resource]) -> Any:
    """A sample's value: a placeholder where the target lists such values, or it has to be new."""
    resource = resources.get(name)
    if resource is None or not (resource.places or resource.unique):
        return value
    if isinstance(value, list):
        return placeholders(name, request["properties"][name])
    return {"resource": name}


def _created(whole: Params, resources: Mapping[str, Resource]) -> Params:
    """What has to be new in every call."""
    return {name: value for name, value in whole.items() if _is_new(resources.get(name))}


def _is_new(resource: Resource | None) -> bool:
    return resource is not None and resource.unique


def _is_printed(name: str, value: Any, request: Schema, resources: Mapping[str, Resource]) -> bool:
    """Whether a value is a name as it is printed."""
    schema = request["properties"][name]
    inner = schema.get("items", {}) if schema.get("type") == "array" else schema
    return is_opaque(inner) and not is_listed(value, resources)
