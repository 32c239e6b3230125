"""Checks of what calls leave behind: what is deleted is gone.

They compare what the target says before and after a call of a case, and read no constraint.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.checks.answers import server_failed
from conformance.checks.evidence import Evidence
from conformance.checks.findings import Finding, FindingBuilder, summarize
from conformance.protocols.http import Exchange
from conformance.spec.levels import Level


def gone(evidence: Evidence, findings: FindingBuilder) -> Iterator[Finding]:
    """What was deleted is refused from then on, or no longer listed as it was."""
    first, again = evidence.steps[0][0], evidence.last
    before, after = evidence.remaining
    reason = None
    if not _done(evidence, first):
        reason = f"the deletion was not accepted ({summarize(evidence, first)})"
    elif not _done(evidence, again):
        reason = server_failed(again)  # else it says itself that there is nothing to delete
    elif before is None:
        reason = "it can be deleted again, and no listing showed it before"
    yield from findings.judged(
        evidence.path,
        not _done(evidence, again) or before != after or _says_deleted(after),
        reason=reason,
        observed=f"deleted twice ({summarize(evidence, again)}), and listed as before",
        exchange=again,
        # a name alone shows no state, and may be listed until the deletion is complete
        level=None if isinstance(after, Mapping) and len(after) > 1 else Level.SHOULD,
    )


#: Members that tell a state, and the states of what was deleted.
_STATE = re.compile(r"(state|status)$", re.IGNORECASE)
_DELETED = re.compile(r"delet|terminat|inactive|removed", re.IGNORECASE)


def _says_deleted(item: Any) -> bool:
    """Whether a listed item shows the state of what was deleted: it may have been so before."""
    if not isinstance(item, Mapping):
        return False
    states = [value for name, value in item.items() if _STATE.search(name)]
    states += [one for value in states if isinstance(value, Mapping) for one in value.values()]
    return any(isinstance(one, str) and _DELETED.search(one) is not None for one in states)


def _done(evidence: Evidence, exchange: Exchange) -> bool:
    return exchange.succeeded and evidence.refused_entries(exchange) is None
