"""Where a response names its request id: in a header, or in a body of XML.

Nothing here knows which protocol has it where.
"""

from collections.abc import Sequence

from conformance.protocols import xml_body
from conformance.protocols.http import Response

#: The names under which AWS sends a request id; the last two are S3's and API Gateway's.
_HEADERS = ("x-amzn-requestid", "x-amz-request-id", "x-amz-id-2", "x-amz-apigw-id")
#: Where errors in XML hold it: as query has it, as EC2 does.
_OF_ERRORS = (("RequestId",), ("RequestID",))


def in_header(response: Response) -> bool:
    """Whether some header names it."""
    return any(response.header(name) for name in _HEADERS)


def in_body(response: Response, of_success: Sequence[str] = ()) -> bool:
    """Whether it is where a success has it, below the root, or where errors have it.

    A body that is empty or no XML could not hold it: there a header is enough.
    """
    try:
        root = xml_body.parse(response.body)
    except ValueError:
        return in_header(response)
    places = _OF_ERRORS if response.status >= 400 else (of_success,)
    return any(
        (found := xml_body.descend(root, place)) is not None and (found.text or "").strip()
        for place in places
    )
