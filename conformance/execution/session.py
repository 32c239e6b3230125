"""One target on trial: what is asked of it, and what has been learnt of it.

A :class:`TargetSession` makes the calls and walks of plans, finds out how operations
stand and what they list, and fills in what only this target knows. It judges only
whether an operation can be tried at all. It knows neither checks nor pytest.
"""

import itertools
import pickle
import re
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import jmespath

from conformance.checks.evidence import Listing, page, readable_object
from conformance.errors import TargetError
from conformance.execution.availability import (
    Availability,
    Status,
    same_manner,
    without_baseline,
)
from conformance.execution.provisioning.resources import Supply
from conformance.execution.recording_keys import baseline_scope
from conformance.generation.plans import Call, Size, Walk
from conformance.protocols.base import Alteration
from conformance.protocols.http import Exchange
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation, Params
from conformance.spec.placeholders import unlike, wanted
from conformance.spec.rules import Resource
from conformance.spec.values import plain
from conformance.transport.circuit_breaker import CircuitBreaker
from conformance.transport.sender import NotSentError, Sender

#: A baseline with this many items is worth walking; no better one is looked for.
PLENTY = 3
#: What a listing may hold at most for the suite to know it whole.
MOST_ITEMS = 5000


class SkipCase(Exception):  # noqa: N818 - it is a reason, not an error
    """A case cannot be tried on this target; ``str()`` is the reason, for a finding.

    ``repeatable`` says that the reason lies in what the target holds, and will be the same again.
    """

    repeatable = True


class Unanswered(SkipCase):
    """The target, or a recording of it, gave no answer."""

    repeatable = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Parameters with every placeholder filled in."""

    params: Mapping[str, Any]
    synthetic: bool = False


@dataclass(slots=True)
class _Memory:
    """What has been learnt of the target so far."""

    standings: dict[str, Availability] = field(default_factory=dict)
    listings: dict[str, Listing] = field(default_factory=dict)
    calls: dict[str, Exchange] = field(default_factory=dict)
    values: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    circuit_breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    supply: Supply = field(default_factory=Supply)


class TargetSession:
    """Tries some operations on one target.

    ``resources`` are values given by the user: ``MEMBER`` or ``service:MEMBER`` → value.
    """

    def __init__(
        self,
        operations: Mapping[str, Operation],
        sender: Sender,
        *,
        resources: Mapping[str, str] | None = None,
    ) -> None:
        self.operations = operations
        self.sender = sender
        self._given = dict(resources or {})
        self._memory = _Memory()
        self._mark = secrets.token_hex(3)
        self._serials = itertools.count(1)

    # ------------------------------------------------------------ shared by workers

    def prepare(self, operation: Operation) -> None:
        """Find out what every case of an operation needs to know."""
        with suppress(SkipCase):
            if self.availability(operation).status is Status.IMPLEMENTED and operation.pagination:
                self.listing(operation)

    def memory(self) -> bytes:
        """What has been learnt so far, for another process of the same run."""
        return pickle.dumps(self._memory)

    def restore(self, memory: bytes) -> None:
        """Take over what another process of the same run has learnt."""
        self._memory = pickle.loads(memory)

    def assume(self) -> None:
        """Take every operation as there and nothing as listed: for answers merely printed."""
        for name in self.operations:
            self._memory.standings[name] = Availability(status=Status.IMPLEMENTED)
            self._memory.listings[name] = Listing()

    def use_resources(self, supply: Supply) -> None:
        """Know what was made on the target for this run."""
        self._memory.supply = supply

    def lacking(self, operation: Operation) -> str:
        """Why too little could be made to try an operation on; empty where enough is there."""
        problem = self._memory.supply.problem(operation)
        if not problem or self.availability(operation).status is Status.UNSUPPORTED:
            return ""
        listed = self._memory.listings.get(operation.id)
        held = PLENTY if listed is None else len(listed.items)
        return problem if self.availability(operation).baseline is None or held < PLENTY else ""

    # ------------------------------------------------------------ sending

    def _send(self, operation: Operation, params: Params, alteration: Alteration) -> Exchange:
        circuit_breaker = self._memory.circuit_breaker
        if why := circuit_breaker.exhausted(operation):
            raise Unanswered(why)
        try:
            exchange = self.sender.send(operation, params, alteration)
        except NotSentError as reason:
            raise Unanswered(str(reason)) from reason
        except TargetError as error:
            raise SkipCase(str(error)) from error
        circuit_breaker.saw(operation, exchange)
        if exchange.throttled:
            raise Unanswered("the target kept asking to slow down (429)")
        return exchange

    def call(self, operation: Operation, call: Call) -> tuple[Exchange, Resolved]:
        """Make one call of a plan."""
        resolved = self.resolve(operation, self._base(operation, call.base) | dict(call.set))
        return self._send(operation, resolved.params, call.alteration), resolved

    def remembered(self, operation: Operation, call: Call) -> Exchange:
        """Make a valid call once and remember its answer: a baseline."""
        scope = baseline_scope(operation, call)
        if scope.name not in self._memory.calls:
            resolved = self.resolve(operation, self._base(operation, call.base) | dict(call.set))
            with self.sender.scope(scope):
                answer = self._send(operation, resolved.params, Alteration())
            self._memory.calls[scope.name] = answer
        return self._memory.calls[scope.name]

    def walk(self, operation: Operation, walk: Walk) -> tuple[tuple[Exchange, ...], Resolved]:
        """Follow page tokens; ends at the last page, at an odd answer, or at the bound.

        A token that comes a second time ends the walk as well.
        """
        paging = operation.pagination
        assert paging is not None
        resolved = self.resolve(operation, self._base(operation, walk.base) | dict(walk.set))
        exchanges: list[Exchange] = []
        seen: set[str] = set()
        following: Mapping[str, Any] = {}
        held = 0
        for number in range(walk.pages):
            size = self._size(operation, walk.sizes[min(number, len(walk.sizes) - 1)])
            params = dict(resolved.params)
            if size is not None and paging.limit:
                params[paging.limit] = operation.page_size(size)
            params |= following
            exchanges.append(self._send(operation, params, Alteration()))
            found = page(operation, PROTOCOLS[operation.protocol], exchanges[-1])
            held += len(found.items) if found else 0
            if found is None or found.token is None or found.token in seen or held > MOST_ITEMS:
                break
            seen.add(found.token)
            following = found.following
        return tuple(exchanges), resolved

    def _size(self, operation: Operation, size: int | Size) -> int | None:
        if size is Size.DEFAULT:
            return None
        if size is Size.MIDDLE:
            least, most = operation.page_sizes
            third = -(-len(self.listing(operation).items) // 3)
            return max(2, least, min(third, (most or 1000) - 1))
        return int(size)

    # ------------------------------------------------------------ what is known

    def availability(self, operation: Operation) -> Availability:
        """How an operation stands on this target; found out once."""
        known = self._memory.standings
        if operation.untriable:
            return Availability(status=Status.UNKNOWN, reason=operation.untriable)
        if operation.id not in known:
            try:
                # what it takes of other operations belongs to their own baselines
                candidates = self._candidates(operation)
                with self.sender.scope(baseline_scope(operation, "standing")):
                    known[operation.id] = self._stand(operation, *candidates)
            except SkipCase as reason:
                known[operation.id] = Availability(status=Status.UNANSWERED, reason=str(reason))
        return known[operation.id]

    def _stand(
        self, operation: Operation, candidates: Sequence[Params], synthetic: bool, lacking: str
    ) -> Availability:
        params = candidates[0] if candidates else self._stand_in(operation)
        probe = self._send(operation, params, Alteration(absent=True))
        best: tuple[int, Mapping[str, Any], Exchange] | None = None
        first: Exchange | None = None
        for candidate in candidates or [params]:
            answer = self._send(operation, candidate, Alteration())
            first = first or answer
            if answer.succeeded and candidates and not same_manner(operation, probe, answer):
                found = page(operation, PROTOCOLS[operation.protocol], answer)
                count = len(found.items) if found else 0
                if best is None or count > best[0]:
                    best = (count, candidate, answer)
                if operation.pagination is None or count >= PLENTY:
                    break
            elif not answer.succeeded and same_manner(operation, probe, answer):
                break
        assert first is not None
        if best is not None:
            return Availability(
                status=Status.IMPLEMENTED, baseline=best[1], answer=best[2], probe=probe
            )
        tried = bool(candidates) and not synthetic
        return without_baseline(operation, probe, first, tried, lacking)

    def _candidates(self, operation: Operation) -> tuple[list[Mapping[str, Any]], bool, str]:
        """The document's baselines as far as this target's values are known.

        Also whether all of them hold made-up values, whose refusal says nothing, and what
        the first one lacks that cannot be made.
        """
        found = []
        lacking = ""
        valid = {
            name: value
            for name, value in self._memory.supply.valid.get(operation.id, {}).items()
            if not self._was_given(operation, name)
        }
        for baseline in operation.baselines:
            try:
                found.append(self.resolve(operation, {**baseline.params, **valid}))
            except SkipCase as reason:
                lacking = lacking or str(reason)
        return [one.params for one in found], all(one.synthetic for one in found), lacking

    def _stand_in(self, operation: Operation) -> Mapping[str, Any]:
        """A call that only finds out whether the operation is there at all."""
        known = {
            name: operation.resources[name].unknown
            for name in operation.required & operation.resources.keys()
        }
        return {
            name: known.get(name) or _stand_in(operation.members[name])
            for name in operation.required
        }

    def _base(self, operation: Operation, wanted: bool) -> dict[str, Any]:
        if not wanted:
            return {}
        availability = self.availability(operation)
        if availability.baseline is None:
            raise SkipCase(availability.reason)
        return dict(availability.baseline) | self._fresh(operation)

    def _fresh(self, operation: Operation) -> dict[str, Any]:
        """New names for what an operation creates: the second of a name would be a conflict."""
        named = [name for name, one in operation.resources.items() if one.unique]
        return {name: self._resource(operation, {"resource": name})[0] for name in named}

    def listing(self, operation: Operation) -> Listing:
        """All that an operation lists here, by its baseline and the default page size."""
        known = self._memory.listings
        if operation.id not in known:
            self.availability(operation)
            with self.sender.scope(baseline_scope(operation, "listing")):
                exchanges, _ = self.walk(operation, Walk(base=True))
            protocol = PROTOCOLS[operation.protocol]
            pages = [page(operation, protocol, exchange) for exchange in exchanges]
            items = tuple(item for found in pages if found for item in found.items)
            last = pages[-1]
            first = self.availability(operation).answer
            again = page(operation, protocol, first) if first else None
            known[operation.id] = Listing(
                items=items,
                complete=last is not None and last.token is None,
                agrees=bool(again and pages[0] and again.items == pages[0].items),
            )
        return known[operation.id]

    # ------------------------------------------------------------ placeholders

    def resolve(self, operation: Operation, params: Params) -> Resolved:
        """Fill in what only the target knows. Raises :class:`SkipCase` where it cannot be."""
        synthetic = False
        resources = operation.resources

        def fill(value: Any) -> Any:
            nonlocal synthetic
            if isinstance(value, list):
                return [fill(item) for item in value]
            if not isinstance(value, Mapping):
                return value
            name = wanted(value, resources)
            if name is not None and "resource" in value:
                found, invented = self._resource(operation, value)
                synthetic = synthetic or invented or value.get("doubtful", False)
                return found
            if name is not None:
                return self._unknown(operation, name, value.get("part"))
            if value.keys() == {"token"} and value["token"] in self.operations:
                return self._token(self.operations[value["token"]])
            return {name: fill(inner) for name, inner in value.items()}

        filled = {name: fill(value) for name, value in params.items()}
        return Resolved(params=filled, synthetic=synthetic)

    def values(self, operation: Operation, name: str) -> list[str]:
        """What the user gave, was made, or is listed under a name: the commonest first."""
        if given := self._was_given(operation, name):
            return [given]
        if made := self._memory.supply.of(operation, name):
            return made
        known = self._memory.values
        if (operation.id, name) not in known:
            known[operation.id, name] = self._listed_values(operation, name)
        return known[operation.id, name]

    def _listed_values(self, operation: Operation, name: str) -> list[str]:
        resource = operation.resources.get(name, Resource())
        counted: Counter[str] = Counter()
        for place in resource.places:
            source = self.operations.get(place.operation)
            if source is None or self.availability(source).status is not Status.IMPLEMENTED:
                continue
            listed = jmespath.search(place.path, self._listed_by(source)) or []
            counted.update(value for value in listed if isinstance(value, str) and value)
            if counted:
                break
        ordered = [value for value, _ in counted.most_common()]
        if resource.percent_encoded:
            ordered = [unquote(value) if "%2" in value else value for value in ordered]
        return ordered

    def is_given(self, operation: Operation, name: str) -> bool:
        """Whether a value is the user's, not what the target lists or was given for the run."""
        return self._was_given(operation, name) is not None

    def _was_given(self, operation: Operation, name: str) -> str | None:
        return self._given.get(f"{operation.service}:{name}", self._given.get(name))

    def _listed_by(self, source: Operation) -> Any:
        """An answer of a listing that holds all its items; its first one where it has no pages."""
        paging = source.pagination
        if paging is None or not re.fullmatch(r"[\w.]+", paging.items):
            answer = self.availability(source).answer
            protocol = PROTOCOLS[source.protocol]
            return readable_object(source, protocol, answer.response) if answer else None
        whole: Any = list(self.listing(source).items)
        for name in reversed(paging.items.split(".")):
            whole = {name: whole}
        return whole

    def _resource(self, operation: Operation, wanted: Mapping[str, Any]) -> tuple[str, bool]:
        name, rank = wanted["resource"], wanted.get("rank", 0)
        values = self.values(operation, name)
        if values and wanted.get("wrap"):
            rank %= len(values)
        if values and rank < len(values):
            return values[rank][: wanted.get("cut")], False
        resource = operation.resources.get(name, Resource())
        if not values and rank == 0 and resource.placeholder is not None:
            serial = f"-{self._mark}-{next(self._serials)}" if resource.unique else ""
            return resource.placeholder + serial, True
        member = name.rsplit(".", 1)[-1]
        if values:
            raise SkipCase(f"the target lists only {len(values)} different {member}")
        hint = f"; give one with --resource {operation.service}:{name}=VALUE"
        raise SkipCase(f"the target lists no {member}{hint if member == name else ''}")

    def _unknown(self, operation: Operation, name: str, part: int | None = None) -> str:
        known = self.values(operation, name)
        if not known:
            resource = operation.resources.get(name, Resource())
            stand_in = resource.unknown or resource.placeholder
            if stand_in is None:
                raise SkipCase(f"no {name} is known to make an unknown one like it")
            return str(stand_in)
        return unlike(known, part)

    def _token(self, operation: Operation) -> str:
        assert operation.pagination is not None
        limit, least = operation.pagination.limit, operation.page_sizes[0]
        size = {limit: operation.page_size(least)} if limit else {}
        first = self.remembered(operation, Call(base=True, set=size))
        found = page(operation, PROTOCOLS[operation.protocol], first)
        if found is None or found.token is None:
            raise SkipCase(f"{operation.id} gave out no page token")
        return found.token


def _stand_in(schema: Mapping[str, Any]) -> Any:
    text = schema.get("type") == "string" and not schema.keys() & {"enum", "pattern", "format"}
    return "unknown" if text else plain(schema)
