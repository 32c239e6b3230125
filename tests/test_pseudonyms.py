"""Pseudonyms and their key: they stay with the user, and a killed process leaves both whole."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.recording.pseudonyms import (
    KEY_FILE,
    Pseudonyms,
    PseudonymsError,
    key_file,
    own_key,
)
from conformance.recording.redaction import Redactor


class TestLedger:
    """The key and the pseudonyms stay with the user."""

    def test_shared_pseudonyms_agree(self, tmp_path: Path) -> None:
        """Two processes with one file replace a value the same way, and no two values share one."""
        path = tmp_path / "ledger"
        first, second = (Redactor(Pseudonyms(b"k", path)) for _ in range(2))
        numbers = [f"+1206731{number:04d}" for number in range(40)]
        told = [(first if turn % 2 else second).text(one) for turn, one in enumerate(numbers)]
        assert len(set(told)) == len(numbers)
        assert told == [Redactor(Pseudonyms(b"k", path)).text(one) for one in numbers]
        assert not any(number[1:] in path.read_text() for number in numbers)

    def test_the_key_is_made_once_for_its_owner_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The first recording makes a key that only its owner may read."""
        monkeypatch.setenv(KEY_FILE, str(tmp_path / "kept" / "key"))
        assert own_key(key_file()) == own_key(key_file())
        assert key_file().stat().st_mode & 0o077 == 0

    def test_a_poor_key_is_refused(self, tmp_path: Path) -> None:
        """A file with something else in it is no key."""
        path = tmp_path / "key"
        path.write_text("short")
        with pytest.raises(UsageError, match="is not a redaction key"):
            own_key(path)


KILLED = """
import os, secrets, signal
from conformance.recording import pseudonyms
secrets.token_hex = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
pseudonyms.own_key(pseudonyms.key_file())
"""


class TestKilled:
    """A process that is killed while it writes leaves nothing that others stumble over."""

    def test_a_key_is_whole_or_not_there(self, tmp_path: Path) -> None:
        """SIGKILL while the key is made: the next recording makes one."""
        path = tmp_path / "key"
        environment = {**os.environ, KEY_FILE: str(path)}
        done = subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False)
        assert done.returncode == -signal.SIGKILL
        assert not path.exists()
        assert len(own_key(path)) == 64

    def test_a_torn_line_is_glued_to_nothing(self, tmp_path: Path) -> None:
        """Wherever the last line was cut, the others hold, and the next is a line of its own."""
        path = tmp_path / "ledger"
        numbers = [f"+1206731{number:04d}" for number in range(4)]
        whole = Redactor(Pseudonyms(b"k", path))
        told = [whole.text(one) for one in numbers[:3]]
        lines = path.read_bytes().splitlines(keepends=True)
        for cut in range(len(lines[2])):
            path.write_bytes(b"".join(lines[:2]) + lines[2][:cut])
            Redactor(Pseudonyms(b"k", path)).text(numbers[3])
            after = path.read_bytes().splitlines(keepends=True)
            assert after[:2] == lines[:2]
            assert [len(line) for line in after] == [len(lines[0])] * 3, cut
            again = Redactor(Pseudonyms(b"k", path))
            assert [again.text(one) for one in numbers[:3]] == told

    def test_who_was_there_before_reads_on(self, tmp_path: Path) -> None:
        """A process that runs on sees what others gave out, also past a torn line."""
        path = tmp_path / "ledger"
        first, second = (Redactor(Pseudonyms(b"k", path)) for _ in range(2))
        first.text("+12067310001")
        with path.open("ab") as file:
            file.write(b"phone:12")
        told = second.text("+12067310002")
        assert first.text("+12067310002") == told
        assert len(path.read_text().splitlines()) == 2


def test_pseudonyms_that_cannot_be_stored_are_one_sentence(tmp_path: Path) -> None:
    """One sentence names the file; root's rights make no difference."""
    (tmp_path / "ledger").mkdir()
    with pytest.raises(PseudonymsError, match=r"^The pseudonyms cannot be stored in .*: "):
        Redactor(Pseudonyms(b"k", tmp_path / "ledger")).text("+12067310001")
