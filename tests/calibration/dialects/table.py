"""Every dialect by its name."""

from collections.abc import Mapping

from calibration.dialects import answers, errors, pages, requests, transport
from calibration.mutations import Dialect, by_name

DIALECTS: Mapping[str, Dialect] = by_name(
    *errors.DIALECTS,
    *requests.DIALECTS,
    *answers.DIALECTS,
    *pages.DIALECTS,
    *transport.DIALECTS,
)
