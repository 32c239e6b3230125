"""A service's operations by their names: which could read, list, change or delete a noun."""

from collections.abc import Iterator

from botocore.model import OperationModel, Shape

from conformance.spec.lifecycles.members import members
from conformance.spec.lifecycles.names import (
    ASPECTS,
    CREATING,
    LISTING,
    UPDATING,
    folded,
    is_tags,
    plurals,
    tails,
    unversioned,
)
from conformance.spec.sdk_models.discovery import singular
from conformance.spec.sdk_models.loader import DescribedService


class Operations:
    """The operations of one service, found by verb and noun."""

    def __init__(self, service: DescribedService) -> None:
        self.service = service
        self.names = tuple(service.operation_names)
        self._models: dict[str, OperationModel] = {}
        self._known: dict[str, list[str]] = {}
        for name in self.names:
            self._known.setdefault(folded(unversioned(name)), []).append(name)
        self.creators = dict(self._creators())
        self.nouns = frozenset(folded(noun) for noun in self.creators)

    def model(self, name: str) -> OperationModel:
        """An operation's model, by its name."""
        if name not in self._models:
            self._models[name] = self.service.operation_model(name)
        return self._models[name]

    def request(self, name: str) -> dict[str, Shape]:
        """The members of an operation's request."""
        return members(self.model(name).input_shape)

    def required(self, name: str) -> tuple[str, ...]:
        """The members that an operation's request must have."""
        shape = self.model(name).input_shape
        return tuple(shape.required_members) if shape else ()

    def is_deprecated(self, name: str) -> bool:
        """Whether the model calls an operation deprecated."""
        return bool(self.service.described["operations"][name].get("deprecated"))

    def find(self, name: str, version: str = "") -> Iterator[str]:
        """The operations of a name, whatever version follows it: those of that version first."""
        found = self._known.get(folded(unversioned(name)), [])
        ranked = ((self.is_deprecated(one), not one.endswith(version), one) for one in found)
        yield from (one for *_, one in sorted(ranked))

    def _creators(self) -> Iterator[tuple[str, str]]:
        """The nouns of what is made here, and the operation that makes each."""
        seen: set[str] = set()
        for verb in CREATING:
            for name in self.names:
                rest = name.removeprefix(verb)
                if rest == name or not rest[:1].isupper() or is_tags(rest):
                    continue
                noun = singular(rest)
                if folded(noun) in seen or rest.endswith(("Tags", "Tagging")):
                    continue
                seen.add(folded(noun))
                yield noun, name

    def _others(self, noun: str) -> Iterator[str]:
        """The nouns by which operations may call a resource: its own, then that's last words."""
        plain = unversioned(noun)
        yield plain
        for tail in tails(plain)[1:]:
            if folded(tail) not in self.nouns and len(tail) > 3:
                yield tail

    def _named(self, verbs: tuple[str, ...], nouns: list[str], version: str) -> Iterator[str]:
        for noun in nouns:
            for verb in verbs:
                yield from self.find(verb + noun, version)

    def readers(self, noun: str) -> Iterator[tuple[str, bool]]:
        """What could show one resource, the likeliest first, and whether it shows several."""
        version = noun.removeprefix(unversioned(noun))
        seen = set()
        for one in self._others(noun):
            several = list(plurals(one))
            aspects = [one + aspect for aspect in ASPECTS if folded(one + aspect) not in self.nouns]
            for name, plural in (
                *((name, False) for name in self._named(("Describe", "Get"), [one], version)),
                *((name, True) for name in self._named(("Describe", "BatchGet"), several, version)),
                *((name, True) for name in self._named(("Get",), several, version)),
                *((name, False) for name in self._named(("Get", "Describe"), aspects, version)),
                *((name, False) for name in self._named(("Head",), [one], version)),
            ):
                if name not in seen:
                    seen.add(name)
                    yield name, plural

    def listings(self, noun: str) -> Iterator[str]:
        """What could list resources of a noun, the likeliest first."""
        version = noun.removeprefix(unversioned(noun))
        seen = set()
        for one in self._others(noun):
            for name in self._named(LISTING, [*plurals(one), f"{one}Summaries"], version):
                if name not in seen:
                    seen.add(name)
                    yield name

    def updates(self, noun: str) -> Iterator[str]:
        """What could change a resource."""
        version = noun.removeprefix(unversioned(noun))
        plain = unversioned(noun)
        yield from self._named(UPDATING, [plain], version)
        aspects = [plain + one for one in (*ASPECTS, "Attribute")]
        known = [one for one in aspects if folded(one) not in self.nouns]
        yield from self._named(UPDATING, known, version)

    def deletions(self, noun: str, creating: str) -> Iterator[str]:
        """What could delete a resource, the likeliest first."""
        version = noun.removeprefix(unversioned(noun))
        verbs = next(ends for verb, ends in CREATING.items() if creating.startswith(verb))
        for one in self._others(noun):
            yield from self._named(verbs, [one], version)
            yield from self.find(f"Schedule{one}Deletion", version)
            yield from self._named(verbs, list(plurals(one)), version)
