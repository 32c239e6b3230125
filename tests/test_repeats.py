"""A curl command of a report that comes from a stranger does nothing but repeat its request."""

import pytest

from conformance.report.reproduce import repeats

REQUEST = {"method": "POST", "url": "http://127.0.0.1:1/a", "body": "{}"}
GOOD = "curl -sS -i -X POST -H 'A: b' --data-binary '{}' http://127.0.0.1:1/a"
SIGNED = (
    f"{GOOD} --aws-sigv4 aws:amz:us-east-1:sqs --user "
    '"${AWS_ACCESS_KEY_ID:-test}:${AWS_SECRET_ACCESS_KEY:-test}"'
)


@pytest.mark.parametrize("command", [GOOD, SIGNED])
def test_what_the_suite_writes(command: str) -> None:
    """Signed or not, its own commands repeat the request."""
    assert repeats(command, REQUEST, 2000)


@pytest.mark.parametrize(
    "command",
    [
        f"{GOOD}; touch X",
        f"{SIGNED}; touch X",
        f"{GOOD} && touch X",
        f"{GOOD}\ntouch X",
        f"{GOOD} > X",
        GOOD.replace("'A: b'", '"$(touch X)"'),
        GOOD.replace("'A: b'", "`touch X`"),
        GOOD.replace("'{}'", "@/etc/passwd"),
        GOOD.replace("-H 'A: b'", "-o X"),
        GOOD.replace("-H 'A: b'", "--config X"),
        GOOD.replace("127.0.0.1:1", "127.0.0.2:1"),
        GOOD.replace("POST", "DELETE"),
        f"{GOOD} 'unclosed",
        SIGNED.replace("us-east-1", "x;touch"),
        f"touch X; {GOOD}",
        "",
    ],
)
def test_what_somebody_else_wrote(command: str) -> None:
    """Another command, a file that is read or written, another request: none repeats it."""
    assert not repeats(command, REQUEST, 2000)
