"""The reference server as a process: one line, an end with its parent, no traceback."""

import ast
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from calibration.servers import SERVERS

import conformance.reference

ROOT = Path(conformance.reference.__file__).parent
HONEST = ("-m", "conformance.reference")
MUTATED = (str(Path(__file__).with_name("serve.py")),)


def launch(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-W", "error", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT.parent.parent,
    )


def test_it_prints_one_line_and_dies_with_its_stdin() -> None:
    """The URL is the only line, and works until standard input ends."""
    with launch(*HONEST, "--until-stdin-closes") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(url)
        caught.value.close()
        assert caught.value.code == 403
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("command", [HONEST, (*MUTATED, "--dialect", "chunked")])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_on_a_signal(number: signal.Signals, command: tuple[str, ...]) -> None:
    """SIGINT and SIGTERM are a normal end."""
    with launch(*command) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(number)
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("option", ["--fault", "--dialect", "--degenerate"])
def test_an_unknown_name_is_one_sentence(option: str) -> None:
    """A name that no server has: status 2, one line that offers another, no traceback."""
    with launch(*MUTATED, option, "chunky") as process:
        out, err = process.communicate(timeout=5)
    assert (process.returncode, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert f"There is no {option[2:]} 'chunky'; " in err


def test_it_lists_every_name() -> None:
    """--list prints each name with its sentence."""
    with launch(*MUTATED, "--list") as process:
        out, _ = process.communicate(timeout=10)
    lines = [line.split("\t") for line in out.splitlines()]
    assert [(kind, name) for kind, name, _ in lines] == [
        (kind, name) for kind, servers in SERVERS.items() for name in servers
    ]


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


def test_a_mutation_is_served() -> None:
    """A degenerate server that is asked for by name answers as that server does."""
    with launch(*MUTATED, "--degenerate", "always-403") as process:
        assert process.stdout is not None
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(process.stdout.readline().strip())
        with caught.value as reply:
            assert (reply.code, json.load(reply)["Code"]) == (403, "AccessDenied")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=5)
