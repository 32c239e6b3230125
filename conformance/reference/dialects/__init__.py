"""Dialects: different but correct ways to answer. A check that flags one cries wolf."""

from conformance.reference.dialects import answers, errors, pages, requests, transport

ALL_DIALECTS = (
    *errors.DIALECTS,
    *requests.DIALECTS,
    *answers.DIALECTS,
    *pages.DIALECTS,
    *transport.DIALECTS,
)
