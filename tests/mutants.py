"""Plants faults in the suite's own tables and budgets, and asks whether a test notices each.

Run it with ``make mutants``. A mutant is one small change of one file: a level, a row of a table,
a number. Each is made in a copy of the checkout, and only the tests that ought to notice it are run
there. Prints a table; status 1 if a mutant survives, 2 if one cannot be planted any more.

mutmut and cosmic-ray change everything there is to change, which takes hours and leaves hundreds of
harmless survivors to look at; this list holds the facts that nothing but a test holds in place.
"""

import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).parent.parent
#: What a copy of the checkout consists of, and what it only links to.
_COPIED = ("conformance", "tests")
_LINKED = ("schemas", "cassettes", "docs", "conftest.py", "pyproject.toml", "README.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault: the ``before`` that stands once in a file of the package, and what replaces it.

    ``tests`` are the files, or single tests, one of which has to fail.
    """

    name: str
    path: str
    before: str
    after: str
    tests: tuple[str, ...]

    def planted(self, source: str) -> str:
        """The source with the fault in it. Raises ``LookupError`` where there is no one place."""
        count = source.count(self.before)
        if count != 1:
            raise LookupError(
                f"The mutant {self.name!r} cannot be planted: conformance/{self.path} holds "
                f"{self.before!r} {count} times, not once. Give it a text of today's source, in "
                "tests/mutants.py, or remove it with the fact that it is about."
            )
        return source.replace(self.before, self.after)


def mutant(name: str, path: str, before: str, after: str, *tests: str) -> Mutant:
    return Mutant(name=name, path=path, before=before, after=after, tests=tests)


_CHECKS = "checks/table.py"
_CLAUSES = "generation/clauses.py"
_VIOLATIONS = "generation/invalid_values.py"
_LEVELS = "spec/levels.py"
_FLOW = "transport/flow_control.py"
_SENDER = "transport/sender.py"

MUTANTS: tuple[Mutant, ...] = (
    # ---------------------------------------------------------------- checks
    mutant(
        "a check claims to raise everything",
        _CHECKS,
        'raises=(Raises(paths=("response/status",), of=VALID),)',
        "raises=(Raises(of=_ALL),)",
        "test_checks_table.py",
    ),
    mutant(
        "a check claims one clause too many",
        _CHECKS,
        'Raises(paths=("pagination/end",), of=_ACCEPTED',
        'Raises(paths=("pagination/end", "pagination/page-size"), of=_ACCEPTED',
        "test_checks_table.py",
    ),
    mutant(
        "a check is left out of the table",
        _CHECKS,
        "for check in _ROWS}",
        "for check in _ROWS[1:]}",
        "test_checks_table.py",
    ),
    mutant(
        "a check judges by another's function",
        _CHECKS,
        "find=transport.request_id",
        "find=response.status",
        "test_checks_table.py",
        "test_checks_transport.py",
    ),
    mutant(
        "a check of a rule claims another kind",
        _CHECKS,
        "Raises(own=True, rules=(Exclusive,), of=_ACCEPTED)",
        "Raises(own=True, rules=(Combine,), of=_ACCEPTED)",
        "test_checks_table.py",
        "test_tables.py::TestChecks",
    ),
    mutant(
        "refused cases do not exercise broken-constraint",
        _CHECKS,
        'Raises(paths=("errors/broken-constraint",), of=_REFUSED)',
        'Raises(paths=("errors/broken-constraint",), of=_ANYTHING)',
        "test_tables.py::TestChecks",
    ),
    mutant(
        "a check judges recordings of which it can say nothing",
        _CHECKS,
        '            Raises(paths=("errors/unknown",), of=_UNKNOWN),\n        ),\n',
        '            Raises(paths=("errors/unknown",), of=_UNKNOWN),\n        ),\n'
        "        recorded=_ON_ERROR,\n",
        "test_external_calls.py",
    ),
    mutant(
        "a violated should is a failure",
        "checks/findings.py",
        "Level.SHOULD: Verdict.WARN",
        "Level.SHOULD: Verdict.FAIL",
        "test_checks_answers.py",
    ),
    mutant(
        "what was not tried outweighs a warning",
        "checks/findings.py",
        '    WARN = "warn"\n    INCONCLUSIVE = "inconclusive"\n',
        '    INCONCLUSIVE = "inconclusive"\n    WARN = "warn"\n',
        "test_tables.py::TestChecks",
    ),
    # ------------------------------------------------------------- protocols
    mutant(
        "ec2 is specified where query is",
        "protocols/ec2.py",
        'page="https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html"',
        'page="https://smithy.io/2.0/aws/protocols/aws-query-protocol.html"',
        "test_tables.py::TestClauses",
    ),
    mutant(
        "query is specified where ec2 is",
        "protocols/query.py",
        'page="https://smithy.io/2.0/aws/protocols/aws-query-protocol.html"',
        'page="https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html"',
        "test_tables.py::TestClauses",
    ),
    mutant(
        "a protocol is in no table",
        "protocols/table.py",
        "    ec2.PROTOCOL,\n",
        "",
        "test_protocol_table.py",
        "test_protocol_xml.py",
    ),
    mutant(
        "ec2's requests are written like query's",
        "protocols/ec2.py",
        "rewrite=partial(query.rewrite, style=_STYLE)",
        "rewrite=query.rewrite",
        "test_protocol_xml.py",
    ),
    mutant(
        "JSON's errors are read without one of their places",
        "protocols/json_body.py",
        "x-amzn-errortype",
        "x-amzn-error-type",
        "test_protocols.py",
    ),
    mutant(
        "the path of no operation is one that targets know",
        "protocols/base.py",
        'NO_SUCH_PATH = "/aws-conformance/no-such-operation"',
        'NO_SUCH_PATH = "/phone-numbers"',
        "test_tables.py::TestTargets",
    ),
    # ---------------------------------------------------------------- levels
    mutant(
        "a token that was never given out has to be an error",
        _CLAUSES,
        '"a token that was never given out is a client error",\n        level=Level.SHOULD',
        '"a token that was never given out is a client error",\n        level=Level.MUST',
        "test_clauses.py",
    ),
    mutant(
        "filters have to hold on every page",
        _CLAUSES,
        '"a filter holds on every page of a walk",\n            level=Level.SHOULD',
        '"a filter holds on every page of a walk",\n            level=Level.MUST',
        "test_tables.py::TestClauses",
    ),
    mutant(
        "a stale signature has to be refused",
        _CLAUSES,
        "promise, level=Level.SHOULD, section=_COMMON_ERRORS",
        "promise, level=Level.MUST, section=_COMMON_ERRORS",
        "test_clauses.py",
    ),
    mutant(
        "an unknown member is promised to be ignored",
        _CLAUSES,
        "            promise,\n            level=Level.OBSERVE,\n",
        "            promise,\n            level=Level.SHOULD,\n",
        "test_clauses.py",
    ),
    mutant(
        "a model promises each of its values",
        _LEVELS,
        '"valid values are accepted": {_PAGE: _MUST, _MODEL: _SHOULD}',
        '"valid values are accepted": {_PAGE: _MUST, _MODEL: _MUST}',
        "test_tables.py::TestClauses",
    ),
    mutant(
        "a model lists all errors",
        _LEVELS,
        '"all errors are listed": {_PAGE: _MUST, _MODEL: _OBSERVE}',
        '"all errors are listed": {_PAGE: _MUST, _MODEL: _MUST}',
        "test_tables.py::TestClauses",
    ),
    mutant(
        "clauses of rules are of another area",
        _CLAUSES,
        '"rules": "semantics"',
        '"rules": "validation"',
        "test_tables.py::TestClauses",
    ),
    mutant(
        "a minimum is promised as a maximum",
        "generation/member_clauses.py",
        '"minimum": "{member} is at least {value}"',
        '"minimum": "{member} is at most {value}"',
        "test_tables.py::TestClauses",
    ),
    # ----------------------------------------------------- pattern violations
    mutant(
        "patterns are not violated by letter case",
        _VIOLATIONS,
        '        "wrong-case": valid.swapcase(),\n',
        "",
        "test_tables.py::TestViolations",
    ),
    mutant(
        "patterns are not violated by another script's digits",
        _VIOLATIONS,
        '        "arabic-digits": valid.translate(_ARABIC_DIGITS),\n',
        "",
        "test_tables.py::TestViolations",
    ),
    mutant(
        "patterns are not violated by a longer text around",
        _VIOLATIONS,
        '        "embedded": f"x{valid}x",\n',
        "",
        "test_tables.py::TestViolations",
    ),
    mutant(
        "a nested pattern is violated in fewer ways",
        _VIOLATIONS,
        "_FEW = 3",
        "_FEW = 2",
        "test_tables.py::TestViolations",
    ),
    # ---------------------------------------------------------------- budgets
    mutant(
        "a throttled request is sent a hundred times as often",
        _SENDER,
        "THROTTLE_TRIES = 4",
        "THROTTLE_TRIES = 400",
        "test_tables.py::TestBudgets",
    ),
    mutant(
        "a throttled request is waited for a hundred times as long",
        _SENDER,
        "THROTTLE_PATIENCE = 20.0",
        "THROTTLE_PATIENCE = 2000.0",
        "test_tables.py::TestBudgets",
    ),
    mutant(
        "a run waits a hundred times as long for a target that throttles",
        _SENDER,
        "THROTTLE_BUDGET = 60.0",
        "THROTTLE_BUDGET = 6000.0",
        "test_tables.py::TestBudgets",
    ),
    mutant(
        "an operation is given up later",
        _FLOW,
        "IN_A_ROW = 3",
        "IN_A_ROW = 4",
        "test_tables.py::TestBudgets",
    ),
    mutant(
        "a silent target is given up later",
        _FLOW,
        "IN_ALL = 8",
        "IN_ALL = 80",
        "test_tables.py::TestBudgets",
    ),
    mutant(
        "a name of throttling is unknown",
        _FLOW,
        "|SlowDown|",
        "|",
        "test_tables.py::TestBudgets",
    ),
    # ------------------------------------------------------------------ words
    mutant(
        "the hint to give a value leaves out the service",
        "execution/placeholders.py",
        "; give one with --resource {operation.service}:{name}=VALUE",
        "; give one with --resource {name}=VALUE",
        "test_availability.py",
    ),
    mutant(
        "an error type for no such operation is unknown",
        "execution/availability.py",
        '        "UnknownOperationException",\n',
        "",
        "test_tables.py::TestTargets",
    ),
    mutant(
        "an operation that changes things is sent to AWS",
        "recording/recordable.py",
        "    if not operation.readonly:\n",
        '    if not operation.readonly and operation.name.startswith("Create"):\n',
        "test_recordable.py::test_kept_from_aws",
    ),
    mutant(
        "what AWS does not list as reading is sent to AWS",
        "recording/recordable.py",
        "not in access(operation.service).reads",
        "in access(operation.service).changes",
        "test_recordable.py::test_kept_from_aws",
    ),
    mutant(
        "what a model calls reading is read-only whatever AWS lists",
        "spec/access.py",
        "and name not in access(service).changes",
        "and (stated or name not in access(service).changes)",
        "test_recordable.py::test_what_aws_lists_as_changing_overrules_the_model",
    ),
    mutant(
        "a request that asks AWS for another method is sent",
        "transport/harmless.py",
        "    return asked_for(operation.service, request.method, ",
        '    return asked_for(operation.service, "GET", ',
        "test_recordable.py::test_what_bytes_ask_for",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the tests said of a mutant: the one that caught it, or none."""

    mutant: Mutant
    caught_by: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the checkout in which one mutant at a time is planted."""

    root: Path

    def try_on(self, planted: Mutant) -> Outcome:
        """Plant a mutant, run its tests until one fails, and take it out again."""
        path = self.root / "conformance" / planted.path
        source = path.read_text("utf-8")
        started = time.monotonic()
        path.write_text(planted.planted(source), "utf-8")
        try:
            caught_by = self.first_failure(planted.tests)
        finally:
            path.write_text(source, "utf-8")
        seconds = time.monotonic() - started
        return Outcome(mutant=planted, caught_by=caught_by, seconds=seconds)

    def first_failure(self, tests: tuple[str, ...]) -> str:
        """The first test that fails; empty where all pass."""
        plain = ("-x", "-q", "--no-header", "-rfE", "--tb=no", "-p", "no:cacheprovider")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *plain, *(f"tests/{one}" for one in tests)],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return ""
        found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
        if found is None:
            raise RuntimeError(f"The tests did not run:\n{done.stdout}{done.stderr}")
        return found[1].removeprefix("tests/")


def copy_to(folder: Path) -> Copy:
    """A copy whose package can be changed; all else is the checkout's own."""
    for name in _COPIED:
        shutil.copytree(ROOT / name, folder / name)  # with its bytecode, which saves seconds
    for name in _LINKED:
        (folder / name).symlink_to(ROOT / name)
    return Copy(folder)


def outcomes(mutants: list[Mutant], processes: int) -> Iterator[Outcome]:
    """Try every mutant, each process in a copy of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        concurrent.futures.ThreadPoolExecutor(processes) as pool,
    ):
        free: SimpleQueue[Copy] = SimpleQueue()
        for number in range(processes):
            root = Path(folder, str(number))
            root.mkdir()
            free.put(copy_to(root))

        def attempt(one: Mutant) -> Outcome:
            copy = free.get()
            try:
                return copy.try_on(one)
            finally:
                free.put(copy)

        yield from pool.map(attempt, mutants)


def main(words: list[str]) -> int:
    """Try all mutants, or those whose names hold a word; 1 if one survives."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="WORD", help="only mutants that hold a word")
    parser.add_argument("-n", "--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args(words)
    mutants = [
        one for one in MUTANTS if not chosen.names or any(w in one.name for w in chosen.names)
    ]
    for one in mutants:
        try:
            one.planted((ROOT / "conformance" / one.path).read_text("utf-8"))
        except (LookupError, OSError) as problem:
            print(problem, file=sys.stderr)
            return 2
    survivors = 0
    width = max(len(one.name) for one in mutants)
    for outcome in outcomes(mutants, chosen.processes):
        survivors += not outcome.caught_by
        one = outcome.mutant
        caught = outcome.caught_by or "SURVIVED"
        print(f"{one.name:{width}}  {one.path:32} {outcome.seconds:5.1f} s  {caught}", flush=True)
    print(f"{len(mutants) - survivors} of {len(mutants)} mutants caught")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
