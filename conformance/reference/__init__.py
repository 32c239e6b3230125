"""The embedded reference server: five operations of Amazon Chime and Amazon Connect over real HTTP.

It is the suite's independent oracle. It imports the standard library and nothing else of this
package, and its tables are written by hand from the API reference. It can be told to break one
promise (a fault), to answer differently but correctly (a dialect), or to be no such server at all
(a degenerate); ``names`` lists them.
"""

from conformance.reference.launch import UnknownVariantError, behave, start
from conformance.reference.server import Running

__all__ = ["Running", "UnknownVariantError", "behave", "start"]
