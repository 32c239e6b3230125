"""What the code is like: modules touched by one case, and the sizes of functions and files.

``make bench ARGS=modules`` prints it. It starts a process of its own, so that nothing is
remembered from before: what is imported or worked out once counts for the case.
"""

import ast
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from test_layers import LAYERS

import conformance
from conformance.generation.cases import cases
from conformance.runner.reference_process import reference_server
from conformance.runner.run import Run
from conformance.runner.settings import settings
from conformance.spec.registry import registry

PACKAGE = Path(conformance.__file__).parent
CASE = "chime:ListPhoneNumbers/request/MaxResults/maximum/beyond-100"


class Trace:
    """Counts the package's own functions while something runs, and changes of module."""

    def __init__(self) -> None:
        self.modules: dict[str, None] = {}
        self.functions: set[tuple[str, str]] = set()
        self.changes = 0
        self._last = ""

    def of(self, work: Callable[[], Any]) -> Any:
        """Do some work, and give what it gives."""
        sys.setprofile(self._saw)
        try:
            return work()
        finally:
            sys.setprofile(None)

    def _saw(self, frame: FrameType, event: str, _: Any) -> None:
        path = Path(frame.f_code.co_filename)
        if event != "call" or not path.is_relative_to(PACKAGE):
            return
        name = path.relative_to(PACKAGE).as_posix()
        self.modules[name] = None
        self.functions.add((name, frame.f_code.co_qualname))
        self.changes += name != self._last
        self._last = name

    def print(self, title: str) -> None:
        """Print the counts, and the modules in the order in which they came up."""
        print(
            f"{title:26} {len(self.modules):4} modules {len(self.functions):5} functions "
            f"{self.changes:5} changes of module"
        )
        print(f"    {' '.join(self.modules)}")


def one_case() -> None:
    """Modules touched while one case is made, and while it runs for the first and second time."""
    operation = registry().find(CASE.partition("/")[0])
    made, first, again = Trace(), Trace(), Trace()
    case = made.of(lambda: next(one for one in cases(operation) if one.id == CASE))
    made.print("a case, made with all")
    with reference_server() as url:
        run = Run(settings({"target": url, "max_examples": 0, "operations": operation.id}))
        try:
            engine = run.engine
            for trace, title in ((first, "a case, run first"), (again, "a case, run again")):
                trace.of(lambda: engine.run(case))
                trace.print(title)
        finally:
            run.close()


def _functions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Each function of a module with its lines, decorators aside."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


def sizes() -> None:
    """Modules, packages, layers and lines; how large functions and files are."""
    files = {
        path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8")
        for path in sorted(PACKAGE.rglob("*.py"))
        if "_data" not in path.parts
    }
    top = [name for name in files if "/" not in name]
    packages = {str(Path(name).parent) for name in files} - {"."}
    rooms = {name.partition("/")[0] for name in packages}
    functions = sorted(
        (lines, f"{name}: {function}")
        for name, source in files.items()
        for function, lines in _functions(ast.parse(source))
    )
    lengths = [lines for lines, _ in functions]
    lines, biggest = max((source.count("\n"), name) for name, source in files.items())
    print(f"modules at the top         {len(top):4}  {' '.join(top)}")
    print(f"packages                   {len(rooms):4}  and {len(packages - rooms)} within them")
    print(f"layers                     {len(LAYERS):4}")
    print(f"files                      {len(files):4}")
    print(f"lines of Python            {sum(one.count(chr(10)) for one in files.values()):4}")
    print(f"functions                  {len(functions):4}")
    print(f"median function            {statistics.median(lengths):4g}  lines")
    print(f"95th of a hundred          {lengths[len(lengths) * 95 // 100]:4}  lines")
    print(f"biggest function           {functions[-1][0]:4}  lines  {functions[-1][1]}")
    print(f"biggest file               {lines:4}  lines  {biggest}")


def main() -> None:
    """Print all of it, from a fresh process."""
    subprocess.run([sys.executable, __file__], check=True)


if __name__ == "__main__":
    one_case()
    sizes()
