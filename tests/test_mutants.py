"""The mutants of ``make mutants`` can all be planted, and their tests are there."""

import re

import pytest
from mutants import MUTANTS, ROOT, Mutant


def test_names_are_told_apart() -> None:
    """There are at least thirty, and no two of a name."""
    assert len({one.name for one in MUTANTS}) == len(MUTANTS) >= 30


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_a_mutant_can_be_planted(mutant: Mutant) -> None:
    """What it replaces stands once in today's source, and what ought to notice it is there.

    Where the source says it otherwise by now, say it so in ``tests/mutants.py``, too.
    """
    source = (ROOT / "conformance" / mutant.path).read_text("utf-8")
    compile(mutant.planted(source), mutant.path, "exec")
    for test in mutant.tests:
        name, _, inside = test.partition("::")
        text = (ROOT / "tests" / name).read_text("utf-8")
        assert not inside or re.search(rf"^(class {inside}:|def {inside}\()", text, re.MULTILINE)


def test_an_anchor_that_is_gone_is_named() -> None:
    """A mutant that cannot be planted says which text it looked for, and where."""
    with pytest.raises(LookupError, match=r"'lost' .* conformance/x\.py holds 'b' 0 times"):
        Mutant(name="lost", path="x.py", before="b", after="c", tests=()).planted("a")
