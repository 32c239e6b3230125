"""moto between calls: what it forgets, loses or mixes up over 20 services is known by its cause."""

import importlib.util
import json
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from conformance.generation.clauses import clauses
from conformance.spec.registry import registry
from conftest import certified, serving_moto

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("moto") is None, reason="moto is not installed"
)

KNOWN = Path(__file__).parent / "moto_state.toml"
#: The one that is certified in a test; the others took some minutes, once.
SERVICE = "kinesis"


@lru_cache(maxsize=1)
def entries() -> tuple[dict[str, Any], ...]:
    found: list[dict[str, Any]] = tomllib.loads(KNOWN.read_text("utf-8"))["expected"]
    return tuple(found)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    yield from serving_moto()


@pytest.mark.parametrize("one", entries(), ids=lambda one: one["clause"])
def test_each_cause_is_of_a_promise_between_calls(one: dict[str, Any]) -> None:
    """Its clause exists, it has a reason, and a command shows it."""
    pattern, _, path = one["clause"].partition("/")
    assert path.startswith("state/")
    case = one["reproduce"].rpartition("--case ")[2].strip("'")
    operation = registry().find(case.partition("/")[0])
    assert fnmatchcase(operation.id, pattern)
    assert any(fnmatchcase(name, one["clause"]) for name in clauses(operation))
    assert one["reproduce"].startswith("aws-conformance certify http://127.0.0.1:5000 --mutating ")
    assert one["reason"]


@pytest.mark.slow("certifies a service, on moto")
def test_moto_forgets_what_it_is_known_to_forget(moto: str, tmp_path: Path) -> None:
    """Everything found of a service is expected, and everything expected is found."""
    own = [one for one in entries() if one["clause"].startswith(f"{SERVICE}:")]
    lines = ['format = "aws-conformance-expectations/1"']
    for one in own:
        lines += ["[[expected]]", *(f"{name} = {json.dumps(text)}" for name, text in one.items())]
    (tmp_path / "known.toml").write_text("\n".join(lines), "utf-8")
    words = (
        "--mutating",
        "-k",
        "/state/",
        "--fail-on-warn",
        "--expect",
        str(tmp_path / "known.toml"),
    )
    status, report = certified(moto, tmp_path / "r", f"--operations={SERVICE}:*", *words)
    broken = {one["clause"] for one in report["findings"] if one["verdict"] in {"warn", "fail"}}
    assert {name for name in broken if not _is_known(name, own)} == set()
    assert status == 0


def _is_known(clause: str, known: list[dict[str, Any]]) -> bool:
    return any(fnmatchcase(clause, one["clause"]) for one in known)
