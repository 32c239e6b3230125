"""``aws-conformance certify``: a run of the suite, without knowing pytest."""

import argparse
import hashlib
import os
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from conformance.cli.base import Command
from conformance.cli.ending import conclude
from conformance.errors import UnknownNameError, UsageError
from conformance.generation.clauses import AREAS
from conformance.report import json_text
from conformance.report.printing import printable, printable_json, say
from conformance.report.terminal import Detail
from conformance.runner import parts
from conformance.runner.configuration import configured, targets
from conformance.runner.options import OPTIONS, by_heading
from conformance.runner.plugin import NAME, Part
from conformance.runner.preflight import require_possible
from conformance.runner.settings import Settings
from conformance.spec.files import cache_folder
from conformance.spec.registry import problems

_SUITE = Path(__file__).parent.parent / "suite"
_DESCRIPTION = """\
Judge whether a server behaves as AWS documents, operation by operation.

Without a URL it judges the one in AWS_ENDPOINT_URL, else the embedded reference
server, which shows what a run looks like. Options that are not listed here go
to pytest: -n 4 runs four workers, -k and -m select cases, -x stops at the first
failure.

  aws-conformance certify                                the embedded server
  aws-conformance certify http://localhost:5000          your mock
  aws-conformance certify http://localhost:5000 --operations 'connect:*' -n 4
  aws-conformance certify http://localhost:5000 --report report/ --subject name=my-mock

Exit status: 0; 1 for a failure or an unsupported operation; 2 where no run was
possible or nothing could be exercised.
"""


#: The summary lists failures by cause, so pytest lists none, and rewrites no asserts.
_QUIET = ("--assert=plain", "-qq", "--no-header", "--tb=no", "-rN", "--disable-warnings")
#: A word that is a target in any position: a URL, or host and port.
_ADDRESS = re.compile(r"\w*://.*|[\w.-]+:\d+|localhost")
#: The help of ``--target``, whose default is another than pytest's.
_TARGET = (
    "the target: a URL, aws or replay (default: AWS_ENDPOINT_URL, else the embedded reference "
    "server)"
)
#: The options of pytest that the help lists.
_PYTEST = (
    ("-n", "N", "run N workers (pytest-xdist)"),
    ("-k", "EXPRESSION", "only cases whose id matches"),
    ("-m", "AREAS", "only cases that can yield these areas: 'pagination or validation'"),
    ("--color", "WHEN", "yes, no or auto (default: auto; NO_COLOR and FORCE_COLOR decide as well)"),
)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "aws-conformance certify [URL] [options] [pytest's options]"
    for heading, options in by_heading().items():
        group = parser.add_argument_group(heading)
        for option in options:
            text = _TARGET if option.dest == "target" else option.help
            group.add_argument(option.name, help=text, **option.arguments)
    shown = parser.add_argument_group("what is printed")
    shown.add_argument(
        "-q", "--quiet", action="store_true", help="the verdict and the counts alone"
    )
    shown.add_argument("-v", "--verbose", action="store_true", help="every clause as well")
    shown.add_argument(
        "--json", action="store_true", help="print report.json; all else goes to standard error"
    )
    passed_on = parser.add_argument_group("options of pytest, among others")
    for flag, metavar, help_text in _PYTEST:
        passed_on.add_argument(flag, metavar=metavar, help=help_text, default=None)
    passed_on.add_argument(
        "--lf", action="store_true", help="only the cases that failed in the last run here"
    )


def _words(arguments: argparse.Namespace, target: str) -> list[str]:
    """The parsed options as words for pytest."""
    words = [f"--target={target}"]
    for option in OPTIONS:
        if option.dest != "target":
            words += option.words(getattr(arguments, option.dest))
    for flag, _, _ in _PYTEST:
        value = getattr(arguments, flag.lstrip("-"))
        if value is not None:
            words += [flag, value]
    return [*words, "--lf"] if arguments.lf else words


def _target(arguments: argparse.Namespace) -> str | None:
    """The target where one is given, in any position among the words; removes it from ``rest``.

    A word is the target if it is the first or looks like an address: any other may be the value
    of an option of pytest.
    """
    words: list[str] = arguments.rest
    named = [word for n, word in enumerate(words) if _ADDRESS.fullmatch(word) or _is_first(n, word)]
    every = [*named, *([arguments.target] if arguments.target else [])]
    if named and len(every) > 1:
        raise UsageError(f"Give one target, not {' and '.join(every)}.")
    if not named:
        given: str | None = arguments.target
        return given
    words.remove(named[0])
    plain = "://" in named[0] or named[0] in {"url", "aws", "replay", *targets()}
    return named[0] if plain else f"http://{named[0]}"


def _is_first(number: int, word: str) -> bool:
    return number == 0 and not word.startswith("-")


def _run(arguments: argparse.Namespace) -> int:
    arguments.detail = _detail(arguments)
    found = configured({**vars(arguments), "target": _target(arguments)}, target="url")
    target = str(found.chosen)
    chosen = found.settings()
    require_possible(chosen)
    for problem in problems():
        say(f"aws-conformance: {problem}", file=sys.stderr)
    os.environ.pop("PYTEST_ADDOPTS", None)  # it is for the user's own tests
    words = [
        f"-c{_SUITE / 'pytest.ini'}",
        f"--rootdir={Path.cwd()}",
        "--noconftest",
        _cache_word(),
        "-pconformance.plugin",
        "-pconformance.runner.progress",
        *_QUIET,
        *_words(arguments, target),
        *arguments.rest,
        "--pyargs",
        "conformance.suite",
    ]
    for word in words:
        if printable(word) != word:  # pytest would print it as it is
            raise UsageError(f"{word!r} holds control characters; give it without them.")
    sys.stdout.flush()
    with redirect_stdout(sys.stderr) if arguments.json else nullcontext():
        if _is_whole(arguments) and parts.is_in_parts(chosen):
            status, report = _in_parts(chosen, words)
        else:
            made = _Made()
            status = int(pytest.main(words, plugins=[_OneSentence(), made]))
            report = made.report
    if arguments.json and report is not None:
        print(printable_json(json_text.text(report)), end="")
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise UsageError(_no_case(arguments))
    return 2 if status == pytest.ExitCode.USAGE_ERROR else status


def _is_whole(arguments: argparse.Namespace) -> bool:
    """Whether no option of pytest but the number of workers says which cases are run, or how."""
    return not (arguments.plan or arguments.rest or arguments.k or arguments.m or arguments.lf)


def _in_parts(settings: Settings, words: Sequence[str]) -> tuple[int, Mapping[str, Any] | None]:
    """Run the parts of a run one after another; the exit status, and the report of all."""

    def run_part(part: Settings) -> int:
        return int(pytest.main([*words], plugins=[_OneSentence(), Part(part)]))

    joined = parts.run(settings, run_part)
    report = joined.report
    if report is None:
        say(f"exit status 2: {joined.problem}")
        return 2, None
    status = conclude(report, settings.report, detail=settings.detail, problem=joined.problem)
    return status, report


def _detail(arguments: argparse.Namespace) -> str | None:
    """The level of detail that -q and -v stand for, or that is given."""
    given = [
        level
        for level, chosen in (
            (Detail.QUIET, arguments.quiet),
            (Detail.VERBOSE, arguments.verbose),
            (arguments.detail, arguments.detail),
        )
        if chosen
    ]
    if len(given) > 1:
        raise UsageError(f"Choose one level of detail, not {' and '.join(given)}.")
    return next(iter(given), None)


class _Made:
    """Keeps the report that a run made."""

    report: Mapping[str, Any] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        plugin = config.pluginmanager.get_plugin(NAME)
        self.report = getattr(plugin, "last_report", None)


def _cache_word() -> str:
    """Where pytest keeps what failed last, for ``--lf``: for each working folder, but not in it."""
    here = hashlib.sha256(os.fsencode(Path.cwd())).hexdigest()[:16]
    folder = cache_folder("pytest") / here
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return "-pno:cacheprovider"
    return f"-ocache_dir={folder}" if os.access(folder, os.W_OK) else "-pno:cacheprovider"


def _no_case(arguments: argparse.Namespace) -> str:
    """The sentence for a selection without cases."""
    words = (("-k", arguments.k), ("-m", arguments.m))
    given = [f"{flag} {value!r}" for flag, value in words if value is not None]
    return (
        f"No case matches {' and '.join(given) or 'the options of pytest'}: -k takes a part of a "
        f"case's id, -m an area ({', '.join(AREAS)}); --plan counts the cases of each area."
    )


class _OneSentence:
    """Shortens pytest's paragraph about an invalid command line to one sentence."""

    @pytest.hookimpl(wrapper=True)
    def pytest_cmdline_parse(self) -> Any:
        try:
            return (yield)
        except pytest.UsageError as error:
            raise self._shortened(str(error)) from error

    def _shortened(self, text: str) -> UsageError:
        line = next((one for one in text.splitlines() if ": error: " in one), text)
        line = " ".join(line.split(": error: ")[-1].split())
        _, colon, unknown = line.partition("unrecognized arguments: ")
        if not colon:
            return UsageError(f"pytest refuses its options: {line.rstrip('.')}.")
        known = [*(option.name for option in OPTIONS), *(flag for flag, _, _ in _PYTEST)]
        return UnknownNameError("option", unknown.split()[0].partition("=")[0], known)


COMMAND = Command(
    description=_DESCRIPTION,
    arguments=_arguments,
    run=_run,
    passes_on=True,
)
