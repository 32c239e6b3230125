"""The architecture's page: its files, its packages and its way of a case are those of the code."""

import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import types
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import conformance
from conformance.generation.cases import cases
from conformance.report import build
from conformance.spec.documents import documented
from conftest import clean_environment

ROOT = Path(__file__).parent.parent
PACKAGE = Path(conformance.__file__).parent
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")


def section(title: str) -> str:
    """What stands below a heading, up to the next of its kind."""
    return re.split(r"^## ", PAGE.split(f"## {title}\n", 1)[1], flags=re.MULTILINE)[0]


def rows(title: str) -> list[list[str]]:
    """The cells of the table in a section, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


WAY = section("The way of one case")
#: The case that the page follows.
CASE = "chime:ListPhoneNumbers/request/MaxResults/maximum/beyond-100"


def steps() -> list[str]:
    """The files of the diagram that do something, in order: those on the arrow."""
    return re.findall(r"^ +│  (\S+\.py)", WAY, re.MULTILINE)


class TestTheWay:
    @pytest.mark.parametrize("name", sorted(set(re.findall(r"[\w./-]+\.(?:py|json)", WAY))))
    def test_a_file_in_the_diagram_is_there(self, name: str) -> None:
        """Each file that the way leads through exists, below the package or the checkout."""
        assert (PACKAGE / name).exists() or (ROOT / name).exists()

    def test_a_case_really_goes_this_way(self, reference: Any) -> None:
        """While the case of the page runs, code of each file between plan and finding runs.

        Documents and pytest's own hooks are read before, files written afterwards.
        """
        assert CASE in WAY
        case = next(one for one in cases(documented()["chime:ListPhoneNumbers"]) if one.id == CASE)
        engine = reference.engine()
        ran: set[str] = set()

        def follow(frame: types.FrameType, event: str, argument: Any) -> None:
            ran.add(frame.f_code.co_filename)

        sys.setprofile(follow)
        try:
            result = build.result_data(engine.run(case), case)
        finally:
            sys.setprofile(None)
        assert result["outcome"] == "pass"
        between = steps()[steps().index("execution/engine.py") : steps().index("report/writer.py")]
        data = {"protocols/table.py"}  # a table runs no code
        assert [
            name for name in between if str(PACKAGE / name) not in ran and name not in data
        ] == []


class TestPackages:
    def test_the_table_names_every_package(self) -> None:
        """Each package has one row, and nothing else does."""
        named = [row[0].strip("`/") for row in rows("Packages")]
        there = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
        assert sorted(named) == sorted(there)

    def test_each_row_says_what_must_not_be_known(self) -> None:
        """A package has a subject and a limit."""
        assert all(len(row) == 3 and all(row) for row in rows("Packages"))


# ---------------------------------------------------------------- how to add something


@dataclass(frozen=True, kw_only=True)
class Step:
    """One numbered step: what it says, and the code that it shows."""

    number: int
    text: str
    code: str = ""

    @property
    def spans(self) -> list[str]:
        """What stands in code marks, without line breaks."""
        return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", self.text)]

    @property
    def commands(self) -> list[str]:
        """What is to be run."""
        return [span for span in self.spans if span.startswith(("python ", "aws-conformance "))]


def recipes() -> dict[str, list[Step]]:
    """Each list of steps by its heading."""
    found = {}
    for part in section("How to add something").split("\n### ")[1:]:
        title, _, body = part.partition("\n")
        found[title] = [
            Step(
                number=int(number),
                text=re.sub(r"```.*?```", "", text, flags=re.DOTALL),
                code="".join(
                    textwrap.dedent(one)
                    for one in re.findall(r"```\w+\n(.*?) *```", text, re.DOTALL)
                ),
            )
            for number, text in re.findall(
                r"^(\d+)\. (.*?)(?=^\d+\. |\Z)", body, re.MULTILINE | re.DOTALL
            )
        ]
    return found


RECIPES = recipes()


class Copy:
    """A copy of the checkout in which the steps of a list are carried out."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        left_out = shutil.ignore_patterns(".*", "__pycache__", "cassettes", "*.egg-info")
        shutil.copytree(ROOT, self.root, ignore=left_out)
        (self.root / "cassettes").symlink_to(ROOT / "cassettes")

    def write(self, step: Step) -> None:
        """Write the code of a step where it says: a new file, or below a line of an old one."""
        path = self.root / step.spans[0]
        if step.text.startswith("Create "):
            assert not path.exists(), path
            path.write_text(step.code)
        elif "at the end" in step.text:
            path.write_text(path.read_text() + step.code)
        else:
            place = step.spans[1]
            lines = path.read_text().splitlines(keepends=True)
            found = [number for number, line in enumerate(lines) if line.strip() == place]
            assert len(found) == 1, f"{step.spans[0]} has {len(found)} lines {place}"
            indent = lines[found[0]][: -len(lines[found[0]].lstrip())]
            lines.insert(found[0] + 1, textwrap.indent(step.code, indent))
            path.write_text("".join(lines))

    def run(self, command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of a step in the copy."""
        words = shlex.split(command)
        program = {"python": [], "aws-conformance": ["-m", "conformance"]}[words[0]]
        return subprocess.run(
            [sys.executable, *program, *words[1:]],
            cwd=self.root,
            env={**clean_environment(), "PYTHONPATH": str(self.root)},
            capture_output=True,
            text=True,
            check=False,
        )

    def carry_out(self, steps: Sequence[Step]) -> None:
        """Carry out steps in their order; each command has to succeed."""
        for step in steps:
            if step.code:
                self.write(step)
            for command in step.commands:
                done = self.run(command)
                assert done.returncode == 0, (
                    f"{command}\n{done.stdout[-3000:]}{done.stderr[-1000:]}"
                )


class TestSteps:
    def test_the_five_lists_are_there(self) -> None:
        """A newcomer's five tasks, each with steps that are numbered through."""
        assert list(RECIPES) == [
            "Add a check",
            "Add a named edge",
            "Add an operation document",
            "Add a wire protocol",
            "Add a report format",
        ]
        for steps in RECIPES.values():
            assert [step.number for step in steps] == list(range(1, len(steps) + 1))

    @pytest.mark.parametrize("title", RECIPES)
    def test_the_steps_lead_to_their_end(self, title: str, tmp_path: Path) -> None:
        """What a list says is done in a copy of the checkout: it takes its tests' time."""
        Copy(tmp_path).carry_out(RECIPES[title])
