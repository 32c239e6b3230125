"""The importer on trial: pages of our own wording in every form, and what must not become one."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from conformance.errors import DocumentError, PageError
from conformance.importer import import_page, write_document
from conformance.importer.writing import dumps

ROOT = Path(__file__).parent.parent
PAGES = Path(__file__).parent / "pages"
SHARED = ROOT.parent / "shared" / "pages"
FORMAT = json.loads((ROOT / "schemas" / "operation.schema.json").read_text(encoding="utf-8"))

SAMPLES = sorted(path.name for path in PAGES.iterdir())
FORMS = [name for name in SAMPLES if name.startswith("ListBeds")]


def text_of(name: str) -> str:
    return (PAGES / name).read_text(encoding="utf-8")


@cache
def imported(name: str) -> Any:
    return import_page(text_of(name), service="greenhouse")


def request(document: Any) -> Any:
    return document["$defs"]["request"]["properties"]


def response(document: Any) -> Any:
    return document["$defs"]["response"]["properties"]


def without(name: str, heading: str) -> str:
    """A sample page that has lost a section: heading and all, up to the next heading."""
    sections = text_of(name).strip().split("\n\n")
    start = sections.index(heading)
    after = {"URI Request Parameters", "Request Body", "Response Syntax", "Response Elements"}
    after |= {"Request Parameters", "Errors", "See Also", "Examples"}
    rest = range(start + 1, len(sections))
    # The last "Errors" is the heading, any other the name of a member.
    errors = len(sections) - 1 - sections[::-1].index("Errors")
    end = next(i for i in rest if sections[i] in after and (sections[i] != "Errors" or i == errors))
    return "\n\n".join(sections[:start] + sections[end:])


class TestEveryForm:
    @pytest.mark.parametrize("name", SAMPLES)
    def test_a_document_follows_the_format(self, name: str) -> None:
        """What is imported is valid, and its two schemas are JSON Schemas."""
        document = imported(name)
        Draft202012Validator(FORMAT).validate(document)
        for schema in document["$defs"].values():
            Draft202012Validator.check_schema(schema)
        assert "byHand" not in document

    @pytest.mark.parametrize("name", FORMS)
    def test_the_form_of_a_page_does_not_matter(self, name: str) -> None:
        """HTML, Markdown, clean text and torn text of a page give one document."""
        document = {key: value for key, value in imported(name).items() if key != "page"}
        assert json.dumps(document) == json.dumps(imported("ListBeds.clean.txt"))

    def test_a_page_is_known_by_its_address_only_where_it_names_it(self) -> None:
        """The canonical link is a page's address; without one the document has none."""
        html = imported("ListBeds.html")
        assert html["page"].endswith("/greenhouse/latest/APIReference/API_ListBeds.html")
        assert "page" not in imported("ListBeds.md")

    def test_blanks_and_line_ends_do_not_matter(self) -> None:
        """CRLF, no-break spaces and indentation are no content."""
        text = (
            text_of("ListBeds.clean.txt").replace("\n", "\r\n   ").replace("Type: ", "Type:\u00a0")
        )
        assert import_page(text, service="greenhouse") == imported("ListBeds.clean.txt")

    def test_marked_placeholders_are_placeholders(self) -> None:
        """Some pages in Markdown print ``{{MaxResults}}``, in the request line and in bodies."""
        text = text_of("ListBeds.md").replace("/HouseId/", "/{{HouseId}}/")
        text = re.sub(r"(max-results|next-token|soil)=(\w+)", r"\1={{\2}}", text)
        text = text.replace('"string"', '"{{string}}"').replace(": number", ": {{number}}")
        assert text.count("{{") > 6
        assert import_page(text, service="greenhouse") == imported("ListBeds.md")

    def test_a_table_of_contents_is_no_page(self) -> None:
        """Headings listed before and after the text start no section."""
        contents = "Request Syntax\nResponse Syntax\nResponse Elements\nErrors\nSee Also\n"
        text = text_of("ListBeds.clean.txt")
        framed = text.replace("ListBeds\n\nShows", f"ListBeds\n\n{contents}\nShows") + contents
        assert import_page(framed, service="greenhouse") == imported("ListBeds.clean.txt")

    @pytest.mark.parametrize("name", SAMPLES)
    def test_no_sentence_of_a_page_gets_in(self, name: str) -> None:
        """A document holds names, values and patterns, and no prose."""
        strings = json.dumps(imported(name))
        assert not [
            word for word in ("Which", "How many", "the beds", "no such") if word in strings
        ]


class TestRest:
    def test_the_request_line(self) -> None:
        """Labels are documented segments; a literal parameter is no member, a named one is."""
        document = imported("ListBeds.clean.txt")
        assert document["http"] == {
            "method": "GET",
            "path": "/houses/{HouseId}/beds",
            "query": {"kind": "beds"},
            "status": 200,
        }
        places = {n: (m["location"], m.get("wireName", n)) for n, m in request(document).items()}
        assert places == {
            "HouseId": ("path", "HouseId"),
            "MaxResults": ("query", "max-results"),
            "NextToken": ("query", "next-token"),
            "Soil": ("query", "soil"),
            "Season": ("header", "X-Gh-Season"),
        }
        assert document["$defs"]["request"]["required"] == ["HouseId"]

    def test_members_of_the_uri_have_the_types_that_constraints_show(self) -> None:
        """A range makes an integer, a number of members a list; without any it is unknown."""
        members = request(imported("ListBeds.clean.txt"))
        assert "type" not in members["NextToken"]
        assert (
            members["MaxResults"] | {"type": "integer", "minimum": 1, "maximum": 1000}
            == (members["MaxResults"])
        )
        assert members["Soil"]["items"] == {"type": "string", "minLength": 2}
        assert (members["Soil"]["minItems"], members["Soil"]["maxItems"]) == (1, 3)
        assert (members["HouseId"]["minLength"], members["HouseId"]["maxLength"]) == (8, 8)

    def test_the_response_is_nested_as_its_syntax_is(self) -> None:
        """The types make the skeleton precise; constraints of a list are about its items."""
        members = response(imported("ListBeds.clean.txt"))
        bed = members["Beds"]["items"]["properties"]
        assert bed["Plants"] == {
            "type": "object",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        }
        assert [bed[name]["type"] for name in ("Name", "Sunny", "Width")] == [
            "string",
            "boolean",
            "number",
        ]
        assert members["Total"]["type"] == "integer"
        assert members["Errors"]["items"] == {"type": "string", "pattern": "E[0-9]+"}
        assert members["Humidity"] == {
            "location": "header",
            "wireName": "X-Gh-Humidity",
            "section": "Response Elements",
        }

    def test_a_member_of_an_error_is_no_error(self) -> None:
        """Every type has the status of its own block."""
        assert imported("ListBeds.html")["errors"] == {
            "HouseNotFoundException": {"status": 404},
            "InvalidSoilException": {"status": 400},
        }

    def test_a_greedy_label_a_host_label_and_a_bare_parameter(self) -> None:
        """``{Shelf+}`` stays greedy, the label in the host leads the path, ``?bottle`` is empty."""
        document = imported("GetBottle.txt")
        assert document["http"]["path"] == "/{Cellar}/{Shelf+}"
        assert document["http"]["query"] == {"bottle": ""}
        assert document["$defs"]["request"]["required"] == ["Cellar", "Shelf"]
        assert request(document)["Owner"]["wireName"] == "x-wine-owner"

    def test_a_word_of_the_path_may_be_spelled_as_its_label(self) -> None:
        """Of two equal segments the last is the label."""
        text = text_of("LeaveCellar.txt").replace("/cellars/", "/cellarId/")
        path = import_page(text, service="greenhouse")["http"]["path"]
        assert path == "/cellarId/{cellarId}"

    def test_a_greedy_label_may_be_printed_bare(self) -> None:
        """``Shelf+`` is the label ``{Shelf+}``."""
        text = text_of("GetBottle.txt").replace("{Shelf+}", "Shelf+")
        assert import_page(text, service="greenhouse") == imported("GetBottle.txt")

    def test_xml_lists_are_repeated_or_wrapped(self) -> None:
        """Both ways to print a list are lists of their elements; the root element is no member."""
        members = response(imported("GetBottle.txt"))
        assert list(members) == ["Age", "Labels", "Owner", "Sips", "Full"]
        assert members["Labels"]["items"]["properties"] == {"Text": {"type": "string"}}
        assert members["Sips"]["items"]["properties"] == {
            "Size": {"type": "integer"},
            "Taken": {"type": "string", "format": "timestamp"},
            "Taste": {"type": "array", "items": {"type": "string"}},
        }

    def test_a_payload_and_a_status_are_members(self) -> None:
        """A body that is one binary member, a status line that names one."""
        document = imported("DropBottle.txt")
        content = request(document)["Content"]
        assert (content["location"], content["format"], content["maxLength"]) == (
            "body",
            "byte",
            1000,
        )
        assert document["$defs"]["request"]["required"] == ["cellar_id", "Content"]
        assert response(document)["StatusCode"]["location"] == "status"
        assert response(document)["Remains"]["format"] == "byte"

    def test_an_empty_answer_has_no_members(self) -> None:
        """The status is that of the syntax, here 204."""
        document = imported("LeaveCellar.txt")
        assert document["http"]["status"] == 204
        assert response(document) == {}


class TestOtherProtocols:
    def test_a_bare_json_protocol_posts_to_the_root(self) -> None:
        """Without a request line the request is ``POST /`` and all members are in the body."""
        document = imported("PlantTree.txt")
        assert document["http"] == {"method": "POST", "path": "/", "status": 200}
        assert {member["location"] for member in request(document).values()} == {"body"}
        assert document["$defs"]["request"]["required"] == ["Kind"]

    def test_maps_constrain_keys_and_values(self) -> None:
        """Key lines go to the names of properties, value lines to the properties."""
        assert request(imported("PlantTree.txt"))["Labels"] == {
            "location": "body",
            "section": "Request Parameters",
            "type": "object",
            "minProperties": 0,
            "maxProperties": 50,
            "propertyNames": {
                "type": "string",
                "pattern": "[a-z]+",
                "minLength": 1,
                "maxLength": 128,
            },
            "additionalProperties": {"type": "string", "pattern": ".*", "maxLength": 256},
        }

    def test_types_of_the_body(self) -> None:
        """A timestamp printed as number is one; a structure within itself is any object."""
        members = request(imported("PlantTree.txt"))
        assert (members["At"]["type"], members["At"]["format"]) == ("number", "timestamp")
        assert members["Parent"]["properties"]["Child"] == {"type": "object"}
        assert members["Rows"]["items"]["items"] == {
            "type": "number",
            "minimum": -5,
            "maximum": 2.5,
        }

    def test_a_list_of_values_may_run_over_lines(self) -> None:
        """Bars join the lines, and a lookalike in the prose is not the type."""
        assert request(imported("PlantTree.txt"))["Kind"]["enum"] == ["Apple", "Pear", "Plum"]

    def test_a_query_protocol_has_no_syntaxes(self) -> None:
        """The parameters' own types are their shape; ``.member.N`` belongs to the wire."""
        document = imported("ListFlowers.txt")
        members = request(document)
        assert members["Colours"]["wireName"] == "Colours.member.N"
        assert members["Colours"]["items"] == {"type": "string", "minLength": 3, "maxLength": 10}
        assert members["Attributes"]["additionalProperties"] == {"type": "string"}
        assert response(document)["Flowers"]["type"] == "array"
        assert document["errors"] == {"NoSuchColour": {"status": 404}}


class TestPagination:
    def test_tokens_limit_and_items(self) -> None:
        """The members that page a listing are told by their names."""
        assert imported("ListFlowers.txt")["pagination"] == {
            "inputToken": "Marker",
            "outputToken": "Marker",
            "limit": "MaxItems",
            "items": "Flowers",
        }
        assert imported("ListBeds.html")["pagination"]["items"] == "Beds"

    def test_what_is_no_listing_is_not_paged(self) -> None:
        """Without a token there is no pagination."""
        assert "pagination" not in imported("PlantTree.txt")

    def test_an_exclusive_start_is_answered_by_the_last_evaluated(self) -> None:
        """Names that belong together need not be alike."""
        text = text_of("ListFlowers.txt").replace("Marker", "ExclusiveStartFlower", 1)
        text = text[::-1].replace("Marker"[::-1], "LastEvaluatedFlower"[::-1], 1)[::-1]
        paging = import_page(text, service="greenhouse")["pagination"]
        assert paging["inputToken"] == "ExclusiveStartFlower"
        assert paging["outputToken"] == "LastEvaluatedFlower"


class TestWhatIsNoPage:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "Errors",
            "Once upon a time there was a page.\n\nIt documented nothing.",
            "<html><body><h1>Shop</h1><p>Buy!</p></body></html>",
            '{"Request": "Syntax"}',
            "# Readme\n\n## Examples\n\nNone.\n\n## See Also\n\nNothing.",
            "Bed - Greenhouse Service\n\nBed\n\nContents\n\nName\n\nType: String\n\nSee Also\n",
        ],
    )
    def test_it_is_refused_in_one_sentence(self, text: str) -> None:
        """What documents no operation is a PageError of one line."""
        with pytest.raises(PageError) as caught:
            import_page(text, service="greenhouse")
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("name", "heading"),
        [
            ("ListBeds.clean.txt", "Request Syntax"),
            ("ListBeds.clean.txt", "URI Request Parameters"),
            ("ListBeds.clean.txt", "Response Syntax"),
            ("PlantTree.txt", "Request Syntax"),
            ("ListBeds.clean.txt", "Response Elements"),
            ("PlantTree.txt", "Errors"),
            ("LeaveCellar.txt", "Response Elements"),
            ("LeaveCellar.txt", "Errors"),
        ],
    )
    def test_a_missing_section_is_named(self, name: str, heading: str) -> None:
        """The message says which section the page lacks."""
        with pytest.raises(PageError, match=f"lacks the section '{heading}'"):
            import_page(without(name, heading), service="greenhouse")

    @pytest.mark.parametrize("name", SAMPLES)
    def test_a_page_cut_anywhere_gives_all_or_nothing(self, name: str) -> None:
        """Cut at any place, a page is refused, or nothing that counts was behind the cut."""
        text, whole = text_of(name), imported(name)
        headings = [i for i in range(len(text)) if text.startswith("\n\n", i)]
        refused = 0
        for cut in sorted({*range(0, len(text), 37), *headings}):
            try:
                document = import_page(text[:cut], service="greenhouse")
            except PageError:
                refused += 1
                continue
            assert document == whole, f"cut at {cut}"
        assert refused

    def test_garbled_syntax_is_refused(self) -> None:
        """A bracket that nothing closes is a syntax cut short, though the page goes on."""
        text = text_of("ListBeds.clean.txt").replace('"Total": number }', '"Total": number')
        with pytest.raises(PageError, match="'Response Syntax' of the page breaks off"):
            import_page(text, service="greenhouse")

    def test_lost_names_are_refused(self) -> None:
        """Where an extractor dropped an error's name, no list of errors is trusted."""
        text = (
            text_of("ListBeds.clean.txt")
            .replace("InvalidSoilException\n", "")
            .replace("Reason\n", "")
        )
        with pytest.raises(PageError, match="has lost names"):
            import_page(text, service="greenhouse")

    @settings(deadline=None)
    @given(st.text(alphabet='{}[]":,<>/ \nstringHTTP-.|', max_size=200))
    def test_any_syntax_is_read_or_refused(self, syntax: str) -> None:
        """Whatever stands in a syntax, nothing but a PageError is raised."""
        head, tail = text_of("PlantTree.txt").split("Request Syntax\n", 1)
        rest = tail[tail.index("Request Parameters") :]
        try:
            import_page(f"{head}Request Syntax\n\n{syntax}\n\n{rest}", service="greenhouse")
        except PageError as error:
            assert "\n" not in str(error)


class TestService:
    def test_what_is_asked_for_wins(self) -> None:
        """``service`` is taken as it is, if it may be a client name."""
        assert imported("ListBeds.html")["$id"] == (
            "urn:aws-conformance:operation:greenhouse:ListBeds"
        )
        with pytest.raises(PageError, match="is not a client name"):
            import_page(text_of("ListBeds.html"), service="Green House")

    def test_an_unknown_service_has_to_be_named(self) -> None:
        """No service of botocore has the operation: the message asks for --service."""
        with pytest.raises(PageError, match="--service"):
            import_page(text_of("ListBeds.html"))

    @pytest.mark.parametrize("name", ["chime-ListBeds.html", "saved/chime/API_ListBeds.html"])
    def test_the_file_may_name_the_service(self, name: str) -> None:
        """An operation that no model has is taken from the file's name, or its folder's."""
        assert import_page(text_of("ListBeds.html"), name=name)["service"] == "chime"

    @pytest.mark.parametrize(
        ("hint", "service"),
        [
            ("TagResource - AWS Key Management Service\n", "kms"),
            ("https://docs.aws.amazon.com/goto/cli/lambda-2015-03-31/TagResource\n", "lambda"),
            ("https://docs.aws.amazon.com/kms/latest/APIReference/API_TagResource.html\n", "kms"),
            ("X-Amz-Target: TrentService.TagResource\n", "kms"),
        ],
    )
    def test_a_hint_on_the_page_names_the_service(self, hint: str, service: str) -> None:
        """A title, a link or a sample tells apart what a hundred services have."""
        text = text_of("LeaveCellar.txt").replace("LeaveCellar - Wine Cellar\n", hint)
        assert import_page(text.replace("LeaveCellar", "TagResource"))["service"] == service

    def test_services_that_fit_alike_are_named(self) -> None:
        """Where nothing tells them apart, none is taken."""
        text = text_of("LeaveCellar.txt").replace("LeaveCellar - Wine Cellar\n", "")
        with pytest.raises(PageError, match="name it with --service"):
            import_page(text.replace("LeaveCellar", "TagResource"))


class TestWriting:
    def test_the_part_written_by_hand_is_kept(self, tmp_path: Path) -> None:
        """A second import replaces all but ``byHand``."""
        path = tmp_path / "greenhouse" / "ListBeds.json"
        document = imported("ListBeds.html")
        write_document(document, path)
        by_hand = {"samples": {"Soil": ["clay"]}}
        path.write_text(json.dumps({"service": "old", "byHand": by_hand}), encoding="utf-8")
        write_document(document, path)
        assert json.loads(path.read_text(encoding="utf-8")) == {**document, "byHand": by_hand}
        assert [each.name for each in path.parent.iterdir()] == [path.name]

    def test_a_broken_document_is_left_alone(self, tmp_path: Path) -> None:
        """What cannot be read is not overwritten."""
        path = tmp_path / "ListBeds.json"
        path.write_text('{"byHand": ', encoding="utf-8")
        with pytest.raises(DocumentError, match="byHand"):
            write_document(imported("ListBeds.html"), path)
        assert path.read_text(encoding="utf-8") == '{"byHand": '

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda each: st.lists(each) | st.dictionaries(st.text(), each),
        )
    )
    def test_the_rendering_is_json(self, value: Any) -> None:
        """Whatever the layout, the text reads back as what it was."""
        assert json.loads(dumps({"value": value})) == {"value": value}

    def test_short_things_stand_in_one_line(self, tmp_path: Path) -> None:
        """Two blanks a level, no line over 100 but where one word is longer, one end of line."""
        path = tmp_path / "a.json"
        write_document({"a": {"b": ["x" * 9] * 40, "c": {"type": "string"}}}, path)
        lines = path.read_text(encoding="utf-8").split("\n")
        assert lines[-3:] == ["  }", "}", ""]
        assert '    "c": {"type": "string"}' in lines
        assert max(map(len, lines)) <= 100


@pytest.mark.skipif(not SHARED.is_dir(), reason="the five saved pages lie beside a checkout only")
class TestTheFivePages:
    """AWS's own pages, as facts: every service without a hint."""

    CHIME: dict[str, int] = {  # noqa: RUF012 - a table, never changed
        "BadRequestException": 400,
        "ForbiddenException": 403,
        "NotFoundException": 404,
        "ServiceFailureException": 500,
        "ServiceUnavailableException": 503,
        "ThrottledClientException": 429,
        "UnauthorizedClientException": 401,
    }
    CONNECT: dict[str, int] = {  # noqa: RUF012 - a table, never changed
        "AccessDeniedException": 403,
        "InternalServiceException": 500,
        "InvalidParameterException": 400,
        "ThrottlingException": 429,
    }

    @staticmethod
    def page(name: str) -> Any:
        document = import_page((SHARED / f"{name}.txt").read_text(encoding="utf-8"))
        Draft202012Validator(FORMAT).validate(document)
        service, operation = name.split("-")
        assert (document["service"], document["operation"]) == (service, operation)
        return document

    @staticmethod
    def errors(document: Any) -> dict[str, int]:
        return {name: error["status"] for name, error in document["errors"].items()}

    def test_chime_get_phone_number(self) -> None:
        """One label, and a structure of thirteen members."""
        document = self.page("chime-GetPhoneNumber")
        assert document["http"] == {
            "method": "GET",
            "path": "/phone-numbers/{phoneNumberId}",
            "status": 200,
        }
        assert document["$defs"]["request"]["required"] == ["phoneNumberId"]
        number = response(document)["PhoneNumber"]["properties"]
        assert len(number) == 13
        assert set(number["Associations"]["items"]["properties"]) == {
            "AssociatedTimestamp",
            "Name",
            "Value",
        }
        assert [m["type"] for m in number["Capabilities"]["properties"].values()] == ["boolean"] * 6
        assert self.errors(document) == self.CHIME
        assert "pagination" not in document

    def test_chime_list_phone_numbers(self) -> None:
        """Six query parameters under other names on the wire, three of them enumerations."""
        document = self.page("chime-ListPhoneNumbers")
        members = request(document)
        assert {name: member["wireName"] for name, member in members.items()} == {
            "FilterName": "filter-name",
            "FilterValue": "filter-value",
            "MaxResults": "max-results",
            "NextToken": "next-token",
            "ProductType": "product-type",
            "Status": "status",
        }
        assert {member["location"] for member in members.values()} == {"query"}
        assert (members["MaxResults"]["minimum"], members["MaxResults"]["maximum"]) == (1, 99)
        sizes = {name: len(m["enum"]) for name, m in members.items() if "enum" in m}
        assert sizes == {"FilterName": 5, "ProductType": 3, "Status": 8}
        assert "required" not in document["$defs"]["request"]
        items = response(document)["PhoneNumbers"]["items"]["properties"]
        assert len(items) == 13
        assert self.errors(document) == self.CHIME
        assert document["pagination"] == {
            "inputToken": "NextToken",
            "outputToken": "NextToken",
            "limit": "MaxResults",
            "items": "PhoneNumbers",
        }

    def test_chime_search_available_phone_numbers(self) -> None:
        """The literal parameter of the path is no member; the items have the page's pattern."""
        document = self.page("chime-SearchAvailablePhoneNumbers")
        members = request(document)
        assert document["http"]["query"] == {"type": "phone-numbers"}
        assert {m["wireName"] for m in members.values()} == {
            *("area-code", "city", "country", "max-results", "next-token"),
            *("phone-number-type", "state", "toll-free-prefix"),
        }
        assert members["Country"]["pattern"] == "[A-Z]{2}"
        assert members["MaxResults"]["maximum"] == 500
        prefix = members["TollFreePrefix"]
        assert (prefix["minLength"], prefix["maxLength"]) == (3, 3)
        assert prefix["pattern"] == "^8(00|33|44|55|66|77|88)$"
        assert response(document)["E164PhoneNumbers"]["items"] == {
            "type": "string",
            "pattern": r"^\+?[1-9]\d{1,14}$",
        }
        expected = self.CHIME | {"AccessDeniedException": 403}
        assert self.errors(document) == {
            name: status for name, status in expected.items() if name != "NotFoundException"
        }
        assert document["pagination"]["items"] == "E164PhoneNumbers"

    def test_connect_list_phone_numbers(self) -> None:
        """The constraints of lists are their items', and the pattern is verbatim."""
        document = self.page("connect-ListPhoneNumbersV2")
        members = request(document)
        assert document["http"] == {"method": "POST", "path": "/phone-number/list", "status": 200}
        assert {member["location"] for member in members.values()} == {"body"}
        assert "required" not in document["$defs"]["request"]
        assert (members["InstanceId"]["minLength"], members["InstanceId"]["maxLength"]) == (1, 100)
        assert members["MaxResults"]["maximum"] == 1000
        assert members["NextToken"]["maxLength"] == 100_000
        codes = members["PhoneNumberCountryCodes"]
        assert (codes["maxItems"], len(codes["items"]["enum"])) == (10, 237)
        kinds = members["PhoneNumberTypes"]
        assert (kinds["maxItems"], len(kinds["items"]["enum"])) == (6, 7)
        assert members["PhoneNumberPrefix"]["pattern"] == r"\\+?[0-9]{1,11}"
        assert len(response(document)["ListPhoneNumbersSummaryList"]["items"]["properties"]) == 9
        assert response(document)["NextToken"]["maxLength"] == 100_000
        assert self.errors(document) == self.CONNECT | {"ResourceNotFoundException": 404}
        assert document["pagination"]["items"] == "ListPhoneNumbersSummaryList"

    def test_connect_search_available_phone_numbers(self) -> None:
        """Under a cookie banner in another language, the page is the same."""
        document = self.page("connect-SearchAvailablePhoneNumbers")
        members = request(document)
        assert document["http"]["path"] == "/phone-number/search-available"
        assert document["$defs"]["request"]["required"] == [
            "PhoneNumberCountryCode",
            "PhoneNumberType",
        ]
        assert len(members["PhoneNumberCountryCode"]["enum"]) == 237
        assert len(members["PhoneNumberType"]["enum"]) == 7
        assert members["MaxResults"]["maximum"] == 10
        assert members["PhoneNumberPrefix"]["pattern"] == r"\\+?[0-9]{1,11}"
        items = response(document)["AvailableNumbersList"]["items"]["properties"]
        assert list(items) == ["PhoneNumber", "PhoneNumberCountryCode", "PhoneNumberType"]
        assert self.errors(document) == self.CONNECT
        assert document["pagination"]["limit"] == "MaxResults"

    @pytest.mark.parametrize("name", sorted(path.name for path in SHARED.glob("*.txt")))
    def test_a_page_cut_anywhere_gives_all_or_nothing(self, name: str) -> None:
        """No part of a real page passes for the whole."""
        text = (SHARED / name).read_text(encoding="utf-8")
        service = name.split("-", maxsplit=1)[0]
        whole = import_page(text, service=service)
        refused = 0
        for cut in range(0, len(text), 101):
            try:
                document = import_page(text[:cut], service=service)
            except PageError:
                refused += 1
                continue
            assert document == whole, f"cut at {cut}"
        assert refused
