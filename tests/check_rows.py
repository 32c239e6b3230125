"""Rows for the tests of checks: a fabricated response, and what one check finds on it.

A new check needs a row in ``tests/test_checks_<its module>.py`` that shows what it finds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.checks.evidence import Evidence
from conformance.checks.findings import Finding, Verdict
from conformance.checks.table import CHECKS
from conformance.generation.plans import Expect
from conformance.protocols.http import FailureKind

LIST = "chime:ListPhoneNumbers"
SEARCH = "chime:SearchAvailablePhoneNumbers"
GET = "chime:GetPhoneNumber"
V2 = "connect:ListPhoneNumbersV2"

CONSTRAINT = "request/MaxResults/maximum"
ID = ("x-amzn-RequestId", "1")
JSON = ("Content-Type", "application/json")
TYPED = (("x-amzn-ErrorType", "BadRequestException"), JSON)
ERROR = {"Code": "BadRequest", "Message": "No."}

CAPABILITIES = (
    "InboundCall",
    "InboundMMS",
    "InboundSMS",
    "OutboundCall",
    "OutboundMMS",
    "OutboundSMS",
)
NUMBER = {
    "Associations": [{"AssociatedTimestamp": "t", "Name": "AccountId", "Value": "v"}],
    "CallingNameStatus": "Unassigned",
    "Capabilities": dict.fromkeys(CAPABILITIES, True),
    "CreatedTimestamp": "t",
    "E164PhoneNumber": "+12065550100",
    "PhoneNumberId": "%2B12065550100",
    "ProductType": "VoiceConnector",
    "Status": "Assigned",
    "Type": "Local",
    "UpdatedTimestamp": "t",
}


@dataclass(frozen=True)
class Row:
    """What one check judges, and what it has to find: no more and no less.

    ``finds`` are clause paths with their verdicts, passes aside; ``passes`` are clauses
    that hold. The controls have a status and ``control_body``. ``more`` are further calls, or
    with ``walk`` pages, as parameters and body; ``exchange`` replaces parts of the exchange,
    and ``known`` parts of the evidence.
    """

    check: str
    why: str
    path: str
    expect: Expect
    status: int = 200
    body: Any = b"{}"
    headers: tuple[tuple[str, str], ...] = (JSON, ID)
    failure: FailureKind | None = None
    operation: str = LIST
    finds: Mapping[str, str] = field(default_factory=dict)
    passes: tuple[str, ...] = ()
    broken: bool = True
    valid_control: int | None = 200
    invalid_control: int | None = None
    control_body: Any = b"{}"
    params: Mapping[str, Any] = field(default_factory=dict)
    more: tuple[tuple[Mapping[str, Any], Any], ...] = ()
    walk: bool = False
    exchange: Mapping[str, Any] = field(default_factory=dict)
    known: Mapping[str, Any] = field(default_factory=dict)

    def evidence(self, fabricate: Any) -> Evidence:
        """The evidence that the check judges."""
        exchange = fabricate.exchange(
            self.operation,
            status=self.status,
            body=self.body,
            headers=self.headers,
            failure=self.failure,
            params=self.params,
        )
        known = dict(self.known)
        for name in ("valid_control", "invalid_control"):
            status = getattr(self, name)
            if status is not None:
                known[name] = fabricate.exchange(
                    self.operation, status=status, body=self.control_body
                )
        if self.broken:
            known["broken"] = (f"{self.operation}/{self.path}",)
        evidence: Evidence = fabricate.evidence(
            self.path,
            self.expect,
            replace(exchange, **self.exchange),
            *(fabricate.exchange(self.operation, params=p, body=body) for p, body in self.more),
            operation=self.operation,
            walk=self.walk,
            **known,
        )
        return evidence


def accepted(check: str, why: str, body: Any = b"{}", **rest: Any) -> Row:
    """A response to a valid request."""
    path = rest.pop("path", CONSTRAINT)
    return Row(check, why, path, Expect.ACCEPTED, body=body, **rest)


def listed(check: str, why: str, item: Any, **rest: Any) -> Row:
    """A listing of one item, which is as documented except for what is given."""
    body = {"PhoneNumbers": [{**NUMBER, **item} if isinstance(item, dict) else item]}
    return accepted(check, why, body, **rest)


def refused(check: str, why: str, status: int = 400, body: Any = ERROR, **rest: Any) -> Row:
    """A response to a request that violates a constraint."""
    path = rest.pop("path", CONSTRAINT)
    rest.setdefault("headers", TYPED)
    return Row(check, why, path, Expect.REFUSED, status, body, **rest)


def named(check: str, why: str, kind: str | None, status: int = 400, **rest: Any) -> Row:
    """An error whose type is in the header alone."""
    headers = (JSON, ("x-amzn-ErrorType", kind)) if kind else (JSON,)
    return refused(check, why, status, b"{}", headers=headers, **rest)


def row_name(row: Any) -> str:
    """The id of a row's test."""
    return f"{row.check}: {row.why}"[:80]


def findings(row: Any, fabricate: Any) -> list[Finding]:
    """What the row's check finds."""
    return list(CHECKS[row.check].judge(row.evidence(fabricate)))


def path_of(finding: Finding) -> str:
    """The clause path of a finding."""
    return finding.clause.split("/", 1)[1]


def summed_up(found: list[Finding]) -> tuple[dict[str, str], set[str]]:
    """The verdicts of some findings by clause path, and the paths of those that passed."""
    passed = {path_of(one) for one in found if one.verdict is Verdict.PASS}
    return {path_of(one): str(one.verdict) for one in found if one.verdict != "pass"}, passed


def check_row(row: Any, fabricate: Any) -> None:
    """Hold a row: its check finds just what the row says, and gives both sides."""
    found = findings(row, fabricate)
    verdicts, passed = summed_up(found)
    assert verdicts == dict(row.finds)
    assert set(row.passes) <= passed
    for finding in found:
        assert finding.check == row.check
        assert finding.expected
        assert finding.source
        assert finding.verdict is Verdict.PASS or finding.observed
