"""A wire protocol is one module and one row: all else follows, or a test says what to do."""

import ast
import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
import wire_models as wire
from botocore.loaders import Loader
from botocore.parsers import PROTOCOL_PARSERS
from botocore.serialize import SERIALIZERS
from test_layers import MODULES, top, tree
from test_protocol_models import EVERY, TRIED, made

from conformance.errors import UnknownNameError
from conformance.generation.clauses import clauses
from conformance.protocols.base import (
    NO_SUCH_OPERATION,
    NO_SUCH_PATH,
    Address,
    Addressing,
    WireOperation,
    WireProtocol,
)
from conformance.protocols.http import Request, header
from conformance.protocols.rest_json import PROTOCOL as REST_JSON
from conformance.protocols.table import PROTOCOLS
from conformance.recording.external.calls import judge
from conformance.recording.external.recognition import Kind, recognise, spoken
from conformance.spec.registry import select
from conformance.spec.sdk_models.index import index
from conformance.spec.sdk_models.loader import operation, protocols

# ------------------------------------------------------------ no other module knows one

#: Names of protocols that are something else as well: a location of members, a media type, a
#: service.
AMBIGUOUS = frozenset({"query", "json", "ec2"})
UNMISTAKABLE = (PROTOCOLS.keys() - AMBIGUOUS) | {
    value for one in PROTOCOLS.values() for value in one.headers.values()
}
FORMATS = frozenset({one.response_format.name for one in PROTOCOLS.values()})


def texts(node: ast.AST) -> Iterator[ast.Constant]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one


def asks_a_protocol(node: ast.AST) -> bool:
    """Whether something is compared with, looked up by, or cut from what is called a protocol."""
    lookup = isinstance(node, ast.Compare | ast.Subscript | ast.Match | ast.Call)
    if isinstance(node, ast.Call):
        lookup = isinstance(node.func, ast.Attribute) and node.func.attr in {"get", "startswith"}
    names = {getattr(one, "id", getattr(one, "attr", "")) for one in ast.walk(node)}
    return lookup and bool(names & {"protocol", "protocols"})


def named(module: ast.Module) -> Iterator[str]:
    """Where a module names a wire protocol or decides by the name of a format."""
    for node in ast.walk(module):
        for one in texts(node) if asks_a_protocol(node) else ():
            if one.value in AMBIGUOUS:
                yield f"line {one.lineno}: {one.value!r}"
        for one in texts(node) if isinstance(node, ast.Compare) else ():
            if one.value in FORMATS:
                yield f"line {one.lineno}: {one.value!r}"
    for one in texts(module):
        if one.value in UNMISTAKABLE or str(one.value).startswith("rest-"):
            yield f"line {one.lineno}: {one.value!r}"


#: These make responses for the SDK's own parsers, in environments where this package is not.
BESIDE = frozenset({"sdk_gate.bodies", "sdk_gate.driver.answers"})


@pytest.mark.parametrize(
    "name", [name for name in MODULES if top(name) != "protocols" and name not in BESIDE]
)
def test_no_other_module_names_a_protocol(name: str) -> None:
    """What depends on the protocol is a part of WireProtocol, and asked of PROTOCOLS."""
    found = list(named(tree(name)))
    assert not found, (
        f"conformance/{name.replace('.', '/')}.py knows wire protocols by name ({found}): make "
        "what it decides a part of WireProtocol in conformance/protocols/base.py, and ask that"
    )


@pytest.mark.parametrize(
    "text",
    [
        'if operation.protocol == "query": pass',
        'if operation.protocol in {"json"}: pass',
        'match operation.protocol:\n    case "json": pass',
        'x = {"json": 1}[operation.protocol]',
        'x = TABLE.get(protocol, "query")',
        'if protocol.startswith("rest-"): pass',
        'x = frozenset({"rest-xml"})',
        'if speaks.response_format.name == "XML": pass',
        'x = header(request, "smithy-protocol") == "rpc-v2-cbor"',
    ],
)
def test_such_names_are_found(text: str) -> None:
    """However a module asks for a protocol by name, it is noticed."""
    assert list(named(ast.parse(text)))


def test_what_is_no_protocol_is_let_pass() -> None:
    """A location, a media type and a part of a request share their names with protocols."""
    text = 'if location == "query" or "json" in media_type or places["query"]: pass'
    assert not list(named(ast.parse(text)))


# ------------------------------------------------------------ no part is missing


def modules() -> dict[str, Any]:
    """The modules of the package that make a protocol."""
    names = [name for name in MODULES if name.startswith("protocols.")]
    found = {name: importlib.import_module(f"conformance.{name}") for name in names}
    return {name: one for name, one in found.items() if hasattr(one, "PROTOCOL")}


@pytest.mark.parametrize("name", modules())
def test_every_module_has_a_row(name: str) -> None:
    """A protocol that is no row of the table cannot be spoken."""
    made = modules()[name].PROTOCOL
    assert PROTOCOLS.get(made.name) is made, (
        f"conformance/{name.replace('.', '/')}.py makes the protocol {made.name!r}, which is no "
        "row of conformance/protocols/table.py, or another row has its name: add it there"
    )


REQUIRED = [one.name for one in fields(WireProtocol) if one.default is one.default_factory]


@pytest.mark.parametrize("part", REQUIRED)
def test_a_protocol_without_a_part_is_none(part: str) -> None:
    """A module that leaves out a part cannot be imported; the error names the part."""
    parts = {one.name: getattr(REST_JSON, one.name) for one in fields(REST_JSON)}
    del parts[part]
    with pytest.raises(TypeError, match=f"missing 1 required keyword-only argument: '{part}'"):
        WireProtocol(**parts)


@pytest.mark.parametrize("name", modules())
def test_the_specification_is_the_modules_own(name: str) -> None:
    """The address that clauses cite is the one from which the module was written."""
    module = modules()[name]
    page = module.PROTOCOL.page
    assert page in (module.__doc__ or ""), (
        f"conformance/{name.replace('.', '/')}.py cites {page}, which is not the source that its "
        "docstring names"
    )
    others = [one.name for one in PROTOCOLS.values() if one.page == page]
    assert others == [module.PROTOCOL.name], (
        f"{page} is the specification of {others} in conformance/protocols/table.py: each "
        "protocol cites its own"
    )


def test_the_sdk_speaks_the_same_protocols() -> None:
    """Each protocol of botocore is a row of the table, under botocore's name, and none is more."""
    known = SERIALIZERS.keys() & PROTOCOL_PARSERS.keys()
    assert not known - PROTOCOLS.keys(), (
        f"botocore speaks {sorted(known - PROTOCOLS.keys())}, which "
        "conformance/protocols/table.py does not have"
    )
    assert not PROTOCOLS.keys() - known, (
        f"no SDK of this version speaks {sorted(PROTOCOLS.keys() - known)}: "
        "conformance/protocols/table.py names protocols as botocore does"
    )


def test_every_protocol_is_tried_on_real_models() -> None:
    """What a protocol reads and writes is held against botocore, operation by operation."""
    assert TRIED.keys() == PROTOCOLS.keys(), (
        "add operations of each new protocol to TRIED in tests/test_protocol_models.py"
    )


# ------------------------------------------------------------ how operations are named


def least(op: WireOperation) -> dict[str, Any]:
    labels = {n: "x" for n, s in op.members.items() if s.get("location") == "path"}
    return {**labels, **({"AccountId": "1"} if "AccountId" in op.members else {})}


@pytest.mark.parametrize(("protocol", "name"), EVERY)
def test_requests_name_their_operations(protocol: str, name: str) -> None:
    """A request as botocore encodes it names its operation in the place of its protocol alone."""
    op = made(protocol, name)
    sent = wire.encoded(op, least(op))
    own = PROTOCOLS[protocol].addressing
    for other in PROTOCOLS.values():
        found = other.addressing.read(sent) if other.addressing.read else None
        assert (found and found.operation) == (
            op.name if own.read and other.addressing == own else None
        )
    absent = wire.altered(op, sent, absent=True)
    if own.read is None:
        assert absent.path == NO_SUCH_PATH
    else:
        named, unnamed = own.read(sent), own.read(absent)
        assert named is not None
        assert unnamed is not None
        assert unnamed.operation == NO_SUCH_OPERATION
        assert (unnamed.service, unnamed.version) == (named.service, named.version)


@pytest.mark.parametrize("protocol", TRIED)
def test_recorded_requests_are_recognised(protocol: str) -> None:
    """A signed request of each protocol is recognised, with the protocol that it speaks."""
    for name in TRIED[protocol]:
        op = made(protocol, name)
        sent = wire.encoded(op, least(op))
        scope = f"AKID/20240501/us-east-1/{index()[op.service].signing}/aws4_request"
        signature = ("Authorization", f"AWS4-HMAC-SHA256 Credential={scope}, Signature=0")
        found = recognise(replace(sent, headers=(*sent.headers, signature)), [name])
        assert found.kind is Kind.RECOGNISED, found.reason
        assert found.operation is not None
        assert (found.operation.id, found.operation.protocol) == (name, protocol)
        assert spoken(found.operation, sent) == protocol


# ------------------------------------------------------------ a new one is within reach


def _toy_address(request: Request) -> Address | None:
    told = header(request.headers, "X-Toy") or ""
    service, _, name = told.partition("/")
    return Address(operation=name, service=service, text=told) if told else None


def _not_of_toys(op: WireOperation, draft: Any) -> None:
    draft.set_header("X-Toy", f"Toybox/{NO_SUCH_OPERATION}")


TOY = replace(
    REST_JSON,
    name="toy",
    page="https://toys.example/specification",
    addressing=Addressing(
        place="X-Toy", read=_toy_address, misname=_not_of_toys, distinctive=True, in_body=True
    ),
    timestamps="iso8601",
    wire=lambda facts: {"toy": facts.operation},
    headers={"x-is-toy": "yes"},
)
MODEL = {
    "version": "2.0",
    "metadata": {
        "apiVersion": "2020-01-01",
        "endpointPrefix": "toybox",
        "protocol": "toy",
        "serviceId": "Toybox",
        "signatureVersion": "v4",
        "uid": "toybox-2020-01-01",
    },
    "operations": {
        "ListToys": {
            "name": "ListToys",
            "http": {"method": "POST", "requestUri": "/"},
            "input": {"shape": "Request"},
            "output": {"shape": "Response"},
        }
    },
    "shapes": {
        "Request": {"type": "structure", "members": {"Since": {"shape": "Time"}}},
        "Response": {"type": "structure", "members": {"Toys": {"shape": "Toys"}}},
        "Time": {"type": "timestamp"},
        "Toys": {"type": "list", "member": {"shape": "Toy"}},
        "Toy": {"type": "string"},
    },
}


@pytest.fixture
def toybox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A protocol of one row, and a service of the SDK that speaks it."""
    model = tmp_path / "toybox" / "2020-01-01" / "service-2.json"
    model.parent.mkdir(parents=True)
    model.write_text(json.dumps(MODEL), "utf-8")
    monkeypatch.setattr(Loader, "CUSTOMER_DATA_PATH", str(tmp_path))
    monkeypatch.setitem(PROTOCOLS, "toy", TOY)
    forget_models()
    yield
    forget_models()


def forget_models() -> None:
    """Leave nothing of what the suite remembers of the SDK's models."""
    remembered = [
        value
        for name, module in sys.modules.items()
        if name.startswith("conformance.")
        for value in vars(module).values()
        if hasattr(value, "cache_clear")
    ]
    assert index in remembered
    for one in remembered:
        one.cache_clear()


@pytest.mark.usefixtures("toybox")
class TestANewProtocol:
    """With its row alone it is known wherever protocols are."""

    def test_it_is_chosen(self) -> None:
        """``--protocol`` takes it, and offers it where the name is misspelt."""
        (chosen,) = select(["toybox:ListToys"], protocol="toy").operations
        assert chosen.protocol == "toy"
        with pytest.raises(UnknownNameError, match="toy"):
            select(["toybox:ListToys"], protocol="toyy")

    def test_it_is_spoken(self) -> None:
        """The SDK's models are read as it says: facts of the model, timestamps, clauses."""
        assert protocols("toybox") == ("toy",)
        found = operation("toybox", "ListToys")
        assert found.wire == {"toy": "ListToys"}
        assert found.members["Since"]["format"] == "date-time"
        known = {clause.path: clause for clause in clauses(found).values()}
        assert known["protocol/readable"].source.page == TOY.page
        assert "protocol/unknown-operation" in known
        assert "protocol/empty-body" not in known
        assert "response/x-is-toy" in known

    def test_it_is_recognised(self) -> None:
        """A recorded request that names its operation as the protocol does is its operation's."""
        headers = (("x-toy", "Toybox/ListToys"),)
        request = Request(method="POST", url="http://localhost/", headers=headers, body=b"{}")
        found = recognise(request)
        assert found.operation is not None, found.reason
        assert (found.operation.id, found.operation.protocol) == ("toybox:ListToys", "toy")
        assert spoken(operation("chime", "ListUsers"), request) == "toy"

    def test_it_is_judged(self) -> None:
        """An answer in it is judged as it says: what every answer has is missed in this one."""
        exchange = {
            "request": {"method": "POST", "url": "http://localhost/", "body": "{}"},
            "response": {
                "status": 200,
                "headers": {"Content-Type": "application/json", "x-amzn-RequestId": "1"},
                "body": '{"Toys": ["bear"]}',
            },
        }
        found = {
            one.clause.partition("/")[2]: one.verdict for one in judge("toybox:ListToys", exchange)
        }
        assert found["response/Toys/type"] == "pass"
        assert found["response/x-is-toy"] == "warn"
