"""Tries the suite on the embedded server's mutations: what it notices, and what it leaves alone.

Run it with ``make calibrate``; ``make calibrate ARGS=--help`` lists its options.
"""

import argparse
import fnmatch
import gc
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from calibration import tables
from calibration.runs import Order, calibrate, subjects
from calibration.servers import SERVERS

from conformance.errors import ConformanceError, UnknownNameError, UsageError
from conformance.report.writer import require_place, write_text

_DESCRIPTION = """\
Try the suite on the embedded server's faults (each has to be noticed), dialects
(none may be flagged) and degenerate servers (none may be conformant), and print
the result.

  python tests/calibrate.py                          everything, with one seed
  python tests/calibrate.py 'chime:Get*'             what matches by name
  python tests/calibrate.py --kind dialect --seeds 20

Exit status: 0; 1 where something was missed, or flagged though it is correct.
"""
#: How many objects are made before the collector looks for cycles: there are hardly any.
_GARBAGE = 100_000


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("pattern", nargs="?", default="*", help="names to try; * allowed")
    parser.add_argument(
        "--kind",
        choices=tuple(SERVERS),
        action="append",
        help="only servers of this kind; repeatable",
    )
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="explore with N seeds")
    parser.add_argument(
        "--max-examples",
        type=int,
        default=30,
        metavar="N",
        help="explorations per operation and direction, where a subject needs any (default: 30)",
    )
    parser.add_argument(
        "--brief",
        action="store_true",
        help="start with the cases of what a fault breaks, and end where it is noticed",
    )
    parser.add_argument(
        "--explore-all",
        action="store_true",
        help="explore on every fault; by default only on those that certain inputs trigger",
    )
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, metavar="N", help="run N at a time"
    )
    parser.add_argument("--markdown", metavar="FILE", help="also write the tables to a file")


def _run(arguments: argparse.Namespace) -> int:
    kinds = tuple(arguments.kind or SERVERS)
    known = subjects(kinds)
    chosen = [one for one in known if fnmatch.fnmatchcase(one.name, arguments.pattern)]
    if not chosen:
        raise UnknownNameError("server", arguments.pattern, [one.name for one in known])
    if arguments.brief and set(kinds) != {"fault"}:
        raise UsageError("--brief takes --kind fault: of other servers nothing has to be noticed.")
    if arguments.markdown:
        require_place(Path(arguments.markdown))
    if min(arguments.seeds, arguments.processes) < 1 or arguments.max_examples < 0:
        raise UsageError("--seeds and --processes take a number of at least 1.")
    orders = [
        Order(
            subject=one,
            examples=arguments.max_examples
            if one.explored or (arguments.explore_all and one.kind == "fault")
            else 0,
            seed=seed,
            briefly=arguments.brief,
        )
        for one in chosen
        for seed in range(1, (arguments.seeds if one.explored else 1) + 1)
    ]
    print(f"trying {len(chosen)} servers in {len(orders)} runs", flush=True)
    started = time.monotonic()
    outcomes = []
    # the last ones take longest: they go first
    runs = calibrate(orders[::-1], processes=arguments.processes)
    for number, outcome in enumerate(runs, 1):
        outcomes.append(outcome)
        if sys.stderr.isatty():
            print(f"\r{number} of {len(orders)}\033[K", end="", file=sys.stderr, flush=True)
        elif number % 100 == 0:
            print(f"{number} of {len(orders)}", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr)
    outcomes.reverse()
    for line in tables.lines(outcomes):
        print(line)
    print(f"in {time.monotonic() - started:.0f} s")
    if arguments.markdown:
        write_text(Path(arguments.markdown), "\n".join(tables.markdown(outcomes)) + "\n")
    return 1 if any(not tables.as_expected(outcome) for outcome in outcomes) else 0


def main(argv: Sequence[str] | None = None) -> int:
    """Calibrate; the exit status, 2 with one sentence where it cannot be done as asked."""
    parser = argparse.ArgumentParser(
        description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    _arguments(parser)
    gc.set_threshold(_GARBAGE)
    try:
        return _run(parser.parse_args(argv))
    except ConformanceError as error:
        print(f"calibrate: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("calibrate: Interrupted.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
