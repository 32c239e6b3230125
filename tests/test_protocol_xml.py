"""query, ec2 and rest-xml on the wire: what is said oddly, what comes oddly, and errors."""

from typing import Any

import pytest
import wire_models as wire

from conformance.protocols.base import QUERY_ERROR, ForeignBodyError
from conformance.protocols.ec2 import PROTOCOL as EC2
from conformance.protocols.http import Request, Response
from conformance.protocols.query import PROTOCOL as QUERY
from conformance.protocols.rest_xml import PROTOCOL as REST_XML
from conformance.spec.sdk_models.loader import operation

USERS = operation("iam", "ListUsers")
ROLE = operation("iam", "CreateRole")
VPCS = operation("ec2", "DescribeVpcs")
OBJECTS = operation("s3", "ListObjectsV2")
ZONE = operation("route53", "CreateHostedZone")
DELETE = operation("s3", "DeleteObjects")


def answer(body: bytes | str, status: int = 200, *headers: tuple[str, str]) -> Response:
    raw = body.encode() if isinstance(body, str) else body
    return Response(status=status, headers=headers, body=raw)


def users(inside: str) -> Any:
    whole = f"<R xmlns='urn:x'><ListUsersResult>{inside}</ListUsersResult><ResponseMetadata/></R>"
    return QUERY.output(USERS, answer(whole))


class TestAnswers:
    @pytest.mark.parametrize(
        ("inside", "members"),
        [
            ("", {}),
            ("<IsTruncated>true</IsTruncated>", {"IsTruncated": True}),
            ("<IsTruncated> false </IsTruncated>", {"IsTruncated": " false "}),
            ("<IsTruncated>True</IsTruncated>", {"IsTruncated": "True"}),
            ("<IsTruncated/>", {"IsTruncated": ""}),
            ("<Marker/>", {"Marker": ""}),
            ("<Users/>", {"Users": []}),
            ("<Users>\n</Users>", {"Users": []}),
            ("<Users>text</Users>", {"Users": "text"}),
            ("<Users><member/></Users>", {"Users": [{}]}),
            ("<Users><member>text</member></Users>", {"Users": ["text"]}),
            ("<Users><item/></Users>", {"Users": {"item": ""}}),
            (
                "<Users><member><UserName>a</UserName><Odd>b</Odd></member></Users>",
                {"Users": [{"UserName": "a", "Odd": "b"}]},
            ),
            ("<Marker>a</Marker><Marker>b</Marker>", {"Marker": ["a", "b"]}),
            ("<Marker><a>1</a></Marker>", {"Marker": {"a": "1"}}),
            ("<Odd><a>1</a><a>2</a></Odd>", {"Odd": {"a": ["1", "2"]}}),
            ("<x:Marker xmlns:x='urn:y'>a</x:Marker>", {"Marker": "a"}),
            ("<!-- c --><Marker>a<!-- c -->b</Marker>", {"Marker": "ab"}),
            ("<Marker><![CDATA[<&>]]></Marker>", {"Marker": "<&>"}),
        ],
    )
    def test_nothing_is_mended(self, inside: str, members: Any) -> None:
        """Text becomes a number or a boolean where it reads so; all else stays what it is."""
        assert users(inside) == members

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("5", 5),
            (" 5 ", 5),
            ("-5", -5),
            ("5.0", "5.0"),
            ("5_0", "5_0"),
            ("", ""),
            ("x", "x"),
            ("9" * 41, "9" * 41),
        ],
    )
    def test_integers(self, text: str, value: Any) -> None:
        """Digits with a sign are an integer, and nothing else is."""
        op = operation("s3", "ListObjectsV2")
        body = f"<ListBucketResult><KeyCount>{text}</KeyCount></ListBucketResult>"
        assert REST_XML.output(op, answer(body)) == {"KeyCount": value}

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"text",
            b"{}",
            b"<a>",
            b"<a/><b/>",
            b"\xff\xfe<",
            b"<html><body/></html>",
            b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            b"<!DOCTYPE html><html/>",
            b"<?xml version='1.0' encoding='no-such'?><a/>",
            b"<a>" * 1000 + b"</a>" * 1000,
            b"<a>\x00</a>",
        ],
    )
    def test_what_is_unreadable(self, body: bytes) -> None:
        """What is no XML, has a document type, is a page, or nests without end is unreadable."""
        for protocol, op in ((QUERY, USERS), (EC2, VPCS), (REST_XML, OBJECTS)):
            with pytest.raises(ValueError, match=r"."):
                protocol.output(op, answer(body))

    def test_a_result_without_its_wrapper(self) -> None:
        """The members of a query answer stand in the wrapper that its model names."""
        with pytest.raises(ValueError, match="no ListUsersResult"):
            QUERY.output(USERS, answer("<ListUsersResponse><Users/></ListUsersResponse>"))

    def test_nothing_where_nothing_is_due(self) -> None:
        """An operation without output may answer with an empty body."""
        assert QUERY.output(operation("iam", "DeleteUser"), answer(b"")) == {}
        assert REST_XML.output(operation("s3", "DeleteBucket"), answer(b"", 204)) == {}

    def test_an_error_with_a_success_is_data(self) -> None:
        """S3 may answer 200 and then tell an error; it is no unreadable answer."""
        body = "<Error><Code>InternalError</Code><Message>m</Message></Error>"
        assert REST_XML.output(DELETE, answer(body)) == {"Code": "InternalError", "Message": "m"}
        assert REST_XML.error(answer(body)).type == "InternalError"

    def test_flattened_lists(self) -> None:
        """Repeated elements are one list, under the SDK's name."""
        body = "<R><Contents><Key>a</Key></Contents><Contents><Key>b</Key></Contents></R>"
        assert REST_XML.output(OBJECTS, answer(body)) == {"Contents": [{"Key": "a"}, {"Key": "b"}]}

    def test_lists_of_ec2(self) -> None:
        """EC2 calls the elements of its lists item, and its request id is no member."""
        body = "<R><vpcSet><item><vpcId>v</vpcId></item></vpcSet><requestId>r</requestId></R>"
        assert EC2.output(VPCS, answer(body)) == {"Vpcs": [{"VpcId": "v"}]}

    def test_a_bucket_without_a_wrapper(self) -> None:
        """The only member of this answer is its root."""
        op = operation("s3", "GetBucketLocation")
        body = "<LocationConstraint xmlns='urn:x'>eu-west-1</LocationConstraint>"
        assert REST_XML.output(op, answer(body)) == {"LocationConstraint": "eu-west-1"}

    def test_nobody_else_goes_without_a_wrapper(self) -> None:
        """Of any other operation's members none is the root, though there be but one."""
        op = operation("route53", "GetHostedZoneCount")
        body = "<HostedZoneCount>5</HostedZoneCount>"
        assert REST_XML.output(op, answer(body)) == "5"
        wrapped = f"<GetHostedZoneCountResponse>{body}</GetHostedZoneCountResponse>"
        assert REST_XML.output(op, answer(wrapped)) == {"HostedZoneCount": 5}

    def test_attributes(self) -> None:
        """Members may be attributes, under any prefix."""
        op = operation("s3", "GetObjectAcl")
        body = (
            "<A><AccessControlList><Grant><Grantee xmlns:q='http://www.w3.org/2001/"
            "XMLSchema-instance' q:type='Group'><URI>u</URI></Grantee></Grant>"
            "</AccessControlList></A>"
        )
        grant = {"Grantee": {"Type": "Group", "URI": "u"}}
        assert REST_XML.output(op, answer(body)) == {"Grants": [grant]}

    def test_headers_and_payload(self) -> None:
        """Headers are members, typed where they read so; a raw body is base64 text."""
        op = operation("s3", "GetObject")
        headers = (("Content-Length", "3"), ("x-amz-meta-a", "b"), ("x-amz-delete-marker", "yes"))
        read = REST_XML.output(op, answer(b"\xff\x00a", 200, *headers))
        assert read["Body"] == "/wBh"
        assert (read["ContentLength"], read["DeleteMarker"]) == (3, "yes")
        assert read["Metadata"] == {"a": "b"}


WRAPPED = "<ErrorResponse xmlns='urn:x'><Error><Code>Bad</Code></Error></ErrorResponse>"
LISTED = "<Response><Errors><Error><Code>Bad</Code></Error></Errors><RequestID/></Response>"
BARE = "<Error><Code>Bad</Code></Error>"


#: What of the service knows of it, and is answered to its request by who does not.
LISTING = "<ListBucketResult><Name>b</Name><Contents><Key>k</Key></Contents></ListBucketResult>"
ABAC = operation("s3", "GetBucketAbac")


class TestDocumentsOfAnother:
    def test_it_is_no_response_of_this_one(self) -> None:
        """A server that ignores the query of a request answers what the path alone asks for."""
        with pytest.raises(ForeignBodyError, match="a document ListBucketResult"):
            REST_XML.output(ABAC, answer(LISTING))

    @pytest.mark.parametrize(
        ("text", "read"),
        [
            ("<AbacStatus><Status>Enabled</Status></AbacStatus>", {"Status": "Enabled"}),
            ("<GetBucketAbacResult><Status>x</Status></GetBucketAbacResult>", {"Status": "x"}),
            ("<AbacStatus><Since>2031</Since></AbacStatus>", {"Since": "2031"}),
            ("<R><L><Status>Enabled</Status></L></R>", {"L": {"Status": "Enabled"}}),
            ("<AbacStatus/>", {}),
            ("<GetBucketAbacResult/>", {}),
        ],
        ids=[
            "ours",
            "another name",
            "a member of later",
            "wrapped once more",
            "empty",
            "empty, another name",
        ],
    )
    def test_what_is_its_own(self, text: str, read: dict[str, str]) -> None:
        """The name of the document or a documented member is enough, and so is nothing in it."""
        assert REST_XML.output(ABAC, answer(text)) == {"AbacStatus": read}


class TestErrors:
    @pytest.mark.parametrize(
        ("protocol", "body", "readable", "type_"),
        [
            (QUERY, WRAPPED, True, "Bad"),
            (QUERY, LISTED, True, "Bad"),
            (QUERY, BARE, False, "Bad"),
            (EC2, LISTED, True, "Bad"),
            (EC2, WRAPPED, False, "Bad"),
            (REST_XML, BARE, True, "Bad"),
            (REST_XML, WRAPPED, True, "Bad"),
            (REST_XML, LISTED, False, "Bad"),
            (QUERY, '{"__type": "Bad"}', False, None),
            (QUERY, "<html><body>502</body></html>", False, None),
            (QUERY, "", True, None),
            (REST_XML, "", True, None),
            (QUERY, "<ErrorResponse><Error/></ErrorResponse>", True, None),
            (
                QUERY,
                "<ErrorResponse><Error><Code> a#Bad: </Code></Error></ErrorResponse>",
                True,
                "Bad",
            ),
        ],
    )
    def test_envelopes(self, protocol: Any, body: str, readable: bool, type_: str | None) -> None:
        """Each protocol's own form is readable; another's may name a type, and is not."""
        found = protocol.error(answer(body, 400))
        assert (found.readable, found.type) == (readable, type_)
        assert protocol.error(answer(body, 403)).readable

    def test_another_name(self) -> None:
        """The name of a query-compatible service comes last."""
        found = QUERY.error(answer(WRAPPED, 400, (QUERY_ERROR, "Old;Sender")))
        assert found.types == (("ErrorResponse/Error/Code", "Bad"), (QUERY_ERROR, "Old"))


class TestAltering:
    @pytest.mark.parametrize(
        ("change", "body"),
        [
            ({"members": {"RoleName": "x y"}}, "…&RoleName=x+y"),
            ({"members": {"MaxSessionDuration": "ten"}}, "…&RoleName=r&MaxSessionDuration=ten"),
            ({"members": {"MaxSessionDuration": True}}, "…&RoleName=r&MaxSessionDuration=true"),
            (
                {"members": {"Tags": [{"Key": "k", "Odd": 1}]}},
                "…&RoleName=r&Tags.member.1.Key=k&Tags.member.1.Odd=1",
            ),
            ({"members": {"Tags": []}}, "…&RoleName=r&Tags="),
            ({"extra": {"Odd": "x"}}, "…&RoleName=r&Odd=x"),
            ({"repeated": ("RoleName",)}, "…&RoleName=r&RoleName=r"),
            (
                {"absent": True},
                "Action=AwsConformanceNoSuchOperation&Version=2010-05-08&RoleName=r",
            ),
            ({"body": b"x"}, "x"),
        ],
    )
    def test_a_form(self, change: Any, body: str) -> None:
        """Members are set, added and repeated as a form says them."""
        sent = wire.altered(ROLE, wire.encoded(ROLE, {"RoleName": "r"}), **change)
        assert sent.body.decode() == body.replace("…", "Action=CreateRole&Version=2010-05-08")

    def test_a_form_of_ec2(self) -> None:
        """EC2 numbers lists behind their own names, and has nothing for an empty one."""
        honest = wire.encoded(VPCS, {"VpcIds": ["a", "b"]})
        tail = b"Action=DescribeVpcs&Version=2016-11-15"
        assert wire.altered(VPCS, honest, members={"VpcIds": []}).body == tail
        changed = wire.altered(VPCS, honest, members={"VpcIds": ["x"], "MaxResults": "m"})
        assert changed.body == tail + b"&VpcId.1=x&MaxResults=m"

    def test_a_document(self) -> None:
        """Members are set and added as elements, under the namespace of the document."""
        honest = wire.encoded(ZONE, {"Name": "n", "CallerReference": "c"})
        space = b'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"'
        changed = wire.altered(ZONE, honest, members={"Name": 5}, extra={"Odd": "o"})
        assert space in changed.body
        assert b"<Name>5</Name><Odd>o</Odd>" in changed.body
        assert changed.body.count(b"<Name>") == 1
        twice = wire.altered(ZONE, honest, repeated=("Name",))
        assert twice.body.count(b"<Name>n</Name>") == 2
        assert REST_XML.members(ZONE, twice) == {"Name": ["n", "n"], "CallerReference": "c"}
        fresh = Request(method="POST", url=honest.url, headers=(), body=b"")
        made = wire.altered(ZONE, fresh, members={"Name": "n"})
        assert b"<CreateHostedZoneRequest " + space in made.body

    def test_a_body_that_is_no_document(self) -> None:
        """What cannot be read has no members."""
        broken = Request(method="POST", url="http://h/", headers=(), body=b"<a>")
        assert REST_XML.members(ZONE, broken) is None
        assert (
            QUERY.members(ROLE, Request(method="POST", url="http://h/", headers=(), body=b"\xff"))
            is None
        )

    def test_a_query_of_s3(self) -> None:
        """An unknown member of a request without a body stands in its query."""
        honest = wire.encoded(OBJECTS, {"Bucket": "b"})
        assert wire.altered(OBJECTS, honest, extra={"odd": "x"}).url.endswith("&odd=x")
        changed = wire.altered(OBJECTS, honest, members={"Bucket": "B/..", "MaxKeys": "m"})
        assert "/B%2F..?" in changed.url
        assert REST_XML.members(OBJECTS, changed) == {"Bucket": "B/..", "MaxKeys": "m"}


@pytest.mark.parametrize(
    ("protocol", "op", "path", "what", "possible"),
    [
        (QUERY, ROLE, "RoleName", "type", False),
        (QUERY, ROLE, "MaxSessionDuration", "type", True),
        (QUERY, ROLE, "Tags", "type", False),
        (QUERY, ROLE, "Tags", "empty", False),
        (QUERY, ROLE, "RoleName", "empty", True),
        (QUERY, ROLE, "RoleName", "null", False),
        (QUERY, ROLE, "", "malformed-body", False),
        (QUERY, ROLE, "", "unknown-member", True),
        (QUERY, ROLE, "", "wrong-method", True),
        (QUERY, ROLE, "RoleName", "repeated", True),
        (QUERY, ROLE, "Tags/item/Key", "null", False),
        (EC2, VPCS, "VpcIds", "empty", False),
        (EC2, VPCS, "MaxResults", "type", True),
        (REST_XML, ZONE, "Name", "type", False),
        (REST_XML, ZONE, "HostedZoneConfig/PrivateZone", "type", True),
        (REST_XML, ZONE, "", "malformed-body", True),
        (REST_XML, ZONE, "", "non-object-body", False),
        (REST_XML, OBJECTS, "", "malformed-body", False),
        (REST_XML, OBJECTS, "", "unknown-member", True),
        (REST_XML, OBJECTS, "MaxKeys", "type", True),
        (REST_XML, OBJECTS, "Bucket", "type", False),
    ],
)
def test_what_cannot_be_said(protocol: Any, op: Any, path: str, what: Any, possible: bool) -> None:
    """Where a protocol has no way to say something, it has the reason in a phrase."""
    reason = protocol.inexpressible(op, path, what)
    assert (reason is None) is possible
    assert reason is None or 5 < len(reason) < 80


def test_the_media_types() -> None:
    """XML is XML under both its names; a body that is a member has the type that it likes."""
    for name, fits in (
        ("text/xml", True),
        ("application/xml; charset=utf-8", True),
        ("", False),
        ("application/json", False),
    ):
        said = answer(b"<a/>", 200, ("Content-Type", name))
        assert QUERY.is_media_type(USERS, said) is fits
        assert REST_XML.is_media_type(OBJECTS, said) is fits
        assert REST_XML.is_media_type(operation("s3", "GetObject"), said)
