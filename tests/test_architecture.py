"""The architecture's page: its files, its packages and its way of a case are those of the code."""

import re
import shlex
import shutil
import subprocess
import sys
import types
from collections.abc import Callable, Mapping, Sequence
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
        tables = {"protocols/table.py", "report/formats.py"}  # these run no code
        assert [
            name for name in between if str(PACKAGE / name) not in ran and name not in tables
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

#: The steps' programs, and the modules that they are.
PROGRAMS = {
    "python": [],
    "aws-conformance": ["-m", "conformance"],
    "ruff": ["-m", "ruff"],
}
#: A page of an operation, in words of our own.
SAVED = (Path(__file__).parent / "pages" / "GetPhoneNumber.txt").read_text("utf-8")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One numbered step: what it says, and the code that it shows."""

    number: int
    text: str
    code: str

    @property
    def spans(self) -> list[str]:
        """What is in code marks, without line breaks."""
        found = re.findall(r"(`+) ?(.+?) ?\1", self.text, re.DOTALL)
        return [" ".join(span.split()) for _, span in found]

    @property
    def commands(self) -> list[str]:
        """What is to be run: what follows the word."""
        found = re.findall(r"\bRun `([^`]+)`", self.text)
        return [" ".join(span.split()) for span in found]


def unquoted(block: str) -> str:
    """The code of a block within a numbered step, which is indented by three blanks."""
    return "".join(line[3:] if line.strip() else line for line in block.splitlines(keepends=True))


def recipes() -> dict[str, list[Step]]:
    """Each list of steps by its heading."""
    found = {}
    for part in section("How to add something").split("\n### ")[1:]:
        title, _, body = part.partition("\n")
        fence = re.compile(r"^   ```\w+\n(.*?)^   ```$", re.DOTALL | re.MULTILINE)
        parts = re.findall(r"^(\d+)\. (.*?)(?=^\d+\. |\Z)", body, re.MULTILINE | re.DOTALL)
        found[title] = [
            Step(
                number=int(number),
                text=fence.sub("", text),
                code="".join(map(unquoted, fence.findall(text))),
            )
            for number, text in parts
        ]
    return found


RECIPES = recipes()


class Copy:
    """A copy of the checkout in which the steps of a list are carried out."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        shutil.copytree(
            ROOT,
            self.root,
            ignore=shutil.ignore_patterns(".*", "__pycache__", "report", "build", "dist"),
        )
        # "report" is a package, too
        shutil.copytree(PACKAGE / "report", self.root / "conformance" / "report")

    def path(self, step: Step) -> Path:
        """The file that a step is about: the first that it names."""
        return self.root / step.spans[0]

    def take_out(self, step: Step) -> None:
        """Undo a step whose code is in the checkout already."""
        path = self.path(step)
        text = path.read_text("utf-8")
        for line in step.code.splitlines(keepends=True):
            assert line in text, line
            text = text.replace(line, "", 1)
        path.write_text(text, "utf-8")

    def write(self, step: Step) -> None:
        """Write the code of a step where it says: a new file, at the end, or below a line."""
        path = self.path(step)
        if step.text.startswith("Create "):
            assert not path.exists(), path
            path.write_text(step.code, "utf-8")
        elif ", at the end," in step.text:
            path.write_text(path.read_text("utf-8") + step.code, "utf-8")
        else:
            place = step.spans[1]
            lines = path.read_text("utf-8").splitlines(keepends=True)
            found = [number for number, line in enumerate(lines) if line.strip() == place]
            assert len(found) == 1, f"{path.name} has {len(found)} lines {place}"
            lines.insert(found[0] + 1, step.code)
            path.write_text("".join(lines), "utf-8")

    def run(self, command: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of a step in the copy."""
        program, *words = shlex.split(command)
        return subprocess.run(
            [sys.executable, *PROGRAMS[program], *words],
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
                if command.startswith("make "):  # it would make an environment of its own
                    continue
                done = self.run(command)
                assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-999:]}"


def without_document(copy: Copy) -> None:
    """The example of a document is taken out, and its page saved."""
    (copy.root / "schemas" / "chime-sdk-voice" / "GetPhoneNumber.json").unlink()
    (copy.root / "API_GetPhoneNumber.txt").write_text(SAVED, "utf-8")


def without_protocol(copy: Copy) -> None:
    """The example of a protocol has its module, and nothing else."""
    module, _, row, tried, *_ = RECIPES["Add a wire protocol"]
    assert copy.path(module).exists()
    table = copy.path(row)
    table.write_text(
        table.read_text("utf-8").replace("import aws_json, ec2, ", "import aws_json, ")
    )
    copy.take_out(row)
    copy.take_out(tried)


#: What examples of what is there already need before their steps.
BEFORE: Mapping[str, Callable[[Copy], None]] = {
    "Add an operation document": without_document,
    "Add a wire protocol": without_protocol,
}


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
    def test_the_steps_name_what_is_there(self, title: str) -> None:
        """Each file of the checkout that a step names exists, but for those that steps create."""
        spans = [span for step in RECIPES[title] for span in step.spans]
        files = {span for span in spans if re.fullmatch(r"(conformance|docs|tests)/\S+", span)}
        created = {one.spans[0] for one in RECIPES[title] if one.text.startswith("Create ")}
        assert files
        assert {name for name in files - created if not (ROOT / name).exists()} == set()

    @pytest.mark.slow("each list is carried out in a copy, and runs the tests that it names")
    @pytest.mark.parametrize("title", RECIPES)
    def test_the_steps_lead_to_their_end(self, title: str, tmp_path: Path) -> None:
        """What a list says can be done, step by step, and its commands succeed."""
        copy = Copy(tmp_path)
        if title in BEFORE:
            BEFORE[title](copy)
        copy.carry_out(RECIPES[title])
