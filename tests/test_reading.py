"""Files from strangers: bounded in size, depth and number, and no object is made of them."""

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_layers import MODULES

from conformance.cli.main import main
from conformance.recording import cassette
from conformance.recording.external import files as external
from conformance.spec import reading

DEEP = 50_000


def bomb(levels: int = 8, width: int = 9) -> str:
    """A YAML list whose aliases repeat ``width ** levels`` texts."""
    rows = ["a0: &a0 [" + ", ".join(["lol"] * width) + "]"]
    rows += [
        f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * width) + "]"
        for level in range(1, levels)
    ]
    return "\n".join([*rows, f"interactions: *a{levels - 1}", "version: 1"])


@pytest.fixture
def kept(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a text below a folder and returns its path."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write


#: Reader, text, and the phrase that says what is wrong with it.
BAD: dict[str, tuple[Callable[[Path], Any], str, str]] = {
    "deep JSON": (reading.read_json, "[" * DEEP + "]" * DEEP, "nested too deeply"),
    "JSON below the parser's own bound": (
        reading.read_json,
        "[" * 200 + "]" * 200,
        "nested too deeply",
    ),
    "torn JSON": (reading.read_json, "{", "line 1"),
    "deep TOML": (reading.read_toml, "a = " + "[" * DEEP + "]" * DEEP, "nested too deeply"),
    "dotted TOML": (reading.read_toml, ".".join("a" * DEEP) + " = 1", "nested too deeply"),
    "a dotted table": (reading.read_toml, f"[{'.'.join('a' * DEEP)}]", "nested too deeply"),
    "deep YAML": (reading.read_yaml, "[" * DEEP + "]" * DEEP, "maximum nesting|too deeply"),
    "YAML in blocks": (
        reading.read_yaml,
        "\n".join(" " * n + "a:" for n in range(400)),
        "too deeply",
    ),
    "aliases": (reading.read_yaml, bomb(), "aliases repeat"),
    "an alias within itself": (reading.read_yaml, "&a [*a]", "itself"),
    "merged mappings": (
        reading.read_yaml,
        "\n".join(
            ["a0: &a0 {x: 1}"]
            + [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 30)]
        ),
        "aliases repeat",
    ),
    "a tag of Python": (
        reading.read_yaml,
        "a: !!python/object/apply:os.getcwd []",
        "constructor|tag",
    ),
}


class TestReading:
    @pytest.mark.parametrize("name", BAD)
    def test_what_is_beyond_a_bound_is_refused_in_a_phrase(self, name: str, kept: Any) -> None:
        """Deep, long or self-repeating files raise ValueError, and nothing else."""
        read, text, why = BAD[name]
        with pytest.raises(ValueError, match=why) as caught:
            read(kept("file", text))
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("size", [1, 1 << 16, (1 << 16) + 1, 1 << 20])
    def test_a_file_of_any_size_is_read_whole(self, tmp_path: Path, size: int) -> None:
        """What is read in pieces is all there, up to the bound itself."""
        whole = bytes(number % 251 for number in range(size))
        (tmp_path / "file").write_bytes(whole)
        assert reading.read_bytes(tmp_path / "file", reading.Limits(size=1 << 20)) == whole

    def test_a_file_is_read_no_further_than_its_bound(self) -> None:
        """An endless file is refused as one that is too long."""
        limits = reading.Limits(size=1 << 20)
        with pytest.raises(ValueError, match="longer than 1 MiB"):
            reading.read_text(Path("/dev/zero"), limits)

    def test_the_number_of_values_is_bounded(self, kept: Any) -> None:
        """A list of a million empty objects is more than a written file holds."""
        with pytest.raises(ValueError, match="values"):
            reading.read_json(kept("many.json", "[" + "{}," * 300_000 + "{}]"), reading.WRITTEN)

    def test_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        """A binary file is said to be one."""
        (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(ValueError, match="no text in UTF-8"):
            reading.read_json(tmp_path / "binary")

    def test_plain_aliases_are_read(self) -> None:
        """Other writers repeat a header by an alias."""
        found = reading.parsed_recording("a: &x [1, 2]\nb: *x\n")
        assert found == {"a": [1, 2], "b": [1, 2]}

    def test_the_plain_values_of_vcrpy_are_read(self) -> None:
        """What vcrpy writes of bodies like files needs no object."""
        text = "a: !!python/object/new:_io.BytesIO\n  state: !!python/tuple [!!binary aGk=, 0]\n"
        assert reading.parsed_recording(text) == {"a": b"hi"}

    @pytest.mark.parametrize(
        "value",
        [
            "!!python/object/new:_io.BytesIO {state: {a: 1}}",
            "!!python/object/new:_io.BytesIO {state: [[1.5]]}",
            "!!python/object/apply:builtins.iter [1]",
            "!!timestamp x",
            "!!int ''",
            "{[]: 1}",
            "{? {a: 1} : 1}",
        ],
    )
    def test_values_that_make_no_sense(self, value: str) -> None:
        """A known tag on something else is refused like any other damage."""
        with pytest.raises(ValueError):
            reading.parsed_recording(f"a: {value}")


#: What runs code in a loader that makes objects, in the forms that PyYAML knows.
TAGGED = (
    "!!python/object/apply:os.mkdir [{path}]",
    "!!python/object/new:os.mkdir [{path}]",
    "!<tag:yaml.org,2002:python/object/apply:os.mkdir> [{path}]",
    "!!python/object/apply:builtins.eval [\"__import__('os').mkdir('{path}')\"]",
    "!!python/object/apply:subprocess.check_call {{args: [[mkdir, {path}]]}}",
    "!!python/name:os.system",
    "!!python/module:antigravity",
)


class TestNoCodeRuns:
    @pytest.mark.parametrize("tag", TAGGED)
    @pytest.mark.parametrize("read", [cassette.read, external.read])
    def test_a_tag_makes_nothing(self, read: Any, tag: str, kept: Any, tmp_path: Path) -> None:
        """Reading a cassette runs nothing that it names."""
        made = tmp_path / "made"
        body = tag.format(path=made)
        path = kept("c.json", f"interactions: []\nversion: 1\nmetadata: {body}\n")
        with pytest.raises((cassette.CassetteError, external.RecordingError)):
            read(path)
        assert not made.exists()

    def test_a_library_with_such_a_file(
        self, kept: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The command that looks at cassettes reports the file as damaged."""
        made = tmp_path / "made"
        text = f"interactions: []\nversion: 1\nmetadata: {TAGGED[0].format(path=made)}\n"
        kept("library/aws/sqs/ListQueues/valid.json", text)
        assert main(["cassettes", "--cassettes", str(tmp_path / "library")]) == 1
        assert "not a whole cassette" in capsys.readouterr().out
        assert not made.exists()


DEEP_REPORT = '{"format": "aws-conformance-report/1", "a": ' + "[" * DEEP + "]" * DEEP + "}"
#: Command, the name and text of a file in place of FILE.
COMMANDS: dict[str, tuple[list[str], str, str]] = {
    "verify": (["verify", "FILE"], "r.json", DEEP_REPORT),
    "compare": (["compare", "FILE", "FILE"], "r.json", DEEP_REPORT),
    "judge, aliases": (["judge", "FILE"], "c.yaml", bomb()),
    "judge, JSON": (["judge", "FILE"], "c.json", "[" * DEEP),
    "import, HTML": (["import", "FILE"], "p.html", "<html><body><h1>X</h1>" + "<div>" * DEEP),
    "import, HTML that opens again": (
        ["import", "FILE"],
        "p.html",
        "<html><body>" + "".join(f"<b id={n}><p>" for n in range(DEEP)),
    ),
    "import, JSON": (
        ["import", "FILE"],
        "p.txt",
        "GetX - Amazon Y\nGetX\nDoes.\nRequest Syntax\nGET /x HTTP/1.1\n"
        "Response Syntax\nHTTP/1.1 200\nContent-type: application/json\n"
        + '{ "a": ' * 5000
        + "}" * 5000
        + "\nErrors\n",
    ),
    "expect, TOML": (["certify", "--plan", "--expect", "FILE"], "e.toml", "a = " + "[" * DEEP),
    "expect, YAML": (["certify", "--plan", "--expect", "FILE"], "e.yaml", bomb()),
    "provision": (["certify", "--plan", "--provision", "FILE"], "p.toml", "a = " + "[" * DEEP),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_refuses_in_one_sentence(
    name: str, kept: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, one sentence, no traceback."""
    words, file, text = COMMANDS[name]
    path = kept(file, text)
    status = main([str(path) if word == "FILE" else word for word in words])
    printed = capfd.readouterr()
    assert status == 2
    lines = printed.err.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("aws-conformance: ")
    assert len(lines[0]) < 600


#: Calls that read data, and the modules that parse other things than the text of a file with them.
PARSERS = {"json.loads", "json.load", "tomllib.loads", "tomllib.load", "yaml.load"}
PARSERS |= {"yaml.safe_load", "yaml.unsafe_load", "yaml.full_load", "yamlserializer.deserialize"}
ELSEWHERE = {
    "spec.sdk_models.counting": "the SDK's own models",
    "spec.sdk_models.index": "the SDK's own models",
    "report.expectations_writer": "keeps comments, of a file that was read with bounds",
    "report.snippets": "what it wrote itself",
    "runner.events": "what a run of this package says",
    "sdk_gate.environments": "what the installer says",
    "sdk_gate.process": "what the driver of this package says",
    "sdk_gate.driver.main": "what this package asks of it",
}
#: Rooms that read bodies, which are bounded by what is received.
BODIES = ("protocols", "checks", "reference", "recording.scan", "recording.redaction")
BODIES += ("recording.encodings", "recording.structures")


def test_files_are_parsed_in_one_module() -> None:
    """No other module parses the text of a file by itself."""
    for name, path in MODULES.items():
        if name == "spec.reading" or name in ELSEWHERE or name.startswith(BODIES):
            continue
        calls = {
            ast.unparse(node.func)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call)
        }
        assert not calls & PARSERS, name


def test_json_with_the_bounds_is_json() -> None:
    """Hooks are the parser's own."""
    assert reading.parsed_json("[1.5]", parse_float=str) == ["1.5"]
    assert reading.parsed_json(json.dumps({"a": [None, True]})) == {"a": [None, True]}
