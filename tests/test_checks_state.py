"""The checks of what calls leave behind, on fabricated responses."""

from typing import Any

import pytest
from check_rows import Row, check_row, row_name

from conformance.checks.table import CHECKS
from conformance.generation.plans import Expect

DELETE = "ecs:DeleteCluster"
CLUSTER = {"clusterArn": "arn:aws:ecs:us-east-1:000000000000:cluster/c", "status": "ACTIVE"}
ARN = CLUSTER["clusterArn"]


def deleted(why: str, before: Any, after: Any, finds: str = "", status: int = 200) -> Row:
    """A deletion that was accepted, and a second one that is answered with a status."""
    return Row(
        "gone",
        why,
        "state/gone",
        Expect.GONE,
        operation=DELETE,
        more=(({}, b"{}"),) if status == 200 else (),
        known={"remaining": (before, after)},
        finds={"state/gone": finds} if finds else {},
        passes=() if finds else ("state/gone",),
        status=status,
        broken=False,
        valid_control=None,
    )


ROWS = [
    deleted("shown as it was", CLUSTER, CLUSTER, "fail"),
    deleted("a name that is listed still", ARN, ARN, "warn"),
    deleted("a name alone in its item", {"clusterArn": ARN}, {"clusterArn": ARN}, "warn"),
    deleted("listed no more", CLUSTER, None),
    deleted("a name that is listed no more", ARN, None),
    deleted("shown in another state", CLUSTER, {**CLUSTER, "status": "INACTIVE"}),
    deleted(
        "deleted before, as it shows",
        *[{**CLUSTER, "status": "INACTIVE"}] * 2,
    ),
    deleted(
        "deleted before, as a part of it shows",
        *[{**CLUSTER, "status": {"code": "deleted"}}] * 2,
    ),
    deleted("listed nowhere before", None, None, "inconclusive"),
    deleted("refused at once", CLUSTER, CLUSTER, "inconclusive", status=400),
    deleted("failed at once", CLUSTER, CLUSTER, "inconclusive", status=500),
]


@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_rows(row: Row, fabricate: Any) -> None:
    """The check finds just what the row says."""
    check_row(row, fabricate)


def test_a_deletion_that_is_refused_the_second_time_was_one(fabricate: Any) -> None:
    """Whatever listings show: what there is nothing left of cannot be deleted again."""
    first = fabricate.exchange(DELETE)
    again = fabricate.exchange(DELETE, status=400, body={"__type": "ClusterNotFoundException"})
    for before, after in ((ARN, ARN), (None, None), (CLUSTER, CLUSTER)):
        evidence = fabricate.evidence(
            "state/gone", Expect.GONE, first, again, operation=DELETE, remaining=(before, after)
        )
        found = [str(one.verdict) for one in CHECKS["gone"].judge(evidence)]
        assert found == ["pass"]
