"""The driver's loop: one line of JSON asks, one line of JSON answers."""

import json
import os
import platform
import sys
from typing import Any

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import DataNotFoundError, UnknownServiceError

from conformance.sdk_gate.driver import clients, models, tagged, values


class Driver:
    """Carries out what is asked."""

    def __init__(self, settings: Any) -> None:
        self._unknown = sorted(settings.keys() - Config.OPTION_DEFAULTS.keys())
        known = {name: one for name, one in settings.items() if name not in self._unknown}
        self._clients = clients.Clients(known)

    def about(self, _: Any) -> Any:
        """The versions, and the settings that they do not know."""
        return {
            "unknown": self._unknown,
            "boto3": boto3.__version__,
            "botocore": botocore.__version__,
            "python": platform.python_version(),
        }

    def files(self, _: Any) -> Any:
        """A digest for each service."""
        return models.files()

    def handled(self, _: Any) -> Any:
        """What the SDK's own code treats apart."""
        return models.handled()

    def digests(self, asked: Any) -> Any:
        """A digest for each operation of a service; none where this version lacks the service."""
        service = asked["service"]
        loader = self._clients.session(service).get_component("data_loader")
        try:
            return models.operations(loader, service)
        except (UnknownServiceError, DataNotFoundError):
            return {}

    def calls(self, asked: Any) -> Any:
        """Calls of operations of one service, made from this version's model."""
        try:
            model = self._clients.client(asked["service"]).meta.service_model
        except Exception as error:
            return {"why": str(error)[:300]}
        found = []
        for name in asked["operations"]:
            if name in model.operation_names:
                found += self._calls_of(model.operation_model(name), asked["service"])
        if found:
            found.append({**found[0], "variant": "failing", "reply": {"error": _FAILS}})
        return {"calls": found}

    def _calls_of(self, operation: Any, service: Any) -> Any:
        required = getattr(operation.output_shape, "required_members", [])
        data = {name: tagged.plain(one) for name, one in values.answers(operation).items()}
        least = values.parameters(operation, full=False)
        full = values.parameters(operation, full=True)
        errors = list(operation.error_shapes)[:1]
        said = _error(errors[0]) if errors else _UNKNOWN
        member = values.body_member(operation)
        rows = [
            ("least", tagged.plain(least), {"data": data["full"]}),
            ("full", tagged.plain(full), {"data": data["empty"], "required": required}),
            ("least", tagged.plain(least), {"error": said}),
        ]
        if member:
            for manner in (tagged.BYTES, tagged.FILE, tagged.STREAM):
                params = values.with_body(least, member, manner)
                rows.append((manner, params, {"data": data["empty"], "required": required}))
        made = []
        for variant, params, reply in rows:
            call = {"service": service, "operation": operation.name}
            made.append({**call, "variant": variant, "params": params, "reply": reply})
        return made

    def lessened(self, asked: Any) -> Any:
        """A call without the optional members that this version refuses."""
        call = asked["call"]
        model = self._clients.client(call["service"]).meta.service_model
        operation = model.operation_model(call["operation"])
        least = tagged.plain(values.parameters(operation, full=False))
        kept = dict(least)
        for name, value in call["params"].items():
            if name not in least:
                tried = {**call, "params": {**kept, name: value}}
                if "raised" not in self._clients.run(tried):
                    kept[name] = value
        return {**call, "params": kept}

    def padded(self, asked: Any) -> Any:
        """A call whose texts and numbers are as large as this version's models require."""
        call = asked["call"]
        model = self._clients.client(call["service"]).meta.service_model
        shape = model.operation_model(call["operation"]).input_shape
        return {**call, "params": values.padded(shape, call["params"])}

    def run(self, asked: Any) -> Any:
        """What comes of calls."""
        return [self._clients.run(call) for call in asked["calls"]]


_UNKNOWN = {
    "name": "SomethingElse",
    "code": "SomethingElse",
    "status": 400,
    "message": "a message",
}
_FAILS = {**_UNKNOWN, "name": "InternalFailure", "code": "InternalFailure", "status": 500}


def _error(shape: Any) -> Any:
    said = shape.metadata.get("error") or {}
    return {
        "name": shape.name,
        "code": said.get("code") or shape.name,
        "status": said.get("httpStatusCode", 400),
        "message": "a message",
    }


def main() -> Any:
    """Answer until the input ends. What anything else prints goes to the standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    first = json.loads(sys.stdin.readline())
    clients.isolate(first.get("config_file"))
    driver = Driver(first.get("config") or {})
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"ok": getattr(driver, asked["do"])(asked)}
        except Exception as error:
            answer = {"failed": "%s: %s" % (type(error).__name__, error)}
        out.write(tagged.dumps(answer) + "\n")
        out.flush()
