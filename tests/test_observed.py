"""Observations of AWS: what ships is held against every check, and what they change."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import cbor2
import compact_facts
import pytest
from jsonschema import Draft202012Validator

from conformance.checks.evidence import Evidence
from conformance.checks.findings import Finding, Verdict
from conformance.checks.table import judge
from conformance.cli.main import main
from conformance.errors import DocumentError
from conformance.generation.cases import cases
from conformance.generation.clauses import clauses, explain
from conformance.generation.plans import Call, Case, Expect
from conformance.protocols.http import Exchange, Request, Response
from conformance.protocols.table import PROTOCOLS
from conformance.spec import observed, reading
from conformance.spec.files import folder
from conformance.spec.levels import Level
from conformance.spec.observations import (
    NOTHING,
    Observations,
    Seen,
    SeenError,
    SeenMembers,
    lacked,
    promised,
)
from conformance.spec.operation import Operation
from conformance.spec.registry import registry

FILES = sorted((folder("schemas") / observed.FOLDER).glob("*.json"))
BLAMES = {Verdict.FAIL, Verdict.WARN}

_ERRORS = {
    "rest-xml": "<Error><Code>{}</Code><Message>m</Message></Error>",
    "query": "<ErrorResponse><Error><Code>{}</Code></Error><RequestId>1</RequestId>"
    "</ErrorResponse>",
    "ec2": "<Response><Errors><Error><Code>{}</Code></Error></Errors><RequestID>1</RequestID>"
    "</Response>",
}


def error(operation: Operation, code: str, status: int) -> Response:
    """A response that names an error as the operation's protocol does."""
    protocol = operation.protocol
    if protocol in _ERRORS:
        text = _ERRORS[protocol].format(code)
        if protocol == "rest-xml" and operation.service != "s3":
            text = _ERRORS["query"].format(code)
        body, kind = text.encode(), "text/xml"
    elif "cbor" in protocol:
        body, kind = cbor2.dumps({"__type": code}), "application/cbor"
    else:
        body, kind = json.dumps({"__type": code, "message": "m"}).encode(), "application/json"
    headers = [("Content-Type", kind), ("x-amzn-RequestId", "1")]
    headers += list(PROTOCOLS[protocol].headers.items())
    return Response(status=status, headers=tuple(headers), body=body)


def exchange(operation: Operation, response: Response) -> Exchange:
    request = Request(method=operation.http.method, url="http://localhost/", headers=(), body=b"")
    return Exchange(operation=operation.id, params={}, request=request, response=response)


def judged(operation: Operation, response: Response, expect: Expect, path: str) -> list[Finding]:
    """All that the checks find on a response to a case of the clause at a path."""
    clause = f"{operation.id}/{path}"
    case = Case(
        id=f"{clause}/made",
        operation=operation.id,
        clause=clause,
        expect=expect,
        title="made",
        steps=(Call(),),
    )
    accepted = Response(status=operation.http.status, headers=(), body=b"")
    evidence = Evidence(
        operation=operation,
        protocol=PROTOCOLS[operation.protocol],
        case=case,
        steps=((exchange(operation, response),),),
        valid_control=exchange(operation, accepted),
        broken=(clause,),
    )
    return judge(evidence)


def blamed(findings: list[Finding]) -> list[str]:
    return [f"{one.clause}: {one.observed}" for one in findings if one.verdict in BLAMES]


def occasions(operation: Operation) -> Iterator[tuple[Expect, str]]:
    """What an error may be the answer to: an invalid request, and one for what is unknown."""
    refused = {Expect.REFUSED, Expect.UNKNOWN}
    found = {case.expect: case for case in cases(operation) if case.expect in refused}
    for expect, case in found.items():
        yield expect, case.clause.partition("/")[2]


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
class TestShipped:
    def test_no_error_that_aws_gave_is_flagged(self, path: Path) -> None:
        """A code with its status, as AWS gave them, breaks nothing of the operation."""
        for name, seen in observed.read(path).items():
            operation = registry().find(name)
            for one in seen.errors:
                response = error(operation, one.code, one.status or 400)
                for expect, clause in occasions(operation):
                    assert blamed(judged(operation, response, expect, clause)) == []

    def test_no_answer_that_aws_gave_is_flagged(self, path: Path) -> None:
        """What AWS accepted, or answered, is of no clause that a server is judged by."""
        for name, seen in observed.read(path).items():
            known = clauses(registry().find(name))
            for one in seen.clauses:
                clause = known[f"{name}/{one.path}"]
                if one.seen is not Seen.HELD:
                    assert clause.level is Level.OBSERVE
                elif not registry().find(name).observed.violated(one.path):
                    assert clause.level is not Level.OBSERVE
                assert any("observed: " in note for note in clause.notes)

    def test_members_are_promised_as_a_should(self, path: Path) -> None:
        """What all of enough answers showed is a should at most."""
        for name in observed.read(path):
            operation = registry().find(name)
            for member, reason in operation.present.items():
                clause = clauses(operation)[f"{name}/response/{member}/present"]
                assert clause.level is not Level.MUST or not reason.startswith("AWS")

    def test_it_follows_its_schema(self, path: Path) -> None:
        """It holds names, codes and numbers, and every source is named by a fact."""
        data = reading.read_json(path)
        schema = reading.read_json(folder("schemas") / "observed.schema.json")
        assert list(Draft202012Validator(schema).iter_errors(data)) == []
        named = {
            number
            for parts in data["operations"].values()
            for ones in parts.values()
            for one in ones
            for number in one["from"]
        }
        assert named == set(range(len(data["sources"])))


def file(path: Path, **operations: dict[str, list[dict[str, object]]]) -> Path:
    """A file of facts about operations of KMS."""
    known = {f"kms:{name}": facts for name, facts in operations.items()}
    path.write_text(json.dumps(observed.data(known, ["recordings of aws, eu-west-1, 2026-01-02"])))
    return path


@pytest.fixture
def using() -> Iterator[Callable[..., None]]:
    """Has files of facts speak for one test."""
    yield lambda *paths: observed.use(paths)
    observed.use(())


Using = Callable[..., None]


class TestLayer:
    def test_it_has_one_digest(self) -> None:
        """In every process: what was killed goes on, and parts of one run belong together."""
        code = "from conformance.spec.registry import registry as r; print(r().find({!r}).digest)"
        command = [sys.executable, "-c", code.format("sqs:ListQueues")]
        digests = {
            subprocess.check_output(command, env={**os.environ, "PYTHONHASHSEED": seed})
            for seed in ("3", "4")
        }
        assert len(digests) == 1

    def test_a_code_that_was_seen_is_listed(self, tmp_path: Path, using: Using) -> None:
        """A code that no model lists is undocumented until AWS was seen to give it."""
        response = error(registry().find("kms:ListKeys"), "OddlyNamedException", 418)
        blames = ["errors/documented", "errors/broken-constraint"]
        for expected, facts in (
            (blames, []),
            (["errors/broken-constraint"], [{"code": "OddlyNamedException", "status": 400}]),
            ([], [{"code": "OddlyNamedException", "status": 418}]),
        ):
            using(file(tmp_path / "seen.json", ListKeys={"errors": facts}))
            operation = registry().find("kms:ListKeys")
            found = judged(operation, response, Expect.REFUSED, "request/Limit/maximum")
            judged_at = {one.clause.split("/", 1)[1] for one in found if one.verdict in BLAMES}
            levels = {"errors/documented"}  # of a model it is no more than observed
            assert judged_at == set(expected) - levels
            noted = [one for one in found if one.clause.endswith("errors/documented")]
            assert all(one.verdict is Verdict.PASS for one in noted) == bool(facts)

    def test_a_status_that_was_seen_is_one(self, tmp_path: Path, using: Using) -> None:
        """A modelled error with another status than the model's is right where AWS gave it so."""
        path = "errors/NoSuchBucket/status"
        name = "s3:ListObjectsV2"
        response = error(registry().find(name), "NoSuchBucket", 410)
        for facts, verdict in (
            ([], Verdict.FAIL),
            ([{"code": "NoSuchBucket", "status": 410}], Verdict.PASS),
        ):
            data = observed.data({name: {"errors": facts}} if facts else {}, [])
            (tmp_path / "seen.json").write_text(json.dumps(data))
            using(tmp_path / "seen.json")
            operation = registry().find(name)
            modelled = replace(operation, errors={**operation.errors, "NoSuchBucket": 404})
            found = judged(modelled, response, Expect.REFUSED, "request/Bucket/type")
            assert [one.verdict for one in found if one.clause.endswith(path)] == [verdict]

    @pytest.mark.parametrize("seen", ["accepted", "departed"])
    def test_what_aws_does_is_no_violation(self, tmp_path: Path, using: Using, seen: str) -> None:
        """A clause that AWS was seen not to keep is recorded, and no request has to be refused."""
        facts = {"clauses": [{"path": "request/Limit/maximum", "seen": seen, "recordings": 2}]}
        using(file(tmp_path / "seen.json", ListKeys=facts))
        operation = registry().find("kms:ListKeys")
        clause = clauses(operation)["kms:ListKeys/request/Limit/maximum"]
        assert clause.level is Level.OBSERVE
        about = [one for one in cases(operation) if one.clause == clause.id]
        assert about
        assert not any(one.expect is Expect.REFUSED for one in about)

    def test_what_held_keeps_its_level(self, tmp_path: Path, using: Using) -> None:
        """A violation that AWS refused confirms a clause, and explaining it says so."""
        fact = {"path": "request/Limit/maximum", "seen": "held", "recordings": 3, "value": 1001}
        using(file(tmp_path / "seen.json", ListKeys={"clauses": [fact]}))
        clause = clauses(registry().find("kms:ListKeys"))["kms:ListKeys/request/Limit/maximum"]
        assert clause.level is Level.MUST
        said = explain(clause)["known as well"]
        assert said == "observed: AWS refused 1001 (3 recordings)"

    @pytest.mark.parametrize(
        ("seen", "settable", "promises"),
        [
            (SeenMembers(members={"A": 3}, answers=3, tests=3), "", True),
            (SeenMembers(members={"A": 3}, answers=3, tests=2), "", False),
            (SeenMembers(members={"A": 9}, answers=9, tests=9), "A", False),
            (SeenMembers(members={"A": 10}, answers=10, tests=10), "A", True),
            (SeenMembers(members={"A": 4}, answers=9, tests=9), "", False),
            (SeenMembers(members={"A": 12}, answers=20, tests=11), "", True),
            (SeenMembers(members={"L/item/A": 9}, answers=9, tests=9), "", False),
            (SeenMembers(members={"L/item/A": 90}, answers=9, tests=9), "", False),
            (SeenMembers(members={"L/item/A": 90}, answers=40, tests=10), "", True),
            (SeenMembers(members={"B": 90}, answers=90, tests=90), "", False),
        ],
    )
    def test_presence_takes_many_tests(
        self, seen: SeenMembers, settable: str, promises: bool
    ) -> None:
        """A member is promised where enough tests showed it, the more the more they decide it."""
        known = ["A", "L", "L/item/A"]
        assert bool(promised([seen], known, frozenset({settable}))) is promises

    @pytest.mark.parametrize(
        ("path", "lacks"),
        [
            ("A", False),
            ("B", True),
            ("A/C", True),
            ("A/D", False),
            ("B/C", False),
            ("A/item/C", True),
            ("B/item/C", False),
        ],
    )
    def test_a_member_that_some_answers_lacked(self, path: str, lacks: bool) -> None:
        """A member was absent where others stood alone, if its parent stood at all."""
        seen = SeenMembers(members={"A": 9, "A/D": 9}, answers=9, tests=9)
        assert (lacked([seen], path) is not None) is lacks

    def test_what_samples_always_show_gives_way_to_answers(self) -> None:
        """S3 shows a version in every printed sample, and in no answer of an unversioned bucket."""
        operation = registry().find("s3:PutObject")
        assert "VersionId" in operation.present
        known = clauses(operation)
        assert known[f"{operation.id}/response/VersionId/present"].level is Level.OBSERVE
        assert known[f"{operation.id}/response/ETag/present"].level is Level.OBSERVE

    def test_a_promised_member_is_missed(self, tmp_path: Path, using: Using) -> None:
        """A response without a member that AWS always showed is a warning."""
        seen = {"always": {"Keys": 12}, "answers": 12, "tests": 12}
        using(file(tmp_path / "seen.json", ListKeys={"members": [seen]}))
        operation = registry().find("kms:ListKeys")
        headers = (("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", "1"))
        for body, misses in ((b"{}", True), (b'{"Keys":[]}', False)):
            response = Response(status=200, headers=headers, body=body)
            found = judged(operation, response, Expect.ACCEPTED, "protocol/accepts-valid")
            flagged = [
                one for one in found if one.clause.endswith("ListKeys/response/Keys/present")
            ]
            warned = [one for one in flagged if one.verdict is Verdict.WARN]
            assert bool(warned) is misses
            assert flagged

    def test_an_unknown_thing_gets_the_error_that_aws_gives(self) -> None:
        """Where AWS's error for what is unknown is known, another one is a warning."""
        operation = registry().find("lambda:GetFunction")
        path = "rules/unknown-FunctionName"
        for code, verdict in (
            ("ResourceNotFoundException", Verdict.PASS),
            ("MissingThingException", Verdict.WARN),
        ):
            found = judged(operation, error(operation, code, 404), Expect.UNKNOWN, path)
            about = [one.verdict for one in found if one.clause.endswith("errors/unknown")]
            assert about == [verdict]

    def test_no_doubtful_error_is_expected(self) -> None:
        """Files that are edited by hand lower what is required, and add nothing."""
        doubtful = SeenError(code="Gone", status=404, when=("unknown",), doubtful=True)
        seen = Observations(errors=(doubtful,))
        assert seen.gave("Gone", 404)
        assert seen.errors_when("unknown") == ()

    def test_the_five_documented_operations_are_as_they_were(self) -> None:
        """No shipped fact is about the operations that ship with their pages."""
        for name in registry():
            assert observed.of(name) == NOTHING

    @pytest.mark.parametrize(
        "content",
        ["{", "[]", "{}", json.dumps({"format": observed.FORMAT, "sources": [], "operations": []})],
    )
    def test_a_broken_file_is_one_sentence(
        self, tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A file that is no file of facts stops the run before anything is sent."""
        path = tmp_path / "seen.json"
        path.write_text(content)
        assert main(["certify", "http://127.0.0.1:9", "--observed", str(path)]) == 2
        said = capsys.readouterr().err
        assert str(path) in said
        assert "Traceback" not in said
        with pytest.raises(DocumentError):
            observed.read(path)

    def test_a_source_that_is_not_listed_is_an_error(self, tmp_path: Path) -> None:
        """Facts name their sources by numbers that the file has."""
        fact = {"code": "A", "from": [1]}
        with pytest.raises(DocumentError, match="broken"):
            observed.read(file(tmp_path / "seen.json", ListKeys={"errors": [fact]}))


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped recordings of the reference server, as if AWS had answered."""
    root = tmp_path_factory.mktemp("recordings")
    for operation in ("ListPhoneNumbers", "GetPhoneNumber"):
        source = folder("cassettes") / "reference" / "chime" / operation
        for path in sorted(source.rglob("*.json")):
            text = path.read_text("utf-8")
            target = root / "aws" / "chime" / operation / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text.replace('"provenance":"reference"', '"provenance":"aws"', 1))
    return root


@pytest.fixture(scope="module")
def facts(recordings: Path) -> Mapping[str, Observations]:
    """What is observed of these recordings."""
    path = recordings / "seen.json"
    assert main(["observe", str(recordings / "aws"), "-o", str(path)]) == 0
    return observed.read(path)


class TestObserve:
    def test_errors_are_counted(self, facts: Mapping[str, Observations]) -> None:
        """Every error of the operation's own requests is there, with its status."""
        errors = {(one.code, one.status): one for one in facts["chime:ListPhoneNumbers"].errors}
        assert errors["BadRequestException", 400].recordings > 10
        assert all("recordings of aws" in one.sources[0] for one in errors.values())
        assert not any("Signature" in code for code, _ in errors)

    def test_what_is_unknown_is_told_apart(self, facts: Mapping[str, Observations]) -> None:
        """The error of a lookup of what does not exist is known as one."""
        (unknown,) = facts["chime:GetPhoneNumber"].errors_when("unknown")
        assert str(unknown) == "404 NotFoundException"

    def test_the_number_that_is_nearest_is_kept(self, facts: Mapping[str, Observations]) -> None:
        """Of all the numbers that were refused the one closest to the bound says most."""
        (most,) = facts["chime:ListPhoneNumbers"].of("request/MaxResults/maximum")
        assert (most.seen, most.value) == (Seen.HELD, 100)
        (least,) = facts["chime:ListPhoneNumbers"].of("request/MaxResults/minimum")
        assert least.value == 0

    def test_members_of_every_answer_are_named(self, facts: Mapping[str, Observations]) -> None:
        """What each answer shows is there; what some lack is not."""
        (members,) = facts["chime:ListPhoneNumbers"].members
        assert members.members["PhoneNumbers"] == members.answers
        assert "NextToken" not in members.members

    def test_no_value_is_taken_over(self, recordings: Path) -> None:
        """The file holds names, codes and numbers: nothing that an answer said."""
        assert main(["observe", str(recordings / "aws"), "-o", str(recordings / "v.json")]) == 0
        text = (recordings / "v.json").read_text("utf-8")
        assert "PhoneNumbers" in text
        assert not re.search(r"\+1|%2B|555|arn:|localhost", text)

    def test_an_altered_recording_is_no_fact(self, recordings: Path, tmp_path: Path) -> None:
        """A body that is longer than its Content-Length is not what AWS sent."""
        source = recordings / "aws" / "chime" / "ListPhoneNumbers" / "protocol" / "accepts-valid"
        (path,) = source.glob("*.json")
        target = tmp_path / "one.json"
        target.write_text(path.read_text("utf-8").replace("ProductType", "ProductionType"))
        assert main(["observe", str(target), "-o", str(tmp_path / "seen.json")]) == 0
        assert observed.read(tmp_path / "seen.json") == {}

    def test_it_is_used_by_a_run(self, recordings: Path, using: Using) -> None:
        """What was observed is noted with the clause, and its level stays."""
        path = recordings / "seen.json"
        assert main(["observe", str(recordings / "aws"), "-o", str(path)]) == 0
        using(path)
        known = clauses(registry().find("chime:ListPhoneNumbers"))
        clause = known["chime:ListPhoneNumbers/request/MaxResults/maximum"]
        assert clause.level is Level.MUST
        assert "AWS refused 100 with 400 BadRequestException" in clause.notes[0]

    def test_a_departure_is_seen(self, recordings: Path, tmp_path: Path) -> None:
        """An answer that breaks a clause is a fact about AWS, not a finding."""
        source = recordings / "aws" / "chime" / "ListPhoneNumbers" / "protocol" / "accepts-valid"
        (path,) = source.glob("*.json")
        text = path.read_text("utf-8")
        assert "ProductType" in text
        target = tmp_path / "one.json"
        target.write_text(text.replace("ProductType", "ProduceType"))
        assert main(["observe", str(target), "-o", str(tmp_path / "seen.json")]) == 0
        found = observed.read(tmp_path / "seen.json")["chime:ListPhoneNumbers"]
        departed = {one.path for one in found.clauses if one.seen is Seen.DEPARTED}
        assert "response/PhoneNumbers/item/ProductType/present" in departed

    def test_other_recordings_say_nothing_about_aws(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Recordings of the reference server, or printed samples, make no facts."""
        assert main(["observe", str(folder("cassettes"))]) == 2
        assert "no recording of AWS" in capsys.readouterr().err

    def test_what_is_not_there_is_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A path that does not exist is one sentence."""
        assert main(["observe", "no-such-folder"]) == 2
        assert "no-such-folder" in capsys.readouterr().err


class TestCompactFacts:
    """How the shipped files are made."""

    def rows(self, folder: Path, name: str, *rows: Mapping[str, object]) -> None:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text)

    def test_edited_files_are_doubted_until_a_second_source_agrees(self, tmp_path: Path) -> None:
        """A code of hand-edited files is doubtful, and a server error of one is none at all."""
        fact = {"fact": "error", "operation": "a:B", "observations": 1, "file": "f"}
        one = {**fact, "repo": "someone/edits", "commit": "c" * 40}
        self.rows(
            tmp_path,
            "observed",
            {**one, "code": "Alone", "status": 400},
            {**one, "code": "Both", "status": 404},
            {**one, "code": "Broken", "status": 500},
            {**fact, "repo": compact_facts.VALIDATED, "code": "Both", "status": 404},
        )
        for name in ("present", "across-calls", "dynamodb"):
            self.rows(tmp_path, name)
        made = compact_facts.compact(tmp_path)["a"]
        errors = {one["code"]: one for one in made.operations["a:B"]["errors"]}
        assert errors.keys() == {"Alone", "Both"}
        assert errors["Alone"]["doubtful"] is True
        assert "doubtful" not in errors["Both"]
        assert errors["Both"]["recordings"] == 2
        assert json.loads(compact_facts.text(made))["format"] == observed.FORMAT

    def test_an_occasion_takes_two_signs(self, tmp_path: Path) -> None:
        """When an error was given is taken over where more than one sign says so."""
        fact = {
            "fact": "error-when",
            "operation": "a:B",
            "when": "unknown",
            "repo": compact_facts.VALIDATED,
            "observations": 1,
            "tests": 1,
            "path": "p",
        }
        self.rows(
            tmp_path,
            "across-calls",
            {**fact, "code": "One", "status": 404, "by": ["message"]},
            {**fact, "code": "Two", "status": 404, "by": ["message", "code name"]},
        )
        for name in ("present", "observed", "dynamodb"):
            self.rows(tmp_path, name)
        found = compact_facts.compact(tmp_path)["a"].operations["a:B"]["errors"]
        assert [one.get("when") for one in found] == [None, ["unknown"]]


@pytest.mark.parametrize("name", ["s3:GetObject", "s3:HeadObject"])
def test_headers_that_the_sdk_gathers_are_not_promised(name: str) -> None:
    """Without such headers the SDK makes an empty map, which no byte of an answer shows."""
    operation = registry().find(name)
    assert "ETag" in operation.present
    assert "Metadata" not in operation.present
