"""Faults of protocol, by hand: the wrong thing in the right place on the wire."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from calibration.mutations import ALL, Edit, Fault, HandlerEdit, Level, on
from conformance.reference import pipeline, wire
from conformance.reference.contract import Failure
from conformance.reference.pipeline import Behaviour, Handler, json_answer
from conformance.reference.wire import Answer, Channel, Request

Change = Callable[[Answer], Answer]


def finishing(change: Change, when: Callable[[Answer], bool] = lambda _: True) -> HandlerEdit:
    """Change the answers of which something is true."""

    def edit(handler: Handler) -> Handler:
        def finish(request: Request, answer: Answer) -> Answer:
            answer = handler.finish(request, answer)
            return change(answer) if when(answer) else answer

        return replace(handler, finish=finish)

    return edit


def _succeeded(answer: Answer) -> bool:
    return answer.ok


def _failed(answer: Answer) -> bool:
    return not answer.ok


def _body(body: bytes) -> Change:
    return lambda answer: replace(answer, body=body)


def _header(name: str, value: str | None) -> Change:
    """Another value for a header, or none at all."""

    def change(answer: Answer) -> Answer:
        others = tuple(pair for pair in answer.headers if pair[0].lower() != name.lower())
        return replace(answer, headers=others if value is None else (*others, (name, value)))

    return change


def html_page(answer: Answer) -> Answer:
    """A page for people instead of JSON."""
    page = _header("Content-Type", "text/html")(answer)
    return replace(page, body=b"<html><body>It works!</body></html>")


def _hang_up(channel: Channel, request: Request, answer: Answer) -> bool:
    return False


def drop(answer: Answer) -> Answer:
    """Close the connection instead of answering."""
    return replace(answer, deliver=_hang_up)


def _cut_off(channel: Channel, request: Request, answer: Answer) -> bool:
    announced = ("Content-Length", str(len(answer.body)))
    channel.send(wire.head(answer, announced) + answer.body[: len(answer.body) // 2])
    return False


def _cut_headers(channel: Channel, request: Request, answer: Answer) -> bool:
    channel.send(wire.head(answer)[:40])
    return False


def _short_length(channel: Channel, request: Request, answer: Answer) -> bool:
    """Announce too little; what is left over spoils the connection."""
    announced = ("Content-Length", str(max(0, len(answer.body) - 7)))
    channel.send(wire.head(answer, announced) + answer.body)
    return request.persistent


def _latin_1(answer: Answer) -> Answer:
    text = answer.body.decode().replace("PhoneNumber", "PhoneNumb\u00e9r")
    return replace(answer, body=text.encode("latin-1", "replace"))


def _status(status: int) -> Change:
    return lambda answer: replace(answer, status=status)


def _broken_down(status: int) -> Change:
    def change(answer: Answer) -> Answer:
        kind = "ServiceUnavailableException" if status == 503 else "ServiceFailureException"
        return json_answer(status, {"Message": "Broken."}, ("x-amzn-ErrorType", kind))

    return change


# name: edit, sentence, level
_ANSWERS: dict[str, tuple[HandlerEdit, str, Level]] = {
    "html-200": (finishing(html_page, _succeeded), "Success is a page for people.", "must"),
    "empty-200": (finishing(_body(b""), _succeeded), "Success has no body.", "must"),
    "array-200": (
        finishing(lambda answer: replace(answer, body=b"[" + answer.body + b"]"), _succeeded),
        "Success is a list of the object due.",
        "must",
    ),
    "null-200": (finishing(_body(b"null"), _succeeded), "Success is null.", "must"),
    "string-200": (finishing(_body(b'"ok"'), _succeeded), "Success is a string.", "must"),
    "object-empty-200": (finishing(_body(b"{}"), _succeeded), "Success is {}.", "must"),
    "wrapped-200": (
        finishing(
            lambda answer: replace(answer, body=b'{"Result":' + answer.body + b"}"), _succeeded
        ),
        "Success is wrapped in a member Result.",
        "must",
    ),
    "doubled-200": (
        finishing(lambda answer: replace(answer, body=answer.body * 2), _succeeded),
        "The body of success comes twice.",
        "must",
    ),
    "half-200": (
        finishing(
            lambda answer: replace(answer, body=answer.body[: len(answer.body) // 2]), _succeeded
        ),
        "The body of success is half a document, its length right.",
        "must",
    ),
    "cut-off-200": (
        finishing(lambda answer: replace(answer, deliver=_cut_off), _succeeded),
        "The connection closes in the middle of a body.",
        "must",
    ),
    "cut-headers-200": (
        finishing(lambda answer: replace(answer, deliver=_cut_headers), _succeeded),
        "The connection closes in the middle of the headers.",
        "must",
    ),
    "short-length-200": (
        finishing(lambda answer: replace(answer, deliver=_short_length), _succeeded),
        "Content-Length is seven bytes too small.",
        "must",
    ),
    "latin-1-200": (finishing(_latin_1, _succeeded), "Success is JSON, but not UTF-8.", "must"),
    "text-html-200": (
        finishing(_header("Content-Type", "text/html"), _succeeded),
        "JSON is declared to be HTML.",
        "must",
    ),
    "no-content-type-200": (
        finishing(_header("Content-Type", None), _succeeded),
        "Success has no content type.",
        "must",
    ),
    "status-201": (finishing(_status(201), _succeeded), "Success is 201.", "must"),
    "status-202": (finishing(_status(202), _succeeded), "Success is 202.", "must"),
    "status-204": (
        finishing(lambda answer: replace(answer, status=204, body=b""), _succeeded),
        "Success is 204, without a body.",
        "must",
    ),
    "always-500": (finishing(_broken_down(500)), "Every answer is a 500.", "must"),
    "success-500": (finishing(_broken_down(500), _succeeded), "Success is a 500.", "must"),
    "success-503": (finishing(_broken_down(503), _succeeded), "Success is a 503.", "must"),
    "errors-html-500": (
        finishing(lambda answer: replace(html_page(answer), status=500), _failed),
        "Each error is an HTML page with status 500.",
        "must",
    ),
    "dropped-always": (finishing(drop), "Every request is dropped.", "must"),
    "dropped-on-errors": (finishing(drop, _failed), "Instead of an error: nothing.", "must"),
    "no-request-id": (
        finishing(_header("x-amzn-RequestId", None)),
        "No answer has an x-amzn-RequestId.",
        "should",
    ),
}


def _any_method(operation: str, status: int) -> Edit:
    """A path of this operation is answered whatever the method."""

    def apply(behaviour: Behaviour) -> Behaviour:
        def route(
            handlers: Mapping[str, Handler], request: Request
        ) -> tuple[Handler, Mapping[str, str]]:
            handler = handlers[operation]
            labels = pipeline.match(handler.operation.path, request.path)
            if labels is None or request.method == handler.operation.method:
                return behaviour.route(handlers, request)
            if status == 200:
                return _saying(handler, {}), labels
            raise handler.operation.failure("internal", "That method broke us.")

        return replace(behaviour, route=route)

    return apply


def _saying(handler: Handler, body: Mapping[str, str]) -> Handler:
    """A handler with one answer to everything."""
    return replace(handler, finish=lambda request, answer: json_answer(200, body))


def _unknown_path(change: Change) -> Edit:
    def apply(behaviour: Behaviour) -> Behaviour:
        def refuse(service: str | None, failure: Failure) -> Answer:
            plain = behaviour.refuse(service, failure)
            return change(plain) if failure.shape == pipeline.UNKNOWN else plain

        return replace(behaviour, refuse=refuse)

    return apply


_UNKNOWN_PATHS: dict[str, tuple[Change, str]] = {
    "unknown-path-200": (lambda _: json_answer(200, {}), "An unknown path is a 200."),
    "unknown-path-500": (_broken_down(500), "An unknown path is a 500."),
    "unknown-path-dropped": (drop, "An unknown path is not answered."),
}


def derive() -> Iterator[Fault]:
    """Each fault for each operation; those of unknown paths touch all operations at once."""
    for operation in Behaviour().handlers:
        for name, (edit, text, level) in _ANSWERS.items():
            yield _fault(
                f"{operation}/protocol:{name}", text, {operation}, on(operation, edit), level
            )
        for status in (200, 500):
            name = f"{operation}/protocol:wrong-method-{status}"
            text = f"A wrong method on this path is a {status}."
            yield _fault(name, text, {operation}, _any_method(operation, status), "should")
    for name, (change, text) in _UNKNOWN_PATHS.items():
        yield _fault(name, text, set(ALL), _unknown_path(change), "should")


def _fault(name: str, text: str, operations: set[str], edit: Edit, level: Level) -> Fault:
    return Fault(
        name=name,
        description=text,
        operations=frozenset(operations),
        edit=edit,
        family="by-hand",
        level=level,
    )


FAULTS = tuple(derive())
