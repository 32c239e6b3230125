"""Reads AWS's printed samples into ``schemas/samples/SERVICE.json``: facts alone, no sentences.

Run where ``awscli`` is installed, with its source distribution unpacked: the examples are commands
of the AWS CLI, and its own parser says what each sends. botocore's ``examples-1.json`` are read
beside them. Kept of each sample are the request's members, with values where these are no free
text, which members its response shows, and of one or two responses what ``printed_answers`` keeps.

    make samples
"""

# ruff: noqa: PLC0415 # what it needs is installed where it runs, not where it is checked

import argparse
import importlib
import json
import multiprocessing
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from printed_answers import SECRET, Answer, account_free, chosen, is_free

#: So many calls of one operation are kept, the shortest first.
MOST_CALLS = 4
#: What is longer, as JSON, is not kept.
LONGEST = 4000
_BLOCK = re.compile(r"^(?P<indent>[ \t]+)\S")
_FILE = re.compile(r"[Cc]ontents? of (?:the )?(?:file )?[`'\"*]*([\w./-]+\.\w+)")
_OUTPUT = re.compile(r"^\s*\**Output\**\s*::?\s*$")


@dataclass
class Found:
    """What the samples of one operation say."""

    calls: list[Any] = field(default_factory=list)
    shown: Counter[str] = field(default_factory=Counter)
    answers: int = 0
    printed: list[Answer] = field(default_factory=list)


# ------------------------------------------------------------ the pages of the AWS CLI


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """The indented blocks of a page, each with the line before it."""
    before, lines = "", []
    for line in [*text.expandtabs(4).splitlines(), "end"]:
        if _BLOCK.match(line) or (lines and not line.strip()):
            lines.append(line)
            continue
        if lines:
            yield before, "\n".join(lines)
            lines = []
        if line.strip():
            before = line


def samples(text: str) -> Iterator[tuple[str, Mapping[str, str], Any]]:
    """Each command of a page, with the files it reads and the response it prints, if any."""
    command, files, answer = "", {}, None
    for before, block in blocks(text):
        plain = block.strip()
        named = _FILE.search(before)
        if plain.startswith("aws "):
            if command:
                yield command, files, answer
            command, answer = plain, None
        elif _OUTPUT.match(before.strip()) or before.strip().lower().startswith("output"):
            with suppress(ValueError):
                answer = json.loads(plain)
        elif named:
            files = {**files, named[1]: plain}
        elif plain.startswith("{") and answer is None and command:
            with suppress(ValueError):
                answer = json.loads(plain)
    if command:
        yield command, files, answer


class Recorder:
    """The AWS CLI, which says what it would send instead of sending it."""

    def __init__(self) -> None:
        import awscli.clidriver

        self.said: list[tuple[str, str, Any]] = []
        for number in (1, 2):  # it complains of what it cannot read
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)

        def invoke(_: Any, service: str, operation: str, parameters: Any, __: Any) -> int:
            self.said.append((service, operation, parameters))
            return 0

        def refuse(*_: Any) -> Any:
            raise OSError("nothing is sent")

        awscli.clidriver.CLIOperationCaller.invoke = invoke  # type: ignore[method-assign]
        # some commands are programs of their own, which send
        for package in ("awscli.botocore", "botocore"):
            with suppress(ImportError):
                session = importlib.import_module(f"{package}.httpsession")
                session.URLLib3Session.send = refuse
        time.sleep = lambda _: None
        subprocess.Popen = refuse  # type: ignore[assignment,misc]
        self._driver = awscli.clidriver.create_clidriver()

    def sends(self, command: str) -> tuple[str, str, Any] | None:
        """The service, operation and parameters of a command; ``None`` where it cannot be read."""
        text = re.sub(r"[\\^`]\s*\n", " ", command)
        text = text.split("\n\n")[0].replace("\n", " ")
        try:
            words = shlex.split(text)
        except ValueError:
            return None
        before = len(self.said)
        with suppress(BaseException):
            self._driver.main(words[1:])
        return self.said[-1] if len(self.said) > before else None


def of_folder(folder: Path) -> dict[str, dict[str, Found]]:
    """The facts of one folder of the AWS CLI's examples."""
    return gathered(of_cli(folder))


def of_cli(examples: Path) -> Iterator[tuple[str, str, Any, Any]]:
    """Service, operation, parameters and response of each sample that can be read."""
    recorder = Recorder()
    for page in sorted(examples.glob("*.rst")):
        text = page.read_text("utf-8", "replace")
        for command, files, answer in samples(text):
            with tempfile.TemporaryDirectory() as folder:
                here = Path.cwd()
                for name, content in files.items():
                    path = Path(folder, name.lstrip("/"))
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(content)
                os.chdir(folder)
                try:
                    said = recorder.sends(command)
                finally:
                    os.chdir(here)
            if said is not None:
                yield (*said, answer)


def of_sdk() -> Iterator[tuple[str, str, Any, Any]]:
    """The samples that botocore has beside its models."""
    import botocore.loaders

    loader = botocore.loaders.Loader()
    for service in loader.list_available_services("service-2"):
        with suppress(Exception):
            held = loader.load_service_model(service, "examples-1").get("examples", {})
            for operation, found in held.items():
                for one in found:
                    yield service, operation, one.get("input", {}), one.get("output")


# ------------------------------------------------------------ facts


def shapes(service: str) -> Any:
    """The model of a service; ``None`` where the SDK has none."""
    import botocore.loaders
    from botocore.model import ServiceModel

    with suppress(Exception):
        loaded = botocore.loaders.Loader().load_service_model(service, "service-2")
        return ServiceModel(loaded, service)
    return None


def plain(value: Any, shape: Any, name: str = "") -> Any:
    """A value of a shape without free text; raises ValueError where it does not fit."""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, Mapping) or value.keys() - shape.members.keys():
            raise ValueError(name)
        return {key: plain(one, shape.members[key], key) for key, one in value.items()}
    if kind == "list":
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise ValueError(name)
        return [plain(one, shape.member, name) for one in value]
    if kind == "map":
        if not isinstance(value, Mapping):
            raise ValueError(name)
        return {str(key): plain(one, shape.value, str(key)) for key, one in value.items()}
    if kind == "string":
        if not isinstance(value, str):
            raise ValueError(name)
        return "Conformance-1" if SECRET.search(name) else text(value, shape)
    if kind == "boolean":
        return bool(value)
    if kind in {"integer", "long"}:
        return int(value)
    if kind in {"float", "double"}:
        return float(value)
    if kind == "blob":
        return text(value if isinstance(value, str) else "blob", shape)
    if kind == "timestamp":
        return value if isinstance(value, (int, float)) else str(value)[:40]
    raise ValueError(name)


def text(value: str, shape: Any) -> str:
    """A text as it is, where it is a word, a name or a document; free text becomes a word."""
    if getattr(shape, "enum", None):
        return value
    value = account_free(value)
    stripped = value.strip()
    if stripped.startswith(("{", "[")):
        with suppress(ValueError):
            return json.dumps(json.loads(stripped), separators=(",", ":"))
    if re.fullmatch(r"\w+\([^()]*\)", value):  # a schedule
        return value
    if is_free(value) or len(value) > 200:
        least = shape.metadata.get("min", 0) or 0
        return "text".ljust(int(least), "x")
    return value


def members(value: Any, shape: Any, path: str = "") -> Iterator[str]:
    """The paths of the members that a response shows, as clauses name them."""
    if shape is None or value is None:
        return
    if shape.type_name == "structure" and isinstance(value, Mapping):
        for name, inner in shape.members.items():
            if value.get(name) is not None:
                here = f"{path}/{name}" if path else name
                yield here
                yield from members(value[name], inner, here)
    elif shape.type_name == "list" and isinstance(value, list) and value:
        every = [set(members(one, shape.member, f"{path}/item")) for one in value]
        yield from sorted(set.intersection(*every))


def gathered(
    every: Iterator[tuple[str, str, Any, Any]],
) -> dict[str, dict[str, Found]]:
    """The facts of all samples, by service and operation."""
    found: dict[str, dict[str, Found]] = {}
    models: dict[str, Any] = {}
    for service, operation, params, answer in every:
        if service not in models:
            models[service] = shapes(service)
        model = models[service]
        if model is None or operation not in model.operation_names:
            continue
        described = model.operation_model(operation)
        held = found.setdefault(service, {}).setdefault(operation, Found())
        if described.input_shape is not None:
            with suppress(ValueError, TypeError):
                call = plain(params, described.input_shape)
                if call not in held.calls and len(json.dumps(call)) <= LONGEST:
                    held.calls.append(call)
        if isinstance(answer, Mapping):
            shown = set(members(answer, described.output_shape))
            if shown:
                held.answers += 1
                held.shown.update(shown)
                held.printed.append(Answer(answer, described.output_shape))
    return found


def merge(into: dict[str, dict[str, Found]], more: Mapping[str, Mapping[str, Found]]) -> None:
    """Add the facts of some samples to those of others."""
    for service, operations in more.items():
        for name, one in operations.items():
            held = into.setdefault(service, {}).setdefault(name, Found())
            held.calls += [call for call in one.calls if call not in held.calls]
            held.shown.update(one.shown)
            held.answers += one.answers
            held.printed += one.printed


def written(found: Mapping[str, Found], sources: Mapping[str, str]) -> str:
    """The facts of one service as a file."""
    operations = {}
    for name, one in sorted(found.items()):
        calls = sorted(one.calls, key=lambda call: len(json.dumps(call)))[:MOST_CALLS]
        always = sorted(path for path, count in one.shown.items() if count == one.answers)
        said: dict[str, Any] = {}
        if any(calls):
            said["calls"] = [call for call in calls if call]
        if one.answers:
            said |= {"answers": one.answers, "always": always, **_printed(one.printed)}
        if said:
            operations[name] = said
    content = {
        "format": "aws-conformance-samples/1",
        "sources": sources,
        "operations": operations,
    }
    lines = [json.dumps(one, sort_keys=True, ensure_ascii=False) for one in operations.values()]
    body = ",\n".join(
        f"  {json.dumps(name)}: {line}" for name, line in zip(operations, lines, strict=True)
    )
    head = json.dumps({key: content[key] for key in ("format", "sources")})[:-1]
    return f'{head}, "operations": {{\n{body}\n}}}}\n'


def _printed(every: Sequence[Answer]) -> dict[str, Any]:
    """The answers that are kept, and the members of theirs that the models lack."""
    kept = chosen(every)
    unknown = sorted(set().union(*(one.unknown for one in kept)))
    return {
        **({"printed": [one.fact for one in kept]} if kept else {}),
        **({"unknown": unknown} if unknown else {}),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Read all samples and write a file for each service."""
    import awscli
    import botocore

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("examples", type=Path, help="the folder of the AWS CLI's examples")
    parser.add_argument("folder", type=Path, help="where to write")
    arguments = parser.parse_args(argv)
    os.environ.update(
        AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1"
    )
    sources = {"awscli": awscli.__version__, "botocore": botocore.__version__}
    cli: dict[str, dict[str, Found]] = {}
    folders = sorted(path for path in arguments.examples.iterdir() if path.is_dir())
    # commands of some services leave the AWS CLI unusable: each folder has a process of its own
    with multiprocessing.get_context("spawn").Pool(maxtasksperchild=1) as pool:
        for found in (*pool.imap_unordered(of_folder, folders), gathered(of_sdk())):
            merge(cli, found)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for service, found in sorted(cli.items()):
        (arguments.folder / f"{service}.json").write_text(written(found, sources), "utf-8")
    calls = sum(bool(one.calls) for found in cli.values() for one in found.values())
    shown = sum(one.answers > 0 for found in cli.values() for one in found.values())
    print(f"{len(cli)} services, {calls} operations with calls, {shown} with responses")
    return 0


if __name__ == "__main__":
    sys.exit(main())
