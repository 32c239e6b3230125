"""Values that protocols write and read in their own way, each on a small model."""

import base64
import datetime
import itertools
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from protocol_vectors import Vector, reader

from conformance.checks.evidence import Evidence
from conformance.checks.findings import Verdict
from conformance.checks.table import CHECKS
from conformance.generation.plans import Call, Case, Expect
from conformance.generation.strategies import values
from conformance.protocols.base import Alteration, Draft
from conformance.protocols.http import Exchange, Request, Response
from conformance.protocols.json_body import FORMAT
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation
from conformance.spec.validity import violated_clauses
from conformance.spec.values import containing, plain

Members = Mapping[str, Mapping[str, Any]]
Make = Callable[..., Operation]
#: Operations are remembered by their names: each is made under a new one.
NUMBERS = itertools.count()
SHAPES = {
    "Text": {"type": "string"},
    "Number": {"type": "double"},
    "Whole": {"type": "integer"},
    "Flag": {"type": "boolean"},
    "Time": {"type": "timestamp"},
    "Texts": {"type": "list", "member": {"shape": "Text"}},
    "Times": {"type": "list", "member": {"shape": "Time"}},
    "Flags": {"type": "list", "member": {"shape": "Flag"}},
    "Blob": {"type": "blob"},
    "Map": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
    "Moments": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Time"}},
    "Blobs": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Blob"}},
    "Nest": {
        "type": "structure",
        "members": {
            "Flag": {"shape": "Flag"},
            "Inner": {"shape": "Nest"},
            "Each": {"shape": "Nests"},
            "Spelt": {"shape": "Whole", "locationName": "spelt"},
        },
    },
    "Union": {
        "type": "structure",
        "union": True,
        "members": {"Text": {"shape": "Text"}, "Whole": {"shape": "Whole"}},
    },
    "Nests": {"type": "list", "member": {"shape": "Nest"}},
}


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    """An operation with these members in its request and in its response."""
    read = reader(monkeypatch)

    def build(protocol: str, members: Members, **top: Any) -> Operation:
        described = {
            "name": "Try",
            "http": {"method": "POST", "requestUri": "/"},
            "input": {"shape": "Top"},
            "output": {"shape": "Top", "resultWrapper": "TryResult"},
        }
        model = {
            "metadata": {
                "protocol": protocol,
                "serviceId": "Toys",
                "apiVersion": "1",
                "targetPrefix": "Toys",
            },
            "operations": {"Try": described},
            "shapes": {**SHAPES, "Top": {"type": "structure", "members": members, **top}},
        }
        return read(
            Vector(
                name=f"values.{next(NUMBERS)}",
                kind="request",
                protocol=protocol,
                operation="Try",
                model=model,
                case={},
            )
        )

    return build


def sent(op: Operation, **params: Any) -> Draft:
    """What is on the wire after members were put there."""
    draft = Draft(method="POST", url="http://localhost/", headers={}, body=b"")
    PROTOCOLS[op.protocol].alter(op, draft, Alteration(members=params))
    return draft


def read_back(op: Operation, draft: Draft) -> Mapping[str, Any] | None:
    """The members of a request."""
    headers = tuple(draft.headers.items())
    request = Request(method=draft.method, url=draft.url, headers=headers, body=draft.body)
    return PROTOCOLS[op.protocol].members(op, request)


def answered(op: Operation, body: bytes = b"", *headers: tuple[str, str]) -> Any:
    """The members of a response."""
    response = Response(status=200, headers=headers, body=body)
    return PROTOCOLS[op.protocol].output(op, response)


# ------------------------------------------------------------ headers


HEADER = {"location": "header", "locationName": "x-it"}


@pytest.mark.parametrize("text", ["b,c", 'say "it"', "a\\,b", "plain", ""])
def test_an_item_of_a_header_keeps_its_commas(text: str, make: Make) -> None:
    """An item with a comma or a quote is quoted, and read as one."""
    op = make("rest-json", {"It": {"shape": "Texts", **HEADER}})
    draft = sent(op, It=[text, "other"])
    assert read_back(op, draft) == {"It": [text, "other"]}
    assert draft.headers["x-it"].startswith('"') == bool({",", '"'} & set(text))


def test_a_list_without_items_has_no_header(make: Make) -> None:
    """The header that was there is gone."""
    op = make("rest-json", {"It": {"shape": "Texts", **HEADER}})
    draft = sent(op, It=["a"])
    PROTOCOLS[op.protocol].alter(op, draft, Alteration(members={"It": []}))
    assert "x-it" not in draft.headers


@pytest.mark.parametrize("protocol", ["rest-json", "rest-xml"])
def test_times_in_a_list_are_those_of_their_place(protocol: str, make: Make) -> None:
    """A list in a header holds dates of HTTP, one in a query those of ISO 8601."""
    op = make(
        protocol,
        {
            "It": {"shape": "Times", **HEADER},
            "Asked": {"shape": "Times", "location": "querystring", "locationName": "asked"},
        },
    )
    assert op.members["It"]["items"]["format"] == "http-date"
    assert op.members["Asked"]["items"]["format"] == "date-time"
    dates = ["Mon, 16 Dec 2019 23:48:18 GMT", "Tue, 17 Dec 2019 23:48:18 GMT"]
    assert answered(op, b"", ("x-it", ", ".join(dates)))["It"] == dates
    assert read_back(op, sent(op, It=dates)) == {"It": dates}


@pytest.mark.parametrize("value", [{"a": [1]}, [1, 2], "text", 5, True])
def test_json_in_a_header_is_of_any_type(value: Any, make: Make) -> None:
    """It violates nothing, whatever it is."""
    op = make("rest-json", {"It": {"shape": "Text", "jsonvalue": True, **HEADER}})
    read = read_back(op, sent(op, It=value))
    assert read == {"It": value}
    assert not violated_clauses(op, read)
    header = ("X-It", base64.b64encode(json.dumps(value).encode()).decode())
    assert answered(op, b"", header) == {"It": value}


def test_json_in_a_body_is_text(make: Make) -> None:
    """The trait is of headers alone."""
    op = make("rest-json", {"It": {"shape": "Text", "jsonvalue": True}})
    assert op.members["It"]["type"] == "string"


def test_a_map_of_headers_without_a_prefix_holds_all(make: Make) -> None:
    """Where no prefix is modelled, every header is in the map."""
    op = make("rest-json", {"It": {"shape": "Map", "location": "headers"}})
    assert answered(op, b"{}", ("X-A", "1"), ("b", "2")) == {"It": {"X-A": "1", "b": "2"}}


def test_a_map_of_parameters_replaces_no_parameter(make: Make) -> None:
    """A key of the map that is a member of its own counts only where that is absent."""
    asked = {"location": "querystring"}
    op = make(
        "rest-json",
        {
            "It": {"shape": "Text", "locationName": "it", **asked},
            "Others": {"shape": "Map", **asked},
        },
    )
    others = {"it": "map", "more": "map"}
    assert sent(op, It="own", Others=others).url.endswith("/?it=own&more=map")
    assert sent(op, Others=others).url.endswith("/?it=map&more=map")


# ------------------------------------------------------------ numbers

SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


@pytest.mark.parametrize("text", SPECIAL)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_numbers_that_are_none(protocol: str, text: str, make: Make) -> None:
    """Every protocol has them, JSON and XML as text; they are numbers, and violate nothing."""
    op = make(protocol, {"It": {"shape": "Number"}})
    draft = sent(op, It=SPECIAL[text])
    read = read_back(op, draft)
    assert read is not None
    assert str(read["It"]) == str(SPECIAL[text])
    assert not violated_clauses(op, read)
    if PROTOCOLS[protocol].request_format is FORMAT:
        assert json.loads(draft.body) == {"It": text}


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "Infinit", "-NaN"])
def test_other_spellings_are_no_numbers(text: str, make: Make) -> None:
    """The specification has three; digits beyond every number are no infinity."""
    op = make("rest-xml", {"It": {"shape": "Number"}})
    assert answered(op, f"<Top><It>{text}</It></Top>".encode()) == {"It": text}


# ------------------------------------------------------------ structures within themselves

NESTED = {"It": {"Inner": {"Inner": {"Flag": True, "Spelt": 5, "Each": [{"Flag": False}]}}}}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_structure_within_itself_is_read_to_its_end(protocol: str, make: Make) -> None:
    """However deep it is, members have their types and their names."""
    op = make(protocol, {"It": {"shape": "Nest"}})
    draft = sent(op, **NESTED)
    assert b"spelt" in draft.body.replace(b"Spelt", b"spelt" if protocol == "ec2" else b"Spelt")
    assert read_back(op, draft) == NESTED


def test_a_response_within_itself_is_read_to_its_end(make: Make) -> None:
    """The same of responses."""
    op = make("rest-xml", {"It": {"shape": "Nest"}})
    assert answered(op, sent(op, **NESTED).body) == NESTED


# ------------------------------------------------------------ what the SDK reads of them


def differences(op: Operation, body: bytes, parsed: Any) -> list[str]:
    """What the check of a replay finds: the SDK read ``parsed`` of a recorded body."""
    request = Request(method="POST", url="http://localhost/", headers=(), body=b"")
    exchange = Exchange(
        operation=op.id,
        params={},
        request=request,
        response=Response(status=200, headers=(), body=body),
        parsed=parsed,
        notes={"replayed": True, "built": request},
    )
    clause = f"{op.id}/protocol/accepts-valid"
    case = Case(
        id=clause,
        operation=op.id,
        clause=clause,
        expect=Expect.ACCEPTED,
        title="a promise: fabricated",
        steps=(Call(),),
    )
    evidence = Evidence(
        operation=op, protocol=PROTOCOLS[op.protocol], case=case, steps=((exchange,),)
    )
    found = list(CHECKS["sdk-response"].judge(evidence))
    assert found
    return [one.expected for one in found if one.verdict is not Verdict.PASS]


LATER = datetime.datetime(2026, 1, 1, 0, 0, 1, tzinfo=datetime.UTC)
MOMENT = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("protocol", "shape", "body", "same", "other"),
    [
        ("json", "Number", b'{"It": "NaN"}', "NaN", "Infinity"),
        ("json", "Number", b'{"It": "-Infinity"}', "-Infinity", "Infinity"),
        ("rest-xml", "Number", b"<T><It>NaN</It></T>", math.nan, 0.0),
        ("rest-xml", "Number", b"<T><It>Infinity</It></T>", math.inf, -math.inf),
        (
            "rest-xml",
            "Nest",
            b"<T><It><Inner><Inner><Flag>true</Flag></Inner></Inner></It></T>",
            {"Inner": {"Inner": {"Flag": True}}},
            {"Inner": {"Inner": {"Flag": False}}},
        ),
        ("json", "Moments", b'{"It": {"a": 1767225601}}', {"a": LATER}, {"a": MOMENT}),
        ("json", "Moments", b'{"It": {"a": 1767225600}}', {"a": MOMENT}, {}),
        ("json", "Blobs", b'{"It": {"a": "YWJj"}}', {"a": b"abc"}, {"a": b"abd"}),
    ],
)
def test_what_the_sdk_reads(
    protocol: str, shape: str, body: bytes, same: Any, other: Any, make: Make
) -> None:
    """The same value in the SDK's own form is no difference, and another one is."""
    op = make(protocol, {"It": {"shape": shape}})
    assert differences(op, body, {"It": same}) == []
    assert differences(op, body, {"It": other}) != []


def test_a_body_that_is_a_blob_is_text_to_the_sdk(make: Make) -> None:
    """Its bytes are the same."""
    op = make("rest-json", {"It": {"shape": "Blob"}}, payload="It")
    assert differences(op, b"abc", {"It": "abc"}) == []
    assert differences(op, b"abc", {"It": "abd"}) != []


# ------------------------------------------------------------ unions


def test_a_request_sets_one_member_of_a_union(make: Make) -> None:
    """Whether it is the plainest value, one with a certain member, or drawn."""
    union = make("json", {"It": {"shape": "Union"}}).members["It"]
    assert plain(union) == {"Text": "a"}
    assert containing(union, (("member", "Whole"),)) == {"Whole": 1}

    @settings(max_examples=30, database=None, deadline=None)
    @given(values(union))
    def drawn(value: Any) -> None:
        assert len(value) == 1

    drawn()


# ------------------------------------------------------------ the rest


def test_cbor_has_one_format_of_timestamps(make: Make) -> None:
    """What a model says of it has no effect there."""
    member = {"It": {"shape": "Time", "timestampFormat": "iso8601"}}
    assert make("smithy-rpc-v2-cbor", member).members["It"]["format"] == "epoch-seconds"
    assert make("json", member).members["It"]["format"] == "date-time"


@pytest.mark.parametrize(
    ("protocol", "name", "read"),
    [
        ("ec2", "item", ["a", "b"]),
        ("ec2", "member", ["a", "b"]),
        ("ec2", "other", {"other": ["a", "b"]}),
        ("query", "member", ["a", "b"]),
        ("query", "item", {"item": ["a", "b"]}),
    ],
)
def test_items_without_a_name(protocol: str, name: str, read: Any, make: Make) -> None:
    """Where the model has none, it is the specification's; EC2 has two."""
    op = make(protocol, {"It": {"shape": "Texts"}})
    inside = f"<It><{name}>a</{name}><{name}>b</{name}></It>"
    body = (
        f"<Try>{inside}</Try>"
        if protocol == "ec2"
        else f"<Try><TryResult>{inside}</TryResult></Try>"
    )
    assert answered(op, body.encode()) == {"It": read}


def test_namespaces_are_declared_where_they_are_modelled(make: Make) -> None:
    """Those of the SDK's own document are kept, where a member is put into it."""
    space = {"uri": "https://toys.example", "prefix": "toy"}
    op = make(
        "rest-xml", {"It": {"shape": "Text", "xmlNamespace": space}, "More": {"shape": "Text"}}
    )
    draft = sent(op, It="a")
    assert draft.body == b'<TryRequest><It xmlns:toy="https://toys.example">a</It></TryRequest>'
    draft.body = b'<Top xmlns="urn:a"><It xmlns="urn:b">a</It></Top>'
    PROTOCOLS[op.protocol].alter(op, draft, Alteration(members={"More": "b"}))
    assert draft.body == b'<Top xmlns="urn:a"><It xmlns="urn:b">a</It><More>b</More></Top>'
