"""Measures the suite: time per request against a bare test, workers, collection, memory, counts.

Prints figures and judges nothing; run it with ``make bench``. Everything that is
compared is measured in the same run, against the same server. ``seeds`` takes an
hour or so, and has to be asked for by name (``make bench ARGS=seeds``).
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import textwrap
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import models
import seeds
import structure
from calibration.servers import start

from conformance.execution.engine import areas, collected
from conformance.generation.cases import cases
from conformance.generation.clauses import AREAS, area, clauses
from conformance.recording import cassette
from conformance.runner.reference_process import reference_server
from conformance.runner.settings import DEFAULT_OPERATIONS
from conformance.spec.registry import select

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


def _seconds(command: list[str], **environment: str) -> float:
    started = time.monotonic()
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode not in {0, 1}:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - started


@contextmanager
def _bare_suite() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "test_bare.py"
        path.write_text(textwrap.dedent(BARE))
        (Path(folder) / "pytest.ini").write_text("[pytest]\n")
        yield path


def _bare(url: str, path: Path, count: int, *words: str) -> float:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path), *words]
    return _seconds(command, BENCH_URL=url, BENCH_TESTS=str(count))


def _suite(url: str, *words: str) -> tuple[float, int]:
    """Seconds of a whole run, and the requests that it sent."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "conformance", "certify", url, "--report", folder, *words]
        took = _seconds(command)
        return took, json.loads((Path(folder) / "report.json").read_text())["requests"]


def per_request() -> None:
    """Time per request sent, start-up taken out by a run of a single case."""
    with reference_server() as url, _bare_suite() as path:
        one_bare, one_suite = _bare(url, path, 1), _suite(url, "--case", _ONE)[0]
        bare = (_bare(url, path, _TESTS) - one_bare) / (_TESTS - 1) * 1000
        took, requests = _suite(url)
        suite = (took - one_suite) / requests * 1000
    print(f"bare pytest and boto3      {bare:6.2f} ms a request")
    print(f"the suite                  {suite:6.2f} ms a request  ({suite / bare:.2f} times)")


_ONE = "chime:ListPhoneNumbers/rules/bare-call/accepted"


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


def replay() -> None:
    """Time per replayed exchange against bare vcrpy, one cassette a test, and in all."""
    root = Path(__file__).parent.parent
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "test_bare.py"
        path.write_text(textwrap.dedent(BARE_REPLAY))
        (Path(folder) / "pytest.ini").write_text("[pytest]\n")
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(path)]
        held = {"BENCH_CASSETTE": str(root / _RECORDED)}
        one = _seconds(words, BENCH_TESTS="1", **held)
        bare = (_seconds(words, BENCH_TESTS="1000", **held) - one) / 999 * 1000
    alone = _suite("--target=replay", "--case", _ONE)[0]
    took, exchanges = _suite("--target=replay")
    ours = (took - alone) / exchanges * 1000
    print(f"bare vcrpy                 {bare:6.2f} ms an exchange")
    print(f"replay                     {ours:6.2f} ms an exchange  ({ours / bare:.2f} times)")
    print(f"all that ships             {took:6.2f} s from a fresh process, {exchanges} exchanges")
    size = sum(path.stat().st_size for path in (root / "cassettes").rglob("*.json"))
    print(f"                           {size / 1024 / 1024:6.2f} MB")


def libraries() -> None:
    """Time to answer a hundred calls from a library of 100 and of 10,000 recordings."""
    source = Path(__file__).parent.parent / _RECORDED
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
        print(f"a library of {count:>6}        {took:6.2f} ms to find and read one")


def workers() -> None:
    """What four workers gain against a server that takes 20 ms to answer."""
    with start(dialect="slow") as server, _bare_suite() as path:
        url = server.url
        bare = _bare(url, path, 400) / _bare(url, path, 400, "-n", "4")
        suite = _suite(url)[0] / _suite(url, "-n", "4")[0]
    print(f"gain of -n 4, bare         {bare:6.2f}")
    print(f"gain of -n 4, the suite    {suite:6.2f}         ({suite / bare:.2f} of it)")


def collection() -> None:
    """What collecting the five operations takes beyond pytest's own start."""
    with _bare_suite() as path:
        words = ["-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
        own = _seconds([sys.executable, *words, str(path)], BENCH_URL="http://x", BENCH_TESTS="1")
    suite = ["-p", "conformance.plugin", "--pyargs", "conformance.suite", "--target=url"]
    ours = _seconds([sys.executable, *words, *suite])
    print(f"collection                 {ours - own:6.2f} s beyond pytest's own start")


def memory() -> None:
    """The largest process of a run with two workers."""
    with reference_server() as url:
        _suite(url, "-n", "2")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest process            {peak:6.0f} MB")


def counts() -> None:
    """Cases, clauses and requests per operation and area."""
    with reference_server() as url:
        requests = _suite(url)[1]
    for operation in select(DEFAULT_OPERATIONS).operations:
        tried = collected([operation], explored=False)
        print(f"{operation.id}: {len(cases(operation))} cases, {len(clauses(operation))} clauses")
        by_clause = Counter(area(clause) for clause in clauses(operation))
        by_case = Counter(one for each in tried for one in areas(operation, each))
        for one in AREAS:
            if by_clause[one]:
                print(f"    {one:<12}{by_clause[one]:>5} clauses{by_case[one]:>6} cases")
    print(f"in all {requests} requests")


def sdk_models() -> None:
    """Every operation that the SDK describes, and whole services."""
    models.main()


def modules() -> None:
    """What one case touches, and how large the code's parts are."""
    structure.main()


def main() -> None:
    """Run every measurement, or those named."""
    measures = (per_request, replay, libraries, workers, collection, memory, counts, modules)
    known = {one.__name__: one for one in measures}
    known["models"] = sdk_models
    if sys.argv[1:2] == ["seeds"]:
        seeds.main(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}, seeds")
    for name in parser.parse_args().names or known:
        known[name]()


if __name__ == "__main__":
    main()
