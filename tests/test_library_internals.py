"""Private parts of libraries: each behind one module, and a canary that says when it is gone.

They break with any release of the library, without notice. A test that fails here names the
module to look at.
"""

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers
from test_layers import MODULES, tree

#: The modules that may touch private parts, each with the library whose parts they are.
ADAPTERS = {
    "cli.completion": "argparse",
    "execution.hypothesis_internals": "hypothesis",
    "runner.pytest_internals": "pytest",
    "spec.patterns": "re",
}
#: A leading underscore keeps these apart from the fields of a named tuple; they are documented.
OF_NAMED_TUPLES = frozenset({"_asdict", "_field_defaults", "_fields", "_make", "_replace"})
BY_NAME = frozenset({"getattr", "hasattr", "setattr", "delattr", "get"})


def is_private(name: str) -> bool:
    """Whether some part of a dotted name is private, by its underscore or by its name."""
    parts = name.split(".")
    return "internal" in parts or any(
        part.startswith("_") and not part.startswith("__") and part not in OF_NAMED_TUPLES
        for part in parts
    )


def private(text: str) -> Iterator[str]:
    """The private names of other modules and of other objects that a source uses."""
    lines = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import():
                found = [one.name for one in node.names]
            case ast.ImportFrom():
                found = [f"{node.module}.{one.name}" for one in node.names]
                if "ignore[attr-defined]" in lines[node.lineno - 1]:
                    yield f"line {node.lineno}: {found[0]}, which its library does not document"
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                found = []
            case ast.Attribute():
                found = [node.attr]
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in BY_NAME:
                values = (one.value for one in node.args if isinstance(one, ast.Constant))
                found = [one for one in values if isinstance(one, str) and one.isidentifier()]
            case _:
                found = []
        for name in found:
            if is_private(name):
                yield f"line {getattr(node, 'lineno', 0)}: {name}"


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ADAPTERS])
def test_no_other_module_touches_private_parts(name: str) -> None:
    """What a library does not document is used in one module alone, which says so."""
    found = list(private(MODULES[name].read_text("utf-8")))
    assert not found, (
        f"conformance/{name.replace('.', '/')}.py uses private parts ({found}): find a documented "
        "way, or move it behind a module of its own that ADAPTERS names, with a canary below"
    )


@pytest.mark.parametrize("name", ADAPTERS)
def test_each_adapter_is_needed(name: str) -> None:
    """A module that touches nothing private any more is no adapter."""
    assert list(private(MODULES[name].read_text("utf-8"))), f"{name}: take it out of ADAPTERS"
    assert ADAPTERS[name] in (ast.get_docstring(tree(name)) or "").lower()


@pytest.mark.parametrize(
    "text",
    [
        "import _pytest",
        "from re import _parser",
        "from hypothesis.internal.conjecture import providers",
        "from json.decoder import scanstring  # type: ignore[attr-defined]",
        "model._service_description['operations']",
        "client.meta._events",
        "getattr(drawer, '_local_constants')",
        "vars(drawer).get('_local_constants')",
    ],
)
def test_private_parts_are_found(text: str) -> None:
    """However a private part is reached, it is noticed."""
    assert list(private(text))


def test_what_is_no_private_part_is_let_pass() -> None:
    """Own attributes, dunders and the documented methods of named tuples."""
    assert not list(private("self._x\nparts._replace(path='')\nvalue.__class__\nd.get('_ x')"))


# ------------------------------------------------------------ canaries


def drawn(examples: int = 300) -> list[int]:
    found: list[int] = []

    @seed(11)
    @settings(
        max_examples=examples,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers())
    def draw(number: int) -> None:
        found.append(number)

    draw()
    return found


@pytest.fixture
def another_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a module that is not imported yet, with as many numbers as Hypothesis reads."""
    name = "a_module_full_of_numbers"
    numbers = [number * 7919 + 123_457 for number in range(1000)]
    (tmp_path / f"{name}.py").write_text(f"NUMBERS = {numbers}\n", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield name
    sys.modules.pop(name, None)


def test_hypothesis(another_module: str) -> None:
    """What one seed draws does not depend on the modules that are loaded; left alone, it does."""
    adapter = importlib.import_module("conformance.execution.hypothesis_internals")
    look = (
        f"Hypothesis {version('hypothesis')} draws constants of loaded modules in another way: see "
        "how hypothesis/internal/conjecture/providers.py collects them, and adapt "
        "conformance/execution/hypothesis_internals.py"
    )
    with adapter.without_constants_of_sources():
        before = drawn()
    left_alone = drawn()
    importlib.import_module(another_module)
    with adapter.without_constants_of_sources():
        after = drawn()
    assert before == after, look
    # Hypothesis 6.131.0 and earlier draw none, so that there is nothing to turn off
    known = hasattr(providers.HypothesisProvider, "_local_constants")
    assert (drawn() != left_alone) is known, f"{look}, which may not be needed any more"


def test_pytest() -> None:
    """The terminal reporter ends an interrupted run with an account that can be left out."""
    assert callable(getattr(TerminalReporter, "_report_keyboardinterrupt", None)), (
        f"pytest {version('pytest')} writes its account of an interruption in another way: see "
        "pytest_sessionfinish in _pytest/terminal.py, and adapt conformance/runner/"
        "pytest_internals.py"
    )


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("abc", "abc"),
        ("[^a]", "1"),
        ("x.", "xa"),
        ("[A-F0-9]", "1"),
        (r"[\w]\d\s\D\W\S", "a1 a-a"),
        ("(cat|dog)s", "cats"),
        ("a+?b*c{2,3}", "acc"),
        ("(?:ab)?c", "c"),
        ("(?>ab)c++", "abc"),
        ("^a$", "a"),
    ],
)
def test_regular_expressions(pattern: str, text: str) -> None:
    """Each kind of node in a parsed pattern is understood: a text that it matches is made."""
    matching = importlib.import_module("conformance.spec.patterns").matching
    look = (
        f"re of Python {sys.version.split()[0]} parses {pattern} into other nodes: see re._parser, "
        "and adapt conformance/spec/patterns.py"
    )
    assert matching(pattern) == text, look
    assert re.fullmatch(pattern, text)
