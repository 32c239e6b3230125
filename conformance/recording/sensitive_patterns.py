"""Names and patterns of private values, and the marks of their replacements.

Redaction and the leak scan share them. This module knows texts alone: it replaces nothing and has
no state.
"""

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from conformance.recording.sensitive_names import is_secret

#: Every replacement that is long enough contains this.
MARK = "redacted"
ACCOUNT_MARK = "1000"
#: Credentials of AWS are at least this long; a shorter one, such as ``test``, is not a secret.
SECRET_LENGTH = 16
EXCHANGE = "555"
#: First digits of exchanges that North America does not assign: used when 555 is exhausted.
NO_EXCHANGE = ("0", "1")
#: A number with at least this many digits after its area has room for that exchange.
MARKED = 6

#: Members whose whole value is private, by their names in lower case.
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
#: Members that hold the prefix of a phone number.
PREFIX_MEMBERS = frozenset({"phonenumberprefix", "phone-number-prefix"})
#: Members and headers that identify one request: their letters and digits become zeros.
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
PRIVATE_HEADERS = frozenset(
    {"cookie", "set-cookie", "x-amz-security-token", "proxy-authorization", "x-api-key"}
)

#: Words within the resources of ARNs that are kinds of resources, so not private.
ARN_WORDS = frozenset({"instance", "phone-number", "traffic-distribution-group", "user", "role"})

UUID = re.compile(
    r"(?<![0-9a-zA-Z])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-zA-Z])"
)
ARN = re.compile(
    r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:(?P<account>\d{12})?:(?P<rest>[^\s\"',<>]+)"
)
#: A key may be glued to letters on either side.
ACCESS_KEY = re.compile(
    r"(?:AKIA|ASIA|ABIA|ACCA|AIDA|AROA|AGPA|AIPA|ANPA|ANVA|APKA|ASCA)[A-Z0-9]{16}"
)
#: Not the last group of a UUID.
ACCOUNT = re.compile(r"(?<![A-Za-z0-9+.])(?<![0-9a-fA-F]{4}-)\d{12}(?![A-Za-z0-9])")
E164 = re.compile(r"(?<![A-Za-z0-9])\+(?=[1-9])\d{8,15}(?!\d)")
NANP = re.compile(r"(?<![A-Za-z0-9+.-])1?[2-9]\d{2}[2-9]\d{6}(?![A-Za-z0-9.])")
SPELT = re.compile(
    r"(?<![A-Za-z0-9])(?:\+?1[ .-]?)?\(?[2-9]\d{2}\)?[ .-][2-9]\d{2}[ .-]\d{4}(?![A-Za-z0-9])"
)
#: A number of any country as people write it, with its country or as in that country.
ABROAD = re.compile(
    r"(?<![A-Za-z0-9])(?:\+|00)[1-9]\d{0,2}(?:[ ./-]{0,2}\(?\d{1,5}\)?){2,5}(?![A-Za-z0-9])"
)
AT_HOME = re.compile(r"(?<![\w.+:/-])\(?0[1-9]\d{0,4}\)?(?:[ -]?\d{2,8}){1,5}(?![\w.:/-])")
SESSION = re.compile(r"(?:IQoJ|FwoG|FQoG|AQoD)[A-Za-z0-9+/=_-]{40,}")
SIGNATURE = re.compile(r"(?i:(?<=signature=))(?:[0-9a-fA-F]{16,}|[A-Za-z0-9+/_~=-]{20,})")
#: 40 characters of base64, on their own or beside ``=`` or ``/``.
SECRET = re.compile(r"(?<![A-Za-z0-9+_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9+_-])")
JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*")
CREDENTIAL = re.compile(r"(?<=Credential=)[^/,\s]+")
PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,12}-----"
    r"(?P<private>(?:[^-]++|-(?!----END))*+)"
)
#: Keys of well-known services: their prefixes say what they are.
SERVICE_KEYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"gh[pousr]_[A-Za-z0-9]{20,}", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")),
    (r"github_pat_[A-Za-z0-9_]{20,}", ("github_pat_",)),
    (r"gl(?:pat|ptt|rt|dt|soat|agent)-[A-Za-z0-9_.-]{16,}", ("glpat-", "glptt-", "glrt-", "gldt-")),
    (r"xox[abceoprs]-[A-Za-z0-9-]{10,}", ("xox",)),
    (r"xapp-[0-9]-[A-Za-z0-9-]{10,}", ("xapp-",)),
    (r"hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]{12,}", ("hooks.slack.com",)),
    (r"(?<![A-Za-z0-9])[sr]k_(?:live|test)_[A-Za-z0-9]{10,}", ("k_live_", "k_test_")),
    (r"(?<![A-Za-z0-9])whsec_[A-Za-z0-9+/=]{16,}", ("whsec_",)),
    (r"AIza[A-Za-z0-9_-]{35}", ("AIza",)),
    (r"(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_-]{20,}", ("ya29.",)),
    (r"GOCSPX-[A-Za-z0-9_-]{20,}", ("GOCSPX-",)),
    (r"(?<![A-Za-z0-9])npm_[A-Za-z0-9]{30,}", ("npm_",)),
    (r"pypi-[A-Za-z0-9_-]{16,}", ("pypi-",)),
    (r"(?<![A-Za-z0-9])rubygems_[0-9a-f]{32,}", ("rubygems_",)),
    (r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}", ("dckr_",)),
    (r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}", ("SG.",)),
    (r"(?<![A-Za-z0-9])(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])", ("SK", "AC")),
    (r"(?<![A-Za-z0-9])key-[0-9a-f]{32}(?![A-Za-z0-9])", ("key-",)),
    (r"(?<![A-Za-z0-9])sk-(?:proj-|ant-|svcacct-)?[A-Za-z0-9_-]{20,}", ("sk-",)),
    (r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}", ("hf_",)),
    (r"do[opr]_v1_[0-9a-f]{40,}", ("_v1_",)),
    (r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}", ("shpat_", "shpca_", "shppa_", "shpss_")),
    (r"(?<![A-Za-z0-9])sq0[a-z]{3}-[A-Za-z0-9_-]{20,}", ("sq0",)),
    (r"(?<![A-Za-z0-9])dapi[0-9a-f]{32}", ("dapi",)),
    (r"(?<![A-Za-z0-9])hv[sbr]\.[A-Za-z0-9_-]{20,}", ("hvs.", "hvb.", "hvr.")),
    (r"glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}", ("glsa_",)),
    (r"(?<![A-Za-z0-9])lin_(?:api|oauth)_[A-Za-z0-9]{30,}", ("lin_",)),
    (r"ATATT3[A-Za-z0-9_=-]{20,}", ("ATATT3",)),
    (r"NRAK-[A-Z0-9]{20,}", ("NRAK-",)),
    (r"AGE-SECRET-KEY-1[A-Z0-9]{50,}", ("AGE-SECRET-KEY-1",)),
    (r"(?<![0-9A-Za-z])\d{8,10}:AA[A-Za-z0-9_-]{33}", (":AA",)),
    (r"(?<![A-Za-z0-9])tskey-[a-z]+-[A-Za-z0-9-]{16,}", ("tskey-",)),
    (r"EAACEdEose0cBA[A-Za-z0-9]+", ("EAACEdEose0cBA",)),
)
SERVICE_KEY = re.compile("|".join(pattern for pattern, _ in SERVICE_KEYS))
#: Without any of these a text has no such key.
SERVICE_KEYS_NEED = frozenset(one for _, needs in SERVICE_KEYS for one in needs)
BEARER = re.compile(
    r"(?i:\b(?:bearer|basic|token|negotiate|apikey)) +(?P<private>[A-Za-z0-9._~+/=-]{8,})"
)
USERINFO = re.compile(r"(?<=://)(?P<private>[^\s/?#:@\"'<>]{0,128}:[^\s/?#@\"'<>]{1,256})(?=@)")
#: ``password=…`` in a text; the name decides.
ASSIGNED = re.compile(
    r"(?<![\w-])(?P<name>[A-Za-z][\w.-]{1,60}+)(?:=|\"?\s{0,2}[:=]\s{0,2}[\"']?)"
    r"(?P<private>[^\s\"'&;,<>{}\[\]()]{4,})"
)
EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_%+][A-Za-z0-9._%+-]*+@"
    r"(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.)+[A-Za-z][A-Za-z0-9-]{1,23}(?![A-Za-z0-9])"
)
IPV4 = re.compile(r"\d(?<![\w.-].)\d{0,2}\.(?:\d{1,3}\.){2}\d{1,3}(?![\w-]|\.\w)")
IPV6 = re.compile(r"(?<![\w:.])[0-9a-fA-F]{0,4}:[0-9a-fA-F:]{1,38}(?:\.\d{1,3}){0,3}(?![\w:]|\.\d)")
CARD = re.compile(
    r"(?<![\w.+-])[2-6]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?![\w-]|\.\d)|"
    r"(?<![\w.+-])3[47]\d{2}[ -]?\d{6}[ -]?\d{5}(?![\w-]|\.\d)"
)
#: Four numbers with dots that are the version of something.
VERSION = re.compile(r"[\d.]+")
#: Words that may follow ``Basic`` or ``Bearer`` are no tokens: those have digits or mixed case.
_TOKEN_SIGNS = re.compile(r"\d|[a-z][A-Z]|[+/=~_]")
#: Regions whose numbers are recognised as they are written there, without their country.
_REGIONS = (
    "GB",
    "DE",
    "FR",
    "IT",
    "ES",
    "NL",
    "BE",
    "CH",
    "AT",
    "JP",
    "AU",
    "IN",
    "BR",
    "ZA",
    "SE",
)


def is_secret_key(text: str) -> bool:
    """Whether 40 characters are as mixed as those of a secret access key."""
    return (
        any(map(str.isdigit, text))
        and any(map(str.isupper, text))
        and any(map(str.islower, text))
        and len(set(text)) >= 16
    )


def is_plain_part(text: str) -> bool:
    """Whether a part of an ARN is a kind of resource or a word of AWS's own."""
    return text in ARN_WORDS or re.fullmatch(r"\*|\$LATEST|[A-Za-z]{1,3}", text) is not None


def is_token(text: str) -> bool:
    """Whether what follows ``Bearer`` or ``Basic`` is no word of a sentence."""
    return _TOKEN_SIGNS.search(text) is not None


def is_card(text: str) -> bool:
    """Whether digits are the number of a payment card, by their check digit."""
    digits = [int(char) for char in text if char.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) < 2:
        return False
    doubled = [sum(divmod(2 * one, 10)) for one in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def is_address(text: str) -> bool:
    """Whether an address of the internet says where somebody is: loopback and masks do not."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    if found in _OURS_V4 or found in _OURS_V6:
        return False
    if isinstance(found, ipaddress.IPv4Address) and (text.startswith("255.") or int(found) < 2**24):
        return False
    return not (found.is_loopback or found.is_unspecified or found.is_link_local)


#: Addresses that nobody has: https://www.rfc-editor.org/rfc/rfc1112 § 4 and rfc6666.
_OURS_V4 = ipaddress.ip_network("240.0.0.0/4")
_OURS_V6 = ipaddress.ip_network("100::/64")


@lru_cache(maxsize=4096)
def number_abroad(text: str) -> str | None:
    """The digits of a number, its country first, if it is a valid one written as people do."""
    return next((digits for digits, valid in _numbers(text) if valid), None)


def possible_numbers(text: str) -> tuple[str, ...]:
    """The digits of every number that a text may be, valid or not, their countries first."""
    return tuple(digits for digits, _ in _numbers(text))


def _numbers(text: str) -> Iterator[tuple[str, bool]]:
    digits = re.sub(r"\D", "", text)
    regions: tuple[str | None, ...] = _REGIONS if digits[:1] == "0" else ()
    if text.startswith("+") or digits.startswith("00"):
        digits, regions = "+" + digits.removeprefix("00"), (None,)
    for region in regions:
        try:
            found = phonenumbers.parse(digits, region)
        except phonenumbers.NumberParseException:
            continue
        national = phonenumbers.national_significant_number(found)
        yield f"{found.country_code}{national}", phonenumbers.is_valid_number(found)


#: How many digits after a plus sign look like a number.
_SHORTEST = 8


@lru_cache(maxsize=4096)
def kept_digits(digits: str) -> int:
    """How many leading digits are a number's country and area."""
    if digits.startswith("1") and _SHORTEST <= len(digits) <= 11:  # also the beginning of one
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


def zeroed(text: str) -> str:
    """The text with a zero for every letter and digit."""
    return re.sub(r"[0-9A-Za-z]", "0", text)


def fit(word: str, length: int) -> str:
    """A word repeated and cut to a length."""
    return (word * (length // len(word) + 1))[:length]


def in_place(text: str, digits: str) -> str:
    """The text with other digits, everything between them kept."""
    fresh = iter(digits)
    return "".join(next(fresh) if char.isdigit() else char for char in text)


# ------------------------------------------------------------ every form, in one table


def _always(match: re.Match[str]) -> bool:
    return True


def _names_a_secret(match: re.Match[str]) -> bool:
    """Whether a text gives a secret after its name; after a colon, a word is a sentence's."""
    value = match["private"]
    if (
        match["name"].endswith(("Credential", "Signature"))
        or not is_secret(match["name"])
        or value.lower() in _NO_VALUES
        or value.startswith(("$", "<", "AWS4-"))
    ):
        return False
    return match[0][len(match["name"])] == "=" or is_token(value)


_NO_VALUES = frozenset({"null", "none", "true", "false", "undefined", "string", "****"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form that private values have wherever they are.

    ``what`` says it in words. A text that has none of ``needs``, that is shorter than ``least``,
    or that has no long number where the form is ``numeric``, is passed over quickly. ``accept``
    looks at a match more closely. Only the group
    ``private`` is private where the pattern has one.
    """

    what: str
    pattern: re.Pattern[str]
    needs: tuple[str, ...] = ()
    numeric: bool = False
    least: int = 6
    accept: Callable[[re.Match[str]], bool] = _always

    def may_be_in(self, text: str, has_number: bool) -> bool:
        """Whether a text is worth searching."""
        if (self.numeric and not has_number) or len(text) < self.least:
            return False
        for one in self.needs:
            if one in text:
                return True
        return not self.needs

    def matches(self, text: str) -> Iterator[tuple[int, int]]:
        """Where a text has such values."""
        group = "private" if "private" in self.pattern.groupindex else 0
        for start, end in _number_runs(text) if self.numeric else ((0, len(text)),):
            for match in self.pattern.finditer(text, start, end):
                if self.accept(match):
                    yield match.span(group if match[group] else 0)

    def matches_whole(self, text: str) -> bool:
        """Whether a text is one such value and nothing else."""
        match = self.pattern.fullmatch(text)
        return match is not None and "private" not in self.pattern.groupindex and self.accept(match)


#: Digits, as many as the shortest number that is private has.
_NUMBER = re.compile(r"\d(?:[ ().+/-]{0,3}\d){7,}+")


@lru_cache(maxsize=16)
def _number_runs(text: str) -> tuple[tuple[int, int], ...]:
    """Where a text has long numbers, with what patterns look at before and after them."""
    return tuple((max(0, m.start() - 3), m.end() + 3) for m in _NUMBER.finditer(text))


#: A word of fewer letters has no form.
_SHORTEST_WORD = 16
_KEY_STARTS = (
    "AKIA",
    "ASIA",
    "ABIA",
    "ACCA",
    "AIDA",
    "AROA",
    "AGPA",
    "AIPA",
    "ANPA",
    "ANVA",
    "APKA",
    "ASCA",
)
#: Every form by its name, in the order in which they are looked for: whole values before parts.
FORMS: dict[str, Form] = {
    "arn": Form(what="an ARN", pattern=ARN, needs=("arn:aws",)),
    "private-key": Form(what="a private key", pattern=PRIVATE_KEY, needs=("PRIVATE KEY",)),
    "jwt": Form(what="a web token", pattern=JWT, needs=("eyJ",)),
    "session": Form(
        what="a session token", pattern=SESSION, needs=("IQoJ", "FwoG", "FQoG", "AQoD")
    ),
    "service-key": Form(
        what="a key of a well-known service",
        pattern=SERVICE_KEY,
        needs=tuple(SERVICE_KEYS_NEED),
        least=16,
    ),
    "credential": Form(what="a credential", pattern=CREDENTIAL, needs=("Credential=",)),
    "signature": Form(what="a signature", pattern=SIGNATURE, needs=("ignature=",)),
    "bearer": Form(
        what="a token",
        pattern=BEARER,
        needs=(" ",),
        accept=lambda match: is_token(match["private"]),
    ),
    "userinfo": Form(what="a password in an address", pattern=USERINFO, needs=("://",)),
    "assigned": Form(
        what="a secret after its name", pattern=ASSIGNED, needs=("=", ":"), accept=_names_a_secret
    ),
    "email": Form(what="an e-mail address", pattern=EMAIL, needs=("@",)),
    "uuid": Form(what="a UUID", pattern=UUID, needs=("-",)),
    "access-key": Form(what="an access key", pattern=ACCESS_KEY, needs=_KEY_STARTS),
    "card": Form(
        what="a card number", numeric=True, pattern=CARD, accept=lambda match: is_card(match[0])
    ),
    "e164": Form(what="a phone number", numeric=True, pattern=E164, needs=("+",)),
    "spelt": Form(what="a phone number", numeric=True, pattern=SPELT, needs=(" ", ".", "-")),
    "abroad": Form(
        what="a phone number",
        numeric=True,
        pattern=ABROAD,
        needs=("+", "00"),
        accept=lambda match: number_abroad(match[0]) is not None,
    ),
    "account": Form(what="an account id", numeric=True, pattern=ACCOUNT),
    "nanp": Form(what="a phone number", numeric=True, pattern=NANP),
    "at-home": Form(
        what="a phone number",
        numeric=True,
        pattern=AT_HOME,
        needs=("0",),
        accept=lambda match: number_abroad(match[0]) is not None,
    ),
    "ipv4": Form(
        what="an address of the internet",
        pattern=IPV4,
        needs=(".",),
        accept=lambda match: is_address(match[0]),
    ),
    "ipv6": Form(
        what="an address of the internet",
        pattern=IPV6,
        needs=(":",),
        accept=lambda match: is_address(match[0]),
    ),
    "secret": Form(
        what="a secret key", pattern=SECRET, least=40, accept=lambda match: is_secret_key(match[0])
    ),
}


def forms_in(text: str) -> tuple[str, ...]:
    """The names of the forms that a text is worth searching for, in their order."""
    return _forms_in_short(text) if len(text) <= _SHORT else _forms_in(text)


#: How long texts are for which the answer is remembered.
_SHORT = 256


def _forms_in(text: str) -> tuple[str, ...]:
    if len(text) < _SHORTEST_WORD and text.isalpha():
        return ()
    has_number = bool(_number_runs(text))
    return tuple(name for name, form in FORMS.items() if form.may_be_in(text, has_number))


_forms_in_short = lru_cache(maxsize=20_000)(_forms_in)
