"""The table of wire protocols: a new one is a module of this package and a row here."""

from conformance.protocols import aws_json, ec2, query, rest_json, rest_xml, rpc_v2_cbor
from conformance.protocols.base import Addressing, WireProtocol

#: The preferred one first, for services that answer several.
_ROWS: tuple[WireProtocol, ...] = (
    rpc_v2_cbor.PROTOCOL,
    aws_json.PROTOCOL,
    rest_json.PROTOCOL,
    rest_xml.PROTOCOL,
    query.PROTOCOL,
    ec2.PROTOCOL,
)

#: The protocols by their names, in the order of preference.
PROTOCOLS: dict[str, WireProtocol] = {one.name: one for one in _ROWS}

#: The protocol of the operations that ``schemas/`` describes.
DOCUMENTED: str = rest_json.PROTOCOL.name

#: The headers that every response in some protocol has.
HEADERS: frozenset[str] = frozenset(name for one in _ROWS for name in one.headers)


def addressings() -> tuple[Addressing, ...]:
    """The ways of naming an operation in a request, in the order of the protocols."""
    return tuple(dict.fromkeys(one.addressing for one in PROTOCOLS.values()))


def addressed(addressing: Addressing) -> tuple[WireProtocol, ...]:
    """The protocols that name operations in a way; the first for services that list none."""
    return tuple(one for one in PROTOCOLS.values() if one.addressing == addressing)
