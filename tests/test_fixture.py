"""The fixture ``aws_conformance`` in somebody else's test suite, as the README shows it."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
SERVER = """

class Mine:
    url = "{url}"


@pytest.fixture(scope="session")
def my_mock():
    return Mine()
"""
BESIDE = "\n\ndef test_mine():\n    assert True\n"


def examples() -> list[str]:
    """The README's ``conftest.py`` and test."""
    found = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [one for one in found if "aws_conformance" in one]


def suite(folder: Path, url: str, **changes: str) -> None:
    """Somebody's test suite in a folder, of the README's examples."""
    conftest, test = examples()
    for old, new in changes.items():
        test = test.replace(old, new)
    (folder / "conftest.py").write_text(conftest + SERVER.format(url=url))
    (folder / "test_it.py").write_text(test + BESIDE)


def run(shell: Any, *words: str) -> Any:
    return shell.run(sys.executable, "-W", "error", "-m", "pytest", "--strict-markers", *words)


@pytest.mark.slow("a run of the suite in a process of its own")
def test_each_case_is_a_test_beside_theirs(reference: Any, shell: Any) -> None:
    """Cases pass on an honest server; a violation fails its cases alone, with both sides."""
    suite(shell.folder, reference.url, **{"chime:*": "chime:ListPhoneNumbers"})
    words = ("-q", "-p", "no:cacheprovider", "-k", "maximum or mine")
    done = run(shell, *words)
    assert (done.returncode, done.stdout.count("7 passed")) == (0, 1), done.stdout + done.stderr
    reference.become(fault="chime:ListPhoneNumbers/request/MaxResults/maximum:unenforced")
    done = run(shell, *words)
    assert done.returncode == 1
    assert re.search(r"[1-6] failed, [1-6] passed", done.stdout)
    assert "chime:ListPhoneNumbers/request/MaxResults/maximum: expected " in done.stdout
    assert "; observed accepted with 200 [https://" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("chime:*", "chime:GetPhoneNumbr", "did you mean chime:GetPhoneNumber?"),
        ("max_examples", "max_example", "The marker aws_conformance takes no 'max_example'."),
        ("max_examples=10", 'report="x"', "The marker aws_conformance takes no 'report'."),
    ],
)
def test_what_is_wrong_is_said_when_tests_are_collected(
    old: str, new: str, says: str, shell: Any
) -> None:
    """A wrong marker is one sentence, before any test runs."""
    suite(shell.folder, "http://localhost:1", **{old: new})
    done = run(shell)
    assert done.returncode != 0
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_target_that_is_not_there_fails_its_tests(shell: Any) -> None:
    """Where nothing listens each case fails with the sentence, and other tests go on."""
    suite(shell.folder, "http://localhost:1", **{"chime:*": "chime:GetPhoneNumber"})
    done = run(shell, "-q", "-k", "bad-signature or mine")
    assert "1 failed, 1 passed" in done.stdout
    assert "Nothing answers at http://localhost:1" in done.stdout
