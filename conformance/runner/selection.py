"""Which cases ``--case`` chooses: by their ids, by the ids of clauses, or by patterns."""

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

from conformance.checks.coverage import exercised_by
from conformance.errors import UnknownNameError
from conformance.execution.engine import collected
from conformance.execution.printed import printed_cases
from conformance.generation.clauses import clauses
from conformance.spec.operation import Operation
from conformance.spec.registry import is_pattern


def chosen(
    words: Iterable[str], operations: Sequence[Operation], *, printed: bool = False
) -> frozenset[str]:
    """The ids of the cases that the words name; a pattern matches ids of cases and of clauses.

    The cases of a clause are those that exercise it; with ``printed`` the responses that the
    documentation prints are cases as well. Raises :class:`UnknownNameError` for a word that names
    none.
    """
    found: set[str] = set()
    for word in words:
        name = word.partition("/")[0]
        concerned = [one for one in operations if fnmatchcase(one.id, name)]
        ids = {one.id for one in printed_cases(concerned if printed else ())}
        ids = {one for one in ids if fnmatchcase(one, word)}
        if not ids or is_pattern(word):
            ids |= {one for operation in concerned for one in _named(word, operation)}
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
