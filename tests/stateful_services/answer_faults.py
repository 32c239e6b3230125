"""What servers answer wrong: to creations, to listings by name, to deletions that are repeated."""

from collections.abc import Mapping

from stateful_services.memory import Manner, Members, Refused


class OtherTagsAnswered(Manner):
    """The answer to a creation writes tags as no one gave them."""

    def creates(self, answer: Members) -> Members:
        return {**answer, "tags": {"Key": "Value"}}


class AnswersAnother(Manner):
    """Nothing can be read, and a creation answers with another text than it was given."""

    def asks(self, params: Members) -> None:
        raise Refused(500, "InternalFailure")

    def creates(self, answer: Members) -> Members:
        return {**answer, "description": "another"}


class AnyName(Manner):
    """A listing that is asked for a name shows everything."""

    def begins(self, shown: str, wanted: str) -> bool:
        return True


class Described(Manner):
    """What is made has to be described."""

    def takes(self, given: Members) -> Members:
        if "description" not in given:
            raise Refused(400, "BadRequestException")
        return given


class ListsInPart(Described):
    """A listing leaves out what a creation was given, in the structure that has it."""

    def listed(self, shown: Members) -> Members:
        return {name: value for name, value in shown.items() if name != "description"}


class DeletesOnce(Manner):
    """A deletion that is called idempotent is refused the second time."""

    repeats_deletions = False


ANSWERS: Mapping[str, tuple[type[Manner], str, str]] = {
    "a creation answers with other tags": (OtherTagsAnswered, "ApiKey", "CreateApiKey/state/tags"),
    "a creation answers with another text": (
        AnswersAnother,
        "ApiKey",
        "CreateApiKey/state/read-back/description",
    ),
    "a name is ignored": (AnyName, "ApiKey", "GetApiKeys/state/filter/nameQuery"),
    "a listing leaves out what was given": (ListsInPart, "ApiKey", "CreateApiKey/state/agree"),
    "a repeated deletion is refused": (
        DeletesOnce,
        "PlatformEndpoint",
        "DeleteEndpoint/state/repeated",
    ),
}
