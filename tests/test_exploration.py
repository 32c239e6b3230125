"""Explorations: what is drawn is judged like any case, shrunk, and the same for one seed."""

import importlib
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, find, settings
from hypothesis.vendor.pretty import pretty

from conformance.checks.findings import Finding, Verdict
from conformance.errors import UsageError
from conformance.execution.availability import SkipCase
from conformance.execution.exploration import Drawn, case_of, draws, explore, repeat
from conformance.generation.cases import explorations
from conformance.generation.plans import Expect, Walk
from conformance.runner.reference_process import reference_server
from conformance.runner.settings import DEFAULT_OPERATIONS
from conformance.spec.documents import documented
from conformance.spec.levels import Level
from conformance.spec.registry import registry
from conftest import passing_on

#: What the embedded server serves; of others it answers a twin's.
OPERATIONS = {name: documented()[name] for name in DEFAULT_OPERATIONS}
LIST = OPERATIONS["chime:ListPhoneNumbers"]
GET = OPERATIONS["chime:GetPhoneNumber"]
VALID, INVALID = explorations(LIST)
KNOWN = {"PhoneNumberId": ["a"]}
QUICK = settings(
    max_examples=200, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def drawn(params: dict[str, Any], clause: str | None = None) -> Any:
    full = f"{LIST.id}/{clause}" if clause else None
    return case_of(LIST, VALID, Drawn(params=params, clause=full), {})


def _grave(cause: str) -> Finding:
    return Finding(
        clause=f"{LIST.id}/response/body",
        case="",
        check="body",
        verdict=Verdict.FAIL,
        level=Level.MUST,
        expected="",
        observed=cause,
        source="",
        cause=cause,
    )


class TestCases:
    @pytest.mark.parametrize(
        ("params", "expect"),
        [
            ({}, Expect.ACCEPTED),
            ({"Status": "Assigned"}, Expect.ACCEPTED),
            ({"MaxResults": 99, "Status": "Assigned"}, Expect.ACCEPTED),
            ({"Status": "nonsense"}, Expect.ANYTHING),
            ({"Status": None}, Expect.ANYTHING),
            ({"FilterValue": "x"}, Expect.ANYTHING),
            ({"FilterName": "UserId"}, Expect.ANYTHING),
        ],
    )
    def test_what_has_to_be_accepted_is_decided_on_the_members(
        self, params: dict[str, Any], expect: Expect
    ) -> None:
        """Only what breaks nothing and means something has to be accepted."""
        assert drawn(params).expect is expect

    def test_what_breaks_its_clause_has_to_be_refused(self) -> None:
        """A drawn request is about the clause that it was drawn to break."""
        case = drawn({"MaxResults": 100}, "request/MaxResults/maximum")
        assert case.expect is Expect.REFUSED
        assert case.clause == f"{LIST.id}/request/MaxResults/maximum"
        assert case.valid_control is not None

    def test_a_listed_id_has_to_be_found(self) -> None:
        """What is asked for by an id of the listing exists; by any other it may not."""
        case = case_of(GET, explorations(GET)[0], Drawn(params={"PhoneNumberId": "a"}), KNOWN)
        assert (case.expect, case.clause) == (Expect.FOUND, f"{GET.id}/rules/listed-id-found")
        case = case_of(GET, explorations(GET)[0], Drawn(params={"PhoneNumberId": "b"}), KNOWN)
        assert case.expect is Expect.ANYTHING

    def test_what_does_not_break_it_after_all_is_free(self) -> None:
        """A request that breaks something else than it was meant to proves nothing."""
        case = drawn({"MaxResults": 0}, "request/MaxResults/maximum")
        assert case.expect is Expect.ANYTHING

    def test_a_page_size_makes_a_walk(self) -> None:
        """A valid request with a page size is walked, within a bound."""
        (step,) = drawn({"MaxResults": 7}).steps
        assert isinstance(step, Walk)
        assert step.sizes == (7,)
        assert step.pages < 20


class TestGivenParameters:
    """What provisioning says to be accepted, ``[valid.CreateVolume]``, is what draws build on."""

    VOLUME = registry().find("ec2:CreateVolume")
    GIVEN: ClassVar[dict[str, Any]] = {"AvailabilityZone": "us-east-1a", "Size": 1}

    def case(self, params: dict[str, Any], clause: str | None = None, given: Any = GIVEN) -> Any:
        full = f"{self.VOLUME.id}/{clause}" if clause else None
        exploration, *_ = explorations(self.VOLUME)
        return case_of(self.VOLUME, exploration, Drawn(params=params, clause=full), {}, given)

    def test_a_bare_draw_is_sent_with_them(self) -> None:
        """Nothing says that the operation accepts a bare call where they are needed."""
        case = self.case({})
        assert (case.expect, case.level) == (Expect.ACCEPTED, None)
        assert [step.set for step in case.steps] == [self.GIVEN]

    def test_what_replaces_one_of_them_need_not_be_accepted(self) -> None:
        """Another size may be one that the target does not have."""
        case = self.case({"Size": 7})
        assert case.level is Level.OBSERVE
        assert case.steps[0].set == {"AvailabilityZone": "us-east-1a", "Size": 7}

    def test_what_is_to_be_invalid_is_not_mended(self) -> None:
        """The member that the clause is about stays as drawn, with and without a valid control."""
        case = self.case({"VolumeType": "none"}, "request/VolumeType/enum")
        assert case.expect is Expect.REFUSED
        assert case.steps[0].set == {**self.GIVEN, "VolumeType": "none"}
        control = case.valid_control
        assert control.base or self.GIVEN.items() <= control.set.items()

    @pytest.mark.parametrize(
        ("operation", "params", "certain"),
        [
            ("dynamodb:GetItem", {"TableName": "t", "Key": {"k": {"S": "any"}}}, False),
            ("logs:PutRetentionPolicy", {"logGroupName": "g", "retentionInDays": 17}, False),
            ("kms:GenerateRandom", {}, True),
        ],
    )
    def test_what_a_model_says_too_little_of_need_not_be_accepted(
        self, operation: str, params: dict[str, Any], certain: bool
    ) -> None:
        """The items of a table, and the numbers that a service takes, are not in its model."""
        found = registry().find(operation)
        known = {name: [value] for name, value in params.items() if isinstance(value, str)}
        case = case_of(found, explorations(found)[0], Drawn(params=params), known)
        assert case.expect is Expect.ACCEPTED
        assert (case.level is None) is certain


class TestDraws:
    def test_they_shrink_to_little(self) -> None:
        """The smallest draws are the bare call and one step beyond a bound."""
        smallest = find(draws(LIST, "valid", {}), lambda one: True, settings=QUICK)
        assert smallest.params == {}
        invalid = find(
            draws(LIST, "invalid", {}),
            lambda one: one.clause.endswith("/maximum"),
            settings=QUICK,
        )
        assert invalid.params == {"MaxResults": 100}

    def test_what_cannot_be_broken_is_not_drawn(self) -> None:
        """An operation without constraints has no invalid requests."""
        with pytest.raises(UsageError, match="no request can break"):
            draws(GET, "invalid", {})

    def test_a_draw_prints_short(self) -> None:
        """However long its values are."""
        assert pretty(Drawn(params={"Status": "x" * 100_000})) == "Drawn(Status)"


class TestRuns:
    def run(self, reference: Any, direction: Any = VALID, **options: Any) -> Any:
        chosen = {"examples": 12, "seed": 1, **options}
        return reference.engine(**chosen).run(direction)

    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_the_honest_server_passes(self, operation: str, reference: Any) -> None:
        """Nothing that is drawn finds the honest server at fault."""
        engine = reference.engine(examples=10, seed=3)
        outcomes = set()
        for direction in explorations(OPERATIONS[operation]):
            result = engine.run(direction)
            assert {f.verdict for f in result.findings} <= {Verdict.PASS}
            outcomes.add(result.outcome)
        assert Verdict.PASS in outcomes
        assert outcomes <= {Verdict.PASS, Verdict.INCONCLUSIVE}

    def test_one_seed_is_one_run(self, reference: Any) -> None:
        """The same seed draws the same requests; another one draws others."""

        def sent(seed: int) -> list[Any]:
            engine = reference.engine(examples=12, seed=seed)
            params: list[Any] = []
            honest = engine.judge
            known: dict[str, Any] = {}

            def judge(case: Any) -> Any:
                params.append([step.set for step in case.steps])
                return honest(case)

            explore(LIST, VALID, judge, known=known, examples=12, number=seed)
            return params

        first = sent(1)
        assert sent(1) == first
        assert sent(2) != first

    def test_what_is_loaded_changes_no_draw(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Words and numbers in the source of whatever else is imported are not drawn."""

        def asked() -> list[Any]:
            told: list[Any] = []
            options: dict[str, Any] = {"known": {}, "examples": 200, "number": 7}
            for direction in (VALID, INVALID):
                explore(
                    LIST,
                    direction,
                    lambda case: [],
                    on_draw=lambda params, clause: told.append((params, clause)),
                    **options,
                )
            return told

        before = asked()
        words = [*range(100, 600), *(f"word{number}" for number in range(100))]
        (tmp_path / "somebody_elses.py").write_text(f"WORDS = {words!r}\n")
        monkeypatch.syspath_prepend(tmp_path)
        importlib.import_module("somebody_elses")
        assert asked() == before
        assert len(before) > 100

    def test_workers_draw_the_same(self, shell: Any, scripted: Any) -> None:
        """One seed asks a server the same, however many workers and whatever hashes they have.

        Only what workers find out each for themselves is asked more often.
        """
        asked: list[set[tuple[bytes, bytes]]] = []
        for workers, hashing in (("0", "0"), ("2", "1")):
            with reference_server() as url:
                server = scripted(passing_on(url))
                words = ("--operations=chime:L*", "-k", "exploration", "-n", workers)
                done = shell.certify(
                    server.url, *words, "--max-examples=80", "--seed=7", PYTHONHASHSEED=hashing
                )
                assert done.returncode == 0, done.stdout[-800:]
                lines = (raw.partition(b"\r\n")[0] for raw in server.requests)
                bodies = (raw.partition(b"\r\n\r\n")[2] for raw in server.requests)
                asked.append(set(zip(lines, bodies, strict=True)))
        assert asked[0] == asked[1]
        assert len(asked[0]) > 100

    def test_a_cause_is_shrunk_to_its_smallest_example(self, reference: Any) -> None:
        """What is found is told by the least request that shows it."""
        reference.become(fault=f"{LIST.id}/request/MaxResults/maximum:unenforced")
        result = self.run(reference, INVALID, examples=60)
        failing = [f for f in result.findings if f.verdict is Verdict.FAIL]
        assert failing
        assert {f.clause for f in failing} == {f"{LIST.id}/request/MaxResults/maximum"}
        assert failing[0].exchange.params == {"MaxResults": 100}

    def test_a_search_is_asked_twice(self, reference: Any) -> None:
        """A search that loses an item with one page size and not with another is noticed."""
        search = "chime:SearchAvailablePhoneNumbers"
        reference.become(fault=f"deep-default-loses-first@{search}")
        result = self.run(reference, explorations(OPERATIONS[search])[0], examples=40)
        warned = {f.clause for f in result.findings if f.verdict is Verdict.WARN}
        assert warned == {f"{search}/pagination/all-items"}
        assert all(f.verdict is not Verdict.FAIL for f in result.findings)

    def test_without_examples_it_says_so(self, reference: Any) -> None:
        """Turned off, an exploration is inconclusive with the reason."""
        result = self.run(reference, examples=0)
        assert result.outcome is Verdict.INCONCLUSIVE
        assert "--max-examples=0" in result.reason

    @pytest.mark.parametrize("degenerate", ["always-404", "always-403", "always-400"])
    def test_where_nothing_is_accepted_nothing_is_drawn(
        self, degenerate: str, reference: Any
    ) -> None:
        """An operation that cannot be tried is not explored."""
        reference.become(degenerate=degenerate)
        result = self.run(reference)
        assert result.outcome is Verdict.INCONCLUSIVE
        assert result.requests < 5

    def test_a_replay_tells_what_the_run_told(self) -> None:
        """Two causes of one request are both told, live and when it is judged again."""
        judged = []

        def judge(case: Any) -> list[Finding]:
            judged.append(case)
            size = case.steps[0].set.get("MaxResults", 0) or 0
            return [
                *([_grave("first")] if size > 3 else []),
                *([_grave("second")] if size > 1 else []),
            ]

        drew: list[Any] = []
        live = explore(
            LIST,
            VALID,
            judge,
            known={},
            examples=60,
            number=1,
            on_draw=lambda params, clause: drew.append({"params": params, "clause": clause}),
        )
        again = repeat(LIST, VALID, judge, drew, known={}, on_draw=lambda params, clause: None)
        assert [one.cause for one in live] == [one.cause for one in again]
        assert {one.cause for one in live} == {"first", "second"}

    def test_a_target_that_goes_away_ends_it(self) -> None:
        """What ends a case ends the exploration, and is told as it was."""
        asked: list[Any] = []

        def judge(case: Any) -> Any:
            asked.append(case)
            if len(asked) > 3:
                raise SkipCase("gone")
            return []

        with pytest.raises(SkipCase, match="gone"):
            explore(LIST, VALID, judge, known={}, examples=50, number=1)
        assert len(asked) == 4
