"""Two versions of the SDK over the same calls: what is found, how it is named, what it costs."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sdk_history
import sdk_recordings as recorded

from conformance.cli import sdk_common
from conformance.cli.main import main
from conformance.errors import ConformanceError, UsageError
from conformance.protocols.http import Request
from conformance.sdk_gate import account, environments
from conformance.sdk_gate.account import Account
from conformance.sdk_gate.causes import Causes, Verdict, expect
from conformance.sdk_gate.diff import Comparer, Comparison, Side
from conformance.sdk_gate.differences import (
    Difference,
    Kind,
    identity,
    of_hosts,
    of_outcomes,
    of_requests,
)
from conformance.sdk_gate.driver import tagged
from conformance.sdk_gate.process import Driver

#: Operations of every protocol, with nested members, blobs, timestamps, headers and payloads.
EVERY_PROTOCOL = (
    "sqs:SendMessageBatch,dynamodb:PutItem,kms:Encrypt,lambda:Invoke,lambda:GetFunction,"
    "apigateway:CreateRestApi,s3:PutObject,s3:GetObject,s3:ListObjectsV2,s3:DeleteObjects,"
    "route53:ChangeResourceRecordSets,iam:GetRole,sts:AssumeRole,ec2:RunInstances,"
    "ec2:DescribeInstances,cloudwatch:GetMetricData,cloudfront:CreateDistribution"
)


def silent(*_: Any) -> None:
    """No progress."""


def side(version: str) -> Side:
    """A version's side; the test is skipped where no package index is in reach."""
    try:
        return Side(interpreter=environments.interpreter(version, silent))
    except UsageError as error:
        if "could not be installed" in str(error):
            pytest.skip(f"needs the package index: {error}")
        raise


def compared(old: str, new: str, patterns: str) -> Comparison:
    comparer = Comparer(side(old), side(new), silent)
    return comparer.compare(comparer.named(patterns.split(",")))


def ids(found: Comparison) -> set[str]:
    return {one.id for one in found.causes.all() if one.kind is not Kind.NEW}


# ---------------------------------------------------------------- real versions


class TestRealVersions:
    """Versions from the package index, kept in the user's cache for the next run."""

    def test_a_version_and_itself(self) -> None:
        """Nothing differs, in any protocol; every call is built, and answered."""
        found = compared(environments.INSTALLED, environments.INSTALLED, EVERY_PROTOCOL)
        assert found.causes.all() == []
        assert found.operations == len(EVERY_PROTOCOL.split(","))
        assert found.problems == []

    def test_sqs_leaves_query(self) -> None:
        """botocore 1.31.81: SQS speaks JSON, and sends lists that are empty but required."""
        found = compared("1.28.80", "1.36.0", "sqs:SendMessageBatch,sqs:ListQueues")
        by_id = {one.id: one for one in found.causes.all()}
        switch = by_id["protocol/sqs/query/json"]
        assert switch.operations == ["sqs:ListQueues", "sqs:SendMessageBatch"]
        lists = by_id["answer/sqs/empty"]
        assert lists.operations == ["sqs:SendMessageBatch"]
        assert lists.members == {"Successful", "Failed"}
        assert not lists.breaking
        assert not {kind for kind in by_id if kind.startswith(("path/", "header/", "body/"))}

    def test_s3_gets_checksums(self) -> None:
        """boto3 1.36.0: S3's requests have a CRC-32, in a trailer where a body is streamed."""
        calls = "s3:PutObject,s3:DeleteObjects,s3:GetObject,s3:ListBuckets,sts:AssumeRole"
        found = compared("1.28.80", "1.36.0", calls)
        by_id = {one.id: one for one in found.causes.all()}
        trailer = by_id["checksum/Content-MD5/the-trailer-x-amz-checksum-crc32-aws-chunked"]
        assert trailer.calls["s3:PutObject"][0] == ["least", "bytes", "file"]
        refused = by_id["checksum/refused/the-trailer-x-amz-checksum-crc32-aws-chunked"]
        assert refused.calls["s3:PutObject"][0] == ["stream"]
        assert by_id["checksum/Content-MD5/x-amz-checksum-crc32"].operations == ["s3:DeleteObjects"]
        assert by_id["checksum/none/x-amz-checksum-mode:-ENABLED"].operations == ["s3:GetObject"]
        assert not {one for one in by_id if "sts" in one}

    def test_what_came_since(self) -> None:
        """Up to today: STS's regional host, Lambda's paths; no operation is called gone."""
        found = compared(
            "1.36.0", environments.INSTALLED, "sts:AssumeRole,lambda:GetAccountSettings"
        )
        wanted = {"endpoint/sts/sts.amazonaws.com/sts.us-east-1.amazonaws.com"}
        assert wanted <= ids(found)
        assert not {one for one in ids(found) if one.startswith("gone/")}

    def test_calls_of_cassettes(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """The calls of a cassette are compared, with the recorded parameters."""
        asked = recorded.of_json("AmazonSQS.GetQueueUrl", {"QueueName": "mine"})
        path = recorded.write(tmp_path / "sqs.yaml", [asked])
        side("1.28.80"), side("1.36.0")
        assert main(["sdk-diff", "1.28.80", "1.36.0", "--from", str(path), "--json"]) == 0
        data = json.loads(capsys.readouterr().out)
        causes = {one["id"]: one for one in data["causes"]}
        before = causes["protocol/sqs/query/json"]["calls"][0]["before"]
        assert "Action=GetQueueUrl" in before
        assert "QueueName=mine" in before
        assert data["compared"]["calls"] == 1


# ---------------------------------------------------------------- the driver


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with Driver(Path(sys.executable)) as started:
        yield started


class TestAnswers:
    """An answer that the driver writes is read by the SDK as the data that it was made of."""

    @pytest.mark.parametrize("name", EVERY_PROTOCOL.split(","))
    def test_it_comes_back(self, driver: Driver, name: str) -> None:
        service, _, operation = name.partition(":")
        calls = driver.ask("calls", service=service, operations=[operation])["calls"]
        call = next(one for one in calls if one["variant"] == "least")
        outcome = driver.ask("run", calls=[call])[0]
        said = _sent(call["reply"]["data"])
        assert said
        assert _sent(outcome["answer"]) == said


def _sent(data: Any) -> Any:
    """What of an answer is one value in every reading: checksums have to fit a body."""
    left_out = ("Checksum", "ContentLength", "Expires", "StatusCode", "DeleteMarker")
    return {name: one for name, one in data.items() if not name.startswith(left_out)}


def test_bodies_and_values_travel_as_json() -> None:
    """What JSON does not have comes back as it was; a body is read once where it is a stream."""
    value = {"a": b"\xff", "b": [1.5, None, True], "c": float("inf")}
    assert tagged.restored(json.loads(tagged.dumps(tagged.plain(value)))) == value
    stream = tagged.restored(tagged.body(b"abc", tagged.STREAM))
    assert not stream.seekable()
    assert (stream.read(), stream.read()) == (b"abc", b"")
    with tagged.restored(tagged.body(b"abc", tagged.FILE)) as file:
        assert (file.read(), file.seek(0)) == (b"abc", 0)


def test_a_driver_sees_no_other_library(tmp_path: Path) -> None:
    """A Python without boto3 ends with one sentence, though ours has it."""
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n', "utf-8")
    bare.chmod(0o755)
    with pytest.raises(ConformanceError, match="has it boto3"), Driver(bare) as driver:
        driver.version()


# ---------------------------------------------------------------- the comparer


def request(method: str = "GET", url: str = "https://a.example/", **more: Any) -> Request:
    headers = tuple((more.pop("headers", None) or {}).items())
    return Request(method=method, url=url, headers=headers, body=more.pop("body", b""))


def found_of(before: Request, after: Request, protocol: str = "json") -> set[str]:
    found = of_requests("svc", "Op", before, after, protocol=protocol)
    return {identity(one.kind, one.cause) for one in found}


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        (request(url="https://a/x/"), request(url="https://a/x"), "path/svc/trailing-slash"),
        (request(url="https://a/x%3A"), request(url="https://a/x:"), "path/svc/encoding"),
        (request(url="https://a/x"), request(url="https://a/y"), "path/svc/Op"),
        (request(url="https://a/?b=1"), request(url="https://a/?c=1"), "path/svc/query/b/c"),
        (request("GET"), request("POST", body=b"{}"), "path/svc/GET-POST"),
        (request(), request(headers={"A": "1"}), "header/a/added"),
        (request(headers={"A": "1"}), request(), "header/a/left-out"),
        (request(headers={"A": "1"}), request(headers={"a": "2"}), "header/a/value"),
        (request(headers={"A": "True"}), request(headers={"A": "true"}), "header/case/True/true"),
        (
            request(headers={"Content-MD5": "a"}),
            request(headers={"x-amz-checksum-crc32": "b"}),
            "checksum/Content-MD5/x-amz-checksum-crc32",
        ),
        (request(body=b'{"a": 1}'), request(body=b'{"a": "1"}'), "body/svc/type"),
        (request(body=b'{"a": 1}'), request(body=b'{"a": 1, "b": 1}'), "body/svc/added"),
        (request(body=b"<a><b>1</b></a>"), request(body=b"<a/>"), "body/svc/type"),
    ],
)
def test_a_request_that_differs(before: Request, after: Request, cause: str) -> None:
    assert found_of(before, after) == {cause}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (request(body=b'{"a": 1, "b": 2}'), request(body=b'{"b":2,"a":1}')),
        (request(body=b"<a><b>1</b></a>"), request(body=b"<a>\n <b>1</b></a>")),
        (request(url="https://a/?b=1&c=2"), request(url="https://a/?c=2&b=1")),
        *(
            (request(headers={name: "1"}), request(headers={name: "2"}))
            for name in ("User-Agent", "X-Amz-Date", "amz-sdk-invocation-id", "amz-sdk-request")
        ),
        (request(headers={"Content-MD5": "a"}), request(headers={"Content-MD5": "b"})),
    ],
)
def test_a_request_that_is_the_same(before: Request, after: Request) -> None:
    assert found_of(before, after) == set()


def test_a_signature_in_a_body_is_of_the_moment() -> None:
    """SimpleDB's requests are signed within their bodies."""
    bodies = [f"Action=A&SignatureVersion=2&Timestamp={n}&Signature={n}".encode() for n in (1, 2)]
    before, after = (request("POST", body=one) for one in bodies)
    assert found_of(before, after, "query") == set()
    unsigned = [request("POST", body=b"Action=A&Timestamp=%d" % n) for n in (1, 2)]
    assert found_of(*unsigned, "query") == {"body/svc/value"}


def test_a_host_that_differs() -> None:
    found = [*of_hosts("svc", request(url="https://a/x"), request(url="https://b/x"))]
    assert [identity(one.kind, one.cause) for one in found] == ["endpoint/svc/a/b"]


def outcome(protocol: str = "json", **result: Any) -> dict[str, Any]:
    kept = {"method": "POST", "url": "https://a/", "headers": [], "body": ""}
    return {"protocol": protocol, "request": kept, **result}


ERROR = {"class": "Known", "response": {"Error": {"Code": "Known", "Message": "m"}}}


@pytest.mark.parametrize(
    ("before", "after", "cause", "breaking"),
    [
        (outcome(answer={}), {"absent": "operation"}, "gone/svc/operation", True),
        (outcome(answer={"A": []}), outcome(answer={}), "answer/svc/not-empty", True),
        (outcome(answer={}), outcome(answer={"A": []}), "answer/svc/empty", False),
        (outcome(answer={"A": "1"}), outcome(answer={"A": 1}), "answer/svc/type", True),
        (outcome(answer={}), outcome(answer={"A": 1}), "answer/svc/added", False),
        (
            outcome(error=ERROR),
            outcome(error={**ERROR, "class": "ClientError"}),
            "error/svc/class",
            True,
        ),
        (outcome(answer={}), outcome(raised=["Odd", "x"]), "answer/svc/answer/raised", True),
        (
            {"protocol": "json", "raised": ["Odd", "x"]},
            outcome(answer={}),
            "error/svc/raised/answer",
            False,
        ),
        (outcome(raised=["Odd", "x"]), outcome(raised=["Other", "x"]), "error/svc/Odd/Other", True),
        (
            outcome(answer={}),
            {"protocol": "json", "raised": ["ParamValidationError", "Failed:\nMissing required"]},
            "error/svc/refused",
            True,
        ),
        (
            outcome(answer={}),
            {
                "protocol": "json",
                "raised": ["ParamValidationError", "Failed:\nInvalid length for parameter A"],
            },
            "error/svc/bounds",
            False,
        ),
        (
            outcome(answer={}, attempts=5),
            outcome(answer={}, attempts=3),
            "error/attempts/5/3",
            False,
        ),
    ],
)
def test_an_outcome_that_differs(
    before: Mapping[str, Any], after: Mapping[str, Any], cause: str, breaking: bool
) -> None:
    found = [*of_outcomes("svc", "Op", before, after)]
    assert [(identity(one.kind, one.cause), one.breaking) for one in found] == [(cause, breaking)]


def test_what_is_refused_is_named() -> None:
    """The sentence about refused parameters names them, whatever is wrong with each."""
    why = (
        "Parameter validation failed:\n"
        "Invalid length for parameter Tags[0].Key, value: 0, valid min length: 1\n"
        'Missing required parameter in input: "Name"\n'
        'Unknown parameter in input: "Old", must be one of: Name'
    )
    refused = {"protocol": "json", "raised": ["ParamValidationError", why]}
    (found,) = of_outcomes("svc", "Op", outcome(answer={}), refused)
    assert (found.member, found.breaking) == ("Tags[0].Key, Name, Old", True)


def test_an_empty_list_that_nothing_requires() -> None:
    """Whether it is sent in another protocol is the service's choice, not the SDK's."""
    before, after = outcome("query", answer={}), outcome("json", answer={"A": [], "B": []})
    found = [*of_outcomes("svc", "Op", before, after, ["B"])]
    assert [(one.kind, one.member) for one in found] == [(Kind.PROTOCOL, ""), (Kind.ANSWER, "B")]


# ---------------------------------------------------------------- the account


def made(*kinds: tuple[Kind, bool]) -> Account:
    causes = Causes()
    for number, (kind, breaking) in enumerate(kinds):
        one = Difference(
            kind=kind,
            cause=("svc", str(number)),
            sentence="Something <changed> | here",
            before="```\nwas",
            after="now",
            breaking=breaking,
        )
        causes.add("svc:Op", "least", one)
    return Account(old="boto3 1", new="boto3 2", causes=causes.all(), compared={"calls": 1})


@pytest.mark.parametrize(
    ("found", "verdict", "fails_on"),
    [
        (made(), Verdict.UNCHANGED, set()),
        (made((Kind.NEW, False)), Verdict.UNCHANGED, set()),
        (made((Kind.PATH, False)), Verdict.CHANGED, {"changed", "path"}),
        (made((Kind.GONE, True)), Verdict.BREAKING, {"changed", "breaking", "gone"}),
    ],
)
def test_a_verdict_and_its_exit_status(found: Account, verdict: str, fails_on: set[str]) -> None:
    assert found.verdict == verdict
    bounds = {"never", "breaking", "changed", *(kind.value for kind in Kind)}
    assert {one for one in bounds if account.fails(found, [one])} == fails_on


def test_what_is_expected_fails_nothing_and_keeps_the_verdict() -> None:
    found = made((Kind.PATH, True))
    assert expect(found.causes, ["path/svc/*", "header/*"]) == ["header/*"]
    assert found.verdict == Verdict.BREAKING
    assert not account.fails(found, ["breaking"])


def test_no_text_is_markup() -> None:
    """What came from outside breaks neither a table of Markdown, nor its fences, nor a page."""
    found = made((Kind.PATH, False))
    text, page = account.markdown(found), account.html(found)
    assert "Something \\<changed\\> \\| here" in text
    assert text.count("```") == 2
    assert "Something &lt;changed&gt;" in page
    assert "<changed>" not in page


def test_the_history_has_ten_steps() -> None:
    """The page has each step of the last minor releases, as ``make sdk-history`` writes them."""
    page = sdk_history.PAGE.read_text("utf-8")
    history = page.partition(sdk_history.BEGIN)[2].partition(sdk_history.END)[0]
    steps = re.findall(
        r"^### (\S+) → (\S+): (?:unchanged|changed|breaking)$", history, re.MULTILINE
    )
    assert len(steps) == sdk_history.STEPS
    assert steps == [*pairwise(sdk_history.releases(steps[0][1]))][::-1]


# ---------------------------------------------------------------- environments


def test_the_newest_is_installed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is asked for its number; an environment of that number is used again."""
    made: list[str] = []

    def make(folder: Path, version: str, _: Any) -> None:
        made.append(version)
        python = folder / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.touch()

    def run(command: list[str], *_: Any, **__: Any) -> str:
        assert "--dry-run" in command
        return '{"install": [{"metadata": {"name": "boto3", "version": "1.99.1"}}]}'

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(environments.shutil, "which", lambda _: None)
    monkeypatch.setattr(environments, "_make", make)
    monkeypatch.setattr(environments.commands, "run", run)
    said: list[str] = []
    pythons = {environments.interpreter(one, said.append) for one in ("newest", "newest", "1.99.1")}
    assert made == ["1.99.1"]
    assert [one.parts[-3] for one in pythons] == [f"boto3-1.99.1-python3.{sys.version_info.minor}"]
    assert said == ["asking the package index for the newest boto3"] * 2


class TestProgress:
    """What is printed while versions are compared."""

    @pytest.mark.parametrize("terminal", [True, False])
    def test_it_suits_its_place(
        self, terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A terminal's line is drawn anew; a log gets a line now and then, and the last one."""
        clock = iter(range(0, 1000, 4))
        monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
        monkeypatch.setattr(sdk_common.time, "monotonic", lambda: float(next(clock)))
        show = sdk_common.progress("services compared")
        for number, name in enumerate(("acm", "ec2", "iam", "kms"), 1):
            show(number, 4, name)
        lines = capsys.readouterr().err
        if terminal:
            assert lines.startswith("\r1/4 services compared  acm\x1b[K\r2/4")
            assert lines.endswith("kms\x1b[K\n")
        else:
            assert lines == (
                "aws-conformance: 3 of 4 services compared in 12 s, last iam\n"
                "aws-conformance: 4 of 4 services compared in 16 s, last kms\n"
            )


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nonsense", "installed"], "'nonsense' is neither a version of boto3"),
        (["1.25.0", "installed"], "boto3 1.25.0 is older than 1.26"),
        (["installed", "installed", "--operations", "sqss:*"], "There is no service 'sqss'"),
        (
            ["installed", "installed", "--operations", "sqs:Nothing"],
            "Neither version has an operation sqs:Nothing.",
        ),
        (["installed", "installed", "--fail-on", "some"], "There is no value of --fail-on 'some'"),
        (["installed", "installed", "--expect", "no-such-file"], "no-such-file cannot be read"),
        (["installed", "installed", "--operations", ","], "--operations is empty; leave it out"),
        (
            ["installed", "installed", "--client-config", __file__],
            "is neither a configuration file",
        ),
        ([sys.prefix + "/no-such", "installed"], "is neither a version of boto3, such as 1.40.0"),
    ],
)
def test_one_sentence(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sdk-diff", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_settings_that_a_version_lacks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A setting that neither version has is refused; one that the older lacks is named."""
    config = tmp_path / "config.json"
    words = ["--operations", "s3:PutObject", "--client-config", str(config)]
    config.write_text('{"nonsense": 1}', "utf-8")
    assert main(["sdk-diff", "installed", "installed", *words]) == 2
    assert "has 'nonsense', which is no argument of botocore's Config" in capsys.readouterr().err
    side("1.28.80")
    config.write_text('{"request_checksum_calculation": "when_required"}', "utf-8")
    assert main(["sdk-diff", "1.28.80", "installed", *words]) == 0
    out = capsys.readouterr().out
    assert "boto3 1.28.80 has no setting request_checksum_calculation" in out
    assert "crc32" not in out
