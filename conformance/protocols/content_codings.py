"""Bodies as they travel: compressed with gzip, or in AWS's chunks with a checksum behind them.

Source: RFC 9110, section 8.4.1, and
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html. This module
knows bytes; it must not know what they say.
"""

import base64
import gzip
import zlib
from collections.abc import Callable, Mapping, Sequence

#: A body is not decoded to more bytes than this; a small one can hold a very long one.
MOST = 16 * 1024 * 1024


def codings(header: str | None) -> tuple[str, ...]:
    """The codings that a Content-Encoding names, in the order in which they were applied."""
    return tuple(one.strip().lower() for one in (header or "").split(",") if one.strip())


def decoded(body: bytes, applied: Sequence[str]) -> bytes:
    """A body before its codings. Raises ``ValueError`` where one is unknown or does not fit."""
    for name in reversed(applied):
        if name not in _DECODERS:
            raise ValueError(f"there is no content coding {name}")
        body = _DECODERS[name](body)
    return body


def encoded(body: bytes, applied: Sequence[str], like: bytes) -> bytes:
    """A body in the same codings as another, whose chunks ended in the same kind of checksum.

    Raises ``ValueError`` where a coding is unknown.
    """
    for name in applied:
        if name not in _DECODERS:
            raise ValueError(f"there is no content coding {name}")
        body = _chunked(body, like) if name == "aws-chunked" else gzip.compress(body, mtime=0)
    return body


def _gunzipped(body: bytes) -> bytes:
    unzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        found = unzip.decompress(body, MOST)
    except zlib.error as error:
        raise ValueError(f"no gzip: {error}") from error
    if unzip.unconsumed_tail or not unzip.eof or unzip.unused_data:
        raise ValueError("no whole gzip, or too long a one")
    return found


def _unchunked(body: bytes) -> bytes:
    found = bytearray()
    rest = body
    while True:
        line, end, rest = rest.partition(b"\r\n")
        size = line.partition(b";")[0]
        if not end or not size or size.strip(b"0123456789abcdefABCDEF"):
            raise ValueError("no chunk begins here")
        length = int(size, 16)
        if not length:
            return bytes(found)
        if rest[length : length + 2] != b"\r\n":
            raise ValueError("a chunk is cut short")
        found += rest[:length]
        rest = rest[length + 2 :]


def _chunked(body: bytes, like: bytes) -> bytes:
    """A body as one chunk, with a CRC32 behind it where the other one has that."""
    head = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
    _, mark, trailer = like.rpartition(b"\r\nx-amz-checksum-crc32:")
    if not mark or b"\r\n" not in trailer:
        return head + b"0\r\n\r\n"
    digest = base64.b64encode(zlib.crc32(body).to_bytes(4, "big"))
    return head + b"0\r\nx-amz-checksum-crc32:" + digest + b"\r\n\r\n"


_DECODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "aws-chunked": _unchunked,
    "gzip": _gunzipped,
}
