"""Whether what a service shows is what it was given, as AWS shows things.

AWS adds defaults within a given object, leaves out secrets, changes the order of sets, folds case,
writes documents anew, answers ARNs for names and the reverse. It knows no operation and no clause.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from conformance.spec.lifecycles.names import is_private

_EMPTY: tuple[Any, ...] = (None, "", [], {}, b"")


def is_shown(given: Any, shown: Any) -> bool:
    """Whether ``shown`` holds all of ``given``: objects may have more, sets any order.

    Nothing shown is as good as something empty, zero or false.
    """
    if given in _EMPTY:
        return True
    if shown in _EMPTY:
        return _is_nothing(given)
    if isinstance(given, Mapping):
        return isinstance(shown, Mapping) and all(
            is_shown(value, found) or (found is None and is_private(str(name)))
            for name, value, found in (
                (name, value, _member(shown, name)) for name, value in given.items()
            )
        )
    if isinstance(given, Sequence) and not isinstance(given, (str, bytes)):
        if isinstance(shown, str):  # a list that is shown as text
            return all(_as_text(one).casefold() in shown.casefold() for one in given)
        if isinstance(shown, Mapping):  # a list of names that became a map
            return all(_member(shown, _as_text(one)) is not None for one in given)
        return isinstance(shown, Sequence) and all(
            any(is_shown(one, other) for other in shown) for one in given
        )
    if isinstance(shown, (list, tuple)):
        return any(is_shown(given, one) for one in shown)
    if isinstance(shown, Mapping):  # a name that became the object of that name
        return any(is_shown(given, one) for one in shown.values())
    return any(alike(given, shown) for alike in _ALIKE)


def _is_nothing(given: Any) -> bool:
    """Whether all that was given is empty, zero or false."""
    if isinstance(given, Mapping):
        return all(_is_nothing(value) for value in given.values())
    if isinstance(given, (list, tuple)):
        return all(_is_nothing(one) for one in given)
    return given in _EMPTY or given is False or given == 0


def _member(shown: Mapping[str, Any], name: str) -> Any:
    if name in shown:
        return shown[name]
    wanted = _plain_name(name)
    return next((value for key, value in shown.items() if _plain_name(str(key)) == wanted), None)


def _plain_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)


def _same_text(given: Any, shown: Any) -> bool:
    return _as_text(given).strip().casefold() == _as_text(shown).strip().casefold()


def _same_number(given: Any, shown: Any) -> bool:
    try:
        return float(given) == float(shown)
    except (TypeError, ValueError):
        return False


def _one_names_other(given: Any, shown: Any) -> bool:
    """Whether one is the ARN, path or address of the other."""
    texts = sorted((_as_text(given), _as_text(shown)), key=len)
    short, long = (unquote(text).strip("/.").casefold() for text in texts)
    return bool(short) and re.search(f"(^|[/:.]){re.escape(short)}(:[*])?$", long) is not None


def _same_document(given: Any, shown: Any) -> bool:
    """Whether both are one JSON document: the given one within the shown one."""
    one, other = _document(given), _document(shown)
    return one is not None and other is not None and is_shown(one, other)


def _document(value: Any) -> Any:
    if isinstance(value, (Mapping, list)):
        return value
    text = unquote(_as_text(value)).strip()
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _same_moment(given: Any, shown: Any) -> bool:
    one, other = moment(given), moment(shown)
    return one is not None and other is not None and abs(one - other) < 1


def moment(value: Any) -> float | None:
    """The seconds since 1970 of a moment, in whatever form; ``None`` for anything else."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if value < 1e11 else value / 1000
    if isinstance(value, datetime):
        return value.timestamp()
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        return None
    try:
        return datetime.fromisoformat(value).timestamp()
    except ValueError:
        return None


_ALIKE: tuple[Callable[[Any, Any], bool], ...] = (
    _same_text,
    _same_number,
    _one_names_other,
    _same_document,
    _same_moment,
)
