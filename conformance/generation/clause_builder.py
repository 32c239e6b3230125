"""What makes clauses: how they are put, and what the protocol of an operation cannot express."""

from collections.abc import Mapping
from typing import get_args

from conformance.protocols.base import What
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Clause, Level, Operation, Source

#: JSON Schema's keywords that a page states as constraints, and how we say them.
CONSTRAINTS: Mapping[str, str] = {
    "enum": "{member} is one of the valid values",
    "pattern": "{member} matches {value}",
    "minLength": "{member} has at least {value} characters",
    "maxLength": "{member} has at most {value} characters",
    "minimum": "{member} is at least {value}",
    "maximum": "{member} is at most {value}",
    "minItems": "{member} holds at least {value} items",
    "maxItems": "{member} holds at most {value} items",
    "minProperties": "{member} holds at least {value} entries",
    "maxProperties": "{member} holds at most {value} entries",
}

#: Why a clause has no case.
UNPROVOKED = "an honest client cannot provoke it; it is judged wherever it turns up"
REPLAYED = "it is judged in replay alone, on every exchange"

#: Where each wire protocol is specified.
PROTOCOL_PAGES: Mapping[str, str] = {
    "rest-json": "https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html",
    "rest-xml": "https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html",
    "json": "https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html",
    "query": "https://smithy.io/2.0/aws/protocols/aws-query-protocol.html",
    "ec2": "https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html",
    "smithy-rpc-v2-cbor": "https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html",
}
ELSEWHERE = "a path with another label may be the path of something else"
COMMON_ERRORS = "Common Errors"
ANSWER = "Response Syntax"

_ODD: Mapping[str, What] = {what: what for what in get_args(What)}


def inexpressible(operation: Operation, path: str, name: str) -> str | None:
    """Why the operation's protocol cannot be odd in this way; ``None`` where it can."""
    what = _ODD.get(name)
    return what and PROTOCOLS[operation.protocol].inexpressible(operation, path, what)


def protocol_page(operation: Operation) -> str:
    return PROTOCOL_PAGES[operation.protocol]


class ClauseBuilder:
    """Makes the clauses of one operation; a thin shorthand for :class:`Clause`."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def __call__(
        self,
        path: str,
        promise: str,
        *,
        level: Level = Level.MUST,
        section: str | Source = "Response Syntax",
        untestable_reason: str | None = None,
    ) -> Clause:
        source = section if isinstance(section, Source) else self.operation.source(section)
        return Clause(
            id=f"{self.operation.id}/{path}",
            level=level,
            source=source,
            promise=promise,
            untestable_reason=untestable_reason,
        )
