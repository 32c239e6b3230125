"""What a run shows first: failures by the habit of the target, in the order of what they mean."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from calibration.servers import SERVERS

from conformance import certify
from conformance.checks.table import CHECKS
from conformance.execution.engine import collected
from conformance.reference import launch
from conformance.reference.pipeline import Behaviour
from conformance.report import blocks, facts, json_text, sarif, terminal
from conformance.report.blocks import HABITS, Meaning
from conformance.report.terminal import Detail, Line
from conformance.runner import github
from conformance.runner.selection import chosen
from conformance.spec.registry import registry

COMMAND = (sys.executable, "-m", "conformance")
LIST = "chime:ListPhoneNumbers"
#: What a bad mock of one operation does wrong, each habit on every operation.
BAD = (
    r"request/.*:unenforced",
    r".*filter:ignored",
    r"pagination:unlimited",
    r"response/PhoneNumbers/item/CreatedTimestamp:mistyped",
    r"response/PhoneNumbers/item/ProductType:missing",
    r"errors/BadRequestException:no-type",
    r"request/FilterName/enum:refuses-UserId",
)


@pytest.fixture(scope="module")
def bad() -> Iterator[str]:
    """The address of a server with many faults at once, as mocks have them."""
    behaviour = Behaviour()
    for name, fault in SERVERS["fault"].items():
        path = name.removeprefix(f"{LIST}/")
        if path != name and any(re.fullmatch(pattern, path) for pattern in BAD):
            behaviour = fault.edit(behaviour)
    running = launch.start(behaviour=behaviour)
    yield running.url
    running.close()


@pytest.fixture(scope="module")
def report(bad: str) -> Any:
    """The report of a run on the bad server."""
    return certify(bad, operations=LIST, max_examples=0).data


def finding(clause: str, **others: Any) -> dict[str, Any]:
    """A failing finding as reports hold it."""
    part = clause.split("/")[1]
    area = {"request": "validation", "rules": "semantics"}.get(part, part)
    base = {
        "case": f"{clause}/case",
        "operation": clause.split("/", 1)[0],
        "area": area,
        "clause": clause,
        "level": "must",
        "verdict": "fail",
        "expected": "something",
        "observed": "something else",
        "source": "page § section",
        "check": "refused",
        "cause": clause,
    }
    return {**base, **others}


class TestBlocks:
    def test_a_bad_mock_has_few(self, report: Any) -> None:
        """Hundreds of failing findings are as many blocks as there are things to mend."""
        found = blocks.unexpected(report)
        grave = [one for one in report["findings"] if one["verdict"] in facts.GRAVE]
        assert len(grave) > 100
        assert 5 <= len(found) <= 8
        assert sum(len(one.findings) for one in found) == len(grave)
        order = [list(Meaning).index(one.meaning) for one in found]
        assert order == sorted(order)
        assert found[0].meaning is Meaning.SUCCESS
        assert any(one.habit == HABITS["refused"] for one in found)

    def test_every_check_has_a_habit(self) -> None:
        """No check's findings are shown without words for what they mean."""
        blaming = {name for name, check in CHECKS.items() if check.blames} - {"members"}
        assert blaming == set(HABITS)

    def test_warnings_come_last(self) -> None:
        """A habit that only warnings show is no failure; one that fails as well keeps its place."""
        warned = finding("a:B/errors/type", verdict="warn", check="envelope")
        refused = finding("a:B/request/X/type")
        also = finding("a:B/request/Y/type", verdict="warn")
        found = blocks.blocks([warned, also, refused])
        assert [one.meaning for one in found] == [Meaning.VALIDATION, Meaning.WARNINGS]
        assert found[0].size == "2 clauses (1 of them warned), 2 cases of 1 operation"
        assert found[0].clearest({}) is refused

    def test_what_is_not_implemented_is_named_once(self) -> None:
        """An operation is named, not each of its clauses."""
        absent = finding("a:B/protocol/implemented", verdict="unsupported", check="accepted")
        (one,) = blocks.blocks([absent, {**absent, "clause": "a:B/protocol/answers"}])
        lines = list(terminal.block(one, {}))
        assert lines[0] == "UNSUPPORTED operations are not implemented"
        assert [line.strip() for line in lines[2:]] == ["a:B"]

    def test_an_unknown_kind_shows_its_promise(self) -> None:
        """A clause of a kind that has no sentence yet is described by what it promises."""
        odd = finding("a:B/state/novel/X", area="state", expected="X is kept")
        assert blocks.habit(odd) == "not kept: X is kept"


class TestExpected:
    REPORT: ClassVar[dict[str, Any]] = {
        "findings": [
            finding("a:B/request/X/type", expectation=0),
            finding("a:B/request/Y/type"),
        ],
        "expectations": [{"state": "met"}],
    }

    def test_they_are_one_line(self) -> None:
        """A new failure is shown; the expected ones are counted."""
        (one,) = blocks.unexpected(self.REPORT)
        assert list(one.clauses) == ["a:B/request/Y/type"]
        (known,) = blocks.expected(self.REPORT)
        assert list(known.clauses) == ["a:B/request/X/type"]

    @pytest.mark.parametrize(
        ("more", "status", "says"),
        [
            ({}, 1, "exit status 1: 1 new failure; 1 expected"),
            ({"interrupted": True}, 2, "exit status 2: the run was interrupted"),
            ({"findings": []}, 0, "exit status 0: no failure"),
            ({"findings": [finding("a:B/errors/type")]}, 1, "exit status 1: 1 failure"),
            (
                {"findings": [finding("a:B/errors/type", expectation=0)]},
                0,
                "exit status 0: no new failure; 1 expected",
            ),
            (
                {"findings": [], "expectations": [{"state": "unexpected pass"}]},
                1,
                "exit status 1: no failure; 1 expectation no longer met",
            ),
        ],
    )
    def test_the_last_line_says_why(self, more: Any, status: int, says: str) -> None:
        """The exit status follows from new failures and from expectations that pass."""
        assert facts.why({**self.REPORT, **more}, status).startswith(says)


class TestDetail:
    def test_the_levels_differ(self, report: Any) -> None:
        """Quiet is the counts, verbose names every clause."""
        texts = {level: list(terminal.lines(report, detail=level)) for level in Detail}
        clauses = {one["clause"] for one in report["findings"]}
        assert len(texts[Detail.QUIET]) <= 4
        assert not clauses <= {word for line in texts[Detail.DEFAULT] for word in line.split()}
        assert clauses <= {word for line in texts[Detail.VERBOSE] for word in line.split()}

    def test_a_style_is_no_part_of_the_text(self, report: Any) -> None:
        """Lines hold no escape codes: what prints them decides about colour."""
        lines = list(terminal.lines(report))
        assert {line.style for line in lines if isinstance(line, Line)} >= {"fail"}
        assert not any("\x1b" in line for line in lines)

    def test_the_command(self, bad: str, shell: Any) -> None:
        """-q, --json and colour as certify has them."""
        words = (bad, "--case", f"{LIST}/request/MaxResults/maximum", "--max-examples=0")
        quiet = shell.certify(*words, "-q", "--color=yes")
        assert (quiet.returncode, "FAIL" in quiet.stdout) == (1, False)
        assert "\x1b[31m" in quiet.stdout
        done = shell.certify(*words, "--json")
        assert json.loads(done.stdout)["verdict"] == "non-conformant"
        assert "FAIL validation" in done.stderr
        refused = shell.certify(*words, "-q", "-v")
        assert refused.returncode == 2
        assert "Choose one level of detail" in refused.stderr


class TestSelection:
    def test_ids_clauses_and_patterns(self) -> None:
        """A clause chooses every case that exercises it, a pattern what it matches."""
        operation = registry()[LIST]
        every = {one.id for one in collected([operation])}
        own = f"{LIST}/request/MaxResults/maximum"
        assert chosen([f"{own}/beyond-100"], [operation]) == {f"{own}/beyond-100"}
        of_clause = chosen([own], [operation])
        assert of_clause == {name for name in every if name.startswith(f"{own}/")}
        assert chosen(["*/auth/*"], [operation]) == {name for name in every if "/auth/" in name}
        # every refused request is a case of what all errors promise
        assert of_clause & chosen([f"{LIST}/errors/type"], [operation])


class TestGitHub:
    def test_elsewhere_nothing_is_said(self, report: Any, tmp_path: Path) -> None:
        """Without its variables there are no annotations."""
        page = tmp_path / "page.md"
        assert not list(github.publish(report, {"GITHUB_STEP_SUMMARY": str(page)}))
        assert not page.exists()

    def test_a_job_is_annotated(self, report: Any, tmp_path: Path) -> None:
        """Each block is an annotation, and the job's page holds the summary after what it held."""
        page = tmp_path / "page.md"
        page.write_text("before\n")
        known = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(page)}
        lines = list(github.publish(report, known))
        assert len(lines) == len(blocks.unexpected(report))
        assert all(re.match(r"::(error|warning) title=[^:,]+::\S", line) for line in lines)
        assert page.read_text().startswith("before\n## ")

    def test_no_command_comes_from_a_target(self) -> None:
        """What a target answered is no workflow command of its own."""
        evil = finding("a:B/errors/type", observed="x\n::set-output name=a::b", check="envelope")
        (line,) = github.annotations({"findings": [evil], "exchanges": {}})
        assert "\n" not in line
        assert line.startswith("::error ")


class TestSarif:
    def test_a_result_for_each_clause(self, report: Any) -> None:
        """Rules are habits, results clauses; each names its case and how to run it again."""
        made = json.loads(sarif.text(report))
        (run,) = made["runs"]
        grave = [one for one in report["findings"] if one["verdict"] in facts.GRAVE]
        named = [(r["ruleId"], r["partialFingerprints"]["clause/v1"]) for r in run["results"]]
        assert len(named) == len(set(named))
        assert {clause for _, clause in named} == {one["clause"] for one in grave}
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        for one in run["results"]:
            assert rules[one["ruleIndex"]] == one["ruleId"]
            assert one["properties"]["reproduce"]
        assert {one["level"] for one in run["results"]} == {"error", "warning"}

    def test_what_is_expected_is_suppressed(self) -> None:
        """An expected finding keeps its reason."""
        expectations = [{"state": "met", "reason": "known: #7"}]
        head = {"suite": {"version": "1"}, "started": "", "verdict": "inconclusive"}
        known = finding("a:B/errors/type", check="envelope", expectation=0)
        target = {"target": {"kind": "url"}, "expectations": expectations}
        made = json.loads(sarif.text({**head, **target, "findings": [known]}))
        (result,) = made["runs"][0]["results"]
        assert result["suppressions"] == [{"kind": "external", "justification": "known: #7"}]


class TestJson:
    def test_compare_and_verify(self, report: Any, shell: Any) -> None:
        """Both print what they found as data, with the same exit status."""
        path = shell.folder / "report.json"
        path.write_text(json_text.text(report))
        done = shell.run(*COMMAND, "compare", "report.json", "report.json", "--json")
        found = json.loads(done.stdout)
        assert (done.returncode, found["worse"], found["better"]) == (0, [], [])
        assert found["clauses"] > 50
        done = shell.run(*COMMAND, "verify", "report.json", "--json")
        assert (done.returncode, json.loads(done.stdout)["consistent"]) == (0, True)
        path.write_text(json_text.text({**report, "seed": 1}))
        done = shell.run(*COMMAND, "verify", "report.json", "--json")
        assert done.returncode == 1
        assert json.loads(done.stdout)["problems"]["digests"]


class TestHar:
    def test_everything_that_was_sent(self, bad: str, shell: Any) -> None:
        """One entry for each request, with two workers too; no signature; judge reads it."""
        words = ("--case", f"{LIST}/request/MaxResults/*", "--har=sent.har", "-n2", "--json")
        done = shell.certify(bad, *words, AWS_SECRET_ACCESS_KEY="sEcr3t+of+mine/0123456789")
        entries = json.loads((shell.folder / "sent.har").read_text("utf-8"))["log"]["entries"]
        assert len(entries) >= json.loads(done.stdout)["requests"] > 5
        text = json.dumps(entries)
        assert "max-results=100" in text
        assert not re.search(r"Signature=[0-9a-f]{64}", text)
        judged = shell.run(*COMMAND, "judge", "sent.har", f"--operations={LIST}", "--json")
        assert json.loads(judged.stdout)["operations"].keys() == {LIST}

    def test_a_replay_sends_nothing(self, shell: Any) -> None:
        """One sentence."""
        done = shell.certify("replay", "--har=sent.har")
        assert done.returncode == 2
        assert "a replay sends nothing" in done.stderr
