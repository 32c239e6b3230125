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
    one_of,
    plurals,
    tails,
    unversioned,
    version_of,
)
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
        self._versions: dict[str, set[str]] = {}
        for noun in self.creators:
            self._versions.setdefault(folded(unversioned(noun)), set()).add(version_of(noun))

    def model(self, name: str) -> OperationModel:
        """An operation's model, by its name."""
        if name not in self._models:
            self._models[name] = self.service.operation_model(name)
        return self._models[name]

    def request(self, name: str) -> dict[str, Shape]:
        """The members of an operation's request."""
        return members(self.model(name).input_shape)

    def current(self, name: str) -> dict[str, Shape]:
        """The members of an operation's request that the model does not call deprecated."""
        shape = self.model(name).input_shape
        known = self.service.described["shapes"][shape.name]["members"] if shape else {}
        return {
            member: one
            for member, one in self.request(name).items()
            if not known[member].get("deprecated")
        }

    def required(self, name: str) -> tuple[str, ...]:
        """The members that an operation's request must have."""
        shape = self.model(name).input_shape
        return tuple(shape.required_members) if shape else ()

    def is_deprecated(self, name: str) -> bool:
        """Whether the model calls an operation deprecated."""
        return bool(self.service.described["operations"][name].get("deprecated"))

    def find(self, name: str, noun: str = "") -> Iterator[str]:
        """The operations of a name, those of the noun's version first, deprecated ones last.

        One of another version is about another resource where such is created as well.
        """
        found = self._known.get(folded(unversioned(name)))
        if found is None:  # as most names that are tried
            return
        version = version_of(noun)
        others = self._versions.get(folded(unversioned(noun)), set()) - {version}
        yield from sorted(
            (one for one in found if version_of(one) not in others),
            key=lambda one: (self.is_deprecated(one), version_of(one) != version, one),
        )

    def _creators(self) -> Iterator[tuple[str, str]]:
        """The nouns of what is made here, and the operation that makes each."""
        seen: set[str] = set()
        for verb in CREATING:
            for name in self.names:
                rest = name.removeprefix(verb)
                if rest == name or not rest[:1].isupper() or is_tags(rest):
                    continue
                noun = rest if verb == "Put" and f"Get{rest}" in self.names else one_of(rest)
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

    def _named(self, verbs: tuple[str, ...], nouns: list[str], of: str) -> Iterator[str]:
        for noun in nouns:
            for verb in verbs:
                yield from self.find(verb + noun, of)

    def readers(self, noun: str) -> Iterator[tuple[str, bool]]:
        """What could show one resource, the likeliest first, and whether it shows several.

        What answers with a stream comes last: beside the content there is often a description.
        """
        found = list(dict.fromkeys(self._readers(noun)))
        yield from sorted(found, key=lambda one: self.model(one[0]).has_streaming_output)

    def _readers(self, noun: str) -> Iterator[tuple[str, bool]]:
        for one in self._others(noun):
            several = list(plurals(one))
            aspects = [one + aspect for aspect in ASPECTS if folded(one + aspect) not in self.nouns]
            yield from (
                *((name, False) for name in self._named(("Describe", "Get"), [one], noun)),
                *((name, True) for name in self._named(("Describe", "BatchGet"), several, noun)),
                *((name, True) for name in self._named(("Get",), several, noun)),
                *((name, False) for name in self._named(("Get", "Describe"), aspects, noun)),
                *((name, False) for name in self._named(("Head",), [one], noun)),
            )

    def listings(self, noun: str) -> Iterator[str]:
        """What could list resources of a noun, the likeliest first."""
        seen = set()
        for one in self._others(noun):
            for name in self._named(LISTING, [*plurals(one), f"{one}Summaries"], noun):
                if name not in seen:
                    seen.add(name)
                    yield name

    def updates(self, noun: str) -> Iterator[str]:
        """What could change a resource."""
        plain = unversioned(noun)
        yield from self._named(UPDATING, [plain], noun)
        aspects = [plain + one for one in (*ASPECTS, "Attribute")]
        known = [one for one in aspects if folded(one) not in self.nouns]
        yield from self._named(UPDATING, known, noun)

    def deletions(self, noun: str, creating: str) -> Iterator[str]:
        """What could delete a resource, the likeliest first."""
        verbs = next(ends for verb, ends in CREATING.items() if creating.startswith(verb))
        for one in self._others(noun):
            yield from self._named(verbs, [one], noun)
            yield from self.find(f"Schedule{one}Deletion", noun)
            yield from self._named(verbs, list(plurals(one)), noun)
        if version_of(noun):  # one deletion may be for all versions
            yield from self._named(verbs, [unversioned(noun)], "")
