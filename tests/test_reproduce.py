"""Every reproduction that a report prints, carried out, shows what the finding says."""

import contextlib
import io
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.checks.findings import Finding, Verdict
from conformance.execution.executor import carry_out
from conformance.generation.cases import cases
from conformance.generation.plans import Case, Expect
from conformance.protocols.base import Alteration, Signing
from conformance.protocols.http import Exchange, Failure, FailureKind, Request
from conformance.report import reproduce
from conformance.spec.documents import documented

OPERATIONS = documented()
LIST = "chime:ListPhoneNumbers"
SHOWN = {Verdict.FAIL, Verdict.WARN, Verdict.UNSUPPORTED}
CURL = shutil.which("curl")

#: Servers that are wrong in many ways at once, and some that are wrong in one.
SERVERS: tuple[dict[str, str], ...] = (
    {"degenerate": "one-page"},
    {"degenerate": "always-400"},
    {"dialect": "signatures-ignored"},
    {"fault": f"{LIST}/request/MaxResults/maximum:unenforced"},
    {"fault": f"{LIST}/response/PhoneNumbers:mistyped"},
)


def name(server: dict[str, str]) -> str:
    return next(iter(server.values())).replace("/", ".")


def few(operation: str) -> list[Case]:
    found = cases(OPERATIONS[operation])
    return [one for one in found if "/valid-values/" not in one.id]


def shown(reference: Any, operation: str) -> Iterator[tuple[Finding, Case]]:
    """The findings of a run that a report prints a reproduction of, one for each request."""
    engine = reference.engine()
    seen: set[Any] = set()
    for case in few(operation):
        for finding in engine.run(case).findings:
            exchange = finding.exchange
            if finding.verdict not in SHOWN or exchange is None or exchange.status is None:
                continue
            request = exchange.request
            key = (request.method, request.url, request.body, case.signing)
            if key not in seen:
                seen.add(key)
                yield finding, case


def by_curl(command: str) -> int:
    """The status that a printed curl command is answered with."""
    environment = {"PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=environment, capture_output=True, check=False
    )
    found = re.match(rb"HTTP/[\d.]+ (\d+)", done.stdout)
    assert found, (command, done.stdout[:200], done.stderr[:200])
    return int(found[1])


def by_python(program: str) -> int:
    """The status that a printed program prints first."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        # the very text that a reader would run, in a namespace of its own
        namespace: dict[str, Any] = {}
        exec(compile(program, "reproduction", "exec"), namespace)
        namespace["connection"].close()
    return int(out.getvalue().split(" ", 1)[0])


@pytest.mark.parametrize("operation", [LIST, "chime:GetPhoneNumber", "connect:ListPhoneNumbersV2"])
@pytest.mark.parametrize("server", SERVERS, ids=name)
def test_what_is_printed_shows_it_again(
    server: dict[str, str], operation: str, reference: Any
) -> None:
    """Each printed command, run as it stands, is answered with the status of the finding."""
    reference.become(**server)
    tried = 0
    for finding, case in shown(reference, operation):
        exchange = finding.exchange
        assert exchange is not None
        assert (
            by_python(reproduce.python(reproduce.repeatable(exchange, case))) == exchange.status
        ), finding.clause
        command = reproduce.curl(reproduce.repeatable(exchange, case))
        if CURL and command:
            assert by_curl(command) == exchange.status, command
        tried += 1
    # who refuses everything alike lists no number to ask for: nothing is shown of Get
    unasked = server == {"degenerate": "always-400"} and operation == "chime:GetPhoneNumber"
    assert tried > 0 or unasked or ("fault" in server and operation != LIST)


class TestEveryRequest:
    def exchange(self, reference: Any, case: Case) -> Exchange:
        exchange: Exchange = carry_out(
            reference.engine().session, documented()[case.operation], case
        ).last
        return exchange

    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_an_honest_answer_comes_again(self, operation: str, reference: Any) -> None:
        """Whatever is sent to the honest server, its reproduction is answered alike."""
        engine = reference.engine()
        for case in few(operation)[::4]:
            if case.expect is Expect.IMPLEMENTED:
                continue
            exchange = carry_out(engine.session, OPERATIONS[operation], case).last
            assert (
                by_python(reproduce.python(reproduce.repeatable(exchange, case))) == exchange.status
            ), case.id
            command = reproduce.curl(reproduce.repeatable(exchange, case))
            if CURL and command:
                assert by_curl(command) == exchange.status, case.id

    @pytest.mark.parametrize("signing", Signing)
    def test_spoilt_signatures_are_spoilt_again(self, signing: Signing, reference: Any) -> None:
        """A signature that did not fit does not fit in its reproduction either."""
        case = signed(signing)
        exchange = self.exchange(reference, case)
        assert exchange.status in {400, 401, 403}
        assert by_python(reproduce.python(reproduce.repeatable(exchange, case))) == exchange.status
        command = reproduce.curl(reproduce.repeatable(exchange, case))
        assert (command is None) is (signing is not Signing.MISSING)
        if CURL and command:
            assert by_curl(command) == exchange.status

    def test_no_secret_is_printed(
        self, scripted: Any, sending: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Commands name the variables of credentials, never their values."""
        for variable in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"):
            monkeypatch.setenv(f"AWS_{variable}", f"private-{variable.lower()}")
        server = scripted([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])
        exchange = sending(server.url).send(OPERATIONS[LIST], {})
        made = reproduce.repeatable(exchange, None)
        printed = f"{reproduce.curl(made)} {reproduce.python(made)}"
        assert "private" not in printed
        assert "AWS_ACCESS_KEY_ID" in printed

    def test_a_shell_takes_a_body_for_data(self, scripted: Any, sending: Any) -> None:
        """Quotes, blanks and dollar signs in a body reach curl as they are."""
        server = scripted([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])
        odd = {"PhoneNumberPrefix": '\'; touch x; "$HOME" `id` \\ @file é'}
        exchange = sending(server.url).send(OPERATIONS["connect:ListPhoneNumbersV2"], odd)
        command = reproduce.curl(reproduce.repeatable(exchange, None))
        assert command is not None
        if CURL is None:
            pytest.skip("there is no curl here to run it with")
        assert by_curl(command) == 200
        assert server.requests[1].split(b"\r\n\r\n")[1] == exchange.request.body

    def test_a_body_that_begins_like_a_file_is_none(self, scripted: Any, sending: Any) -> None:
        """curl takes ``@`` for the name of a file, and sends what is in it: never of a body."""
        server = scripted([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"])
        whole = Alteration(body=b"@/etc/passwd")
        exchange = sending(server.url).send(OPERATIONS["connect:ListPhoneNumbersV2"], {}, whole)
        command = reproduce.curl(reproduce.repeatable(exchange, None))
        assert command is not None
        assert " --data-raw @/etc/passwd " in command
        if CURL is not None:
            by_curl(command)
            assert server.requests[1].split(b"\r\n\r\n")[1] == b"@/etc/passwd"


def signed(signing: Signing) -> Case:
    """A case whose request is signed in that way."""
    return next(one for one in cases(OPERATIONS[LIST]) if one.signing is signing)


class TestReading:
    """A program that was made is read back into what it was made of."""

    EXCHANGE = Exchange(
        operation="connect:ListPhoneNumbersV2",
        params={},
        request=Request(
            method="POST",
            url="http://localhost:1/phone-number/list?a='b\"\\",
            headers=(("Content-Type", "application/json"), ("X-Odd", "\"it's\\ {0}")),
            body=b"{}\x00\xff')\n",
        ),
        failure=Failure(kind=FailureKind.TIMEOUT, detail=""),
    )

    @pytest.mark.parametrize("signing", [None, *Signing])
    def test_what_was_made_is_read(self, signing: Signing | None) -> None:
        """Whatever the signature and the bytes are, both reproductions are made of it again."""
        case = signed(signing) if signing else None
        made = reproduce.repeatable(self.EXCHANGE, case)
        found = reproduce.read(reproduce.python(made))
        assert found is not None
        assert reproduce.python(found) == reproduce.python(made)
        assert reproduce.curl(found) == reproduce.curl(made)
        assert found.request == self.EXCHANGE.request

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text + "import os\n",
            lambda text: text.replace("timeout=10", "timeout=10, x=print()"),
            lambda text: text.replace("data=", "data=open('x').read() or "),
            lambda text: text.replace("AWSRequest('POST'", "AWSRequest(*['POST']"),
            lambda text: text.replace("'connect'", "'connect'); print('"),
            lambda text: text.replace(
                "request = AWSRequest(", "request = AWSRequest(" + "(" * 9999
            ),
            lambda text: text.replace(
                "request = AWSRequest(", "request = AWSRequest(" + "-" * 99999
            ),
            lambda text: "",
            lambda text: "request = AWSRequest(1, 2, headers={}, data=b'')",
            lambda text: "request = AWSRequest('a', 'b', headers=[], data=b'')",
            lambda text: "request = AWSRequest('a', 'b', headers={1: 2}, data=b'')",
        ],
    )
    def test_another_program_is_not_read(self, change: Callable[[str], str]) -> None:
        """A program with anything else in it is none, and nothing of it is run."""
        program = reproduce.python(reproduce.repeatable(self.EXCHANGE, None))
        assert change(program) != program
        assert reproduce.read(change(program)) is None
