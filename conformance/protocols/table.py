"""The table of wire protocols: the name that an operation gives, and the module that speaks it."""

from collections.abc import Mapping

from conformance.protocols import WireProtocol, aws_json, rest_json

#: Under botocore's names.
PROTOCOLS: Mapping[str, WireProtocol] = {
    "json": aws_json,
    "rest-json": rest_json,
}
