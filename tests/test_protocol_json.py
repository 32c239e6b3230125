"""AWS JSON on the wire, and what JSON bodies of both protocols have in common."""

import json
from typing import Any

import pytest

from conformance.protocols.aws_json import PROTOCOL as AWS_JSON
from conformance.protocols.base import QUERY_ERROR, Alteration, Draft
from conformance.protocols.http import Request, Response
from conformance.protocols.rest_json import PROTOCOL as REST_JSON
from conformance.spec.operation import Http, Operation

OBJECT = "object"


def operation(
    request: Any = None, response: Any = None, *, protocol: str = "json", **wire: Any
) -> Operation:
    """An operation made by hand, as a service model would give it."""
    return Operation(
        service="service",
        name="Op",
        http=Http(method="POST", path="/", query={}, status=200),
        request={"type": OBJECT, "properties": request or {}},
        response={"type": OBJECT, "properties": response or {}},
        errors={},
        pagination=None,
        page="",
        digest="",
        protocol=protocol,
        wire={"target": "Service_1.Op", **wire},
    )


NESTED = {
    "Name": {"type": "string", "location": "body", "wireName": "name"},
    "Blob": {"type": "string", "contentEncoding": "base64", "location": "body"},
    "Tree": {
        "type": OBJECT,
        "location": "body",
        "properties": {"Leaf": {"type": "integer", "wireName": "leaf"}},
    },
    "List": {
        "type": "array",
        "location": "body",
        "items": {"type": OBJECT, "properties": {"A": {"type": "string", "wireName": "a"}}},
    },
    "Map": {
        "type": OBJECT,
        "location": "body",
        "additionalProperties": {"type": "string", "contentEncoding": "base64"},
    },
    "Any": {"location": "body"},
}


def altered(op: Operation, sent: bytes = b"{}", **change: Any) -> Draft:
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "Service_1.Op"}
    draft = Draft(method="POST", url="http://h/", headers=headers, body=sent)
    AWS_JSON.alter(op, draft, Alteration(**change))
    return draft


def read(op: Operation, body: bytes) -> Any:
    return AWS_JSON.members(op, Request(method="POST", url="http://h/", headers=(), body=body))


def answer(body: bytes, status: int = 200, *headers: tuple[str, str]) -> Response:
    return Response(status=status, headers=headers, body=body)


class TestAltering:
    @pytest.mark.parametrize(
        ("members", "body"),
        [
            ({"Name": 5}, {"name": 5}),
            ({"Name": None}, {"name": None}),
            ({"Tree": {"Leaf": "x", "Odd": 1}}, {"Tree": {"leaf": "x", "Odd": 1}}),
            ({"Tree": [1]}, {"Tree": [1]}),
            ({"List": [{"A": 1}, 2]}, {"List": [{"a": 1}, 2]}),
            ({"Blob": "abc"}, {"Blob": "YWJj"}),
            ({"Blob": 5}, {"Blob": 5}),
            ({"Map": {"k": "abc"}}, {"Map": {"k": "YWJj"}}),
            ({"Any": {"Name": [None]}}, {"Any": {"Name": [None]}}),
        ],
    )
    def test_members_are_set_under_their_wire_names(self, members: Any, body: Any) -> None:
        """Any JSON value stands for a member, nested ones included, beside what was there."""
        draft = altered(operation(NESTED), b'{"kept": 1}', members=members)
        assert json.loads(draft.body) == {"kept": 1, **body}

    def test_an_operation_that_cannot_exist(self) -> None:
        """The target keeps its service and names no operation of it; nothing else changes."""
        draft = altered(operation(NESTED), absent=True)
        assert draft.headers["X-Amz-Target"] == "Service_1.AwsConformanceNoSuchOperation"
        assert (draft.url, draft.body, draft.method) == ("http://h/", b"{}", "POST")

    def test_the_rest(self) -> None:
        """Unknown members, unescaped text, body, content type, path and method."""
        op = operation(NESTED)
        assert json.loads(altered(op, extra={"Odd": [1]}).body) == {"Odd": [1]}
        raw = altered(op, b'{"name": "\\u6771"}', unescaped=True)
        assert raw.body == '{"name": "東"}'.encode()
        draft = altered(op, body=b"[", content_type="text/plain", path="/x", method="PATCH")
        assert (draft.body, draft.headers["Content-Type"]) == (b"[", "text/plain")
        assert (draft.url, draft.method) == ("http://h/x", "PATCH")
        assert altered(op, b'{"a":1}').body == b'{"a":1}'


class TestReading:
    @pytest.mark.parametrize(
        ("body", "members"),
        [
            (b"", {}),
            (b'{"name": "x", "Name": "y", "Odd": 1}', {"Name": "x"}),
            (b'{"Blob": "YWJj"}', {"Blob": "abc"}),
            (b'{"Blob": "/w=="}', {"Blob": "\xff"}),
            (b'{"Blob": "no base64!"}', {"Blob": "no base64!"}),
            (
                b'{"Tree": {"leaf": 1}, "List": [{"a": "b"}]}',
                {"Tree": {"Leaf": 1}, "List": [{"A": "b"}]},
            ),
            (b"[]", None),
            (b"{", None),
            (b"null", None),
            (b"\xff", None),
            (b"[" * 100_000, None),
        ],
    )
    def test_a_request(self, body: bytes, members: Any) -> None:
        """What a server reads; a body that is no object has no members."""
        assert read(operation(NESTED), body) == members

    @pytest.mark.parametrize(
        ("body", "members"),
        [
            (b"{}", {}),
            (b'{"name": "x", "odd": 1}', {"Name": "x", "odd": 1}),
            (b'{"Name": "x"}', {"Name (on the wire)": "x"}),
            (b'{"Tree": {"leaf": "1"}}', {"Tree": {"Leaf": "1"}}),
            (b'{"Tree": "text", "List": {"a": 1}}', {"Tree": "text", "List": {"a": 1}}),
            (b'{"Blob": "YWJj", "Any": {"name": 1}}', {"Blob": "YWJj", "Any": {"name": 1}}),
            (b'{"List": [null, {"a": null}]}', {"List": [None, {"A": None}]}),
            (b"[]", []),
            (b"null", None),
        ],
    )
    def test_an_answer_is_translated_and_not_mended(self, body: bytes, members: Any) -> None:
        """Wire names become the SDK's; types, nulls and unknown members stay."""
        assert AWS_JSON.output(operation(response=NESTED), answer(body)) == members

    @pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
    def test_numbers_of_javascript(self, number: bytes) -> None:
        """They are none of JSON, wherever they stand."""
        for body in (b'{"name": %s}', b'{"Extra": [%s]}', b"%s"):
            with pytest.raises(ValueError, match="no number of JSON"):
                AWS_JSON.output(operation(response=NESTED), answer(body % number))

    @pytest.mark.parametrize("body", [b"", b"<a/>", b"\xff", b"{}{}", b"[" * 100_000])
    def test_an_unreadable_answer(self, body: bytes) -> None:
        """What is no JSON is a ValueError, an empty body too where something is due."""
        with pytest.raises(ValueError, match=r"."):
            AWS_JSON.output(operation(response=NESTED), answer(body))

    def test_nothing_where_nothing_is_due(self) -> None:
        """An operation without output may answer with an empty body or an empty object."""
        for body in (b"", b"{}"):
            assert AWS_JSON.output(operation(), answer(body)) == {}
            assert REST_JSON.output(operation(protocol="rest-json"), answer(body)) == {}

    def test_numbers_that_json_has_none_for(self) -> None:
        """NaN and the infinities are texts that stand for numbers."""
        op = operation(response={"N": {"type": "number"}, "S": {"type": "string"}})
        assert AWS_JSON.output(op, answer(b'{"N": "-Infinity", "S": "Infinity"}')) == {
            "N": float("-inf"),
            "S": "Infinity",
        }


class TestErrors:
    @pytest.mark.parametrize(
        ("headers", "body", "type_"),
        [
            ((), b'{"__type": "com.amazonaws.dynamodb.v20120810#Bad", "message": "m"}', "Bad"),
            ((), b'{"__type": "Bad:http://x/"}', "Bad"),
            ((), b'{"code": "Bad"}', "Bad"),
            ((("x-amzn-ErrorType", "Bad:"),), b"", "Bad"),
            ((("x-amzn-ErrorType", "Other"),), b'{"__type": "Bad"}', "Bad"),
            (
                ((QUERY_ERROR, "AWS.SimpleQueueService.NonExistentQueue;Sender"),),
                b"{}",
                "AWS.SimpleQueueService.NonExistentQueue",
            ),
            (((QUERY_ERROR, "Old;Sender"),), b'{"__type": "New"}', "New"),
        ],
    )
    def test_where_a_type_may_stand(self, headers: Any, body: bytes, type_: str) -> None:
        """The body's __type goes first, as the SDK takes it; query's code goes last."""
        found = AWS_JSON.error(answer(body, 400, *headers))
        assert (found.type, found.readable) == (type_, True)

    def test_a_type_in_two_languages(self) -> None:
        """Both names of an error are told, each with its place."""
        found = AWS_JSON.error(answer(b'{"__type": "a#New"}', 400, (QUERY_ERROR, "Old;Sender")))
        assert found.types == (("__type", "New"), (QUERY_ERROR, "Old"))

    @pytest.mark.parametrize("protocol", [AWS_JSON, REST_JSON])
    def test_another_protocols_envelope(self, protocol: Any) -> None:
        """XML is no JSON error, except where a gateway refuses a signature."""
        body = b"<ErrorResponse><Error><Code>Bad</Code></Error></ErrorResponse>"
        assert not protocol.error(answer(body, 400)).readable
        assert protocol.error(answer(body, 403)).readable
        assert protocol.error(answer(body, 401)).readable
