"""Bodies as they were before they were compressed.

Recorders differ: some keep the bytes that travelled, some what was in them, and leave
the header in both cases. So the header is believed only where the bytes agree.
"""

import zlib

from conformance.protocols.http import Headers, header

#: No documented response comes near this; a bomb is not blown up further.
MOST = 64 * 1024 * 1024
_GZIP = b"\x1f\x8b"


def decoded(body: bytes, headers: Headers) -> bytes:
    """The body without its Content-Encoding; unchanged where it is in none that is known.

    Raises ``ValueError`` where it is cut short, or would be too large.
    """
    encoding = (header(headers, "content-encoding") or "").lower()
    codings = {one.strip() for one in encoding.split(",")}
    if codings & {"gzip", "x-gzip"} and body.startswith(_GZIP):
        return _inflated(body, 16 + zlib.MAX_WBITS)
    if "deflate" in codings and body:
        try:
            return _inflated(body, zlib.MAX_WBITS)
        except ValueError:
            return body
    return body


def _inflated(body: bytes, window: int) -> bytes:
    machine = zlib.decompressobj(window)
    try:
        found = machine.decompress(body, MOST)
    except zlib.error as error:
        raise ValueError("its compressed body is broken") from error
    if machine.unconsumed_tail:
        raise ValueError(f"its body is larger than {MOST >> 20} MiB")
    if not machine.eof:
        raise ValueError("its compressed body is cut short")
    return found
