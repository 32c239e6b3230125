"""What servers do wrong with what they are sent: they fail at it, or take what they should not."""

from collections.abc import Mapping

from stateful_services.memory import Manner, Members, Refused


def failing(*, having: str = "", lacking: str = "") -> type[Manner]:
    """A server that fails at a creation which has a member, or lacks one."""

    class Failing(Manner):
        def takes(self, given: Members) -> Members:
            if having in given or (lacking and lacking not in given):
                raise Refused(500, "InternalFailure")
            return given

    return Failing


class FailingReader(Manner):
    """A reader fails at what it may be asked beside a name."""

    def asks(self, params: Members) -> None:
        if len(params) > 1:
            raise Refused(500, "InternalFailure")


class FailingListing(Manner):
    """A listing fails where it is asked for a beginning of names."""

    def asks(self, params: Members) -> None:
        if "Prefix" in params:
            raise Refused(500, "InternalFailure")


class NamesAlone(Manner):
    """An ARN in the place of a name is not understood."""

    takes_arns = False


class UnknownReferences(Manner):
    """What a creation refers to need not be there."""

    def is_there(self, known: bool) -> bool:
        return True


class FailingReferences(UnknownReferences):
    """What a creation refers to is missed too late."""

    def is_there(self, known: bool) -> bool:
        if not known:
            raise Refused(500, "InternalFailure")
        return known


class IgnoredTimes(Manner):
    """A listing by time shows all there is."""

    def is_within(self, made: float, since: float, until: float) -> bool:
        return True


class TurnedTimes(Manner):
    """A listing by time mixes up before and after."""

    def is_within(self, made: float, since: float, until: float) -> bool:
        return since > made or until <= made or (not since and until > 2 * made - 1)


#: Fault → the server, the resource, and the clause that it violates, behind the operation's name.
STRICT: Mapping[str, tuple[type[Manner], str, str]] = {
    "an optional member is too much": (
        failing(having="PermissionsBoundary"),
        "User",
        "CreateUser/state/accepted/PermissionsBoundary",
    ),
    "an optional member of a query is too much": (
        failing(having="Size"),
        "Volume",
        "CreateVolume/state/accepted/Size",
    ),
    "an optional member is missed": (
        failing(lacking="KeySchema"),
        "Table",
        "CreateTable/state/optional/KeySchema",
    ),
    "what is required is not enough": (
        failing(lacking="KeySchema"),
        "Table",
        "CreateTable/state/accepted",
    ),
    "a reader fails": (
        FailingReader,
        "Bucket",
        "HeadBucket/state/accepted/ExpectedBucketOwner",
    ),
    "a listing fails at what it may be asked": (
        FailingListing,
        "Bucket",
        "ListBuckets/state/accepted/Prefix",
    ),
    "an ARN is no name": (NamesAlone, "Table", "DescribeTable/state/named-by/arn"),
    "an ARN is no name to an update": (NamesAlone, "Table", "UpdateTable/state/named-by/arn"),
    "what is referred to is not there": (
        UnknownReferences,
        "Backup",
        "CreateBackup/state/references/TableName",
    ),
    "what is referred to is missed late": (
        FailingReferences,
        "Backup",
        "CreateBackup/state/references/TableName",
    ),
    "a time is ignored": (IgnoredTimes, "Backup", "ListBackups/state/filter/TimeRangeUpperBound"),
    "a beginning is ignored": (
        IgnoredTimes,
        "Backup",
        "ListBackups/state/filter/TimeRangeLowerBound",
    ),
    "before is after": (TurnedTimes, "Backup", "ListBackups/state/filter/TimeRangeUpperBound"),
}
