"""Dialects of refusal: the place of an error's type, its spelling, which one is chosen."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from calibration.mutations import ALL, CHIME, CONNECT, Dialect, Edit, everywhere, table
from conformance.reference import pipeline
from conformance.reference.contract import ErrorShape, Failure, Kind, Operation, World
from conformance.reference.paging import START
from conformance.reference.pipeline import Behaviour, Handler, json_answer
from conformance.reference.wire import Answer, Request

Style = Callable[[str | None, Failure], Answer]

VALIDATION = ErrorShape(type="ValidationException", status=400, code="Validation")
SERIALIZATION = ErrorShape(type="SerializationException", status=400, code="Serialization")
INVALID_REQUEST = ErrorShape(type="InvalidRequestException", status=400, code="InvalidRequest")
FORBIDDEN = ErrorShape(type="ForbiddenException", status=403, code="Forbidden")


def _header_only(service: str | None, failure: Failure) -> Answer:
    error = ("x-amzn-ErrorType", failure.shape.type)
    return json_answer(failure.shape.status, {"Message": failure.message}, error)


def _header_uri(service: str | None, failure: Failure) -> Answer:
    plain = pipeline.fail(service, failure)
    uri = f"{failure.shape.type}:http://internal.amazon.com/coral/com.amazon.{service}/"
    return replace(plain, headers=(*plain.headers[:-1], ("x-amzn-ErrorType", uri)))


def _body_type(service: str | None, failure: Failure) -> Answer:
    name = f"com.amazonaws.{service}#{failure.shape.type}"
    return json_answer(failure.shape.status, {"__type": name, "Message": failure.message})


def _body_plain_type(service: str | None, failure: Failure) -> Answer:
    return json_answer(
        failure.shape.status, {"__type": failure.shape.type, "message": failure.message}
    )


def _body_code(service: str | None, failure: Failure) -> Answer:
    return json_answer(
        failure.shape.status, {"code": failure.shape.type, "message": failure.message}
    )


def _long_code(service: str | None, failure: Failure) -> Answer:
    long = replace(failure.shape, code=failure.shape.type)
    return pipeline.fail(service, Failure(long, failure.message))


def _lower_message(service: str | None, failure: Failure) -> Answer:
    error = ("x-amzn-ErrorType", failure.shape.type)
    return json_answer(failure.shape.status, {"message": failure.message}, error)


def _no_message(service: str | None, failure: Failure) -> Answer:
    return json_answer(failure.shape.status, {}, ("x-amzn-ErrorType", failure.shape.type))


def _null_message(service: str | None, failure: Failure) -> Answer:
    error = ("x-amzn-ErrorType", failure.shape.type)
    return json_answer(failure.shape.status, {"Message": None}, error)


def reporting(style: Style) -> Edit:
    """Every error of the server in this style."""

    def apply(behaviour: Behaviour) -> Behaviour:
        handlers = everywhere(lambda handler: replace(handler, fail=style))(behaviour)
        return replace(handlers, refuse=style)

    return apply


def choosing(shapes: Mapping[Kind, ErrorShape], operations: frozenset[str] = ALL) -> Edit:
    """Other errors for some kinds of refusal."""

    def edit(operation: Operation) -> Operation:
        return replace(operation, errors={**operation.errors, **shapes})

    return everywhere(table(edit), operations)


def refusing(style: Callable[[Style], Style]) -> Edit:
    """Another way to refuse what never reaches an operation."""
    return lambda behaviour: replace(behaviour, refuse=style(behaviour.refuse))


def _unauthenticated(request: Request, service: str | None) -> None:
    """Require no signature."""


def _unauthorized(honest: Style) -> Style:
    def refuse(service: str | None, failure: Failure) -> Answer:
        if failure.shape.status == 403:
            failure = Failure(replace(failure.shape, status=401), failure.message)
        return honest(service, failure)

    return refuse


def _xml(honest: Style) -> Style:
    def refuse(service: str | None, failure: Failure) -> Answer:
        if failure.shape == pipeline.UNKNOWN:
            return honest(service, failure)
        body = (
            "<ErrorResponse><Error><Type>Sender</Type>"
            f"<Code>{failure.shape.code}</Code><Message>refused</Message></Error></ErrorResponse>"
        )
        return Answer(
            status=failure.shape.status,
            headers=(("x-amzn-RequestId", "refused"), ("Content-Type", "text/xml")),
            body=body.encode(),
        )

    return refuse


def unknown(answer: Callable[[], Answer]) -> Edit:
    """Another answer where no operation is."""

    def wrap(honest: Style) -> Style:
        return lambda service, failure: (
            answer() if failure.shape == pipeline.UNKNOWN else honest(service, failure)
        )

    return refusing(wrap)


def _html_404() -> Answer:
    page = b"<html><body><h1>404 Not Found</h1></body></html>"
    return Answer(status=404, headers=(("Content-Type", "text/html"),), body=page)


def _gateway_403() -> Answer:
    error = ("x-amzn-ErrorType", "MissingAuthenticationTokenException")
    return json_answer(403, {"message": "Missing Authentication Token"}, error)


def _method_405() -> Answer:
    return json_answer(405, {"message": "Method Not Allowed"}, ("Allow", "OPTIONS"))


def _unknown_filter_value(handler: Handler) -> Handler:
    def judge(operation: Operation, params: Mapping[str, object], world: World) -> None:
        pipeline.judge(operation, params, world)
        if "FilterName" in params and not handler.select(
            operation, {n: params[n] for n in ("FilterName", "FilterValue")}, START, world
        ):
            raise operation.failure("unknown-resource", "Nothing has that value.")

    return replace(handler, judge=judge)


_ANY_INVALID: tuple[Kind, ...] = ("invalid", "mistyped", "malformed")
_GET = frozenset({"chime:GetPhoneNumber"})
_LIST = frozenset({"chime:ListPhoneNumbers"})
_LIST_V2 = frozenset({"connect:ListPhoneNumbersV2"})

_STYLES: dict[str, tuple[Style, str]] = {
    "error-type-in-header-only": (_header_only, "An error's type is in the header only."),
    "error-type-header-with-uri": (_header_uri, "A URI follows the error type in the header."),
    "error-type-in-body-type": (_body_type, "The type is in __type only, with its namespace."),
    "error-type-in-plain-body-type": (_body_plain_type, "The type is in __type only, bare."),
    "error-type-in-body-code": (_body_code, "The type is the body's code, and in no header."),
    "error-message-lower-case": (_lower_message, "Errors spell message with a small m."),
    "error-without-message": (_no_message, "Errors have an empty body object."),
    "error-null-message": (_null_message, "The Message of an error is null."),
}

DIALECTS = (
    *(
        Dialect(name=name, description=text, operations=ALL, edit=reporting(style))
        for name, (style, text) in _STYLES.items()
    ),
    Dialect(
        name="error-code-long",
        description="Chime's Code is the whole type name.",
        operations=CHIME,
        edit=reporting(_long_code),
    ),
    Dialect(
        name="validation-exception",
        description="Broken constraints are ValidationExceptions.",
        operations=ALL,
        edit=choosing(dict.fromkeys(_ANY_INVALID, VALIDATION)),
    ),
    Dialect(
        name="serialization-exception",
        description="Wrong JSON types and malformed bodies are SerializationExceptions.",
        operations=CONNECT,
        edit=choosing({"mistyped": SERIALIZATION, "malformed": SERIALIZATION}, CONNECT),
    ),
    Dialect(
        name="invalid-request-exception",
        description="Connect calls broken constraints InvalidRequestException.",
        operations=CONNECT,
        edit=choosing(dict.fromkeys(_ANY_INVALID, INVALID_REQUEST), CONNECT),
    ),
    Dialect(
        name="not-found-as-forbidden",
        description="An unknown phone number id is 403 ForbiddenException.",
        operations=_GET,
        edit=choosing({"unknown-resource": FORBIDDEN}, _GET),
        warns=True,
    ),
    Dialect(
        name="unknown-target-as-invalid",
        description="ListPhoneNumbersV2 calls an unknown target an invalid parameter, 400.",
        operations=_LIST_V2,
        edit=everywhere(
            table(
                lambda operation: replace(
                    operation,
                    errors={**operation.errors, "unknown-resource": operation.errors["invalid"]},
                )
            ),
            _LIST_V2,
        ),
        warns=True,
    ),
    Dialect(
        name="unknown-filter-value-not-found",
        description="ListPhoneNumbers answers 404 NotFoundException to a value nothing has.",
        operations=_LIST,
        edit=everywhere(_unknown_filter_value, _LIST),
    ),
    Dialect(
        name="signatures-ignored",
        description="Signatures are not verified, as by most emulators.",
        operations=ALL,
        edit=lambda behaviour: replace(behaviour, authenticate=_unauthenticated),
        warns=True,
    ),
    Dialect(
        name="auth-401",
        description="Failed authentication is 401.",
        operations=ALL,
        edit=refusing(_unauthorized),
    ),
    Dialect(
        name="auth-xml",
        description="Failed authentication is reported in XML.",
        operations=ALL,
        edit=refusing(_xml),
    ),
    Dialect(
        name="unknown-path-html-404",
        description="Where no operation is, an HTML page with 404 is the answer.",
        operations=ALL,
        edit=unknown(_html_404),
    ),
    Dialect(
        name="unknown-path-gateway-403",
        description="Where no operation is, a gateway answers 403 Missing Authentication Token.",
        operations=ALL,
        edit=unknown(_gateway_403),
    ),
    Dialect(
        name="unknown-path-405",
        description="Where no operation is, the answer is 405.",
        operations=ALL,
        edit=unknown(_method_405),
    ),
)
