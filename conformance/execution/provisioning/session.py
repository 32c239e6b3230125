"""Provisioning of one run: creates resources by files and by users' hooks, and deletes them."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from conformance.execution.discovery import Discovery
from conformance.execution.provisioning.derived import DerivedProvisioning
from conformance.execution.provisioning.files import Recipe
from conformance.execution.provisioning.hooks import Hook, Hooked, Target
from conformance.execution.provisioning.journal import Journal
from conformance.execution.provisioning.resources import ProvisionedResources
from conformance.execution.provisioning.runner import Provisioner
from conformance.spec.operation import Operation
from conformance.transport.sender import Sender


def services(operations: Sequence[Operation]) -> list[str]:
    """The services that something may have to be created for: those whose documents do not say
    where values are listed."""
    return sorted({one.service for one in operations if not one.states_resources})


class Provisioning:
    """Makes what a run needs, once, and takes it down, once; may be interrupted in both.

    ``sender`` is made when the first call is due, and sends no cases. In the ``journal`` is what
    has been made and not yet been taken down; whose it is closes it.
    """

    def __init__(self, sender: Callable[[], Sender], journal: Journal | None = None) -> None:
        self._make_sender = sender
        self._journal = journal
        self._provisioner: Provisioner | None = None
        self._hooked: Hooked | None = None

    def make(
        self, recipes: Sequence[Recipe], hooks: Sequence[Hook], target: Target
    ) -> ProvisionedResources:
        """Make all of it and say what is there now."""
        provisioned = ProvisionedResources()
        if recipes:
            self._provisioner = Provisioner(self._make_sender(), provisioned, self._journal)
            destroyed = [one.id for one in target.operations if one.destroys]
            self._provisioner.make(recipes, destroyed)
        if hooks:
            self._hooked = Hooked(provisioned, self._journal)
            self._hooked.call(hooks, target)
        return provisioned

    def derive(self, discovery: Discovery, operations: Sequence[Operation]) -> None:
        """Make what operations have to name and nothing provides, by lifecycles."""
        if self._provisioner is None:
            provisioned = discovery.knowledge.provisioned
            self._provisioner = Provisioner(self._make_sender(), provisioned, self._journal)
        DerivedProvisioning(discovery, self._provisioner).make(operations)

    def take_down(self) -> None:
        """Take down all that still exists, the last first; may be called again to go on."""
        if self._hooked:
            self._hooked.take_down()
        if self._provisioner:
            self._provisioner.take_down()

    def lines(self) -> Iterator[str]:
        """What was made and what became of it, for people; empty where nothing was tried."""
        if self._provisioner:
            yield from self._provisioner.lines()
        if self._hooked:
            if self._hooked.given:
                given = ", ".join(f"{key}={value}" for key, value in self._hooked.given.items())
                yield f"provisioned by hooks: {given}"
            yield from self._hooked.problems

    def data(self) -> list[dict[str, Any]]:
        """The same as plain data, for a report."""
        found = [made.data() for made in self._provisioner.made] if self._provisioner else []
        if self._hooked:
            one: dict[str, Any] = {"hook": True, "provides": sorted(self._hooked.given)}
            if self._hooked.problems:
                one["problem"] = self._hooked.problems[0]
            found.append(one)
        return found
