"""Members that need others: what is tried of them builds on a call that is accepted with them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.checks.findings import Verdict
from conformance.execution.engine import Engine
from conformance.execution.session import TargetSession
from conformance.generation.cases import cases
from conformance.spec.registry import registry
from conftest import answer

MEMBER = "ExpressionAttributeValues"
WHOLE = {"TableName": "t", "FilterExpression": "kind <> :kind", MEMBER: {":kind": {"S": "item"}}}
REFUSED = answer(400, b'{"__type": "com.amazonaws.dynamodb.v20120810#ValidationException"}')
UNKNOWN = answer(400, b'{"__type": "com.amazon.coral.service#UnknownOperationException"}')


def table(asked: list[Any], *, checks: bool) -> Any:
    """A server with one table: values that no expression compares are refused, and odd ones.

    Without ``checks`` whatever comes with an expression is taken.
    """

    def attend(server: Any, connection: Any, number: int) -> None:
        while raw := server.read(connection):
            if b"DynamoDB_20120810.Scan" not in raw:
                connection.sendall(UNKNOWN)
                continue
            body = json.loads(raw.partition(b"\r\n\r\n")[2])
            asked.append(body)
            values = body.get(MEMBER, {})
            alone = MEMBER in body and "<>" not in body.get("FilterExpression", "")
            typed = isinstance(values, dict) and all(isinstance(v, dict) for v in values.values())
            known = alone or (checks and not typed)
            connection.sendall(REFUSED if known else answer(200, b'{"Items": [{}], "Count": 1}'))

    return attend


def outcomes(scripted: Callable[..., Any], sending: Any, *, known: bool, checks: bool) -> Any:
    """The verdicts on the type of a member that needs another one, and what was asked."""
    asked: list[Any] = []
    target = scripted(table(asked, checks=checks)).url
    session = TargetSession(registry(None), sending(target), resources={"TableName": "t"})
    if known:
        session.discovery.knowledge.provisioned.others = {"dynamodb:Scan": [WHOLE]}
    engine = Engine(session=session)
    operation = session.discovery.operations["dynamodb:Scan"]
    clause = f"dynamodb:Scan/request/{MEMBER}/type"
    tried = [engine.run(case) for case in cases(operation) if case.clause == clause]
    said = [one.verdict for result in tried for one in result.findings if one.clause == clause]
    assert len(said) == len(tried) > 2
    return set(said), asked


@pytest.mark.parametrize(("checks", "verdict"), [(True, Verdict.PASS), (False, Verdict.FAIL)])
def test_it_is_judged_in_a_call_that_is_accepted_with_it(
    scripted: Callable[..., Any], sending: Any, checks: bool, verdict: Verdict
) -> None:
    """An odd value beside what it needs is refused, or is not: either is seen."""
    found, asked = outcomes(scripted, sending, known=True, checks=checks)
    assert found == {verdict}
    odd = [body for body in asked if not isinstance(body.get(MEMBER, {}), dict)]
    assert odd
    assert all(body["FilterExpression"] == "kind <> :kind" for body in odd)


def test_where_no_such_call_is_known_nothing_follows(
    scripted: Callable[..., Any], sending: Any
) -> None:
    """A refusal of the member alone shows nothing."""
    found, _ = outcomes(scripted, sending, known=False, checks=True)
    assert found == {Verdict.INCONCLUSIVE}


def test_the_sdk_sends_what_its_addresses_are_not_made_of(
    scripted: Callable[..., Any], sending: Any
) -> None:
    """Where an address may be made of a member's keys, a member without any is sent as well."""
    server = scripted([answer(400, b"{}")])
    operation = registry(None)["dynamodb:BatchGetItem"]
    sender = sending(server.url)
    for params in ({}, {"RequestItems": "abc"}, {"RequestItems": [1]}):
        exchange = sender.send(operation, params)
        assert json.loads(exchange.request.body) == params
