"""A call of SQS as a cassette and as a HAR hold it, and copies with changes."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

Data = dict[str, Any]


def signed(service: str) -> dict[str, str]:
    scope = f"AKIAIOSFODNN7EXAMPLE/20250101/us-east-1/{service}/aws4_request"
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0"}


SQS = {
    "request": {
        "method": "POST",
        "uri": "https://sqs.us-east-1.amazonaws.com/",
        "headers": {"X-Amz-Target": ["AmazonSQS.ListQueues"]},
        "body": '{"MaxResults": 10}',
    },
    "response": {
        "status": {"code": 200, "message": "OK"},
        "headers": {
            "Content-Type": ["application/x-amz-json-1.0"],
            "Date": ["Wed, 01 Jan 2025 00:00:00 GMT"],
            "x-amzn-RequestId": ["1"],
        },
        "body": {"string": '{"QueueUrls": ["https://a/b"]}'},
    },
}


def merged(data: Any, **changes: Any) -> Data:
    """A copy, with members of the request and the response replaced."""
    copy: Data = json.loads(json.dumps(data))
    for name, value in changes.items():
        part, _, key = name.partition("_")
        copy[part][key] = value
    return copy


def cassette(path: Path, *interactions: Data, **more: Any) -> Path:
    path.write_text(json.dumps({"version": 1, "interactions": interactions, **more}), "utf-8")
    return path


ANSWER = b'{"QueueUrls": ["https://a/b"]}'
PACKED = gzip.compress(ANSWER)


def har(*entries: Data) -> str:
    return json.dumps({"log": {"version": "1.2", "creator": {}, "entries": entries}})


ENTRY = {
    "request": {
        "method": "POST",
        "url": "https://sqs.us-east-1.amazonaws.com/",
        "headers": [
            {"name": ":authority", "value": "sqs.us-east-1.amazonaws.com"},
            {"name": "x-amz-target", "value": "AmazonSQS.ListQueues"},
        ],
        "postData": {"mimeType": "application/x-amz-json-1.0", "text": "{}"},
    },
    "response": {
        "status": 200,
        "headers": [{"name": "content-type", "value": "application/x-amz-json-1.0"}],
        "content": {"text": base64.b64encode(ANSWER).decode(), "encoding": "base64"},
    },
}
