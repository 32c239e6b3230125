"""The table of all checks, and judging: from a case's evidence to its findings.

A check is a generator from evidence to findings. It raises nothing, sends
nothing and knows no pytest. Which clauses it can raise stands beside it, as
patterns over clause paths.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from conformance.checks import answers, errors, paging, response, sdk, semantics, transport
from conformance.checks.evidence import Evidence
from conformance.checks.findings import Finding
from conformance.protocols.table import HEADERS

Judge = Callable[[Evidence], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The clauses that a check can raise, as patterns over their paths, and what judges.

    ``rules`` are the kinds of rules whose clauses it can raise.
    """

    raises: tuple[str, ...]
    judge: Judge
    rules: tuple[str, ...] = ()

    @property
    def promise(self) -> str:
        """What the check holds a target to, in one line."""
        return (self.judge.__doc__ or "").strip().splitlines()[0]


CHECKS: Mapping[str, Check] = {
    "whole": Check(raises=("protocol/answers",), judge=transport.whole),
    "no-server-error": Check(raises=("protocol/no-server-error",), judge=transport.no_server_error),
    "readable": Check(raises=("protocol/readable", "response/body"), judge=transport.readable),
    "accepted": Check(
        raises=("request/*", "pagination/*", "protocol/accepts-valid", "protocol/implemented"),
        judge=answers.accepted,
        rules=("constraint", "accepts", "filter", "exclusive", "combine", "found"),
    ),
    "refused": Check(
        raises=("request/*", "protocol/malformed-body", "protocol/non-object-body"),
        judge=answers.refused,
        rules=("constraint",),
    ),
    "unknown-resource": Check(raises=(), judge=answers.unknown_resource, rules=("unknown",)),
    "client-error": Check(
        raises=("protocol/unknown-path", "protocol/wrong-method"),
        judge=answers.client_error,
    ),
    "unauthenticated": Check(raises=("auth/*",), judge=answers.unauthenticated),
    "anything": Check(
        raises=("request/*", "pagination/*", "protocol/*"),
        judge=answers.anything,
        rules=("constraint",),
    ),
    "status": Check(raises=("response/status",), judge=response.status),
    "content-type": Check(
        raises=(
            "response/content-type",
            "errors/content-type",
            *(f"response/{name}" for name in sorted(HEADERS)),
        ),
        judge=response.content_type,
    ),
    "request-id": Check(raises=("response/request-id",), judge=response.request_id),
    "members": Check(raises=("response/*",), judge=response.members),
    "spelling": Check(raises=("response/names",), judge=response.spelling),
    "envelope": Check(raises=("errors/body", "errors/type"), judge=errors.envelope),
    "documented": Check(raises=("errors/documented", "errors/*/status"), judge=errors.documented),
    "consistent": Check(raises=("errors/consistent",), judge=errors.consistent),
    "broken-constraint": Check(
        raises=("errors/broken-constraint",), judge=errors.broken_constraint
    ),
    "page-size": Check(raises=("pagination/page-size",), judge=paging.page_size),
    "end": Check(raises=("pagination/end",), judge=paging.end),
    "unique-items": Check(raises=("pagination/unique-items",), judge=paging.unique_items),
    "all-items": Check(
        raises=("pagination/all-items", "pagination/other-page-size"), judge=paging.all_items
    ),
    "filters-held": Check(raises=("pagination/filters-held",), judge=paging.filters_held),
    "unknown-token": Check(
        raises=("pagination/unknown-token", "pagination/unknown-token-error"),
        judge=paging.unknown_token,
    ),
    "filtered": Check(raises=(), judge=semantics.filtered, rules=("filter", "combine")),
    "complete": Check(raises=(), judge=semantics.complete, rules=("filter", "combine")),
    "exercised": Check(raises=(), judge=semantics.exercised, rules=("filter", "combine")),
    "apart": Check(raises=(), judge=semantics.apart, rules=("exclusive",)),
    "found": Check(raises=(), judge=semantics.found, rules=("found",)),
    "sdk-request": Check(raises=("sdk/request",), judge=sdk.request),
    "sdk-raises": Check(raises=("response/body",), judge=sdk.raises),
    "sdk-response": Check(raises=("sdk/response",), judge=sdk.response),
}


def judge(evidence: Evidence, *, without: str | None = None) -> list[Finding]:
    """Every distinct finding on one case; ``without`` leaves out one check, for calibration."""
    findings: dict[tuple[str, str, str], Finding] = {}
    for name, check in CHECKS.items():
        if name != without:
            for finding in check.judge(evidence):
                key = (finding.clause, finding.verdict, finding.observed)
                findings.setdefault(key, finding)
    return list(findings.values())
