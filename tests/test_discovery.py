"""What a target has: values that the user gives or the target lists."""

from typing import Any

import pytest

from conformance.execution.session import TargetSession
from conformance.reference import inventory
from conformance.spec.documents import documented

GET = documented()["chime:GetPhoneNumber"]
V2 = documented()["connect:ListPhoneNumbersV2"]


class TestDiscovery:
    def test_identifiers_are_discovered(self, session: TargetSession) -> None:
        """What a listing shows is known, the commonest first, decoded where it is encoded."""
        instances = session.discovery.values(V2, "InstanceId")
        assert set(instances) == set(inventory.INSTANCES)
        assert all(
            number.startswith("+1") for number in session.discovery.values(GET, "PhoneNumberId")
        )

    @pytest.mark.parametrize("key", ["InstanceId", "connect:InstanceId"])
    def test_what_the_user_gives_goes_first(self, key: str, reference: Any) -> None:
        """A value that was given is taken, whatever the target lists."""
        session = TargetSession(documented(), reference.sender, resources={key: "given"})
        assert session.discovery.values(V2, "InstanceId") == ["given"]

    def test_what_is_given_for_one_service_is_not_anothers(self, reference: Any) -> None:
        """A service before the member keeps it from all others."""
        session = TargetSession(
            documented(), reference.sender, resources={"chime:InstanceId": "given"}
        )
        values = session.discovery.values(V2, "InstanceId")
        assert values
        assert "given" not in values
