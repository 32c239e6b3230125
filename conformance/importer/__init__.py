"""Makes an operation document from a saved page of an AWS API Reference.

One direction: ``reader`` splits a page into lines, ``page`` finds its sections, ``syntax`` parses
the two syntaxes, ``terms`` the documented members, ``services`` finds the service, ``document``
builds the document and ``writing`` saves it. It must not know clauses, cases or targets.
"""

from conformance.importer.document import import_page
from conformance.importer.writing import with_hand_written, write_document

__all__ = ["import_page", "with_hand_written", "write_document"]
