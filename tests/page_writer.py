"""Writes API reference pages of our own wording from the SDK's models, in the forms people save.

``page(service, operation, form, seed)`` has the sections, notations and constraint lines of a
page of AWS for that protocol. Its prose holds what is easily taken for more than prose.
"""

import html
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from conformance.spec.sdk_models.loader import described

FORMS = ("text", "torn", "html", "github", "served", "braced", "crawled")
#: How each form prints a placeholder.
_BRACES = {"served": "{{%s}}", "braced": "{%s}"}
_SIMPLE = {
    "string": "String",
    "character": "String",
    "integer": "Integer",
    "long": "Long",
    "float": "Float",
    "double": "Double",
    "boolean": "Boolean",
    "timestamp": "Timestamp",
    "blob": "Base64-encoded binary data object",
}
#: Prose that looks like a marker, a name, or a section's fixed sentence.
_PROSE = (
    'Although it is listed as "Required: No", some callers need it.',
    "Required: Conditional. One of two members has to be there.",
    "Holds its details in JSON format, as a text.",
    "Which of them counts is up to the caller.",
    "The name of what is asked for. Type: see above. Default: 100",
    "A text such as `<Body>` is escaped.",
    "Constraints: Minimum 20, maximum 100.",
)
_BULLETS = ("Valid Values:", ("alpha", "beta-2", "gamma"))


@dataclass(kw_only=True)
class _Entry:
    """One documented member or error: names, prose, constraint lines."""

    name: str
    lines: list[str]
    prose: list[str | tuple[str, tuple[str, ...]]] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)  # members of an error
    linked: bool = False


@dataclass(kw_only=True)
class _Section:
    title: str
    code: str = ""
    intro: list[str] = field(default_factory=list)
    entries: list[_Entry] = field(default_factory=list)


def page(service: str, operation: str, form: str, seed: int = 0) -> str:
    """The text of a page of one operation, in one of :data:`FORMS`."""
    model = described(service).operation_model(operation)
    writer = _Writer(model, form, random.Random(f"{service}:{operation}:{form}:{seed}"))
    return _RENDER[form](writer)


class _Writer:
    def __init__(self, model: OperationModel, form: str, rng: random.Random) -> None:
        self.model, self.form, self.rng = model, form, rng
        self.name = model.name
        metadata = model.service_model.metadata
        self.uid = metadata.get("uid") or "x-2000-01-01"
        self.full = metadata["serviceFullName"]
        protocol = model.service_model.resolved_protocol
        self.rest = protocol in ("rest-json", "rest-xml")
        self.xml = protocol == "rest-xml"
        self.query = protocol in ("query", "ec2")
        self.ec2 = protocol == "ec2"
        self.protocol = protocol
        self.union_elided = form in ("crawled", "served")

    # -------------------------------------------------------------- sections

    def sections(self) -> Iterator[_Section]:
        asked, answered = self.model.input_shape, self.model.output_shape
        if not self.query and (self.rest or (asked and asked.members)):
            yield _Section(title="Request Syntax", code=self._request_syntax())
        if self.rest:
            yield _Section(
                title="URI Request Parameters",
                intro=["The request uses the following URI parameters."],
                entries=[self._entry(*one, uri=True) for one in self._outside(asked)],
            )
        body = self._inside(asked)
        if self.rest:
            kind = "XML" if self.xml else "JSON"
            entries = self._body_entries(asked, body)
            intro = (
                f"The request accepts the following data in {kind} format."
                if entries
                else "The request does not have a request body."
            )
            yield _Section(title="Request Body", intro=[intro], entries=entries)
        elif body or self.query:
            intro = ["For information about the common parameters, see Common Parameters."]
            if not self.query:
                intro.append("The request accepts the following data in JSON format.")
            required = self._required(asked) if asked else set()
            entries = [self._entry(n, s, n in required) for n, s in body]
            yield _Section(title="Request Parameters", intro=intro, entries=entries)
        has_answer = bool(answered and answered.members)
        if not self.query and (self.rest or has_answer):
            yield _Section(title="Response Syntax", code=self._response_syntax())
        yield self._answer(answered)
        yield _Section(
            title="Errors",
            intro=["For information about the errors that are common, see Common Errors."],
            entries=[self._error(one) for one in self.model.error_shapes],
        )
        sample = "POST /x HTTP/1.1\n<Body>a sample</Body>\n<html><body>more</body></html>"
        yield _Section(title="Examples", intro=["One usage."], code=sample)
        link = f"https://docs.aws.amazon.com/goto/boto3/{self.uid}/{self.name}"
        yield _Section(title="See Also", intro=[f"AWS SDK for Python {link}"])

    def _answer(self, answered: StructureShape | None) -> _Section:
        status = self.model.http.get("responseCode", 200)
        section = _Section(title="Response Elements")
        outside = [(n, s) for n, s, _ in self._outside(answered)]
        body = self._inside(answered)
        if not outside and not body:
            said = f"If the action is successful, the service sends back an HTTP {status} response"
            section.intro = [f"{said} with an empty HTTP body."]
            return section
        if not self.query:
            section.intro = [f"If the action is successful, there is an HTTP {status} response."]
        if outside:
            section.intro.append("The response returns the following HTTP headers.")
            section.entries += [self._entry(n, s, None, uri=self.xml) for n, s in outside]
        if body:
            kind = "XML" if self.xml else "JSON"
            if not self.query:
                section.intro.append(f"The following data is returned in {kind} format.")
            section.entries += self._body_entries(answered, body, answers=True)
        return section

    def _body_entries(
        self, top: StructureShape | None, body: list[tuple[str, Shape]], *, answers: bool = False
    ) -> list[_Entry]:
        if top is None or not body:
            return []
        required = set() if answers else self._required(top)
        payload = top.serialization.get("payload")
        if payload and self.xml and isinstance(top.members[payload], StructureShape):
            shape = top.members[payload]
            root = shape.serialization.get("name") or payload
            entries = [_Entry(name=root, lines=["Required: Yes"], prose=["Root level tag."])]
            inside = set(shape.required_members)
            for name, one in shape.members.items():
                printed = self._wire(name, one)
                must = None if answers else name in inside
                entries.append(self._entry(printed, one, must))
            return entries
        return [self._entry(n, s, None if answers else n in required) for n, s in body]

    def _required(self, top: StructureShape) -> set[str]:
        return {self._wire(name, top.members[name]) for name in top.required_members}

    def _outside(self, top: StructureShape | None) -> list[tuple[str, Shape, bool]]:
        """The members of path, query and headers, as their terms are named."""
        found = []
        for name, shape in (top.members if top and self.rest else {}).items():
            place = shape.serialization.get("location")
            if place in ("uri", "querystring", "header", "statusCode"):
                wire = shape.serialization.get("name", name)
                called = wire if place == "uri" or self.xml else name
                if place == "statusCode":
                    called = name
                found.append((called, shape, name in top.required_members))
        return sorted(found, key=lambda one: one[0])

    def _inside(self, top: StructureShape | None) -> list[tuple[str, Shape]]:
        if top is None:
            return []
        payload = top.serialization.get("payload")
        if payload:
            return [(self._wire(payload, top.members[payload]), top.members[payload])]
        return [
            (self._wire(name, shape), shape)
            for name, shape in sorted(top.members.items())
            if "location" not in shape.serialization or not self.rest
        ]

    def _wire(self, name: str, shape: Shape) -> str:
        said = shape.serialization
        if self.ec2 and not shape.name.startswith("\0"):
            given = said.get("queryName") or said.get("name", name)
            return given if self._answers(shape) else given[0].upper() + given[1:]
        return str(said.get("name", name))

    def _answers(self, shape: Shape) -> bool:
        members = self.model.output_shape.members if self.model.output_shape else {}
        return any(one is shape for one in members.values())

    # -------------------------------------------------------------- terms

    def _prose(self, *, uri: bool) -> list[str | tuple[str, tuple[str, ...]]]:
        found: list[str | tuple[str, tuple[str, ...]]] = ["What it is for is said here."]
        if not uri and self.rng.random() < 0.5:
            found += self.rng.sample(_PROSE, k=2)
        if not uri and self.rng.random() < 0.2:
            found.append(_BULLETS)
        return found

    def _entry(
        self, name: str, shape: Shape, required: bool | None = None, *, uri: bool = False
    ) -> _Entry:
        printed = name
        if self.query and isinstance(shape, ListShape):
            inner = shape.member.serialization.get("name", "member")
            flat = self.ec2 or shape.serialization.get("flattened")
            printed = f"{name}.N" if flat else f"{name}.{inner}.N"
        elif self.query and isinstance(shape, MapShape):
            printed = f"{name}.entry.N.key"
        lines = list(_constraints(shape))
        if not uri:
            lines.insert(0, f"Type: {self._type(shape)}")
        if required is not None and (required or not uri):
            lines.append(f"Required: {'Yes' if required else 'No'}")
        return _Entry(name=printed, lines=lines, prose=self._prose(uri=uri))

    def _type(self, shape: Shape) -> str:
        named = self._named(shape)
        return named[0].upper() + named[1:] if not named.startswith("[") else named

    def _named(self, shape: Shape, *, several: bool = False) -> str:
        s = "s" if several else ""
        if isinstance(shape, ListShape):
            return f"array{s} of {self._named(shape.member, several=True)}"
        if isinstance(shape, MapShape):
            return f"string to {self._named(shape.value)} map{s}"
        if isinstance(shape, StructureShape):
            if getattr(shape, "is_document_type", False):
                return f"JSON value{s}"
            word = "data type" if self.xml else "object"
            name = shape.name
            linked = self.form not in ("text", "torn", "html")
            return (f"[{name}](API_{name}.md)" if linked else name) + f" {word}{s}"
        found = _SIMPLE[shape.type_name]
        return (found if found.startswith("Base64") else found.lower()) + s

    def _error(self, shape: StructureShape) -> _Entry:
        status = (shape.metadata.get("error") or {}).get("httpStatusCode", 400)
        inner = sorted(shape.members)[:2] if self.rng.random() < 0.7 else []
        return _Entry(
            name=shape.name,
            lines=[f"HTTP Status Code: {status}"],
            prose=["What went wrong."],
            inner=inner,
            linked=self.rng.random() < 0.5,
        )

    # -------------------------------------------------------------- syntaxes

    def _hole(self, word: str) -> str:
        return _BRACES.get(self.form, "%s") % word

    def _request_syntax(self) -> str:
        top = self.model.input_shape
        lines = []
        if self.rest:
            lines = self._request_lines(top)
        payload = top.serialization.get("payload") if top else None
        body = self._inside(top)
        return "\n".join([*lines, *self._body(top, payload, body, answers=False)]).strip("\n")

    def _request_lines(self, top: StructureShape | None) -> list[str]:
        members = top.members if top else {}
        uri = self.model.http.get("requestUri", "/")
        path, _, literal = uri.partition("?")
        headers = []
        if self.model.service_model.service_name == "s3" and path.startswith("/{Bucket}"):
            path = path.removeprefix("/{Bucket}") or "/"
            headers.append("Host: Bucket.s3.amazonaws.com")
        path = re.sub(r"\{([^}]+)\}", lambda m: self._label(m[1]), path)
        pairs = [literal] if literal else []
        for name, shape in sorted(members.items()):
            place = shape.serialization.get("location")
            wire = shape.serialization.get("name", name)
            if place == "querystring":
                pairs.append(f"{wire}={self._hole(name)}")
            elif place == "header":
                headers.append(f"{wire}: {self._hole(name)}")
        target = path + ("?" + "&".join(pairs) if pairs else "")
        first = f"{self.model.http['method']} {target} HTTP/1.1"
        if not self.xml and self._inside(top):
            headers.append("Content-type: application/json")
        return [first, *headers]

    def _label(self, label: str) -> str:
        greedy = label.endswith("+")
        return f"{{{label}}}" if greedy else self._hole(label)

    def _response_syntax(self) -> str:
        top = self.model.output_shape
        lines = []
        if self.rest:
            status = str(self.model.http.get("responseCode", 200))
            for name, shape in (top.members if top else {}).items():
                place = shape.serialization.get("location")
                if place == "statusCode":
                    status = self._hole(name)
                elif place == "header":
                    lines.append(f"{shape.serialization.get('name', name)}: {self._hole(name)}")
            lines.insert(0, f"HTTP/1.1 {status}")
            if not self.xml and self._inside(top):
                lines.append("Content-type: application/json")
        payload = top.serialization.get("payload") if top else None
        body = self._inside(top)
        return "\n".join([*lines, *self._body(top, payload, body, answers=True)]).strip("\n")

    def _body(
        self,
        top: StructureShape | None,
        payload: str | None,
        body: list[tuple[str, Shape]],
        *,
        answers: bool,
    ) -> list[str]:
        if not body or top is None:
            return []
        name, shape = body[0]
        if payload and not isinstance(shape, StructureShape):
            return ["", self._hole(name)]
        if self.xml:
            if payload:
                return list(self._element(name, shape, 0, ()))
            root = f"{self.name}{'Result' if answers else 'Request'}"
            space = "" if answers else ' xmlns="http://example.com/doc/"'
            inside = [line for n, s in body for line in self._element(n, s, 1, (top.name,))]
            return [f"<{root}{space}>", *inside, f"</{root}>"]
        if payload:
            inside = [(self._wire(n, s), s) for n, s in sorted(shape.members.items())]
            return ["", self._json_object(inside, 0, (shape.name,))]
        return ["", self._json_object(body, 0, (top.name,))]

    def _json_object(
        self, members: list[tuple[str, Shape]], depth: int, above: tuple[str, ...]
    ) -> str:
        pad = "   " * (depth + 1)
        inside = ",\n".join(f'{pad}"{n}": {self._json(s, depth + 1, above)}' for n, s in members)
        return "{\n" + inside + "\n" + "   " * depth + "}" if members else "{\n}"

    def _json(self, shape: Shape, depth: int, above: tuple[str, ...]) -> str:
        if isinstance(shape, ListShape):
            inner = self._json(shape.member, depth + 1, above)
            return f"[ {inner} ]"
        if isinstance(shape, MapShape):
            key = self._hole("string")
            return f'{{ \n"{key}" : {self._json(shape.value, depth + 1, above)} \n}}'
        if isinstance(shape, StructureShape):
            if getattr(shape, "is_document_type", False):
                return self._hole("JSON value")
            if shape.name in above or depth > 6:
                return f'"{shape.name}"'
            if self.union_elided and shape.metadata.get("union"):
                return "{ ... }"
            members = [(self._wire(n, s), s) for n, s in sorted(shape.members.items())]
            return self._json_object(members, depth, (*above, shape.name))
        if shape.type_name == "timestamp":
            text = shape.serialization.get("timestampFormat") == "iso8601"
            return f'"{self._hole("string")}"' if text else self._hole("number")
        if shape.type_name in ("string", "character"):
            return f'"{self._hole("string")}"'
        return self._hole({"boolean": "boolean", "blob": "blob"}.get(shape.type_name, "number"))

    def _element(
        self, name: str, shape: Shape, depth: int, above: tuple[str, ...]
    ) -> Iterator[str]:
        pad = "   " * depth
        if isinstance(shape, ListShape):
            if shape.serialization.get("flattened"):
                yield from self._element(name, shape.member, depth, above)
                yield f"{pad}..."
            else:
                yield f"{pad}<{name}>"
                inner = shape.member.serialization.get("name", "member")
                yield from self._element(inner, shape.member, depth + 1, above)
                if self.rng.random() < 0.3:
                    yield f"{pad}   ..."
                yield f"{pad}</{name}>"
        elif isinstance(shape, MapShape):
            yield f"{pad}<{name}><entry><key>string</key>"
            yield from self._element("value", shape.value, depth + 1, above)
            yield f"{pad}</entry></{name}>"
        elif isinstance(shape, StructureShape):
            space = shape.serialization.get("xmlNamespace")
            uri = space.get("uri") if isinstance(space, Mapping) else space
            yield f"{pad}<{name}" + (f' xmlns="{uri}">' if uri else ">")
            if shape.name not in above:
                for n, s in shape.members.items():
                    yield from self._element(self._wire(n, s), s, depth + 1, (*above, shape.name))
            yield f"{pad}</{name}>"
        else:
            kind = shape.type_name
            word = kind if kind in ("boolean", "integer", "long", "timestamp", "blob") else "string"
            word = kind if kind in ("float", "double") else word
            yield f"{pad}<{name}>{self._hole(word)}</{name}>"


def _constraints(shape: Shape) -> Iterator[str]:
    leaf = shape
    if isinstance(shape, ListShape):
        yield from _bounds("Array Members", "number", shape, items=True)
        leaf = shape.member
        if isinstance(leaf, ListShape):
            yield from _bounds("Array Members", "number", leaf, items=True)
            leaf = leaf.member
    elif isinstance(shape, MapShape):
        yield from _bounds("Map Entries", "number", shape, items=True)
        key = shape.key
        yield from _bounds("Key Length Constraints", "length", key)
        if key.metadata.get("pattern"):
            yield f"Key Pattern: `{key.metadata['pattern']}`"
        if key.metadata.get("enum"):
            yield f"Valid Keys: `{' | '.join(key.metadata['enum'])}`"
        leaf = shape.value
        if isinstance(leaf, ListShape):
            yield from _constraints(leaf)
        if leaf.type_name == "string":
            yield from _bounds("Value Length Constraints", "length", leaf)
            if leaf.metadata.get("pattern"):
                yield f"Value Pattern: `{leaf.metadata['pattern']}`"
            if leaf.metadata.get("enum"):
                yield f"Valid Values: `{' | '.join(leaf.metadata['enum'])}`"
        elif leaf.type_name in ("integer", "long", "float", "double"):
            yield from _bounds("Valid Range", "value", leaf)
        return
    if leaf.type_name in ("string", "blob", "character"):
        yield from _bounds("Length Constraints", "length", leaf)
        if leaf.metadata.get("pattern") and leaf.type_name == "string":
            yield f"Pattern: `{leaf.metadata['pattern']}`"
        if leaf.metadata.get("enum"):
            yield f"Valid Values: `{' | '.join(leaf.metadata['enum'])}`"
    elif leaf.type_name in ("integer", "long", "float", "double"):
        yield from _bounds("Valid Range", "value", leaf)


def _bounds(marker: str, noun: str, shape: Shape, *, items: bool = False) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    end = (lambda n: f" item{'' if n == 1 else 's'}") if items else (lambda n: "")
    if least is not None and least == most:
        yield f"{marker}: Fixed {noun} of {least}{end(least)}."
        return
    parts = [
        f"{word} {noun} of {bound}{end(bound)}."
        for word, bound in (("Minimum", least), ("Maximum", most))
        if bound is not None
    ]
    if parts:
        yield f"{marker}: {' '.join(parts)}"


# ------------------------------------------------------------------ forms


def _bare(text: str) -> str:
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)


def _unmarked(line: str) -> str:
    """A line without the backticks that Markdown puts around values."""
    found = re.fullmatch(r"([\w ]+: )`(.*)`", line, re.DOTALL)
    return found[1] + found[2] if found else line


def _flat(line: str) -> str:
    return " ".join(line.split())


def _text(writer: _Writer) -> str:
    """What a browser copies: blank lines between the lines, no marks."""
    return "\n\n".join(_text_lines(writer, torn=False)) + "\n"


def _torn(writer: _Writer) -> str:
    """What an extractor makes: names as ``- Name`` above a bare ``-``."""
    return "\n".join(_text_lines(writer, torn=True)) + "\n"


def _text_lines(writer: _Writer, *, torn: bool) -> Iterator[str]:
    yield f"{writer.name} - {writer.full}"
    yield writer.name
    yield "What the operation does."
    for section in writer.sections():
        yield section.title
        yield from section.intro
        if section.code:
            yield section.code if section.title == "Examples" else _flat(section.code)
        for entry in section.entries:
            yield from ([f"- {entry.name}", "-"] if torn else [entry.name])
            for prose in entry.prose:
                if isinstance(prose, tuple):
                    yield prose[0]
                    yield from prose[1]
                else:
                    yield prose
            for name in entry.inner:
                yield from ([f"- {name}", "-"] if torn else [name])
                yield "More of it."
            yield from map(_unmarked, entry.lines)


def _html(writer: _Writer) -> str:
    esc = html.escape
    out = [
        "<!DOCTYPE html>",
        f"<html><head><title>{writer.name} - {esc(writer.full)}</title></head><body>",
        f'<div id="main-col-body"><h1 class="topictitle">{writer.name}</h1><p>It does.</p>',
    ]
    for section in writer.sections():
        out.append(f"<h2>{section.title}</h2>")
        out += [f"<p>{esc(one)}</p>" for one in section.intro]
        if section.code:
            out.append(f"<pre><code>{esc(section.code)}</code></pre>")
        if section.entries:
            out.append('<div class="variablelist"><dl>')
            for entry in section.entries:
                out.append(f'<dt><b><a href="#x"><code>{esc(entry.name)}</code></a></b></dt><dd>')
                for prose in entry.prose:
                    if isinstance(prose, tuple):
                        bullets = "".join(f"<li><p><code>{one}</code></p></li>" for one in prose[1])
                        out.append(f"<p>{prose[0]}</p><ul>{bullets}</ul>")
                    else:
                        out.append(f"<p>{esc(prose)}</p>")
                if entry.inner:
                    inner = "".join(f"<dt>{one}</dt><dd><p>More.</p></dd>" for one in entry.inner)
                    out.append(f"<dl>{inner}</dl>")
                for line in entry.lines:
                    marker, _, value = _unmarked(line).partition(": ")
                    out.append(f"<p>{marker}: <code>{esc(value)}</code></p>")
                out.append("</dd>")
            out.append("</dl></div>")
    return "\n".join([*out, "</div></body></html>"])


def _escaped(text: str) -> str:
    """Prose as GitHub's copies print it; what is between backticks is verbatim."""
    parts = re.split(r"(`[^`]*`|\[[^\]]*\]\([^)]*\))", text)
    parts[::2] = [re.sub(r"([.\-!|<>{}*_])", r"\\\1", one) for one in parts[::2]]
    return "".join(parts)


def _code_span(line: str) -> str:
    found = re.fullmatch(r"([\w ]+: )`(.*)`", line, re.DOTALL)
    if found and "`" in found[2]:
        return f"{found[1]}`` {found[2]} ``"
    return line


def _github(writer: _Writer) -> str:
    return _markdown(writer, _escaped, anchored=True)


def _served(writer: _Writer) -> str:
    guide = writer.uid.rpartition("-20")[0]
    address = f"https://docs.aws.amazon.com/{guide}/latest/APIReference/API_{writer.name}.html"
    return f"---\nsource_url: {address}\n---\n\n" + _markdown(writer, str, anchored=False)


def _markdown(writer: _Writer, escape: Callable[[str], str], *, anchored: bool) -> str:
    name = writer.name

    def heading(marks: str, title: str, anchor: str) -> list[str]:
        tag = f'<a name="{anchor}"></a>'
        return [f"{marks} {title}{tag}"] if anchored else [f"{marks} {title}", tag]

    out = [*heading("#", name, f"API_{name}"), "", escape("What the operation does."), ""]
    for section in writer.sections():
        anchor = f"API_{name}_{section.title.replace(' ', '')}"
        out += [*heading("##", section.title, anchor), ""]
        if section.title == "See Also":
            out.append(f"+  [AWS SDK for Python]({section.intro[0].split()[-1]})")
            continue
        for intro in section.intro:
            out += [escape(intro), ""]
        if section.code:
            out += ["```", section.code, "```", ""]
        for entry in section.entries:
            link = f'   <a name="{name}-{entry.name}"></a>'
            if section.title == "Errors":
                linked = entry.linked and not anchored
                head = f" [{entry.name}](API_{entry.name}.md)" if linked else f" ** {entry.name} **"
                out.append(head + ("  " if anchored else ""))
            else:
                out.append(f" ** [{entry.name}](#{anchor}) ** {link}")
            for prose in entry.prose:
                if isinstance(prose, tuple):
                    out += [prose[0], *(f"+ `{one}`" for one in prose[1])]
                else:
                    out.append(escape(prose) + "  ")
            for inner in entry.inner:
                out += [f" ** {inner} **", "More of it."]
            out += [escape(_code_span(line)) + "  " for line in entry.lines]
            out.append("")
    return "\n".join(out) + "\n"


def _crawled(writer: _Writer) -> str:
    """What a crawler stores: names in bold, addresses in lower case, a blank line everywhere."""
    out = [f"# {writer.name}", "It does.", "###### Note", "Not for everyone."]
    for section in writer.sections():
        out.append(f"## {section.title}")
        if section.title == "See Also":
            link = f"../../../goto/boto3/{writer.uid}/{writer.name.lower()}.md"
            out.append(f"- [AWS SDK for Python]({link})")
            continue
        out += section.intro
        if section.code:
            out.append(f"```nohighlight\n\n{section.code}\n\n```")
        for entry in section.entries:
            linked = section.title != "Errors" and not writer.query
            out.append(f"**[{entry.name}](#API_x)**" if linked else f"**{entry.name}**")
            for prose in entry.prose:
                if isinstance(prose, tuple):
                    out += [prose[0], *(f"- `{one}`" for one in prose[1])]
                else:
                    out.append(prose)
            for inner in entry.inner:
                out += [f"**{inner}**", "More of it."]
            out += map(_code_span, entry.lines)
    return "\n\n".join([*out, "[Document Conventions](docconventions.md)", "OtherOperation"]) + "\n"


_RENDER: Mapping[str, Callable[[_Writer], str]] = {
    "text": _text,
    "torn": _torn,
    "html": _html,
    "github": _github,
    "served": _served,
    "braced": lambda writer: _markdown(writer, str, anchored=False),
    "crawled": _crawled,
}


def operations(service: str) -> list[str]:
    """The operations of a service that pages can be written of."""
    names: list[str] = sorted(described(service).operation_names)
    return names
