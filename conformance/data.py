"""Where the files that ship with the suite are found: schemas and cassettes.

In a checkout they stand at its top level; in an installed wheel, inside the
package. Nothing else in the package may build such a path itself.
"""

from importlib.resources import files
from pathlib import Path

_PACKAGE = Path(str(files("conformance")))
_SHIPPED = _PACKAGE / "_data"


def folder(name: str) -> Path:
    """The folder ``schemas`` or ``cassettes``, wherever this copy of the suite keeps it."""
    inside = _SHIPPED / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
