"""Which defects that moto mended does the suite notice? Runs it on the release before and after.

``tests/moto_history.toml`` lists pairs of releases, each with what was broken. Releases are
installed below ``--folder``, each beside the dependencies that all of them share. What came of each
pair is written back into the list with ``--write``.
"""

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

LIST = Path(__file__).with_suffix(".toml")
ROOT = Path(__file__).parent.parent
#: What the server needs of releases from 4.2 to 5.1.
_NEEDS = (
    "moto[all,server]==5.0.28",
    *("boto3<1.37", "python-jose", "ecdsa", "sshpubkeys", "setuptools<80", "flask-cors"),
)
_BROKEN = ("fail", "warn")
_RANK = ("fail", "warn", "pass", "inconclusive", "unsupported", "observed", "error")
#: The kinds of defects that may show as a failing server.
_OF_PROTOCOL = frozenset({"unknown", "deletion", "alias"})
#: Seconds that a run on one release may take.
_MOST = 600

Pair = Mapping[str, Any]
#: Clause and case → verdict.
Verdicts = Mapping[tuple[str, str], str]


def read() -> tuple[str, list[dict[str, Any]]]:
    """The comment above the list, and the pairs."""
    text = LIST.read_text("utf-8")
    return text[: text.index("format =")], tomllib.loads(text)["pairs"]


def install(folder: Path, release: str) -> Path:
    """The folder of a release, installed if it is not there yet."""
    python = folder / "deps" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "deps")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *_NEEDS], check=True)
        subprocess.run([str(python), "-m", "pip", "uninstall", "-q", "-y", "moto"], check=True)
    target = folder / release
    if not target.exists():
        words = ["install", "-q", "--no-deps", "--target", str(target)]
        subprocess.run([str(python), "-m", "pip", *words, f"moto=={release}"], check=True)
        metadata = next(target.glob("moto-*/METADATA")).read_text("utf-8")
        for line in metadata.splitlines():  # each release takes but one parser of PartiQL
            if line.startswith("Requires-Dist: py-partiql-parser") and "==" in line:
                version = line.partition("==")[2].split(";")[0].strip(" )")
                needed = f"py-partiql-parser=={version}"
                subprocess.run([str(python), "-m", "pip", *words, needed], check=True)
                break
    return target


@contextlib.contextmanager
def serving(folder: Path, release: str) -> Iterator[str]:
    """The address of a release's server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(install(folder, release))}
    command = [str(folder / "deps" / "bin" / "python"), "-m", "moto.server", "-p", str(port)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + 120
            while True:
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"{url}/moto-api/data.json", timeout=30).close()
                    break
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"moto {release} does not start")
                time.sleep(0.3)
            yield url
        finally:
            server.terminate()
            server.wait(20)


def verdicts(url: str, pair: Pair, report: Path) -> Verdicts:
    """The worst verdict of each case on each clause that the pair is about."""
    request = urllib.request.Request(f"{url}/moto-api/reset", method="POST")
    urllib.request.urlopen(request, timeout=60).close()
    words = ["--mutating", "--depth=full", "--max-examples=0", "--operations", pair["operations"]]
    words += [f"--case={pair['clause']}", f"--report={report}"]
    with contextlib.suppress(FileNotFoundError):
        (report / "report.json").unlink()
    subprocess.run(
        [sys.executable, "-m", "conformance", "certify", url, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT), "CONFORMANCE_JOURNAL": str(report / "journal")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=_MOST,
        check=False,
    )
    if not (report / "report.json").exists():
        return {}
    found: dict[tuple[str, str], str] = {}
    for one in json.loads((report / "report.json").read_text("utf-8"))["findings"]:
        clause, verdict = one["clause"], one["verdict"]
        if fnmatchcase(clause, pair["clause"]):
            key = clause, one["case"]
            found[key] = min(found.get(key, verdict), verdict, key=_RANK.index)
    return found


def judged(kind: str, before: Verdicts, mended: Verdicts) -> tuple[str, str]:
    """What came of a pair, and the clause that shows it or the reason why none does.

    A case shows it that finds a clause broken before and not after: another case may find the same
    clause broken on both, for another reason.
    """
    shows = [
        key
        for key, verdict in sorted(before.items())
        if verdict in _BROKEN and mended.get(key, "pass") not in _BROKEN
    ]
    if kind not in _OF_PROTOCOL:
        shows = [one for one in shows if one[0].split("/")[1] not in {"auth", "protocol"}]
    sure = [one for one in shows if mended.get(one) == "pass"] or shows
    if sure:
        return "noticed", sure[0][0]
    if not before and not mended:
        return "missed", "no case is about it"
    exercised = [verdict for verdict in mended.values() if verdict in {"pass", *_BROKEN}]
    if not exercised:
        return "missed", "not exercised"
    if any(verdict in _BROKEN for verdict in mended.values()):
        return "missed", "broken on both"
    return "missed", "passes on both"


def run(folder: Path, due: Sequence[dict[str, Any]]) -> Counter[str]:
    """Run some pairs, release by release; what came of each is printed once it is known."""
    found: dict[tuple[int, str], Verdicts] = {}
    counts: Counter[str] = Counter()
    releases = {pair[which] for pair in due for which in ("before", "mended")}
    for release in sorted(releases, key=_number, reverse=True):
        with serving(folder, release) as url:
            for number, pair in enumerate(due):
                if release not in (pair["before"], pair["mended"]):
                    continue
                report = folder / "reports" / f"{pair['operations'].split(',')[0]}-{release}"
                try:
                    found[number, release] = verdicts(url, pair, report)
                except (subprocess.TimeoutExpired, OSError):
                    found[number, release] = {}
                if release == pair["before"]:
                    mended = found[number, pair["mended"]]
                    pair["result"], pair["why"] = judged(
                        pair["kind"], found[number, release], mended
                    )
                    counts[pair["result"]] += 1
                    words = [pair[key] for key in ("result", "before", "kind", "clause", "why")]
                    print(*words, sep="\t", flush=True)
    return counts


def _number(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run every pair, and print what came of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / ".moto-history")
    parser.add_argument("--only", default="*", help="a pattern of clauses")
    parser.add_argument("--before", default="*", help="a pattern of releases with the defect")
    parser.add_argument("--write", action="store_true", help="write the results into the list")
    chosen = parser.parse_args(arguments)
    head, pairs = read()
    wanted = {"clause": chosen.only, "before": chosen.before}
    due = [
        pair
        for pair in pairs
        if all(fnmatchcase(pair[name], pattern) for name, pattern in wanted.items())
    ]
    print(dict(run(chosen.folder.resolve(), due)))
    if chosen.write:
        lines = [head + 'format = "moto-history/1"', ""]
        for pair in pairs:
            lines += ["[[pairs]]", *(f"{key} = {json.dumps(pair[key])}" for key in pair), ""]
        LIST.write_text("\n".join(lines).rstrip("\n") + "\n", "utf-8")


if __name__ == "__main__":
    main()
