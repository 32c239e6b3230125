"""What calls leave behind, on a real emulator and on one that breaks one promise at a time."""

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from breaking_proxy import Mutant, before, lacking, without

from conformance.checks import stories as story_checks
from conformance.checks.stories import _is_elsewhere
from conformance.checks.story_evidence import StoryEvidence, Taken
from conformance.checks.story_pairs import _has
from conformance.checks.story_tags import _is_lost
from conformance.execution.stories import _called
from conformance.generation.stories import stories
from conformance.spec.lifecycles.derived import lifecycles
from conformance.spec.registry import registry
from conftest import certified, serving_moto

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("moto") is None, reason="moto is not installed"
)

OPERATIONS = (
    "logs:CreateLogGroup,logs:DeleteLogGroup,logs:PutRetentionPolicy,"
    "events:CreateEventBus,events:DeleteEventBus,events:UpdateEventBus,"
    "events:ListEventBuses,kms:EnableKeyRotation,kms:DisableKeyRotation,"
    "kms:CreateKey,kms:TagResource,kms:UntagResource,kms:UpdateKeyDescription"
)


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    yield from serving_moto()


def state(url: str, folder: Path, operations: str = OPERATIONS) -> dict[str, str]:
    """Clause → verdict of everything that lies between calls."""
    words = ("--mutating", "--depth=full", "-k", "/state/", "--operations", operations)
    _, report = certified(url, folder, *words)
    found: dict[str, str] = {}
    for one in report["findings"]:
        if one["area"] == "state" and found.get(one["clause"]) not in {"fail", "warn"}:
            found[one["clause"]] = one["verdict"]
    return found


@pytest.fixture(scope="module")
def honest(moto: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The verdicts on moto as it is, seen through a layer that changes nothing."""
    with before(moto, None) as url:
        return state(url, tmp_path_factory.mktemp("honest") / "report")


MUTANTS = {
    "a parameter of a creation is dropped": (
        Mutant("kms:CreateKey", sent=without("Description")),
        "kms:CreateKey/state/read-back/Description",
    ),
    "a member of an answer is dropped": (
        Mutant("kms:DescribeKey", shown=lacking("KeyMetadata", "KeyUsage")),
        "kms:CreateKey/state/read-back/KeyUsage",
    ),
    "a deletion is swallowed": (
        Mutant("logs:DeleteLogGroup", answers={}),
        "logs:DeleteLogGroup/state/gone",
    ),
    "a deletion is swallowed where a reader shows it": (
        Mutant("events:DeleteEventBus", answers={}),
        "events:DeleteEventBus/state/gone",
    ),
    "tags are forgotten": (
        Mutant("kms:TagResource", answers={}),
        "kms:TagResource/state/tagged",
    ),
    "tags are kept": (
        Mutant("kms:UntagResource", answers={}),
        "kms:UntagResource/state/untagged",
    ),
    "tags of a creation are forgotten": (
        Mutant("kms:CreateKey", sent=without("Tags")),
        "kms:CreateKey/state/tags",
    ),
    "an update keeps the old": (
        Mutant("kms:UpdateKeyDescription", answers={}),
        "kms:UpdateKeyDescription/state/updated/Description",
    ),
    "a prefix is ignored": (
        Mutant("events:ListEventBuses", sent=without("NamePrefix")),
        "events:ListEventBuses/state/filter/NamePrefix",
    ),
    "nothing is enabled": (
        Mutant("kms:EnableKeyRotation", answers={}),
        "kms:EnableKeyRotation/state/done",
    ),
    "what is put is forgotten": (
        Mutant("logs:PutRetentionPolicy", answers={}),
        "logs:PutRetentionPolicy/state/done",
    ),
    "nothing is disabled": (
        Mutant("kms:DisableKeyRotation", answers={}),
        "kms:DisableKeyRotation/state/undone",
    ),
    "a listing is empty": (
        Mutant("events:ListEventBuses", shown=lambda _, members: {**members, "EventBuses": []}),
        "events:CreateEventBus/state/listed",
    ),
}


@pytest.mark.parametrize("name", sorted(MUTANTS))
def test_a_broken_promise_is_noticed(
    name: str, honest: dict[str, str], moto: str, tmp_path: Path
) -> None:
    """The clause passes on the emulator as it is, and is violated where the promise is broken."""
    mutant, clause = MUTANTS[name]
    assert honest[clause] == "pass"
    operations = ",".join({clause.split("/", 1)[0], *OPERATIONS.split(",")[:1]})
    with before(moto, mutant) as url:
        found = state(url, tmp_path / "report", operations)
    assert found[clause] in {"warn", "fail"}, {key: found[key] for key in sorted(found)}


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """What moto breaks between the calls of these operations."""
    return frozenset(
        {
            # it takes these and shows nothing of them
            "events:CreateEventBus/state/read-back/LogConfig",
            "events:CreateEventBus/state/read-back/LogConfig/IncludeDetail",
            "events:CreateEventBus/state/read-back/LogConfig/Level",
            "kms:CreateKey/state/read-back/CustomKeyStoreId",
            "kms:CreateKey/state/references/CustomKeyStoreId",
            "kms:CreateKey/state/references/XksKeyId",
            "logs:CreateLogGroup/state/read-back/deletionProtectionEnabled",
            "logs:CreateLogGroup/state/read-back/logGroupClass",
        }
    )


def test_the_emulator_as_it_is_breaks_what_is_known(honest: dict[str, Any]) -> None:
    """Nothing else is held against it."""
    broken = {clause for clause, verdict in honest.items() if verdict in {"warn", "fail"}}
    assert broken <= known()


@pytest.mark.parametrize(
    ("clause", "place", "described", "elsewhere"),
    [
        # a summary that is left out, of a member beside it in the request
        ("state/read-back/TableClass", "TableClassSummary.TableClass", {}, True),
        (
            "state/read-back/TableClass",
            "TableClassSummary.TableClass",
            {"TableClassSummary": {}},
            False,
        ),
        # a structure that the request has as well
        ("state/read-back/Config/MaxSize", "Config.MaxSize", {}, False),
        ("state/read-back/Name", "Name", {}, False),
    ],
)
def test_a_summary_that_is_absent_says_nothing(
    clause: str, place: str, described: Any, elsewhere: bool
) -> None:
    assert _is_elsewhere(clause, place, described) is elsewhere


@pytest.mark.parametrize(
    "name",
    [
        "sqs:CreateQueue",
        "sqs:DeleteQueue",
        "ec2:CreateVolume",
        "ec2:DescribeVolumes",
        "iam:DetachRolePolicy",
        "apigatewayv2:UpdateApi",
        "ecs:ListTagsForResource",
    ],
)
def test_a_story_exercises_what_its_check_raises(name: str) -> None:
    """The clauses of a story are among those that are listed for its check."""
    found = stories(registry().find(name))
    assert found
    for story in found:
        for clause in (story.clause, *story.beside):
            path = clause.partition("/")[2]
            assert any(fnmatchcase(path, one) for one in story_checks.RAISES[story.kind]), clause


@pytest.mark.parametrize(
    ("value", "called"),
    [
        ({"Id": "first", "Filter": {"Id": "first"}}, {"Id": "new", "Filter": {"Id": "new"}}),
        ({"Id": "another", "Name": "first"}, {"Id": "another", "Name": "first"}),
        (["first"], ["first"]),
    ],
)
def test_a_new_name_is_new_wherever_it_is_repeated(value: Any, called: Any) -> None:
    """What repeats the name, as a member that is called alike, is the new name."""
    assert _called(value, "Id", "first", "new") == called


@pytest.mark.parametrize(
    ("shown", "has"),
    [
        ([{"retentionInDays": 30, "logGroupName": "a"}], True),
        ([{"retentionInDays": 7, "logGroupName": "a"}], False),
        ([{"logGroupName": "a"}], False),
        ("refused", False),
    ],
)
def test_what_was_so_before_is_not_done(shown: Any, has: bool) -> None:
    """What a look shows of a value that was given; that it is called so says nothing."""
    assert _has(shown, {"retentionInDays": 30, "logGroupName": "a"}) is has


@pytest.mark.parametrize(("at_creation", "lost"), [("Tags", True), (None, False)])
def test_only_what_takes_tags_at_its_creation_has_to_be_known_to_what_tags(
    at_creation: str | None, lost: bool
) -> None:
    """A service may tag some of its resources alone, and not know the ARNs of the others."""
    tagging = next(one.tagging for one in lifecycles("dynamodb") if one.tagging)
    lifecycle = SimpleNamespace(tagging=replace(tagging, at_creation=at_creation))
    evidence = SimpleNamespace(case=SimpleNamespace(lifecycle=lifecycle))
    taken = SimpleNamespace(params={"ResourceArn": "arn:aws:a:::b"}, is_not_found=True)
    assert _is_lost(cast(StoryEvidence, evidence), cast(Taken, taken)) is lost
