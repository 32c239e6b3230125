"""Faults derived from the error tables: another status, another type, an unreadable envelope."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from calibration.mutations import Fault, HandlerEdit, Level, on
from conformance.reference import chime, connect
from conformance.reference.contract import ErrorShape, Failure
from conformance.reference.pipeline import Behaviour, Handler, json_answer
from conformance.reference.wire import Answer

Reporting = Callable[[Failure], Answer]

# The errors that a request to this server can cause.
CAUSED: dict[str, tuple[ErrorShape, ...]] = {
    chime.SEARCH.id: (chime.BAD_REQUEST,),
    chime.LIST.id: (chime.BAD_REQUEST,),
    chime.GET.id: (chime.BAD_REQUEST, chime.NOT_FOUND),
    connect.SEARCH.id: (connect.INVALID_PARAMETER,),
    connect.LIST.id: (connect.INVALID_PARAMETER, connect.RESOURCE_NOT_FOUND),
}
_OTHER_STATUSES = {400: (422, 404, 500, 200), 404: (400, 410, 500, 200)}


def reporting(error: ErrorShape, report: Reporting) -> HandlerEdit:
    """Report one error in another way."""

    def edit(handler: Handler) -> Handler:
        def fail(service: str | None, failure: Failure) -> Answer:
            if failure.shape == error:
                return report(failure)
            return handler.fail(service, failure)

        return replace(handler, fail=fail)

    return edit


def reshaping(error: ErrorShape, other: ErrorShape) -> HandlerEdit:
    """Report one error as another, in the usual way."""

    def edit(handler: Handler) -> Handler:
        def fail(service: str | None, failure: Failure) -> Answer:
            if failure.shape == error:
                failure = Failure(other, failure.message)
            return handler.fail(service, failure)

        return replace(handler, fail=fail)

    return edit


def html(failure: Failure) -> Answer:
    """The status, and a page for people."""
    page = f"<html><body><h1>{failure.shape.status}</h1></body></html>"
    headers = (("x-amzn-RequestId", "html"), ("Content-Type", "text/html"))
    return Answer(status=failure.shape.status, headers=headers, body=page.encode())


def _no_type(failure: Failure) -> Answer:
    return json_answer(failure.shape.status, {"Message": failure.message})


def _empty(failure: Failure) -> Answer:
    return replace(html(failure), body=b"", headers=(("x-amzn-RequestId", "empty"),))


def _array(failure: Failure) -> Answer:
    return json_answer(failure.shape.status, [{"Message": failure.message}])


_REPORTS: dict[str, tuple[Reporting, str]] = {
    "envelope": (html, "{} is reported as an HTML page without its type."),
    "no-type": (_no_type, "{} is reported without its type anywhere."),
    "empty": (_empty, "{} has no body and no type."),
    "array": (_array, "{} is reported as a list, without its type."),
}


def _disagreeing(handler: Handler, error: ErrorShape) -> HandlerEdit:
    """The right type in the header, another one in the body."""

    def report(failure: Failure) -> Answer:
        answer = handler.fail(handler.operation.service, failure)
        content = {**json.loads(answer.body), "__type": "InternalFailure"}
        return replace(answer, body=json.dumps(content).encode())

    return reporting(error, report)


def _mutations(error: ErrorShape) -> Iterator[tuple[str, HandlerEdit, str]]:
    for status in _OTHER_STATUSES[error.status]:
        edit = reshaping(error, replace(error, status=status))
        yield f"status-{status}", edit, f"{error.type} comes with status {status}."
    undocumented = replace(error, type="WrongInputException", code="WrongInput")
    text = f"WrongInputException, which no page lists, is reported for {error.type}."
    yield "type", reshaping(error, undocumented), text
    for name, (report, sentence) in _REPORTS.items():
        yield name, reporting(error, report), sentence.format(error.type)


def _of_operation(handler: Handler, error: ErrorShape) -> Iterator[tuple[str, HandlerEdit, str]]:
    """What can be reported wrongly with the operation's other errors."""
    text = f"{error.type} in the header, and another type in the body."
    yield "disagreeing", _disagreeing(handler, error), text
    if error.status == 400:
        denied = ErrorShape(type="AccessDeniedException", status=403, code="AccessDenied")
        text = f"AccessDeniedException with 403 is reported for {error.type}."
        yield "as-denied", reshaping(error, denied), text


def _level(operation: str, error: ErrorShape, mutation: str) -> Level:
    """Get's only bad request is an empty id in the path; the answer to that is unspecified.

    That header and body agree is a should.
    """
    if mutation == "disagreeing" and (operation, error) != (chime.GET.id, chime.BAD_REQUEST):
        return "should"
    if (operation, error) == (chime.GET.id, chime.BAD_REQUEST):
        return "must" if mutation == "status-500" else "observe"
    return "must"


def derive() -> Iterator[Fault]:
    """Every fault that the error tables suggest."""
    for operation, caused in CAUSED.items():
        handler = Behaviour().handlers[operation]
        for error in caused:
            for mutation, edit, text in (*_mutations(error), *_of_operation(handler, error)):
                yield Fault(
                    name=f"{operation}/errors/{error.type}:{mutation}",
                    description=text,
                    operations=frozenset({operation}),
                    edit=on(operation, edit),
                    family="derived",
                    level=_level(operation, error, mutation),
                )


FAULTS = tuple(derive())
