"""No planted secret reaches a file: it is replaced, or nothing is written."""

import contextlib
from pathlib import Path
from typing import Any

import planted
import pytest

from conformance.protocols.http import Exchange
from conformance.recording.cassette import CassetteError
from conformance.recording.provenance import Provenance
from conformance.recording.pseudonyms import Pseudonyms
from conformance.recording.redaction import Redactor
from conformance.recording.store import CassetteStore
from conformance.transport.sender import Scope

#: Which exchange holds which secrets.
PLANTED: dict[str, tuple[Exchange, tuple[str, ...]]] = {
    **{
        f"{what} in {where}": (place(text), (secret,))
        for what, (text, secret) in planted.FORMS.items()
        for where, place in planted.PLACES.items()
    },
    **{
        f"{name} in {where}": (place(name, planted.PASSWORD), (planted.PASSWORD,))
        for name in planted.NAMES
        for where, place in planted.NAMED.items()
    },
    **{
        what: (made(planted.PASSWORD), (planted.PASSWORD,))
        for what, made in planted.MODELLED.items()
    },
    **{
        f"{what} as {how}": (made(planted.HELD), planted.HELD_PARTS)
        for what, made in planted.ENCODED.items()
        for how in ("a text",)
    },
}


def recorded(tmp_path: Path, exchange: Exchange, **options: Any) -> list[Path]:
    """The files of a recording of one exchange; none where it was refused."""
    source = Provenance(kind="url", origin="http://localhost:4566", region="us-east-1")
    redactor = Redactor(Pseudonyms(b"a key for tests"), **options)
    store = CassetteStore(tmp_path / "kept", source, redactor, log=tmp_path / "log")
    scope = Scope(name=f"{exchange.operation}/rules/x/y", plan="p")
    with contextlib.suppress(CassetteError):
        store.add(scope, [(exchange, None)], [])
    return [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]


@pytest.mark.parametrize("what", PLANTED)
def test_nothing_planted_is_written(tmp_path: Path, what: str) -> None:
    """Whatever is private is in no file, wherever it was and however it was encoded."""
    exchange, secrets = PLANTED[what]
    for path in recorded(tmp_path, exchange):
        for text in planted.texts_of(path):
            assert not [secret for secret in secrets if secret in text], text
