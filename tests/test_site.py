"""The documentation site builds strictly, and its reference is the code's."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import conformance
from conformance.checks.table import CHECKS
from conformance.cli.main import COMMANDS
from conformance.generation.clauses import clauses
from conformance.report.formats import FORMATS
from conformance.runner.options import OPTIONS
from conformance.spec.documents import documented

ROOT = Path(__file__).parent.parent
pytest.importorskip("mkdocs")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built with every warning as an error."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def words(page: Path) -> str:
    """The text of a page without its markup."""
    return re.sub(r"<[^>]+>", "", page.read_text("utf-8"))


@pytest.mark.slow("builds the whole site")
def test_the_reference_is_complete(site: Path) -> None:
    """Options, commands, clauses, checks, formats and public names are all there."""
    expected = {
        "options": [option.name for option in OPTIONS],
        "commands": list(COMMANDS),
        "clauses": [one.path for each in documented().values() for one in clauses(each).values()],
        "checks": list(CHECKS),
        "formats": [*FORMATS, "operation.schema.json"],
        "python": sorted(
            set(conformance.__all__) - {"__version__", "Comparison", "Operation", "strategies"}
        ),
    }
    for name, known in expected.items():
        text = words(site / "reference" / f"{name}.html")
        assert [one for one in known if one not in text] == [], name
        assert ":class:" not in text


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    """A page works without a network."""
    page = (site / "index.html").read_text("utf-8")
    loaded = re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"?(https?:[^\"\s>]+)", page)
    assert [url for url in loaded if "canonical" not in url] == []


def test_the_root_is_in_it(site: Path) -> None:
    """The quick start is the README's, and links lead to pages of the site."""
    text = (site / "index.html").read_text("utf-8")
    assert "make certify" in text
    assert "README.md" not in (site / "howto-certify.html").read_text("utf-8")
    assert 'href="guide.html#in-ci"' in (site / "howto-certify.html").read_text("utf-8")
