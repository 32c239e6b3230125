"""The values within a message, each with the names on the way to it: JSON, XML, forms, CBOR.

One walk serves redaction, which replaces values, and the leak scan, which reads them. Every
character that is not part of a replaced value stays. A walk takes time in proportion to the length
of its message. This module must not know what is private.
"""

import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote, unquote_plus

import cbor2

from conformance.recording import encodings

#: The names on the way to a value, the outermost first; items of a list have their list's name.
Path = Sequence[str]
#: A value, with those names.
Named = tuple[tuple[str, ...], str]
#: Returns what is to be in the place of a value.
Visit = Callable[[Path, str], str]
#: The same for a value of bytes.
VisitBytes = Callable[[Path, bytes], bytes]

_TOKEN = re.compile(r'"((?:[^"\\]++|\\.)*+)"(\s*+:)?|[{}\[\]]|-?\d[0-9.eE+-]*+', re.DOTALL)
_TAG = re.compile(r"<(/?)([A-Za-z_][\w.:-]{0,200})((?:[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+')*+)>")
_ATTRIBUTE = re.compile(r"([\w.:-]{1,200}+)(\s*+=\s*+)(\"[^\"<]*+\"|'[^'<]*+')")
_FORM = re.compile(
    r"[A-Za-z0-9_.~%*+:-]{1,200}=(?![=&]|$)[^\s&<>{}\"]*+(?:&[A-Za-z0-9_.~%*+:-]{1,200}=?[^\s&<>{}\"]*+)*+"
)
#: No element is nested deeper.
_MOST_DEEP = 200
_LIST = "\0list"


def is_json(text: str) -> bool:
    """Whether a text is one object or list of JSON."""
    if text.lstrip()[:1] not in {"{", "["}:
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def in_json(text: str, visit: Visit, visit_number: Visit) -> str:
    """JSON with its strings and numbers visited, every other character kept."""
    out: list[str] = []
    names: list[str | None] = [None]
    last = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        char = token[0]
        if char == '"':
            raw = match[1]
            value = json.loads(f'"{raw}"', strict=False) if "\\" in raw else raw
            if match[2] and names[-1] is not _LIST:
                names[-1] = value
                continue
            fresh = visit(_path(names), value)
            if fresh != value:
                out += [text[last : match.start()], json.dumps(fresh, ensure_ascii=False)]
                last = match.start() + len(raw) + 2
        elif char == "{":
            names.append(None)
        elif char == "[":
            names.append(_LIST)
        elif char in "}]":
            names.pop()
        else:
            fresh = visit_number(_path(names), token)
            if fresh != token:
                out += [text[last : match.start()], fresh]
                last = match.end()
    return "".join([*out, text[last:]])


def _path(names: Sequence[str | None]) -> tuple[str, ...]:
    return tuple(name for name in names if name is not None and name is not _LIST)


def is_xml(text: str) -> bool:
    """Whether a text looks like a document of XML."""
    begins = text.lstrip()
    return begins[:1] == "<" and _TAG.search(begins, 0, 4096) is not None


def in_xml(text: str, visit: Visit) -> str:
    """XML with the texts of its elements and attributes visited, all else kept."""
    out: list[str] = []
    names: list[str] = []
    at = 0
    while at < len(text):
        opened = text.find("<", at)
        end = len(text) if opened < 0 else opened
        if end > at:
            out.append(_xml_text(text[at:end], names, visit))
        if opened < 0:
            break
        at = _markup(text, opened, names, out, visit)
    return "".join(out)


def _markup(text: str, at: int, names: list[str], out: list[str], visit: Visit) -> int:
    """Copy one piece of markup; returns where it ends."""
    for begins, ends in (("<![CDATA[", "]]>"), ("<!--", "-->"), ("<?", "?>")):
        if text.startswith(begins, at):
            end = text.find(ends, at)
            end = len(text) if end < 0 else end
            inner = text[at + len(begins) : end]
            out += [begins, visit(tuple(names), inner) if begins != "<?" and inner else inner]
            out.append(text[end : end + len(ends)])
            return end + len(ends)
    match = _TAG.match(text, at)
    if match is None:
        out.append("<")
        return at + 1
    closing, name, rest = match[1], match[2].rpartition(":")[2], match[3]
    if closing:
        if names and name in names[-8:]:
            while names.pop() != name:
                pass
    elif not rest.endswith("/") and len(names) < _MOST_DEEP:
        names.append(name)
    if "=" in rest:
        rest = _ATTRIBUTE.sub(lambda m: _attribute(m, name, visit), rest)
    out.append(f"<{closing}{match[2]}{rest}>")
    return match.end()


def _attribute(match: re.Match[str], element: str, visit: Visit) -> str:
    name, equals, quoted = match[1], match[2], match[3]
    if name.startswith("xmlns"):
        return match[0]
    plain = html.unescape(quoted[1:-1])
    fresh = visit((element, name.rpartition(":")[2]), plain)
    return (
        match[0] if fresh == plain else f"{name}{equals}{quoted[0]}{html.escape(fresh)}{quoted[0]}"
    )


def _xml_text(raw: str, names: Sequence[str], visit: Visit) -> str:
    if raw.isspace():
        return raw
    plain = html.unescape(raw) if "&" in raw else raw
    fresh = visit(tuple(names), plain)
    return raw if fresh == plain else html.escape(fresh, quote=False)


def is_form(text: str) -> bool:
    """Whether a text is one form: names and values in percent-encoding."""
    return "=" in text[:201] and _FORM.fullmatch(text) is not None


def in_form(text: str, visit: Visit, *, plus: bool = True) -> str:
    """A form, or the query of a URL, with its values visited; names stay.

    ``plus``: a plus stands for a space.
    """
    return "&".join(_pair(pair, visit, plus) for pair in text.split("&"))


def _pair(pair: str, visit: Visit, plus: bool) -> str:
    name, equals, raw = pair.partition("=")
    if not raw:
        return pair
    plain = unquote_plus(raw) if plus else unquote(raw)
    parts = [part for part in unquote(name).split(".") if not part.isdigit()]
    fresh = visit(tuple(parts), plain)
    return pair if fresh == plain else f"{name}{equals}{quote(fresh, safe='-_.~')}"


def in_cbor(body: bytes, visit: Visit, visit_bytes: VisitBytes) -> bytes | None:
    """CBOR with its texts and bytes visited; ``None`` where the body is no CBOR.

    Values are replaced where they are, so that all other bytes stay; only texts in pieces make
    the whole be written anew.
    """
    data = encodings.cbor(body)
    if not isinstance(data, Mapping | list):
        return None
    changed: dict[bytes, bytes] = {}

    def walk(value: Any, path: tuple[str, ...]) -> Any:
        if isinstance(value, str):
            return kept(value, visit(path, value))
        if isinstance(value, bytes):
            return kept(value, visit_bytes(path, value))
        if isinstance(value, Mapping):
            return {name: walk(inner, (*path, str(name))) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [walk(inner, path) for inner in value]
        return value

    def kept(value: Any, fresh: Any) -> Any:
        if fresh != value:
            changed[cbor2.dumps(value)] = cbor2.dumps(fresh)
        return fresh

    try:
        wanted = walk(data, ())
    except RecursionError:
        return None
    if not changed:
        return body
    pattern = re.compile(b"|".join(map(re.escape, sorted(changed, key=len, reverse=True))))
    found = pattern.sub(lambda match: changed[match[0]], body)
    return found if encodings.cbor(found) == wanted else bytes(cbor2.dumps(wanted))


def named(message: str | bytes) -> list[Named] | None:
    """Every value of a message with the names on the way to it; ``None`` where it has no names."""
    found: list[Named] = []

    def seen(path: Path, value: str) -> str:
        found.append((tuple(path), value))
        return value

    def seen_bytes(path: Path, value: bytes) -> bytes:
        found.append((tuple(path), value.decode("latin-1")))
        return value

    if isinstance(message, bytes):
        return None if in_cbor(message, seen, seen_bytes) is None else found
    if is_json(message):
        in_json(message, seen, seen)
    elif is_xml(message):
        in_xml(message, seen)
    elif is_form(message):
        in_form(message, seen)
    else:
        return None
    return found


def values(text: str) -> list[str]:
    """The values within a text that has a structure, or is a URL; else the text itself."""
    if text.startswith(("http://", "https://")) and "?" in text:
        text = text.partition("?")[2]
    found = named(text)
    return [text] if found is None else [value for _, value in found]
