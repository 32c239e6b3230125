"""The pytest plugin: options, fixtures and hooks. Nothing here judges or sends.

It acts only in runs that collect ``conformance/suite``; in every other run it only adds its
options.
"""

import gc
import os
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.checks.findings import Verdict
from conformance.errors import ConformanceError, TargetError, UsageError
from conformance.execution.engine import Result, Tried
from conformance.generation.clauses import AREAS, area
from conformance.generation.plans import Case
from conformance.report import build, expectations, facts, terminal, writer
from conformance.report.printing import counted, printable
from conformance.runner import github, hookspecs, plan
from conformance.runner.again import command
from conformance.runner.configuration import configured
from conformance.runner.interruptions import Interruptions
from conformance.runner.items import CaseItem, items
from conformance.runner.journals import left_behind
from conformance.runner.options import OPTIONS
from conformance.runner.preflight import recipes, require_possible
from conformance.runner.run import Run
from conformance.runner.settings import Settings, unpacked
from conformance.spec.files import cache_folder

_SUITE = Path(__file__).parent.parent / "suite"
_PACKAGE = "conformance.suite"
NAME = "conformance-suite"
#: Seconds between two looks whether the run that a part belongs to goes on.
_EVERY = 0.5
_CHANGING = "left out because they change things: {} (--mutating includes them)"
#: Why a case is skipped after ``--max-time``.
OUT_OF_TIME = "not run: the time of --max-time is over"

_GRAVE = frozenset({Verdict.ERROR, Verdict.FAIL, Verdict.UNSUPPORTED})
_EXERCISED = _GRAVE | {Verdict.PASS, Verdict.WARN}
#: The style of a line → pytest's words for its colour.
_COLOURS: Mapping[str, Mapping[str, bool]] = {
    "fail": {"red": True, "bold": True},
    "unsupported": {"red": True, "bold": True},
    "error": {"red": True, "bold": True},
    "warn": {"yellow": True, "bold": True},
    "pass": {"green": True},
    "conformant": {"green": True, "bold": True},
    "non-conformant": {"red": True, "bold": True},
    "inconclusive": {"yellow": True},
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "AWS conformance")
    for option in OPTIONS:
        group.addoption(option.name, help=option.help, **option.arguments)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(hookspecs)


def _judges(config: pytest.Config) -> bool:
    """Whether this run's arguments include the suite."""
    for argument in config.args:
        name = argument.split("::")[0]
        if name == _PACKAGE or name.startswith(f"{_PACKAGE}."):
            return True
        path = Path(config.invocation_params.dir, name).resolve()
        if path.is_relative_to(_SUITE) or path in (_SUITE.parent, _SUITE.parent.parent):
            return True
    return False


def pytest_configure(config: pytest.Config) -> None:
    for one in AREAS:
        config.addinivalue_line("markers", f"{one}: cases that can yield findings of this area")
    if _judges(config):
        # Hypothesis would put .hypothesis into the working folder
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(cache_folder("hypothesis")))
        common = getattr(config, "workerinput", {}).get("conformance")
        settings = _settings(config, common)
        config.pluginmanager.register(SuitePlugin(Run(settings, common), config), NAME)


def _settings(config: pytest.Config, common: Mapping[str, Any] | None = None) -> Settings:
    """The settings of a run: those that its controller or the command has checked, else its own."""
    for plugin in config.pluginmanager.get_plugins():
        if isinstance(plugin, Part):
            return plugin.settings
    try:
        if common is not None:
            return unpacked(common["settings"], configured(vars(config.option)).options)
        return configured(vars(config.option)).settings()
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_cmdline_main(config: pytest.Config) -> int | None:
    if not config.option.plan or not _judges(config):
        return None
    chosen = _settings(config)
    try:
        require_possible(chosen)
    except ConformanceError as error:
        raise pytest.UsageError(str(error)) from error
    for line in plan.lines(chosen, Run(chosen).tried, recipes(chosen)):
        print(printable(line))
    return 0


def _grave(settings: Settings) -> frozenset[Verdict]:
    """The verdicts that fail a test."""
    return _GRAVE | {Verdict.WARN} if settings.fail_on_warn else _GRAVE


def _deciding(settings: Settings, data: build.Data) -> build.Data:
    """A result with the findings alone that decide about its test."""
    return {**data, "findings": [f for f in data["findings"] if settings.decides(f["area"])]}


def failed(settings: Settings, data: build.Data) -> bool:
    """Whether the test of a case with this result fails."""
    grave, deciding = _grave(settings), _deciding(settings, data)
    found = any(finding["verdict"] in grave for finding in deciding["findings"])
    return found and not expectations.reason_expected(settings.expected, deciding, grave)


def conclude(settings: Settings, result: Result, data: build.Data) -> None:
    """End the test of a case as its result asks: fail, expected failure, skip, or go on."""
    grave, deciding = _grave(settings), _deciding(settings, data)
    result = result.of(settings.decides)
    if result.outcome in grave:
        if reason := expectations.reason_expected(settings.expected, deciding, grave):
            pytest.xfail(f"expected: {reason}")
        pytest.fail("\n".join(terminal.failures(deciding, grave)), pytrace=False)
    if result.outcome is Verdict.INCONCLUSIVE:
        pytest.skip(f"inconclusive: {result.reason}")


class Part:
    """Makes a run of pytest one part of a run, in a process that the run has forked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        threading.Thread(target=self._end_with, args=(os.getppid(),), daemon=True).start()

    def _end_with(self, parent: int) -> None:
        """End as after a signal when the run has been killed: nothing would join this part."""
        while os.getppid() == parent:
            time.sleep(_EVERY)
        os.kill(os.getpid(), signal.SIGTERM)


class SuitePlugin:
    """The hooks of a run that judges a target."""

    def __init__(self, run: Run, config: pytest.Config) -> None:
        self.run = run
        self.last_report: build.Data | None = None
        self._config = config
        self._is_worker = hasattr(config, "workerinput")
        self._fresh: dict[str, build.Data] = {}
        self._started = False
        self._provisioning_printed = False
        self._interruptions = Interruptions()
        self._is_interrupted = False
        self._report = ""
        self._status = 0
        self._problem = ""
        self._not_run = 0
        self._slowed = ""

    # ------------------------------------------------------------ before

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        if self._is_worker or session.config.option.collectonly:
            return
        self._interruptions.install()
        try:
            require_possible(self.run.settings)
            self.run.engine  # noqa: B018 - starts the embedded server
            self.run.require_target()
            self._started = True
        except ConformanceError as error:
            pytest.exit(str(error), returncode=2)

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Any:
        """Keep the garbage collector from the cases, which are many and last as long as the run."""
        gc.disable()
        try:
            return (yield)
        finally:
            gc.enable()
            gc.freeze()

    def _provision(self) -> None:
        """Make what the operations need; each user's hook is called on its own."""
        manager = self._config.pluginmanager
        known = manager.hook.pytest_conformance_provision.get_hookimpls()
        hooks = []
        for own in known:
            others = [other.plugin for other in known if other.plugin is not own.plugin]
            caller = manager.subset_hook_caller("pytest_conformance_provision", others)
            hooks.append(lambda target, caller=caller: next(iter(caller(target=target)), None))
        self.run.provision(hooks)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        # with workers the controller has no items, and has provisioned before them
        if self._started and session.items:
            self._provision()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        self._provision()
        number = int(node.workerinput["workerid"].removeprefix("gw"))
        share = {"worker": number, "workers": node.workerinput["workercount"]}
        node.workerinput["conformance"] = {**self.run.common(), **share}

    def pytest_report_header(self) -> str | None:
        left_out, lines = self.run.settings.left_out, [self._target()]
        if left_out:
            count = counted(len(left_out), "operation")
            why = plan.KEPT_FROM_AWS if self.run.settings.kind == "aws" else _CHANGING
            lines.append(why.format(count))
        if not self._is_worker:
            lines.append(left_behind(self.run.settings))
        if self.run.resumed:
            lines.append(f"resumed: {counted(len(self.run.resumed), 'case')} had a result before")
        return "\n".join(line for line in lines if line) or None

    def _target(self) -> str | None:
        url = self.run.url
        if self.run.settings.kind == "replay":
            return f"target: replay of {self.run.replay_source()}"
        if self.run.settings.embedded and url:
            return f"target: the embedded reference server at {url} (no --endpoint-url given)"
        return f"target: {url}" if url else None

    def pytest_pycollect_makeitem(
        self, collector: pytest.Collector, name: str, obj: Any
    ) -> list[CaseItem] | None:
        if not isinstance(collector, pytest.Module) or collector.path.parent != _SUITE:
            return None
        if not collector.funcnamefilter(name):
            return None
        operations = {one.id: one for one in self.run.operations}
        return list(items(collector, name, obj, self.judge, self.run.tried, operations))

    # ------------------------------------------------------------ during

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Any:
        with self._interruptions.postponed():
            return (yield)

    def judge(self, tried: Tried) -> None:
        """Run and judge one case; its result goes to the report, its outcome to pytest."""
        if self.run.is_out_of_time:
            pytest.skip(OUT_OF_TIME)
        try:
            with self._interruptions.immediate():
                result = self.run.run(tried)
        except TargetError as error:
            pytest.exit(str(error), returncode=2)
        case = tried if isinstance(tried, Case) else None
        data = self._fresh[tried.id] = self.run.result_data(result, case)
        self._slowed = self.run.pace.slowed()
        conclude(self.run.settings, result, data)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report = yield
        if isinstance(item, CaseItem):
            data = self._fresh.pop(item.tried.id, None)
            if data is None and report.failed:
                data = build.error_data(item.tried.id, report.longreprtext)
            if data is not None:
                report.conformance = data
                report.slowed, self._slowed = self._slowed, ""
            elif call.excinfo and str(call.excinfo.value) == OUT_OF_TIME:
                report.is_out_of_time = True
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self._is_worker:
            return
        # pytest keeps its reports until the end: they need not hold the results as well
        data = vars(report).pop("conformance", None)
        self._not_run += getattr(report, "is_out_of_time", False)
        if slowed := getattr(report, "slowed", ""):
            self._print_at_once(slowed)
        if data is None and report.failed and "[" in report.nodeid:
            # a worker that died has reported no result for its case
            case = report.nodeid.split("[", 1)[1].removesuffix("]")
            if any(case == tried.id for tried in self.run.tried):
                data = build.error_data(case, report.longreprtext)
        if data is not None:
            self.run.add(data, report.duration)

    def _print_at_once(self, line: str) -> None:
        """Print a line beside the progress of the run."""
        terminal_reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal_reporter is not None:
            terminal_reporter.ensure_newline()
            terminal_reporter.write_line(printable(line), **_COLOURS["warn"])

    # ------------------------------------------------------------ after

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        self._is_interrupted = True
        self._interruptions.end()

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Any:
        # the innermost wrapper: workers have ended, and nothing is printed yet
        self._interruptions.end()
        try:
            return (yield)
        finally:
            self._take_down()
            if self._is_worker:
                put_out: dict[str, Any] = vars(session.config)["workeroutput"]
                put_out["conformance"] = self.run.belongings.data()
            self._status = session.exitstatus = self._finish(session.exitstatus)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        # a worker that died has put out nothing
        if left := getattr(node, "workeroutput", {}).get("conformance"):
            self.run.belongings.add(left)

    def _take_down(self) -> None:
        """Delete what was made, until signals make clear that this takes too long."""
        if self._interruptions.stops(self.run.take_down):
            self.run.abandon()

    def _finish(self, exitstatus: int) -> int:
        """Make the report of a run that tried something, or was to; the exit status in the end."""
        broken = {pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR}
        if self.run.resumed and exitstatus in {
            pytest.ExitCode.OK,
            pytest.ExitCode.NO_TESTS_COLLECTED,
        }:
            before = (self.run.results[name] for name in self.run.resumed)
            exitstatus = int(any(failed(self.run.settings, one) for one in before))
        interrupted = self._is_interrupted or exitstatus in broken
        if not self._started or not (self.run.results or interrupted or self._not_run):
            return exitstatus
        options = configured(vars(self._config.option)).options
        again = command(self.run.settings, options, self.run.url)
        self.last_report = self.run.report(again=again, interrupted=interrupted)
        decides = self.run.settings.decides
        verdicts = {f["verdict"] for f in self.last_report["findings"] if decides(f["area"])}
        stopped = self.run.recording is not None and self.run.recording.stopped
        self._problem = "recording stopped" if stopped else ""
        if stopped or (not interrupted and not verdicts & _EXERCISED):
            exitstatus = 2
        elif exitstatus == 0:
            passed = expectations.unexpected_passes(self.last_report)
            exitstatus = int(any(decides(area(one["clause"])) for one in passed))
        try:
            self.run.write_traffic()
        except UsageError as error:
            exitstatus, self._report, self._problem = 2, str(error), "the HAR could not be written"
        if self.run.settings.report is not None:
            try:
                self._report = self._written(self.run.settings.report, self.last_report)
                self.run.end_results(reported=not (interrupted or self._not_run))
            except UsageError as error:
                exitstatus = 2
                self._report = str(error)
                self._problem = "the report could not be written"
        return exitstatus

    def _written(self, folder: Path, report: build.Data) -> str:
        """Write the report, and say where; that of a part is for the command that joins it."""
        if self.run.settings.joined:
            writer.write_data(folder, report)
            return ""
        return f"report: {writer.write(folder, report).with_name('report.html')}"

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self.last_report is None or self.run.settings.joined:
            self._print_provisioning()
            return
        if self._config.get_verbosity() > -2:
            terminalreporter.section("conformance")
        detail = self.run.settings.detail
        for line in terminal.lines(self.last_report, detail=detail):
            style = line.style if isinstance(line, terminal.Line) else ""
            terminalreporter.write_line(printable(line), **_COLOURS.get(style, {}))
        if self._not_run:
            most = f"{self.run.settings.max_time:g} s (--max-time)"
            line = f"stopped after {most}: {counted(self._not_run, 'case')} not run"
            terminalreporter.write_line(line)
        for line in self.run.recording_lines():
            terminalreporter.write_line(printable(line))
        self._print_provisioning()
        if self._report:
            terminalreporter.write_line(self._report)
        for line in github.publish(self.last_report):
            terminalreporter.write_line(line)
        decides = self.run.settings.decides
        terminalreporter.write_line(
            facts.why(self.last_report, self._status, self._problem, decides)
        )

    def _print_provisioning(self) -> None:
        """Print what was made and deleted, once."""
        if not self._provisioning_printed:
            for line in self.run.provisioning_lines():
                self._provisioning_printed = True
                self._config.get_terminal_writer().line(printable(line))

    def pytest_unconfigure(self) -> None:
        # a session that was interrupted while it started never finished
        self._interruptions.end()
        self._take_down()
        if self._is_interrupted and self.last_report is None:
            self._finish(pytest.ExitCode.INTERRUPTED)
            if self._report:
                self._config.get_terminal_writer().line(self._report)
        self._print_provisioning()
        self.run.close()
        self._interruptions.restore()
