"""Which cases ``--case`` chooses: by their ids, by the ids of clauses, or by patterns."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from conformance.checks.coverage import exercised_by
from conformance.errors import UnknownNameError
from conformance.execution.engine import collected
from conformance.generation.clauses import clauses
from conformance.spec.operation import Operation


def chosen(words: Iterable[str], operations: Sequence[Operation]) -> frozenset[str]:
    """The ids of the cases that the words name; a pattern matches ids of cases and of clauses.

    The cases of a clause are those that exercise it. Raises :class:`UnknownNameError` for a word
    that names none.
    """
    found: set[str] = set()
    for word in words:
        name = word.partition("/")[0]
        concerned = [one for one in operations if fnmatchcase(one.id, name)]
        ids = {one for operation in concerned for one in _named(word, operation)}
        if not ids:
            known = {one.id for one in collected(operations)}
            known |= {one for operation in operations for one in clauses(operation)}
            raise UnknownNameError("case", word, known)
        found |= ids
    return frozenset(found)


def _named(word: str, operation: Operation) -> Iterator[str]:
    """The ids of an operation's cases that a word names."""
    yield from (one.id for one in collected([operation]) if fnmatchcase(one.id, word))
    for name, clause in clauses(operation).items():
        if fnmatchcase(name, word):
            yield from (one.id for one in exercised_by(operation, clause))
