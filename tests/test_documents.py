"""The documents in ``schemas/``: well-formed, usable to the last path, and refused where broken."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore.session
import jmespath
import pytest
from jsonschema import Draft202012Validator

from conformance.checks.filter_predicates import RELATIONS
from conformance.errors import DocumentError
from conformance.generation.clauses import clauses
from conformance.runner.settings import DEFAULT_OPERATIONS
from conformance.spec.documents import documented, load, parse
from conformance.spec.operation import Operation
from conformance.spec.registry import registry
from conformance.spec.rules import (
    Accepts,
    Combine,
    Constraint,
    Exclusive,
    Filter,
    Found,
    Unknown,
)
from conformance.spec.sdk_models.baseline import completed
from conformance.spec.validity import only_unspecified, violated_clauses, violations
from conformance.spec.values import paths

SCHEMAS = Path(__file__).parent.parent / "schemas"
PATHS = sorted(
    path for path in SCHEMAS.glob("*/*.json") if path.parent.name not in {"observed", "samples"}
)
DOCUMENTS = {path.relative_to(SCHEMAS).as_posix(): path for path in PATHS}
OPERATIONS = list(documented())
FORMAT = json.loads((SCHEMAS / "operation.schema.json").read_text("utf-8"))

Fill = Callable[[Operation, Mapping[str, Any]], dict[str, Any]]

every_document = pytest.mark.parametrize("name", DOCUMENTS)
every_operation = pytest.mark.parametrize("operation", registry().values(), ids=OPERATIONS)


def read(name: str) -> Any:
    return json.loads(DOCUMENTS[name].read_text("utf-8"))


def examples(operation: Operation) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every request that a document calls valid, with where it stands."""
    for baseline in operation.baselines:
        yield f"baseline {baseline.name}", baseline.params
    for rule in operation.rules:
        match rule:
            case Constraint():
                requests = rule.valid
            case Accepts() | Filter() | Exclusive() | Combine():
                requests = rule.examples
            case Unknown() | Found():
                requests = (rule.params,)
        for params in requests:
            yield f"rule {rule.id}", params


class TestForm:
    def test_there_are_eight(self) -> None:
        """The five operations that the project began with, and Chime's three living twins."""
        assert len(DOCUMENTS) == len(OPERATIONS) >= 8
        assert set(DEFAULT_OPERATIONS) < set(OPERATIONS)

    @every_document
    def test_a_document_follows_the_format(self, name: str) -> None:
        """Each document validates, and lies where its service and operation say."""
        document = read(name)
        Draft202012Validator(FORMAT).validate(document)
        assert name == f"{document['service']}/{document['operation']}.json"
        assert document["$id"].endswith(f"{document['service']}:{document['operation']}")

    @every_document
    def test_its_parts_are_json_schemas(self, name: str) -> None:
        """Request, response and every rule's constraint are JSON Schema 2020-12."""
        document = read(name)
        for schema in document["$defs"].values():
            Draft202012Validator.check_schema(schema)
        for rule in document.get("byHand", {}).get("rules", ()):
            if "constraint" in rule:
                Draft202012Validator.check_schema(rule["constraint"])

    def test_the_formats_are_json_schemas(self) -> None:
        """The schemas of our own formats are JSON Schema 2020-12 themselves."""
        for path in SCHEMAS.glob("*.schema.json"):
            Draft202012Validator.check_schema(json.loads(path.read_text("utf-8")))


class TestSense:
    @every_operation
    def test_every_member_named_is_one(self, operation: Operation) -> None:
        """Whatever names a member of request or response names one that is there."""
        members = operation.members.keys()
        paging = operation.pagination
        response = operation.response["properties"].keys()
        if paging:
            assert {paging.input_token, paging.limit} - {None} <= members
            assert {paging.output_token, paging.items} <= response
        for named in (operation.samples, operation.companions, operation.limited):
            assert named.keys() <= members
        assert operation.required <= members
        for where, params in examples(operation):
            assert params.keys() <= members, where
        for path in operation.present:
            assert f"{operation.id}/response/{path}/present" in clauses(operation)
        for rule in operation.rules:
            match rule:
                case Filter():
                    assert {rule.member, rule.companion} - {None} <= members, rule.id
                case Exclusive():
                    assert rule.member in members, rule.id
                case Combine():
                    assert members >= set(rule.members), rule.id
                case Constraint():
                    assert rule.schema.get("properties", {}).keys() <= members, rule.id

    @every_operation
    def test_every_path_compiles_and_leads_somewhere(self, operation: Operation) -> None:
        """Paths of resources and fields are jmespath over members that are described."""
        for name, resource in documented()[operation.id].resources.items():
            for place in resource.places:
                source = registry().find(place.operation)
                assert source.pagination is not None, name
                assert jmespath.compile(place.path).parsed
                assert place.path.split("[")[0] == source.pagination.items
        for rule in operation.rules_of(Filter):
            assert rule.relation in RELATIONS, rule.id
            assert rule.field is None or jmespath.compile(rule.field).parsed
        for rule in operation.rules_of(Found):
            assert jmespath.compile(rule.result).parsed

    @every_operation
    def test_the_identity_is_a_member_of_an_item(self, operation: Operation) -> None:
        """What tells two items apart is documented of every item."""
        identity = operation.identified_by
        if identity is not None:
            assert operation.pagination is not None
            items = operation.response["properties"][operation.pagination.items]["items"]
            assert identity in items["properties"]

    @every_operation
    def test_errors_named_are_listed(self, operation: Operation) -> None:
        """Short forms belong to listed errors, and a rule's error is listed or AWS's own."""
        assert operation.error_codes.keys() <= operation.errors.keys()
        for rule in operation.rules_of(Unknown):
            assert rule.error is None or rule.error in operation.errors, rule.id

    @every_operation
    def test_valid_examples_break_nothing(self, operation: Operation, filled: Fill) -> None:
        """Baselines, kept examples and what filters are tried with keep every constraint."""
        for where, params in examples(operation):
            assert violated_clauses(operation, filled(operation, params)) == (), where

    @every_operation
    def test_broken_examples_break_their_own_rule(self, operation: Operation, filled: Fill) -> None:
        """What a rule calls broken breaks that rule, and no other promise.

        But for a member that the rule asks for and that is always required.
        """
        for rule in operation.rules_of(Constraint):
            own = f"{operation.id}/rules/{rule.id}"
            for params in rule.invalid:
                found = violated_clauses(operation, filled(operation, params))
                assert own in found, params
                others = [one for one in found if one != own and not one.endswith("/required")]
                assert not others or only_unspecified(operation, tuple(others)), params

    @every_operation
    def test_samples_keep_their_members_schema(self, operation: Operation) -> None:
        """A sample value is a valid one."""
        for name, values in operation.samples.items():
            schema = operation.members[name]
            inner = schema.get("items", schema)
            for value in values:
                assert not list(violations(value, inner, name))


class TestWithoutHandWriting:
    """A document as the importer writes it: nothing in it is written by hand."""

    @staticmethod
    def imported(folder: Path, name: str, **changes: Any) -> Operation:
        document = {**read(name), **changes}
        document.pop("byHand", None)
        path = folder / document["service"] / f"{document['operation']}.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(document))
        return completed(next(iter(documented(folder).values())))

    def test_it_has_a_valid_call(self, tmp_path: Path) -> None:
        """What is required is given, by values that are looked for where the SDK lists them."""
        made = self.imported(tmp_path, "chime-sdk-voice/GetPhoneNumber.json")
        assert [one.params for one in made.baselines] == [
            {"PhoneNumberId": {"resource": "PhoneNumberId"}}
        ]
        places = [place.operation for place in made.resources["PhoneNumberId"].places]
        assert "chime-sdk-voice:ListPhoneNumbers" in places

    def test_an_operation_that_no_sdk_knows_has_one_too(self, tmp_path: Path) -> None:
        """Without a model, what only the target knows has to be given."""
        name = "connect/ListPhoneNumbersV2.json"
        made = self.imported(tmp_path, name, service="greenhouse", operation="ListBeds")
        assert [one.params for one in made.baselines] == [{}]
        assert made.resources == {}

    def test_one_that_changes_things_is_known_by_its_name(self, tmp_path: Path) -> None:
        """What a page calls Delete is no operation that only reads."""
        made = self.imported(tmp_path, "connect/ListPhoneNumbersV2.json", operation="DeleteBeds")
        assert not made.readonly
        assert documented()["connect:ListPhoneNumbersV2"].readonly

    @pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH"])
    def test_one_that_changes_things_is_known_by_its_method(
        self, tmp_path: Path, method: str
    ) -> None:
        """An operation that is sent as DELETE changes things, whatever its name says."""
        http = json.loads(DOCUMENTS["connect/ListPhoneNumbersV2.json"].read_text())["http"]
        made = self.imported(
            tmp_path,
            "connect/ListPhoneNumbersV2.json",
            operation="GetBeds",
            http={**http, "method": method},
        )
        assert not made.readonly

    def test_the_sdk_says_of_a_name_that_does_not(self, tmp_path: Path) -> None:
        """Where the SDK's model states that an operation reads, its document's operation does."""
        made = self.imported(
            tmp_path,
            "connect/ListPhoneNumbersV2.json",
            service="verifiedpermissions",
            operation="IsAuthorized",
        )
        assert made.readonly


class TestErrata:
    @every_document
    def test_errata_apply(self, name: str) -> None:
        """Where the page errs, what is meant takes the place of what is printed."""
        document, operation = read(name), load(DOCUMENTS[name])
        for erratum in document.get("byHand", {}).get("errata", ()):
            assert erratum["reason"]
            if "meant" not in erratum:
                continue
            root, part, *path = erratum["at"].split("/")[1:]
            assert root == "$defs"
            node: Any = {"request": operation.request, "response": operation.response}[part]
            for step in path:
                node = node[int(step)] if isinstance(node, list) else node[step]
            assert node == erratum["meant"]

    def test_the_document_itself_stays_as_printed(self) -> None:
        """Loading leaves what was read untouched."""
        document = read("connect/SearchAvailablePhoneNumbers.json")
        before = copy.deepcopy(document)
        parse(document)
        assert document == before

    def test_an_erratum_that_does_not_fit_is_refused(self) -> None:
        """What a page no longer prints is no longer corrected in silence."""
        document = read("connect/SearchAvailablePhoneNumbers.json")
        document["byHand"]["errata"][0]["printed"] = "something else"
        with pytest.raises(DocumentError, match=r"prefix-pattern does not fit the value at /"):
            parse(document, name="a document")

    @pytest.mark.parametrize("pointer", ["/nowhere", "/$defs/request/required/99", "/errors/x/y"])
    def test_a_pointer_to_nowhere_is_refused(self, pointer: str) -> None:
        """An erratum names a place that is there."""
        document = read("connect/SearchAvailablePhoneNumbers.json")
        document["byHand"]["errata"][0]["at"] = pointer
        with pytest.raises(DocumentError, match="does not fit"):
            parse(document)


class TestAgainstTheSdk:
    """botocore's service models are read from the same source as the pages, by other people."""

    @every_operation
    def test_the_request_line_is_the_sdks(self, operation: Operation) -> None:
        """Method, path and wire names are those that the SDK uses."""
        service = botocore.session.Session().get_service_model(operation.service)
        model = service.operation_model(operation.name)
        path, _, literal = model.http["requestUri"].partition("?")
        assert operation.http.method == model.http["method"]
        label = operation.http.path.split("{")[0]
        assert path.split("{")[0] == label
        assert literal == "&".join(f"{k}={v}" for k, v in operation.http.query.items())
        shape = model.input_shape
        assert operation.members.keys() == shape.members.keys()
        assert operation.required == set(shape.required_members)
        for name, member in shape.members.items():
            where = member.serialization.get("location", "body")
            ours = operation.members[name]
            assert {"uri": "path", "querystring": "query"}.get(where, where) == ours["location"]
            if where == "querystring":
                assert ours.get("wireName", name) == member.serialization["name"]

    @every_operation
    def test_the_response_has_the_sdks_members(self, operation: Operation) -> None:
        """Every documented member of an answer is one that the SDK reads, and the reverse."""
        service = botocore.session.Session().get_service_model(operation.service)
        shape = service.operation_model(operation.name).output_shape
        theirs: set[str] = set()

        def gather(shape: Any, path: str) -> None:
            if shape.type_name == "structure":
                for name, member in shape.members.items():
                    if member.serialization.get("location") != "statusCode":  # no page prints it
                        theirs.add(f"{path}{name}")
                        gather(member, f"{path}{name}/")
            elif shape.type_name == "list":
                theirs.add(f"{path}item")
                gather(shape.member, f"{path}item/")

        if shape is not None:
            gather(shape, "")
        ours = {path for path, _, _ in paths(operation.response)}
        assert ours - theirs == set()
        assert {path for path in theirs - ours if path.count("/") == 0} == set()


Mutation = Callable[[Any], None]


def _set(path: str, value: Any) -> Mutation:
    def change(document: Any) -> None:
        *parents, last = path.split("/")
        node = document
        for step in parents:
            node = node[int(step)] if isinstance(node, list) else node[step]
        if isinstance(node, list):
            node[int(last)] = value
        else:
            node[last] = value

    return change


def _add(path: str, value: Any) -> Mutation:
    def change(document: Any) -> None:
        for step in path.split("/"):
            document = document[step]
        document.append(value)

    return change


def _drop(path: str) -> Mutation:
    def change(document: Any) -> None:
        *parents, last = path.split("/")
        node = document
        for step in parents:
            node = node[step]
        del node[last]

    return change


#: What is done to ListPhoneNumbers' document → the place that the refusal has to name.
OUT_OF_FORM: Mapping[str, tuple[Mutation, str]] = {
    "no-http": (_drop("http"), "http"),
    "no-errors": (_drop("errors"), "errors"),
    "no-path": (_drop("http/path"), "$.http"),
    "format": (_set("format", "aws-conformance-operation/2"), "$.format"),
    "stray-key": (_set("colour", "green"), "colour"),
    "method": (_set("http/method", "FETCH"), "$.http.method"),
    "relative-path": (_set("http/path", "phone-numbers"), "$.http.path"),
    "status": (_set("http/status", 404), "$.http.status"),
    "type": (_set("$defs/request/properties/Status/type", "text"), "Status.type"),
    "enum": (_set("$defs/request/properties/Status/enum", []), "Status.enum"),
    "bound": (_set("$defs/request/properties/MaxResults/maximum", "99"), "MaxResults.maximum"),
    "keyword": (_set("$defs/request/properties/Status/oneOf", []), "Status"),
    "location": (_set("$defs/request/properties/Status/location", "cookie"), "Status.location"),
    "error-status": (_set("errors/NotFoundException/status", "404"), "NotFoundException.status"),
    "level": (_set("byHand/rules/0/level", "may"), "rules[0].level"),
    "rule-of-no-kind": (_set("byHand/rules/0", {"id": "x", "level": "must"}), "rules[0]"),
    "rule-id": (_set("byHand/rules/0/id", "with blanks"), "rules[0].id"),
    "list-for-object": (_set("errors", []), "$.errors"),
    "service": (_set("service", "Chime"), "$.service"),
}
#: Well-formed and yet of no use: a name that nothing bears, a pattern that is none.
OUT_OF_SENSE: Mapping[str, tuple[Mutation, str]] = {
    "limit": (_set("pagination/limit", "Nothing"), "Nothing"),
    "token": (_set("pagination/inputToken", "Nothing"), "Nothing"),
    "items": (_set("pagination/items", "Nothing"), "Nothing"),
    "relation": (_set("byHand/rules/2/filter/relation", "likes"), "likes"),
    "filter-member": (_set("byHand/rules/2/filter/member", "Nothing"), "Nothing"),
    "resource-path": (
        _set("byHand/resources/FilterValue.UserId/from/0/path", "PhoneNumbers[?"),
        "FilterValue.UserId",
    ),
    "baseline": (_set("byHand/baselines/0/params", {"Nothing": 1}), "Nothing"),
    "pattern": (_set("$defs/request/properties/Status/pattern", "["), "Status"),
    "required": (_set("$defs/request/required", ["Nothing"]), "Nothing"),
    "rule-twice": (_set("byHand/rules/1/id", "bare-call"), "bare-call"),
    "baseline-twice": (_add("byHand/baselines", {"name": "bare", "params": {}}), "bare"),
    "observe-twice": (
        _set("byHand/observe", [{"id": "odd", "params": {}, "reason": "x"}] * 2),
        "odd",
    ),
    "erratum-twice": (_set("byHand/errata", [{"id": "typo", "reason": "x"}] * 2), "typo"),
    "constraint": (_set("byHand/rules/1/constraint", {"type": "sometimes"}), "filter-needs-value"),
    "present": (_set("byHand/present/0/members", ["Nothing"]), "Nothing"),
}


def refusal(change: Mutation) -> str:
    document = read("chime/ListPhoneNumbers.json")
    change(document)
    with pytest.raises(DocumentError) as caught:
        clauses(parse(document, name="List.json"))
    return str(caught.value)


class TestRefusals:
    @pytest.mark.parametrize("name", OUT_OF_FORM)
    def test_what_is_out_of_form_is_refused(self, name: str) -> None:
        """A document that does not follow the format is refused in one line, with the place."""
        change, place = OUT_OF_FORM[name]
        said = refusal(change)
        assert said.startswith("List.json is broken at $")
        assert place in said
        assert said.endswith(".")
        assert len(said.splitlines()) == 1

    @pytest.mark.parametrize("name", OUT_OF_SENSE)
    def test_what_makes_no_sense_is_refused(self, name: str) -> None:
        """A document that names what is not there is refused in one line, with the name."""
        change, place = OUT_OF_SENSE[name]
        said = refusal(change)
        assert place in said
        assert len(said.splitlines()) == 1

    @pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]", b'"text"', b"null"])
    def test_what_is_no_document_is_refused(self, content: bytes, tmp_path: Path) -> None:
        """A file that is no JSON object is refused with its path."""
        path = tmp_path / "broken.json"
        path.write_bytes(content)
        with pytest.raises(DocumentError) as caught:
            load(path)
        assert str(path) in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1

    def test_a_missing_file_is_refused(self, tmp_path: Path) -> None:
        """So is one that is not there."""
        with pytest.raises(DocumentError, match="cannot be read"):
            load(tmp_path / "none.json")

    def test_a_folder_of_documents_is_loaded_whole_or_not_at_all(self, tmp_path: Path) -> None:
        """One broken document among many is named."""
        good = DOCUMENTS["chime/GetPhoneNumber.json"].read_text("utf-8")
        for folder in ("one", "two"):
            (tmp_path / folder / "chime").mkdir(parents=True)
            (tmp_path / folder / "chime" / "GetPhoneNumber.json").write_text(good)
        assert list(documented(tmp_path / "one")) == ["chime:GetPhoneNumber"]
        (tmp_path / "two" / "chime" / "Other.json").write_text("{}")
        with pytest.raises(DocumentError, match=r"Other\.json"):
            documented(tmp_path / "two")
