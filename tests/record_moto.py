"""Records vcrpy cassettes of boto3 against moto's server, one for each service, into a folder.

A program of its own: vcrpy patches the HTTP clients of a whole process, and moto warns.
"""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import vcr
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer


def _sqs(client: Any) -> None:
    for number in range(5):
        client.create_queue(QueueName=f"queue-{number}")
    list(client.get_paginator("list_queues").paginate(PaginationConfig={"PageSize": 2}))
    with contextlib.suppress(ClientError):
        client.get_queue_url(QueueName="nobody")


def _s3(client: Any) -> None:
    client.create_bucket(Bucket="bucket")
    for number in range(5):
        client.put_object(Bucket="bucket", Key=f"a/{number}", Body=b"\xff\x00 no text")
    client.list_buckets()
    client.head_object(Bucket="bucket", Key="a/1")
    client.get_object(Bucket="bucket", Key="a/1")["Body"].read()
    client.copy_object(Bucket="bucket", Key="copy", CopySource="bucket/a/1")
    client.get_bucket_location(Bucket="bucket")
    list(
        client.get_paginator("list_objects_v2").paginate(
            Bucket="bucket", PaginationConfig={"PageSize": 2}
        )
    )
    upload = client.create_multipart_upload(Bucket="bucket", Key="m")["UploadId"]
    client.upload_part(Bucket="bucket", Key="m", UploadId=upload, PartNumber=1, Body=b"x")
    client.list_parts(Bucket="bucket", Key="m", UploadId=upload)
    with contextlib.suppress(ClientError):
        client.get_object(Bucket="bucket", Key="nobody")


def _iam(client: Any) -> None:
    client.create_user(UserName="someone")
    client.list_users()
    with contextlib.suppress(ClientError):
        client.get_user(UserName="nobody")


def _ec2(client: Any) -> None:
    client.describe_vpcs()
    with contextlib.suppress(ClientError):
        client.describe_vpcs(VpcIds=["vpc-nobody"])


def _dynamodb(client: Any) -> None:
    client.create_table(
        TableName="table",
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="table", Item={"a": {"S": "1"}, "b": {"B": b"\x00\xff"}})
    client.scan(TableName="table")
    with contextlib.suppress(ClientError):
        client.describe_table(TableName="nobody")


def _kms(client: Any) -> None:
    client.create_key()
    client.list_keys()


def _lambda(client: Any) -> None:
    client.list_functions()
    with contextlib.suppress(ClientError):
        client.get_function(FunctionName="nobody")


def _cloudwatch(client: Any) -> None:
    client.put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 1.0}])
    client.list_metrics()


CALLS: dict[str, Callable[[Any], None]] = {
    "sqs": _sqs,
    "s3": _s3,
    "iam": _iam,
    "ec2": _ec2,
    "dynamodb": _dynamodb,
    "kms": _kms,
    "lambda": _lambda,
    "cloudwatch": _cloudwatch,
}
#: vcrpy's JSON holds no bytes: so recorded is what is all text, with headers made text.
AS_JSON = frozenset({"iam", "ec2"})


def _text(request: Any) -> Any:
    request.headers = {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in request.headers.items()
    }
    return request


def main(folder: Path) -> None:
    """Record every service."""
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "nobody's",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    for service, call in CALLS.items():
        client = boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{port}",
            config=Config(retries={"total_max_attempts": 1}),
        )
        form = "json" if service in AS_JSON else "yaml"
        recorder = vcr.VCR(serializer=form, before_record_request=_text if form == "json" else None)
        with recorder.use_cassette(str(folder / f"{service}.{form}"), record_mode="all"):
            call(client)
    server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
