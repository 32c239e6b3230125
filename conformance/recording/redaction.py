"""Redaction: private values in an exchange are replaced, the same value always the same way.

Values are found by the names on the way to them, by what the SDK's model says of their members, and
by their form, also within other encodings. Every text is processed once: a replacement is never
replaced again, and only the values that the plan of a case states are public. This module knows
bytes and names; it must not know files or verdicts.
"""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from conformance.protocols.http import Headers, Request, Response
from conformance.recording import encodings, sensitive_names, sensitive_patterns, structures
from conformance.recording.pseudonyms import Pseudonyms
from conformance.recording.replacements import SAYS_NOTHING, Replacements
from conformance.recording.sensitive_names import folded
from conformance.recording.sensitive_patterns import (
    FORMS,
    MARK,
    PRIVATE_HEADERS,
    SECRET_LENGTH,
    ZEROED,
    fit,
    forms_in,
    zeroed,
)
from conformance.recording.structures import Path
from conformance.spec.sdk_models.private import NONE, PrivateMembers, private_members

AGENT = "aws-conformance"
#: Headers that are a digest of the body.
_DIGESTS = re.compile(r"etag|content-md5|x-amz-checksum-.*|x-amz-content-sha256", re.IGNORECASE)
_IN_AUTHORIZATION = re.compile(r"Signature=([0-9a-fA-F]{16,})")
#: What tags and variables often hold that says nothing by itself: words, Regions, media types.
_WORD = re.compile(
    r"[A-Za-z]+|[A-Z0-9_]+|[a-z]+(?:[-_ ][a-z]+)*|[a-z]{2}(?:-[a-z]+)+-\d|\w+/[\w.+-]+|[\d.:TZ+-]+"
)
#: How many texts are remembered with what became of them.
_MOST_REMEMBERED = 20_000

#: Returns the replacement of a match, or ``None`` to leave it to other forms.
Rule = Callable[[str], str | None]
#: A piece of a text, and whether it is a replacement.
Piece = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class _Message:
    """What is private in the message at hand: by its service, and by the SDK's model."""

    private: PrivateMembers = NONE
    names: frozenset[str] = frozenset()


_ANY = _Message()


class Redactor:
    """Replaces private values; the same value always by the same replacement.

    ``secrets`` are texts that may appear nowhere, such as the credentials in use. ``hosts`` are
    those of the target, which every recording names.
    """

    def __init__(
        self, pseudonyms: Pseudonyms, secrets: Iterable[str] = (), hosts: Iterable[str] = ()
    ) -> None:
        self.pseudonyms = pseudonyms
        self.secrets = tuple(secret for secret in secrets if len(secret) >= SECRET_LENGTH)
        self.hosts = frozenset(hosts)
        self.replacements = Replacements(pseudonyms)
        self.drawn: frozenset[str] = frozenset()
        self._signatures: set[str] = set()
        self._digests: dict[str, str] = {}
        self._digested: set[bytes] = set()
        self._seen: dict[str, tuple[str, int, frozenset[str]]] = {}
        made = self.replacements
        #: How values of each form are replaced.
        self.rules: dict[str, Callable[[str], str]] = {
            "arn": made.arn,
            "private-key": made.key_block,
            "jwt": made.opaque,
            "session": made.opaque,
            "service-key": made.opaque,
            "credential": lambda text: fit(MARK.upper(), len(text)),
            "signature": zeroed,
            "bearer": made.opaque,
            "userinfo": made.userinfo,
            "assigned": made.opaque,
            "email": made.email,
            "uuid": made.uuid,
            "access-key": lambda text: text[:4] + fit(MARK.upper(), len(text) - 4),
            "card": made.digits,
            "e164": made.phone,
            "spelt": made.phone,
            "abroad": made.abroad,
            "account": made.account,
            "nanp": made.phone,
            "at-home": made.abroad,
            "ipv4": made.address,
            "ipv6": made.address,
            "secret": made.opaque,
        }

    @property
    def all_secrets(self) -> tuple[str, ...]:
        """The credentials in use, and the signatures made with them in the current case."""
        return (*self.secrets, *self._signatures)

    def public(self, values: Iterable[str], drawn: Iterable[str] = ()) -> None:
        """The values that the plan of the current case states: they are public.

        ``drawn`` are those that the suite made up itself: a name alone makes none of them private.
        """
        allowed = self.hosts.union(values).difference(self.secrets)
        if allowed != self.replacements.public:
            self.replacements.public = allowed
            self.reserve(allowed)
        self.drawn = frozenset(drawn)
        self._signatures.clear()

    def reserve(self, values: Iterable[str]) -> None:
        """Never use these values as replacements: the plan of some case states them."""
        for value in values:
            self.pseudonyms.reserve(value)

    # ------------------------------------------------------------ exchanges

    def request(self, request: Request, operation: str = "") -> Request:
        """The request without private values."""
        at_hand = self._message(operation, answers=False)
        for text in (request.url, *(value for _, value in request.headers)):
            found = _IN_AUTHORIZATION.findall(text)
            self._signatures.update(one for one in found if one.strip("0"))
        body = request.with_content(self._body(request.content, at_hand))
        return Request(
            method=request.method,
            url=self.url(request.url, at_hand),
            headers=self.headers(request.headers, request.body, body, at_hand),
            body=body,
        )

    def response(self, response: Response, operation: str = "") -> Response:
        """The response without private values; a correct Content-Length stays correct."""
        failed = response.status >= 400
        at_hand = _ANY if failed else self._message(operation, answers=True)
        body = self._body(response.body, at_hand)
        headers = self.headers(response.headers, response.body, body, at_hand)
        return replace(response, headers=headers, body=body)

    def params(self, params: Mapping[str, Any], operation: str = "") -> dict[str, Any]:
        """A call's members without private values."""
        at_hand = self._message(operation, answers=False)
        return {name: self._member((name,), value, at_hand) for name, value in params.items()}

    def _message(self, operation: str, *, answers: bool) -> _Message:
        if not operation:
            return _ANY
        private = private_members(operation, answers=answers)
        return _Message(private, private_names(operation, answers=answers))

    def _member(self, path: tuple[str, ...], value: Any, at_hand: _Message) -> Any:
        if isinstance(value, str):
            return self._leaf(path, value, at_hand)
        if isinstance(value, bytes):
            return self._bytes_leaf(path, value, at_hand)
        if isinstance(value, Mapping):
            return {
                key: self._member((*path, str(key)), inner, at_hand) for key, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self._member(path, inner, at_hand) for inner in value]
        return value

    def headers(
        self, headers: Headers, before: bytes, after: bytes, at_hand: _Message = _ANY
    ) -> Headers:
        """Headers without private values, with the length and the digests of the redacted body."""
        if before != after and any(_DIGESTS.fullmatch(name) for name, _ in headers):
            self._learn_digests(before, after)
        return tuple(
            (name, self._header(name, value, before, after, at_hand)) for name, value in headers
        )

    def _header(self, name: str, value: str, before: bytes, after: bytes, at_hand: _Message) -> str:
        lower = name.lower()
        if lower == "content-length":
            return str(len(after)) if value == str(len(before)) else value
        if lower == "user-agent":
            return AGENT
        if lower in ZEROED:
            return zeroed(value)
        if lower in PRIVATE_HEADERS:
            return self.replacements.opaque(value)
        if lower == "authorization":
            return self._authorization(value)
        if _DIGESTS.fullmatch(lower):
            plain = value.strip('"')
            return value.replace(plain, self._digests[plain]) if plain in self._digests else value
        if lower.startswith(sensitive_names.USER_HEADERS):
            if structures.is_form(value):
                return structures.in_form(value, lambda _, plain: self.private(plain))
            return self.private(value)
        return self._leaf((name,), value, at_hand)

    def _authorization(self, value: str) -> str:
        if "Credential=" not in value:
            scheme, _, rest = value.partition(" ")
            return (
                f"{scheme} {self.replacements.opaque(rest)}"
                if rest
                else self.replacements.opaque(value)
            )
        value = sensitive_patterns.CREDENTIAL.sub(lambda m: fit(MARK.upper(), len(m[0])), value)
        return sensitive_patterns.SIGNATURE.sub(lambda m: "0" * len(m[0]), value)

    def url(self, url: str, at_hand: _Message = _ANY) -> str:
        """A URL without private values in its path and query."""
        parts = urlsplit(url)
        path = "/".join(self._segment(one) for one in parts.path.split("/"))
        query = structures.in_form(
            parts.query, lambda names, value: self._leaf(names, value, at_hand), plus=False
        )
        netloc = parts.netloc
        if "@" in netloc:
            name, _, host = netloc.rpartition("@")
            netloc = f"{self.replacements.userinfo(name)}@{host}"
        return urlunsplit(parts._replace(netloc=netloc, path=path, query=query))

    def _segment(self, raw: str) -> str:
        plain = unquote(raw)
        redacted = self.value(None, plain)
        return raw if redacted == plain else quote(redacted, safe="-_.~")

    def body(self, body: bytes) -> bytes:
        """A body without private values; all other bytes are kept."""
        return self._body(body, _ANY)

    def _body(self, body: bytes, at_hand: _Message) -> bytes:
        if not body:
            return body
        if at_hand.private.body:
            return self._content(body)
        try:
            found = encodings.from_bytes(body)
        except encodings.UnreadableError:
            return body  # the scan stops the recording
        if found is not None and body[:2] in encodings.COMPRESSED:
            redacted = self._text(found[0], at_hand)
            return body if redacted == found[0] else found[1](redacted)
        in_cbor = structures.in_cbor(
            body,
            lambda path, value: self._leaf(path, value, at_hand),
            lambda path, value: self._bytes_leaf(path, value, at_hand),
        )
        if in_cbor is not None:
            return in_cbor
        if found is None:
            return self.text(body.decode("latin-1")).encode("latin-1", "replace")
        text, encode = found
        redacted = self._text(text, at_hand)
        return body if redacted == text else encode(redacted)

    def _content(self, body: bytes) -> bytes:
        """A body that is all private: what a known part of it became, else as a whole."""
        text = body.decode("latin-1")
        if text in self.replacements.public or text in self.drawn or self._is_stated(body):
            return body
        known = self.replacements.known
        parts = [one for one in known if len(one) > len(text) // 2 and one in text]
        if parts and text not in known:  # framed, as by chunks
            framed = text.replace(max(parts, key=len), known[max(parts, key=len)])
            return self.text(framed).encode("latin-1", "replace")
        return self.private_bytes(body)

    def _is_stated(self, raw: bytes) -> bool:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return text in self.replacements.public or text in self.drawn

    def private_bytes(self, raw: bytes) -> bytes:
        """Bytes that are private as a whole: as many others."""
        if not raw:
            return raw
        fresh = self.replacements.opaque(raw.decode("latin-1")).encode()
        self._learn_digests(raw, fresh)
        return fresh

    def _learn_digests(self, before: bytes, after: bytes) -> None:
        """What is a digest of private bytes becomes one of their replacement."""
        if before in self._digested:
            return
        self._digested.add(before)
        for was, now in zip(_digests(before), _digests(after), strict=True):
            self._digests[was] = now

    # ------------------------------------------------------------ values

    def _leaf(self, path: Path, value: str, at_hand: _Message) -> str:
        """A value with the names on the way to it."""
        name = path[-1] if path else None
        if not value or value in self.replacements.public:
            return value
        if path and folded(path[-1]) in at_hand.private.blobs:
            return self._blob(value)
        if (
            sensitive_names.is_private(path, at_hand.names, at_hand.private.words)
            and value not in self.drawn
        ):
            secret = (
                sensitive_names.is_secret(path[-1]) or folded(path[-1]) in at_hand.private.names
            )
            return self.private(value, everywhere=secret or not _WORD.fullmatch(value))
        return self.value(name, value)

    def _number(self, path: Path, number: str, at_hand: _Message) -> str:
        """A number in JSON: the digits of a secret are replaced by others."""
        if path and len(number) > 3 and number.isdigit() and sensitive_names.is_code(path[-1]):
            return self.replacements.digits(number)
        return self.text(number)

    def _bytes_leaf(self, path: Path, value: bytes, at_hand: _Message) -> bytes:
        if not value or self._is_stated(value):
            return value
        if sensitive_names.is_private(path, at_hand.names, at_hand.private.words):
            return self.private_bytes(value)
        return self.body(value)

    def _blob(self, value: str) -> str:
        """Bytes in base64, or as they are."""
        try:
            raw = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if not raw:
            return value if value in self.drawn else self.private(value)
        if self._is_stated(raw) or value in self.drawn:
            return value
        return base64.b64encode(self.private_bytes(raw)).decode()

    def private(self, value: str, *, everywhere: bool = True) -> str:
        """A value that is private as a whole, whatever it says.

        ``everywhere``: it is private in every other text too.
        """
        if not value or value in self.replacements.public or value in SAYS_NOTHING:
            return value
        for name in forms_in(value):
            if FORMS[name].matches_whole(value):
                return self.rules[name](value)
        if value[:1] in {"{", "["} and structures.is_json(value):
            structures.in_json(value, self._learn, lambda _, number: number)
        fresh = self.replacements.opaque(value, everywhere=everywhere)
        self._learn_digests(value.encode("utf-8", "replace"), fresh.encode())
        return fresh

    def _learn(self, path: Path, value: str) -> str:
        """A part of a private text is private wherever else it is."""
        if value and value not in self.replacements.public:
            self.replacements.opaque(value)
        return value

    def value(self, name: str | None, value: str) -> str:
        """One decoded value of a member, path segment or query parameter."""
        made = self.replacements
        if not value or value in made.public:
            return value
        lower = (name or "").lower()
        if lower in ZEROED or lower.endswith("signature"):
            return zeroed(value)
        if lower in sensitive_patterns.PREFIX_MEMBERS and re.fullmatch(r"\+?\d+", value):
            return made.prefix(value)
        if lower in sensitive_patterns.PRIVATE_MEMBERS:
            return self.private(value)
        if value in self._digests:
            return self._digests[value]
        if value in made.whole:
            return made.whole[value]
        if lower.endswith("version") and sensitive_patterns.VERSION.fullmatch(value):
            return value
        return self.text(value)

    def text(self, text: str) -> str:
        """Any text: what has a structure is walked through, everything else searched."""
        return self._text(text, _ANY)

    def _text(self, text: str, at_hand: _Message) -> str:
        if text in self.replacements.public:
            return text
        if at_hand is not _ANY:
            return self._structured(text, at_hand)
        found = self._seen.get(text)
        learned = self.replacements.learned
        if found is not None and found[2] is self.replacements.public:
            since = learned[found[1] :]
            if not any(one in text for one in since):
                self._seen[text] = found[0], len(learned), found[2]
                return found[0]
        if len(self._seen) > _MOST_REMEMBERED:
            self._seen.clear()
        redacted = self._structured(text, at_hand)
        if not self._signatures or redacted == text:
            self._seen[text] = redacted, len(learned), self.replacements.public
        return redacted

    def _structured(self, text: str, at_hand: _Message) -> str:
        def visit(path: Path, value: str) -> str:
            return self._leaf(path, value, at_hand)

        if structures.is_json(text):
            return structures.in_json(
                text, visit, lambda path, number: self._number(path, number, at_hand)
            )
        if structures.is_xml(text):
            return structures.in_xml(text, visit)
        if structures.is_form(text):
            return structures.in_form(text, visit)
        return self._plain(text)

    def _plain(self, text: str) -> str:
        """A text without structure."""
        for applies, decode, encode in encodings.WHOLE:
            if applies(text) and (plain := decode(text)) != text:
                redacted = self.text(plain)
                if redacted != plain:
                    return encode(redacted)
        pieces: list[Piece] = [(text, False)]
        for spans, rule in self._steps(text):
            pieces = list(self._replaced(pieces, spans, rule))
        return "".join(piece for piece, _ in pieces)

    def _steps(self, text: str) -> Iterator[tuple["Spans", Rule]]:
        """What to search a text for, in this order: whole values before their parts."""
        forms = forms_in(text)
        if forms[:1] == ("arn",):
            yield FORMS["arn"].matches, self.rules["arn"]
        secrets = {one for one in (*self.secrets, *self._signatures) if one in text}
        if secrets:
            yield _any_of(secrets), self.replacements.opaque
        if len(text) >= _SHORTEST_RUN:
            for pattern, decode in encodings.RUNS:
                yield _all(pattern), partial(self._in_run, decode)
        if here := self.replacements.known_in(text):
            yield _any_of(here), self.replacements.known.get
        for name in forms:
            if name != "arn":
                yield FORMS[name].matches, self.rules[name]

    def _replaced(self, pieces: Iterable[Piece], spans: "Spans", rule: Rule) -> Iterator[Piece]:
        """The pieces with one more form replaced in those that are not replacements."""
        for piece, done in pieces:
            if done:
                yield piece, done
                continue
            last = 0
            for start, end in spans(piece):
                found = piece[start:end]
                fresh = found if found in self.replacements.public else rule(found)
                if fresh is not None:
                    yield piece[last:start], False
                    yield fresh, True
                    last = end
            yield piece[last:], False

    def _in_run(self, decode: Callable[[str], encodings.Decoded | None], run: str) -> str | None:
        if run in self.replacements.known:
            return self.replacements.known[run]
        found = decode(run)
        if found is None:
            return None
        plain, encode = found
        redacted = self.text(plain)
        return None if redacted == plain else encode(redacted).decode()


def private_names(operation: str, *, answers: bool) -> frozenset[str]:
    """The folded names whose values are private in a request of an operation, or an answer."""
    private = private_members(operation, answers=answers)
    content = sensitive_names.content(operation.partition(":")[0])
    return private.names | private.blobs | content


#: Where a text has something that is to be replaced.
Spans = Callable[[str], Iterable[tuple[int, int]]]
#: No shorter text has a run of base64 or hex.
_SHORTEST_RUN = 16


def _all(pattern: re.Pattern[str]) -> Spans:
    return lambda text: (match.span() for match in pattern.finditer(text))


def _any_of(texts: Iterable[str]) -> Spans:
    """Where any of some texts is, the longest first."""
    return _all(re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True)))))


def _digests(raw: bytes) -> Sequence[str]:
    """The digests of bytes that services send beside them."""
    found = [hashlib.new(name, raw, usedforsecurity=False) for name in ("md5", "sha1", "sha256")]
    crc = zlib.crc32(raw).to_bytes(4, "big")
    return [
        *(one.hexdigest() for one in found),
        *(base64.b64encode(one.digest()).decode() for one in found),
        base64.b64encode(crc).decode(),
    ]
