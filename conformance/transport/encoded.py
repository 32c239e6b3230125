"""What the SDK has encoded once, to be changed on the wire, signed and sent again.

Invalid requests are mostly changes of one valid request: for each of them the SDK would validate,
resolve and serialize the same parameters anew. A request goes on from where the SDK has encoded it,
on the SDK's own events, so that its handlers sign and send it and its parser reads the response.
No case is known here, and no change.
"""

import time
import uuid
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.endpoint import convert_to_response_dict
from botocore.exceptions import ClientError
from botocore.hooks import first_non_none_response
from botocore.httpchecksum import handle_checksum_body

#: So many requests are kept, none of which has a larger body, in bytes.
MOST = 256
MOST_BYTES = 64 * 1024
#: How long a request is kept, in seconds: the SDK writes the time into some that are signed within
#: others, and that holds for longer.
KEPT = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A request that is not signed yet; ``until`` is when it is too old, by the monotonic clock."""

    request: AWSRequest
    until: float

    def send(self, client: Any, operation: Any, parsers: Any) -> tuple[Any, str | None]:
        """Have it signed and sent by the SDK's events: what its parser reads, what it would raise.

        ``operation`` is the client's model of it, ``parsers`` the session's factory of parsers.
        """
        request = _copy(self.request)
        if tries := request.context.get("retries"):
            request.context["retries"] = {**tries, "invocation-id": str(uuid.uuid4())}
        emit, name = client.meta.events.emit, operation.name
        event = f"{operation.service_model.service_id.hyphenize()}.{name}"
        emit(f"request-created.{event}", request=request, operation_name=name)
        sent = request.prepare()
        response = first_non_none_response(emit(f"before-send.{event}", request=sent))
        read = convert_to_response_dict(response, operation)
        handle_checksum_body(response, read, sent.context, operation)
        own: dict[str, Any] = {}
        emit(
            f"before-parse.{event}",
            operation_model=operation,
            response_dict=read,
            customized_response_dict=own,
        )
        parser = parsers.create_parser(operation.service_model.resolved_protocol)
        parsed = {**parser.parse(read, operation.output_shape), **own}
        refused = read["status_code"] >= 300
        return parsed, f"ClientError: {ClientError(parsed, name)}" if refused else None


class EncodedRequests:
    """The requests that were encoded last, by what they were made of."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Encoded] = {}

    def keep(self, made_of: Hashable, request: AWSRequest) -> None:
        """Keep a request before it is signed, unless its body is large or a stream."""
        data = request.data
        if not isinstance(data, (bytes, str, dict)) or len(data) > MOST_BYTES:
            return
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[made_of] = Encoded(request=_copy(request), until=time.monotonic() + KEPT)

    def find(self, made_of: Hashable) -> Encoded | None:
        """What was kept of the same, and is not too old."""
        found = self._known.get(made_of)
        return found if found is not None and time.monotonic() < found.until else None


def _copy(request: AWSRequest) -> AWSRequest:
    """A request of its own: what signs it changes its headers and its context."""
    data = request.data
    copy = AWSRequest(
        method=request.method,
        url=request.url,
        headers=request.headers,
        data=dict(data) if isinstance(data, dict) else data,
        params=request.params,
        auth_path=request.auth_path,
        stream_output=request.stream_output,
    )
    copy.context = dict(request.context)
    return copy
