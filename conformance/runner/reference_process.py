"""The embedded reference server as a separate process, which never outlives its parent."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from conformance.errors import TargetError


@contextmanager
def reference_server(*arguments: str) -> Iterator[str]:
    """Start the reference server on a free loopback port; yields its URL.

    It stops when its standard input closes, so also when this process is killed.
    """
    # -P: the current folder may hold files named like modules
    start = [sys.executable, "-P", "-m", "conformance.reference"]
    command = [*start, "--until-stdin-closes", *arguments]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdin and process.stdout and process.stderr
    try:
        url = process.stdout.readline().strip()
        if not url:
            problem = process.stderr.read().strip().splitlines()
            raise TargetError(
                "The embedded reference server did not start: "
                + (problem[-1] if problem else "it printed nothing")
            )
        yield url
    finally:
        process.stdin.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        process.stderr.close()
