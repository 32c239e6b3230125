"""Redaction: private values in an exchange are replaced, the same value always the same way.

Values are found by their member's name and by their pattern, also where they are percent-encoded,
in base64 or JSON within a string. Every text is processed once: a replacement is never replaced
again, and only the values that the plan of a case states are public. This module knows bytes and
names; it must not know files or verdicts.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from conformance.protocols.http import Headers, Request, Response
from conformance.recording import sensitive_patterns
from conformance.recording.pseudonyms import Pseudonyms
from conformance.recording.replacements import Replacements
from conformance.recording.sensitive_patterns import (
    MARK,
    PRIVATE_HEADERS,
    SECRET_LENGTH,
    ZEROED,
    fit,
    zeroed,
)

AGENT = "aws-conformance"
_LIST = "\0list"
_COLON = re.compile(r"\s*:")
#: Reads a string of JSON where it begins, control characters in it allowed.
_STRINGS = json.JSONDecoder(strict=False)

#: Returns the replacement of a match, or ``None`` to leave it to other patterns.
Rule = Callable[[str], str | None]
#: A piece of a text, and whether it is a replacement.
Piece = tuple[str, bool]


class Redactor:
    """Replaces private values; the same value always by the same replacement.

    ``secrets`` are texts that may appear nowhere, such as the credentials in use.
    """

    def __init__(self, pseudonyms: Pseudonyms, secrets: Iterable[str] = ()) -> None:
        self.pseudonyms = pseudonyms
        self.secrets = tuple(secret for secret in secrets if len(secret) >= SECRET_LENGTH)
        self.replacements = Replacements(pseudonyms)
        #: The patterns of private values, and how each is replaced.
        self._rules: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
            (sensitive_patterns.ARN, self.replacements.arn),
            (sensitive_patterns.JWT, self.replacements.opaque),
            (sensitive_patterns.SESSION, self.replacements.opaque),
            (sensitive_patterns.SIGNATURE, zeroed),
            (sensitive_patterns.UUID, self.replacements.uuid),
            (
                sensitive_patterns.ACCESS_KEY,
                lambda text: text[:4] + fit(MARK.upper(), len(text) - 4),
            ),
            (sensitive_patterns.E164, self.replacements.phone),
            (sensitive_patterns.SPELT, self.replacements.phone),
            (sensitive_patterns.ACCOUNT, self.replacements.account),
            (sensitive_patterns.NANP, self.replacements.phone),
            (sensitive_patterns.SECRET, self.replacements.opaque),
        )

    def public(self, values: Iterable[str]) -> None:
        """The values that the plan of the current case states: they are public."""
        self.replacements.public = frozenset(one for one in values if one not in self.secrets)
        self.reserve(self.replacements.public)

    def reserve(self, values: Iterable[str]) -> None:
        """Never use these values as replacements: the plan of some case states them."""
        for value in values:
            self.pseudonyms.reserve(value)

    # ------------------------------------------------------------ exchanges

    def request(self, request: Request) -> Request:
        """The request without private values."""
        body = request.with_content(self.body(request.content))
        return Request(
            method=request.method,
            url=self.url(request.url),
            headers=self.headers(request.headers, request.body, body),
            body=body,
        )

    def response(self, response: Response) -> Response:
        """The response without private values; a correct Content-Length stays correct."""
        body = self.body(response.body)
        headers = self.headers(response.headers, response.body, body)
        return replace(response, headers=headers, body=body)

    def params(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """A call's members without private values."""
        return {name: self._member(name, value) for name, value in params.items()}

    def _member(self, name: str, value: Any) -> Any:
        if isinstance(value, str):
            return self.value(name, value)
        if isinstance(value, Mapping):
            return {key: self._member(key, inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._member(name, inner) for inner in value]
        return value

    def headers(self, headers: Headers, before: bytes, after: bytes) -> Headers:
        """Headers without private values, with the length of the redacted body."""
        found = []
        for name, value in headers:
            lower = name.lower()
            if lower == "content-length" and value == str(len(before)):
                found.append((name, str(len(after))))
            elif lower == "user-agent":
                found.append((name, AGENT))
            elif lower in ZEROED:
                found.append((name, zeroed(value)))
            elif lower in PRIVATE_HEADERS:
                found.append((name, self.replacements.opaque(value)))
            elif lower == "authorization":
                found.append((name, self._authorization(value)))
            else:
                found.append((name, self.text(value)))
        return tuple(found)

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

    def url(self, url: str) -> str:
        """A URL without private values in its path and query."""
        parts = urlsplit(url)
        path = "/".join(self._encoded(None, one) for one in parts.path.split("/"))
        pairs = []
        for pair in parts.query.split("&"):
            name, equals, value = pair.partition("=")
            pairs.append(f"{name}{equals}{self._encoded(unquote(name), value)}")
        return urlunsplit(parts._replace(path=path, query="&".join(pairs)))

    def _encoded(self, name: str | None, raw: str) -> str:
        plain = unquote(raw)
        redacted = self.value(name, plain)
        return raw if redacted == plain else quote(redacted, safe="-_.~")

    def body(self, body: bytes) -> bytes:
        """A body without private values; all other bytes are kept."""
        if not body:
            return body
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            return self.text(body.decode("latin-1")).encode("latin-1", "replace")
        return self.text(text).encode("utf-8")

    # ------------------------------------------------------------ values

    def value(self, name: str | None, value: str) -> str:
        """One decoded value of a member, path segment or query parameter."""
        if not value or value in self.replacements.public:
            return value
        lower = (name or "").lower()
        if lower in ZEROED:
            return zeroed(value)
        if lower in sensitive_patterns.PREFIX_MEMBERS and re.fullmatch(r"\+?\d+", value):
            return self.replacements.prefix(value)
        if lower in sensitive_patterns.PRIVATE_MEMBERS:
            rules = (rule for pattern, rule in self._rules if pattern.fullmatch(value))
            return next(rules, self.replacements.opaque)(value)
        return self.text(value)

    def text(self, text: str) -> str:
        """Any text: JSON is parsed, everything else is searched for patterns."""
        if text in self.replacements.public:
            return text
        if text.lstrip()[:1] in {"{", "["}:
            try:
                json.loads(text)
            except (ValueError, RecursionError):
                pass
            else:
                return self._json(text)
        if "%" in text and (plain := unquote(text)) != text:
            redacted = self.text(plain)
            if redacted != plain:
                return quote(redacted, safe="-_.~ /:;,=&?'\"{}[]()")
        pieces: list[Piece] = [(text, False)]
        for pattern, rule in self._steps(text):
            pieces = list(self._replaced(pieces, pattern, rule))
        return "".join(piece for piece, _ in pieces)

    def _steps(self, text: str) -> Iterator[tuple[re.Pattern[str], Rule]]:
        """The patterns to search a text for, in this order: whole values before their parts."""
        arn, *others = self._rules
        yield arn
        if secrets := [secret for secret in self.secrets if secret in text]:
            yield _any_of(secrets), self.replacements.opaque
        yield sensitive_patterns.BASE64, self._in_base64
        known = self.replacements.known
        if here := [private for private in known if private in text]:
            yield _any_of(here), known.get
        yield from others

    def _replaced(
        self, pieces: Iterable[Piece], pattern: re.Pattern[str], rule: Rule
    ) -> Iterator[Piece]:
        """The pieces with one more pattern replaced in those that are not replacements."""
        for piece, done in pieces:
            if done or not pattern.search(piece):
                yield piece, done
                continue
            last = 0
            for match in pattern.finditer(piece):
                found = match[0]
                fresh = found if found in self.replacements.public else rule(found)
                if fresh is not None:
                    yield piece[last : match.start()], False
                    yield fresh, True
                    last = match.end()
            yield piece[last:], False

    def _in_base64(self, run: str) -> str | None:
        if run in self.replacements.known:
            return self.replacements.known[run]
        plain = sensitive_patterns.decoded_base64(run)
        if plain is None:
            return None
        redacted = self.text(plain)
        return None if redacted == plain else sensitive_patterns.encoded_base64(redacted, run)

    def _json(self, text: str) -> str:
        """JSON with its strings and numbers redacted, every other character kept."""
        out: list[str] = []
        names: list[str | None] = [None]
        last, index = 0, 0
        while index < len(text):
            char = text[index]
            if char == '"':
                value, end = _STRINGS.raw_decode(text, index)
                if names[-1] is not _LIST and _COLON.match(text, end):
                    names[-1] = value
                else:
                    redacted = self.value(self._name(names), value)
                    if redacted != value:
                        out += [text[last:index], json.dumps(redacted, ensure_ascii=False)]
                        last = end
                index = end
                continue
            if char == "{":
                names.append(None)
            elif char == "[":
                names.append(_LIST)
            elif char in "}]":
                names.pop()
            elif char.isdigit() or char == "-":
                end = index + 1
                while end < len(text) and text[end] in "0123456789.eE+-":
                    end += 1
                redacted = self.text(text[index:end])
                out += [text[last:index], redacted]
                last = index = end
                continue
            index += 1
        return "".join([*out, text[last:]])

    def _name(self, names: list[str | None]) -> str | None:
        """The member that a value belongs to; an item of a list belongs to the list's member."""
        return next((name for name in reversed(names) if name is not _LIST), None)


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    """A pattern that matches any of some texts, the longest first."""
    return re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True))))
