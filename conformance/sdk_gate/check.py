"""Recordings against one SDK: each request built anew and compared, each answer parsed anew."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, unquote, unquote_plus, urlsplit

from conformance.checks.sdk import misread
from conformance.protocols.http import Request, Response, header
from conformance.protocols.table import PROTOCOLS
from conformance.recording.external.fidelity import PLACEHOLDER, fidelity
from conformance.sdk_gate import bodies, differences, played
from conformance.sdk_gate.cassettes import Found, RecordedCall, is_of_boto, uncoded
from conformance.sdk_gate.causes import Causes
from conformance.sdk_gate.differences import Difference, Kind, Outcome
from conformance.sdk_gate.driver import tagged
from conformance.sdk_gate.process import Driver
from conformance.spec import reading

#: How many calls a driver carries out at a time.
_AT_ONCE = 100
#: Headers that every request of the SDK has: without any of them, headers were filtered.
_ALWAYS = ("user-agent", "x-amz-date", "authorization", "amz-sdk-invocation-id")
#: The changes that keep a cassette from being played, whatever its answers are.
_OF_MATCHING = frozenset({Kind.PROTOCOL, Kind.ENDPOINT, Kind.PATH})
_MOST = 5


@dataclass(slots=True, kw_only=True)
class Checked:
    """What came of checking recordings; ``matches`` are the reasons of each cassette."""

    causes: Causes = field(default_factory=Causes)
    compared: int = 0
    notes: list[str] = field(default_factory=list)
    matches: dict[str, list[str]] = field(default_factory=dict)


def check(
    found: Found,
    driver: Driver,
    *,
    match_on: Sequence[str] = played.DEFAULT,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> Checked:
    """Check all calls of recordings. Raises :class:`UnknownNameError` for an unknown matcher."""
    by = played.chosen(match_on)
    result = Checked(matches={name: [] for name in found.vcr}, notes=list(found.problems))
    unbuilt: list[str] = []
    ordered = sorted(found.calls, key=lambda one: one.operation.service)
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        outcomes = driver.ask("run", calls=[dict(one.call) for one in some])
        for one, outcome in zip(some, outcomes, strict=True):
            _check_one(one, outcome, by, result, unbuilt)
        progress(min(start + _AT_ONCE, len(ordered)), len(ordered), some[-1].operation.service)
    for name, interaction, reason in found.gone:
        line = f"{interaction.request.method} {interaction.request.path}"
        result.causes.add(line, "recorded", _gone(line, reason))
        result.matches.get(name, []).append(f"{line} is no operation of the SDK")
    result.notes += unbuilt[:_MOST]
    if len(unbuilt) > _MOST:
        result.notes.append(f"{len(unbuilt) - _MOST} more requests could not be built anew")
    result.notes += _settings(found)
    return result


def _settings(found: Found) -> Iterator[str]:
    """The settings of clients that the recordings show, as they are not the defaults."""
    named = sorted({one for call in found.calls for one in call.settings})
    if named:
        yield f"The recordings show clients with {' and '.join(named)}; so are those used here."
    others = {call.file for call in found.calls if not is_of_boto(call.interaction.request)}
    for name in sorted(others):
        yield (
            f"{name} was recorded with another client than boto3: of its requests only protocol, "
            "method and path are compared."
        )


def _check_one(
    one: RecordedCall,
    outcome: Outcome,
    by: Sequence[Any],
    result: Checked,
    unbuilt: list[str],
) -> None:
    where = f"{one.file}, interaction {one.interaction.number} ({one.id})"
    recorded = one.interaction.request
    built = differences.request(outcome)
    if "absent" in outcome:
        found: list[Difference] = [_gone(one.id, "the SDK has no such operation")]
    elif built is None and outcome["protocol"] == one.protocol:
        unbuilt.append(f"{where} could not be built anew: {_why(outcome)}")
        return
    else:
        found = list(_differences(one, recorded, built, outcome))
    result.compared += 1
    failed = played.mismatches(recorded, built, by) if built is not None else ["body"]
    switched = any(difference.kind is Kind.PROTOCOL for difference in found)
    for difference in found:
        plays = not failed and difference.kind is not Kind.PROTOCOL
        breaks = difference.kind in _OF_MATCHING and not plays
        result.causes.add(
            one.id, "recorded", replace(difference, breaking=difference.breaking or breaks)
        )
    if one.file in result.matches and (failed or switched):
        result.matches[one.file].append(_unplayed(one, failed))


def _unplayed(one: RecordedCall, failed: Sequence[str]) -> str:
    what = f"interaction {one.interaction.number} ({one.id})"
    if failed:
        return f"{what} no longer matches by {', '.join(failed)}"
    return f"{what} matches, but its answer is in {one.protocol}, which the SDK does not read"


def _why(outcome: Outcome) -> str:
    raised = outcome.get("raised") or [outcome.get("error", {}).get("class", "nothing"), ""]
    return " ".join(": ".join(raised).split())


def _gone(what: str, reason: str) -> Difference:
    return Difference(
        kind=Kind.GONE,
        cause=(what,),
        sentence=f"The SDK has no {what}: {reason}",
        before=what,
        after="no such operation",
        breaking=True,
    )


# ---------------------------------------------------------------- requests


def _differences(
    one: RecordedCall, recorded: Request, built: Request | None, outcome: Outcome
) -> Iterator[Difference]:
    service, name = one.operation.service, one.operation.name
    if built is not None:
        yield from _hosts(service, recorded, built)
    if outcome["protocol"] != one.protocol:
        yield Difference(
            kind=Kind.PROTOCOL,
            cause=(service, one.protocol, outcome["protocol"]),
            sentence=f"{service} speaks {outcome['protocol']} now instead of {one.protocol}",
            before=differences.shown(recorded),
            after=differences.shown(built) if built else f"not built anew: {_why(outcome)}",
        )
    elif built is not None:
        for found in differences.of_requests(service, name, recorded, built, protocol=one.protocol):
            if _counts(found, recorded):
                yield found
    yield from _answers(one, outcome)


def _hosts(service: str, recorded: Request, built: Request) -> Iterator[Difference]:
    was, now = (urlsplit(one.url) for one in (recorded, built))
    same = was.hostname == now.hostname and (was.port or 0) in {now.port or 0, 80, 443}
    prefixed = (now.hostname or "").endswith(f".{was.hostname}")
    redacted = PLACEHOLDER.search(was.netloc)
    if not same and not prefixed and not redacted and is_of_boto(recorded):
        yield from differences.of_hosts(service, recorded, built)


def _counts(found: Difference, recorded: Request) -> bool:
    """Whether a difference is the SDK's, and not the recorder's."""
    hidden = PLACEHOLDER.finditer(found.before) if found.kind is not Kind.CHECKSUM else ()
    if any(one[0] not in found.after for one in hidden):
        return False  # what a recorder hid cannot be built anew; of checksums names are compared
    if not is_of_boto(recorded):
        return found.kind is Kind.PATH and "query" not in found.cause
    if found.kind in {Kind.HEADER, Kind.CHECKSUM}:
        kept = any(header(recorded.headers, name) is not None for name in _ALWAYS)
        return kept and not _is_encoded_again(found)
    if found.kind is Kind.BODY:
        return _is_whole(recorded) and not _is_encoded_again(found)
    return True


def _is_whole(recorded: Request) -> bool:
    """Whether a recorder kept the body of a request as it was sent."""
    length = header(recorded.headers, "content-length")
    if recorded.codings or header(recorded.headers, "transfer-encoding"):
        return True
    return length is None or length.strip() == str(len(recorded.body))


def _is_encoded_again(found: Difference) -> bool:
    """Whether the SDK encoded a value that the recording holds encoded already.

    Parameters such as the user data of an instance or the key of a customer are encoded by the
    SDK itself; what follows from them in other headers is a digest.
    """
    was, now = (re.sub(r"^[\w-]+: ", "", text).strip('"') for text in (found.before, found.after))
    again = base64.b64encode(was.encode("utf-8")).decode("ascii")
    return now in {again, quote(was), quote(was, safe="/~")} or "-key-md5" in found.before.lower()


# ---------------------------------------------------------------- answers


def _answers(one: RecordedCall, outcome: Outcome) -> Iterator[Difference]:
    """The difference between a recorded answer and what the SDK makes of it."""
    response = one.interaction.outcome
    if not isinstance(response, Response):
        return
    response = uncoded(response)
    lacks = fidelity(one.interaction.request, response, one.interaction.omissions)
    if lacks.body or lacks.altered:
        return
    made: Outcome = outcome.get("parsed", outcome)
    protocol = PROTOCOLS[one.operation.protocol]
    if response.status >= 300:
        envelope = protocol.error(response)
        code = made.get("error", {}).get("response", {}).get("Error", {}).get("Code")
        known = {name for _, name in envelope.types}
        if envelope.readable and known and code not in known:
            yield _misread(one, "the error's code", ", ".join(sorted(known)), code or _why(made))
        return
    try:
        said = protocol.output(one.operation, response)
    except ValueError:
        return  # the SDK may make anything of an unreadable body
    if "answer" not in made:
        yield _misread(one, "the answer", "a success", _why(made))
        return
    for path, sent, read in misread(one.operation.response, said, tagged.restored(made["answer"])):
        if not _is_as_sent(sent, read):
            yield _misread(one, path, sent, read)


def _is_as_sent(sent: Any, read: Any) -> bool:
    """Whether what the SDK reads is what was sent, as it encodes and decodes it by itself.

    Keys of S3 are percent-encoded where the SDK asked for that, IAM's policies are
    percent-encoded JSON, bytes and a console's output are in base64; an empty text is nothing.
    """
    if isinstance(sent, Mapping) and isinstance(read, Mapping):
        return all(_is_as_sent(value, read.get(name)) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(read, list):
        pairs = zip(sent, read, strict=False)
        return len(sent) == len(read) and all(_is_as_sent(one, other) for one, other in pairs)
    if sent == read or (sent == "" and read is None):
        return True
    if not isinstance(sent, str):
        return False
    return any(decoded == read for decoded in _decoded(sent))


def _decoded(text: str) -> Iterator[Any]:
    """What a text may have been before it was encoded."""
    yield unquote_plus(text)
    with suppress(ValueError):
        raw = base64.b64decode(text, validate=True)
        yield raw
        yield raw.decode("utf-8")
    with suppress(ValueError):
        yield reading.parsed_json(unquote(text))


def _misread(one: RecordedCall, what: str, said: Any, read: Any) -> Difference:
    return Difference(
        kind=Kind.ANSWER,
        cause=(one.operation.service, "misread", what),
        sentence=f"The SDK reads {what} of {one.operation.service} as another value than was sent",
        before=bodies.text(said),
        after=bodies.text(read),
        breaking=True,
    )


def counted(found: Found, checked: Checked) -> Mapping[str, int]:
    """What was compared, for the account."""
    return {
        "recordings": found.files,
        "interactions": found.interactions,
        "calls": checked.compared,
    }
