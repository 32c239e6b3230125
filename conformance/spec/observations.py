"""What AWS was seen to answer, as facts about one operation.

A fact is a name, a code, a status, a number: never a sentence. Each knows where it was seen. It
knows no operation and no file.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

#: A member is promised where AWS showed it in every answer of so many different tests at least.
LEAST_TESTS = 3
#: So many where a request can set the member: tests of one author set the same ones.
MANY_TESTS = 10


class Seen(StrEnum):
    """What was seen of a clause."""

    #: a request that violates it was refused
    HELD = "held"
    #: a request that violates it was accepted
    ACCEPTED = "accepted"
    #: an answer violated it
    DEPARTED = "departed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenError:
    """An error that an operation answered with; ``status`` is ``None`` where it is unknown.

    ``when`` says on what occasions: ``unknown``, ``duplicate``, ``in-use``, ``wrong-state``,
    ``missing``, ``invalid``, ``limit``. A ``doubtful`` one comes from files that are often edited
    by hand, and no second source has it.
    """

    code: str
    status: int | None = None
    recordings: int = 1
    when: tuple[str, ...] = ()
    doubtful: bool = False
    sources: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.status} {self.code}" if self.status else self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenClause:
    """What was seen of the clause at a path; ``value`` is the number that was refused."""

    path: str
    seen: Seen
    recordings: int = 1
    code: str | None = None
    status: int | None = None
    value: int | float | None = None
    sources: tuple[str, ...] = ()

    def __str__(self) -> str:
        what = "a violation" if self.value is None else f"{self.value}"
        answer = " ".join(str(one) for one in (self.status, self.code) if one)
        said = {
            Seen.HELD: f"AWS refused {what}" + (f" with {answer}" if answer else ""),
            Seen.ACCEPTED: "AWS accepted a violation",
            Seen.DEPARTED: "an answer of AWS violated it",
        }
        return f"{said[self.seen]} ({_counted(self.recordings, 'recording')})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMembers:
    """Members that stood in every answer in which their parent stood, and how often that was.

    The paths are those of clauses. ``tests`` is how many different tests the answers are of.
    """

    members: Mapping[str, int]
    answers: int
    tests: int
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """All that was seen of one operation.

    ``calls`` are facts about several calls, as they are in the file: what is read back after a
    write, what deleting an unknown thing answers, …. ``absent`` are the codes that operations of
    its service gave for what is unknown.
    """

    errors: tuple[SeenError, ...] = ()
    clauses: tuple[SeenClause, ...] = ()
    members: tuple[SeenMembers, ...] = ()
    calls: tuple[Mapping[str, Any], ...] = ()
    absent: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.errors or self.clauses or self.members or self.calls)

    def __add__(self, other: "Observations") -> "Observations":
        return Observations(
            errors=(*self.errors, *other.errors),
            clauses=(*self.clauses, *other.clauses),
            members=(*self.members, *other.members),
            calls=(*self.calls, *other.calls),
        )

    def gave(self, code: str | None, status: int | None) -> bool:
        """Whether AWS answered the operation with an error of this code, and this status."""
        return any(one.code == code and one.status in {None, status} for one in self.errors) or any(
            one.code == code and one.status == status
            for one in self.clauses
            if one.seen is Seen.HELD
        )

    def knows(self, code: str) -> bool:
        """Whether AWS answered the operation with an error of this code, whatever its status."""
        codes = {one.code for one in self.errors} | {one.code for one in self.clauses}
        return code in codes

    def errors_when(self, occasion: str) -> tuple[SeenError, ...]:
        """The errors on an occasion, without the doubtful ones."""
        return tuple(one for one in self.errors if occasion in one.when and not one.doubtful)

    def of(self, path: str) -> tuple[SeenClause, ...]:
        """What was seen of the clause at a path."""
        return tuple(one for one in self.clauses if one.path == path)

    def violated(self, path: str) -> bool:
        """Whether AWS itself did not keep the clause at a path."""
        return any(one.seen is not Seen.HELD for one in self.of(path))

    def lacked(self, path: str) -> bool:
        """Whether an answer of AWS showed what a member is in, and not the member."""
        parent = path.rpartition("/")[0]
        return any(
            path not in seen.members and parent in {one.rpartition("/")[0] for one in seen.members}
            for seen in self.members
        )

    def deletes_unknown(self) -> bool:
        """Whether a deletion of what does not exist was answered with a success."""
        return any(
            call["fact"] == "delete-unknown" and call.get("result") == "success"
            for call in self.calls
        )


#: Of an operation of which nothing was seen.
NOTHING = Observations()


def promised(
    seen: Iterable[SeenMembers], known: Iterable[str], settable: frozenset[str]
) -> Mapping[str, str]:
    """The members that no answer lacks, with the reason: those that enough tests showed.

    ``known`` are the paths of the response that may be absent, ``settable`` the names that some
    request of the service can set. Where a member stood in some answers alone, or in items of
    lists, it is not known how many tests those are of, and many have to be there.
    """
    paths = frozenset(known)
    found: dict[str, str] = {}
    for one in seen:
        for path, count in one.members.items():
            everywhere = count == one.answers and not {"item", "value"} & set(path.split("/"))
            certain = everywhere and path.rpartition("/")[2] not in settable
            tests = one.tests if everywhere else min(one.tests, count)
            if path in paths and tests >= (LEAST_TESTS if certain else MANY_TESTS):
                found[path] = f"AWS showed it in all of {count} ({_counted(one.tests, 'test')})"
    return found


def lacked(seen: Iterable[SeenMembers], path: str) -> SeenMembers | None:
    """Answers of which some were without a member, though its parent stood in them."""
    parent = path.rpartition("/")[0]
    while parent.endswith(("/item", "/value")):
        parent = parent.rpartition("/")[0]
    return next(
        (one for one in seen if path not in one.members and (not parent or parent in one.members)),
        None,
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


# ---------------------------------------------------------------- as data


def parsed(raw: Mapping[str, Any], sources: list[str]) -> Observations:
    """The facts of one operation in a file; ``sources`` are the texts that its numbers stand for.

    Raises :class:`ValueError` or :class:`LookupError` for what does not follow the format.
    """

    def named(one: Mapping[str, Any]) -> dict[str, Any]:
        return {"sources": tuple(sources[number] for number in one.get("from", ()))}

    return Observations(
        errors=tuple(
            SeenError(
                code=one["code"],
                status=one.get("status"),
                recordings=one.get("recordings", 1),
                when=tuple(one.get("when", ())),
                doubtful=one.get("doubtful", False),
                **named(one),
            )
            for one in raw.get("errors", ())
        ),
        clauses=tuple(
            SeenClause(
                path=one["path"],
                seen=Seen(one["seen"]),
                recordings=one.get("recordings", 1),
                code=one.get("code"),
                status=one.get("status"),
                value=one.get("value"),
                **named(one),
            )
            for one in raw.get("clauses", ())
        ),
        members=tuple(
            SeenMembers(
                members=one["always"], answers=one["answers"], tests=one["tests"], **named(one)
            )
            for one in raw.get("members", ())
        ),
        calls=tuple(raw.get("calls", ())),
    )


def merged(errors: Iterable[SeenError]) -> Iterator[SeenError]:
    """The same errors, each code with its status once."""
    found: dict[tuple[str, int | None], SeenError] = {}
    for one in errors:
        key = one.code, one.status
        known = found.get(key)
        if known is None:
            found[key] = one
        else:
            found[key] = replace(
                known,
                recordings=known.recordings + one.recordings,
                when=tuple(dict.fromkeys((*known.when, *one.when))),
                doubtful=known.doubtful and one.doubtful,
                sources=tuple(dict.fromkeys((*known.sources, *one.sources))),
            )
    yield from found.values()
