"""Texts within texts: what a run of base64 or hex, a compressed or a UTF-16 body says.

Each decoder comes with the encoder that writes a changed text in the same way. Sizes and depths
are bounded, and every decoder takes time in proportion to the length of its text. This module
must not know what is private.
"""

import base64
import binascii
import gzip
import html
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

import cbor2

#: How deep encodings within encodings are followed.
DEPTH = 5
#: No compressed text is followed beyond this size, in bytes.
MOST_INFLATED = 8 * 1024 * 1024
#: A run of base64 of at least 16 characters; lines of one text may follow each other.
BASE64 = re.compile(
    r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}+(?:\r?\n[A-Za-z0-9+/_-]{4,}+)*+={0,2}(?![A-Za-z0-9+/_=-])"
)
HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-f]{16,}+|[0-9A-F]{16,}+)(?![0-9A-Za-z])")
REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);")
ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\/")
#: How compressed bytes begin.
COMPRESSED = frozenset({b"\x1f\x8b", b"\x78\x01", b"\x78\x9c", b"\x78\xda"})
_READABLE = re.compile(rb"[\x20-\x7e]{12,}")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")

#: The text that some bytes say, and the way to say another text so; bytes may be no text at all.
Decoded = tuple[str, Callable[[str], bytes]]


class UnreadableError(ValueError):
    """Compressed bytes that are broken or too large to be looked into."""


def from_bytes(raw: bytes) -> Decoded | None:
    """What bytes say: compressed, UTF-16, UTF-8, or letters within other bytes.

    Raises :class:`UnreadableError` for compressed bytes that cannot be looked into.
    """
    if raw[:2] in COMPRESSED:
        inflated = _inflated(raw)
        if inflated is not None:
            inner = from_bytes(inflated)
            deflate = _gzip if raw[:1] == b"\x1f" else zlib.compress
            return None if inner is None else (inner[0], lambda text: deflate(inner[1](text)))
    if wide := _wide(raw):
        return raw.decode(wide, "surrogatepass"), lambda text: text.encode(wide, "surrogatepass")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        if not _READABLE.search(raw):
            return None
        return raw.decode("latin-1"), lambda text: text.encode("latin-1", "replace")
    if _CONTROL.search(text) and not _READABLE.search(raw):
        return None
    return text, str.encode


def _inflated(raw: bytes) -> bytes | None:
    engine = zlib.decompressobj(47)
    try:
        found = engine.decompress(raw, MOST_INFLATED)
    except zlib.error as error:
        if raw[:2] == b"\x1f\x8b":
            raise UnreadableError("compressed bytes that are broken") from error
        return None
    if engine.unconsumed_tail:
        raise UnreadableError("compressed bytes that are too large to be looked into")
    return found


def _gzip(raw: bytes) -> bytes:
    return gzip.compress(raw, mtime=0)


def _wide(raw: bytes) -> str | None:
    """The form of UTF-16 that bytes are in, or ``None``."""
    if len(raw) < 8 or len(raw) % 2:
        return None
    if raw[:2] == b"\xff\xfe" or raw[:2] == b"\xfe\xff":
        form = "utf-16-le" if raw[:1] == b"\xff" else "utf-16-be"
    else:
        half = len(raw) * 2 // 5
        if raw[1::2].count(0) > half:
            form = "utf-16-le"
        elif raw[::2].count(0) > half:
            form = "utf-16-be"
        else:
            return None
    try:
        raw.decode(form)
    except UnicodeDecodeError:
        return None
    return form


# ------------------------------------------------------------ runs within a text


@lru_cache(maxsize=4096)
def base64_run(run: str) -> Decoded | None:
    """What a run of base64 says, and the way to write another text like it."""
    lines = re.split(r"(\r?\n)", run)
    whole = "".join(lines[::2])
    other = b"-_" if "-" in whole or "_" in whole else b"+/"
    try:
        raw = base64.b64decode(whole + "=" * (-len(whole) % 4), altchars=other, validate=True)
        found = from_bytes(raw)
    except (binascii.Error, ValueError):
        return None
    if found is None:
        return None
    text, encode = found
    padded = whole.endswith("=") or len(whole) % 4 == 0

    def again(fresh: str) -> bytes:
        made = base64.b64encode(encode(fresh), altchars=other).decode()
        made = made if padded else made.rstrip("=")
        width = len(lines[0])
        if len(lines) > 1:
            made = lines[1].join(made[at : at + width] for at in range(0, len(made), width))
        return made.encode()

    return text, again


@lru_cache(maxsize=1024)
def hex_run(run: str) -> Decoded | None:
    """What a run of hexadecimal digits says, and the way to write another text like it."""
    if len(run) % 2:
        return None
    try:
        found = from_bytes(bytes.fromhex(run))
    except ValueError:
        return None
    if found is None:
        return None
    text, encode = found
    upper = run != run.lower()
    return text, lambda fresh: (
        encode(fresh).hex().upper() if upper else encode(fresh).hex()
    ).encode()


def unescaped(text: str) -> str:
    """A text without escapes such as ``\\u0041``, ``\\x41`` and ``\\/``."""
    return ESCAPE.sub(lambda m: m[0][1:] if m[0] == "\\/" else chr(int(m[0][2:], 16)), text)


def escaped(text: str) -> str:
    """A text as it is within a string of JSON."""
    return json.dumps(text)[1:-1]


def requoted(text: str) -> str:
    """A text in percent-encoding, what usually stays in URLs and messages left."""
    return quote(text, safe="-_.~ /:;,=&?'\"{}[]()", errors="surrogatepass")


#: Encodings of a whole text, each with a test that is quick, the decoder and the encoder.
WHOLE: tuple[tuple[Callable[[str], bool], Callable[[str], str], Callable[[str], str]], ...] = (
    (lambda text: "%" in text, unquote, requoted),
    (
        lambda text: "&" in text and REFERENCE.search(text) is not None,
        html.unescape,
        lambda text: html.escape(text, quote=False),
    ),
    (lambda text: "\\" in text and ESCAPE.search(text) is not None, unescaped, escaped),
)
#: Encodings of a run within a text.
RUNS: tuple[tuple[re.Pattern[str], Callable[[str], Decoded | None]], ...] = (
    (HEX, hex_run),
    (BASE64, base64_run),
)


# ------------------------------------------------------------ everything that is said


def layers(text: str, depth: int = DEPTH) -> Iterator[str]:
    """The text itself, and everything that it decodes to, each once."""
    seen = {text}
    due = [(text, depth)]
    while due:
        one, left = due.pop()
        yield one
        if not left:
            continue
        for inner in _inner(one):
            if inner not in seen:
                seen.add(inner)
                due.append((inner, left - 1))


def _inner(text: str) -> Iterator[str]:
    for applies, decode, _ in WHOLE:
        if applies(text):
            yield decode(text)
    for pattern, decode_run in RUNS:
        for match in pattern.finditer(text):
            found = decode_run(match[0])
            if found is not None:
                yield found[0]
    if text.lstrip()[:1] in {"{", "[", '"'}:
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return
        for value in leaves(data):
            if "\\" in text or "%" in value or "&" in value or value.lstrip()[:1] in {"{", "["}:
                yield value


def layers_of_bytes(raw: bytes) -> Iterator[str]:
    """Everything that bytes say. Raises :class:`UnreadableError`."""
    found = from_bytes(raw)
    if found is not None:
        yield from layers(found[0])
    if found is None or _CONTROL.search(found[0]) or not raw.isascii():
        yield from layers(raw.decode("latin-1"))
        for value in leaves(cbor(raw)):
            yield from layers(value)


def cbor(raw: bytes) -> Any:
    """The data of bytes in CBOR, or ``None``."""
    if not raw or raw[0] >> 5 not in {2, 3, 4, 5, 6}:
        return None
    try:
        return cbor2.loads(raw)
    except Exception:  # cbor2 raises errors of many kinds for bytes that are not CBOR
        return None


def leaves(data: Any) -> Iterator[str]:
    """Every text within data, the names of members included, bytes as what they say."""
    due = [data]
    while due:
        one = due.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, bytes):
            found = from_bytes(one)
            yield found[0] if found else one.decode("latin-1")
        elif isinstance(one, Mapping):
            due += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            due += one
        elif isinstance(one, int) and not isinstance(one, bool):
            yield str(one)
        elif isinstance(one, cbor2.CBORTag):
            due.append(one.value)
