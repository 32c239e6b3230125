"""Requests whose effect is unspecified: a dialect may refuse them, a fault break on them."""

from conformance.reference.contract import Operation
from conformance.reference.wire import Request


def unknown_member(operation: Operation, request: Request) -> bool:
    """Whether a request uses a name that no page mentions."""
    wires = {member.wire for member in operation.members.values()} | set(operation.query)
    names = {name for name, _ in request.pairs()} | set(request.document())
    return not names <= wires


def null(operation: Operation, request: Request) -> bool:
    """Whether a body holds an explicit null."""
    return None in request.document().values()


def repeated(operation: Operation, request: Request) -> bool:
    """Whether a query parameter is there twice."""
    names = [name for name, _ in request.pairs()]
    return len(names) != len(set(names))
