"""Build hooks of the documentation site: the reference, made of the code, and pages of the root.

Links between files of the repository become links between pages; one to what is no page keeps its
text alone.
"""

import importlib
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from conformance.checks import stories
from conformance.checks.table import CHECKS
from conformance.cli.main import COMMANDS, command
from conformance.generation.cases import cases
from conformance.generation.clauses import clauses
from conformance.protocols.table import PROTOCOLS
from conformance.report.formats import FORMATS
from conformance.runner.options import OPTIONS, Option
from conformance.spec import reading
from conformance.spec.documents import documented

_ROOT = Path(__file__).parent.parent
#: Page of the site → the file of the repository that it shows, where the two differ.
_SHOWN = {
    "guide.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
    "recordings-from-aws.md": "cassettes/aws/README.md",
}
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s#]*)(#[^)\s]*)?\)")
_ROLE = re.compile(r":(?:class|data|func|meth|mod):(?=<code>)")
#: The sections of the README that a newcomer needs.
_FIRST = ("Installation", "Quick start")


# ---------------------------------------------------------------- pages of the root


def _linked(text: str, page: str) -> str:
    """A text of the repository with links to the pages of the site."""
    source = _SHOWN.get(page, "README.md" if page == "index.md" else f"docs/{page}")

    def link(found: re.Match[str]) -> str:
        words, target, anchor = found[1], found[2], found[3] or ""
        if "://" in target or target.startswith("mailto:"):
            return found[0]
        if not target:
            return f"[{words}](guide.md{anchor})" if page == "index.md" else found[0]
        place = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        pages = {shown: name for name, shown in _SHOWN.items()}
        name = pages.get(place) or place.removeprefix("docs/")
        is_page = place in pages or (place.startswith("docs/") and place.endswith(".md"))
        return f"[{words}]({name}{anchor})" if is_page else words

    return _LINK.sub(link, text)


def _quick_start() -> str:
    readme = (_ROOT / "README.md").read_text("utf-8")
    head, *sections = re.split(r"^## ", readme, flags=re.MULTILINE)
    # what leads to sections of the README is in the navigation here
    head = head.partition("[Installation]")[0]
    chosen = [f"## {one}" for one in sections if one.partition("\n")[0] in _FIRST]
    return head + "".join(chosen)


# ---------------------------------------------------------------- the reference


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield f"|{' --- |' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(_cell(one) for one in row)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def _options() -> Iterator[str]:
    yield "# Options\n"
    yield (
        "Of `certify` and of pytest runs of the suite. The keys of a configuration file are their "
        "names without dashes before them (`max-examples`), the variables of the environment their "
        "names in capitals (`CONFORMANCE_MAX_EXAMPLES`). `--case`, `--plan` and `--endpoint-url` "
        "are for the command line alone.\n"
    )
    yield from _table(("option", "meaning"), map(_option, OPTIONS))


def _option(option: Option) -> tuple[str, ...]:
    return f"`{option.name} {option.arguments.get('metavar') or ''}".strip() + "`", option.help


def _commands() -> Iterator[str]:
    yield "# Commands\n"
    for name, (_, summary) in COMMANDS.items():
        yield f"## {name}\n\n{summary[0].upper()}{summary[1:]}.\n"
        yield f"```text\n{command(name).description.rstrip()}\n```\n"


def _clauses() -> Iterator[str]:
    yield "# Clauses\n"
    yield (
        "Of the documented operations; `aws-conformance clauses 'kms:*'` lists those of any other. "
        "A clause that no case exercises is judged wherever a response shows it, or says why not.\n"
    )
    for operation in documented().values():
        tried: dict[str, int] = {}
        for case in cases(operation):
            tried[case.clause] = tried.get(case.clause, 0) + 1
        yield f"## {operation.id}\n"
        rows = [
            (f"`{one.path}`", str(one.level), one.promise, str(tried.get(one.id, 0)))
            for one in clauses(operation).values()
        ]
        yield from _table(("clause", "level", "promise", "cases"), rows)


def _checks() -> Iterator[str]:
    yield "# Checks\n"
    rows = [
        (f"`{name}`", one.promise, "; ".join(str(raises) for raises in one.raises))
        for name, one in CHECKS.items()
    ]
    of_stories = [
        (f"`{stories.name_of(kind)}`", stories.promise(judge), ", ".join(stories.RAISES[kind]))
        for kind, judge in stories.CHECKS.items()
    ]
    yield from _table(("check", "requires", "raises"), [*rows, *of_stories])


def _formats() -> Iterator[str]:
    yield "# Formats\n\n## Files of a report\n"
    yield from _table(
        ("file", "for"), [(f"`{name}`", one.readers) for name, one in FORMATS.items()]
    )
    yield "## Files of the suite\n"
    yield "Each has a JSON Schema in `schemas/`.\n"
    rows = []
    for path in sorted((_ROOT / "schemas").glob("*.schema.json")):
        schema = reading.read_json(path)
        rows.append((f"`{path.name}`", schema.get("title", ""), schema.get("description", "")))
    yield from _table(("schema", "of", "what it is"), rows)
    yield "## Wire protocols\n"
    protocols = [(f"`{name}`", _first(one)) for name, one in PROTOCOLS.items()]
    yield from _table(("protocol", "what it is"), protocols)


def _first(protocol: Any) -> str:
    """The first sentence of the module that describes a protocol."""
    for name in ("aws_json", "ec2", "query", "rest_json", "rest_xml", "rpc_v2_cbor"):
        module = importlib.import_module(f"conformance.protocols.{name}")
        if any(value is protocol for value in vars(module).values()):
            return (module.__doc__ or "").split("\n\n")[0]
    return protocol.name


def _python() -> Iterator[str]:
    yield "# Python\n\nEverything is imported from `conformance`.\n\n## Runs\n"
    for name in ("certify", "judge", "compare", "operation", "Progress"):
        place = "events" if name == "Progress" else "api"
        yield f"::: conformance.runner.{place}.{name}\n"
    yield "## Results\n"
    for name in ("Report", "Clause", "Finding"):
        yield f"::: conformance.report.results.{name}\n"
    yield "## Strategies\n"
    for name in ("valid", "invalid"):
        yield f"::: conformance.generation.strategies.{name}\n"
    yield "## The fixture\n"
    for name in ("aws_conformance", "aws_conformance_url"):
        yield f"::: conformance.runner.fixtures.{name}\n"
    yield "## Errors\n\n::: conformance.errors.ConformanceError\n"


_MADE: Mapping[str, Callable[[], Iterable[str]]] = {
    "reference/options.md": _options,
    "reference/commands.md": _commands,
    "reference/clauses.md": _clauses,
    "reference/checks.md": _checks,
    "reference/formats.md": _formats,
    "reference/python.md": _python,
}


# ---------------------------------------------------------------- the hooks


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    made = {name: "\n".join(lines()) for name, lines in _MADE.items()}
    made |= {name: (_ROOT / shown).read_text("utf-8") for name, shown in _SHOWN.items()}
    made["index.md"] = _quick_start()
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leave out the roles of docstrings, which name a class to other tools."""
    return _ROLE.sub("", html)


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Give a page links within the site."""
    name = page.file.src_uri
    return markdown if name in _MADE else _linked(markdown, name)
