"""The one part of Hypothesis beneath its documented interface: which constants it draws.

Tried with Hypothesis 6.125 to 6.131.0, which draw none, and 6.131.12 to 6.170; the few
releases between keep them elsewhere. ``tests/test_library_internals.py`` fails, and says so,
where a version does. This module knows no operation and no strategy.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis.internal.conjecture import providers


@contextmanager
def without_constants_of_sources() -> Iterator[None]:
    """What is drawn within depends on the strategies and the seed, on nothing else.

    Hypothesis also draws the texts and numbers that it finds in the source of every loaded
    module outside ``site-packages``: a worker, a checkout, and a process that has imported one
    module more would each draw something else from one seed. No setting turns that off.
    """
    inside: Any = providers
    drawer = inside.HypothesisProvider
    usual = vars(drawer).get("_local_constants")
    if usual is None:  # a version of Hypothesis that does no such thing
        yield
        return
    inside.CONSTANTS_CACHE.cache.clear()
    drawer._local_constants = inside.Constants()
    try:
        yield
    finally:
        drawer._local_constants = usual
        inside.CONSTANTS_CACHE.cache.clear()
