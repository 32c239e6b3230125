"""The table of wire protocols: the name that an operation gives, and the module that speaks it."""

from collections.abc import Mapping

from conformance.protocols import aws_json, ec2, query, rest_json, rest_xml, rpc_v2_cbor
from conformance.protocols.base import WireProtocol

#: Under botocore's names.
PROTOCOLS: Mapping[str, WireProtocol] = {
    "ec2": ec2,
    "json": aws_json,
    "query": query,
    "rest-json": rest_json,
    "rest-xml": rest_xml,
    "smithy-rpc-v2-cbor": rpc_v2_cbor,
}

#: The headers that every answer in some protocol has.
HEADERS: frozenset[str] = frozenset(name for one in PROTOCOLS.values() for name in one.HEADERS)
