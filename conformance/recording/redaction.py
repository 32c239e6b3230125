"""Redaction: what is private in an exchange is replaced, alike wherever it stands.

Values are found by their member's name and by their form, also where they are
percent-encoded, in base64 or JSON within a string. Every text is gone through
once: what has been replaced is never looked at again, and nothing passes but
what the plan of a case says itself, which is public. This module knows bytes and
names; it knows no file and no verdict.
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
from conformance.recording.sensitive_patterns import MARK, PRIVATE_HEADERS, ZEROED, fit, zeroed

AGENT = "aws-conformance"
#: Credentials of AWS are longer than this; what is shorter, such as ``test``, is nobody's secret.
SECRET_LENGTH = 16
_LIST = "\0list"
_COLON = re.compile(r"\s*:")
#: Reads a string of JSON where it begins, control characters in it allowed.
_STRINGS = json.JSONDecoder(strict=False)

#: Gives the replacement of what a form matched, or ``None`` to leave it to other forms.
Rule = Callable[[str], str | None]
#: A piece of a text, and whether it is done with.
Piece = tuple[str, bool]


class Redactor:
    """Replaces what is private; the same value always by the same replacement.

    ``secrets`` are texts that may stand nowhere, such as the credentials in use.
    """

    def __init__(self, pseudonyms: Pseudonyms, secrets: Iterable[str] = ()) -> None:
        self.pseudonyms = pseudonyms
        self.secrets = tuple(secret for secret in secrets if len(secret) >= SECRET_LENGTH)
        self.replacements = Replacements(pseudonyms)
        #: The forms by which private values are known, and what becomes of them.
        self._forms: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
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
        """What the plan of the case at hand says itself, and so is no secret."""
        self.replacements.public = frozenset(one for one in values if one not in self.secrets)
        self.reserve(self.replacements.public)

    def reserve(self, values: Iterable[str]) -> None:
        """Never put these in the place of anything: the plan of some case says them."""
        for value in values:
            self.pseudonyms.reserve(value)

    # ------------------------------------------------------------ exchanges

    def request(self, request: Request) -> Request:
        """The request without what is private."""
        body = self.body(request.body)
        return Request(
            method=request.method,
            url=self.url(request.url),
            headers=self.headers(request.headers, request.body, body),
            body=body,
        )

    def response(self, response: Response) -> Response:
        """The answer without what is private; its Content-Length is as true as it was."""
        body = self.body(response.body)
        headers = self.headers(response.headers, response.body, body)
        return replace(response, headers=headers, body=body)

    def params(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """A call's members without what is private."""
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
        """Headers without what is private, telling the length of the body as it is now."""
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
        """A URL without what is private in its path and query."""
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
        """A body without what is private; everything else keeps its very bytes."""
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
            whole = next((rule for form, rule in self._forms if form.fullmatch(value)), None)
            return whole(value) if whole else self.replacements.opaque(value)
        return self.text(value)

    def text(self, text: str) -> str:
        """Any text: JSON is read as such, everything else by the forms of its parts."""
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
        for form, rule in self._steps(text):
            pieces = list(self._replaced(pieces, form, rule))
        return "".join(piece for piece, _ in pieces)

    def _steps(self, text: str) -> Iterator[tuple[re.Pattern[str], Rule]]:
        """What is looked for in a text, in this order: whole things before their parts."""
        arn, *others = self._forms
        yield arn
        if secrets := [secret for secret in self.secrets if secret in text]:
            yield _any_of(secrets), self.replacements.opaque
        yield sensitive_patterns.BASE64, self._in_base64
        seen = self.replacements.seen
        if known := [private for private in seen if private in text]:
            yield _any_of(known), seen.get
        yield from others

    def _replaced(
        self, pieces: Iterable[Piece], form: re.Pattern[str], rule: Rule
    ) -> Iterator[Piece]:
        """The pieces with one more form replaced in those that are not done with."""
        for piece, done in pieces:
            if done or not form.search(piece):
                yield piece, done
                continue
            last = 0
            for match in form.finditer(piece):
                found = match[0]
                fresh = found if found in self.replacements.public else rule(found)
                if fresh is not None:
                    yield piece[last : match.start()], False
                    yield fresh, True
                    last = match.end()
            yield piece[last:], False

    def _in_base64(self, run: str) -> str | None:
        if run in self.replacements.seen:
            return self.replacements.seen[run]
        plain = sensitive_patterns.decoded_base64(run)
        if plain is None:
            return None
        redacted = self.text(plain)
        return None if redacted == plain else sensitive_patterns.encoded_base64(redacted, run)

    def _json(self, text: str) -> str:
        """JSON with its strings (and telling numbers) redacted, every other byte kept."""
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
        """The member that a value belongs to; the items of a list belong to the list's."""
        return next((name for name in reversed(names) if name is not _LIST), None)


def _any_of(texts: Iterable[str]) -> re.Pattern[str]:
    """A form that matches any of some texts, the longest first."""
    return re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True))))
