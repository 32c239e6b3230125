"""What AWS does beside the plain: each dialect is right, and none earns a finding.

Source: the observations of AWS across calls that ``tests/across_calls`` holds, and the
documentation of the services.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from stateful_services.memory import Manner, Members, Refused, Resource, Thing

#: What appears or goes late does so after so many looks.
_LATE = 2


class AsynchronousDeletion(Manner):
    """What is deleted shows a state that says so for a while, or stays for a while."""

    def deletes(self, things: list[Thing], thing: Thing) -> None:
        thing.deleted = True

    def is_found(self, thing: Thing) -> bool:
        return not thing.deleted or thing.looks < _LATE

    def lists(self, things: Sequence[Thing]) -> Sequence[Thing]:
        return [thing for thing in things if self.is_found(thing)]


class KeptAfterDeletion(Manner):
    """What is deleted shows a state that says so for good, and is listed with it."""

    def deletes(self, things: list[Thing], thing: Thing) -> None:
        thing.deleted = True


class EventualReading(Manner):
    """What was just made is not found yet."""

    def is_found(self, thing: Thing) -> bool:
        return thing.looks > _LATE


class EventualListing(Manner):
    """What was just made is not listed yet, and what was deleted still is."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._late: list[tuple[Thing, int]] = []

    def deletes(self, things: list[Thing], thing: Thing) -> None:
        things.remove(thing)
        self._late.append((thing, 0))

    def lists(self, things: Sequence[Thing]) -> Sequence[Thing]:
        for thing in things:
            self._seen[thing.number] = self._seen.get(thing.number, 0) + 1
        old = [thing for thing, looks in self._late if looks < _LATE]
        self._late = [(thing, looks + 1) for thing, looks in self._late]
        return [*(thing for thing in things if self._seen[thing.number] > _LATE), *old]


class NothingToDetach(Manner):
    """What is not there cannot be taken away."""

    def detaches(self, thing: Thing) -> None:
        if thing.part is None:
            raise Refused(404, "NoSuchConfiguration")
        thing.part = None


class EmptyPart(Manner):
    """What is taken away leaves something empty."""

    def detaches(self, thing: Thing) -> None:
        thing.part = {}


class FilterByBeginning(Manner):
    """A filter finds what begins with its value, in whatever case."""

    def has(self, shown: Any, wanted: Sequence[str]) -> bool:
        text = "" if shown is None else str(shown).lower()
        return bool(text) and any(text.startswith(value.lower()) for value in wanted)


class FilterByPart(Manner):
    """A filter finds what has its value anywhere."""

    def has(self, shown: Any, wanted: Sequence[str]) -> bool:
        return shown is not None and any(value.lower() in str(shown).lower() for value in wanted)


class StateOnTheMove(Manner):
    """The state is another one after a while, be it between finding and showing it."""

    def __init__(self) -> None:
        self._looks = 0

    def shows(self, members: Members, given: Members, thing: Thing) -> Members:
        self._looks += 1
        return {**members, "StateValue": "INSUFFICIENT_DATA" if self._looks % 9 < 5 else "ALARM"}


class EventualUpdates(Manner):
    """An update shows after a while."""

    def changes(self, thing: Thing, given: Members) -> None:
        thing.looks = 0
        old = {name: value for name, value in thing.given.items() if name != "_old"}
        thing.given = {**old, "_old": old, **given}

    def shows(self, members: Members, given: Members, thing: Thing) -> Members:
        old = members.pop("_old", None)
        return {**members, **old} if old is not None and thing.looks <= _LATE else members


class EventualTags(Manner):
    """Tags are listed, and cease to be, after a while."""

    def __init__(self) -> None:
        self._shown: dict[int, dict[str, str]] = {}
        self._looks: dict[int, int] = {}

    def shows_tags(self, thing: Thing) -> dict[str, str]:
        number = thing.number
        shown = self._shown.get(number, {})
        late = self._looks[number] = self._looks.get(number, 0) + (shown != thing.tags)
        if late > _LATE:
            self._shown[number], self._looks[number] = dict(thing.tags), 0
        return shown


class WrittenAnew(Manner):
    """Documents come back with other spaces and another order, or with percent signs."""

    def shows(self, members: Members, given: Members, thing: Thing) -> Members:
        return _texts(members, given, _anew)


def _anew(text: str) -> str:
    try:
        read = json.loads(text)
    except ValueError:
        return text
    return quote(json.dumps(read, indent=2, sort_keys=True)) if isinstance(read, dict) else text


class ArnsForNames(Manner):
    """A name that was given comes back as the ARN of that name."""

    def shows(self, members: Members, given: Members, thing: Thing) -> Members:
        return _texts(members, given, _as_arn, lambda name: name.endswith(("Id", "Actions")))


def _as_arn(text: str) -> str:
    return text if text.startswith("arn:") else f"arn:aws:kms:us-east-1:123456789012:key/{text}"


class NamesForArns(Manner):
    """An ARN that was given comes back as the name in it."""

    def shows(self, members: Members, given: Members, thing: Thing) -> Members:
        return _texts(members, given, lambda text: text.rpartition("/")[2].rpartition(":")[2])


class FoldedCase(Manner):
    """Text comes back in lower case."""

    def shows(self, members: Members, given: Members, thing: Thing) -> Members:
        return _texts(members, given, str.lower, lambda name: not name.endswith("Name"))


class DefaultsAdded(Manner):
    """Objects come back with members beside those that were given."""

    def shows(self, members: Members, given: Members, thing: Thing) -> Members:
        return {name: _more(value) if name in given else value for name, value in members.items()}


def _more(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _more(one) for name, one in value.items()} | _BESIDE.get(
            tuple(sorted(value)), {}
        )
    return [_more(one) for one in value] if isinstance(value, list) else value


_BESIDE: Mapping[tuple[str, ...], Members] = {
    ("ReadCapacityUnits", "WriteCapacityUnits"): {"NumberOfDecreasesToday": 0},
    ("AllowOrigins",): {"AllowCredentials": False, "MaxAge": 0},
    ("StreamEnabled",): {"StreamViewType": "NEW_IMAGE"},
}


class AnotherOrder(Manner):
    """Sets and listings come back in another order."""

    def shows(self, members: Members, given: Members, thing: Thing) -> Members:
        return {
            name: value[::-1] if name in given and isinstance(value, list) else value
            for name, value in members.items()
        }

    def lists(self, things: Sequence[Thing]) -> Sequence[Thing]:
        return things[::-1]

    def shows_tags(self, thing: Thing) -> dict[str, str]:
        return dict(reversed(thing.tags.items()))


class EmptyIsAbsent(Manner):
    """What is empty, zero or false does not come back."""

    def shows(self, members: Members, given: Members, thing: Thing) -> Members:
        found = _without_empty(members)
        assert isinstance(found, dict)
        return found


def _without_empty(value: Any) -> Any:
    if isinstance(value, Mapping):
        inner = {name: _without_empty(one) for name, one in value.items()}
        return {name: one for name, one in inner.items() if one not in (None, "", [], {}, 0, False)}
    return [_without_empty(one) for one in value] if isinstance(value, list) else value


class BadRequestForUnknown(Manner):
    """What is not there is answered with 400."""

    unknown_status = 400


class NotFoundForUnknown(Manner):
    """What is not there is answered with 404."""

    unknown_status = 404


class ForgivingDeletion(Manner):
    """What is not there can be deleted."""

    forgives_deletions = True


class EmptyAfterDeletion(Manner):
    """A reader of what is not there answers, and shows nothing."""

    def shows_missing(self, resource: Resource) -> Members | None:
        return {}


class DefaultsAfterDeletion(Manner):
    """A reader of what is not there answers with defaults."""

    def shows_missing(self, resource: Resource) -> Members | None:
        return {**resource.defaults} if resource.noun == "Api" else {}


class IdempotentCreation(Manner):
    """A creation whose name is taken answers with the first thing."""

    duplicate = "first"


class RefusedCreation(Manner):
    """A creation whose name is taken is refused."""

    duplicate = "refused"


class RefusedMembers(Manner):
    """Some optional members are refused, or must be given: other things go with them."""

    def takes(self, given: Members) -> Members:
        if given.keys() & {"PermissionsBoundary", "Encrypted", "StreamSpecification"}:
            raise Refused(400, "InvalidParameterCombination")
        return given


class NoSuchFeature(Manner):
    """The server has not everything that the service has."""

    def takes(self, given: Members) -> Members:
        if given.keys() & {"PermissionsBoundary", "Encrypted", "StreamSpecification"}:
            raise Refused(501, "NotImplemented")
        return given


class InvalidReferences(Manner):
    """What refers to something that is not there is invalid."""

    unknown_reference = (400, "ValidationException")


class CoarseTimes(Manner):
    """Of the time of creation the date alone is shown; clocks differ."""

    def is_within(self, made: float, since: float, until: float) -> bool:
        return since <= made + 600 < until

    def shows(self, members: Members, given: Members, thing: Thing) -> Members:
        made = int(members["BackupCreationDateTime"])
        return {**members, "BackupCreationDateTime": made - made % 86400}


class NothingToCome(Manner):
    """What is to come is not listed, and an error."""

    def is_within(self, made: float, since: float, until: float) -> bool:
        if since > made:
            raise Refused(400, "ValidationException")
        return since <= made < until


class SystemTags(Manner):
    """The service adds tags of its own."""

    def shows_tags(self, thing: Thing) -> dict[str, str]:
        return {**thing.tags, "aws:createdBy": "somebody"}


class OnePerPage(Manner):
    """A page of a listing holds one thing."""

    page = 1


class BriefAnswer(Manner):
    """A creation answers with an identifier, and the rest is read."""

    def creates(self, answer: Members) -> Members:
        return {"id": answer["id"]}


class DefaultsUnlisted(Manner):
    """A listing leaves out what a creation was not given."""

    def listed(self, shown: Members) -> Members:
        unset = ("enabled", "stageKeys")
        return {name: value for name, value in shown.items() if name not in unset}


class SilentReader(Manner):
    """Nothing can be read, and a creation answers with what it was given in other words."""

    def asks(self, params: Members) -> None:
        raise Refused(403, "AccessDeniedException")

    def creates(self, answer: Members) -> Members:
        return _texts(answer, {"description": ""}, str.upper)


def _texts(members: Members, given: Members, change: Any, wanted: Any = None) -> Members:
    """Members of which the texts that were given are shown otherwise."""
    return {
        name: _changed(value, change)
        if name in given and (wanted is None or wanted(name))
        else value
        for name, value in members.items()
    }


def _changed(value: Any, change: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _changed(one, change) for name, one in value.items()}
    if isinstance(value, list):
        return [_changed(one, change) for one in value]
    return change(value) if isinstance(value, str) else value


DIALECTS: Mapping[str, tuple[type[Manner], tuple[str, ...]]] = {
    "asynchronous deletion": (AsynchronousDeletion, ("Queue", "Table", "User", "Volume", "Bucket")),
    "kept after deletion": (KeptAfterDeletion, ("Table", "Volume")),
    "eventual reading": (EventualReading, ("Queue", "User", "Role", "Volume", "Bucket", "Route")),
    "eventual listing": (
        EventualListing,
        ("Queue", "Table", "User", "Bucket", "Route"),
    ),
    "filters by a beginning": (FilterByBeginning, ("Volume",)),
    "filters by a part": (FilterByPart, ("Volume",)),
    "a state on the move": (StateOnTheMove, ("MetricAlarm",)),
    "nothing to detach": (NothingToDetach, ("Bucket",)),
    "an empty part": (EmptyPart, ("Bucket",)),
    "eventual updates": (EventualUpdates, ("Queue", "Api", "Role")),
    "eventual tags": (EventualTags, ("Queue", "Table", "User", "Volume")),
    "documents written anew": (WrittenAnew, ("Role",)),
    "ARNs for names": (ArnsForNames, ("Volume", "Route", "MetricAlarm")),
    "names for ARNs": (NamesForArns, ("Volume", "Route", "MetricAlarm")),
    "folded case": (FoldedCase, ("Role", "Volume", "Route", "MetricAlarm")),
    "defaults added": (DefaultsAdded, ("Table", "Api")),
    "another order": (AnotherOrder, ("Queue", "Table", "User", "Volume", "Api", "MetricAlarm")),
    "empty is absent": (EmptyIsAbsent, ("Table", "Volume", "Api", "Route", "MetricAlarm")),
    "400 for unknown": (BadRequestForUnknown, ("User", "Bucket", "Api", "Route")),
    "404 for unknown": (NotFoundForUnknown, ("Queue", "Table", "Volume")),
    "forgiving deletion": (ForgivingDeletion, ("Queue", "User", "Bucket", "Api", "MetricAlarm")),
    "empty after deletion": (EmptyAfterDeletion, ("Queue", "Table", "User", "Api")),
    "defaults after deletion": (DefaultsAfterDeletion, ("Api",)),
    "idempotent creation": (IdempotentCreation, ("Table", "User", "Bucket")),
    "refused creation": (RefusedCreation, ("Queue",)),
    "refused members": (RefusedMembers, ("Table", "User", "Volume")),
    "no such feature": (NoSuchFeature, ("Table", "User", "Volume")),
    "invalid references": (InvalidReferences, ("Backup",)),
    "coarse times": (CoarseTimes, ("Backup",)),
    "nothing to come": (NothingToCome, ("Backup",)),
    "system tags": (SystemTags, ("Queue", "Table", "User", "Volume")),
    "a brief answer": (BriefAnswer, ("ApiKey",)),
    "defaults unlisted": (DefaultsUnlisted, ("ApiKey",)),
    "a silent reader": (SilentReader, ("ApiKey",)),
    "one per page": (OnePerPage, ("Queue", "Table", "User", "Bucket", "Volume", "Api")),
}
