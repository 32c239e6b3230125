"""What a recorder left out of an exchange, and the signs that it altered one.

Recorders drop headers and bodies, and replace values. What was left out proves nothing, and
what was altered is not what the target sent. It judges no clause and reads no member.
"""

import re
from dataclasses import dataclass

from conformance.protocols.http import Failure, Headers, Request, Response, header
from conformance.recording.external.request_fingerprint import is_of_aws

#: Placeholders for values that were removed from a recording.
PLACEHOLDER = re.compile(
    r"redact|scrub|\*{3,}|x{8,}|[<\[{](hidden|filtered|masked|removed|secret|sanitized)\b"
    r"|(?-i:\b(?:CLEARED|FILTERED|HIDDEN|MASKED|REMOVED|SANITI[SZ]ED|ANONYMI[SZ]ED|OBFUSCATED)\b)",
    re.I,
)
#: A whole value of a body that is a placeholder: between quotes, or in an element of XML.
_WHOLE = re.compile(
    rb"[\"'>]\W{0,3}(?:REDACTED|SCRUBBED|CLEARED|FILTERED|HIDDEN|MASKED|REMOVED|SANITI[SZ]ED"
    rb"|ANONYMI[SZ]ED|OBFUSCATED|(?-i:[<\[{](?:redacted|scrubbed|filtered|hidden|masked|removed"
    rb"|sanitized)[>\]}])|\*{3,})\W{0,3}[\"'<]",
)
#: Responses that have no body, whatever their headers say (RFC 9110 § 6.4.1).
_BODILESS = frozenset({204, 205, 304})


@dataclass(frozen=True, slots=True, kw_only=True)
class Omissions:
    """What the file of a recording itself shows: bodies that it does not hold, or holds parsed.

    ``ours`` says that the recording was made by this suite, which leaves out nothing.
    """

    body: bool = False
    parsed: bool = False
    ours: bool = False


#: A file that holds all of a response, as it was sent.
WHOLE = Omissions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """What is missing from a recorded exchange, as reasons; each is empty where nothing is.

    ``headers``: an absent header may have been dropped; ``request_id``: so may the request id;
    ``body``: the response's body was; ``altered``: values were changed.
    """

    headers: str = ""
    request_id: str = ""
    body: str = ""
    altered: str = ""


def fidelity(request: Request, outcome: Response | Failure, omissions: Omissions) -> Fidelity:
    """How far a recorded exchange is the one that took place."""
    if omissions.ours or isinstance(outcome, Failure):
        return Fidelity()
    dated = _dropped(request, outcome)
    altered = "its body was recorded parsed" if omissions.parsed else ""
    return Fidelity(
        headers=dated or _unnamed(request, outcome),
        request_id=dated,
        body=_bodiless(request, outcome, omissions),
        altered=altered or _altered(request, outcome),
    )


def _dropped(request: Request, response: Response) -> str:
    """Why headers seem to have been dropped. Every response of AWS has a Date."""
    if not response.headers:
        return "the recording has no headers"
    if response.header("date") is None and is_of_aws(request):
        return "the recording has no Date, which every response of AWS has"
    return ""


def _unnamed(request: Request, response: Response) -> str:
    """Why AWS's own headers seem to have been dropped: one of them names the request."""
    if any(name.lower().startswith("x-amz") for name, _ in response.headers):
        return ""
    if not is_of_aws(request):
        return ""
    return "the recording has none of AWS's headers (x-amz…), which a recorder may have dropped"


def _bodiless(request: Request, response: Response, omissions: Omissions) -> str:
    """Why the body seems to have been left out: none was recorded, though one was sent."""
    if response.body or request.method == "HEAD" or response.status in _BODILESS:
        return ""
    length = response.header("content-length")
    if length is not None and length.strip() == "0":
        return ""
    sent = length is not None or response.header("transfer-encoding") is not None
    if sent or response.header("content-encoding"):
        return "the recording has no body, though one was sent"
    return "the recording has no body" if omissions.body else ""


def _altered(request: Request, response: Response) -> str:
    """The first sign that values were changed after they were sent; empty where there is none."""
    if why := (
        _differs("body", response.headers, response.body)
        or _differs("request's body", request.headers, request.body)
        or _dropped(request, response)
    ):
        return why
    if _WHOLE.search(response.body) or _WHOLE.search(b"".join(_values(response.headers))):
        return "the recording has placeholders in place of values"
    return ""


def _differs(what: str, headers: Headers, body: bytes) -> str:
    """How a body differs from its Content-Length; a coded one had another length when sent."""
    length = (header(headers, "content-length") or "").strip()
    coded = header(headers, "content-encoding") or header(headers, "transfer-encoding")
    if coded or not body or not (length.isascii() and length.isdigit()):
        return ""
    if int(length[:20]) == len(body):
        return ""
    return f"its {what} has {len(body)} bytes, its Content-Length says {length[:20]}"


def _values(headers: Headers) -> list[bytes]:
    return [f'"{value}"'.encode("latin-1", "replace") for _, value in headers]
