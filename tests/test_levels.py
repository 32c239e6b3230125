"""Levels: what only a model says, and AWS is known to do otherwise, is at most a ``should``."""

from pathlib import Path

import pytest

from conformance.generation.clauses import clauses
from conformance.generation.member_clauses import CONSTRAINTS
from conformance.protocols.table import PROTOCOLS
from conformance.spec.levels import LEVELS, Level, SourceKind
from conformance.spec.registry import registry

#: Operations known from their models alone, over several protocols, and one from its page.
MODELLED = (
    "transcribe:StartTranscriptionJob",
    "keyspaces:GetKeyspace",
    "quicksight:DescribeUser",
    "lambda:CreateFunction",
    "kms:ListKeys",
    "iam:CreateUser",
    "ec2:DescribeVpcs",
    "s3:ListParts",
    "route53:CreateHostedZone",
)
PAGE = "connect:ListPhoneNumbersV2"


@pytest.mark.parametrize("name", MODELLED)
def test_what_aws_does_otherwise_never_fails(name: str) -> None:
    """Constraints, presence and content types of responses, statuses of errors in JSON."""
    operation = registry().find(name)
    in_json = PROTOCOLS[operation.protocol].response_format.typed
    judged = 0
    for clause in clauses(operation).values():
        part, _, path = clause.path.partition("/")
        last = path.rpartition("/")[2]
        constrains = part == "response" and last in {*CONSTRAINTS, "present", "content-type"}
        of_status = part == "errors" and last == "status" and in_json
        if constrains or of_status or path in {"malformed-body", "non-object-body"}:
            assert clause.level is not Level.MUST, clause.id
            judged += 1
    assert judged


@pytest.mark.parametrize("name", [*MODELLED, PAGE])
def test_a_malformed_body_is_cited_to_the_protocol(name: str) -> None:
    """No page and no model says what a body is; the specification of the protocol does."""
    operation = registry().find(name)
    specification = PROTOCOLS[operation.protocol].page
    found = [
        clause
        for path in ("malformed-body", "non-object-body")
        if (clause := clauses(operation).get(f"{name}/protocol/{path}"))
    ]
    assert found or not operation.has_body
    assert all(clause.source.page == specification for clause in found)


@pytest.mark.parametrize(
    ("path", "level"),
    [
        ("protocol/malformed-body", "must"),
        ("errors/ResourceNotFoundException/status", "must"),
        ("response/content-type", "must"),
    ],
)
def test_what_a_page_states_is_held_to(path: str, level: str) -> None:
    """The same promises are firmer where a page makes them."""
    assert clauses(registry().find(PAGE))[f"{PAGE}/{path}"].level == level


@pytest.mark.parametrize(
    ("clause", "level"),
    [
        # one valid value alone: a switch
        ("s3:GetObject/request/ChecksumMode/enum", "should"),
        ("s3:ListObjectsV2/request/OptionalObjectAttributes/item/enum", "should"),
        ("kms:DeriveSharedSecret/request/KeyAgreementAlgorithm/enum", "should"),
        # a confirmation
        ("s3:GetObject/request/RequestPayer/enum", "observe"),
        # several
        ("s3:PutBucketAcl/request/ACL/enum", "must"),
        ("dynamodb:GetItem/request/ReturnConsumedCapacity/enum", "must"),
        # booleans and times, in text and where bodies have types
        ("s3:ListObjectsV2/request/FetchOwner/type", "should"),
        ("s3:GetObject/request/ResponseExpires/type", "should"),
        ("ec2:DescribeVpcs/request/DryRun/type", "should"),
        ("dynamodb:GetItem/request/ConsistentRead/type", "must"),
        # a date that HTTP says to ignore where it is none
        ("s3:GetObject/request/IfModifiedSince/type", "observe"),
        ("s3:HeadObject/request/IfUnmodifiedSince/type", "observe"),
        # numbers
        ("s3:GetObject/request/PartNumber/type", "must"),
        ("s3:ListBuckets/request/MaxBuckets/type", "must"),
        # a token that responses may hold in any length, and one that they may not
        ("iam:ListUsers/request/Marker/maxLength", "should"),
        ("iam:ListUsers/request/Marker/minLength", "must"),
        ("iam:ListUsers/request/PathPrefix/maxLength", "must"),
        ("events:ListRules/request/NextToken/maxLength", "must"),
    ],
)
def test_what_no_source_says_of_other_values(clause: str, level: str) -> None:
    """A model lists valid values; what else a switch or a text may be, it leaves open."""
    assert clauses(registry().find(clause.partition("/")[0]))[clause].level == level


@pytest.mark.parametrize("promise", LEVELS)
def test_a_model_is_never_firmer_than_a_page(promise: str) -> None:
    """Except for what a page leaves to the SDK."""
    rank = list(Level)
    page, model = (LEVELS[promise].get(one) for one in (SourceKind.PAGE, SourceKind.MODEL))
    if page is None or model is None or promise == "the SDK reads a success":
        return
    assert rank.index(page) <= rank.index(model)


def _table() -> list[str]:
    """The table of levels as docs/documents.md prints it."""
    kinds = [kind for kind in SourceKind if any(kind in row for row in LEVELS.values())]
    rows = [["promise", *kinds], ["---"] * (1 + len(kinds))]
    rows += [[name, *(str(row.get(kind, "")) for kind in kinds)] for name, row in LEVELS.items()]
    return [f"| {' | '.join(row)} |" for row in rows]


def test_the_documentation_prints_the_table() -> None:
    """docs/documents.md has every promise with its level by source, as the code has it."""
    page = Path(__file__).parents[1] / "docs" / "documents.md"
    assert "\n".join(_table()) in page.read_text("utf-8"), "\n".join(_table())
