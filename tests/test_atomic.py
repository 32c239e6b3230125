"""Files written whole or not at all: links stay, and what is no regular file is left alone."""

import os
from collections.abc import Callable
from pathlib import Path

import calibrate
import pytest

from conformance.errors import UsageError
from conformance.importer import write_document
from conformance.recording import cassette
from conformance.recording.cassette import CassetteError
from conformance.report import expectations_writer, writer
from conformance.spec import files


class TestWriting:
    def test_a_file_is_made_or_replaced(self, tmp_path: Path) -> None:
        """Folders are made, permissions stay, and nothing is left beside."""
        path = tmp_path / "new" / "file"
        files.write({path: b"one"})
        path.chmod(0o640)
        files.write({path: b"two"})
        assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o640)
        assert [one.name for one in path.parent.iterdir()] == ["file"]

    def test_a_link_stays_a_link(self, tmp_path: Path) -> None:
        """What a link leads to is replaced, or made where it leads nowhere yet."""
        for name in ("there", "nowhere"):
            (tmp_path / f"link-to-{name}").symlink_to(tmp_path / name)
        (tmp_path / "there").write_text("before")
        files.write({tmp_path / "link-to-there": b"1", tmp_path / "link-to-nowhere": b"2"})
        assert (tmp_path / "there").read_text() == "1"
        assert (tmp_path / "nowhere").read_text() == "2"
        assert (tmp_path / "link-to-there").is_symlink()

    def test_none_is_written_where_one_cannot(self, tmp_path: Path) -> None:
        """All of them or none."""
        (tmp_path / "b").mkdir()
        with pytest.raises(OSError, match="b is a folder"):
            files.write({tmp_path / "a": b"", tmp_path / "b": b""})
        assert [one.name for one in tmp_path.iterdir()] == ["b"]


def _report(path: Path) -> None:
    writer.write_text(path, "text")


def _document(path: Path) -> None:
    write_document({"service": "s"}, path)


def _cassette(path: Path) -> None:
    with pytest.raises(CassetteError, match="no regular file"):
        cassette.write(path, "text")


@pytest.mark.parametrize("write", [_report, _document, _cassette])
def test_what_is_no_regular_file_stays(write: Callable[[Path], None], tmp_path: Path) -> None:
    """A pipe or a device is refused by whoever writes, and is the same afterwards."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    (tmp_path / "link").symlink_to(path)
    for one in (path, tmp_path / "link"):
        try:
            write(one)
        except Exception as error:
            assert "no regular file" in str(error)
        assert path.is_fifo()
    assert {one.name for one in tmp_path.iterdir()} == {"pipe", "link"}


def test_a_pipe_is_refused_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A calibration takes minutes: where its tables cannot go is said before."""
    path = tmp_path / "pipe.toml"
    os.mkfifo(path)
    assert calibrate.main(["chime:Get*", "--markdown", str(path)]) == 2
    assert capsys.readouterr().err == (
        f"calibrate: {path} cannot be written: pipe.toml is no regular file.\n"
    )
    with pytest.raises(UsageError, match="no regular file"):
        expectations_writer.update(path, {"findings": []})  # reading it would wait for a writer
