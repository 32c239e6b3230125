"""Keys of API Gateway, and endpoints of an application of SNS, as the server keeps them."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from stateful_services.memory import Members, Resource, Thing

_ACCOUNT = "123456789012"


class ApiKey(Resource):
    """A key of API Gateway, in REST-JSON, which need not have a name. A listing shows it whole."""

    service = "apigateway"
    noun = "ApiKey"
    tags_member = "tags"
    unknown = (404, "NotFoundException")
    paging = ("position", "position")
    defaults: ClassVar[Members] = {"enabled": False, "createdDate": 1714557600, "stageKeys": []}
    verbs: ClassVar[Mapping[str, str]] = {
        "CreateApiKey": "make",
        "GetApiKey": "read",
        "GetApiKeys": "list",
        "UpdateApiKey": "patch",
        "DeleteApiKey": "delete",
    }

    def patch(self, params: Members) -> Members:
        """Change nothing of one."""
        self.find(params["apiKey"])
        return {}

    def new_id(self, params: Members, number: int) -> str:
        return f"key{number:07}"

    def asked(self, params: Members) -> Sequence[str]:
        return [params["apiKey"]] if "apiKey" in params else []

    def own(self, thing: Thing) -> Members:
        tags = self.manner.shows_tags(thing)
        return {"id": thing.id, **({"tags": tags} if tags else {})}

    def placed(self, given: Members) -> Members:
        hidden = ("generateDistinctId", "stageKeys")
        return {name: value for name, value in given.items() if name not in hidden}

    def read(self, params: Members) -> Members:
        """Describe one; its value only where that is asked for."""
        return _with_value(super().read(params), params.get("includeValue"))

    def list(self, params: Members) -> Members:
        """Describe all, likewise."""
        found = super().list(params)
        asked = params.get("includeValues")
        return {**found, "items": [_with_value(one, asked) for one in found["items"]]}

    def fits(self, thing: Thing, params: Members) -> Sequence[bool]:
        named = self.manner.begins(thing.given.get("name", ""), params.get("nameQuery", ""))
        customer = params.get("customerId")
        return [named, customer is None or thing.given.get("customerId") == customer]

    def created(self, thing: Thing) -> Members:
        return self.shown(thing)

    def several(self, shown: Sequence[Members], things: Sequence[Thing]) -> Members:
        return {"items": list(shown)}


def _with_value(shown: Members, asked: Any) -> Members:
    return shown if asked else {name: one for name, one in shown.items() if name != "value"}


class PlatformEndpoint(Resource):
    """An endpoint of the only application of SNS, in the query protocol."""

    service = "sns"
    noun = "PlatformEndpoint"
    unknown = (404, "NotFound")
    parents = ("ListPlatformApplications",)
    verbs: ClassVar[Mapping[str, str]] = {
        "ListPlatformApplications": "list_applications",
        "CreatePlatformEndpoint": "make",
        "GetEndpointAttributes": "read",
        "ListEndpointsByPlatformApplication": "list",
        "SetEndpointAttributes": "change",
        "DeleteEndpoint": "delete",
    }
    _application = f"arn:aws:sns:us-east-1:{_ACCOUNT}:app/GCM/conformance"

    def list_applications(self, params: Members) -> Members:
        """The only application."""
        return {"PlatformApplications": [{"PlatformApplicationArn": self._application}]}

    def new_id(self, params: Members, number: int) -> str:
        return f"{self._application.replace(':app/', ':endpoint/')}/{params['Token']}"

    def asked(self, params: Members) -> Sequence[str]:
        return [params["EndpointArn"]] if "EndpointArn" in params else []

    def delete(self, params: Members) -> Members:
        """Delete one, or nothing: it is idempotent."""
        known = {thing.id for thing in self.things}
        if self.manner.repeats_deletions and params["EndpointArn"] not in known:
            return {}
        return super().delete(params)

    def created(self, thing: Thing) -> Members:
        return {"EndpointArn": thing.id}

    def _attributes(self, shown: Members) -> Members:
        known = {"Enabled": "true", "Token": shown["Token"], **shown.get("Attributes", {})}
        return {name: value for name, value in known.items() if value is not None}

    def one(self, shown: Members, thing: Thing) -> Members:
        return {"Attributes": self._attributes(shown)}

    def several(self, shown: Sequence[Members], things: Sequence[Thing]) -> Members:
        found = [
            {"EndpointArn": thing.id, "Attributes": self._attributes(one)}
            for thing, one in zip(things, shown, strict=True)
        ]
        return {"Endpoints": found}
