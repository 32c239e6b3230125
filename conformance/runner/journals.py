"""The journal of a run: where it is kept, what it never repeats, and what earlier runs left.

Settings come in. Nothing here sends.
"""

import hashlib
import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.execution.provisioning.files import counted
from conformance.execution.provisioning.journal import (
    PREFIX,
    About,
    Journal,
    JournalError,
    Left,
    ended_runs,
    folder_of_user,
)
from conformance.recording.credentials import CredentialsInUse
from conformance.recording.sensitive_names import folded, is_secret
from conformance.recording.sensitive_patterns import FORMS, forms_in
from conformance.runner.settings import Settings
from conformance.spec.operation import Operation, Params
from conformance.spec.sdk_models.private import private_members
from conformance.transport.endpoint_config import Endpoint, credentials

#: So many kinds of things that runs have left are named, those of which most are left.
_MOST = 8
#: The forms of secrets; other private forms, as ARNs and addresses, say what a thing is.
_SECRET_FORMS = frozenset(
    {
        *("private-key", "jwt", "session", "service-key", "credential", "signature", "bearer"),
        *("userinfo", "assigned", "secret"),
    }
)


def signer(endpoint: Endpoint) -> str:
    """What distinguishes the keys that sign from others, and does not show them."""
    key = credentials(endpoint).access_key
    return hashlib.sha256(f"aws-conformance {key}".encode()).hexdigest()[:12]


def journal_of(settings: Settings, endpoint: Endpoint) -> Journal | None:
    """The journal of a run on a URL; ``None`` for the embedded server, which ends with the run."""
    if settings.embedded or endpoint.url is None:
        return None
    about = About(
        url=endpoint.url,
        region=endpoint.region,
        protocol=settings.protocol,
        profile=endpoint.profile,
        signer=signer(endpoint),
    )
    return Journal(folder_of_user(), about, secret_finder(endpoint))


def secret_finder(endpoint: Endpoint) -> Callable[[Operation, Params], bool]:
    """Whether the parameters of a call hold a secret: by a name, by a form, or the credentials."""
    known = credentials(endpoint)
    in_use = CredentialsInUse([known.access_key, known.secret_key, known.token or ""])

    def holds_secret(operation: Operation, params: Params) -> bool:
        sensitive = private_members(operation.id, answers=False).names
        return in_use.data(params) != params or any(
            _is_secret(name, text, sensitive) for name, text in _texts("", params)
        )

    return holds_secret


def _is_secret(name: str, text: str, sensitive: frozenset[str]) -> bool:
    of_run = PREFIX in text
    if is_secret(name):
        # a token that the run has chosen makes a call one of its own
        return not (of_run and folded(name).endswith("token"))
    if folded(name) in sensitive and not of_run:
        return True
    found = _SECRET_FORMS.intersection(forms_in(text))
    return any(True for form in found for _ in FORMS[form].matches(text))


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every text of a value with the nearest name above it."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(str(key), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(name, inner)
    elif isinstance(value, bytes):
        yield name, value.decode("utf-8", "replace")
    elif isinstance(value, str):
        yield name, value


def left_behind(settings: Settings) -> str:
    """What earlier runs left on the target, in a sentence; empty where they left nothing."""
    url = settings.endpoint.url
    if settings.kind != "url" or settings.embedded or url is None:
        return ""
    try:
        with ended_runs(folder_of_user(), url) as (runs, _):
            if not runs:
                return ""
            several = f"{len(runs)} earlier runs" if len(runs) > 1 else "An earlier run"
            left = f"{several} left {things(runs)} on this target"
            return f"{left}: take down what it made with '{command(settings.endpoint)}'."
    except JournalError as error:
        return str(error)


def command(endpoint: Endpoint) -> str:
    """The command that takes down what runs left on a target."""
    words = ["aws-conformance", "clean", str(endpoint.url)]
    return shlex.join([*words, *([] if endpoint.verify else ["--no-verify-ssl"])])


def things(runs: list[Left]) -> str:
    """How many things runs have left, in words: ``6 queues, 1 key``; of many kinds the first."""
    found = Counter(one.things for run in runs for one in run.entries)
    others = found.total() - sum(count for _, count in found.most_common(_MOST))
    shown = counted(dict(found.most_common(_MOST)))
    return f"{shown} and {others} more" if others else shown
