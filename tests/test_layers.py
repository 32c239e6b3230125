"""The layers: one direction, downwards; each room knows what it may and no more."""

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import conformance

PACKAGE = Path(conformance.__file__).parent
TESTS = Path(__file__).parent

#: From the ground up: what a module imports is in a row below its own, or in the same room.
#: A package is one room.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("version", "errors", "reference"),
    ("protocols", "installing"),
    ("spec",),
    ("generation", "importer"),
    ("transport", "checks"),
    ("execution",),
    ("recording",),
    ("report", "sdk_gate"),
    ("runner", "matrix"),
    ("fixtures", "plugin", "suite", "cli", ""),
    ("__main__",),
)
#: How many rows the house may have.
MOST_LAYERS = 11
MAY_IMPORT_PYTEST = {
    "runner.fixtures",
    "runner.items",
    "runner.plugin",
    "runner.progress",
    "suite.test_conformance",
    "cli.certify",
}


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        if "_data" not in parts:
            found[".".join(parts)] = path
    return found


MODULES = modules()


def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text("utf-8"))


def imported(name: str) -> Iterator[str]:
    """The full names of all that a module imports, wherever in it."""
    yield from imports(tree(name))


def imports(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name whole paths"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(name: str) -> Iterator[str]:
    """The modules of the package that a module imports, relative to it."""
    for full in imported(name):
        if full == "conformance" or full.startswith("conformance."):
            inside = full.removeprefix("conformance").lstrip(".")
            while inside not in MODULES:
                inside = inside.rpartition(".")[0]
            yield inside


def top(name: str) -> str:
    return name.partition(".")[0]


def entry(name: str) -> str:
    """The entry of the table that a module belongs to: itself, or the package around it."""
    named = {one for row in LAYERS for one in row}
    while name not in named and "." in name:
        name = name.rpartition(".")[0]
    return name


def layer(name: str) -> int:
    found = (number for number, row in enumerate(LAYERS) if entry(name) in row)
    return next(found, -1)


def test_the_house_stays_low() -> None:
    """At most eleven rows, and at most eight modules beside the packages."""
    assert len(LAYERS) <= MOST_LAYERS
    assert 0 < len([path for path in MODULES.values() if path.parent == PACKAGE]) <= 8


def test_the_table_names_every_module() -> None:
    """Each module or package stands in the table once, and nothing else does."""
    named = [name for row in LAYERS for name in row]
    assert sorted(named) == sorted({entry(name) for name in MODULES})


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_down(name: str) -> None:
    """What a module imports stands in a row above its own, or within its own entry."""
    for other in own(name):
        inside = entry(other) == entry(name)
        assert inside or layer(other) < layer(name), f"{name} imports {other}"


def test_no_import_goes_round() -> None:
    """Module by module, packages' insides included, imports have an order."""
    graph = {name: set(own(name)) - {name} for name in MODULES}
    # an __init__ names its own children, which is no way round
    for name, others in graph.items():
        graph[name] = {other for other in others if not name.startswith(f"{other}.")}
    assert list(graphlib.TopologicalSorter(graph).static_order())


def test_the_oracle_knows_nothing_of_the_suite() -> None:
    """The reference server imports nothing else of the package."""
    for name in MODULES:
        if top(name) == "reference":
            assert {top(other) for other in own(name)} <= {"reference"}, name


def test_the_package_knows_nothing_of_its_tests() -> None:
    """What is in tests/ is no part of a wheel, so no module imports any of it."""
    inside = {"tests", *(path.stem for path in TESTS.iterdir())}
    assert "calibration" in inside
    for name in MODULES:
        assert not {top(full) for full in imported(name)} & inside, name


def test_a_mutation_knows_the_oracle_alone() -> None:
    """Servers with faults are made of the reference server; what tries the suite knows both."""
    for path in sorted((TESTS / "calibration").rglob("*.py")):
        found = set(imports(ast.parse(path.read_text("utf-8"))))
        others = {top(full) for full in found} - {"conformance", "calibration"}
        assert others <= set(sys.stdlib_module_names), path
        if path.stem not in {"servers", "runs", "tables"}:
            known = {full for full in found if top(full) == "conformance"}
            assert all(full.startswith("conformance.reference.") for full in known), path


def reached(name: str) -> set[str]:
    """All modules of the package that a module imports, directly or not."""
    found: set[str] = set()
    todo = [name]
    while todo:
        for other in own(todo.pop()):
            if other not in found:
                found.add(other)
                todo.append(other)
    return found


def test_checks_can_neither_send_nor_run() -> None:
    """No check can reach what sends, runs or records, not even through what it imports."""
    for name in (name for name in MODULES if top(name) == "checks"):
        above = {"transport", "execution", "recording", "runner"}
        assert not {top(other) for other in reached(name)} & above, name
        outside = {top(full) for full in imported(name)}
        assert not outside & {"pytest", "_pytest", "boto3", "botocore", "urllib3"}, name


def test_cases_depend_on_documents_alone() -> None:
    """What is tried follows from the documents: nothing that sends or judges is in reach."""
    for name in (name for name in MODULES if top(name) == "generation"):
        known = {top(other) for other in reached(name)}
        assert known <= {"spec", "protocols", "generation", "errors", "version"}, name


def test_operations_come_from_the_registry() -> None:
    """No module outside spec asks the documents or the SDK's models for an operation."""
    sources = ("conformance.spec.documents.", "conformance.spec.sdk_models.loader.")
    for name in (name for name in MODULES if top(name) != "spec"):
        asked = {full for full in imported(name) if full.startswith(sources)}
        assert not asked, name


def test_pytest_is_known_to_few() -> None:
    """Only the plugins, the progress, the suite and the certify command know pytest."""
    for name in MODULES.keys() - MAY_IMPORT_PYTEST:
        assert not {top(full) for full in imported(name)} & {"pytest", "_pytest", "xdist"}, name


def test_no_import_hides_in_a_function() -> None:
    """All imports stand at the top of their module."""
    for name in MODULES:
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                hidden = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
                assert not hidden, f"{name}:{hidden[0].lineno}"


def test_a_module_says_what_it_is() -> None:
    """Every module opens with a docstring."""
    for name in MODULES:
        assert ast.get_docstring(tree(name)), name


def test_importing_the_package_is_cheap() -> None:
    """``import conformance`` loads no SDK and no pytest; each public name is there all the same."""
    program = (
        "import sys, conformance\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(*sorted(loaded & {'boto3', 'botocore', 'hypothesis', 'pytest', 'urllib3'}))\n"
        "assert all(hasattr(conformance, name) for name in conformance.__all__)\n"
        "assert len(conformance.__all__) <= 14\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("", "")
