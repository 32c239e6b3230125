"""One run in parts: the parts joined are the run, and what is no part of it is refused."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance.cli.ending import conclude
from conformance.cli.main import main
from conformance.errors import UsageError
from conformance.execution.provisioning.session import Provisioning
from conformance.report import merge
from conformance.runner import sharding
from conformance.runner.preflight import recipes
from conformance.runner.run import Run
from conformance.runner.settings import settings
from conformance.runner.sharding import Shard
from conformance.spec.documents import documented
from conformance.spec.files import folder
from conftest import certified

COMMAND = (sys.executable, "-m", "conformance")
OPERATIONS = tuple(documented().values())
CHOSEN = "--operations=chime:GetPhoneNumber,chime:ListPhoneNumbers,connect:ListPhoneNumbersV2"


class TestParts:
    @pytest.mark.parametrize("of", [1, 2, 3, 5])
    def test_each_operation_is_in_one(self, of: int) -> None:
        """The parts are the whole, in its order."""
        parts = [sharding.part(OPERATIONS, Shard(n, of), {}) for n in range(1, of + 1)]
        assert sorted(one.id for part in parts for one in part) == sorted(o.id for o in OPERATIONS)
        for found in parts:
            assert list(found) == [one for one in OPERATIONS if one in found]

    def test_they_take_equally_long(self) -> None:
        """What took long is alone; what was not measured takes as long as its cases suggest."""
        slow = OPERATIONS[0].id
        took = {one.id: 100.0 if one.id == slow else 1.0 for one in OPERATIONS[:-1]}
        parts = [sharding.part(OPERATIONS, Shard(n, 2), took) for n in (1, 2)]
        alone = next(found for found in parts if slow in {one.id for one in found})
        assert len(alone) < len(OPERATIONS) / 2

    @pytest.mark.parametrize("text", ["0/2", "3/2", "x", "1", "1/0", "-1/2", "1/2/3", "²/3"])
    def test_what_is_no_part(self, text: str) -> None:
        """One sentence."""
        with pytest.raises(UsageError, match=r"^--shard takes a part and their number, as in 1/4"):
            sharding.parse(text)

    def test_more_parts_than_operations(self) -> None:
        """A part without anything to do is refused, not passed."""
        with pytest.raises(UsageError, match="has nothing to do"):
            sharding.part(OPERATIONS[:1], Shard(2, 2), {})

    def test_what_is_made_is_made_for_the_whole_run(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A listing shows what the operations of other parts need, as in one run."""
        names = ("iam:GetSAMLProvider", "iam:ListSAMLProviders", "kms:ListKeys")
        options = {"target": "http://127.0.0.1:9", "operations": ",".join(names)}
        asked: list[list[str]] = []
        monkeypatch.setattr(Provisioning, "make", lambda *_: {})
        monkeypatch.setattr(
            Provisioning, "derive", lambda _, __, known: asked.append([one.id for one in known])
        )
        for number in (1, 2, 3):
            run = Run(settings({**options, "shard": f"{number}/3"}))
            run.provision()
            run.close()
        assert sorted(asked) == [["iam:GetSAMLProvider", "iam:ListSAMLProviders"]] * 2 + [
            ["kms:ListKeys"]
        ]

    def test_an_option_for_another_part(self, tmp_path: Path) -> None:
        """What is said of the whole run may be about operations that another part has."""
        recipe = tmp_path / "sqs.toml"
        recipe.write_text(
            (folder("schemas") / "provisioning" / "sqs.toml").read_text("utf-8"), "utf-8"
        )
        options = {
            "target": "http://127.0.0.1:9",
            "operations": "sqs:GetQueueAttributes,kms:DescribeKey",
            "resource": ["sqs:QueueUrl=x", "kms:KeyId=x"],
            "provision": [str(recipe)],
        }
        parts = [settings({**options, "shard": f"{n}/2"}) for n in (1, 2)]
        assert [len(one.resources) for one in parts] == [2, 2]
        made = [{recipe.service for recipe in recipes(one)} for one in parts]
        assert sorted("sqs" in services for services in made) == [False, True]


@pytest.fixture(scope="module")
def runs(_reference: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A run of a server with a fault: whole, and in two parts."""
    folder, reference = tmp_path_factory.mktemp("runs"), _reference
    reference.become(fault="chime:ListPhoneNumbers/request/MaxResults/maximum:unenforced")
    whole = certified(reference.url, folder / "whole", CHOSEN)[1]
    parts = [
        certified(reference.url, folder / f"part-{n}", CHOSEN, f"--shard={n}/2")[1] for n in (1, 2)
    ]
    reference.become()
    return folder, whole, parts


class TestMerge:
    def test_it_is_the_whole_run(self, runs: Any) -> None:
        """The same cases, counts, verdict and digests of the case set; it can be verified."""
        folder, whole, parts = runs
        made = merge.merged(parts, ["part-1", "part-2"])
        for name in (
            "verdict",
            "complete",
            "suite",
            "seed",
            "operations",
            "inconclusive",
            "options",
        ):
            assert made[name] == whole[name], name
        ids = [(case["id"], case["outcome"]) for case in made["cases"]]
        assert ids == [(case["id"], case["outcome"]) for case in whole["cases"]]
        assert made["verdict"] == "non-conformant"
        assert made["durations"].keys() == whole["durations"].keys()
        assert folder

    def test_the_command(self, runs: Any, shell: Any) -> None:
        """It joins the parts in any order, prints what a run prints, and its report holds."""
        folder, whole, _ = runs
        names = [str(folder / name) for name in ("part-2", "part-1")]
        done = shell.run(*COMMAND, "merge", *names, "-o", "joined")
        assert (done.returncode, done.stderr) == (1, "")
        assert "verdict: non-conformant" in done.stdout
        made = json.loads((shell.folder / "joined" / "report.json").read_text("utf-8"))
        assert made["operations"] == whole["operations"]
        assert shell.run(*COMMAND, "verify", "joined").returncode == 0
        again = shell.run(*COMMAND, "compare", "joined", str(folder / "whole"))
        assert again.returncode == 0

    def test_in_another_protocol(self, _reference: Any, tmp_path: Path) -> None:
        """The cases are those of the protocol that was chosen."""
        words = (
            "--protocol=query",
            "--operations=cloudwatch:ListDashboards,cloudwatch:ListMetrics",
        )
        made = [
            certified(_reference.url, tmp_path / name, *words, *more)[1]
            for name, more in (("1", ["--shard=1/2"]), ("2", ["--shard=2/2"]), ("whole", []))
        ]
        assert merge.merged(made[:2], ["1", "2"])["suite"] == made[2]["suite"]
        assert made[2]["options"]["protocol"] == "query"

    def test_it_ends_as_one_run(self, runs: Any, capsys: Any) -> None:
        """Failures that were expected are none, and what exercised nothing is no success."""
        made = merge.merged(runs[2], ["part-1", "part-2"])
        expected = [{**one, "expectation": "a known fault"} for one in made["findings"]]
        assert conclude({**made, "findings": expected}, None) == 0
        nothing = [{**one, "verdict": "inconclusive"} for one in made["findings"]]
        assert conclude({**made, "findings": nothing}, None) == 2
        assert capsys.readouterr().out.endswith("exit status 2: nothing could be exercised\n")

    def test_what_does_not_belong_together(self, runs: Any) -> None:
        """A missing part, one that is there twice, a whole run, other options, another run."""
        _, whole, (one, two) = runs
        other = {**two, "options": {**two["options"], "max_examples": 7}}
        elsewhere = {**two, "shard": {**two["shard"], "operations": ["a:B"]}}
        for parts, says in (
            ([one], "The run is not whole: there is no report of "),
            ([one, one], "a and b are both part "),
            ([one, whole], "b is no part of a run"),
            ([one, other], "a and b have different options"),
            ([one, elsewhere], "a and b are parts of different runs"),
        ):
            with pytest.raises(UsageError, match=f"^{says}"):
                merge.merged(parts, ["a", "b"][: len(parts)])

    def test_other_documents(self, runs: Any) -> None:
        """A part that was made with other documents says nothing about those that are here."""
        _, _, (one, two) = runs
        other = {**two, "suite": {**two["suite"], "schema_set": one["suite"]["schema_set"]}}
        with pytest.raises(UsageError, match="b was made with other documents"):
            merge.merged([one, other], ["a", "b"])

    def test_what_was_changed(self, runs: Any, tmp_path: Path, capsys: Any) -> None:
        """A part that is not as it was written is refused, and no part is overwritten."""
        folder = runs[0]
        parts = [str(folder / name) for name in ("part-1", "part-2")]
        text = (folder / "part-1" / "report.json").read_text("utf-8")
        (tmp_path / "changed").mkdir()
        path = tmp_path / "changed" / "report.json"
        path.write_text(text.replace('"level": "must"', '"level": "should"', 1), "utf-8")
        command = ["merge", str(path.parent), parts[1], "-o", str(tmp_path / "joined")]
        assert main(command) == 2
        assert "was changed since it was written, in findings of " in capsys.readouterr().err
        for output in parts:
            assert main(["merge", *parts, "-o", output]) == 2
            assert "is the folder of a part" in capsys.readouterr().err
        assert (folder / "part-1" / "report.json").read_text("utf-8") == text
        assert not (tmp_path / "joined").exists()

    def test_durations_need_a_part(self, runs: Any, shell: Any) -> None:
        """A report's durations decide about parts; without parts they are refused."""
        folder, _, _ = runs
        report = folder / "whole" / "report.json"
        words = ("http://127.0.0.1:9", CHOSEN, f"--shard-by={report}")
        done = shell.certify(*words)
        assert done.stderr.startswith("aws-conformance: --shard-by is for --shard")
        done = shell.certify(*words, "--shard=1/2", "--plan")
        assert done.returncode == 0
        done = shell.certify(*words, "--plan")
        assert "in one process, by the earlier run" in done.stdout
        assert " ms each, in one process" in shell.certify(*words[:2], "--plan").stdout


def test_workers_elsewhere(reference: Any, tmp_path: Path) -> None:
    """pytest-xdist's own workers, two of them as on two machines, give the same counts."""
    words = ("--operations=chime:GetPhoneNumber", "--tx", "2*popen//chdir=.", "--dist", "load")
    _, report = certified(reference.url, tmp_path / "workers", *words)
    _, alone = certified(reference.url, tmp_path / "alone", words[0])
    assert report["operations"] == alone["operations"]
    assert report["verdict"] == alone["verdict"] == "conformant"
