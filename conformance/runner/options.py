"""The options of a run, in one table that serves pytest and the ``certify`` command alike.

What their values mean, and which are refused, :mod:`conformance.settings` says.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One command-line option, as argparse and pytest both take it."""

    name: str
    help: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def dest(self) -> str:
        """The attribute that holds its value."""
        return self.name.removeprefix("--").replace("-", "_")


class _Joined(argparse.Action):
    """A list with commas, which may also be given in several parts."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Add what is given now to what was given before."""
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, values if before is None else f"{before},{values}")


def _option(name: str, help: str, **arguments: Any) -> Option:  # noqa: A002 - argparse's word
    return Option(name=name, help=help, arguments=arguments)


OPTIONS: tuple[Option, ...] = (
    _option(
        "--target",
        "what answers: replay, aws, url, or the URL itself (default: replay)",
        metavar="TARGET",
        default=None,
    ),
    _option(
        "--endpoint-url",
        "the URL to judge, with --target=url (else AWS_ENDPOINT_URL; with neither, the "
        "embedded reference server is started)",
        metavar="URL",
        default=None,
    ),
    _option(
        "--operations",
        "comma-separated patterns service:Operation, * allowed: documented ones, else the SDK's "
        "(default: the five phone-number operations)",
        action=_Joined,
        metavar="PATTERNS",
        default=None,
    ),
    _option(
        "--protocol",
        "the wire protocol to speak where a service answers several (default: the SDK's choice)",
        metavar="NAME",
        default=None,
    ),
    _option(
        "--mutating",
        "try operations that change things, too; never against AWS",
        action="store_true",
        default=False,
    ),
    _option(
        "--case", "run one case by its id; repeatable", metavar="ID", action="append", default=[]
    ),
    _option(
        "--region", "the Region to sign for (default: us-east-1)", metavar="NAME", default=None
    ),
    _option(
        "--aws-profile",
        "the profile whose credentials sign; for a URL else the environment's, else dummy ones",
        metavar="NAME",
        default=None,
    ),
    _option(
        "--resource",
        "a value the target knows, [service:]MEMBER=VALUE, where the suite cannot discover one; "
        "repeatable",
        metavar="MEMBER=VALUE",
        action="append",
        default=[],
    ),
    _option(
        "--no-provision",
        "make nothing on a URL for its listings to hold, and run no provisioning hook",
        action="store_true",
        default=False,
    ),
    _option(
        "--provision",
        "a provisioning file of your own, which goes before the suite's for that service; "
        "repeatable",
        metavar="FILE",
        action="append",
        default=[],
    ),
    _option(
        "--fail-on-warn", "a broken should fails the test too", action="store_true", default=False
    ),
    _option(
        "--max-examples",
        "explorations per operation and direction; 0 turns them off (default: 50 for a URL, "
        "0 for aws)",
        metavar="N",
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
        "seconds that one answer may take (default: 10)",
        metavar="SECONDS",
        default=None,
    ),
    _option(
        "--wait-for",
        "seconds to wait until the target listens (default: 0)",
        metavar="SECONDS",
        default=None,
    ),
    _option(
        "--plan",
        "print what would be sent, and for aws the IAM policy it takes; send nothing",
        action="store_true",
        default=False,
    ),
    _option(
        "--record",
        "which cases are recorded: none, missing, all, or stale ones (default: missing for aws, "
        "else none)",
        metavar="WHICH",
        default=None,
    ),
    _option(
        "--stale-after",
        "with --record=stale: how old a recording may become, in days, as 90d (default: 90d)",
        metavar="DAYS",
        default=None,
    ),
    _option(
        "--cassettes",
        "the folder where cassettes are read and written (default: cassettes, else those that "
        "ship with the suite)",
        metavar="DIR",
        default=None,
    ),
    _option(
        "--provenance",
        "which recordings are replayed: aws, reference, documentation, url or rehearsal "
        "(default: the first of them that there is)",
        metavar="KIND",
        default=None,
    ),
    _option(
        "--subject",
        "what is being tested, NAME=VALUE: name, version, digest, …; repeatable",
        metavar="NAME=VALUE",
        action="append",
        default=[],
    ),
    _option(
        "--report",
        "a folder for report.json, report.html, junit.xml, summary.md, badge.json and badge.svg",
        metavar="DIR",
        default=None,
    ),
    _option(
        "--expect",
        "a file (TOML or YAML) of expected findings; an unexpected pass fails too",
        metavar="FILE",
        default=None,
    ),
    _option(
        "--no-verify-ssl",
        "do not verify the target's TLS certificate (AWS_CA_BUNDLE names an authority instead)",
        action="store_true",
        default=False,
    ),
)
