"""The command that runs a target again, as a run was asked for.

What it makes is what ``--case`` is added to. It holds no secret: options take none.
"""

import shlex
from collections.abc import Mapping
from typing import Any

from conformance.runner.options import OPTIONS
from conformance.runner.settings import Settings

#: Options that change neither what is sent to a target nor how it is judged, or that the command
#: has in another form; explorations get their seed where one of them is repeated.
_LEFT_OUT = frozenset(
    {
        "target",
        "endpoint_url",
        "operations",
        "case",
        "plan",
        "record",
        "stale_after",
        "subject",
        "report",
        "har",
        "detail",
        "expect",
        "fail_on_warn",
        "max_examples",
        "max_time",
        "seed",
        "shard",
        "shard_by",
        "wait_for",
    }
)


def command(settings: Settings, options: Mapping[str, Any], url: str | None) -> str:
    """The words of the command; ``options`` are those given, by their attribute names."""
    if settings.kind == "replay":
        target = ["--target=replay"]
    elif settings.kind == "aws":
        target = ["--target=aws"]
    else:
        target = [url] if url and not settings.embedded else []
    words = ["aws-conformance", "certify", *target]
    # whether a resource is known depends on the operations that are chosen
    if settings.resources and options.get("operations"):
        words.append(f"--operations={options['operations']}")
    for option in OPTIONS:
        if option.dest not in _LEFT_OUT:
            words += option.words(options.get(option.dest))
    return shlex.join(words)
