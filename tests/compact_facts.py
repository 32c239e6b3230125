"""Makes ``schemas/observed/`` of the facts that were read off other projects' recordings.

    python -m tests.compact_facts FOLDER

FOLDER holds ``observed.jsonl``, ``present.jsonl``, ``across-calls.jsonl`` and ``dynamodb.jsonl``, a
fact a line. Names, codes, statuses and counts are taken over, and no text that somebody wrote.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.spec.observations import SeenError, merged
from conformance.spec.observed import FOLDER, data

ROOT = Path(__file__).parent.parent
Row = dict[str, Any]

#: Recordings that are not edited: their tests are run on AWS.
VALIDATED = "localstack/localstack"
#: How the facts on DynamoDB call an occasion, and what it is called here.
OCCASIONS = {
    "unknown": "unknown",
    "duplicate": "duplicate",
    "in use": "in-use",
    "limit": "limit",
    "too long": "limit",
    "missing member": "missing",
    "empty value": "invalid",
    "bad expression": "invalid",
    "out of range": "invalid",
    "wrong type": "invalid",
    "other": "other",
}
SEEN = {
    "constraint-held": "held",
    "accepted-though-broken": "accepted",
    "answer-departs": "departed",
}
#: How a value is read back, as far as that is no text of a test.
READ_BACK = re.compile(
    r"(?:empty given: )?(?:equal|absent|present, value masked|same JSON document|defaults added"
    r"|upper-cased|list re-ordered|secret left out|document differs|other value)"
)


def rows(folder: Path, name: str) -> Iterator[Row]:
    with (folder / f"{name}.jsonl").open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def source(row: Row) -> str:
    """``repository@commit:path``; the suite of DynamoDB has no public name."""
    if "source" in row:
        return f"a suite of DynamoDB that passes on AWS:{row['source']}"
    path = row.get("file") or row.get("path") or "its snapshots"
    return f"{row['repo']}@{row.get('commit', '')[:12]}:{path}".replace("@:", ":")


def repository(text: str) -> str:
    return re.split("[@:]", text)[0]


def errors(folder: Path) -> Mapping[str, list[SeenError]]:
    found: dict[str, list[SeenError]] = defaultdict(list)
    for row in rows(folder, "observed"):
        edited = row["repo"] != VALIDATED
        if row["fact"] == "error" and not (edited and row["status"] >= 500):
            found[row["operation"]].append(
                SeenError(
                    code=row["code"],
                    status=row["status"],
                    recordings=row["observations"],
                    doubtful=edited,
                    sources=(source(row),),
                )
            )
    for row in rows(folder, "across-calls"):
        if row["fact"] == "error-when":
            certain = len(row["by"]) > 1 or row["tests"] > 1
            known = found[row["operation"]]
            # the same snapshots are read for both files
            again = any(
                one.code == row["code"] and one.status == row.get("status") for one in known
            )
            found[row["operation"]].append(
                SeenError(
                    code=row["code"],
                    status=row.get("status"),
                    recordings=0 if again else row["observations"],
                    when=(row["when"],) if certain else (),
                    sources=(source(row),),
                )
            )
    for row in rows(folder, "dynamodb"):
        if "code" in row:
            found[row["operation"]].append(
                SeenError(
                    code=row["code"],
                    status=row.get("status"),
                    when=(OCCASIONS[row["when"]],),
                    sources=(source(row),),
                )
            )
    return {name: list(agreeing(ones)) for name, ones in found.items()}


def agreeing(ones: list[SeenError]) -> Iterator[SeenError]:
    """Each error once; a code without a status joins the same one with a status."""
    statuses = {one.code: one.status for one in ones if one.status}
    return merged(replace(one, status=one.status or statuses.get(one.code)) for one in ones)


class File:
    """One service's file in the making."""

    def __init__(self) -> None:
        self.sources: dict[str, int] = {}
        self.operations: dict[str, dict[str, Any]] = defaultdict(lambda: defaultdict(list))

    def numbers(self, texts: tuple[str, ...]) -> list[int]:
        return [self.sources.setdefault(text, len(self.sources)) for text in texts]


def error(file: File, one: SeenError) -> Row:
    found: Row = {"code": one.code}
    if one.status:
        found["status"] = one.status
    found["recordings"] = one.recordings
    if one.when:
        found["when"] = list(one.when)
    if one.doubtful:
        found["doubtful"] = True
    return {**found, "from": file.numbers(one.sources)}


def call(row: Row) -> Row:
    keys = ("fact", "member", "reader", "shown", "how", "value", "result", "unknown", "again")
    found = {key: row[key] for key in (*keys, "status", "tests") if key in row}
    if "how" in found:
        match = READ_BACK.match(found["how"])
        found["how"] = match[0] if match else "another value"
    return found


def compact(folder: Path) -> Mapping[str, File]:
    files: dict[str, File] = defaultdict(File)
    for name, ones in errors(folder).items():
        file = files[name.split(":")[0]]
        file.operations[name]["errors"] = [error(file, one) for one in ones]
    for row in rows(folder, "observed"):
        if row["fact"] in SEEN:
            name, _, path = row["clause"].partition("/")
            file = files[name.split(":")[0]]
            clause = {"path": path, "seen": SEEN[row["fact"]], "recordings": row["observations"]}
            clause |= {key: row[key] for key in ("code", "status") if key in row}
            clause["from"] = file.numbers((source(row),))
            file.operations[name]["clauses"].append(clause)
    for row in rows(folder, "present"):
        file = files[row["operation"].split(":")[0]]
        members = {"always": row["always"], "answers": row["answers"], "tests": row["tests"]}
        members["from"] = file.numbers((source(row),))
        file.operations[row["operation"]]["members"].append(members)
    for row in rows(folder, "across-calls"):
        if row["fact"] != "error-when":
            name = row.get("operation") or row["create"]
            file = files[name.split(":")[0]]
            found = {**call(row), "from": file.numbers((source(row),))}
            file.operations[name]["calls"].append(found)
    return files


def text(file: File) -> str:
    """A file with a fact a line."""
    whole = data(dict(sorted(file.operations.items())), list(file.sources))

    def flat(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))

    def listed(values: list[Any], indent: str) -> str:
        return ",\n".join(f"{indent}{flat(one)}" for one in values)

    operations = []
    for name, kinds in whole["operations"].items():
        parts = [
            f'      "{kind}": [\n{listed(ones, " " * 8)}\n      ]' for kind, ones in kinds.items()
        ]
        operations.append(f'    "{name}": {{\n' + ",\n".join(parts) + "\n    }")
    head = f'{{\n  "format": "{whole["format"]}",\n  "sources": [\n'
    return (
        head
        + listed(whole["sources"], "    ")
        + '\n  ],\n  "operations": {\n'
        + (",\n".join(operations) + "\n  }\n}\n")
    )


def main() -> None:
    target = ROOT / "schemas" / FOLDER
    target.mkdir(exist_ok=True)
    for service, file in sorted(compact(Path(sys.argv[1])).items()):
        (target / f"{service}.json").write_text(text(file), "utf-8")


if __name__ == "__main__":
    main()
