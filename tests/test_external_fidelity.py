"""Recordings that recorders cut or altered: what AWS sent never fails, and faults still do."""

import base64
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from recorded_samples import SQS, cassette, merged

import conformance
from conformance.checks.findings import Finding
from conformance.protocols.http import Exchange, Request, Response
from conformance.recording.external.files import read
from conformance.recording.external.recordings import account

Data = dict[str, Any]

DATE = {"Date": "Wed, 01 Jan 2025 00:00:00 GMT"}
NAMED = {"x-amzn-RequestId": "1", **DATE}
JSON11 = {"Content-Type": "application/x-amz-json-1.1"}
PLAIN = {"Content-Type": "application/json"}
XML = {"Content-Type": "application/xml", "x-amz-request-id": "X", **DATE}
ERROR = b'{"message":"The provided model identifier is invalid."}'
KEYS = b'{"KeyCount":0,"Keys":[],"Truncated":0}'  # it has to be true or false
COPIED = b"<CopyObjectResult><ETag>&quot;x&quot;</ETag></CopyObjectResult>"
PARTS = b"<ListPartsResult><Bucket>b</Bucket><Key>k</Key><MaxParts>9</MaxParts></ListPartsResult>"


def converse(status: int, headers: Mapping[str, str], **body: Any) -> tuple[str, Data]:
    """A call of a service in REST with JSON, whose errors are named in a header."""
    request = {
        "method": "POST",
        "url": "https://bedrock-runtime.us-east-1.amazonaws.com/model/x/converse",
        "headers": PLAIN,
        "body": b'{"messages":[{"role":"user","content":[{"text":"hello"}]}]}',
    }
    response = {"status": status, "headers": headers, **body}
    return "bedrock-runtime:Converse", {"request": request, "response": response}


def keys(
    headers: Mapping[str, str], *, host: str = "kms.us-east-1.amazonaws.com", **body: Any
) -> tuple[str, Data]:
    """A call of a service in JSON."""
    request = {"method": "POST", "url": f"https://{host}/", "headers": {}, "body": b"{}"}
    return "kms:ListKeys", {
        "request": request,
        "response": {"status": 200, "headers": headers, **body},
    }


def rpc(operation: str, target: str, status: int, kind: str, asked: Data) -> tuple[str, Data]:
    """An error of a service in JSON."""
    host = f"https://{operation.partition(':')[0]}.us-east-1.amazonaws.com/"
    request = {
        "method": "POST",
        "url": host,
        "headers": {"X-Amz-Target": target},
        "body": json.dumps(asked),
    }
    body = json.dumps({"__type": kind, "Message": "m"})
    response = {"status": status, "headers": {**JSON11, **NAMED}, "body": body}
    return operation, {"request": request, "response": response}


def s3(operation: str, method: str, path: str, body: bytes, **headers: str) -> tuple[str, Data]:
    """A call of S3."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"https://b.s3.us-west-2.amazonaws.com/{path}"
    return f"s3:{operation}", {
        "request": {"method": method, "url": url, "headers": sent, "body": b""},
        "response": {"status": 200, "headers": XML, "body": body},
    }


def worse(found: list[Finding]) -> dict[str, str]:
    """The clauses that are violated, with their verdicts."""
    return {
        one.clause.split("/", 1)[1]: str(one.verdict)
        for one in found
        if one.verdict in {"fail", "warn", "error"}
    }


TRUNCATED = "response/Truncated/type"
LIST = {"QueueUrls": ["https://a/b"]}

#: What recorders do to what AWS sent, and the same with a fault that is still noticed.
ROWS: dict[str, tuple[tuple[str, Data], dict[str, str]]] = {
    # headers
    "error header filtered": (converse(400, {**PLAIN, "content-length": "55"}, body=ERROR), {}),
    "no headers at all": (converse(400, {}, body=ERROR), {}),
    "AWS's headers dropped": (converse(400, {**PLAIN, **DATE}, body=ERROR), {}),
    "names in lower case": (
        converse(
            400,
            {
                "content-type": "application/json",
                "date": DATE["Date"],
                "x-amzn-errortype": "ValidationException",
            },
            body=ERROR,
        ),
        {},
    ),
    "an error without a type": (
        converse(400, {**PLAIN, **NAMED}, body=ERROR),
        {"errors/type": "fail"},
    ),
    "no request id beside a date": (
        keys({**JSON11, **DATE}, body=b'{"Keys":[]}'),
        {"response/request-id": "warn"},
    ),
    "no content type": (keys({"Server": "x"}, body=b'{"Keys":[]}'), {}),
    # bodies
    "no body of an error": (converse(400, {**PLAIN, "content-length": "55"}), {}),
    "no body of a success": (converse(200, {**PLAIN, "transfer-encoding": "chunked"}), {}),
    "an empty string, with a length": (keys({**NAMED, "Content-Length": "38"}, body=""), {}),
    "an empty string, chunked": (
        keys({**NAMED, "Transfer-Encoding": "chunked"}, body={"string": ""}),
        {},
    ),
    "no body, said to be none": (keys(NAMED, body={"string": None}), {}),
    "an empty body": (
        keys({**JSON11, **NAMED, "Content-Length": "0"}, body=""),
        {"response/body": "fail"},
    ),
    "unpacked, its headers as before": (
        keys({**JSON11, **NAMED, "Content-Encoding": "gzip", "Content-Length": "22"}, body=KEYS),
        {TRUNCATED: "fail"},
    ),
    "packed": (
        keys(
            {**JSON11, **NAMED, "Content-Encoding": "gzip"},
            body={"base64_string": base64.b64encode(gzip.compress(KEYS)).decode()},
        ),
        {TRUNCATED: "fail"},
    ),
    "parsed": (keys(NAMED | JSON11, parsed_body={"Keys": [], "Truncated": False}), {}),
    "parsed, and wrong": (keys(NAMED | JSON11, parsed_body=json.loads(KEYS)), {TRUNCATED: "warn"}),
    "parsed as the body": (keys(NAMED | JSON11, body=json.loads(KEYS)), {TRUNCATED: "warn"}),
    # values
    "a length of another body": (
        keys({**JSON11, **NAMED, "Content-Length": "42"}, body=KEYS),
        {TRUNCATED: "warn"},
    ),
    "no date": (keys({**JSON11, "x-amzn-RequestId": "1"}, body=KEYS), {TRUNCATED: "warn"}),
    "no date, of an emulator": (
        keys({**JSON11, "x-amzn-RequestId": "1"}, body=KEYS, host="localhost:4566"),
        {TRUNCATED: "fail"},
    ),
    "a placeholder elsewhere": (
        keys({**JSON11, **NAMED}, body=KEYS.replace(b"[]", b'[{"KeyId":"CLEARED"}]')),
        {TRUNCATED: "warn"},
    ),
    "a placeholder in a header": (
        keys({**JSON11, **DATE, "x-amzn-RequestId": "[FILTERED]"}, body=KEYS),
        {TRUNCATED: "warn"},
    ),
    "a placeholder itself": (
        keys({**JSON11, **NAMED}, body=b'{"Keys":"CLEARED"}'),
        {},
    ),
    "nothing altered": (
        keys({**JSON11, **NAMED, "Content-Length": "38"}, body=KEYS),
        {TRUNCATED: "fail"},
    ),
    # what is percent-encoded
    "an escaped copy source": (
        s3("CopyObject", "PUT", "k2", COPIED, x_amz_copy_source="b%2Fk"),
        {},
    ),
    # AWS was seen to accept it
    "a copy source without a key": (
        s3("CopyObject", "PUT", "k2", COPIED, x_amz_copy_source="bucket"),
        {},
    ),
    "an escaped function": (
        (
            "lambda:GetFunction",
            {
                "request": {
                    "method": "GET",
                    "url": "https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/"
                    "arn%253Aaws%253Alambda%253Aus-east-1%253A123456789012%253Afunction%253Af",
                    "headers": {},
                },
                "response": {"status": 200, "headers": {**PLAIN, **NAMED}, "body": b"{}"},
            },
        ),
        {},
    ),
    "an empty number": (s3("ListParts", "GET", "k?uploadId=u&max-parts=", PARTS), {}),
    "an empty number in a form": (
        (
            "iam:ListUsers",
            {
                "request": {
                    "method": "POST",
                    "url": "https://iam.amazonaws.com/",
                    "headers": {},
                    "body": "Action=ListUsers&Version=2010-05-08&MaxItems=",
                },
                "response": {
                    "status": 200,
                    "headers": {"Content-Type": "text/xml", **NAMED},
                    "body": b"<ListUsersResponse><ListUsersResult><Users/></ListUsersResult>"
                    b"<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
                    b"</ListUsersResponse>",
                },
            },
        ),
        {},
    ),
    "a number that is none": (
        s3("ListParts", "GET", "k?uploadId=u&max-parts=x", PARTS),
        {},  # AWS was seen to accept it
    ),
    # statuses of modelled errors
    "400 in JSON": (
        rpc(
            "transcribe:StartTranscriptionJob",
            "Transcribe.StartTranscriptionJob",
            400,
            "ConflictException",
            {"TranscriptionJobName": "a", "Media": {"MediaFileUri": "s3://a/b"}},
        ),
        {},
    ),
    "400 in JSON 1.0": (
        rpc(
            "keyspaces:GetKeyspace",
            "KeyspacesService.GetKeyspace",
            400,
            "ResourceNotFoundException",
            {"keyspaceName": "a"},
        ),
        {},
    ),
    "neither 400 nor the model's in JSON": (
        rpc(
            "transcribe:StartTranscriptionJob",
            "Transcribe.StartTranscriptionJob",
            418,
            "ConflictException",
            {"TranscriptionJobName": "a", "Media": {"MediaFileUri": "s3://a/b"}},
        ),
        {"errors/ConflictException/status": "warn"},
    ),
    "400 in REST with JSON": (
        (
            "quicksight:DescribeUser",
            {
                "request": {
                    "method": "GET",
                    "url": "https://quicksight.us-east-1.amazonaws.com"
                    "/accounts/123456789012/namespaces/default/users/u",
                    "headers": {},
                },
                "response": {
                    "status": 400,
                    "headers": {**PLAIN, **NAMED, "x-amzn-ErrorType": "ResourceNotFoundException"},
                    "body": b"{}",
                },
            },
        ),
        {"errors/ResourceNotFoundException/status": "warn"},
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_a_recording_shows_what_it_holds(row: str) -> None:
    """What was left out fails nothing, what was altered warns at most, and faults are noticed."""
    (operation, exchange), expected = ROWS[row]
    found = worse(conformance.judge(operation, exchange))
    # the bodies are short: what AWS always shows is a should
    found = {clause: one for clause, one in found.items() if not clause.endswith("/present")}
    assert found == expected


def test_what_was_altered_is_said() -> None:
    """A finding on an altered recording says by what sign."""
    operation, exchange = ROWS["a length of another body"][0]
    found = conformance.judge(operation, exchange)
    said = next(one.observed for one in found if one.clause.endswith(TRUNCATED))
    assert said.endswith("altered: its body has 38 bytes, its Content-Length says 42)")


def test_an_exchange_of_this_suite_is_taken_as_it_is() -> None:
    """It lacks nothing, with or without a date."""
    headers = (("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", "1"))
    exchange = Exchange(
        operation="kms:ListKeys",
        params={},
        request=Request(
            method="POST", url="https://kms.us-east-1.amazonaws.com/", headers=(), body=b"{}"
        ),
        response=Response(status=200, headers=headers, body=KEYS),
    )
    assert worse(conformance.judge("kms:ListKeys", exchange)) == {TRUNCATED: "fail"}


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ({"parsed_body": {"QueueUrls": 5}}, {"response/QueueUrls/type": "warn"}),
        ({"parsed_body": LIST}, {}),
        ({"body": {"string": ""}, "headers": {"Content-Length": ["30"]}}, {}),
        ({"body": {"string": '{"QueueUrls": 5}'}}, {"response/QueueUrls/type": "fail"}),
        (
            {"body": {"string": '{"QueueUrls": 5}'}, "headers": {}},
            {"response/QueueUrls/type": "warn"},
        ),
    ],
)
def test_files_are_judged_alike(tmp_path: Path, response: Data, expected: dict[str, str]) -> None:
    """What a file does not hold is known from the file."""
    changed = merged(SQS)
    if "parsed_body" in response:
        del changed["response"]["body"]
    changed["response"] |= response
    found = account(read(cassette(tmp_path / "c.json", changed)), "c")
    assert worse([finding for one in found.judged for finding in one.findings]) == expected
