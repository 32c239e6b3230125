"""The options of a run: one table for pytest and the ``certify`` command.

:mod:`conformance.runner.settings` parses their values and refuses invalid ones.
"""

import argparse
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.report import formats


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One command-line option, with the arguments that argparse and pytest share."""

    name: str
    help: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its name in a configuration file."""
        return self.name.removeprefix("--")

    @property
    def dest(self) -> str:
        """The attribute that holds its value."""
        return self.key.replace("-", "_")

    @property
    def kind(self) -> "Kind":
        """What its value is made of."""
        action = self.arguments.get("action")
        if action == "append":
            return Kind.PAIRS if "=" in self.arguments["metavar"] else Kind.MANY
        if action is _Joined:
            return Kind.JOINED
        return Kind.FLAG if action == "store_true" or self.negatable else Kind.ONE

    @property
    def negatable(self) -> bool:
        """Whether ``--no-…`` turns it off."""
        return self.arguments.get("action") is argparse.BooleanOptionalAction

    def words(self, value: Any) -> list[str]:
        """The words of a command line that give it a value; none for one that is not given."""
        if isinstance(value, bool):
            negated = [f"--no-{self.key}"] if self.negatable else []
            return [self.name] if value else negated
        if value in (None, []):
            return []
        return [f"{self.name}={one}" for one in (value if isinstance(value, list) else [value])]

    @property
    def is_path(self) -> bool:
        """Whether its values name files or folders."""
        return self.arguments.get("metavar") in {"FILE", "DIR"}


class Kind(enum.Enum):
    """What the value of an option is made of."""

    ONE = "one text or number"
    JOINED = "texts, joined by commas"
    MANY = "texts"
    PAIRS = "texts NAME=VALUE"
    FLAG = "true or false"


class _Joined(argparse.Action):
    """A comma-separated list; a second use of the option adds to the first."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Append the new values to the earlier ones."""
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, values if before is None else f"{before},{values}")


def _option(name: str, help: str, **arguments: Any) -> Option:  # noqa: A002 - argparse's word
    return Option(name=name, help=help, arguments=arguments)


OPTIONS: tuple[Option, ...] = (
    _option(
        "--target",
        "the target: replay, aws, url, or the URL itself (default: replay)",
        metavar="TARGET",
        default=None,
    ),
    _option(
        "--endpoint-url",
        "the URL to judge, with --target=url (default: AWS_ENDPOINT_URL, else the embedded "
        "reference server)",
        metavar="URL",
        default=None,
    ),
    _option(
        "--operations",
        "comma-separated patterns service:Operation, * allowed, of documented operations or else "
        "of the SDK's (default: the five phone-number operations)",
        action=_Joined,
        metavar="PATTERNS",
        default=None,
    ),
    _option(
        "--scope",
        "what a pattern with * chooses from: documented, the documented operations if some match, "
        "or sdk, all that the SDK has: --operations '*' --scope sdk is everything "
        "(default: documented)",
        metavar="SCOPE",
        default=None,
    ),
    _option(
        "--protocol",
        "the wire protocol, where a service has several (default: the SDK's choice)",
        metavar="NAME",
        default=None,
    ),
    _option(
        "--mutating",
        "include operations that change things (never on AWS)",
        action=argparse.BooleanOptionalAction,
        default=None,
    ),
    _option(
        "--case",
        "run the cases of this id, of this clause, or that match this pattern; repeatable",
        metavar="ID",
        action="append",
        default=[],
    ),
    _option(
        "--region", "the Region to sign for (default: us-east-1)", metavar="NAME", default=None
    ),
    _option(
        "--aws-profile",
        "the profile whose credentials sign requests (default, for a URL: the environment's, else "
        "dummy ones)",
        metavar="NAME",
        default=None,
    ),
    _option(
        "--resource",
        "an existing value, [service:]MEMBER=VALUE, where the suite cannot discover one; "
        "repeatable",
        metavar="MEMBER=VALUE",
        action="append",
        default=[],
    ),
    _option(
        "--no-provision",
        "create nothing on the target before the run, and call no provisioning hook",
        action="store_true",
        default=False,
    ),
    _option(
        "--provision",
        "a provisioning file that replaces the suite's for its service; repeatable",
        metavar="FILE",
        action="append",
        default=[],
    ),
    _option(
        "--har",
        "a file for everything that was sent and what came back, as HAR 1.2",
        metavar="FILE",
        default=None,
    ),
    _option(
        "--detail",
        "how much is printed: quiet (verdict and counts), default, or verbose (every clause)",
        metavar="LEVEL",
        default=None,
    ),
    _option(
        "--fail-on-warn",
        "treat warnings as failures",
        action=argparse.BooleanOptionalAction,
        default=None,
    ),
    _option(
        "--max-examples",
        "explorations per operation and direction; 0 turns them off (default: 50 for a URL, "
        "0 for aws)",
        metavar="N",
        default=None,
    ),
    _option(
        "--depth",
        "how many stories of what calls leave behind: quick, one for each resource and kind, or "
        "full, one for each member and value (default: quick)",
        metavar="DEPTH",
        default=None,
    ),
    _option(
        "--seed",
        "the seed of the explorations (default: derived from the case set)",
        metavar="N",
        default=None,
    ),
    _option(
        "--rate",
        "requests per second, over all workers together (default: unlimited for a URL, 1 for aws)",
        metavar="N",
        default=None,
    ),
    _option(
        "--request-timeout",
        "how many seconds a response may take (default: 10)",
        metavar="SECONDS",
        default=None,
    ),
    _option(
        "--wait-for",
        "how many seconds to wait until the target listens (default: 0)",
        metavar="SECONDS",
        default=None,
    ),
    _option(
        "--max-time",
        "how many seconds the run may take: no case begins after that, and what was not run is "
        "not judged (default: no limit)",
        metavar="SECONDS",
        default=None,
    ),
    _option(
        "--resume",
        "go on with a run that was killed, interrupted or out of time: cases whose results the "
        "folder of --report holds are not run again",
        action="store_true",
        default=False,
    ),
    _option(
        "--plan",
        "print what a run would send, and for aws the IAM policy that permits it; send nothing",
        action="store_true",
        default=False,
    ),
    _option(
        "--record",
        "which cases to record: none, missing, all, or stale (default: missing for aws, else none)",
        metavar="WHICH",
        default=None,
    ),
    _option(
        "--stale-after",
        "with --record=stale: the age at which a recording is stale, in days (default: 90d)",
        metavar="DAYS",
        default=None,
    ),
    _option(
        "--cassettes",
        "the folder of cassettes, read and written (default: cassettes, else those that ship with "
        "the suite)",
        metavar="DIR",
        default=None,
    ),
    _option(
        "--provenance",
        "which recordings to replay: aws, reference, documentation, url or rehearsal "
        "(default: the first of aws, reference and url that exists)",
        metavar="KIND",
        default=None,
    ),
    _option(
        "--gate",
        "with --target=replay: what decides the exit status, all (the default) or sdk: what the "
        "SDK sends and reads, whatever the recorded server did",
        metavar="WHICH",
        default=None,
    ),
    _option(
        "--subject",
        "what is tested, NAME=VALUE: name, version, digest, …; repeatable",
        metavar="NAME=VALUE",
        action="append",
        default=[],
    ),
    _option(
        "--report",
        f"the folder where {formats.names()} are written",
        metavar="DIR",
        default=None,
    ),
    _option(
        "--shard",
        "run part I of N, for as many machines or CI jobs; 'merge' joins their reports",
        metavar="I/N",
        default=None,
    ),
    _option(
        "--shard-by",
        "with --shard: an earlier report, by whose durations all parts take equally long; with "
        "--plan: how long the run takes",
        metavar="FILE",
        default=None,
    ),
    _option(
        "--expect",
        "a file (TOML or YAML) of expected findings: they do not fail the run, and an unexpected "
        "pass does",
        metavar="FILE",
        default=None,
    ),
    _option(
        "--observed",
        "a file of what AWS was seen to answer, as 'aws-conformance observe' writes it; repeatable",
        metavar="FILE",
        action="append",
        default=[],
    ),
    _option(
        "--schemas",
        "a folder of your own operation documents, beside those that ship; repeatable",
        metavar="DIR",
        action="append",
        default=[],
    ),
    _option(
        "--no-verify-ssl",
        "do not verify the target's TLS certificate (AWS_CA_BUNDLE names an authority instead)",
        action="store_true",
        default=False,
    ),
)

#: The headings of the options in ``certify --help``; what has no other is under the first.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "what is judged": (),
    "how it is reached": (
        "--region",
        "--aws-profile",
        "--rate",
        "--request-timeout",
        "--wait-for",
        "--no-verify-ssl",
    ),
    "what exists on it": ("--resource", "--no-provision", "--provision"),
    "how much is tried": (
        "--max-examples",
        "--seed",
        "--depth",
        "--max-time",
        "--resume",
        "--plan",
        "--shard",
        "--shard-by",
    ),
    "recordings": ("--record", "--stale-after", "--cassettes", "--provenance", "--gate"),
    "what comes of it": (
        "--subject",
        "--report",
        "--har",
        "--detail",
        "--fail-on-warn",
        "--expect",
    ),
}


def by_heading() -> Mapping[str, tuple[Option, ...]]:
    """The options by their headings."""
    placed = {name for names in HEADINGS.values() for name in names}
    known = {option.name: option for option in OPTIONS}
    others = tuple(option for option in OPTIONS if option.name not in placed)
    return {
        heading: tuple(known[name] for name in names) or others
        for heading, names in HEADINGS.items()
    }
