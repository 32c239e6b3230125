"""From a saved page of an AWS API Reference to an operation document.

The path is one way: ``reader`` makes lines of a page, ``page`` finds its sections, ``syntax``
reads the two syntaxes, ``terms`` the documented members, ``services`` knows whose operation it
is, ``document`` puts it together and ``writing`` saves it.
"""

from conformance.importer.document import import_page
from conformance.importer.writing import write_document

__all__ = ["import_page", "write_document"]
