"""The replacement of a private value: of the same length and kind.

A phone number keeps its country and area, an ARN its form, so that checks and page walks have the
same results. ``pseudonyms`` ensures that a value always gets the same replacement, and no two
values share one.
"""

import ipaddress
import re
from collections.abc import Iterator

from conformance.recording import sensitive_patterns
from conformance.recording.pseudonyms import Pseudonyms
from conformance.recording.sensitive_patterns import (
    ACCOUNT_MARK,
    ARN,
    ARN_WORDS,
    EXCHANGE,
    FORMS,
    MARK,
    MARKED,
    UUID,
    in_place,
    kept_digits,
)

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
#: The first part of an ARN's resource, where it is a kind of resource.
_KIND = re.compile(r"[a-z]+(?:-[a-z]+)*")
#: A value of this length with this many distinct characters is replaced wherever it occurs.
_DISTINCTIVE_LENGTH = 8
_DISTINCTIVE_CHARACTERS = 4
#: Values of many members that say nothing by themselves.
SAYS_NOTHING = frozenset({"null", "None", "none", "true", "false", "True", "False", "default"})
#: A longer replacement repeats itself.
_MOST_LETTERS = 1024
#: More places than this are never gone through; to count them all takes as long as they are many.
_MOST_TURNS = 100
#: A shorter value that was private once is replaced where it is a whole value again.
_WHOLE_LENGTH = 4


class Replacements:
    """Makes replacements by kind; ``public`` are values that are never replaced.

    ``known`` are the private values that only their member's name showed to be private, with their
    replacements: they are private in every other text too. ``whole`` are shorter ones, which are
    private where they are a whole value again.
    """

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self.pseudonyms = pseudonyms
        self.public: frozenset[str] = frozenset()
        self.known: dict[str, str] = {}
        self.whole: dict[str, str] = {}
        #: All of both in the order in which they were met.
        self.learned: list[str] = []
        self._by_start: dict[str, list[str]] = {}

    def _learn(self, text: str, found: str) -> None:
        """Keep a value that only its name, or its place, showed to be private."""
        if text in self.public or text in SAYS_NOTHING or text in self.known or text in self.whole:
            return
        if _is_distinctive(text):
            self._by_start.setdefault(text[:_DISTINCTIVE_LENGTH], []).append(text)
            self.known[text] = found
        elif _is_recognised(text):
            self.whole[text] = found
        else:
            return
        self.learned.append(text)

    def known_in(self, text: str) -> list[str]:
        """The known private values that are in a text, in time that grows with the text alone."""
        size = _DISTINCTIVE_LENGTH
        if len(self.known) <= len(text):
            return [one for one in self.known if one in text]
        starts = {text[at : at + size] for at in range(len(text) - size + 1)}
        near = [one for start in starts & self._by_start.keys() for one in self._by_start[start]]
        return [one for one in near if one in text]

    def opaque(self, text: str, *, everywhere: bool = True) -> str:
        """Letters and digits of the same length, marked as a replacement where there is room.

        ``everywhere``: the text is private in every other text too.
        """
        if not text:
            return text
        size = len(text)
        kind = f"opaque{size}"
        number = self.pseudonyms.number(kind, text)
        if text.isdigit():
            most = 10 ** min(size, _MOST_TURNS)
            made = (str((number + turn) % most).zfill(size) for turn in range(most))
        else:
            mark = MARK if size >= 2 * len(MARK) else ""
            free = size - len(mark)
            turns = range(36 ** min(free, _MOST_TURNS))
            made = (mark + _letters(number + turn, free) for turn in turns)
        found = self.pseudonyms.replacement(
            kind, text, made, what=f"a text of {size} letters or digits"
        )
        if everywhere:
            self._learn(text, found)
        return found

    def phone(self, text: str) -> str:
        """A number of the same country and area, with an exchange that is not assigned."""
        digits = re.sub(r"\D", "", text)
        if len(digits) == 10 and not text.startswith("+"):
            return in_place(text, self.phone(f"+1{digits}")[2:])
        whole = f"+{digits}"
        if whole in self.public:
            return text
        found = self.pseudonyms.replacement(
            "phone",
            whole,
            self._numbers(digits),
            what=f"a phone number that begins with +{digits[: kept_digits(digits)]}",
        )
        return in_place(text, found[1:])

    def _numbers(self, digits: str) -> Iterator[str]:
        """The candidates for a number, the most similar first."""
        keep = kept_digits(digits)
        is_nanp = digits.startswith("1") and keep == 4
        mark = EXCHANGE if is_nanp or len(digits) - keep >= MARKED else ""
        head = f"+{digits[:keep]}"
        size = len(digits) - keep - len(mark)
        first = int(self._shifted(digits, keep + len(mark)) or 0)
        for turn in range(10**size):
            yield head + mark + str((first + turn) % 10**size).zfill(size)
        if is_nanp:
            first = self.pseudonyms.number("spare", digits)
            spare = 2 * 10 ** (len(digits) - 5)  # exchanges that begin with 0 or 1
            for turn in range(spare):
                yield head + str((first + turn) % spare).zfill(len(digits) - 4)

    def prefix(self, text: str) -> str:
        """The prefix of a number, such that its replacement has this prefix."""
        digits = re.sub(r"\D", "", text)
        whole = digits.ljust(11 if digits.startswith("1") else 12, "0")
        if digits.startswith("1") and digits == whole:
            return self.phone(text)
        keep = kept_digits(whole)
        mark = EXCHANGE if len(whole) - keep >= MARKED else ""
        if len(digits) <= keep:
            return text
        head = (digits[:keep] + mark)[: len(digits)]
        found = in_place(text, head + self._shifted(digits, len(head)))
        self.pseudonyms.add_derived(found)
        return found

    def _shifted(self, digits: str, start: int) -> str:
        """The digits from ``start`` on, each shifted by all before it, so that prefixes match."""
        return "".join(
            str((int(digits[at]) + self.pseudonyms.number("digit", digits[:at])) % 10)
            for at in range(start, len(digits))
        )

    def abroad(self, text: str) -> str:
        """A number as people write it anywhere, its country and area kept."""
        digits = sensitive_patterns.number_abroad(text)
        if digits is None:
            return self.opaque(text)
        fresh = re.sub(r"\D", "", self.phone(f"+{digits}"))
        raw = re.sub(r"\D", "", text)
        same = 0  # how many last digits are those of the number in full
        while same < min(len(raw), len(digits)) and raw[-1 - same] == digits[-1 - same]:
            same += 1
        return in_place(text, raw[: len(raw) - same] + fresh[len(fresh) - same :])

    def digits(self, text: str) -> str:
        """Digits with their separators that are no number of a card, and no zero first."""
        plain = re.sub(r"\D", "", text)
        size = len(plain)
        number = self.pseudonyms.number("digits", plain)
        room = 10 ** (size - 1)
        made = ("9" + str((number + turn) % room).zfill(size - 1) for turn in range(room))
        found = self.pseudonyms.replacement(
            f"digits{size}", plain, made, what=f"a number of {size} digits"
        )
        return in_place(text, found)

    def email(self, text: str) -> str:
        """An address of the same length, at a host whose name is ``x`` alone."""
        name, _, host = text.lower().rpartition("@")
        domain, _, top = host.rpartition(".")
        domain = re.sub(r"[a-z0-9]", "x", domain)
        size = len(name)
        number = self.pseudonyms.number("email", text.lower())
        made = (
            f"{_letters(number + turn, size)}@{domain}.{top}"
            for turn in range(min(36**size, 10**6))
        )
        return self.pseudonyms.replacement(
            f"email{size}", text.lower(), made, what=f"an e-mail address of {size} letters"
        )

    def address(self, text: str) -> str:
        """An address of the internet that nobody has: in 240.0.0.0/4 or 100::/64."""
        found = ipaddress.ip_address(text)
        plain = str(found)
        number = self.pseudonyms.number("address", plain)
        bits, start = (28, 240 << 24) if found.version == 4 else (64, 1 << 120)
        kind = ipaddress.IPv4Address if found.version == 4 else ipaddress.IPv6Address
        made = (str(kind(start + (number + turn) % 2**bits)) for turn in range(2**bits))
        return self.pseudonyms.replacement(
            f"address{found.version}", plain, made, what="an address of the internet"
        )

    def userinfo(self, text: str) -> str:
        """The name and the password of an address."""
        name, _, password = text.partition(":")
        return f"{self.opaque(name)}:{self.opaque(password)}"

    def key_block(self, text: str) -> str:
        """The lines of a private key, their ends kept."""
        return re.sub(r"[^\s\\]{3,}", lambda match: self.opaque(match[0]), text)

    def account(self, text: str) -> str:
        """An account id that is recognisable as a replacement."""
        if not text.strip("0"):
            return text
        number = self.pseudonyms.number("account", text)
        made = (ACCOUNT_MARK + str((number + turn) % 10**8).zfill(8) for turn in range(10**8))
        return self.pseudonyms.replacement("account", text, made, what="an account id")

    def uuid(self, text: str) -> str:
        """A UUID of other digits, in lower case."""
        if not text.replace("-", "").strip("0"):
            return text
        text = text.lower()
        number = self.pseudonyms.number("uuid", text)
        made = (_uuid((number + turn) % 16**32) for turn in range(16**32))
        return self.pseudonyms.replacement("uuid", text, made, what="a UUID")

    def arn(self, text: str) -> str:
        """An ARN of the same service, Region and kinds, with another account and other ids."""
        match = ARN.fullmatch(text)
        assert match is not None
        head = text[: match.start("rest")]
        account = match["account"]
        if account and account not in self.public:
            head = head[: -len(account) - 1] + self.account(account) + ":"
        kind, *ids = re.split(r"([/:])", match["rest"])
        if not ids or not _KIND.fullmatch(kind) or head.startswith("arn:aws:s3:"):
            kind = self._arn_part(kind)
        return head + "".join([kind, *(self._arn_part(one) for one in ids)])

    def _arn_part(self, part: str) -> str:
        if part in {"/", ":", ""} or part in self.public or part in ARN_WORDS:
            return part
        if not _is_recognised(part):
            return part  # elsewhere it would stay, and one value would become two
        whole = {
            "email": self.email,
            "e164": self.phone,
            "account": self.account,
            "nanp": self.phone,
            "ipv4": self.address,
        }
        for form, replaced in whole.items():
            if FORMS[form].pattern.fullmatch(part):  # as it is replaced where it is alone
                return replaced(part)
        return UUID.sub(lambda m: self.uuid(m[0]), part) if UUID.search(part) else self.opaque(part)


def _is_distinctive(text: str) -> bool:
    return len(text) >= _DISTINCTIVE_LENGTH and len(set(text)) >= _DISTINCTIVE_CHARACTERS


def _is_recognised(text: str) -> bool:
    """Whether a value is replaced wherever it is met again: ``1`` and ``dev`` say too little."""
    return _is_distinctive(text) or (len(text) >= _WHOLE_LENGTH and not text.isdigit())


def _uuid(number: int) -> str:
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _letters(number: int, length: int) -> str:
    if length > _MOST_LETTERS:
        head = _letters(number, _MOST_LETTERS)
        return (head * (length // _MOST_LETTERS + 1))[:length]
    found: list[str] = []
    while len(found) < length:
        number, rest = divmod(number, 36) if number else (length * 7 + len(found), len(found) % 36)
        found.append(_LETTERS[rest])
    return "".join(found)
