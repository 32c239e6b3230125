"""What "read-only" means: by an operation's name, the SDK's model and what AWS lists of it.

An operation is read-only where its name and its HTTP method, or the SDK's model, say that it reads,
and AWS's service authorization reference does not list it as anything else. What that reference
lists ships in ``schemas/access.json``: names alone, with the sources that they come from. Nothing
here knows whether an operation may be recorded.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from conformance.spec import reading
from conformance.spec.files import folder

FORMAT = "aws-conformance-access/1"
#: How the names of operations begin that only read.
_READS = re.compile(
    r"(List|Describe|Get|BatchGet|BatchDescribe|Head|Search|Filter|Lookup|Query|Scan|Count)(?=[A-Z0-9]|$)"
)
#: HTTP methods of requests that may only read; POST carries reading operations of all protocols.
_READING_METHODS = frozenset({"GET", "HEAD", "POST"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What AWS lists of the operations of a service that their names or models say to read.

    It lists ``reads`` as reading or listing, and ``changes`` as something else. ``prefix`` is that
    of the service's actions in IAM, ``actions`` names the action that permits an operation where
    that has another name.
    """

    prefix: str = ""
    reads: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    actions: Mapping[str, str] = field(default_factory=dict)


_NOTHING = Access()


@lru_cache(maxsize=1)
def _listed() -> Mapping[str, Access]:
    held = reading.read_json(folder("schemas") / "access.json")["services"]
    return {
        service: Access(
            prefix=one["prefix"],
            reads=frozenset(one.get("reads", ())),
            changes=frozenset(one.get("changes", ())),
            actions=one.get("actions", {}),
        )
        for service, one in held.items()
    }


def access(service: str) -> Access:
    """What AWS lists of a service; nothing of one that it does not list."""
    return _listed().get(service, _NOTHING)


def names_a_reader(name: str, method: str) -> bool:
    """Whether an operation only reads, by its name and its HTTP method; unknown is changing."""
    return method in _READING_METHODS and _READS.match(name) is not None


def reads(service: str, name: str, method: str, *, stated: bool = False) -> bool:
    """Whether an operation is read-only; ``stated`` says that the SDK's model calls it so."""
    return (stated or names_a_reader(name, method)) and name not in access(service).changes


def action(service: str, name: str) -> str:
    """The action of IAM that permits an operation which AWS lists: ``s3:ListAllMyBuckets``."""
    listed = access(service)
    return f"{listed.prefix}:{listed.actions.get(name, name)}"
