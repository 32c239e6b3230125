"""The last look before bytes go to AWS: whether what they ask for, as they are, only reads.

A request of an operation that reads can ask for another one where it was altered: an empty label
makes ``POST /things/{id}`` a ``POST /things``, and some paths have a ``PATCH``. Nothing here sends.
"""

from urllib.parse import parse_qsl, urlsplit

from conformance.protocols.http import Request
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation
from conformance.spec.registry import registry
from conformance.spec.sdk_models.routes import asked_for, operation_names


def changing(operation: Operation, request: Request) -> str:
    """An operation that a request asks for and that may change things; empty for none.

    ``operation`` is what the request was made for. What the service does not have changes nothing.
    """
    if not operation.readonly:
        return operation.name
    others = _asked_for(operation, request) & operation_names(operation.service)
    known = (registry().find(f"{operation.service}:{name}") for name in sorted(others))
    return next((one.name for one in known if not one.readonly), "")


def _asked_for(operation: Operation, request: Request) -> frozenset[str]:
    addressing = PROTOCOLS[operation.protocol].addressing
    if addressing.read is not None:
        address = addressing.read(request)
        return frozenset({address.operation} if address else ())
    parts = urlsplit(request.url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    return asked_for(operation.service, request.method, parts.path, query, request.headers)
