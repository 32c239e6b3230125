"""How firmly something is promised, by the source that states it: one table.

A documentation page and the SDK's model do not state the same things equally well. It knows
no operation.
"""

from collections.abc import Mapping
from enum import StrEnum


class Level(StrEnum):
    """How firmly something is promised, the firmest first; it decides a deviation's verdict."""

    MUST = "must"
    SHOULD = "should"
    OBSERVE = "observe"


def weaker(one: Level, other: Level) -> Level:
    """The one of two levels that promises less."""
    return max(one, other, key=list(Level).index)


class SourceKind(StrEnum):
    """What an operation is known from."""

    PAGE = "page"
    """A page that a person read: its document has a hand-written part."""
    IMPORTED = "imported page"
    """A page as the importer reads it. Pages are made from the SDK's models: what it states has
    the model's levels, and no column of the table below."""
    MODEL = "model"
    #: the documentation of members in the SDK's models
    PROSE = "prose"
    #: responses that AWS's documentation prints
    SAMPLE = "samples"
    #: what AWS was seen to answer
    OBSERVATION = "observation"


_PAGE, _MODEL = SourceKind.PAGE, SourceKind.MODEL
_PROSE, _SAMPLE, _OBSERVATION = SourceKind.PROSE, SourceKind.SAMPLE, SourceKind.OBSERVATION
_MUST, _SHOULD, _OBSERVE = Level.MUST, Level.SHOULD, Level.OBSERVE

#: promise → its level by the source that states it. A source that is absent does not state it;
#: of several sources the firmest counts.
LEVELS: Mapping[str, Mapping[SourceKind, Level]] = {
    "valid values are accepted": {_PAGE: _MUST, _MODEL: _SHOULD},
    # a model does not state which members a valid value goes together with
    "valid values are accepted beside others": {_PAGE: _MUST, _MODEL: _OBSERVE},
    # they need not be on offer everywhere
    "values that a pattern spells out are accepted": {_PAGE: _SHOULD, _MODEL: _OBSERVE},
    "members go together": {_PAGE: _MUST},
    "the content type of a success": {_PAGE: _MUST, _MODEL: _SHOULD},
    # of a model's members any may be absent that is not required
    "a success holds its members": {_PAGE: _MUST},
    # pages call timestamps strings
    "the format of a timestamp": {_MODEL: _SHOULD},
    # a model does not list the errors that are common to all services
    "all errors are listed": {_PAGE: _MUST, _MODEL: _OBSERVE},
    # the protocol's specification says what a body is; a page names its format, a model does not
    "a malformed body is refused": {_PAGE: _MUST, _MODEL: _SHOULD},
    # services that respond in JSON or CBOR often use 400, whatever status their models state
    "the status of an error in JSON or CBOR": {_PAGE: _MUST, _MODEL: _SHOULD},
    "the status of an error in XML": {_PAGE: _MUST, _MODEL: _MUST},
    # real responses lack required members and hold values beyond every constraint
    "a response keeps constraints": {_PAGE: _SHOULD, _MODEL: _SHOULD},
    "the error of an invalid request": {_PAGE: _MUST, _MODEL: _SHOULD},
    # the SDK expects more of a response than a page states, of timestamps for one
    "the SDK reads a success": {_PAGE: _SHOULD, _MODEL: _MUST},
    "tokens of other operations": {_PAGE: _OBSERVE},
    # where a path is modelled, another method of it may well be another operation's
    "no other method on a path": {_PAGE: _SHOULD},
    # of a model it is guessed by which listing a value is shown
    "where values are listed": {_PAGE: _MUST},
    # it is read off sentences, not off a shape
    "a constraint that prose states": {_PROSE: _SHOULD},
    # what is reserved, not implemented or no longer used may be ignored, whatever its shape says
    "a constraint on a member that has no effect": {_PROSE: _OBSERVE},
    # of 47 such members that AWS was seen to answer, it left out two now and then
    "a member that all printed samples show": {_SAMPLE: _OBSERVE},
    # of 30 such members in answers of 14 services it left out none
    "a time of creation that printed samples show": {_SAMPLE: _SHOULD},
    # a value that is alone is a switch; AWS was seen to refuse others, and no page says so
    "the only valid value of a member": {_PAGE: _MUST, _MODEL: _SHOULD},
    # a confirmation confirms by its value; no source says what another one does
    "the value of a confirmation": {_PROSE: _OBSERVE},
    # text has no type: whatever is not true may be false, and a time that is none be ignored
    "the type of a boolean or a time in text": {_PAGE: _MUST, _MODEL: _SHOULD},
    # a token is sent back as it was given; IAM's pages no longer print the bound of its model
    "a longest token that responses do not keep to": {_PAGE: _MUST, _MODEL: _SHOULD},
    # what AWS answered to others may depend on what they asked
    "a member that AWS always showed": {_OBSERVATION: _SHOULD},
    "the error that AWS gives": {_OBSERVATION: _SHOULD},
    # nothing that AWS does is a violation
    "a constraint that AWS did not keep": {_OBSERVATION: _OBSERVE},
}
