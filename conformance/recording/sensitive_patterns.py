"""What is private, by its member's name and by its form; and how a replacement is told.

Redaction goes by it and so does the leak scan. This module knows texts alone: it
replaces nothing and remembers nothing.
"""

import base64
import binascii
import re

import phonenumbers

#: What stands in every replacement that is long enough to say so.
MARK = "redacted"
ACCOUNT_MARK = "1000"
#: Credentials of AWS are longer than this; what is shorter, such as ``test``, is nobody's secret.
SECRET_LENGTH = 16
EXCHANGE = "555"
#: How the exchanges begin that no number of North America has: ours where 555 is full.
NO_EXCHANGE = ("0", "1")
#: Of a number's digits after its area, the least that leaves room for that exchange.
MARKED = 6

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


def decoded_base64(run: str) -> str | None:
    """The text in a run of base64, or ``None`` where it is none or holds no text."""
    try:
        raw = base64.b64decode(run + "=" * (-len(run) % 4), altchars=_altchars(run), validate=True)
        text = raw.decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return text if text.isprintable() or text.strip().startswith(("{", "[")) else None


def encoded_base64(text: str, like: str) -> str:
    """A text in base64, with the letters and the padding of another run."""
    encoded = base64.b64encode(text.encode(), altchars=_altchars(like)).decode()
    return encoded if like.endswith("=") or len(like) % 4 == 0 else encoded.rstrip("=")


def _altchars(run: str) -> bytes:
    return b"-_" if "-" in run or "_" in run else b"+/"


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


def zeroed(text: str) -> str:
    """Every letter and digit a zero."""
    return re.sub(r"[0-9A-Za-z]", "0", text)


def fit(word: str, length: int) -> str:
    """A word over and over, cut to a length."""
    return (word * (length // len(word) + 1))[:length]


def in_place(text: str, digits: str) -> str:
    """The digits of a text exchanged, all that stands between them kept."""
    fresh = iter(digits)
    return "".join(next(fresh) if char.isdigit() else char for char in text)
