"""Faults of authentication, by hand: requests that have to be refused, accepted or crashed on."""

from dataclasses import replace

from calibration.mutations import ALL, Edit, Fault
from conformance.reference import signatures
from conformance.reference.contract import ErrorShape, Failure
from conformance.reference.pipeline import Behaviour
from conformance.reference.wire import Request


def tolerating(*shapes: ErrorShape) -> Edit:
    """Overlook some of the reasons to refuse a signature."""

    def apply(behaviour: Behaviour) -> Behaviour:
        def authenticate(request: Request, service: str | None) -> None:
            try:
                behaviour.authenticate(request, service)
            except Failure as failure:
                if failure.shape not in shapes:
                    raise

        return replace(behaviour, authenticate=authenticate)

    return apply


def refused_with(status: int) -> Edit:
    """Refuse bad authentication with another status."""

    def apply(behaviour: Behaviour) -> Behaviour:
        def authenticate(request: Request, service: str | None) -> None:
            try:
                behaviour.authenticate(request, service)
            except Failure as failure:
                raise Failure(replace(failure.shape, status=status), failure.message) from None

        return replace(behaviour, authenticate=authenticate)

    return apply


_AUTH: tuple[tuple[str, Edit, str], ...] = (
    ("auth:missing-accepted", tolerating(signatures.MISSING), "No request has to be signed."),
    ("auth:unknown-key-accepted", tolerating(signatures.UNKNOWN_KEY), "Any access key will do."),
    (
        "auth:wrong-signature-accepted",
        tolerating(signatures.WRONG),
        "Signatures are neither verified nor dated.",
    ),
    (
        "auth:malformed-accepted",
        tolerating(signatures.INCOMPLETE),
        "An Authorization header that cannot be read is passed over.",
    ),
    ("auth:refused-with-404", refused_with(404), "Failed authentication is a 404."),
    ("auth:refused-with-500", refused_with(500), "Failed authentication is a 500."),
)

FAULTS = tuple(
    Fault(
        name=name,
        description=text,
        operations=ALL,
        edit=edit,
        family="by-hand",
        level="must" if name.endswith("500") else "should",
    )
    for name, edit, text in _AUTH
)
