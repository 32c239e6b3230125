"""The table of wire protocols: the name that an operation gives, and the module that speaks it."""

from collections.abc import Mapping

from conformance.protocols import WireProtocol, rest_json

PROTOCOLS: Mapping[str, WireProtocol] = {"rest-json": rest_json}
