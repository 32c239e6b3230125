"""The reference server as a process: one line, an end with its parent, no traceback."""

import ast
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import conformance.reference

ROOT = Path(conformance.reference.__file__).parent


def launch(*arguments: str, **options: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "conformance.reference", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT.parent.parent,
    )


def test_it_prints_one_line_and_dies_with_its_stdin() -> None:
    """The URL is the only line, and works until standard input ends."""
    with launch("--until-stdin-closes") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url)
        caught.value.close()
        assert caught.value.code == 403
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_on_a_signal(number: signal.Signals) -> None:
    """SIGINT and SIGTERM are a normal end."""
    with launch("--dialect", "chunked") as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("option", ["--fault", "--dialect", "--degenerate"])
def test_an_unknown_name_is_one_sentence(option: str) -> None:
    """A name nobody bears: status 2, one line, the nearest name, no traceback."""
    with launch(option, "chunky") as process:
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "the nearest is" in err


def test_it_lists_every_name() -> None:
    """--list says each name with its sentence."""
    with launch("--list") as process:
        out, _ = process.communicate(timeout=10)
    lines = [line.split("\t") for line in out.splitlines()]
    assert {line[0] for line in lines} == {"fault", "dialect", "degenerate"}
    assert all(len(line) == 3 for line in lines)


def test_it_imports_nothing_of_the_suite() -> None:
    """The oracle is independent: the standard library and itself, nothing else."""
    for module in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            for name in names:
                own = name == "conformance.reference" or name.startswith("conformance.reference.")
                assert own or name.split(".")[0] in sys.stdlib_module_names, (module, name)
