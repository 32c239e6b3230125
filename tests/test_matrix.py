"""Emulators side by side: the file of subjects, the runs, what is kept of them, and the site."""

import base64
import contextlib
import fnmatch
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from sample_reports import MAXIMUM, UNENFORCED, sample

from conformance.cli.main import main
from conformance.errors import TargetError, UsageError
from conformance.installing import commands
from conformance.matrix import compact, installed, results, runs, subjects
from conformance.matrix.processes import Processes
from conformance.matrix.servers import Server, free_port, serving
from conformance.matrix.site import build, pages

ROOT = Path(__file__).parent.parent
SERVE = ROOT / "tests" / "serve.py"
HEAD = 'format = "aws-conformance-subjects/1"\n'
ONE = HEAD + '[[subjects]]\nname = "one"\nversions = ["1"]\nservices = ["sqs"]\n'
STARTED = ONE + 'start = "serve {port}"\n'

#: What a file of subjects may say wrongly, and how the sentence about it ends.
WRONG: dict[str, tuple[str, str]] = {
    "no-format": ("[[subjects]]\n", 'does not say format = "aws-conformance-subjects/1".'),
    "no-toml": ("format = \n", "is no TOML"),
    "empty": (HEAD, "names no subject; add one with [[subjects]]."),
    "unknown-key": (STARTED + 'pipy = "x"\n', "There is no key 'pipy'; did you mean pypi?"),
    "name": (STARTED.replace('"one"', '"a/b"'), "not 'a/b'."),
    "versions": (STARTED.replace('["1"]', "[]"), "name its versions, like versions = ['1.0']."),
    "version-path": (STARTED.replace('["1"]', '["../1"]'), "name its versions"),
    "services": (STARTED.replace('["sqs"]', "[]"), "name its services, like services = ['sqs']."),
    "neither": (ONE, "say either start, the command that serves it, or url."),
    "both": (STARTED + 'url = "http://localhost:1"\n', "say either start"),
    "elsewhere": (ONE + 'url = "https://example.org"\n', "has to be one of this machine"),
    "two-indexes": (STARTED + 'pypi = "a"\nnpm = "a"\n', "say either pypi or npm, not both."),
    "python": (STARTED + 'python = "3.12"\n', "is the version that its pypi needs, like '3.12'."),
    "placeholder": (STARTED.replace("{port}", "{prt}"), "did you mean port?"),
    "quote": (ONE + 'start = "serve \'"\n', "start is no command: No closing quotation."),
    "twice": (STARTED + STARTED.removeprefix(HEAD), "names the subject one twice."),
    "environment": (STARTED + "environment = { PORT = 1 }\n", "environment is a table of texts."),
    "credentials": (STARTED + 'credentials = ["x"]\n', "are an access key and a secret key."),
    "case": (STARTED + STARTED.removeprefix(HEAD).replace("one", "One"), "One beside one"),
    "version-twice": (STARTED.replace('["1"]', '["1", "1"]'), "names the version 1 twice."),
    "service-twice": (STARTED.replace('["sqs"]', '["sqs", "sqs"]'), "the service sqs twice."),
    "port": (STARTED.replace("{port}", "8000"), "say with {port} in start or environment where"),
    "option": (STARTED + 'pypi = "--index-url=x"\n', "--index-url=x is no package"),
    "no-list": (
        STARTED.replace("[[subjects]]", "[subjects]"),
        "begin each entry with [[subjects]].",
    ),
    "number": (HEAD + "absent = 5\n" + STARTED.removeprefix(HEAD), "absent is a list;"),
    "absent": (STARTED + '[[absent]]\nname = "x"\n', "why is a text and is missing."),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_one_sentence(name: str, tmp_path: Path) -> None:
    """What is wrong with a file of subjects is said in one line, with the file's name."""
    text, ending = WRONG[name]
    path = tmp_path / "subjects.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UsageError) as caught:
        subjects.load(path)
    sentence = str(caught.value)
    assert sentence.startswith(str(path))
    assert ending in sentence
    assert "\n" not in sentence


def test_what_is_chosen_is_known(tmp_path: Path) -> None:
    """Subjects, versions and services are chosen by name; an unknown name suggests a known one."""
    path = tmp_path / "subjects.toml"
    path.write_text(STARTED.replace('["1"]', '["2", "1"]'), "utf-8")
    every = subjects.load(path)
    assert [one[1] for one in subjects.chosen(every, ["one"])] == ["2", "1"]
    assert [one[1] for one in subjects.chosen(every, ["one@1"], ["sqs"])] == ["1"]
    with pytest.raises(UsageError, match="did you mean one"):
        list(subjects.chosen(every, ["ones"]))
    with pytest.raises(UsageError, match="There is no service 'sns'"):
        list(subjects.chosen(every, [], ["sns"]))


@pytest.mark.parametrize(
    ("entry", "ending"),
    [
        ('result = "departs"\ntext = "x"\n', "name its clauses, and one of the results"),
        ('clauses = "x"\nresult = "wrong"\ntext = "x"\n', "departs, undecided, mended."),
        ('clauses = "x"\nresult = "mended"\n', "text is a text and is missing"),
        ('clause = "x"\n', "There is no key 'clause'; did you mean clauses?"),
    ],
)
def test_what_was_checked_is_read(tmp_path: Path, entry: str, ending: str) -> None:
    """A comparison by hand has clauses, one of three results, and a text."""
    path = tmp_path / "annotations.toml"
    path.write_text(f'format = "aws-conformance-annotations/1"\n[[checked]]\n{entry}', "utf-8")
    with pytest.raises(UsageError, match=re.escape(ending)):
        subjects.checked(path)
    assert subjects.annotations(path) == ()


@pytest.mark.parametrize("key", ["annotations", "checked"])
def test_annotations_are_lists(tmp_path: Path, key: str) -> None:
    """What is no list of tables is refused in one sentence."""
    path = tmp_path / "annotations.toml"
    path.write_text(f'format = "aws-conformance-annotations/1"\n{key} = 5\n', "utf-8")
    with pytest.raises(UsageError, match=rf"{key} is a list; begin each entry with \[\[{key}\]\]"):
        (subjects.annotations if key == "annotations" else subjects.checked)(path)


def test_what_cannot_be_installed_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment that is not whole is made anew; the installer's reason is passed on."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", os.defpath)
    subject = subjects.Subject(
        name="one", versions=("1",), services=("sqs",), npm=("absent@{version}",), start=("x",)
    )
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho npm error 404 no such package >&2\nexit 1\n", "utf-8")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    said: list[str] = []
    for _ in range(2):
        with pytest.raises(UsageError, match=r"^absent@1 could not be installed here: 404 no such"):
            installed.programs(subject, "1", said.append)
    assert said == ["installing absent@1 from the package index"] * 2
    npm.write_text("#!/bin/sh\nexit 0\n", "utf-8")
    for _ in range(2):
        _, programs = installed.programs(subject, "1", said.append)
    assert programs is not None
    assert programs.parts[-2:] == ("node_modules", ".bin")
    assert len(said) == 3  # what is whole is not installed again


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("npm error code X\nnpm error notarget No version.\nnpm error A log: y", "No version"),
        (
            "npm error code X\nnpm error syscall open\nnpm error No space: z\nnpm error ok",
            "No space: z",
        ),
        ("WARNING: x\nERROR: Could not find.\nERROR: No match.", "No match"),
        ("something", "something"),
        ("", "it says nothing"),
    ],
)
def test_an_installer_says_why(said: str, reason: str) -> None:
    """npm says first what happened, pip and uv say it last."""
    script = f"import sys; sys.exit({said!r} or 1)"
    with pytest.raises(UsageError, match=rf"^it could not be installed here: {reason}\.$"):
        commands.run([sys.executable, "-c", script], "it")


def test_an_installation_is_interrupted() -> None:
    """Once all is to end an installer is killed, and its sentence says so."""
    began = time.monotonic()
    with pytest.raises(UsageError, match=r"^it was not installed: that was interrupted\.$"):
        commands.run(
            [sys.executable, "-c", "import time; time.sleep(60)"], "it", ending=lambda: True
        )
    assert time.monotonic() - began < 30


def test_a_subject_may_need_another_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its environment is of the Python that it names; without that it is said in one sentence."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "subjects.toml"
    other = 'pypi = "absent=={version}"\npython = "3.99"\nstart'
    path.write_text(STARTED.replace("start", other, 1), "utf-8")
    (subject,) = subjects.load(path).subjects
    assert compact.asked(subject, "1", "sqs")["python"] == "3.99"
    with pytest.raises(UsageError, match=r"needs Python 3\.99, and no python3\.99 is on the PATH"):
        installed.programs(subject, "1", lambda line: None)
    asked = tmp_path / "asked"
    python = tmp_path / "python3.99"
    python.write_text(f'#!/bin/sh\necho "$@" > {asked}\nexit 1\n', "utf-8")
    python.chmod(0o755)
    with pytest.raises(UsageError, match=r"^absent==1 could not be installed here"):
        installed.programs(subject, "1", lambda line: None)
    assert asked.read_text("utf-8").startswith("-m venv")


# ---------------------------------------------------------------- servers

#: A server that ends when it is asked for /end, and has a child that ignores all that asks it to.
FRAGILE = """
import http.server, os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('ignoring', flush=True); time.sleep(600)"], stdout=subprocess.PIPE)
child.stdout.readline()
open(sys.argv[2], "a").write(f"{os.getpid()} {child.pid}\\n")
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/end":
            os._exit(3)
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def _answers(port: int, path: str = "/") -> bool:
    with contextlib.suppress(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
        return True
    return False


def _gone(process: int) -> bool:
    """Whether a process that was killed ends; one that was not collected has ended."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            stat = Path(f"/proc/{process}/stat").read_text("utf-8")
        except OSError:
            return True
        if stat.rpartition(")")[2].split()[0] in "ZX":
            return True
        time.sleep(0.02)
    return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the test reads /proc")
def test_a_server_is_kept_up_and_stopped_for_certain(tmp_path: Path) -> None:
    """One that crashes is started again on its port and counted; at the end all of it is gone."""
    listed = tmp_path / "processes"
    port = free_port()
    server = Server(
        [sys.executable, "-c", FRAGILE, str(port), str(listed)],
        port=port,
        folder=tmp_path,
        environment=os.environ,
        log=tmp_path / "log",
        processes=Processes(),
    )
    with serving(server):
        assert _answers(port)
        assert not _answers(port, "/end")
        deadline = time.monotonic() + 30
        while not (server.crashes and _answers(port)):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    assert server.crashes == [3]
    processes = [int(one) for one in listed.read_text("utf-8").split()]
    assert len(processes) == 4
    assert all(map(_gone, processes))


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    """The sentence has its status and the last line of its log."""
    script = "import sys; print('port is taken'); sys.exit(4)"
    server = Server(
        [sys.executable, "-c", script],
        port=free_port(),
        folder=tmp_path,
        environment=os.environ,
        log=tmp_path / "log",
        processes=Processes(),
    )
    with (
        pytest.raises(TargetError, match=r"^The server ended with status 4: port is taken\.$"),
        serving(server),
    ):
        pass


# ---------------------------------------------------------------- runs

TWO = f"""
format = "aws-conformance-subjects/1"
services = ["chime"]

[[subjects]]
name = "correct"
home = "https://example.org/correct"
versions = ["2", "1"]
start = "{{python}} -m conformance.reference --port {{port}}"
settings = "None."

[[subjects]]
name = "faulty"
versions = ["1"]
start = "{{python}} '{SERVE}' --port {{port}} --fault '{UNENFORCED}'"

[[absent]]
name = "another"
why = "it needs a container"
"""
ANSWER = f"""
format = "aws-conformance-annotations/1"
[[annotations]]
subject = "faulty"
clause = "{MAXIMUM}"
text = "Planned for the next release."
author = "its author"

[[checked]]
clauses = ["chime:*/request/MaxResults/maximum"]
result = "departs"
text = "The page states the bound."
source = "https://docs.aws.amazon.com/"
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with subjects, their reports, and their site."""
    folder = tmp_path_factory.mktemp("matrix")
    (folder / "subjects.toml").write_text(TWO, "utf-8")
    (folder / "annotations.toml").write_text(ANSWER, "utf-8")
    words = ["--only=correct@2", "--only=faulty", "--jobs=2"]
    done = _matrix(folder, *words)
    assert done.returncode == 0, done.stderr
    assert "2 runs of 2 to make" in done.stderr
    # the older version differs by what a test can see alone
    old = compact.read(compact.place(folder / "reports", "faulty", "1", "chime"))
    _rewrite(folder / "reports", old, "correct", "1")
    return folder


def _matrix(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conformance", "matrix", str(folder / "subjects.toml")]
    return subprocess.run(
        [*command, "-o", str(folder / "site"), *words],
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )


def _rewrite(folder: Path, report: dict[str, Any], name: str, version: str, **other: Any) -> None:
    """Keep a report as one of another subject and version."""
    chosen = next(
        one for one in subjects.load(folder.parent / "subjects.toml").subjects if one.name == name
    )
    data = {
        **report,
        "subject": {"name": name, "version": version},
        "asked": compact.asked(chosen, version, "chime"),
        **other,
    }
    del data["digest"]
    compact.write(
        compact.place(folder, name, version, "chime"),
        {**data, "digest": compact.digest(data)},
    )


def _wanted(folder: Path) -> list[runs.Wanted]:
    every = subjects.load(folder / "subjects.toml")
    return [
        runs.Wanted(subject=subject, version=version, service=service)
        for subject, version, service in subjects.chosen(every)
    ]


def test_a_run_keeps_what_it_found(made: Path) -> None:
    """A compact report has verdicts, the finding on a violated clause, and nothing of here."""
    correct = compact.read(compact.place(made / "reports", "correct", "2", "chime"))
    faulty = compact.read(compact.place(made / "reports", "faulty", "1", "chime"))
    assert results.verdicts(correct)[MAXIMUM] == "pass"
    assert results.verdicts(faulty)[MAXIMUM] == "fail"
    assert not correct["findings"]
    finding = faulty["findings"][MAXIMUM]
    assert finding["exchange"]["response"]["status"] == 200
    assert "http://127.0.0.1:5000/" in finding["curl"]
    assert correct["suite"] == faulty["suite"]
    numbers = results.counts(correct)
    assert (numbers["asked"], numbers["there"], numbers["fail"]) == (3, 3, 0)
    assert numbers["pass"] == numbers["clauses"] - numbers["inconclusive"] > 200
    text = json.dumps([correct, faulty])
    assert not [one for one in (str(Path.home()), str(made)) if one in text]


@pytest.mark.parametrize("home", ["/", "/srv/someone"])
def test_what_was_asked_is_kept_as_it_is_said(monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    """An address is as in the file of subjects, or the run would be due again; no home is kept."""
    monkeypatch.setenv("HOME", home)
    report = sample(UNENFORCED)
    url = report["target"]["endpoint"]
    words = ("/srv/someone/serve", "/srv/someone-else")
    subject = subjects.Subject(
        name="one", versions=("1",), services=("chime",), url=url, start=words
    )
    asked = compact.asked(subject, "1", "chime")
    data = compact.compacted(
        report,
        subject="one",
        version="1",
        service="chime",
        asked=asked,
        crashes=(),
        hidden=(home, "/srv/here"),
    )
    assert data["asked"] == asked
    assert asked["url"] == url
    kept = ["…/serve" if home != "/" else words[0], words[1]]
    assert asked["start"] == kept
    assert data["operations"] == report["operations"]
    assert data["findings"][MAXIMUM]["exchange"]["request"]["url"].startswith(
        "http://127.0.0.1:5000/"
    )


def test_a_run_that_is_there_is_not_made_again(made: Path, tmp_path: Path) -> None:
    """Due is what is missing, changed, asked otherwise, or of another suite or case set."""
    folder = tmp_path / "reports"
    (tmp_path / "subjects.toml").write_text(TWO, "utf-8")
    source = {
        (one["subject"]["name"], one["subject"]["version"]): one
        for one in compact.every(made / "reports")
    }
    for (name, version), report in source.items():
        compact.write(compact.place(folder, name, version, "chime"), report)
    every = _wanted(tmp_path)

    def due() -> list[str]:
        return [one.name for one in runs.due(every, folder)]

    assert due() == []
    report = source["correct", "2"]
    _rewrite(folder, report, "correct", "2", suite={**report["suite"], "version": "0.0.1"})
    assert due() == ["correct 2 chime"]
    later = {**report["suite"], "case_set": "sha256:" + "0" * 64}
    _rewrite(folder, report, "correct", "2", suite=later, started="2999-01-01T00:00:00Z")
    assert due() == ["correct 2 chime"]
    found = results.Results(subjects.load(tmp_path / "subjects.toml"), compact.every(folder))
    assert len(found) == 1
    assert {why for _, why in found.left_out} == {
        "it has another case set than the newest report of its service"
    }
    assert "Reports that are left out" in pages(found)["index.html"]
    path = compact.place(folder, "correct", "2", "chime")
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"pass", b"fail")))
    assert due() == ["correct 2 chime"]
    with pytest.raises(UsageError, match="was changed: its digest is not that of its content"):
        compact.every(folder)


#: One that is never ready has such a child, too.
NEVER = FRAGILE.partition("class Handler")[0] + "import time; time.sleep(600)"


@pytest.mark.parametrize(
    ("server", "signals", "status"),
    [
        (FRAGILE, [signal.SIGTERM], 130),
        (NEVER, [signal.SIGINT, signal.SIGTERM, signal.SIGTERM], 130),
        (FRAGILE, [signal.SIGKILL], -9),
    ],
    ids=["asked", "asked-three-times-while-it-starts", "killed"],
)
def test_an_interrupted_matrix_leaves_no_server(
    made: Path, tmp_path: Path, server: str, signals: list[signal.Signals], status: int
) -> None:
    """However it ends while a run is under way, no server is left, and nothing is kept."""
    script = tmp_path / "serve.py"
    script.write_text(server, "utf-8")
    listed = tmp_path / "processes"
    start = f"{{python}} '{script}' {{port}} '{listed}'"
    (tmp_path / "subjects.toml").write_text(ONE + f'start = "{start}"\n', "utf-8")
    command = [sys.executable, "-m", "conformance", "matrix", str(tmp_path / "subjects.toml")]
    with subprocess.Popen(
        [*command, "-o", str(tmp_path / "site")],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 60
        while not listed.exists() or not listed.read_text("utf-8").endswith("\n"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        for one in signals:
            process.send_signal(one)
            time.sleep(0.1)
        _, said = process.communicate(timeout=60)
    assert process.returncode == status, said
    assert "Traceback" not in said
    assert all(_gone(int(one)) for one in listed.read_text("utf-8").split())
    assert not list((tmp_path / "reports").glob("*/*/*"))


def test_reports_have_a_place(made: Path, tmp_path: Path) -> None:
    """Where they cannot be kept is said before a run; one that lies elsewhere is not another's."""
    (tmp_path / "reports").touch()
    with pytest.raises(UsageError, match="Reports cannot be kept in "):
        runs.make(_wanted(made), tmp_path / "reports", jobs=1, say=lambda line: None)
    folder = tmp_path / "kept"
    path = compact.place(folder, "correct", "1", "chime")
    compact.write(path, compact.read(compact.place(made / "reports", "correct", "2", "chime")))
    assert [one.name for one in runs.due(_wanted(made), folder)] == [
        *("correct 2 chime", "correct 1 chime", "faulty 1 chime"),
    ]
    with pytest.raises(UsageError, match="is the report of correct 2 chime; remove it"):
        compact.every(folder)


def test_annotations_that_are_named_are_there(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is named and missing is not passed over; the one beside the subjects may be."""
    words = ["matrix", str(made / "subjects.toml"), "-o", str(tmp_path / "site"), "--build"]
    assert main([*words, "--annotations", str(tmp_path / "none.toml")]) == 2
    assert "There is no file" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_an_annotation_is_about_something(made: Path, tmp_path: Path) -> None:
    """One of a subject, a version or a clause that nothing has is named; the others are not."""
    wrong = [("unknown", "*", ()), ("faulty", "sqs:*", ()), ("faulty", "*", ("2",))]
    said = [
        subjects.Annotation(subject=name, clause=clause, text="x", versions=versions)
        for name, clause, versions in [*wrong, ("faulty", MAXIMUM, ("1",))]
    ]
    every = subjects.load(made / "subjects.toml")
    lines = build(every, said, made / "reports", tmp_path)
    assert lines[:-1] == [
        f"The annotation of {name} on {clause} is about nothing that is shown"
        for name, clause, _ in wrong
    ]


# ---------------------------------------------------------------- the site


def test_the_site_shows_what_parts_the_subjects(made: Path) -> None:
    """Counts with denominators, the clause that parts, badges, data, what was not measured."""
    site = made / "site"
    _matrix(made, "--build")
    names = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert names == {
        *("index.html", "service/chime.html", "subject/correct.html", "subject/faulty.html"),
        *("data/index.json", "data/chime.json"),
        *("feed.xml", "feed/correct.xml", "feed/faulty.xml"),
        *(
            f"badges/{s}{rest}"
            for s in ("correct", "faulty")
            for rest in (".svg", ".json", "/chime.svg", "/chime.json")
        ),
    }
    index = json.loads((site / "data" / "index.json").read_text("utf-8"))
    rows = {(one["subject"]["name"], one["subject"]["version"]): one for one in index["results"]}
    assert rows["correct", "2"]["fail"] == 0 < rows["faulty", "1"]["fail"]
    page = (site / "index.html").read_text("utf-8")
    said = ("it needs a container", "Planned for the next release.", "The page states the bound.")
    for text in (*said, index["digest"]):
        assert text in page
    service = (site / "service" / "chime.html").read_text("utf-8")
    assert f'data-clause="{MAXIMUM}"' in service
    assert "1 better" not in (site / "subject" / "faulty.html").read_text("utf-8")
    assert " better, 0 worse" in (site / "subject" / "correct.html").read_text("utf-8")
    for html in site.rglob("*.html"):
        assert index["digest"] in html.read_text("utf-8")


def test_there_is_nothing_to_show_without_reports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--build`` alone runs nothing: without reports it says so, and its status is 2."""
    (tmp_path / "subjects.toml").write_text(STARTED, "utf-8")
    words = ["matrix", str(tmp_path / "subjects.toml"), "-o", str(tmp_path / "site"), "--build"]
    assert main(words) == 2
    assert "There is no report of these subjects" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()


def test_the_committed_reports_make_the_site() -> None:
    """All of them are whole, belong together, and hold neither a path nor an index's host."""
    every = subjects.load(ROOT / "matrix" / "subjects.toml")
    said = ROOT / "matrix" / "annotations.toml"
    answers, checked = subjects.annotations(said), subjects.checked(said)
    reports = compact.every(ROOT / "matrix" / "reports")
    found = results.Results(every, reports, answers, checked)
    assert found.left_out == []
    clauses = {clause for report in reports for clause in results.verdicts(report)}
    for one in checked:
        known = any(fnmatch.filter(clauses, pattern) for pattern in one.clauses)
        assert known or one.result == "mended", one.clauses
    assert len(found.measured()) >= 5
    contents = pages(found)
    assert {f"service/{one}.html" for one in found.services} <= contents.keys()
    for report in reports:
        text = json.dumps(report)
        for word in ("/root/", "/home/", "site-packages", "node_modules", "/tmp/", "registry."):
            assert word not in text, (report["subject"], report["service"], word)


# ---------------------------------------------------------------- the browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One headless Chromium."""
    page = pytest.importorskip("test_report_page")
    with page.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=page.CHROMIUM, args=[*page.ARGUMENTS])
        yield started
        started.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_people_find_their_way(made: Path, browser: Any) -> None:
    """On a phone, by keyboard: services are chosen, a clause opens to its exchange."""
    troubles: list[str] = []
    opened = browser.new_context(viewport={"width": 360, "height": 740}).new_page()
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("console", lambda message: troubles.append(message.text))
    opened.goto((made / "site" / "index.html").as_uri())
    opened.wait_for_selector("html[data-ready]", state="attached")
    opened.focus("[name=service]")
    opened.keyboard.press("Space")
    rows = opened.locator("#answer tr[data-subject]")
    assert [one.split("\t")[:2] for one in rows.all_inner_texts()] == [
        ["correct", "3 of 3"],
        ["faulty", "3 of 3"],
    ]
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360
    opened.goto((made / "site" / "service" / "chime.html").as_uri())
    opened.wait_for_selector("html[data-ready]", state="attached")
    opened.keyboard.press("/")
    opened.keyboard.type("maximum")
    line = opened.locator(f'details.row[data-clause="{MAXIMUM}"]')
    line.locator("summary").press("Enter")
    body = line.locator(".body")
    body.wait_for()
    text = body.inner_text()
    checked = "Compared with the documentation by hand: a departure. The page states the bound."
    for part in ("faulty", "expected", "MaxResults", "127.0.0.1:5000", "Planned for", checked):
        assert part in text
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360
    assert troubles == []


LISTS = "s3:ListBucketAnalyticsConfigurations"
GETS = "s3:GetBucketAnalyticsConfiguration"
FUNCTIONS = "lambda:ListFunctions"


def har(method: str, url: str, scope: str = "", **form: str) -> str:
    """A HAR file of one request, signed for a service where that is given."""
    signed = f"AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/{scope}/aws4_request, Signature=0"
    request: dict[str, Any] = {
        "method": method,
        "url": url,
        "headers": [{"name": "Authorization", "value": signed}] if scope else [],
        "postData": {"params": [{"name": name, "value": value} for name, value in form.items()]},
    }
    return json.dumps({"log": {"entries": [{"request": request, "response": {"status": 200}}]}})


def vcrpy(method: str, url: str, scope: str) -> str:
    """A recording of vcrpy as it writes botocore's requests: headers are bytes."""
    signed = f"AWS4-HMAC-SHA256 Credential=K/20260101/us-east-1/{scope}/aws4_request, Signature=0"
    request = {
        "body": None,
        "headers": {"Authorization": [signed.encode()]},
        "method": method,
        "uri": url,
    }
    response = {"body": {"string": "method: POST"}, "headers": {}, "status": {"code": 200}}
    interactions = [{"request": request, "response": response}]
    return str(yaml.dump({"interactions": interactions, "version": 1}))


BINARY = base64.b64encode(b"AmazonSQS.ListQueues").decode()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"operations": {"sqs:ListQueues": {}}, "id": "sqs:ListQueues/x/y"}', "sqs:ListQueues"),
        ("dynamodb:ListTables\nother:Thing\n", "dynamodb:ListTables"),
        ('{"name": "X-Amz-Target", "value": "DynamoDB_20120810.GetItem"}', "dynamodb:GetItem"),
        (f"X-Amz-Target:\n- !!binary |\n  {BINARY}\n", "sqs:ListQueues"),
        ("body: Action=ListTopics&Version=1\nuri: https://sns.us-east-1.x/", "sns:ListTopics"),
        ("arn:aws:sqs:us-east-1:1:Queue Foo.Bar", ""),
        (har("GET", "http://localhost:5000/b?list-type=2", scope="s3"), "s3:ListObjectsV2"),
        (har("GET", "https://b.s3.eu-west-1.amazonaws.com/"), "s3:ListObjects"),
        (har("GET", "https://b.s3.amazonaws.com/k/e/y?uploadId=1"), "s3:ListParts"),
        (har("GET", "http://localhost:1/", scope="s3"), "s3:ListBuckets"),
        (har("GET", "http://localhost:1/", scope="s3express"), "s3:ListDirectoryBuckets"),
        (har("GET", "http://localhost:1/b?analytics", scope="s3"), LISTS),
        (har("GET", "http://localhost:1/b?analytics&id=1", scope="s3"), GETS),
        (har("GET", "http://localhost:1/2015-03-31/functions/", scope="lambda"), FUNCTIONS),
        (har("POST", "http://localhost:1/", scope="sns", Action="ListTopics"), "sns:ListTopics"),
        (vcrpy("GET", "http://localhost:1/2015-03-31/functions/f", "lambda"), "lambda:GetFunction"),
        (har("GET", "http://localhost:5000/b?list-type=2"), ""),
        (har("PATCH", "http://localhost:5000/b", scope="s3"), ""),
    ],
    ids=[
        *("report", "list", "HAR", "vcrpy", "query", "none", "REST", "host", "key", "root"),
        *("express", "lists", "gets", "path", "form", "YAML", "unsigned", "no-operation"),
    ],
)
def test_a_file_of_calls(committed: Path, browser: Any, text: str, found: str) -> None:
    """The calls that a dropped file names are chosen, however it names them; others are not."""
    troubles: list[str] = []
    opened = browser.new_context().new_page()
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("request", lambda one: one.url.startswith("file:") or troubles.append(one.url))
    opened.goto((committed / "index.html").as_uri())
    opened.wait_for_selector("html[data-ready]", state="attached")
    opened.set_input_files(
        "#file", {"name": "calls.txt", "mimeType": "text/plain", "buffer": text.encode()}
    )
    opened.locator("#read", has_text="calls.txt").wait_for()
    assert opened.input_value("#calls") == found
    assert bool(opened.locator("#answer tr[data-subject]").count()) == bool(found)
    assert troubles == []


def read_by(committed: Path, browser: Any, *files: tuple[str, bytes]) -> Any:
    """The first page once it has read files; what it must not do is an error."""
    opened = browser.new_context().new_page()
    troubles: list[str] = []
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("dialog", lambda dialog: troubles.append(dialog.message))
    opened.goto((committed / "index.html").as_uri())
    opened.wait_for_selector("html[data-ready]", state="attached")
    opened.set_input_files(
        "#file",
        [{"name": name, "mimeType": "text/plain", "buffer": content} for name, content in files],
    )
    opened.locator("#read", has_text=files[-1][0]).wait_for(timeout=10_000)
    assert troubles == []
    return opened


def entry(**request: Any) -> bytes:
    return json.dumps({"log": {"entries": [{"request": request}]}}).encode()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(
    "content",
    [
        entry(method="GET", url="http://localhost/?x=%zz&y=%"),
        entry(method="GET", url="http://localhost/", headers=[None, {"name": "a"}]),
        entry(method="GET", url="http://localhost/", headers=[], postData={"params": {"a": 1}}),
        entry(method=7, url=5),
        b'{"log": {"entries": [null, 5, {"request": null}]}}',
        bytes(range(256)),
        b"",
        b"sqs:Nothing constructor:Foo AmazonSQS.Nothing Action=Nothing",
    ],
    ids=["percent", "headers", "form", "numbers", "entries", "binary", "empty", "no-operation"],
)
def test_a_file_of_anything(committed: Path, browser: Any, content: bytes) -> None:
    """Whatever a file holds, the page says what it found; what the SDK does not have is no call."""
    opened = read_by(committed, browser, ("any", content))
    assert "any names no operation of a measured service" in opened.inner_text("#read")
    assert opened.input_value("#calls") == ""


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_what_was_not_measured_is_not_missing(committed: Path, browser: Any) -> None:
    """An emulator is counted by what it was asked; the others, and unread requests, are named."""
    text = "<img src=x onerror=alert(1)> dynamodb:ListTables sqs:ListQueues sqs:CreateQueue s3:No"
    unsigned = entry(method="GET", url="http://localhost:1/b?list-type=2", headers=[])
    opened = read_by(committed, browser, ("calls", text.encode()), ("own.har", unsigned))
    said = opened.inner_text("#read")
    assert "calls: 3 operations of measured services." in said
    assert "own.har names no operation of a measured service; not recognised: 1 request" in said
    rows = {one.split("\t")[0]: one for one in opened.locator("#answer tbody tr").all_inner_texts()}
    assert rows["moto"].split("\t")[1] == "2 of 2"
    assert rows["LocalStack"].split("\t")[1] == "1 of 1"
    assert "not measured: dynamodb" in rows["LocalStack"]
    assert "s3rver" not in rows
    answer = opened.inner_text("#answer")
    assert re.search(r"Not measured on any of them: .*s3rver", answer)
    assert "Not asked, as they change things: sqs:CreateQueue" in answer
    opened.fill("#calls", "s3:No <b>x</b>")
    assert "No operation of a measured service: s3:No, <b>x</b>" in opened.inner_text("#answer")


def test_feeds_tell_runs_and_changes(made: Path) -> None:
    """An entry for each run, the newest first, with the clauses that became better or worse."""
    atom = "{http://www.w3.org/2005/Atom}"
    whole = ElementTree.parse(made / "site" / "feed.xml").getroot()
    dates = [one.findtext(f"{atom}updated") for one in whole.iter(f"{atom}entry")]
    assert dates == sorted(dates, reverse=True)
    assert whole.findtext(f"{atom}updated") == dates[0]
    own = ElementTree.parse(made / "site" / "feed" / "faulty.xml").getroot()
    titles = [str(one.findtext(f"{atom}title")) for one in own.iter(f"{atom}entry")]
    assert titles
    assert all(one.startswith("faulty ") for one in titles)
    assert len(dates) > len(titles)
    ids = [one.text for one in whole.iter(f"{atom}id")]
    assert len(ids) == len(set(ids))
    link = own.find(f"{atom}entry/{atom}link")
    assert link is not None
    assert (made / "site" / "feed" / link.attrib["href"]).resolve().is_file()


@pytest.fixture(scope="module")
def committed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the committed reports."""
    folder = tmp_path_factory.mktemp("site")
    every = subjects.load(ROOT / "matrix" / "subjects.toml")
    build(every, (), ROOT / "matrix" / "reports", folder)
    return folder


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_accessibility_engine_finds_nothing(made: Path, browser: Any, scheme: str) -> None:
    """axe-core finds nothing on any kind of page, in either scheme."""
    page = pytest.importorskip("test_report_page")
    opened = browser.new_context(color_scheme=scheme).new_page()
    for name in ("index", "service/chime", "subject/correct"):
        opened.goto((made / "site" / f"{name}.html").as_uri())
        opened.evaluate(
            "[...document.querySelectorAll('details')].forEach(one => { one.open = true })"
        )
        result = page.Axe().run(opened)
        assert result.violations_count == 0, result.generate_report()
