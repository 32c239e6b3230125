"""Cassettes that vcrpy recorded of boto3 against moto, judged: as they are, and broken."""

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import recorded_samples as samples
import yaml

from conformance.cli.main import main
from conformance.recording.external.files import read
from conformance.recording.external.recognition import Kind
from conformance.recording.external.recordings import Account, account, labels
from conformance.report import verify
from conftest import ROOT, clean_environment

Data = dict[str, Any]
Broken = tuple[str, str, str]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of cassettes, recorded anew."""
    folder = tmp_path_factory.mktemp("recorded")
    program = [sys.executable, str(ROOT / "tests" / "record_moto.py"), str(folder)]
    done = subprocess.run(
        program, capture_output=True, text=True, check=False, env=clean_environment()
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def judged(path: Path, only: tuple[str, ...] = ()) -> Account:
    return account(read(path), path.name, only)


def verdicts(found: Account, *wanted: str) -> set[tuple[str, str]]:
    """The clauses with one of these verdicts."""
    return {
        (str(one.verdict), one.clause)
        for each in found.judged
        for one in each.findings
        if one.verdict in wanted
    }


def cassette(recorded: Path, service: str) -> Path:
    return next(recorded.glob(f"{service}.*"))


@pytest.mark.parametrize(
    ("service", "operations"),
    [
        ("sqs", {"CreateQueue", "ListQueues", "GetQueueUrl"}),
        (
            "s3",
            {
                *{"CreateBucket", "PutObject", "ListBuckets", "HeadObject", "GetObject"},
                *{"CopyObject", "GetBucketLocation", "ListObjectsV2", "CreateMultipartUpload"},
                *{"UploadPart", "ListParts"},
            },
        ),
        ("iam", {"CreateUser", "ListUsers", "GetUser"}),
        ("ec2", {"DescribeVpcs"}),
        ("dynamodb", {"CreateTable", "PutItem", "Scan", "DescribeTable"}),
        ("kms", {"CreateKey", "ListKeys"}),
        ("lambda", {"ListFunctions", "GetFunction"}),
        ("cloudwatch", {"PutMetricData", "ListMetrics"}),
    ],
)
def test_every_call_is_recognised_and_judged(
    recorded: Path, service: str, operations: set[str]
) -> None:
    """The operation is recognised from the bytes, and what moto does right passes."""
    found = judged(cassette(recorded, service))
    assert {one.kind for _, one in found.recognised} == {Kind.RECOGNISED}
    assert {one.operation.id for one in found.judged} == {f"{service}:{one}" for one in operations}
    assert not found.recording.unread
    assert not verdicts(found, "fail", "error")
    assert all(one.findings for one in found.judged)
    passed = {clause for _, clause in verdicts(found, "pass")}
    assert {f"{service}:{one}/protocol/answers" for one in operations} <= passed


def test_pages_of_one_walk_are_found(recorded: Path) -> None:
    """The pages that follow each other's tokens are judged as a walk, once."""
    for service, operation in (("sqs", "sqs:ListQueues"), ("s3", "s3:ListObjectsV2")):
        found = judged(cassette(recorded, service))
        walks = [one for one in found.judged if "/walk-from-" in one.case]
        assert [one.operation.id for one in walks] == [operation]
        assert {(one.verdict, one.clause) for one in walks[0].findings} == {
            ("pass", f"{operation}/pagination/end"),
            ("pass", f"{operation}/pagination/unique-items"),
        }


def test_a_refusal_is_no_failure(recorded: Path) -> None:
    """A recording does not say why a valid request was refused; only its envelope is judged."""
    found = judged(cassette(recorded, "iam"))
    refused = next(one for one in found.judged if one.operation.name == "GetUser")
    verdict_of = {one.clause.split("/", 1)[1]: one.verdict for one in refused.findings}
    assert verdict_of["protocol/accepts-valid"] == "inconclusive"
    assert verdict_of["errors/body"] == verdict_of["errors/type"] == "pass"


# ---------------------------------------------------------------- broken on purpose


def interactions(data: Data, sign: str) -> Iterator[Data]:
    """The interactions whose request says something."""
    for one in data["interactions"]:
        if sign in repr(one["request"]):
            yield one


def body(one: Data) -> Any:
    return json.loads(one["response"]["body"]["string"])


def put(one: Data, value: Any) -> None:
    text = value if isinstance(value, str | bytes) else json.dumps(value)
    one["response"]["body"]["string"] = text
    length = len(text.encode() if isinstance(text, str) else text)
    header("content-length", str(length))(one)


def member(name: str, value: Any) -> Callable[[Data], None]:
    return lambda one: put(one, body(one) | {name: value})


def without(name: str) -> Callable[[Data], None]:
    return lambda one: put(one, {key: v for key, v in body(one).items() if key != name})


def status(code: int) -> Callable[[Data], None]:
    return lambda one: one["response"]["status"].update(code=code)


def content(text: str) -> Callable[[Data], None]:
    return lambda one: put(one, text)


def header(name: str, value: str | None) -> Callable[[Data], None]:
    def change(one: Data) -> None:
        headers = {k: v for k, v in one["response"]["headers"].items() if k.lower() != name}
        one["response"]["headers"] = headers | ({name: [value]} if value else {})

    return change


def replaced(old: str, new: str) -> Callable[[Data], None]:
    return lambda one: put(one, one["response"]["body"]["string"].replace(old, new))


def asked(old: str, new: str) -> Callable[[Data], None]:
    def change(one: Data) -> None:
        text = one["request"]["body"]
        text = text.decode() if isinstance(text, bytes) else text
        assert old in text
        changed = text.replace(old, new)
        one["request"]["body"] = changed
        one["request"]["headers"]["Content-Length"] = [str(len(changed))]

    return change


@pytest.mark.parametrize(
    ("service", "sign", "change", "expected"),
    [
        (
            "kms",
            "CreateKey",
            member("KeyMetadata", "x"),
            "fail CreateKey/response/KeyMetadata/type",
        ),
        (
            "kms",
            "CreateKey",
            member("KeyMetadata", {"Arn": "arn:x"}),
            "warn CreateKey/response/KeyMetadata/KeyId/present",
        ),
        ("kms", "ListKeys", status(201), "warn ListKeys/response/status"),
        ("kms", "ListKeys", content("<html>"), "fail ListKeys/response/body"),
        ("kms", "ListKeys", member("keys", []), None),
        ("kms", "ListKeys", header("x-amzn-requestid", None), "warn ListKeys/response/request-id"),
        (
            "iam",
            "Action=GetUser",
            content("<html><body>no</body></html>"),
            "fail GetUser/errors/body",
        ),
        ("iam", "Action=GetUser", content("no XML at all"), "fail GetUser/errors/body"),
        ("iam", "Action=GetUser", status(409), "fail GetUser/errors/NoSuchEntityException/status"),
        ("sqs", "GetQueueUrl", content("[]"), "fail GetQueueUrl/errors/body"),
        (
            "sqs",
            "ListQueues",
            asked('"MaxResults": 2', '"MaxResults": 1'),
            "fail ListQueues/pagination/page-size",
        ),
        (
            "ec2",
            "DescribeVpcs",
            replaced("<isDefault>true", "<isDefault>maybe"),
            "fail DescribeVpcs/response/Vpcs/item/IsDefault/type",
        ),
        (
            "dynamodb",
            "DynamoDB_20120810.Scan",
            asked('"TableName": "table"', '"TableName": "table", "Limit": 0'),
            "fail Scan/request/Limit/minimum",
        ),
        (
            "dynamodb",
            "DynamoDB_20120810.Scan",
            asked('"TableName": "table"', '"Table": 1'),
            "fail Scan/request/TableName/required",
        ),
        ("lambda", "functions/nobody", content("{}"), None),
        (
            "lambda",
            "functions'",
            content('{"Functions": {}}'),
            "fail ListFunctions/response/Functions/type",
        ),
        (
            "s3",
            "/bucket/a/1",
            header("content-length", "many"),
            "fail HeadObject/response/ContentLength/type",
        ),
    ],
)
def test_what_is_broken_is_noticed(
    recorded: Path,
    tmp_path: Path,
    service: str,
    sign: str,
    change: Callable[[Data], None],
    expected: str | None,
) -> None:
    """One thing changed in one answer is one finding more, and nothing else becomes worse."""
    original = cassette(recorded, service)
    text = original.read_text("utf-8")
    is_json = original.suffix == ".json"
    data = json.loads(text) if is_json else yaml.load(text, Loader=_Loader)
    for one in interactions(data, sign):
        change(one)
    path = tmp_path / original.name
    dumped = json.dumps(data) if is_json else yaml.dump(data, Dumper=yaml.SafeDumper)
    path.write_text(dumped, "utf-8")
    before, after = judged(original), judged(path)
    worse = verdicts(after, "fail", "warn") - verdicts(before, "fail", "warn")
    if expected is None:
        assert not worse or all(clause.endswith("/names") for _, clause in worse), worse
    else:
        verdict, _, clause = expected.partition(" ")
        assert (verdict, f"{service}:{clause}") in worse, worse


class _Loader(yaml.SafeLoader):
    pass


_Loader.add_constructor(
    "tag:yaml.org,2002:python/object/new:_io.BytesIO",
    lambda loader, node: loader.construct_mapping(node, deep=True)["state"][0],
)
_Loader.add_constructor(
    "tag:yaml.org,2002:python/tuple", lambda loader, node: loader.construct_sequence(node)
)


def test_items_that_come_twice_are_noticed(recorded: Path, tmp_path: Path) -> None:
    """A walk whose second page holds items of its first is broken."""
    path = cassette(recorded, "sqs")
    data = yaml.load(path.read_text("utf-8"), Loader=_Loader)
    pages = list(interactions(data, "AmazonSQS.ListQueues"))
    first = body(pages[0])["QueueUrls"]
    put(pages[1], body(pages[1]) | {"QueueUrls": first})
    broken = tmp_path / "twice.yaml"
    broken.write_text(yaml.dump(data, Dumper=yaml.SafeDumper), "utf-8")
    assert ("fail", "sqs:ListQueues/pagination/unique-items") in verdicts(judged(broken), "fail")


def test_a_compressed_answer_is_read(recorded: Path, tmp_path: Path) -> None:
    """Recorders keep an answer as it travelled, or as it was: both read the same."""
    path = cassette(recorded, "kms")
    data = yaml.load(path.read_text("utf-8"), Loader=_Loader)
    for number, one in enumerate(interactions(data, "TrentService.")):
        one["response"]["headers"]["Content-Encoding"] = ["gzip"]
        if number % 2:
            put(one, gzip.compress(one["response"]["body"]["string"].encode()))
    packed = tmp_path / "packed.yaml"
    packed.write_text(yaml.dump(data, Dumper=yaml.SafeDumper), "utf-8")
    before, after = judged(path), judged(packed)
    every = ("pass", "fail", "warn", "inconclusive")
    assert verdicts(before, *every) == verdicts(after, *every)


def test_ours_are_judged_too() -> None:
    """What this suite recorded of its own reference server breaks nothing."""
    folder = ROOT / "cassettes" / "reference" / "connect" / "ListPhoneNumbersV2" / "request"
    paths = sorted(folder.rglob("*.json"))[:40]
    assert len(paths) == 40
    for path in paths:
        found = judged(path)
        assert not verdicts(found, "fail", "warn", "error"), path
        assert {one.operation.id for one in found.judged} <= {"connect:ListPhoneNumbersV2"}


class TestCommand:
    def test_it_sums_up(self, recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """The summary says what was judged and what came of it; the status is 0 without a fail."""
        assert main(["judge", str(cassette(recorded, "sqs"))]) == 0
        out = capsys.readouterr().out
        assert "sqs.yaml: 9 interactions, 9 judged" in out
        assert "sqs:ListQueues" in out
        assert "clauses: " in out

    def test_the_report_is_one(
        self, recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The report follows the schema, agrees with itself, and is never conformant."""
        words = ["judge", str(cassette(recorded, "iam")), "--report", str(tmp_path), "--json"]
        assert main(words) == 0
        made = json.loads(capsys.readouterr().out)
        assert made == json.loads((tmp_path / "report.json").read_text("utf-8"))
        assert (made["verdict"], made["complete"]) == ("inconclusive", False)
        assert [one["is"] for one in made["recordings"][0]["interactions"]] == ["recognised"] * 3
        assert (tmp_path / "report.html").exists()

    def test_only_some(self, recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """--operations judges these and leaves out the rest."""
        path = str(cassette(recorded, "sqs"))
        assert main(["judge", path, "--operations", "sqs:List*"]) == 0
        assert "3 judged, 6 left out by --operations" in capsys.readouterr().out
        assert main(["judge", path, "--operations", "kms:*"]) == 2
        assert "no call of the chosen operations" in capsys.readouterr().err

    def test_a_small_file_is_judged_at_once(self, recorded: Path) -> None:
        """Judging a file takes well under two seconds, the start of Python included."""
        command = [sys.executable, "-m", "conformance", "judge", str(cassette(recorded, "kms"))]
        began = time.perf_counter()
        done = subprocess.run(
            command, capture_output=True, check=False, env=clean_environment(), cwd=ROOT
        )
        took = time.perf_counter() - began
        assert done.returncode == 0, done.stderr
        assert took < 10, took  # 0.7 s alone; the machine of the tests may be busy with others


def test_in_code(recorded: Path) -> None:
    """``conformance.judge`` takes what any client has at hand."""
    import conformance  # noqa: PLC0415 # the lazy name itself is on trial

    exchange: Mapping[str, Any] = {
        "request": {
            "method": "POST",
            "url": "https://kms.us-east-1.amazonaws.com/",
            "headers": {"X-Amz-Target": "TrentService.ListKeys"},
            "body": '{"Limit": 5000}',
        },
        "response": {
            "status": 200,
            "headers": [
                ("Content-Type", "application/x-amz-json-1.1"),
                ("Date", "Wed, 01 Jan 2025 00:00:00 GMT"),
            ],
            "body": b'{"Keys": [{"KeyId": 7}], "Truncated": false}',
        },
    }
    for operation in ("kms:ListKeys", conformance.operation("kms:ListKeys")):
        found = conformance.judge(operation, exchange)
        failed = {one.clause for one in found if one.verdict == "fail"}
        assert failed == {
            "kms:ListKeys/request/Limit/maximum",
            "kms:ListKeys/response/Keys/item/KeyId/type",
        }


def test_files_of_one_name_are_told_apart() -> None:
    """Cases are named by their file, however files are called."""
    paths = [Path("a/test one.yaml"), Path("b/test one.yaml"), Path("c/x.yaml")]
    assert labels(paths) == ["1-test_one.yaml", "2-test_one.yaml", "x.yaml"]


def test_a_report_of_recordings_agrees_with_itself(tmp_path: Path) -> None:
    """``verify`` finds nothing wrong with it."""
    broken = samples.merged(samples.SQS, request_body='{"QueueNamePrefix": 5}')
    path = samples.cassette(tmp_path / "sqs.json", samples.SQS, broken)
    assert main(["judge", str(path), "--report", str(tmp_path / "report")]) == 1
    made = json.loads((tmp_path / "report" / "report.json").read_text("utf-8"))
    assert not any(verify.problems(made).values()), verify.problems(made)
