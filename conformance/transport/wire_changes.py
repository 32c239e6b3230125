"""A request changed between serializing and signing: what the SDK would not send, or would add.

It knows one request as a draft and what is to be changed in it; it sends and signs nothing.
"""

import base64
import hashlib
import zlib
from collections.abc import Callable, Collection, Mapping

from conformance.protocols.base import Additions, Alteration, Draft
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation

#: How the names of headers begin that hold a checksum of the body.
_CHECKSUM = "x-amz-checksum-"
#: The header by which a caller chooses a checksum.
_ALGORITHM = "x-amz-sdk-checksum-algorithm"


def change(
    operation: Operation, draft: Draft, alteration: Alteration, members: Collection[str]
) -> None:
    """Change a draft as the alteration says; its ``members`` are those that the SDK serialized."""
    body = draft.body
    PROTOCOLS[operation.protocol].alter(operation, draft, alteration)
    if draft.body != body:
        _refresh_digests(draft)
    if alteration.sdk is Additions.NONE:
        given = {operation.members[name].get("wireName", name).lower() for name in members}
        _leave_out_additions(draft, given)


def _leave_out_additions(draft: Draft, given: Collection[str]) -> None:
    """Send a body at once, with the digest that every service knows where one is required."""
    dropped = [name for name in draft.headers if name.lower() == "expect"]
    checksums = [
        name
        for name in draft.headers
        if name.lower().startswith(_CHECKSUM) and name.lower() not in given
    ]
    if _ALGORITHM not in given:
        dropped += [*checksums, *(n for n in draft.headers if n.lower() == _ALGORITHM)]
        if checksums:
            draft.set_header("Content-MD5", base64.b64encode(_md5(draft.body)).decode("ascii"))
    for name in dropped:
        del draft.headers[name]


def _md5(body: bytes) -> bytes:
    return hashlib.md5(body, usedforsecurity=False).digest()


_DIGESTS: Mapping[str, Callable[[bytes], bytes]] = {
    "content-md5": _md5,
    "x-amz-checksum-crc32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
    "x-amz-checksum-sha1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "x-amz-checksum-sha256": lambda body: hashlib.sha256(body).digest(),
}


def _refresh_digests(draft: Draft) -> None:
    """Make the checksums in the headers match the changed body; kinds not listed are kept."""
    for name in [one for one in draft.headers if one.lower() in _DIGESTS]:
        digest = _DIGESTS[name.lower()](draft.body)
        draft.headers[name] = base64.b64encode(digest).decode("ascii")
