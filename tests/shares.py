"""Runs the command and says which part of its processor time each package takes.

A signal comes after every few milliseconds of processor time; what is under way then is counted
for the innermost package that is named below. Start-up counts as one part: importing, reading
options and documents, and what is made before the first case.

    python tests/shares.py OUTPUT certify URL …
"""

import json
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from conformance.cli.main import main

#: Folder of a module → the part that its time is counted for; the first that fits.
PARTS = (
    ("/_pytest/", "pytest"),
    ("/pluggy/", "pytest"),
    ("/xdist/", "pytest"),
    ("/conformance/transport/connection.py", "HTTP (urllib3, http.client)"),
    ("/conformance/transport/http1.py", "HTTP (urllib3, http.client)"),
    ("/conformance/transport/quick_signer.py", "botocore"),
    ("/urllib3/", "HTTP (urllib3, http.client)"),
    ("/http/client.py", "HTTP (urllib3, http.client)"),
    ("/botocore/", "botocore"),
    ("/hypothesis/", "Hypothesis"),
    ("/conformance/checks/", "checks"),
    ("/conformance/", "the rest of the suite"),
)
START = "start-up"
_EVERY = 0.001


def part_of(frame: FrameType | None) -> str:
    """The part that what is under way belongs to."""
    innermost = ""
    while frame is not None:
        code = frame.f_code
        name = code.co_filename.replace("\\", "/")
        innermost = innermost or next((part for place, part in PARTS if place in name), "")
        if code.co_name == "pytest_runtest_protocol":
            return innermost or "pytest"
        frame = frame.f_back
    return START


def measured(words: list[str]) -> dict[str, float]:
    """The share of each part in the processor time of a command."""
    seen: Counter[str] = Counter()

    def see(_: int, frame: FrameType | None) -> Any:
        seen[part_of(frame)] += 1

    signal.signal(signal.SIGPROF, see)
    signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
    try:
        main(words)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return {part: count / seen.total() for part, count in seen.most_common()}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(measured(sys.argv[2:])))
