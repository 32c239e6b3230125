"""The embedded reference server as a process: there while it is needed, gone afterwards."""

import http.client
import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conformance.errors import TargetError
from conformance.runner.reference_process import reference_server


def status(url: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("GET", "/phone-numbers")
        return connection.getresponse().status
    finally:
        connection.close()


def test_it_answers_while_it_is_wanted_and_no_longer() -> None:
    """The server listens on the loopback within the block, and on nothing after it."""
    with reference_server() as url:
        assert urlsplit(url).hostname == "127.0.0.1"
        assert status(url) == 403
    with pytest.raises(ConnectionRefusedError):
        status(url)


def test_it_goes_when_the_block_fails() -> None:
    """Whatever happens in the block, the server does not outlive it."""
    with pytest.raises(ZeroDivisionError), reference_server() as url:
        raise ZeroDivisionError
    with pytest.raises(ConnectionRefusedError):
        status(url)


def test_a_server_that_does_not_start_is_one_sentence() -> None:
    """Its last line is the reason, without a traceback."""
    with pytest.raises(TargetError) as caught, reference_server("--port=99999"):
        pass
    assert "did not start: The server cannot listen at 127.0.0.1, port 99999" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_files_that_lie_about_do_no_harm(tmp_path: Path) -> None:
    """It starts in anybody's project, whatever their modules are called."""
    (tmp_path / "queue.py").write_text("raise RuntimeError('the user's own module')\n")
    (tmp_path / "socket.py").write_text("raise RuntimeError('own')\n")
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        with reference_server() as url:
            assert status(url) == 403
    finally:
        os.chdir(before)
