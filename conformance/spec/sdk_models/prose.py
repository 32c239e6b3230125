"""What the SDK's documentation of a member states that its shape lacks: bounds, lengths, values.

Only sentences of a few regular forms are read ("Must be a value from 1 to 35", "Valid Values:
``a | b``"), and only where they stand for themselves: what holds under a condition, for one engine,
or is contradicted in the same text, states nothing. It knows texts, no operation.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

#: JSON Schema keywords with their values.
Facts = Mapping[str, Any]

#: What a text that states anything has in it; most texts have none of it.
_HINT = re.compile(
    r"onstraint|alid [vV]alue|alid [rR]ange|llowed value|ossible value|inimum|aximum|between|from "
    r"|longer than|up to|xceed|range"
)
_FILTER_HINT = re.compile(r"<li>")
_TOKEN = re.compile(r"<(/?)([A-Za-z0-9]+)[^>]*>|([^<]+)")
_BLOCKS = frozenset({"p", "li", "ul", "ol", "note", "important", "dl", "dt", "dd", "br"})
_LISTS = frozenset({"ul", "ol"})
_SENTENCE = re.compile(r"(?<=[.;])\s+(?=[A-Z`\[(])")


#: How it is said that an operation may be repeated.
_IDEMPOTENT = re.compile(
    r"\b(?:operation|action|API|call|request|delete|deletion)s? (?:is|are) (?:an )?idempotent\b"
)


def says_idempotent(documentation: str) -> bool:
    """Whether an operation's documentation says of it that it is idempotent."""
    text = " ".join(re.sub(r"<[^>]*>", " ", documentation).split())
    return "idempotent" in documentation and _IDEMPOTENT.search(text) is not None


_MAY_BE_UNUSED = re.compile(r"\b(no longer|[Nn]ot|future|ignored)\b")
_IS = r"(this|the) (parameter|member|field|element|property|value|setting) is "
_VOID = (
    r"((currently )?not (yet |currently )?(implemented|supported|used|in use)"
    r"|no longer (used|supported|in use)|(currently )?reserved for future use|ignored)"
    r"( and the value is (ignored|assumed to be \w+))?\.?"
)
#: What is said of a member, alone and without a condition, that has no effect.
_UNUSED = re.compile(rf"({_IS})?{_VOID}", re.IGNORECASE)
#: The same of one that had an effect until a day; the text begins with what that was.
_UNUSED_SINCE = re.compile(
    rf"(Important:? )?(As of|Since) \w+ \d{{1,2}}, \d{{4}}, {_IS}{_VOID}", re.IGNORECASE
)

_MAY_CONFIRM = re.compile(r"(Confirms|Acknowledges) that\b")


@dataclass(frozen=True, slots=True)
class Statement:
    """A paragraph or an item of a list; ``headings`` introduce the lists that it is in.

    Code is between backquotes, what is in italics between asterisks.
    """

    text: str
    headings: tuple[str, ...] = ()


def is_unused(documentation: str) -> bool:
    """Whether a member has no effect: it is reserved, not implemented yet, or no longer used."""
    if not _MAY_BE_UNUSED.search(documentation):
        return False
    every = [
        sentence
        for one in statements(documentation)
        if not one.headings
        for sentence in _SENTENCE.split(one.text)
    ]
    return any(_UNUSED.fullmatch(one) for one in every[:1]) or any(
        _UNUSED_SINCE.fullmatch(one) for one in every
    )


def confirms(documentation: str) -> bool:
    """Whether a member is a mere confirmation: that a caller knows of a cost, or of a loss."""
    if not _MAY_CONFIRM.search(documentation):
        return False
    first = next(iter(statements(documentation)), None)
    return first is not None and _MAY_CONFIRM.match(first.text) is not None


@lru_cache(maxsize=256)
def statements(documentation: str) -> tuple[Statement, ...]:
    """The paragraphs and items of a text in the HTML of the SDK's models, in their order."""
    return tuple(_statements(documentation))


def _statements(documentation: str) -> Iterator[Statement]:
    text, last, headings = "", "", list[str]()
    marks = {"code": "`", "i": "*", "a": ""}
    for end, tag, plain in _TOKEN.findall(documentation):
        name = tag.lower()
        if plain:
            text += html.unescape(plain)
        elif name not in _BLOCKS:
            text += marks.get(name, "")
        else:
            tidy = " ".join(text.replace("``", "").split())
            if tidy:
                yield Statement(tidy, tuple(headings))
                last = tidy
            text = ""
            if name in _LISTS and not end:
                headings.append(last)
            elif name in _LISTS and headings:
                headings.pop()
    tidy = " ".join(text.split())
    if tidy:
        yield Statement(tidy, tuple(headings))


#: What may introduce a list of statements that hold of the member itself.
_OF_MEMBER = re.compile(r"(?:.*\. )?(?:Length )?(?:Constraints?|Restrictions?):?", re.I)
_LABEL = re.compile(
    r"^(?:(?:Length )?Constraints?|Restrictions?|Valid range|Value range|Type|Array members):\s*",
    re.I,
)

_N = r"`?(-?\d[\d,]*)`?"
_UP_TO = r"(?: to | through |-|–| - | – )"
_TO = rf"(?: and |{_UP_TO})"
_UNIT = (
    r"(?: (?:seconds|minutes|hours|days|months|milliseconds|GiB|MiB|records|results|items|MB|GB))?"
)
_END = rf"(?:,? inclusive| \(inclusive\))?{_UNIT}(?:,? inclusive| \(inclusive\))?[.;]?"
_A_NUMBER = r"(?:an? |any |the )?(?:whole |positive )?(?:integers?|values?|numbers?)?(?: values?)?"
#: Sentences that give both bounds of a number, and those that give one.
_RANGES = tuple(
    re.compile(form, re.I)
    for form in (
        (
            rf"minimum(?: value)?(?: is| of|:)? {_N}[,;.]?(?: and)? (?:the )?maximum(?: value)?"
            rf"(?: is| of|:)? {_N}{_END}"
        ),
        (
            rf"(?:the )?minimum(?: supported)? value is {_N} and the"
            rf" maximum(?: supported)? value is {_N}{_END}"
        ),
        (
            rf"(?:if specified, )?(?:(?:the|this) value(?: (?:for|of) `\w+`)? |it )?"
            rf"(?:must|can) be(?: set to)? {_A_NUMBER} ?(?:between|from|ranging from"
            rf"|in the range(?: of| from)?) {_N}{_TO}{_N}(?: \(\d+ hours\))?{_END}"
        ),
        rf"(?:the )?value must be {_N}{_TO}{_N}{_END}",
        rf"(?:this is )?an? (?:positive )?(?:integer|number) (?:between|from) {_N}{_TO}{_N}{_END}",
        rf"[\w ]+,? as an integer from {_N}{_TO}{_N}{_END}",
        rf"(?:specify|enter) {_A_NUMBER} (?:between|from) {_N}{_TO}{_N}{_END}",
        (
            rf"(?:the )?(?:valid|allowed|accepted|possible) (?:values?|range)"
            rf"(?: for `\w+`)?(?: are| is|:)? ?(?:integers? |an integer |any integer |numbers? "
            rf"|an? value |values )?(?:range )?"
            rf"(?:between {_N} and {_N}|(?:from |of )?{_N}{_UP_TO}{_N}){_END}"
        ),
        rf"(?:the )?(?:valid )?values? ranges?(?: is)?:?(?: from)? {_N}{_TO}{_N}{_END}",
        rf"range:? {_N}{_TO}{_N}{_END}",
    )
)
_ONE_BOUND: Mapping[str, Sequence[re.Pattern[str]]] = {
    "minimum": (re.compile(rf"(?:the )?minimum(?: value)?(?: is|:| of) {_N}[.;]?", re.I),),
    "maximum": (
        re.compile(rf"(?:the )?maximum(?: value)?(?: is|:| of) {_N}[.;]?", re.I),
        re.compile(
            rf"(?:the )?default(?: value)?(?: is|:)? {_N}(?:,| and) (?:the )?maximum(?: value)?"
            rf"(?: is|:)? (?P<n>`?\d[\d,]*`?)[.;]?",
            re.I,
        ),
    ),
}

_KIND = (
    r"(?:(?:alphanumeric|ASCII|Unicode|printable|UTF-8|letters|numbers|digits|hyphens|or|and"
    r"|lowercase|uppercase|underscores|periods|spaces|characters|,)[, ]*)*"
)
_LONG = rf"{_KIND}\b(?:characters?|letters|hyphens|numbers|underscores|periods|digits)"
_TAIL = r"(?: long| in length)?[.;]?"
#: Sentences that give both bounds of a length, and those that give its upper one.
_LENGTHS = tuple(
    re.compile(form, re.I)
    for form in (
        (
            rf"(?:the \w+ |it )?(?:must|can) (?:contain|be|have)(?: from| between)? {_N}{_TO}{_N}"
            rf" {_LONG}{_TAIL}"
        ),
        (
            rf"(?:minimum length of|minimum length:?) {_N}[.,;]"
            rf" (?:maximum length of|maximum length:?) {_N}(?: {_LONG})?[.;]?"
        ),
    )
)
_MOST_LONG = tuple(
    re.compile(form, re.I)
    for form in (
        rf"(?:the )?maximum length(?: of| is|:)? {_N}(?: {_LONG})?[.;]?",
        rf"maximum(?: of)? {_N} {_LONG}{_TAIL}",
        rf"(?:can't|cannot|can not|must not) (?:be longer than|exceed) {_N} {_LONG}{_TAIL}",
        rf"(?:it )?(?:can|must) be up to {_N} {_LONG}{_TAIL}",
        (
            rf"(?:can|must) (?:contain|be|have)(?: at most| no more than| a maximum of) {_N}"
            rf" {_LONG}{_TAIL}"
        ),
    )
)
_PLURAL = r"(?:[a-z]+ )?[a-z]+s(?: (?:per|in a single|in each|in a|in one) request)?[.;]?"
_MOST_ITEMS = tuple(
    re.compile(form, re.I)
    for form in (
        rf"maximum number of {_N} items[.;]?",
        rf"(?:the|this) list can contain (?:a maximum of|up to) {_N} {_PLURAL}",
        rf"you can specify (?:up to|a maximum of) {_N} {_PLURAL}",
        rf"a maximum of {_N} [a-z]+s can be [a-z]+ in a single request[.;]?",
    )
)


def of_number(documentation: str) -> Facts:
    """The bounds that a text states of a number."""
    found: dict[str, Any] = {}
    for keyword, values in _gathered(documentation, _numbers).items():
        if len(values) == 1:
            found[keyword] = values.pop()
    low, high = found.get("minimum"), found.get("maximum")
    if low is not None and high is not None and low >= high:
        return {}
    return {
        keyword: bound
        for keyword, bound in found.items()
        if not _excepted(documentation, keyword, bound)
    }


def of_text(documentation: str) -> Facts:
    """The bounds of its length that a text states of a text; an empty one is not ruled out."""
    found = _gathered(documentation, _lengths)
    plain = {keyword: values.pop() for keyword, values in found.items() if len(values) == 1}
    if plain.get("minLength", 2) < 2:
        del plain["minLength"]
    if plain.get("minLength", 0) > plain.get("maxLength", 1_000_000) or not plain.get(
        "maxLength", 1
    ):
        return {}
    return plain


def of_list(documentation: str) -> Facts:
    """The bounds of its size that a text states of a list."""
    found = _gathered(documentation, _sizes)
    return {keyword: values.pop() for keyword, values in found.items() if len(values) == 1}


Read = Any


def _gathered(documentation: str, read: Read) -> dict[str, set[Any]]:
    """What each keyword is stated to be; of two values one at least holds under a condition."""
    found: dict[str, set[Any]] = {}
    if not _HINT.search(documentation):
        return found
    for one in statements(documentation):
        plain = all(_OF_MEMBER.fullmatch(heading) for heading in one.headings[-1:])
        plain = plain and len(one.headings) < 2
        for sentence in _SENTENCE.split(one.text):
            bare = _LABEL.sub("", sentence)
            stated = list(read(bare))
            doubtful = [] if stated and plain else [*stated, *read(_CONDITIONED.sub("", bare))]
            for keyword, value in stated:
                found.setdefault(keyword, set()).add(value)
            for keyword, value in doubtful:
                # a second value spoils the first
                found.setdefault(keyword, set()).update({value, None})
    return found


#: What may surround a bound in a sentence that holds under a condition.
_CONDITIONED = re.compile(r"^.*?(?=\b(?:must|can|minimum|maximum|valid|specify)\b)", re.I)


def _number(text: str) -> int:
    return int(text.strip("`").replace(",", ""))


def _numbers(sentence: str) -> Iterator[tuple[str, int]]:
    for form in _RANGES:
        if match := form.fullmatch(sentence):
            low, high = (_number(one) for one in match.groups() if one is not None)
            yield "minimum", low
            yield "maximum", high
            return
    for keyword, forms in _ONE_BOUND.items():
        for form in forms:
            if match := form.fullmatch(sentence):
                yield keyword, _number(match.groupdict().get("n") or match[1])
                return


def _lengths(sentence: str) -> Iterator[tuple[str, int]]:
    for form in _LENGTHS:
        if match := form.fullmatch(sentence):
            yield "minLength", _number(match[1])
            yield "maxLength", _number(match[2])
            return
    for form in _MOST_LONG:
        if match := form.fullmatch(sentence):
            yield "maxLength", _number(match[1])
            return


def _sizes(sentence: str) -> Iterator[tuple[str, int]]:
    for form in _MOST_ITEMS:
        if match := form.fullmatch(sentence):
            yield "maxItems", _number(match[1])


_CLAMPED = re.compile(r"\b(?:larger|greater|more|higher|exceeds?)\b[^.]*\bonly\b", re.I)
_MENTIONED = re.compile(r"(?<![\w.,/:-])-?\d[\d,]*(?![\w/:-]|\.\d)")


def _excepted(documentation: str, keyword: str, bound: int) -> bool:
    """Whether a text mentions a value beyond a bound as one that is taken, or made smaller."""
    texts = [one.text for one in statements(documentation)]
    if keyword == "maximum":
        return any(_CLAMPED.search(text) for text in texts)
    numbers = (_number(one) for text in texts for one in _MENTIONED.findall(text))
    return any(number in {0, -1} and number < bound for number in numbers)


# ---------------------------------------------------------------- values

_WORDS = r"(?:valid|allowed|possible) values?"
_LISTED = re.compile(rf"(?:.*\. )?(?:the )?{_WORDS}(?: are| is)?:?", re.I)
_INLINE = re.compile(
    rf"(?:.*\. )?(?:the )?{_WORDS}(?: are:|:| are) ?(?P<values>.+?)\.?(?: Default\b.*)?", re.I
)
_ANY_VALUES = re.compile(_WORDS, re.I)
_VALUE = re.compile(r"(?!arn:)[A-Za-z0-9][A-Za-z0-9_.:/+-]*")
_CODE = re.compile(r"`([^`]+)`(?:\s*\(default\))?", re.I)
_ITEM = re.compile(r"`([^`]+)`(?:\s*\(default\))?(?:\.|\s*(?:-|–|—|:|=)\s.*|:.*)?", re.I | re.S)
#: Texts that list only some values, or values of something else.
_OPEN = re.compile(r"comma-separated|comma separated|such as|and so on|etc\.|JSON", re.I)


def values(documentation: str) -> tuple[str, ...]:
    """The values that a text states a text may have, two at least; else none."""
    if not _ANY_VALUES.search(documentation) or _OPEN.search(documentation):
        return ()
    found: list[tuple[str, ...]] = []
    said = statements(documentation)
    for number, one in enumerate(said):
        if not _ANY_VALUES.search(one.text):
            continue
        if one.headings and not _OF_MEMBER.fullmatch(one.headings[-1]):
            return ()
        if _LISTED.fullmatch(one.text):
            found.append(_items(said, number))
        elif match := _INLINE.fullmatch(one.text):
            found.append(_inline(match["values"]))
        else:
            return ()
    first = found[0] if found else ()
    plain = all(one == first for one in found) and len(set(first)) == len(first) > 1
    return first if plain else ()


def _items(said: Sequence[Statement], number: int) -> tuple[str, ...]:
    """The values in the list that a statement introduces; none where any item is something else."""
    heading = said[number]
    within = (*heading.headings, heading.text)
    found: list[str] = []
    for one in said[number + 1 :]:
        if one.headings[: len(within)] != within:
            break
        if one.headings == within:
            match = _ITEM.fullmatch(one.text)
            if match is None or not _VALUE.fullmatch(match[1]):
                return ()
            found.append(match[1])
    return tuple(found)


def _inline(text: str) -> tuple[str, ...]:
    """The values in ``a | b`` or in a list of code; none where anything else is in it."""
    if "|" in text:
        pieces = [piece.strip(" `.") for piece in text.split("|")]
    elif "`" not in text:
        pieces = re.split(r",? (?:and|or) |, ?", text)
    elif re.sub(r"\b(?:and|or)\b|[\s,.]", "", _CODE.sub("", text)):
        return ()
    else:
        pieces = [one.strip() for one in _CODE.findall(text)]
    return tuple(pieces) if all(map(_VALUE.fullmatch, pieces)) else ()


# ---------------------------------------------------------------- names of filters

_FILTER = re.compile(r"`?([a-z][A-Za-z0-9_.-]*)`?(?:\s*(?:-|–|—)\s.*|\s*:\s.*)?", re.S)
_TAGS = re.compile(
    r"`tag`?:\s*<key>`?(?:\s.*)?|`?tag:<?[\w*-]+>?`?(?:\s.*)?|`tag`\s.*`tag:\w+`.*", re.I | re.S
)
#: What introduces examples, not all there are.
_EXAMPLES = re.compile(r"\b(?:examples?|such as)\b", re.I)


def filter_names(documentation: str) -> tuple[tuple[str, ...], bool]:
    """The names of filters that a text lists, and whether ``tag:`` with any key is one, too.

    None where an item of the list is anything else.
    """
    if not _FILTER_HINT.search(documentation):
        return (), False
    names: list[str] = []
    tags = False
    for one in statements(documentation):
        if len(one.headings) != 1 or _EXAMPLES.search(one.headings[0]):
            continue
        if _TAGS.fullmatch(one.text):
            tags = True
        elif match := _FILTER.fullmatch(one.text):
            if match[1] not in names:
                names.append(match[1])
        elif one.text[:1].islower() or one.text.startswith("`"):
            return (), False
    return tuple(names), tags
