"""Credentials in use, and how they are removed from what a report stores.

A server may repeat a request anywhere: in a message, a header, a body, and in any encoding. Here a
credential is known as it is, so it is found by itself and by what it becomes when a text that
holds it is encoded. This module must not know reports, verdicts or files.
"""

import base64
import html
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from conformance.protocols.http import Exchange, Failure, Headers, Request, Response
from conformance.recording import encodings
from conformance.recording.sensitive_patterns import SECRET_LENGTH

REDACTED = "[redacted]"
#: No part of a credential of this length is stored, however it was cut.
_PART = 12
#: Every part of at least ``_PART`` letters has a window of this size at a multiple of ``_STEP``.
_WINDOW = 8
_STEP = _PART - _WINDOW + 1
#: A window of fewer different letters says nothing: tokens have rows of slashes.
_DISTINCT = 3
#: A shorter credential is found as a word of its own, unless it is an ordinary word.
_SHORTEST = 6
_ORDINARY = re.compile(r"[a-z]+|[A-Z]?[a-z]+|\d+")
#: The credentials within a request: signatures of any kind, and session tokens.
_SIGNED = re.compile(r"(?i:signature)=([0-9A-Za-z%+/=_-]{16,})")
_TOKEN = re.compile(r"[?&](?i:x-amz-security-token|securitytoken)=([^&\s]{6,})")
_SIGNATURE = re.compile(r"(?<=Signature=)[0-9a-fA-F]{8,}")
_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64,}+(?![0-9a-f])")
#: Without any of these no text within a text holds a credential.
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}|&#|\\[ux/]|[A-Za-z0-9+/_-]{20}")
_ENCODED_DIGEST = re.compile(r"(?:%[0-9A-Fa-f]{2}|&#|\\[ux]|[A-Za-z0-9+/_-]{20}).{60}", re.DOTALL)
#: How many texts are remembered with what became of them.
_MOST_REMEMBERED = 50_000


class CredentialsInUse:
    """Removes the credentials that sign a run's requests, and the signatures made with them.

    ``values`` are keys, secrets and tokens; ``signatures`` is a collection that may grow while
    the run goes on. Dummies such as ``test`` are ordinary words and stay.
    """

    def __init__(self, values: Iterable[str] = (), signatures: Collection[str] = ()) -> None:
        self._signatures = signatures
        self._met: set[str] = set()
        self._whole: set[str] = set()
        self._words: re.Pattern[str] | None = None
        self._windows: dict[str, tuple[str, int, int]] = {}
        self._seen: dict[str, str] = {}
        for value in values:
            self._add(value)

    def _add(self, value: str) -> None:
        if value in self._whole or len(value) < _SHORTEST:
            return
        if len(value) < SECRET_LENGTH:
            if _ORDINARY.fullmatch(value):
                return
            words = sorted({*self._whole, value}, key=len, reverse=True)
            short = "|".join(re.escape(word) for word in words if len(word) < SECRET_LENGTH)
            self._words = re.compile(rf"(?<![A-Za-z0-9])(?:{short})(?![A-Za-z0-9])")
        else:
            for form in dict.fromkeys(_forms(value)):
                least = _PART * len(form) // len(value)
                for at in range(len(form) - _WINDOW + 1):
                    window = form[at : at + _WINDOW]
                    if len(set(window)) >= _DISTINCT:
                        self._windows.setdefault(window, (form, at, least))
        self._whole.add(value)
        self._seen.clear()

    # ------------------------------------------------------------ what is cleaned

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange without credentials, those that its own request holds included."""
        request, response, failure = exchange.request, exchange.response, exchange.failure
        for secret in _within(request):
            if _DIGEST.fullmatch(secret):
                self._met.add(secret)
            else:
                self._add(secret)
        return replace(
            exchange,
            request=Request(
                method=request.method,
                url=self.text(request.url),
                headers=self._headers(request.headers),
                body=self._bytes(request.body),
            ),
            response=response
            and Response(
                status=response.status,
                headers=self._headers(response.headers),
                body=self._bytes(response.body),
            ),
            failure=failure and Failure(kind=failure.kind, detail=self.text(failure.detail)),
        )

    def _headers(self, headers: Headers) -> Headers:
        return tuple((self.text(name), self.text(value)) for name, value in headers)

    def _bytes(self, raw: bytes) -> bytes:
        """A body without credentials; whole where one is within an encoding of its own."""
        if not raw:
            return raw
        form = "utf-8"
        try:
            text = raw.decode(form)
        except UnicodeDecodeError:
            form = "latin-1"
            text = raw.decode(form)
        clean = self.text(text)
        if clean != text:
            return clean.encode(form)
        try:
            held = form != "utf-8" and any(map(self._holds, encodings.layers_of_bytes(raw)))
        except encodings.UnreadableError:
            return raw
        return REDACTED.encode() if held else raw

    def data(self, value: Any) -> Any:
        """Plain data without credentials in its texts; names stay."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {name: self.data(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.data(inner) for inner in value]
        return value

    def text(self, text: str) -> str:
        """A text without credentials; nothing of it where one is encoded beyond recognition."""
        if len(text) < _SHORTEST:
            return text
        found = self._seen.get(text)
        if found is None:
            found = self._cleaned(text)
            if len(self._seen) > _MOST_REMEMBERED:
                self._seen.clear()
            if len(text) < 65_536:
                self._seen[text] = found
        return found

    def _cleaned(self, text: str) -> str:
        clean = self._without_parts(text) if self._windows else text
        if self._words is not None:
            clean = self._words.sub(REDACTED, clean)
        clean = _SIGNATURE.sub(REDACTED, clean)
        clean = _DIGEST.sub(
            lambda match: REDACTED if self._is_signature(match[0]) else match[0], clean
        )
        if not (_ENCODED if self._whole else _ENCODED_DIGEST).search(clean):
            return clean
        layers = encodings.layers(clean)
        next(layers)
        return REDACTED if any(map(self._holds, layers)) else clean

    def _holds(self, text: str) -> bool:
        """Whether a text holds a credential as it is."""
        if self._words is not None and self._words.search(text):
            return True
        if any(one in text for one in self._whole if len(one) >= SECRET_LENGTH):
            return True
        return any(map(self._is_signature, _DIGEST.findall(text)))

    def _is_signature(self, digits: str) -> bool:
        return digits in self._signatures or digits in self._met

    def _without_parts(self, text: str) -> str:
        """The text without whatever has ``_PART`` letters in a row of a form of a credential."""
        out: list[str] = []
        last = at = 0
        windows, size = self._windows, len(text)
        while at + _WINDOW <= size:
            known = windows.get(text[at : at + _WINDOW])
            if known is not None:
                form, place, least = known
                start, end = _extent(text, at, form, place, last)
                if end - start >= least:
                    out += [text[last:start], REDACTED]
                    last = end
                    at = end
                    continue
            at += _STEP
        return "".join([*out, text[last:]]) if out else text


def _extent(text: str, at: int, form: str, place: int, least: int) -> tuple[int, int]:
    """How far a text agrees with a form around a window in which they agree."""
    start, end = at, at + _WINDOW
    before, after = place, place + _WINDOW
    while start > least and before > 0 and text[start - 1] == form[before - 1]:
        start, before = start - 1, before - 1
    while end < len(text) and after < len(form) and text[end] == form[after]:
        end, after = end + 1, after + 1
    return start, end


def _within(request: Request) -> Iterator[str]:
    """The credentials that a request holds: its signature, its token."""
    for name, value in request.headers:
        lower = name.lower()
        if lower == "authorization":
            yield from signatures(value)
        elif lower in {"x-amz-security-token", "x-amz-s3session-token"}:
            yield value
    yield from signatures(request.url)
    yield from _TOKEN.findall(request.url)


def signatures(text: str) -> list[str]:
    """The signatures in an Authorization header, or in a presigned URL."""
    return _SIGNED.findall(text)


# ------------------------------------------------------------ what a credential becomes


def _percent(text: str) -> str:
    return quote(text, safe="")


def _small_percent(text: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), _percent(text))


def _every_percent(text: str) -> str:
    return "".join(f"%{one:02X}" for one in text.encode())


#: What a text becomes in an encoding that a containing text does not change.
_WRITINGS: tuple[Callable[[str], str], ...] = (
    str,
    _percent,
    _small_percent,
    _every_percent,
    lambda text: _every_percent(text).lower(),
    lambda text: _percent(_percent(text)),
    lambda text: text.replace("/", "\\/"),
    lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    lambda text: "".join(f"\\u{ord(char):04X}" for char in text),
    lambda text: "".join(f"&#{ord(char)};" for char in text),
    lambda text: "".join(f"&#x{ord(char):x};" for char in text),
    html.escape,
    "\x00".join,
    "\\x00".join,
    "\\u0000".join,
)


def _forms(secret: str) -> Iterator[str]:
    """Every text that a credential becomes where a text that holds it is encoded."""
    for writing in _WRITINGS:
        yield writing(secret)
    inner = [secret.encode(), _percent(secret).encode()]
    inner += [secret.encode("utf-16-le"), secret.encode("utf-16-be")]
    for raw in inner:
        yield raw.hex()
        yield raw.hex().upper()
        for once in _base64(raw):
            yield once
            yield _percent(once)
            yield from _base64(once.encode())


def _base64(raw: bytes) -> Iterator[str]:
    """The letters of base64 that depend on these bytes alone, wherever in a text they begin."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + raw)
        first = (before * 8 + 5) // 6
        last = (before + len(raw)) * 8 // 6
        text = whole[first:last].decode()
        yield text
        if "+" in text or "/" in text:
            yield text.replace("+", "-").replace("/", "_")


def userinfo(url: str | None) -> list[str]:
    """The password in an address, if there is one."""
    try:
        password = urlsplit(url or "").password
    except ValueError:
        return []
    return [password] if password else []
