"""Patterns of the SDK's models: matched in bounded time, undecided where that is not enough."""

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest

from conformance.spec import patterns
from conformance.spec.validity import violations
from conformance.spec.values import documented_values

#: A pattern and a text that take a matcher without bounds more time than there is.
ENDLESS = (
    (r"^([!-~]+/?)*$", "a" * 60 + " "),
    (r"^[ \t]*[^\x00-\x1F\x7F]+([ \t]+[^\x00-\x1F\x7F]+)*[ \t]*$", " " * 60 + "\x00!"),
    (r"^([^/]([!-~]+/){1,511})?[A-Za-z0-9_+=,.@-]{1,64}$", "a/" * 60 + "!"),
    (r"^(a|a)*$", "a" * 60 + "!"),
)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """No test knows what another could not decide."""
    patterns._undecided.clear()
    yield
    patterns._undecided.clear()


@pytest.mark.parametrize(("pattern", "text"), ENDLESS)
def test_matching_ends(pattern: str, text: str) -> None:
    """Whatever comes out, it takes less than two seconds, and is never a false match."""
    start = time.process_time()
    assert not patterns.matches(pattern, text)
    assert time.process_time() - start < 2


def test_a_thousand_such_texts_take_no_longer() -> None:
    """What could not be decided once is not tried again on as long a text."""
    pattern, text = ENDLESS[2]
    start = time.process_time()
    assert not any(patterns.matches(pattern, text + str(n)) for n in range(1000))
    assert time.process_time() - start < 2


def test_an_undecided_text_violates_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request is not said to violate what could not be judged."""
    monkeypatch.setitem(patterns._undecided, "^a+$", 1)
    assert patterns.matches("^a+$", "bbb") is None
    assert not list(violations("bbb", {"type": "string", "pattern": "^a+$"}, "Name"))


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [("a+", "xaax", True), ("^a+$", "b", False), (r"\p{Alpha}", "1", True), ("(", "x", True)],
)
def test_what_matches(pattern: str, text: str, found: bool) -> None:
    """A pattern matches anywhere in a text; what Python cannot read matches all."""
    assert patterns.matches(pattern, text) is found
    assert patterns.matches("a+", "xaax", whole=True) is False


def every_pattern() -> list[str]:
    """All patterns in the SDK's models."""
    found: set[str] = set()
    for path in (Path(botocore.__file__).parent / "data").glob("*/*/service-2.json*"):
        raw = path.read_bytes()
        shapes = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)["shapes"]
        found |= {shape["pattern"] for shape in shapes.values() if "pattern" in shape}
    return sorted(found)


def test_no_pattern_of_the_models_takes_long() -> None:
    """Not on ordinary texts that nearly match."""
    texts = ("a" * 60 + "!", " " * 60 + "\x00!", "a/" * 40 + "!", "a-" * 40 + "\x01")
    for pattern in every_pattern():
        start = time.process_time()
        for text in texts:
            patterns.matches(pattern, text)
        assert time.process_time() - start < 2, pattern


def har(path: Path, host: str, target: str, asked: str, came: str) -> Path:
    """A HAR file of one call in JSON."""
    kind = [{"name": "Content-Type", "value": "application/x-amz-json-1.1"}]
    entry = {
        "request": {
            "method": "POST",
            "url": f"http://{host}.us-east-1.amazonaws.com/",
            "headers": [{"name": "X-Amz-Target", "value": target}, *kind],
            "postData": {"text": asked},
        },
        "response": {
            "status": 200,
            "headers": [*kind, {"name": "x-amzn-RequestId", "value": "1"}],
            "content": {"text": came},
        },
    }
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": [entry]}}), "utf-8")
    return path


EVENTS = ("events", "AWSEvents.ListTargetsByRule", '{"Rule": "r"}')
ECR = ("api.ecr", "AmazonEC2ContainerRegistry_V20150921.DescribeRepositoryCreationTemplates", "{}")
#: What a recorded response holds → the call, and the body.
BODIES: dict[str, tuple[tuple[str, str, str], str]] = {
    "a value that takes a pattern's time": (
        EVENTS,
        json.dumps(
            {
                "Targets": [
                    {
                        "Id": "1",
                        "Arn": "arn:aws:x",
                        "HttpParameters": {"HeaderParameters": {"a": " " * 60 + "\x00!"}},
                    }
                ]
            }
        ),
    ),
    "another": (ECR, json.dumps({"repositoryCreationTemplates": [{"prefix": "a" * 60 + "!"}]})),
}
_MEASURED = """
import contextlib, io, json, resource, sys
from conformance.cli.main import main
with contextlib.redirect_stdout(io.StringIO()) as out:
    main(["judge", sys.argv[1], "--json"])
report = json.loads(out.getvalue())
used = resource.getrusage(resource.RUSAGE_SELF)
# the peak of this program alone: ru_maxrss begins with that of the process that started it
peak = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
verdicts = [(one["verdict"], one["clause"], one["observed"]) for one in report["findings"]]
print(json.dumps([used.ru_utime + used.ru_stime, peak // 1024, verdicts]))
"""


@pytest.mark.parametrize("name", BODIES)
def test_a_response_takes_bounded_time(name: str, tmp_path: Path) -> None:
    """A recorded body takes bounded time and memory; what is undecided is no failure."""
    call, body = BODIES[name]
    path = har(tmp_path / "one.har", *call, body)
    done: Any = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(path)], capture_output=True, text=True, check=True
    )
    seconds, megabytes, verdicts = json.loads(done.stdout)
    assert seconds < 10, seconds
    assert megabytes < 400
    assert not [one for one in verdicts if one[0] == "fail" and one[1].endswith("/pattern")]


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("^(ON|OFF)$", ["ON", "OFF"]),
        ("8(00|33)", ["800", "833"]),
        ("^(un)?authenticated$", ["authenticated", "unauthenticated"]),
        ("^Y|M$", ["Y", "M"]),
        ("[$]LATEST|[$]ALL", ["$LATEST", "$ALL"]),
        ("[a-z]+", []),
        ("fixed", []),
        ("^(a|b)?$", []),
        ("(a|b)(c|d)(e|f)(g|h)(i|j)", []),
        ("(", []),
    ],
)
def test_the_texts_that_a_pattern_spells_out(pattern: str, texts: list[str]) -> None:
    assert list(patterns.alternatives(pattern)) == texts


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"enum": ["A"]}, ["A"]),
        ({"pattern": "A|BB", "minLength": 2}, ["BB"]),
        ({"type": "string"}, []),
    ],
)
def test_documented_values(schema: dict[str, Any], values: list[str]) -> None:
    assert list(documented_values(schema)) == values
