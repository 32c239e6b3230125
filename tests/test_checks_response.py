"""The checks of a success: its status, members and names."""

from typing import Any

import pytest
from check_rows import NUMBER, SEARCH, accepted, check_row, listed, row_name

ROWS = [
    accepted("status", "the documented status", passes=("response/status",)),
    *(
        accepted("status", str(status), status=status, finds={"response/status": "fail"})
        for status in (201, 202, 204)
    ),
    listed("members", "an item as it should be", {}),
    accepted("members", "an empty listing", {"PhoneNumbers": []}),
    accepted("members", "a null token", {"PhoneNumbers": [], "NextToken": None}),
    accepted("members", "an empty token", {"PhoneNumbers": [], "NextToken": ""}),
    *(
        listed("members", f"{name} {value!r} is tolerated", {name: value})
        for name, value in (
            ("CallingName", None),
            ("DeletionTimestamp", None),
            ("CallingName", ""),
            ("Country", None),
            ("Status", "NeverHeardOf"),
            ("Type", ""),
            ("Associations", []),
            ("Unheard", {"of": 1}),
            ("CreatedTimestamp", "yesterday"),
            ("PhoneNumberId", "+12065550100"),
            ("PhoneNumberId", "an-opaque-id"),
        )
    ),
    accepted("members", "no list", {}, finds={"response/PhoneNumbers/present": "fail"}),
    accepted(
        "members",
        "a null for the list",
        {"PhoneNumbers": None},
        finds={"response/PhoneNumbers/present": "fail"},
    ),
    *(
        accepted(
            "members",
            f"a list of type {type(value).__name__}",
            {"PhoneNumbers": value},
            finds={"response/PhoneNumbers/type": "fail"},
        )
        for value in ({}, "x", 5, True)
    ),
    listed("members", "an item of text", "x", finds={"response/PhoneNumbers/item/type": "fail"}),
    *(
        listed("members", f"{name} {value!r}", {name: value}, finds={f"response/{path}": "fail"})
        for name, value, path in (
            ("Status", 5, "PhoneNumbers/item/Status/type"),
            ("Status", ["Assigned"], "PhoneNumbers/item/Status/type"),
            ("CreatedTimestamp", 1700000000, "PhoneNumbers/item/CreatedTimestamp/type"),
            ("Capabilities", [], "PhoneNumbers/item/Capabilities/type"),
            ("Associations", {}, "PhoneNumbers/item/Associations/type"),
        )
    ),
    listed(
        "members",
        "a boolean in quotes",
        {"Capabilities": {**NUMBER["Capabilities"], "InboundCall": "true"}},
        finds={"response/PhoneNumbers/item/Capabilities/InboundCall/type": "fail"},
    ),
    *(
        listed(
            "members",
            f"{name} absent",
            {name: None},
            finds={f"response/PhoneNumbers/item/{name}/present": "warn"},
        )
        for name in ("Status", "PhoneNumberId", "E164PhoneNumber")
    ),
    accepted(
        "members",
        "a token of another type",
        {"PhoneNumbers": [], "NextToken": 5},
        finds={"response/NextToken/type": "fail"},
    ),
    *(
        accepted(
            "members",
            f"a number {value!r}",
            {"E164PhoneNumbers": [value]},
            operation=SEARCH,
            finds={"response/E164PhoneNumbers/item/pattern": verdict} if verdict else {},
        )
        for value, verdict in (
            ("+12065550100", ""),
            ("12065550100", "warn"),
            ("+0123", "warn"),
            ("", ""),
        )
    ),
    accepted("spelling", "names as documented", {"PhoneNumbers": [], "Unheard": 1}),
    *(
        accepted("spelling", name, {name: []}, finds={"response/names": "warn"})
        for name in ("phoneNumbers", "phone_numbers", "Phone-Numbers", "PHONENUMBERS")
    ),
    accepted("spelling", "both spellings", {"PhoneNumbers": [], "phoneNumbers": []}),
    listed(
        "spelling", "deep inside", {"status": "x", "Status": None}, finds={"response/names": "warn"}
    ),
    # what AWS is known to do, or its protocol's own tests demand
    listed(
        "members",
        "nulls where none is documented have been seen in real answers, in lists too",
        {"Associations": [None]},
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_rows(row: Any, fabricate: Any) -> None:
    """Each check finds what its row says, and nothing else."""
    check_row(row, fabricate)
