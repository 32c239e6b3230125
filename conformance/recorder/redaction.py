"""Redaction: what is private in an exchange is replaced, alike wherever it stands.

Values are found by their member's name and by their form, also where they are
percent-encoded, in base64 or JSON within a string. Replacements keep the length,
and what checks and walks rely on: country and area of a number, the form of an
ARN. What the plan of a case says itself is public and stays. This module knows
bytes and names; it knows no file and no verdict.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import phonenumbers

from conformance.recorder.ledger import Ledger
from conformance.wire import Headers, Request, Response

#: What stands in every replacement that is long enough to say so.
MARK = "redacted"
ACCOUNT_MARK = "1000"
#: Credentials of AWS are longer than this; what is shorter, such as ``test``, is nobody's secret.
SECRET_LENGTH = 16
EXCHANGE = "555"
#: Of a number's digits after its area, the least that leaves room for that exchange.
MARKED = 6
AGENT = "aws-conformance"

#: Members whose whole value is private whatever its form, by their names in lower case.
PRIVATE_MEMBERS = frozenset(
    {
        "callingname",
        "filter-value",
        "filtervalue",
        "instanceid",
        "next-token",
        "nexttoken",
        "phonenumberdescription",
        "value",
    }
)
#: Members that hold the beginning of a number.
PREFIX_MEMBERS = frozenset({"phonenumberprefix", "phone-number-prefix"})
#: Members and headers that name one request: every one is the same zero.
ZEROED = frozenset(
    {
        "amz-sdk-invocation-id",
        "requestid",
        "x-amz-apigw-id",
        "x-amz-cf-id",
        "x-amz-id-2",
        "x-amz-request-id",
        "x-amzn-requestid",
        "x-amzn-trace-id",
    }
)
#: Headers whose whole value is private.
PRIVATE_HEADERS = frozenset({"cookie", "set-cookie", "x-amz-security-token", "proxy-authorization"})

UUID = re.compile(
    r"(?<![0-9a-zA-Z])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-zA-Z])"
)
ARN = re.compile(
    r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(?P<account>\d{12})?:(?P<rest>[^\s\"',<>]+)"
)
ACCESS_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA|AIDA|AROA)[A-Z0-9]{16}(?![A-Za-z0-9])"
)
#: Not the last group of a UUID.
ACCOUNT = re.compile(r"(?<![A-Za-z0-9+.])(?<![0-9a-fA-F]{4}-)\d{12}(?![A-Za-z0-9])")
E164 = re.compile(r"(?<![A-Za-z0-9])\+(?=[1-9])\d{8,15}(?!\d)")
NANP = re.compile(r"(?<![A-Za-z0-9+.-])1?[2-9]\d{2}[2-9]\d{6}(?![A-Za-z0-9.])")
SPELT = re.compile(
    r"(?<![A-Za-z0-9])(?:\+?1[ .-]?)?\(?[2-9]\d{2}\)?[ .-][2-9]\d{2}[ .-]\d{4}(?![A-Za-z0-9])"
)
SESSION = re.compile(r"(?<![A-Za-z0-9+/])(?:IQoJ|FwoG|FQoG|AQoD)[A-Za-z0-9+/=_-]{40,}")
SIGNATURE = re.compile(r"(?<=Signature=)[0-9a-fA-F]{16,}")
SECRET = re.compile(
    r"(?<![A-Za-z0-9/+=_-])(?=[A-Za-z0-9/+]*[A-Z])(?=[A-Za-z0-9/+]*[a-z])(?=[A-Za-z0-9/+]*[0-9])"
    r"[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])"
)
JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
BASE64 = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{16,}={0,2}(?![A-Za-z0-9+/_=-])")
CREDENTIAL = re.compile(r"(?<=Credential=)[^/,\s]+")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def decoded_base64(run: str) -> str | None:
    """The text in a run of base64, or ``None`` where it is none or holds no text."""
    try:
        raw = base64.b64decode(run + "=" * (-len(run) % 4), altchars=_altchars(run), validate=True)
        text = raw.decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return text if text.isprintable() or text.strip().startswith(("{", "[")) else None


def _altchars(run: str) -> bytes:
    return b"-_" if "-" in run or "_" in run else b"+/"


def _encoded_base64(text: str, like: str) -> str:
    encoded = base64.b64encode(text.encode(), altchars=_altchars(like)).decode()
    return encoded if like.endswith("=") or len(like) % 4 == 0 else encoded.rstrip("=")


def _letters(number: int, length: int) -> str:
    found = ""
    while len(found) < length:
        number, rest = divmod(number, 36) if number else (length * 7 + len(found), len(found) % 36)
        found += _LETTERS[rest]
    return found


def kept_digits(digits: str) -> int:
    """How many leading digits tell a number's country and area."""
    if len(digits) == 11 and digits.startswith("1"):
        return 4
    if len(digits) == 10:
        return 3
    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return 3
    area = phonenumbers.length_of_geographical_area_code(number)
    area = area or phonenumbers.length_of_national_destination_code(number)
    country = len(str(number.country_code))
    return min(country + area, len(digits) - 4) if len(digits) > 4 + country else country


class Redactor:
    """Replaces what is private; the same value always by the same replacement.

    ``secrets`` are texts that may stand nowhere, such as the credentials in use.
    """

    def __init__(self, ledger: Ledger, secrets: Iterable[str] = ()) -> None:
        self.ledger = ledger
        self.secrets = tuple(secret for secret in secrets if len(secret) >= SECRET_LENGTH)
        self._seen: dict[str, str] = {}
        self._public: frozenset[str] = frozenset()

    def public(self, values: Iterable[str]) -> None:
        """What the plan of the case at hand says itself, and so is no secret."""
        self._public = frozenset(value for value in values if value not in self.secrets)
        for value in self._public:
            self.ledger.reserve(value)

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
                found.append((name, self.opaque(value)))
            elif lower == "authorization":
                found.append((name, self._authorization(value)))
            else:
                found.append((name, self.text(value)))
        return tuple(found)

    def _authorization(self, value: str) -> str:
        if "Credential=" not in value:
            scheme, _, rest = value.partition(" ")
            return f"{scheme} {self.opaque(rest)}" if rest else self.opaque(value)
        value = CREDENTIAL.sub(lambda m: fit(MARK.upper(), len(m[0])), value)
        return SIGNATURE.sub(lambda m: "0" * len(m[0]), value)

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
        if not value or value in self._public:
            return value
        lower = (name or "").lower()
        if lower in ZEROED:
            return zeroed(value)
        if lower in PREFIX_MEMBERS and re.fullmatch(r"\+?\d+", value):
            return self.prefix(value)
        if lower in PRIVATE_MEMBERS:
            whole = next((rule for form, rule in self._forms() if form.fullmatch(value)), None)
            return whole(value) if whole else self.opaque(value)
        return self.text(value)

    def _forms(self) -> tuple[tuple[re.Pattern[str], Callable[[str], str]], ...]:
        """The forms by which private values are known: first match wins."""
        return (
            (JWT, self.opaque),
            (SESSION, self.opaque),
            (SIGNATURE, lambda text: "0" * len(text)),
            (ARN, self._arn),
            (UUID, self._uuid),
            (ACCESS_KEY, lambda text: text[:4] + fit(MARK.upper(), len(text) - 4)),
            (E164, self.phone),
            (SPELT, self.phone),
            (ACCOUNT, self._account),
            (NANP, self.phone),
            (SECRET, self.opaque),
        )

    def text(self, text: str) -> str:
        """Any text: JSON is read as such, everything else by the forms of its parts."""
        if text in self._public:
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
        text = BASE64.sub(lambda match: self._in_base64(match[0]), text)
        for private, replacement in self._seen.items():
            if private in text:
                text = text.replace(private, replacement)
        for secret in self.secrets:
            if secret in text:
                text = text.replace(secret, self.opaque(secret))
        for form, rule in self._forms():
            if form.search(text):
                text = form.sub(self._unless_public(rule), text)
        return text

    def _unless_public(self, rule: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
        def replaced(match: re.Match[str]) -> str:
            found = match[0]
            return found if found in self._public or self.ledger.known(found) else rule(found)

        return replaced

    def _in_base64(self, run: str) -> str:
        plain = decoded_base64(run)
        if plain is None:
            return run
        redacted = self.text(plain)
        return run if redacted == plain else _encoded_base64(redacted, run)

    def _json(self, text: str) -> str:
        """JSON with its strings (and telling numbers) redacted, every other byte kept."""
        out: list[str] = []
        names: list[str | None] = [None]
        last, index = 0, 0
        while index < len(text):
            char = text[index]
            if char == '"':
                value, end = scanstring(text, index + 1, False)
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

    # ------------------------------------------------------------ replacements

    def opaque(self, text: str) -> str:
        """Letters and digits of the same length, marked as ours where there is room."""
        size = len(text)
        mark = MARK if size >= 2 * len(MARK) else ""

        def make(number: int) -> str:
            if text.isdigit():
                return str(number % 10**size).zfill(size)
            return mark + _letters(number, size - len(mark))

        found = self.ledger.replacement(f"opaque{size}", text, make)
        if size >= 8 and text not in self._public:
            self._seen[text] = found
        return found

    def phone(self, text: str) -> str:
        """A number of the same country and area, with an exchange that nobody has."""
        digits = re.sub(r"\D", "", text)
        if len(digits) == 10 and not text.startswith("+"):
            return _in_place(text, self.phone(f"+1{digits}")[2:])
        if f"+{digits}" in self._public:
            return text
        keep = kept_digits(digits)
        rest = len(digits) - keep
        mark = EXCHANGE if rest >= MARKED else ""
        tail = int(self._digits(digits, keep + len(mark)) or 0)

        def make(number: int) -> str:
            turned = (tail + number) % 10 ** (rest - len(mark))
            return "+" + digits[:keep] + mark + str(turned).zfill(rest - len(mark))

        first = self.ledger.number("phone", digits)
        found = self.ledger.replacement("phone", digits, lambda number: make(number - first))
        return _in_place(text, found[1:])

    def prefix(self, text: str) -> str:
        """The beginning of a number as it begins once it is replaced."""
        digits = re.sub(r"\D", "", text)
        whole = digits.ljust(11 if digits.startswith("1") else 12, "0")
        keep = kept_digits(whole)
        mark = EXCHANGE if len(whole) - keep >= MARKED else ""
        if len(digits) <= keep:
            return text
        head = (digits[:keep] + mark)[: len(digits)]
        found = _in_place(text, head + self._digits(digits, len(head)))
        self.ledger.reserve(found)
        return found

    def _digits(self, digits: str, start: int) -> str:
        """The digits from ``start`` on, each turned by all before it: prefixes stay prefixes."""
        return "".join(
            str((int(digits[at]) + self.ledger.number("digit", digits[:at])) % 10)
            for at in range(start, len(digits))
        )

    def _account(self, text: str) -> str:
        if not text.strip("0"):
            return text
        return self.ledger.replacement(
            "account", text, lambda number: ACCOUNT_MARK + str(number % 10**8).zfill(8)
        )

    def _uuid(self, text: str) -> str:
        if not text.replace("-", "").strip("0"):
            return text

        def make(number: int) -> str:
            digits = iter(f"{number % 16**32:032x}")
            return "".join("-" if char == "-" else next(digits) for char in text)

        return self.ledger.replacement("uuid", text.lower(), make)

    def _arn(self, text: str) -> str:
        match = ARN.fullmatch(text)
        assert match is not None
        head = text[: match.start("rest")]
        account = match["account"]
        if account and account not in self._public:
            head = head[: -len(account) - 1] + self._account(account) + ":"
        kind, *ids = re.split(r"([/:])", match["rest"])
        return head + "".join([kind, *(self._arn_part(one) for one in ids)])

    def _arn_part(self, part: str) -> str:
        if part in {"/", ":", ""} or part in self._public or part in _ARN_WORDS:
            return part
        return (
            UUID.sub(lambda m: self._uuid(m[0]), part) if UUID.search(part) else self.opaque(part)
        )


#: Words within the resources of ARNs that name a kind and nobody.
_ARN_WORDS = frozenset({"instance", "phone-number", "traffic-distribution-group", "user", "role"})
_LIST = "\0list"
_COLON = re.compile(r"\s*:")


def zeroed(text: str) -> str:
    """Every letter and digit a zero."""
    return re.sub(r"[0-9A-Za-z]", "0", text)


def fit(word: str, length: int) -> str:
    """A word over and over, cut to a length."""
    return (word * (length // len(word) + 1))[:length]


def _in_place(text: str, digits: str) -> str:
    """The digits of a text exchanged, all that stands between them kept."""
    fresh = iter(digits)
    return "".join(next(fresh) if char.isdigit() else char for char in text)
