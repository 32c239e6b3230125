"""The suite in code: reports, and wrong arguments refused with the documented error."""

from collections.abc import Callable
from typing import Any

import pytest

import conformance
from conformance.errors import UsageError

GET = "chime:GetPhoneNumber"


def test_a_report_comes_back(reference: Any) -> None:
    """Options are the command's by their names, those of one letter included."""
    report = conformance.certify(reference.url, operations=GET, max_examples=0, k="auth")
    assert (report.verdict, report.complete, report.failures) == ("inconclusive", False, [])
    assert len(report.data["cases"]) == 5


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"operation": "x"}, "There is no option '--operation'; did you mean --operations?"),
        ({"k": "no such case"}, "Wrong expression passed to '-k'"),
        ({"k": "nope"}, "No case matches -k 'nope'"),
        ({"plan": True}, "it takes no plan"),
        ({"report": "x"}, "it takes no report"),
        ({"region": "foo bar"}, "'foo bar' is not a Region"),
    ],
)
def test_what_cannot_be_run_is_said(options: dict[str, Any], says: str, reference: Any) -> None:
    """The sentence of the command is the message."""
    with pytest.raises(conformance.ConformanceError) as caught:
        conformance.certify(reference.url, **{"operations": GET, "max_examples": 0} | options)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda: conformance.operation(5),  # type: ignore[arg-type]
        lambda: conformance.judge("kms:ListKeys", None),  # type: ignore[arg-type]
        lambda: conformance.judge(5, {}),  # type: ignore[arg-type]
        lambda: conformance.strategies.valid("kms:ListKeys"),  # type: ignore[arg-type]
        lambda: conformance.strategies.invalid("kms:ListKeys", "x"),  # type: ignore[arg-type]
    ],
    ids=["operation", "exchange", "judged", "valid", "invalid"],
)
def test_wrong_arguments_name_themselves(call: Callable[[], Any]) -> None:
    """An argument of a wrong type raises the documented error."""
    with pytest.raises(UsageError):
        call()
