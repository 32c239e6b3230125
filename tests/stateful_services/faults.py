"""What servers do wrong: each fault breaks one promise, and earns a finding on one clause."""

from collections.abc import Mapping, Sequence
from typing import Any

from stateful_services.answer_faults import ANSWERS
from stateful_services.memory import Manner, Members, Refused, Resource, Thing
from stateful_services.strict_faults import STRICT


def _without(given: Members, *path: str) -> Members:
    """Members without the one at the end of a path."""
    name, *rest = path
    if not rest:
        return {key: value for key, value in given.items() if key != name}
    inner = given.get(name)
    return {**given, name: _without(inner, *rest)} if isinstance(inner, dict) else given


def dropping(*path: str) -> type[Manner]:
    """A server that forgets one member that it was given."""

    class Dropping(Manner):
        def takes(self, given: Members) -> Members:
            return _without(given, *path)

    return Dropping


def stuck(name: str, value: Any) -> type[Manner]:
    """A server that shows one member always the same."""

    class Stuck(Manner):
        def shows(self, members: Members, given: Members, thing: Thing) -> Members:
            return {**members, name: value}

    return Stuck


class ForgottenTags(Manner):
    """Tags given at creation are forgotten."""

    def tagged_at_creation(self, tags: dict[str, str]) -> dict[str, str]:
        return {}


class IgnoredTags(Manner):
    """Tags are not added."""

    def tags(self, thing: Thing, others: Sequence[Thing], tags: dict[str, str]) -> None:
        pass


class LeakingTags(Manner):
    """Tags are added to everything."""

    def tags(self, thing: Thing, others: Sequence[Thing], tags: dict[str, str]) -> None:
        for one in (thing, *others):
            one.tags = {**one.tags, **tags}


class MisplacedTags(Manner):
    """Tags are added to another thing."""

    def tags(self, thing: Thing, others: Sequence[Thing], tags: dict[str, str]) -> None:
        for one in others:
            one.tags = {**one.tags, **tags}


class LastTagOnly(Manner):
    """Of several tags only the last one is kept."""

    def tags(self, thing: Thing, others: Sequence[Thing], tags: dict[str, str]) -> None:
        thing.tags = dict([*tags.items()][-1:])


class EmptyTags(Manner):
    """The tags' values are lost."""

    def shows_tags(self, thing: Thing) -> dict[str, str]:
        return dict.fromkeys(thing.tags, "")


class KeptTags(Manner):
    """Tags are not removed."""

    def untags(self, thing: Thing, keys: Sequence[str]) -> None:
        pass


class AllTagsRemoved(Manner):
    """A removal takes every tag."""

    def untags(self, thing: Thing, keys: Sequence[str]) -> None:
        thing.tags = {}


class IgnoredUpdate(Manner):
    """An update is welcome and changes nothing."""

    def changes(self, thing: Thing, given: Members) -> None:
        pass


class ForgetfulUpdate(Manner):
    """An update forgets what it is not given."""

    def changes(self, thing: Thing, given: Members) -> None:
        named = {name: value for name, value in thing.given.items() if name.endswith("Name")}
        thing.given = {**named, **given}


class NoIdentifier(Manner):
    """A creation does not say what it made."""

    def creates(self, answer: Members) -> Members:
        return {}


class AnotherIdentifier(Manner):
    """A listing calls things otherwise than a reader does."""

    def listed(self, shown: Members) -> Members:
        return {
            name: f"{value}x" if name.endswith("Id") else value for name, value in shown.items()
        }


class AnotherName(Manner):
    """A listing shows another name than a reader does."""

    def listed(self, shown: Members) -> Members:
        return {**shown, "Name": "another"}


class NoName(Manner):
    """A reader does not say what it describes."""

    def read(self, shown: Members) -> Members:
        return {name: value for name, value in shown.items() if not name.endswith(("Name", "Id"))}


class RoleForgotten(Manner):
    """What is made is listed without its role; what was there before has one."""

    def listed(self, shown: Members) -> Members:
        return shown if shown["destinationName"] == "first" else _without(shown, "roleArn")


class NoArn(Manner):
    """A reader lacks the ARN that the listing shows."""

    def read(self, shown: Members) -> Members:
        return {name: value for name, value in shown.items() if name != "Arn"}


class NoArnAtAll(Manner):
    """Neither reader nor listing shows an ARN."""

    def shows(self, members: Members, given: Members, thing: Thing) -> Members:
        return {name: value for name, value in members.items() if name != "Arn"}


class IgnoredDeletion(Manner):
    """A deletion is welcome and deletes nothing."""

    def deletes(self, things: list[Thing], thing: Thing) -> None:
        pass


class StillListed(Manner):
    """What was deleted stays in the listing."""

    def __init__(self) -> None:
        self._deleted: list[Thing] = []

    def deletes(self, things: list[Thing], thing: Thing) -> None:
        things.remove(thing)
        self._deleted.append(thing)

    def lists(self, things: Sequence[Thing]) -> Sequence[Thing]:
        return [*things, *self._deleted]


class NeighbourDeleted(Manner):
    """A deletion takes another thing as well."""

    def deletes(self, things: list[Thing], thing: Thing) -> None:
        things.clear()


class WrongOneDeleted(Manner):
    """A deletion takes another thing in the place of the one that was meant."""

    def deletes(self, things: list[Thing], thing: Thing) -> None:
        others = [one for one in things if one is not thing]
        things.remove(others[-1] if others else thing)


class SecondForToken(Manner):
    """A token is ignored."""

    forgets_tokens = True


class SecondForName(Manner):
    """A second thing of the same name is made."""

    duplicate = "second"


class ReplacedByName(SecondForName):
    """A second thing of the same name takes the place of the first one."""

    def lists(self, things: Sequence[Thing]) -> Sequence[Thing]:
        return list({thing.id: thing for thing in things}.values())


class MadeAnew(Manner):
    """A repeated creation is answered with the same thing, made just now."""

    duplicate = "first"

    def __init__(self) -> None:
        self._created = 0

    def creates(self, answer: Members) -> Members:
        self._created += 1
        made = f"2024-05-01T10:00:{self._created:02}Z"
        return {name: {**shown, "CreateDate": made} for name, shown in answer.items()}


class LostTags(Manner):
    """Tags of what was made are not found."""

    def shows_tags(self, thing: Thing) -> dict[str, str]:
        raise Refused(400, "ResourceNotFoundException")


class FailingReader(Manner):
    """A reader fails at one member of what was made."""

    def read(self, shown: Members) -> Members:
        if "Description" in shown:
            raise Refused(500, "InternalError")
        return shown


class WelcomeStrangers(Manner):
    """Changes of what is not there are welcome."""

    strangers = "welcome"


class FailingAtStrangers(Manner):
    """Changes of what is not there are too much for the server."""

    strangers = "failure"


class PreferringStrangers(Manner):
    """Changes of what is not there are welcome, those of what is there are refused."""

    strangers = "preferred"


class OtherTagsRead(Manner):
    """A reader shows tags without their values."""

    def read(self, shown: Members) -> Members:
        return {**shown, "Tags": [{"Key": "conformance-a", "Value": ""}]}


class NeverFalse(Manner):
    """An update takes what is false for nothing."""

    def changes(self, thing: Thing, given: Members) -> None:
        told = {name: value for name, value in given.items() if value is not False}
        super().changes(thing, told)


class NotListed(Manner):
    """A listing lacks what was made last."""

    def lists(self, things: Sequence[Thing]) -> Sequence[Thing]:
        return things[:-2]


class NothingListed(Manner):
    """A listing is empty."""

    def lists(self, things: Sequence[Thing]) -> Sequence[Thing]:
        return []


class NothingAttached(Manner):
    """What is put is welcome and forgotten."""

    def attaches(self, thing: Thing, part: Any) -> None:
        pass


class NothingToDetach(NothingAttached):
    """What is put is forgotten, so that there is nothing to take away."""

    def detaches(self, thing: Thing) -> None:
        raise Refused(404, "NoSuchCORSConfiguration")


class DetachedNever(Manner):
    """A removal is too much for the server."""

    def detaches(self, thing: Thing) -> None:
        raise Refused(500, "InternalError")


class NothingDetached(Manner):
    """What is taken away stays."""

    def detaches(self, thing: Thing) -> None:
        pass


class DetachedOnce(Manner):
    """Another removal of what is not there brings it back."""

    def detaches(self, thing: Thing) -> None:
        thing.part = {"CORSRules": []} if thing.part is None else None


class DetachedWithAnError(Manner):
    """A removal of what is not there is too much for the server."""

    def detaches(self, thing: Thing) -> None:
        if thing.part is None:
            raise Refused(500, "InternalError")
        thing.part = None


class IgnoredFilter(Manner):
    """A listing shows all there is, whatever it is asked for."""

    def chooses(self, answers: Sequence[bool]) -> bool:
        return True


class FilterOnWhatIsShown(Manner):
    """A filter passes over what things do not show."""

    def has(self, shown: Any, wanted: Sequence[str]) -> bool:
        return shown is None or super().has(shown, wanted)


class EmptyFilter(Manner):
    """A listing that is asked for some shows none."""

    def chooses(self, answers: Sequence[bool]) -> bool:
        return not answers


class OneFilterOfTwo(Manner):
    """Of two filters one is enough."""

    def chooses(self, answers: Sequence[bool]) -> bool:
        return any(answers) or not answers


class FirstValueOnly(Manner):
    """Of several values of a filter the first one alone counts."""

    def has(self, shown: Any, wanted: Sequence[str]) -> bool:
        return super().has(shown, wanted[:1])


class AnyBeginning(Manner):
    """A listing by a prefix shows all there is."""

    def begins(self, shown: str, wanted: str) -> bool:
        return True


class NoBeginning(Manner):
    """A listing by a prefix wants the whole text, and more."""

    def begins(self, shown: str, wanted: str) -> bool:
        return not wanted


class FilterOfText(Manner):
    """A filter by what is no text finds nothing."""

    def has(self, shown: Any, wanted: Sequence[str]) -> bool:
        return isinstance(shown, str) and super().has(shown, wanted)


class SharedId(Manner):
    """All things have the same identifier."""

    shares_ids = True


class NotFound(Manner):
    """A reader finds nothing that was made."""

    def is_found(self, thing: Thing) -> bool:
        return False


class NothingShown(Manner):
    """A reader answers, and shows nothing of what was made."""

    def is_found(self, thing: Thing) -> bool:
        return False

    def shows_missing(self, resource: Resource) -> Members | None:
        return {}


class MixedUp(Manner):
    """A reader shows what another thing was given."""

    def __init__(self) -> None:
        self._first: Members | None = None

    def takes(self, given: Members) -> Members:
        if self._first is None:
            self._first = given
        return self._first


#: Fault → the server, the resource, and the clause that it violates, behind the operation's name.
FAULTS: Mapping[str, tuple[type[Manner], str, str]] = {
    "a number is dropped": (dropping("Size"), "Volume", "CreateVolume/state/read-back/Size"),
    "a text is dropped": (
        dropping("Description"),
        "Api",
        "CreateApi/state/read-back/Description",
    ),
    "a text of a query is dropped": (dropping("Path"), "User", "CreateUser/state/read-back/Path"),
    "a document is dropped": (
        stuck("AssumeRolePolicyDocument", "{}"),
        "Role",
        "CreateRole/state/read-back/AssumeRolePolicyDocument",
    ),
    "a list is dropped": (
        dropping("OKActions"),
        "MetricAlarm",
        "PutMetricAlarm/state/read-back/OKActions",
    ),
    "a required member is dropped": (
        dropping("RouteKey"),
        "Route",
        "CreateRoute/state/read-back/RouteKey",
    ),
    "a nested member is dropped": (
        dropping("ProvisionedThroughput", "WriteCapacityUnits"),
        "Table",
        "CreateTable/state/read-back/ProvisionedThroughput/WriteCapacityUnits",
    ),
    "a member two levels down is dropped": (
        dropping("EvaluationWindow", "WallClockWindow", "Timezone"),
        "MetricAlarm",
        "PutMetricAlarm/state/read-back/EvaluationWindow/WallClockWindow/Timezone",
    ),
    "a boolean is always false": (
        stuck("MultiAttachEnabled", False),
        "Volume",
        "CreateVolume/state/read-back/MultiAttachEnabled",
    ),
    "a boolean is always true": (
        stuck("ActionsEnabled", True),
        "MetricAlarm",
        "PutMetricAlarm/state/read-back/ActionsEnabled",
    ),
    "a boolean is never shown": (
        dropping("DeletionProtectionEnabled"),
        "Table",
        "CreateTable/state/read-back/DeletionProtectionEnabled",
    ),
    "an enum is always the first": (
        stuck("VolumeType", "standard"),
        "Volume",
        "CreateVolume/state/read-back/VolumeType",
    ),
    "tags of a creation are forgotten": (ForgottenTags, "Queue", "CreateQueue/state/tags"),
    "tags of a creation are forgotten in ec2": (
        ForgottenTags,
        "Volume",
        "CreateVolume/state/tags",
    ),
    "tags are not added": (IgnoredTags, "User", "TagUser/state/tagged"),
    "tags leak": (LeakingTags, "Table", "TagResource/state/tagged"),
    "tags leak in a map": (LeakingTags, "Queue", "TagQueue/state/tagged"),
    "tags go elsewhere": (MisplacedTags, "User", "TagUser/state/tagged"),
    "one tag is kept": (LastTagOnly, "Table", "TagResource/state/tagged"),
    "tags lose their values": (EmptyTags, "Volume", "CreateTags/state/tagged"),
    "tags are not removed": (KeptTags, "Queue", "UntagQueue/state/untagged"),
    "tags are not removed from a list": (KeptTags, "Volume", "DeleteTags/state/untagged"),
    "all tags are removed": (AllTagsRemoved, "Table", "UntagResource/state/untagged"),
    "an update is ignored": (IgnoredUpdate, "Api", "UpdateApi/state/updated/Description"),
    "an update of a boolean is ignored": (
        IgnoredUpdate,
        "Route",
        "UpdateRoute/state/updated/ApiKeyRequired",
    ),
    "an update in ec2 is ignored": (IgnoredUpdate, "Volume", "ModifyVolume/state/updated/Size"),
    "an update of a query is ignored": (
        IgnoredUpdate,
        "Role",
        "UpdateRole/state/updated/Description",
    ),
    "a deletion is ignored": (IgnoredDeletion, "Queue", "DeleteQueue/state/gone"),
    "a deletion is ignored in a listing": (
        IgnoredDeletion,
        "MetricAlarm",
        "DeleteAlarms/state/gone",
    ),
    "a deletion of a bucket is ignored": (IgnoredDeletion, "Bucket", "DeleteBucket/state/gone"),
    "a deleted one is listed": (StillListed, "User", "DeleteUser/state/gone"),
    "a deleted one is listed in JSON": (StillListed, "Api", "DeleteApi/state/gone"),
    "a deletion takes all": (NeighbourDeleted, "Table", "DeleteTable/state/others-stay"),
    "a deletion takes all of a listing": (
        NeighbourDeleted,
        "MetricAlarm",
        "DeleteAlarms/state/others-stay",
    ),
    "a deletion takes all in ec2": (
        NeighbourDeleted,
        "Volume",
        "DeleteVolume/state/others-stay",
    ),
    "a deletion takes the wrong one": (WrongOneDeleted, "User", "DeleteUser/state/gone"),
    "a second one for a token": (SecondForToken, "Volume", "CreateVolume/state/token"),
    "a second one for a name": (SecondForName, "User", "CreateUser/state/duplicate"),
    "a second table for a name": (SecondForName, "Table", "CreateTable/state/duplicate"),
    "a second bucket for a name": (SecondForName, "Bucket", "CreateBucket/state/duplicate"),
    "a listing lacks the last": (NotListed, "Table", "CreateTable/state/listed"),
    "a listing lacks all": (NothingListed, "Bucket", "CreateBucket/state/listed"),
    "volumes share an id": (SharedId, "Volume", "CreateVolume/state/distinct"),
    "APIs share an id": (SharedId, "Api", "CreateApi/state/distinct"),
    "nothing is found": (NotFound, "Role", "CreateRole/state/read-back/RoleName"),
    "nothing is found by id": (NotFound, "Route", "CreateRoute/state/read-back/RouteKey"),
    "a list of nothing is found": (
        NotFound,
        "MetricAlarm",
        "PutMetricAlarm/state/read-back/AlarmName",
    ),
    "nothing is shown": (NothingShown, "Api", "CreateApi/state/read-back/Name"),
    "an update forgets the rest": (ForgetfulUpdate, "Api", "UpdateApi/state/kept"),
    "an update of a route forgets the rest": (ForgetfulUpdate, "Route", "UpdateRoute/state/kept"),
    "a creation says no identifier": (NoIdentifier, "Api", "CreateApi/state/answered"),
    "a listing has other identifiers": (AnotherIdentifier, "User", "CreateUser/state/agree"),
    "a listing has another name": (AnotherName, "Api", "CreateApi/state/agree"),
    "a reader lacks the name": (NoName, "Table", "CreateTable/state/agree"),
    "a reader lacks the id": (NoName, "Route", "CreateRoute/state/agree"),
    "a member is dropped that a listing alone shows": (
        RoleForgotten,
        "Destination",
        "PutDestination/state/read-back/roleArn",
    ),
    "a listing without a reader lacks all": (
        NothingListed,
        "AccountAlias",
        "CreateAccountAlias/state/listed",
    ),
    "no response has the ARN": (NoArnAtAll, "User", "CreateUser/state/called"),
    "a reader lacks the ARN": (NoArn, "User", "CreateUser/state/agree"),
    "what is put is forgotten": (NothingAttached, "Bucket", "PutBucketCors/state/done"),
    "what is put cannot be taken away": (
        NothingToDetach,
        "Bucket",
        "PutBucketCors/state/done",
    ),
    "what is taken away is an error": (
        DetachedNever,
        "Bucket",
        "DeleteBucketCors/state/undone",
    ),
    "what is taken away stays": (NothingDetached, "Bucket", "DeleteBucketCors/state/undone"),
    "what is taken away twice is back": (
        DetachedOnce,
        "Bucket",
        "DeleteBucketCors/state/undone-twice",
    ),
    "what is taken away twice is an error": (
        DetachedWithAnError,
        "Bucket",
        "DeleteBucketCors/state/undone-twice",
    ),
    "what listings look within is ignored": (
        IgnoredFilter,
        "Backup",
        "ListBackups/state/filter/TableName",
    ),
    "a filter is ignored": (
        IgnoredFilter,
        "Volume",
        "DescribeVolumes/state/filter/volume-type",
    ),
    "a filter by tags is ignored": (IgnoredFilter, "Volume", "DescribeVolumes/state/filter/tag"),
    "a filter finds what shows nothing of it": (
        FilterOnWhatIsShown,
        "Volume",
        "DescribeVolumes/state/filter/snapshot-id",
    ),
    "a filter finds nothing": (EmptyFilter, "Volume", "DescribeVolumes/state/filter/size"),
    "a filter by a number finds nothing": (
        FilterOfText,
        "Volume",
        "DescribeVolumes/state/filter/size",
    ),
    "a filter by keys of tags finds nothing": (
        EmptyFilter,
        "Volume",
        "DescribeVolumes/state/filter/tag-key",
    ),
    "filters are joined by or": (OneFilterOfTwo, "Volume", "DescribeVolumes/state/filters/and"),
    "one value of a filter counts": (
        FirstValueOnly,
        "Volume",
        "DescribeVolumes/state/filters/or",
    ),
    "a prefix is ignored": (AnyBeginning, "Queue", "ListQueues/state/filter/QueueNamePrefix"),
    "a prefix of a path is ignored": (AnyBeginning, "User", "ListUsers/state/filter/PathPrefix"),
    "a prefix finds nothing": (
        NoBeginning,
        "MetricAlarm",
        "DescribeAlarms/state/filter/AlarmNamePrefix",
    ),
    "a state is ignored": (
        IgnoredFilter,
        "MetricAlarm",
        "DescribeAlarms/state/filter/StateValue",
    ),
    "a second one takes the place": (ReplacedByName, "User", "CreateUser/state/duplicate"),
    "a repeated one is made anew": (MadeAnew, "User", "CreateUser/state/duplicate"),
    "tags are not found": (LostTags, "Table", "CreateTable/state/tags"),
    "tags that were added are not found": (LostTags, "Table", "TagResource/state/tagged"),
    "a reader fails at a member": (FailingReader, "Api", "CreateApi/state/read-back/Description"),
    "a reader fails after an update": (
        FailingReader,
        "Api",
        "UpdateApi/state/updated/Description",
    ),
    "an update of nothing is welcome": (WelcomeStrangers, "User", "UpdateUser/state/unknown"),
    "tags on nothing are welcome": (WelcomeStrangers, "Queue", "TagQueue/state/unknown"),
    "an update of nothing is an error": (FailingAtStrangers, "Api", "UpdateApi/state/unknown"),
    "tags on nothing are an error": (FailingAtStrangers, "Table", "UntagResource/state/unknown"),
    "an update of nothing alone is welcome": (
        PreferringStrangers,
        "Api",
        "UpdateApi/state/unknown",
    ),
    "a reader shows other tags": (OtherTagsRead, "User", "CreateUser/state/tags"),
    "a switch cannot be turned off": (
        NeverFalse,
        "Table",
        "UpdateTable/state/updated/DeletionProtectionEnabled",
    ),
    "two are mixed up": (MixedUp, "Api", "CreateApi/state/read-back/Description"),
} | {**STRICT, **ANSWERS}
