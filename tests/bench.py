"""Measures the suite: processor time against a bare test, workers, collection, memory, counts.

Prints a table of figures with the limits that they are to keep, and fails at none; run it with
``make bench``. Everything that is compared is measured in the same run, against the same server.
``models`` takes minutes and ``seeds`` an hour or so: they have to be asked for by name (``make
bench ARGS=seeds``).
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import models
import seeds
import shares
import structure
from calibration.servers import start

from conformance.execution.engine import areas, collected
from conformance.generation.cases import cases
from conformance.generation.clauses import AREAS, area, clauses
from conformance.protocols.http import Request, Response
from conformance.recording import cassette
from conformance.runner.reference_process import reference_server
from conformance.runner.settings import DEFAULT_OPERATIONS
from conformance.spec.registry import select
from conformance.transport.connection import Transport
from conftest import serving_moto

_HERE = Path(__file__).parent
#: Services whose collection is timed: the largest one, and one that people try first.
_SERVICES = ("ec2", "kms")

#: The yardstick: one boto3 call in each of many parametrized tests.
BARE = """
    import boto3, os, pytest
    from botocore.config import Config
    CLIENT = boto3.client(
        "chime", region_name="us-east-1", endpoint_url=os.environ["BENCH_URL"],
        aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    @pytest.mark.parametrize("number", range(int(os.environ["BENCH_TESTS"])))
    def test_call(number):
        answer = CLIENT.search_available_phone_numbers(AreaCode="206", MaxResults=5)
        assert answer["E164PhoneNumbers"]
"""
_TESTS = 1500
_ONE = "chime:ListPhoneNumbers/rules/bare-call/accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the table: what was measured, and the limit that it is to keep, if it has one."""

    what: str
    measured: float
    unit: str
    limit: float | None = None
    least: bool = False
    note: str = ""

    def __str__(self) -> str:
        bound = ""
        if self.limit is not None:
            held = self.measured >= self.limit if self.least else self.measured <= self.limit
            bound = f"{'at least' if self.least else 'at most'} {self.limit:g}"
            bound += "" if held else ": missed"
        line = f"{self.what:<44}{self.measured:>9.2f} {self.unit:<12}{bound:<22}{self.note}"
        return line.rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What a command took: seconds, and seconds of processor time with all of its children."""

    wall: float
    cpu: float


def _took(command: list[str], **environment: str) -> Took:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    # where bytecode is not kept, every start compiles the suite anew: that is not what users have
    kept = {name: one for name, one in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command, env={**kept, **environment}, capture_output=True, text=True, check=False
    )
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 1}:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(wall=wall, cpu=cpu)


@contextmanager
def _bare_suite() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "test_bare.py"
        path.write_text(textwrap.dedent(BARE))
        (Path(folder) / "pytest.ini").write_text("[pytest]\n")
        yield path


def _bare(url: str, path: Path, count: int, *words: str) -> Took:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path), *words]
    return _took(command, BENCH_URL=url, BENCH_TESTS=str(count))


def _suite(url: str, *words: str) -> tuple[Took, int]:
    """What a whole run took, and the requests that it sent."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "conformance", "certify", url, "--report", folder, *words]
        took = _took(command)
        return took, json.loads((Path(folder) / "report.json").read_text())["requests"]


def _shares(url: str) -> dict[str, float]:
    """The share of each part in the processor time of a run, its start-up left out."""
    with tempfile.NamedTemporaryFile() as output:
        _took([sys.executable, str(_HERE / "shares.py"), output.name, "certify", url])
        found: dict[str, float] = json.loads(Path(output.name).read_text())
    started = found.pop(shares.START, 0.0)
    return {part: share / (1 - started) for part, share in found.items()}


def per_request() -> Iterator[Figure]:
    """Processor time per request sent, start-up taken off by a run of a single case."""
    with reference_server() as url, _bare_suite() as path:
        one_bare, (one_suite, few) = _bare(url, path, 1).cpu, _suite(url, "--case", _ONE)
        bare = (_bare(url, path, _TESTS).cpu - one_bare) / (_TESTS - 1) * 1000
        took, requests = _suite(url)
        parts = _shares(url)
    suite = (took.cpu - one_suite.cpu) / (requests - few) * 1000
    yield Figure(what="a bare test with one boto3 call", measured=bare, unit="ms CPU")
    yield Figure(
        what="the suite, a request",
        measured=suite / bare,
        unit="× bare",
        limit=0.5,
        note=f"{suite:.2f} ms CPU",
    )
    for part, share in parts.items():
        yield Figure(
            what=f"  of it {part}",
            measured=share * suite / bare,
            unit="× bare",
            note=f"{share * suite:.2f} ms CPU",
        )


BARE_REPLAY = """
    import boto3, os, pytest, vcr
    from botocore.config import Config
    CLIENT = boto3.client(
        "chime", region_name="us-east-1", endpoint_url="http://localhost",
        aws_access_key_id="test", aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    VCR = vcr.VCR(serializer="json", record_mode="none", match_on=("method", "path", "query"))
    @pytest.mark.parametrize("number", range(int(os.environ["BENCH_TESTS"])))
    def test_call(number):
        with VCR.use_cassette(os.environ["BENCH_CASSETTE"]):
            assert CLIENT.search_available_phone_numbers(AreaCode="206", MaxResults=1)
"""
_RECORDED = (
    "cassettes/reference/chime/SearchAvailablePhoneNumbers/request/MaxResults/minimum/at-1.json"
)


def replay() -> Iterator[Figure]:
    """Processor time per replayed exchange against bare vcrpy, one cassette a test, and in all."""
    root = _HERE.parent
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "test_bare.py"
        path.write_text(textwrap.dedent(BARE_REPLAY))
        (Path(folder) / "pytest.ini").write_text("[pytest]\n")
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)]
        held = {"BENCH_CASSETTE": str(root / _RECORDED)}
        one = _took(words, BENCH_TESTS="1", **held).cpu
        bare = (_took(words, BENCH_TESTS="1000", **held).cpu - one) / 999 * 1000
    alone, few = _suite("--target=replay", "--case", _ONE)
    took, exchanges = _suite("--target=replay")
    ours = (took.cpu - alone.cpu) / (exchanges - few) * 1000
    cases = len(collected(select(DEFAULT_OPERATIONS).operations))
    each = (took.cpu - alone.cpu) / (cases - 1)
    size = sum(path.stat().st_size for path in (root / "cassettes").rglob("*.json")) / 1024 / 1024
    yield Figure(what="bare vcrpy, an exchange", measured=bare, unit="ms CPU")
    yield Figure(
        what="replay, an exchange", measured=ours / bare, unit="× bare", note=f"{ours:.2f} ms CPU"
    )
    yield Figure(
        what="replay of 10,000 cases, one process",
        measured=alone.cpu + each * 10_000,
        unit="s CPU",
        limit=10,
        note=f"from {cases:,} cases, {took.cpu:.2f} s, {size:.1f} MB",
    )


def libraries() -> Iterator[Figure]:
    """Time to answer a hundred calls from a library of 100 and of 10,000 recordings."""
    source = _HERE.parent / _RECORDED
    raw = source.read_text("utf-8")
    for count in (100, 10_000):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for number in range(count):
                name = f"chime:SearchAvailablePhoneNumbers/request/made/{number}/at-1"
                copy = cassette.path_of(root, "reference", name)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(raw.replace(json.loads(raw)["metadata"]["name"], name), "utf-8")
            library = cassette.Library(root, "reference")
            started = time.monotonic()
            for number in range(0, count, count // 100):
                name = f"chime:SearchAvailablePhoneNumbers/request/made/{number}/at-1"
                assert library.find(name)
            took = (time.monotonic() - started) * 10
        yield Figure(what=f"one of {count:,} recordings", measured=took, unit="ms")


class _InPieces(BaseHTTPRequestHandler):
    """Writes head and body apart, as the servers of the standard library do."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def pieces() -> Iterator[Figure]:
    """Time to answer of a server that writes head and body apart."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _InPieces) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        asked = Request(method="GET", url=url, headers=(), body=b"")
        transport, count = Transport(timeout=10, reaches=lambda _: True), 100
        started = time.monotonic()
        for _ in range(count):
            assert isinstance(transport.send(asked), Response)
        took = (time.monotonic() - started) / count * 1000
        transport.close()
        server.shutdown()
    yield Figure(what="a response in two pieces", measured=took, unit="ms")


def workers() -> Iterator[Figure]:
    """What four workers gain against a server that takes 20 ms to answer."""
    with start(dialect="slow") as server, _bare_suite() as path:
        url = server.url
        bare = _bare(url, path, 400).wall / _bare(url, path, 400, "-n", "4").wall
        suite = _suite(url)[0].wall / _suite(url, "-n", "4")[0].wall
    yield Figure(what="gain of -n 4 at 20 ms, bare", measured=bare, unit="×")
    yield Figure(what="gain of -n 4 at 20 ms", measured=suite, unit="×", limit=3.5, least=True)


def collection() -> Iterator[Figure]:
    """What collecting the five operations, and whole services, takes beyond pytest's own start."""
    words = ["-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    with _bare_suite() as path:
        own = _took([sys.executable, *words, str(path)], BENCH_URL="http://x", BENCH_TESTS="1").cpu
    suite = ["-p", "conformance.plugin", "--pyargs", "conformance.suite", "--target=url"]
    for name, chosen in (("the five operations", []), *((one, [one]) for one in _SERVICES)):
        took = _took([sys.executable, *words, *suite, *(f"--operations={one}:*" for one in chosen)])
        yield Figure(what=f"collection of {name}", measured=took.cpu - own, unit="s CPU", limit=1.0)


def service() -> Iterator[Figure]:
    """All reading operations of a service of moto, from the start of the command to its verdict."""
    with contextmanager(serving_moto)() as url:
        took, requests = _suite(url, "--operations", "sqs:*")
    yield Figure(
        what="sqs of moto, start to verdict",
        measured=took.wall,
        unit="s",
        limit=10,
        note=f"{took.cpu:.2f} s CPU, {requests} requests",
    )


def memory() -> Iterator[Figure]:
    """The largest process of a run with two workers."""
    with reference_server() as url:
        _suite(url, "-n", "2")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    yield Figure(what="largest process", measured=peak, unit="MB")


def counts() -> None:
    """Cases and clauses per operation and area."""
    for operation in select(DEFAULT_OPERATIONS).operations:
        tried = collected([operation], explored=False)
        print(f"{operation.id}: {len(cases(operation))} cases, {len(clauses(operation))} clauses")
        by_clause = Counter(area(clause) for clause in clauses(operation))
        by_case = Counter(one for each in tried for one in areas(operation, each))
        for one in AREAS:
            if by_clause[one]:
                print(f"    {one:<12}{by_clause[one]:>5} clauses{by_case[one]:>6} cases")


def sdk_models() -> None:
    """Every operation that the SDK describes, and whole services."""
    models.main()


def modules() -> None:
    """What one case touches, and how large the code's parts are."""
    structure.main()


#: What makes lines of the table, in its order, and what prints lists of its own.
TABLE: tuple[Callable[[], Iterator[Figure]], ...] = (
    per_request,
    replay,
    libraries,
    pieces,
    workers,
    collection,
    service,
    memory,
)
LISTS: Mapping[str, Callable[[], None]] = {
    "counts": counts,
    "modules": modules,
    "models": sdk_models,
}


def main() -> None:
    """Run every measurement, or those named."""
    if sys.argv[1:2] == ["seeds"]:
        seeds.main(sys.argv[2:])
        return
    table = {one.__name__: one for one in TABLE}
    parser = argparse.ArgumentParser(description=__doc__)
    known = ", ".join([*table, *LISTS])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {known}, seeds")
    for name in parser.parse_args().names or [*table, "counts", "modules"]:
        if name in LISTS:
            LISTS[name]()
            continue
        for figure in table[name]():
            print(figure, flush=True)


if __name__ == "__main__":
    main()
