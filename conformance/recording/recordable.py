"""Which operations may be recorded from AWS: what reads, costs next to nothing, shows no secret.

That an operation is read-only is decided in ``spec/access.py``. Here it must also be listed as
reading by AWS itself, and must not be withheld for what its answers hold, what a call costs or what
it sets off. A recording is redacted all the same: this is the first of two nets.
"""

import fnmatch
import re
from collections.abc import Iterator, Mapping

from conformance.recording.sensitive_names import is_secret
from conformance.spec.access import access
from conformance.spec.operation import Operation
from conformance.spec.values import paths

#: Patterns of operations that are listed as reading and are withheld nevertheless, and why.
_WITHHELD: Mapping[str, str] = {
    "apigateway:GetApiKey*": "its answers hold keys",
    "appsync:ListApiKeys": "its answers hold keys",
    "ce:*": "each request is charged by itself",
    "codecommit:GetBlob": "its answers are the content of files",
    "codecommit:GetFile": "its answers are the content of files",
    "cognito-idp:GetUserAttributeVerificationCode": "it sends a message to a user",
    "ec2:DescribeVpnConnections": "its answers hold shared keys",
    "ec2:GetConsole*": "its answers are what an instance prints",
    "frauddetector:GetEventPrediction": "each request is charged by itself",
    "geo-*:*": "each request is charged by itself",
    "iam:GetCredentialReport": "its answers are a report on everybody's credentials",
    "iot:GetRegistrationCode": "its answers hold a code that registers certificates",
    "lambda:GetFunction": "its answers hold a signed address of the code",
    "lambda:GetLayerVersion": "its answers hold a signed address of the code",
    "lambda:GetLayerVersionByArn": "its answers hold a signed address of the code",
    "location:*": "each request is charged by itself, or its answers hold keys",
    "managedblockchain-query:*": "each request is charged by itself",
    "rekognition:Search*": "each request is charged by itself",
    "ssm:GetDeployablePatchSnapshotForInstance": "it makes a snapshot",
    "ssm:GetParameter*": "its answers hold parameters, which may be secrets",
    "waf*:GetChangeToken": "it issues a token",
}
#: Members that say where a listing or a change goes on, and open nothing.
_HARMLESS = re.compile(
    r"(next|previous|page|pagination|continuation|chunk|marker|client|request|idempotency|creation"
    r"|update|change|version|lock|sequence|conditional|resume)\w*token",
    re.IGNORECASE,
)
#: Names of operations whose answers are addresses that open something by themselves.
_ADDRESSES = re.compile(
    r"(Signed|Download|Upload|Embed|Session|Stream|Dashboard|Artifacts?|Report|Response|Log|Depot)"
    r"(Url|URL|Link)s?(?=[A-Z]|$)"
)
#: How deep the secrets lie that an operation is asked for; deeper ones are a part of a description.
_DEEP = 2


def kept_from_aws(operation: Operation) -> str:
    """Why an operation is never sent to AWS; empty for one that may be recorded there."""
    if not operation.readonly:
        return "it may change things"
    if operation.name not in access(operation.service).reads:
        return "AWS's service authorization reference lists no action of this name as reading"
    for pattern, reason in _WITHHELD.items():
        if fnmatch.fnmatchcase(operation.id, pattern):
            return reason
    if operation.wire.get("streams") or _is_text(operation, operation.wire.get("responsePayload")):
        return "its answers are the content of what users store"
    if _ADDRESSES.search(operation.name):
        return "its answers hold an address that opens something by itself"
    if secret := next(_secrets(operation), None):
        return f"its answers hold a secret, {secret}"
    return ""


def for_aws(operation: Operation) -> str:
    """Refuses what is never sent to AWS; the reason is the rest of a sentence about it."""
    why = kept_from_aws(operation)
    return f"is kept from AWS: {why}." if why else ""


class RecordableOperations(Mapping[str, Operation]):
    """The operations of a registry that may be sent to AWS; the others are not found.

    What a run was not asked about is sent as well: listings in which identifiers are found.
    """

    def __init__(self, known: Mapping[str, Operation]) -> None:
        self._known = known

    def __getitem__(self, name: str) -> Operation:
        operation = self._known[name]
        if kept_from_aws(operation):
            raise KeyError(name)
        return operation

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._known if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _is_text(operation: Operation, member: str | None) -> bool:
    return bool(member) and operation.response["properties"][member]["type"] == "string"


def _secrets(operation: Operation) -> Iterator[str]:
    """The paths of members that an operation shows at once, and whose names say a secret."""
    for path, _, schema in paths(operation.response):
        names = [part for part in path.split("/") if part != "item"]
        if len(names) > _DEEP or schema.get("type") != "string" or "enum" in schema:
            continue
        if is_secret(names[-1]) and not _HARMLESS.fullmatch(names[-1]):
            yield path
