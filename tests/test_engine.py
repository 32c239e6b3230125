"""From cases to verdicts, on real HTTP: honest, faulty, odd and absent servers."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from calibration.dialects.table import DIALECTS
from calibration.faults.table import FAULTS

from conformance.checks.findings import Verdict, worst
from conformance.execution.engine import Engine, Result, collected
from conformance.execution.executor import carry_out
from conformance.generation.cases import cases
from conformance.generation.plans import Case, Expect
from conformance.runner.settings import DEFAULT_OPERATIONS
from conformance.spec.documents import documented

#: What the embedded server serves; of others it answers a twin's.
OPERATIONS = {name: documented()[name] for name in DEFAULT_OPERATIONS}
LIST = OPERATIONS["chime:ListPhoneNumbers"]
GET = OPERATIONS["chime:GetPhoneNumber"]
GRAVE = {Verdict.FAIL, Verdict.WARN, Verdict.UNSUPPORTED, Verdict.ERROR}


def few(operation: str) -> list[Case]:
    """The cases of an operation without those of its many documented values."""
    found = cases(OPERATIONS[operation])
    return [one for one in found if "/valid-values/" not in one.id or one.id.endswith("/US")]


def run(engine: Engine, tried: list[Case]) -> list[Result]:
    return [engine.run(one) for one in tried]


def verdicts(results: list[Result]) -> dict[str, set[tuple[str, Verdict]]]:
    """case → its clauses with their verdicts."""
    return {r.case: {(f.clause, f.verdict) for f in r.findings} for r in results}


def grave(results: list[Result]) -> list[str]:
    return [
        f"{f.verdict} {f.clause}: {f.observed}"
        for result in results
        for f in result.findings
        if f.verdict in GRAVE
    ]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_honest_server_keeps_every_promise(operation: str, reference: Any) -> None:
    """No case finds anything at fault, and none is without a verdict."""
    results = run(reference.engine(), few(operation))
    assert grave(results) == []
    settled = {Verdict.PASS, Verdict.OBSERVED}
    assert {r.case for r in results if r.outcome not in settled} == set()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_honest_request_is_signed_right(operation: str, reference: Any) -> None:
    """Whatever is changed on the wire, the signature fits it: only spoilt ones are refused."""
    engine = reference.engine()
    for tried in few(operation)[::2]:
        if tried.expect in {Expect.UNAUTHENTICATED, Expect.CLIENT_ERROR}:
            continue
        evidence = carry_out(engine.session, OPERATIONS[operation], tried)
        statuses = {exchange.status for exchange in evidence.exchanges}
        assert statuses.isdisjoint({401, 403, None}), tried.id


def sampled(kind: str) -> Iterator[Any]:
    """A few of many, always the same: every so-manieth of each family.

    Deep faults take explorations; all of them are for the calibration.
    """
    table: Any = FAULTS if kind == "fault" else DIALECTS
    families: dict[Any, list[Any]] = {}
    for variant in table.values():
        if getattr(variant, "family", "") == "deep":
            continue
        key = (getattr(variant, "family", ""), getattr(variant, "level", variant))
        families.setdefault(key if kind == "fault" else "", []).append(variant)
    for family in families.values():
        step = max(1, len(family) // (2 if kind == "fault" else 10))
        yield from family[step // 2 :: step]


@pytest.mark.parametrize("fault", list(sampled("fault")), ids=lambda fault: fault.name)
def test_a_fault_is_noticed(fault: Any, reference: Any) -> None:
    """A broken must fails, a broken should warns at least, and the right operation is named."""
    reference.become(fault=fault.name)
    operation = min(fault.operations)
    found = [f for r in run(reference.engine(), few(operation)) for f in r.findings]
    worst_of = worst(f.verdict for f in found)
    assert worst_of is not Verdict.ERROR
    if fault.level == "must":
        assert worst_of is Verdict.FAIL
    elif fault.level == "should":
        assert worst_of in {Verdict.FAIL, Verdict.WARN}
    for finding in found:
        if finding.verdict in GRAVE:
            assert finding.operation == operation
            assert finding.expected
            assert finding.observed
            assert finding.exchange is not None
            assert finding.cause


@pytest.mark.parametrize("dialect", list(sampled("dialect")), ids=lambda dialect: dialect.name)
def test_a_dialect_is_left_in_peace(dialect: Any, reference: Any) -> None:
    """A different but correct answer is no failure, and warns only where it should not be so."""
    reference.become(dialect=dialect.name)
    operation = min(dialect.operations)
    results = run(reference.engine(), few(operation))
    found = [f for r in results for f in r.findings if f.verdict in GRAVE]
    assert Verdict.PASS in {r.outcome for r in results}
    assert not [f for f in found if f.verdict is not Verdict.WARN]
    assert dialect.warns or not found, grave(results)


class TestEmptiness:
    @pytest.mark.parametrize("dialect", ["empty-account", "one-number-account", "nothing-for-sale"])
    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_where_nothing_is_nothing_fails(
        self, dialect: str, operation: str, reference: Any
    ) -> None:
        """An empty account is inconclusive where items are needed, and never at fault."""
        reference.become(dialect=dialect)
        results = run(reference.engine(), few(operation))
        assert grave(results) == []
        for result in results:
            if result.outcome is Verdict.INCONCLUSIVE:
                assert result.reason

    def test_filters_on_an_empty_account_prove_nothing(self, reference: Any) -> None:
        """No filter, walk or comparison passes where there is nothing to tell by."""
        reference.become(dialect="empty-account")
        engine = reference.engine()
        for tried in few(LIST.id):
            if "/rules/status-filter/" in tried.id or "/pagination/all-items/" in tried.id:
                outcomes = {f.clause: f.verdict for f in engine.run(tried).findings}
                assert outcomes[tried.clause] is Verdict.INCONCLUSIVE, tried.id


class TestAbsence:
    @pytest.mark.parametrize(
        "degenerate", ["always-404", "always-501", "always-500", "html", "empty", "echo"]
    )
    def test_absent_is_said_once(self, degenerate: str, reference: Any) -> None:
        """One case says unsupported; all the others are skipped, without a request each."""
        reference.become(degenerate=degenerate)
        engine = reference.engine()
        before = reference.sender.requests
        results = run(engine, few(LIST.id))
        outcomes = {r.case.removeprefix(f"{LIST.id}/"): r.outcome for r in results}
        unsupported = [case for case, one in outcomes.items() if one is Verdict.UNSUPPORTED]
        assert unsupported == ["protocol/implemented/asked"]
        assert set(outcomes.values()) == {Verdict.UNSUPPORTED, Verdict.INCONCLUSIVE}
        assert reference.sender.requests - before < 10

    def test_refused_credentials_are_inconclusive(self, reference: Any) -> None:
        """Where the valid call is refused with 403 nothing is said of the operation."""
        reference.become(degenerate="always-403")
        for operation in (LIST, GET):
            results = run(reference.engine(), few(operation.id))
            assert {r.outcome for r in results} == {Verdict.INCONCLUSIVE}
        assert "credentials refused" in run(reference.engine(), few(LIST.id)[:1])[0].reason


class TestSelections:
    @pytest.mark.parametrize(
        "names",
        [
            {},
            {"fault": "chime:ListPhoneNumbers/request/MaxResults/maximum:tight"},
            {"dialect": "empty-account"},
            {"degenerate": "one-page"},
            {"degenerate": "repeats-for-ever"},
        ],
        ids=lambda names: next(iter(names.values()), "honest"),
    )
    def test_any_selection_gives_the_same_verdicts(self, names: Any, reference: Any) -> None:
        """Backwards, shuffled or few: a case comes to what it comes to in the whole run."""
        reference.become(**names)
        every = few(LIST.id)
        whole = verdicts(run(reference.engine(), every))
        shuffled = random.Random(7).sample(every, len(every))
        for selection in (every[::-3], shuffled[::4], every[-3:]):
            part = verdicts(run(reference.engine(), selection))
            for case, found in part.items():
                assert found == whole[case], case

    def test_a_case_alone_is_that_case(self, reference: Any) -> None:
        """Each of several cases in an engine of its own comes to what it comes to in the run."""
        reference.become(dialect="pages-uneven")
        every = few(GET.id)
        whole = verdicts(run(reference.engine(), every))
        for tried in every[::5]:
            assert verdicts(run(reference.engine(), [tried])) == {tried.id: whole[tried.id]}


class TestNeighbours:
    def test_who_refuses_everything_earns_nothing(self, reference: Any) -> None:
        """Where the valid neighbour is refused too a refusal is inconclusive, never a pass."""
        reference.become(degenerate="always-400")
        results = run(reference.engine(), few(LIST.id))
        assert {f.verdict for r in results for f in r.findings}.isdisjoint({Verdict.PASS})

    def test_who_accepts_everything_earns_nothing(self, reference: Any) -> None:
        """Who answers every value alike has not earned that the documented ones are accepted."""
        reference.become(degenerate="one-page")
        results = run(reference.engine(), few(LIST.id))
        passed = {f.clause for r in results for f in r.findings if f.verdict is Verdict.PASS}
        assert not [clause for clause in passed if clause.endswith("/valid-values")]
        assert [f for r in results for f in r.findings if f.verdict is Verdict.FAIL]


class TestResults:
    def test_a_check_can_be_left_out(self, reference: Any) -> None:
        """Without a check its findings are missing, and nothing else."""
        case = next(c for c in cases(LIST) if c.id.endswith("/maximum/at-99"))
        every = {f.check for f in reference.engine().run(case).findings}
        rest = {f.check for f in reference.engine(without="status").run(case).findings}
        assert every - rest == {"status"}

    def test_requests_are_counted_where_they_are_made(self, reference: Any) -> None:
        """A case counts its own requests; what is remembered costs nothing again."""
        engine = reference.engine()
        case = next(c for c in cases(LIST) if c.id.endswith("/maximum/beyond-100"))
        first, second = engine.run(case), engine.run(case)
        assert first.requests > second.requests == 1

    def test_the_order_of_cases_is_fixed(self) -> None:
        """What is collected depends on the documents and the order of operations alone."""
        names = [one.id for one in collected([LIST, GET])]
        assert names == [one.id for one in collected([LIST, GET])]
        assert len(names) > len(collected([LIST, GET], explored=False))
        countries = collected([OPERATIONS["connect:ListPhoneNumbersV2"]])
        fewer = collected([OPERATIONS["connect:ListPhoneNumbersV2"]], sampled=True)
        assert len(fewer) < len(countries) - 200

    def test_the_gravest_finding_is_the_outcome(self) -> None:
        """error > fail > unsupported > warn > inconclusive > pass > observed."""
        order = list(Verdict)
        for number, verdict in enumerate(order):
            assert worst(order[number:]) is verdict
        assert worst([]) is Verdict.INCONCLUSIVE
