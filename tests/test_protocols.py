"""restJson1 on the wire: what is altered, what is read back, where errors name themselves."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from conformance.protocols.base import Alteration, Draft, ErrorEnvelope, core
from conformance.protocols.http import Request, Response
from conformance.protocols.rest_json import PROTOCOL as REST_JSON
from conformance.spec.documents import documented

LIST = documented()["chime:ListPhoneNumbers"]
SEARCH = documented()["chime:SearchAvailablePhoneNumbers"]
GET = documented()["chime:GetPhoneNumber"]
V2 = documented()["connect:ListPhoneNumbersV2"]
BASE = {
    LIST.id: "http://host/phone-numbers?max-results=5&status=Assigned",
    SEARCH.id: "http://host/search?type=phone-numbers&area-code=206",
    GET.id: "http://host/base/phone-numbers/%2B12065550100",
    V2.id: "http://host/phone-number/list",
}


def altered(operation: Any, sent: bytes = b"", /, **change: Any) -> Draft:
    method = "POST" if operation is V2 else "GET"
    headers = {"Content-Type": "application/json"} if sent else {}
    draft = Draft(method=method, url=BASE[operation.id], headers=headers, body=sent)
    REST_JSON.alter(operation, draft, Alteration(**change))
    return draft


def read(operation: Any, draft: Draft) -> Mapping[str, Any] | None:
    headers = tuple(draft.headers.items())
    request = Request(method=draft.method, url=draft.url, headers=headers, body=draft.body)
    return REST_JSON.members(operation, request)


class TestAltering:
    def test_nothing_is_changed_unasked(self) -> None:
        """An empty alteration leaves every byte alone."""
        assert altered(LIST).url == BASE[LIST.id]
        assert altered(V2, b'{"MaxResults":5}').body == b'{"MaxResults":5}'

    @pytest.mark.parametrize(
        ("name", "value", "query"),
        [
            ("MaxResults", "abc", "status=Assigned&max-results=abc"),
            ("MaxResults", -1, "status=Assigned&max-results=-1"),
            ("MaxResults", 1.5, "status=Assigned&max-results=1.5"),
            ("MaxResults", True, "status=Assigned&max-results=true"),
            ("MaxResults", None, "status=Assigned&max-results=null"),
            ("MaxResults", [1, 2], "status=Assigned&max-results=1&max-results=2"),
            ("MaxResults", {"a": 1}, "status=Assigned&max-results=%7B%22a%22%3A%201%7D"),
            ("FilterValue", "", "max-results=5&status=Assigned&filter-value="),
            ("FilterValue", "a b+c&d=é%", "…&filter-value=a%20b%2Bc%26d%3D%C3%A9%25"),
            ("FilterValue", "東京📞", "…&filter-value=%E6%9D%B1%E4%BA%AC%F0%9F%93%9E"),
            ("FilterValue", "\x00\n", "…&filter-value=%00%0A"),
        ],
    )
    def test_a_query_member(self, name: str, value: Any, query: str) -> None:
        """What the SDK would not say stands in the query, percent-encoded once."""
        draft = altered(LIST, members={name: value})
        whole = query.replace("…", "max-results=5&status=Assigned")
        assert draft.url == f"http://host/phone-numbers?{whole}"

    def test_the_literal_query_stays(self) -> None:
        """A literal parameter of the path is never lost."""
        assert "type=phone-numbers" in altered(SEARCH, members={"MaxResults": "x"}).url

    @pytest.mark.parametrize("value", [5, True, None, [1], {"a": 1}, "é", 2**65, 1.5])
    def test_a_body_member(self, value: Any) -> None:
        """Any JSON value can stand for a member of the body, beside the others."""
        draft = altered(V2, b'{"PhoneNumberPrefix": "+1"}', members={"MaxResults": value})
        assert json.loads(draft.body) == {"PhoneNumberPrefix": "+1", "MaxResults": value}

    def test_a_body_that_was_not_there(self) -> None:
        """The first member of a body makes the body, and its Content-Type."""
        draft = altered(V2, members={"MaxResults": 0})
        assert draft.body == b'{"MaxResults": 0}'
        assert draft.headers == {"Content-Type": "application/json"}

    @pytest.mark.parametrize(
        ("value", "path"),
        [
            ("+1 2", "/base/phone-numbers/%2B1%202"),
            ("a/b", "/base/phone-numbers/a%2Fb"),
            ("%2B1", "/base/phone-numbers/%252B1"),
            ("", "/base/phone-numbers/"),
            (5, "/base/phone-numbers/5"),
        ],
    )
    def test_a_path_member(self, value: Any, path: str) -> None:
        """A label is percent-encoded whole, under whatever path the target is mounted."""
        assert altered(GET, members={"PhoneNumberId": value}).url == f"http://host{path}"

    def test_a_repeated_parameter(self) -> None:
        """A repeated query parameter stands there twice, with the same value."""
        draft = altered(LIST, repeated=("Status",))
        assert draft.url.endswith("?max-results=5&status=Assigned&status=Assigned")
        assert altered(LIST, repeated=("FilterName",)).url == BASE[LIST.id]

    def test_an_unknown_member_goes_where_the_others_are(self) -> None:
        """In the query of an operation without a body, in the body of one with it."""
        assert altered(LIST, extra={"Odd": "x y"}).url.endswith("&Odd=x%20y")
        assert json.loads(altered(V2, b"{}", extra={"Odd": [1]}).body) == {"Odd": [1]}
        assert altered(V2, extra={"Odd": 1}).url == BASE[V2.id]

    def test_the_rest_of_a_request(self) -> None:
        """Body, content type, path and method are replaced as they are told."""
        draft = altered(
            V2, b"{}", body=b"\xff{", content_type="text/plain", path="/..//%zz", method="PATCH"
        )
        assert draft.body == b"\xff{"
        assert draft.headers["Content-Type"] == "text/plain"
        assert draft.url == "http://host/..//%zz"
        assert draft.method == "PATCH"
        assert altered(LIST, path="/x").url == "http://host/x?max-results=5&status=Assigned"


class TestReading:
    @pytest.mark.parametrize(
        ("query", "members"),
        [
            ("", {}),
            ("?max-results=5", {"MaxResults": 5}),
            ("?max-results=05", {"MaxResults": "05"}),
            ("?max-results=abc", {"MaxResults": "abc"}),
            ("?max-results=", {"MaxResults": ""}),
            ("?max-results=1.5", {"MaxResults": 1.5}),
            ("?max-results=true", {"MaxResults": True}),
            ("?max-results=1&max-results=2", {"MaxResults": 1}),
            ("?status=5&filter-value=true", {"Status": "5", "FilterValue": "true"}),
            ("?filter-value=a%2Bb+c", {"FilterValue": "a+b c"}),
            ("?odd=1", {}),
            ("?MaxResults=5", {}),
        ],
    )
    def test_a_query_is_read_as_a_server_reads_it(self, query: str, members: Any) -> None:
        """Text becomes the documented type where it reads so; unknown names are nobody's."""
        request = Request(method="GET", url=f"http://h/phone-numbers{query}", headers=(), body=b"")
        assert REST_JSON.members(LIST, request) == members

    @pytest.mark.parametrize(
        ("body", "members"),
        [
            (b"", {}),
            (b"{}", {}),
            (b'{"MaxResults": "5", "Odd": 1}', {"MaxResults": "5"}),
            (b'{"MaxResults": null}', {"MaxResults": None}),
            (b"[]", None),
            (b"null", None),
            (b"{", None),
            (b"\xff", None),
        ],
    )
    def test_a_body_is_read_whole_or_not_at_all(self, body: bytes, members: Any) -> None:
        """A body that is no JSON object has no members."""
        draft = Draft(method="POST", url=BASE[V2.id], headers={}, body=body)
        assert read(V2, draft) == members

    @pytest.mark.parametrize(
        ("path", "identifier"),
        [
            ("/phone-numbers/%2B1", "+1"),
            ("/base/phone-numbers/%252B1", "%2B1"),
            ("/phone-numbers/", ""),
            ("/phone-numbers/..", ".."),
        ],
    )
    def test_a_label_is_decoded_once(self, path: str, identifier: str) -> None:
        """An id is what stands after the path's prefix."""
        request = Request(method="GET", url=f"http://h{path}", headers=(), body=b"")
        assert REST_JSON.members(GET, request) == {"PhoneNumberId": identifier}

    @pytest.mark.parametrize("value", ["abc", 0, 100, True, 1.5, "", "é", "x" * 300])
    def test_what_is_altered_is_read_back(self, value: Any) -> None:
        """A member that was put on the wire is the member that a server reads."""
        members = read(LIST, altered(LIST, members={"MaxResults": value}))
        assert members is not None
        assert members["MaxResults"] == value
        assert read(V2, altered(V2, b"{}", members={"MaxResults": value})) == {"MaxResults": value}


def error(body: bytes = b"", *headers: tuple[str, str], status: int = 400) -> ErrorEnvelope:
    return REST_JSON.error(Response(status=status, headers=headers, body=body))


class TestErrors:
    @pytest.mark.parametrize(
        ("headers", "body", "type_"),
        [
            ((), b"", None),
            ((), b"{}", None),
            ((("x-amzn-ErrorType", "BadRequestException"),), b"", "BadRequestException"),
            ((("X-AMZN-ERRORTYPE", "Bad"),), b"{}", "Bad"),
            ((("x-amzn-ErrorType", "Bad:http://internal.amazon.com/x#y/"),), b"{}", "Bad"),
            ((("x-amzn-ErrorType", " com.amazon#Bad "),), b"{}", "Bad"),
            ((("x-amzn-ErrorType", "com.amazon#Bad:http://x/"),), b"{}", "Bad"),
            ((("x-amzn-ErrorType", ""),), b'{"code": "Bad"}', "Bad"),
            ((), b'{"__type": "Bad"}', "Bad"),
            ((), b'{"__type": "com.amazonaws.connect#Bad"}', "Bad"),
            ((), b'{"__type": "aws.protocoltests#Bad:http://x/"}', "Bad"),
            ((), b'{"code": "Bad"}', "Bad"),
            ((), b'{"Code": "Bad", "Message": null}', "Bad"),
            ((), b'{"code": "Bad:http://x/"}', "Bad"),
            ((), b'{"Code": 5, "code": null, "__type": ["Bad"]}', None),
            ((), b'{"Error": {"Code": "Bad"}}', None),
            ((("x-amzn-ErrorType", "Header"),), b'{"code": "Body"}', "Header"),
        ],
    )
    def test_a_type_is_read_wherever_it_may_stand(
        self, headers: Any, body: bytes, type_: str | None
    ) -> None:
        """Header, code, Code and __type, without namespace and URI; the header goes first."""
        found = error(body, *headers)
        assert found.type == type_
        assert found.readable

    def test_every_place_is_told(self) -> None:
        """All the names of an error are kept with their places, so that they can be compared."""
        body = b'{"code": "a", "Code": "b", "__type": "x#c"}'
        found = error(body, ("x-amzn-ErrorType", "d:u"))
        assert dict(found.types) == {
            "x-amzn-errortype": "d",
            "code": "a",
            "Code": "b",
            "__type": "c",
        }

    @pytest.mark.parametrize(
        "body",
        [b"<html>", b"[]", b'"text"', b"5", b"null", b"{", b"\xff\xfe", b"{}{}", b"<E/>"],
    )
    def test_a_body_that_is_no_object_is_unreadable(self, body: bytes) -> None:
        """What is neither empty nor an object cannot be read; the header still counts."""
        found = error(body, ("x-amzn-ErrorType", "Bad"))
        assert not found.readable
        assert found.type == "Bad"

    @pytest.mark.parametrize("body", [b"", b" ", b"\r\n", b"{}", b' {"a": 1}\n'])
    def test_no_body_and_an_object_are_readable(self, body: bytes) -> None:
        """An error without a body says all that it has to in its header."""
        assert error(body).readable

    def test_a_body_nested_too_deep_is_unreadable(self) -> None:
        """However deep an error's body is nested, it is evidence and no trouble of ours."""
        assert not error(b"[" * 100_000).readable

    @pytest.mark.parametrize(
        ("name", "cut"),
        [
            ("Bad", "Bad"),
            ("a#Bad", "Bad"),
            ("a#Bad:b#c", "Bad"),
            ("Bad:", "Bad"),
            (":x", ""),
            ("", ""),
            (" Bad ", "Bad"),
        ],
    )
    def test_a_name_is_cut_to_its_core(self, name: str, cut: str) -> None:
        """Cut at the first colon, then take what follows the hash."""
        assert core(name) == cut


@pytest.mark.parametrize(
    ("content_type", "fits"),
    [
        ("application/json", True),
        ("application/json; charset=utf-8", True),
        ("APPLICATION/JSON;charset=UTF-8", True),
        ("application/x-amz-json-1.1", True),
        ("application/x-amz-json-1.0", True),
        ("application/vnd.api+json", True),
        ("text/json", False),
        ("text/html", False),
        ("application/xml", False),
        ("", False),
    ],
)
def test_json_goes_by_several_names(content_type: str, fits: bool) -> None:
    """JSON under any name that AWS gives it is JSON."""
    response = Response(status=200, headers=(("Content-Type", content_type),), body=b"{}")
    assert REST_JSON.is_media_type(LIST, response) is fits


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"<a/>"])
def test_a_body_that_cannot_be_read_is_a_value_error(body: bytes) -> None:
    """Reading a body raises one kind of error, whatever is wrong with it."""
    with pytest.raises(ValueError, match=r"Expecting|decode"):
        REST_JSON.output(V2, Response(status=200, headers=(), body=body))
