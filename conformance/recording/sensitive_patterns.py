"""Names and patterns of private values, and the marks of their replacements.

Redaction and the leak scan share them. This module knows texts alone: it replaces nothing and has
no state.
"""

import base64
import binascii
import re

import phonenumbers

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


def decoded_base64(run: str) -> str | None:
    """The text encoded in a run of base64, or ``None`` where there is none."""
    try:
        raw = base64.b64decode(run + "=" * (-len(run) % 4), altchars=_altchars(run), validate=True)
        text = raw.decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return text if text.isprintable() or text.strip().startswith(("{", "[")) else None


def encoded_base64(text: str, like: str) -> str:
    """A text in base64, with the alphabet and the padding of another run."""
    encoded = base64.b64encode(text.encode(), altchars=_altchars(like)).decode()
    return encoded if like.endswith("=") or len(like) % 4 == 0 else encoded.rstrip("=")


def _altchars(run: str) -> bytes:
    return b"-_" if "-" in run or "_" in run else b"+/"


def kept_digits(digits: str) -> int:
    """How many leading digits are a number's country and area."""
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
