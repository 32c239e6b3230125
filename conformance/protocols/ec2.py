"""AWS ec2Query: as query, but lists are always numbered behind their own names.

Source: https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html. Responses have
no wrapper around the members, and errors are in a list.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from conformance.protocols import query, xml_body
from conformance.protocols.base import WireOperation
from conformance.protocols.form import Style
from conformance.protocols.http import Response

_STYLE = Style(numbered=True)
#: Where a success holds its request id, § Response serialization; an SDK looks nowhere else.
_REQUEST_ID = ("requestId",)
_ENVELOPE = frozenset({"requestId"})
#: What the items of a list are called whose model has no name for them: as the specification
#: has it, and as EC2 calls those that it has a name for.
_ITEMS = frozenset({"member", "item"})


def _request_name(name: str, serialization: Mapping[str, Any]) -> str:
    """The wire name of a member of a request, § Query key resolution."""
    own = str(serialization.get("name", name))
    return str(serialization.get("queryName") or own[:1].upper() + own[1:])


def _output(operation: WireOperation, response: Response) -> Any:
    """The members of a response; an error with a success's status is the data it looks like."""
    known = operation.response.get("properties", {})
    if not response.body and not known:
        return {}
    root = query.root_of(response)
    if xml_body.is_error(root):
        return xml_body.plain(root)
    return query.read(root, known, _ITEMS, _ENVELOPE)


PROTOCOL = replace(
    query.PROTOCOL,
    name="ec2",
    page="https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html",
    error_places="<Response><Errors><Error><Code>",
    request_id_places="<requestId>, or <Response><RequestID>",
    wire=query.names,
    request_name=_request_name,
    rewrite=partial(query.rewrite, style=_STYLE),
    members=partial(query.members, style=_STYLE),
    output=_output,
    error=partial(xml_body.error, forms=(xml_body.LISTED,)),
    names_request=partial(xml_body.names_request, of_success=_REQUEST_ID),
)
