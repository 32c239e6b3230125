"""The architecture's page: its files, its packages and its way of a case are those of the code."""

import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import conformance
from conformance.generation.cases import cases
from conformance.report import build
from conformance.spec.documents import documented

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
        there = {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {"calibration"}
        assert sorted(named) == sorted(there)

    def test_each_row_says_what_must_not_be_known(self) -> None:
        """A package has a subject and a limit."""
        assert all(len(row) == 3 and all(row) for row in rows("Packages"))
