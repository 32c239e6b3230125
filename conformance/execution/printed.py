"""Carries out a printed response: from the fact to its findings. It knows no files.

The members are written in the form of the wire and read by the SDK; they are judged as they were
printed. Nothing is judged that the documentation does not print.
"""

import importlib.metadata
from collections.abc import Sequence
from dataclasses import replace

from conformance.checks import printed
from conformance.checks.evidence import Evidence
from conformance.checks.findings import Finding
from conformance.generation.plans import Call, Case, Expect, Printed
from conformance.protocols.table import PROTOCOLS
from conformance.spec.levels import SourceKind
from conformance.spec.operation import Operation
from conformance.spec.printed import PrintedResponse, printed_response
from conformance.spec.samples import releases, samples
from conformance.transport.sender import Sender

_SDK = "botocore"


def printed_cases(operations: Sequence[Operation]) -> list[Printed]:
    """The responses that the documentation prints for some operations."""
    return [
        Printed(id=f"{one.id}/printed/{number + 1}", operation=one.id, number=number)
        for one in operations
        if one.name in samples(one.service)
        for number in range(len(samples(one.service)[one.name].printed))
    ]


def source(service: str) -> str:
    """The releases that the samples of a service come from, in words."""
    return " and ".join(f"{name} {version}" for name, version in releases(service).items())


def findings(sender: Sender, operation: Operation, tried: Printed) -> list[Finding]:
    """The findings on a printed response.

    Raises :class:`NotSentError` where the SDK builds no request of the operation at all.
    """
    response = _response(operation, tried.number)
    exchange = sender.printed(operation, response)
    evidence = Evidence(
        operation=operation,
        protocol=PROTOCOLS[operation.protocol],
        case=case(tried),
        steps=((exchange,),),
    )
    return list(printed.judge(evidence, response))


def case(tried: Printed) -> Case:
    """What is judged of a printed response, as a case whose request was valid."""
    return Case(
        id=tried.id,
        operation=tried.operation,
        clause=f"{tried.operation}/sdk/response",
        expect=Expect.ACCEPTED,
        title=tried.title,
        steps=(Call(),),
    )


def _response(operation: Operation, number: int) -> PrintedResponse:
    """A response on the schema of today.

    An SDK that is older than it has lost nothing. Where a page that a person read describes the
    response, a member that lacks is not the SDK's loss.
    """
    found = samples(operation.service)[operation.name]
    response = printed_response(found.printed[number], operation.response, unknown=found.unknown)
    read_with = releases(operation.service)[_SDK]
    is_older = _release(importlib.metadata.version(_SDK)) < _release(read_with)
    by_page = SourceKind.PAGE in operation.sources
    return replace(response, lost=()) if is_older or by_page else response


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
