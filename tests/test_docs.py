"""The documentation: every command, option, link and example in it is true of this checkout."""

import json
import re
import shlex
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

import conformance
from conformance.cli.main import COMMANDS, main, parser
from conformance.execution.engine import areas
from conformance.generation.cases import cases
from conformance.generation.plans import Case
from conformance.matrix import subjects
from conformance.report import build, terminal
from conformance.report.expectations import load
from conformance.runner.api import Report
from conformance.runner.configuration import configured
from conformance.runner.options import OPTIONS
from conformance.runner.run import Run
from conformance.runner.settings import settings
from conformance.spec import observed
from conformance.spec.documents import documented
from conformance.version import __version__

ROOT = Path(__file__).parent.parent
#: What people wrote; docs/calibration.md is made by ``make calibrate``.
PAGES = {
    path.relative_to(ROOT).as_posix(): path
    for path in sorted(
        [
            *ROOT.glob("*.md"),
            *ROOT.glob("docs/*.md"),
            *ROOT.glob("cassettes/**/*.md"),
            *ROOT.glob("schemas/**/*.md"),
        ]
    )
    if path.name != "calibration.md"
}
TEXTS = {name: path.read_text("utf-8") for name, path in PAGES.items()}
README = TEXTS["README.md"]
HEADINGS = (
    "Installation",
    "Quick start",
    "Usage",
    "Configuration",
    "Provisioning",
    "Recording",
    "Replay",
    "Reports",
    "Python API",
    "Contributing",
)
#: Options of pytest and its plugins that examples use.
PYTESTS = {"-k", "-m", "-n", "-p", "-q", "-x", "--pyargs"}
#: The house's own idiom, for which there are plain words.
IDIOM = re.compile(r"\b(told|stands?|nobody|whoever|bears?|owes?|made[ -]up)\b", re.IGNORECASE)

#: What placeholders in examples may stand for.
STANDS_FOR = {
    "…": "*",
    "CASE": "chime:ListPhoneNumbers/request/MaxResults/maximum/at-99",
    "CLAUSE": "chime:ListPhoneNumbers/request/MaxResults/maximum",
    "PATTERN": "chime:*",
    "SERVICE:OPERATION": "chime:ListPhoneNumbers",
    "OPERATION": "chime:ListPhoneNumbers",
    "http://HOST:PORT": "http://localhost:5000",
}
LOOKS_UP = {"checks", "clauses", "explain", "operations", "resources", "schema"}
RULES = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def printed(url: str, operation: str, chosen: Sequence[str]) -> str:
    """What a run of some cases of an operation, or of all, prints in the end."""
    options = {"target": url, "operations": operation, "case": chosen, "max_examples": 0}
    with closing(Run(settings(options))) as run:
        for tried in run.tried:
            case = tried if isinstance(tried, Case) else None
            run.results[tried.id] = build.result_data(run.engine.run(tried), case)
        text = "\n".join(terminal.lines(run.report(again="aws-conformance certify")))
    return text.replace(url, "http://localhost:5000")


every_page = pytest.mark.parametrize("name", PAGES)


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """The fenced blocks of a page: language and content."""
    for found in re.finditer(r"^( *)```(\w*)\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL):
        yield found[2], found[3]


def of_language(language: str) -> list[Any]:
    """Every block of a language, by its page; the steps of the architecture are carried out."""
    return [
        pytest.param(content, id=f"{name}-{number}")
        for name, text in TEXTS.items()
        if name != "docs/architecture.md"
        for number, (lang, content) in enumerate(blocks(text))
        if lang == language
    ]


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^( *)```.*?^\1```$", "", text, flags=re.MULTILINE | re.DOTALL)


def spoken(text: str) -> Iterator[list[str]]:
    """The commands of a page, in blocks and in the prose, as words."""
    bodies = [body for language, body in blocks(text) if language in {"", "sh", "yaml"}]
    lines = [line for body in bodies for line in body.splitlines()]
    lines += [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose(text))]
    for line in lines:
        command = re.match(r"\s*(?:- run: )?((?:aws-conformance|pytest|make) [^\[]*)", line)
        if command:
            yield shlex.split(re.split(" {3}", command[1])[0], comments=True)


def spoken_by(program: str) -> list[tuple[str, ...]]:
    """Every command of a program that some page gives."""
    every = {tuple(words) for text in TEXTS.values() for words in spoken(text)}
    return sorted(words for words in every if words[0] == program and len(words) > 1)


def anchors(text: str) -> set[str]:
    """The fragments of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one).strip().lower().replace(" ", "-") for one in headings}


def cells(text: str, heading: str) -> list[list[str]]:
    """The rows of the first table below a heading."""
    section = text.split(f"# {heading}\n", 1)[1].lstrip("\n")
    lines = next(part for part in section.split("\n\n") if part.startswith("| ")).splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


class TestReadme:
    def test_its_headings_are_the_usual_ones(self) -> None:
        """A reader finds each subject where it is expected."""
        assert tuple(re.findall(r"^## (.*)$", README, re.MULTILINE)) == HEADINGS

    def test_its_table_has_every_option(self) -> None:
        """Each option of a run has one row, in the order of the help."""
        rows = [row[0].strip("`") for row in cells(README, "Options")]
        known = [f"{one.name} {one.arguments.get('metavar') or ''}".strip() for one in OPTIONS]
        assert rows == ["--target", *known[1:]]

    def test_its_table_has_every_command(self) -> None:
        """Each command has one row, in the order of the help."""
        rows = [row[0].strip("`").split(" ")[0] for row in cells(README, "Commands")]
        assert rows == list(COMMANDS)

    def test_its_variables_are_read(self) -> None:
        """Each environment variable in the table is one that the package reads."""
        package = Path(conformance.__file__).parent
        sources = "\n".join(path.read_text("utf-8") for path in package.rglob("*.py"))
        names = re.findall(r"`([A-Z_]+)`", " ".join(row[0] for row in cells(README, "Environment")))
        assert len(names) > 5
        options = {f"CONFORMANCE_{option.dest.upper()}" for option in OPTIONS}
        for name in names:
            assert name in options or f'"{name}"' in sources, name

    def test_it_names_the_areas(self) -> None:
        """What ``-m`` takes is listed."""
        operation = documented()["chime:ListPhoneNumbers"]
        for name in {area for case in cases(operation) for area in areas(operation, case)}:
            assert f"`{name}`" in README, name

    def test_its_failure_is_what_a_run_prints(self, reference: Any) -> None:
        """The failure in the README is printed of a server with that fault."""
        sample = next(body for _, body in blocks(README) if body.startswith("FAIL "))
        clause = re.search(r"^ +(\S+/\S+): accepted", sample, re.MULTILINE)[1]  # type: ignore[index]
        reference.become(fault=f"{clause}:unenforced")
        operation = documented()[clause.partition("/")[0]]
        chosen = [case.id for case in cases(operation) if case.clause == clause]
        text = printed(reference.url, operation.id, chosen)
        for line in sample.splitlines():
            assert line.removesuffix("…").rstrip() in text

    def test_its_matrix_is_what_a_run_prints(self, reference: Any) -> None:
        """The counts in the README are those of the honest server, which takes a whole run."""
        sample = next(body for _, body in blocks(README) if body.startswith("clauses by worst"))
        header, row = (line.split() for line in sample.splitlines()[:2])
        text = printed(reference.url, row[0], [])
        assert [header, row] == [line.split() for line in text.splitlines()[1:3]]


class TestCommands:
    def test_every_command_has_an_example(self) -> None:
        """The pages show each command at least once."""
        assert {words[1] for words in spoken_by("aws-conformance")} >= {*COMMANDS}

    @pytest.mark.parametrize("words", spoken_by("aws-conformance"), ids=" ".join)
    def test_a_command_takes_what_it_is_given(
        self, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Options, their values and patterns are accepted; what only looks things up is run."""
        monkeypatch.chdir(tmp_path)
        expected = (
            f'[[expected]]\nclause = "{STANDS_FOR["CLAUSE"]}"\nverdict = "fail"\nreason = "x"\n'
        )
        (tmp_path / "expected.toml").write_text(expected)
        (tmp_path / "seen.json").write_text(json.dumps(observed.data({}, [])))
        (tmp_path / "mine").mkdir()
        name, *rest = (STANDS_FOR.get(word, word) for word in words[1:])
        if name in {"--version", "COMMAND"}:
            return
        if name in LOOKS_UP and words[2:]:
            assert main([name, *rest]) == 0
            return
        arguments, others = parser(name).parse_known_args([name, *rest])
        if name == "certify":
            urls = [word for word in others if word.startswith("http")]
            assert {word for word in others if word.startswith("-")} <= PYTESTS
            settings({**vars(arguments), "target": arguments.target or (urls or ["url"])[0]})
        else:
            assert others == []

    @pytest.mark.parametrize("words", spoken_by("pytest"), ids=" ".join)
    def test_pytest_knows_its_options(self, words: tuple[str, ...]) -> None:
        """Options of a pytest command are the suite's own, or pytest's."""
        given = {word.partition("=")[0] for word in words if word.startswith("-")}
        assert given <= {option.name for option in OPTIONS} | PYTESTS

    @pytest.mark.parametrize("words", spoken_by("make"), ids=" ".join)
    def test_make_has_its_target(self, words: tuple[str, ...]) -> None:
        """Every target of make that a page names has a rule."""
        assert words[1] in RULES

    def test_the_checks_end_with_the_readmes_test_command(self) -> None:
        """What has to hold before a change lands ends with the test command of the README."""
        last = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-1]
        assert tuple(last.split()) in {tuple(words) for words in spoken(README)}


class TestExamples:
    @pytest.mark.parametrize("text", of_language("toml"))
    def test_toml_is_of_its_format(
        self, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A provisioning file follows its schema, expected findings and settings can be read."""
        content = tomllib.loads(text)
        if table := content.get("tool", {}).get("aws-conformance"):
            (tmp_path / "pyproject.toml").write_text(text)
            (tmp_path / "mine").mkdir()
            (tmp_path / "expected.toml").write_text("expected = []\n")
            monkeypatch.chdir(tmp_path)
            for name in ("", *table["targets"]):
                assert configured({"target": name}).settings()
        elif content.get("format") in {subjects.FORMAT, subjects.ANNOTATIONS}:
            path = tmp_path / "file.toml"
            path.write_text(text)
            assert (
                subjects.load(path)
                if "subjects" in content
                else (*subjects.annotations(path), *subjects.checked(path))
            )
        elif "format" in content:
            schema = json.loads((ROOT / "schemas" / "provisioning.schema.json").read_text("utf-8"))
            Draft202012Validator(schema).validate(tomllib.loads(text))
        else:
            path = tmp_path / "expected.toml"
            path.write_text(text)
            assert load(path, list(documented().values()))

    @pytest.mark.parametrize("text", of_language("json"))
    def test_json_can_be_read(self, text: str) -> None:
        """An excerpt of JSON is an object, or members of one."""
        assert json.loads(text if text.startswith("{") else f"{{{text}}}")

    @pytest.mark.parametrize("text", of_language("yaml"))
    def test_yaml_can_be_read(self, text: str) -> None:
        """The steps of a CI job are a list of mappings; a whole file is a mapping of jobs."""
        held = yaml.safe_load(text)
        assert held
        assert isinstance(held, dict) or all(isinstance(step, dict) for step in held)

    @pytest.mark.parametrize("text", of_language("python"))
    def test_python_runs(self, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """An example runs: its names exist and take what they are given."""
        if "aws_conformance" in text:
            return  # tests/test_fixture.py runs these together
        certified = []

        def certify(url: str, **options: Any) -> Report:
            certified.append(settings({"target": url, **options}))
            return Report({"verdict": "conformant", "findings": [{"verdict": "pass"}]})

        monkeypatch.setattr(conformance, "certify", certify, raising=False)
        known = {"url": "http://localhost/", "headers": {}, "body": b"{}"}
        exec(compile(text, "example", "exec"), known)
        assert certified or "certify" not in text


class TestFeatures:
    ROWS = cells(TEXTS["docs/features.md"], "What there is, and where it is shown")
    HERE = frozenset(
        {
            *(option.name for option in OPTIONS),
            *COMMANDS,
            *(f"make {rule}" for rule in RULES),
            *(f"conformance.{name}" for name in conformance.__all__),
            "--lf",  # pytest's
        }
    )

    def test_there_are_twenty_five(self) -> None:
        """Each feature has a word on each of the five tools."""
        assert len(self.ROWS) == len({row[0] for row in self.ROWS}) == 25
        assert all(len(row) == 6 and all(row) for row in self.ROWS)

    @pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
    def test_it_is_there_and_shown(self, row: list[str]) -> None:
        """Each option, command or name exists, and the page that is linked names one of them."""
        named, link = re.findall(r"`([^`]+)`", row[1]), re.search(r"\(([^)#]+)", row[1])
        assert named
        assert set(named) <= self.HERE
        assert link
        page = (ROOT / "docs" / link[1]).read_text("utf-8")
        assert any(one.removeprefix("make ") in page for one in named)


class TestPages:
    @every_page
    def test_links_lead_somewhere(self, name: str) -> None:
        """A relative link names a file, and its fragment a heading there."""
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(TEXTS[name])):
            if "://" not in target:
                path, _, fragment = target.partition("#")
                page = (PAGES[name].parent / path).resolve() if path else PAGES[name]
                assert page.exists(), target
                assert not fragment or fragment in anchors(page.read_text("utf-8")), target

    @every_page
    def test_words_are_plain(self, name: str) -> None:
        """The house's own idiom stays out of the documentation."""
        assert IDIOM.findall(TEXTS[name]) == []

    @every_page
    def test_no_index_is_promised(self, name: str) -> None:
        """As long as nothing is published, no page installs the project from an index."""
        assert "pip install aws-conformance" not in TEXTS[name]

    def test_the_changelog_begins_with_this_version(self) -> None:
        """The version of the package has its section."""
        versions = re.findall(r"^## ([\d.]+)", TEXTS["CHANGELOG.md"], re.MULTILINE)
        assert versions[0] == __version__
