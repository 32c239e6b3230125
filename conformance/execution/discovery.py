"""Finds out what a target has: the availability of operations, their listings, their values.

Everything is found out once, and can be handed to another process of the same run. What is
found is no verdict: no case or clause is known here.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

import jmespath

from conformance.checks.evidence import Listing, page, readable_object
from conformance.execution.alternatives import beside
from conformance.execution.availability import (
    Availability,
    SkipCase,
    Status,
    Unanswered,
    same_kind,
    without_baseline,
)
from conformance.execution.caller import Caller
from conformance.execution.candidates import PLENTY, Candidates
from conformance.execution.placeholders import Placeholders, Resolved
from conformance.execution.provisioning.resources import ProvisionedResources
from conformance.execution.recording_keys import baseline_scope
from conformance.generation.plans import UNALTERED, Call, Size, Step, Walk
from conformance.protocols.base import Additions, Alteration
from conformance.protocols.http import Exchange, FailureKind
from conformance.protocols.table import PROTOCOLS
from conformance.spec.operation import Operation, Params
from conformance.spec.patterns import matching
from conformance.spec.placeholders import is_listed, unknown_value
from conformance.spec.rules import Resource
from conformance.spec.sdk_models.discovery import is_opaque
from conformance.spec.validity import violations
from conformance.spec.values import plain

#: A request to an operation that cannot exist: how a target responds to it is the probe.
PROBE = Alteration(absent=True)
#: So many calls are tried that hold a member beside what it may need.
MOST_TRIES = 3
#: A request as it was before the SDK added checksums to it.
WITHOUT_ADDITIONS = Alteration(sdk=Additions.NONE)


@dataclass(slots=True)
class Knowledge:
    """What has been found out about a target so far."""

    availability: dict[str, Availability] = field(default_factory=dict)
    listings: dict[str, Listing] = field(default_factory=dict)
    controls: dict[tuple[str, str], Exchange] = field(default_factory=dict)
    values: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    companies: dict[tuple[str, frozenset[str]], tuple[Params, Exchange] | None] = field(
        default_factory=dict
    )
    provisioned: ProvisionedResources = field(default_factory=ProvisionedResources)


class Discovery:
    """What one target has, for some operations.

    ``resources`` are values given by the user: ``MEMBER`` or ``service:MEMBER`` → value.
    """

    def __init__(
        self,
        operations: Mapping[str, Operation],
        caller: Caller,
        *,
        resources: Mapping[str, str],
    ) -> None:
        self.operations = operations
        self.knowledge = Knowledge()
        self._caller = caller
        self._given = dict(resources)
        self._waited: set[str] = set()
        self._looking: set[str] = set()
        self._placeholders = Placeholders(values=self.values, token=self._token)

    def prepare(self, operation: Operation) -> None:
        """Find out what every case of an operation needs to know."""
        with suppress(SkipCase):
            if self.availability(operation).status is Status.IMPLEMENTED and operation.pagination:
                self.listing(operation)

    def assume(self) -> None:
        """Take every operation as implemented and listing nothing: for printed responses."""
        for name in self.operations:
            self.knowledge.availability[name] = Availability(status=Status.IMPLEMENTED)
            self.knowledge.listings[name] = Listing()

    def use_resources(self, provisioned: ProvisionedResources) -> None:
        """Take over what has been provisioned on the target for this run."""
        self.knowledge.provisioned = provisioned

    def lacking(self, operation: Operation) -> str:
        """Why provisioning left an operation with too few items; empty if it did not."""
        problem = self.knowledge.provisioned.problem(operation)
        if not problem or self.availability(operation).status is Status.UNSUPPORTED:
            return ""
        listed = self.knowledge.listings.get(operation.id)
        held = PLENTY if listed is None else len(listed.items)
        return problem if self.availability(operation).baseline is None or held < PLENTY else ""

    # ------------------------------------------------------------ availability

    def availability(self, operation: Operation) -> Availability:
        """Whether an operation can be tried on this target."""
        known = self.knowledge.availability
        if operation.id not in known:
            if operation.id in self._looking:  # each lists what the other is tried with
                return Availability(status=Status.UNKNOWN, reason="it is being found out")
            self._looking.add(operation.id)
            try:
                known[operation.id] = self._find_availability(operation)
            finally:
                self._looking.discard(operation.id)
        return known[operation.id]

    def _find_availability(self, operation: Operation) -> Availability:
        if operation.untriable:
            return Availability(status=Status.UNKNOWN, reason=operation.untriable)
        try:
            # requests of other operations, for values, belong to the baselines of those
            candidates = self._candidates(operation)
            with self._caller.sender.scope(lambda: baseline_scope(operation, "standing")):
                return self._try_candidates(operation, *candidates)
        except SkipCase as reason:
            return Availability(status=Status.UNANSWERED, reason=str(reason))

    def call(
        self, operation: Operation, params: Params, alteration: Alteration = UNALTERED
    ) -> Exchange:
        """Send one request, and note what it destroyed of what was made for that."""
        exchange = self._caller.call(operation, params, alteration)
        failed = exchange.status is None or exchange.status >= 500
        if operation.destroys and (exchange.succeeded or failed):
            self.knowledge.provisioned.use_up(operation, params)
        return exchange

    def _try_candidates(
        self, operation: Operation, candidates: Sequence[Params], synthetic: bool, missing: str
    ) -> Availability:
        params = candidates[0] if candidates else _stand_ins(operation)
        probe = self._patiently(operation, params, PROBE)
        seen = Candidates(operation, probe)
        for candidate in filter(seen.is_due, candidates or [params]):
            try:
                seen.see(candidate, self._patiently(operation, candidate))
            except Unanswered:
                if not seen.suffices:
                    raise
                break  # a recording may hold no further try
        if candidates and seen.best is not None:
            baseline, answer = seen.best
            return Availability(
                status=Status.IMPLEMENTED,
                baseline=baseline,
                answer=answer,
                probe=probe,
                refused_members=seen.refused_members,
            )
        first = seen.first
        if candidates and (bare := self._without_additions(operation, params, probe, first)):
            return bare
        tried = bool(candidates) and not synthetic
        alike = not tried and self._all_as_absent(operation, seen)
        return without_baseline(operation, probe, first, tried, missing, alike=alike)

    def _all_as_absent(self, operation: Operation, seen: Candidates) -> bool:
        """Whether whatever is asked of a reading operation gets the failure of an unknown one.

        A server that fails at one synthetic request may fail at its values alone: others are sent,
        all valid by their schemas.
        """
        if not operation.readonly or not seen.all_as_absent:
            return False
        with suppress(Unanswered):  # a recording may hold no further try
            for params in _well_formed(operation):
                if seen.all_as_absent and all(params != before for before, _ in seen.answers):
                    seen.see(params, self._patiently(operation, params))
        return seen.all_as_absent and len(seen.answers) > 1

    def _without_additions(
        self, operation: Operation, params: Params, probe: Exchange, refused: Exchange
    ) -> Availability | None:
        """The availability of an operation that refuses what the SDK adds to its requests.

        ``None`` where the valid call is refused without that as well, or nothing is added.
        """
        if "checksum" not in operation.wire.get("additions", ()) or refused.status is None:
            return None
        answer = self._caller.call(operation, params, WITHOUT_ADDITIONS)
        if refused.succeeded or not answer.succeeded or same_kind(operation, probe, answer):
            return None
        if refused.status >= 500 and refused.status != 501:
            again = self._caller.call(operation, params)
            if again.succeeded:  # it failed for another reason
                return Availability(
                    status=Status.IMPLEMENTED, baseline=params, answer=again, probe=probe
                )
        self._caller.without_additions.add(operation.id)
        return Availability(
            status=Status.IMPLEMENTED,
            baseline=params,
            answer=answer,
            probe=probe,
            refused_default=refused,
        )

    def _patiently(
        self, operation: Operation, params: Params, alteration: Alteration = UNALTERED
    ) -> Exchange:
        """The response to a request; the first of a service that is slow gets one longer try.

        Emulators load a service when it is first asked for.
        """
        exchange = self.call(operation, params, alteration)
        slow = exchange.failure is not None and exchange.failure.kind is FailureKind.TIMEOUT
        if slow and operation.service not in self._waited:
            self._waited.add(operation.service)
            # a recording may hold no second try
            with self._caller.sender.patience(), suppress(Unanswered):
                exchange = self.call(operation, params, alteration)
        return exchange

    def _candidates(self, operation: Operation) -> tuple[list[Params], bool, str]:
        """The document's baselines as far as this target's values are known.

        Also whether all of them hold synthetic values, whose refusal proves nothing, and what
        the first baseline lacks a value for.
        """
        found = []
        missing = ""
        valid = self.valid(operation)
        for baseline in operation.baselines:
            try:
                named = self._provided(operation, baseline.params)
                named |= beside(operation, baseline.params, valid)
                named |= self._own(operation, baseline.params)
                params = {**baseline.params, **named}
                resolved = self._placeholders.resolve(operation, params)
                found.append(replace(resolved, synthetic=resolved.synthetic or baseline.printed))
            except SkipCase as reason:
                missing = missing or str(reason)
        if more := self.knowledge.provisioned.made.get(operation.id):  # where nothing else will do
            found.append(Resolved(params=more, synthetic=True))
        elif found and not operation.readonly:
            found += with_one_more(operation, found[0].params)
        return [one.params for one in found], all(one.synthetic for one in found), missing

    def _provided(self, operation: Operation, params: Params) -> dict[str, Any]:
        """What was made for this very operation to name, in the place of what a sample prints."""
        known = self.knowledge.provisioned.values
        found: dict[str, Any] = {}
        for name in operation.required & params.keys():
            if values := known.get(f"{operation.id}.{name}"):
                given = params[name]
                is_list = isinstance(given, list)
                found[name] = values[: max(len(given), 2)] if is_list else values[0]
        return found

    def candidates(self, operation: Operation) -> Sequence[Params]:
        """The calls of an operation that are tried, as far as this target's values are known."""
        return self._candidates(operation)[0]

    def forget(self, service: str) -> None:
        """Find out anew what the target has of a service: more has been made."""
        knowledge = self.knowledge
        beginning = f"{service}:"
        for known in (knowledge.availability, knowledge.listings):
            for name in [name for name in known if name.startswith(beginning)]:
                del known[name]
        several: list[dict[Any, Any]]
        several = [knowledge.controls, knowledge.values, knowledge.companies]
        for by_member in several:
            for key in [key for key in by_member if key[0].startswith(beginning)]:
                del by_member[key]

    def lists(self, operation: Operation) -> bool:
        """Whether a listing shows something by now, or cannot be asked; nothing is kept of it."""
        try:
            known = self.availability(operation)
            return known.status is not Status.IMPLEMENTED or bool(self.listing(operation).items)
        except SkipCase:
            return True
        finally:
            self.knowledge.availability.pop(operation.id, None)
            self.knowledge.listings.pop(operation.id, None)

    def valid(self, operation: Operation) -> Params:
        """Parameters with which an operation accepts a request here, as provisioning says."""
        return {
            name: value
            for name, value in self.knowledge.provisioned.valid.get(operation.id, {}).items()
            if not self.is_given(operation, name)
        }

    # ------------------------------------------------------------ requests on the baseline

    def resolve(self, operation: Operation, step: Step, base: Params | None = None) -> Resolved:
        """The parameters of a step, on the baseline where it builds on it, or on another ``base``.

        Raises :class:`SkipCase` where there is no baseline, or no value for a placeholder.
        """
        if step.base:
            params: Params = step.on(self._baseline(operation) if base is None else base)
        else:
            params = step.set
        params = {**params, **self._own(operation, params)}
        if any(isinstance(value, (list, Mapping)) for value in params.values()):
            return self._placeholders.resolve(operation, params)
        return Resolved(params=dict(params))  # no plain value is a placeholder

    def renamed(self, schema: Mapping[str, Any], value: str) -> str:
        """A new name like another one, for one more thing; the same where none is valid."""
        return self._placeholders.renamed(schema, value)

    def _baseline(self, operation: Operation) -> dict[str, Any]:
        availability = self.availability(operation)
        if availability.baseline is None:
            raise SkipCase(availability.reason)
        fresh = [name for name, resource in operation.resources.items() if resource.unique]
        names = self._placeholders.names(operation, fresh) if fresh else {}
        return {**availability.baseline, **names}

    def _destroyed_first(self, operation: Operation, call: Call) -> Exchange | None:
        """The response to the baseline in place of a control that is the same but for the thing.

        Of the things that are made to be destroyed there are not many.
        """
        if operation.id not in self.knowledge.provisioned.spare:
            return None
        same = call == Call(base=True)
        same = same or any(not call.base and call.set == one.params for one in operation.baselines)
        found = self.availability(operation)
        return found.answer if same and found.baseline is not None else None

    def _own(self, operation: Operation, params: Params) -> Params:
        """What names a thing that was made to be destroyed, in place of one that others need.

        Raises :class:`SkipCase` where all of these are used up.
        """
        provisioned = self.knowledge.provisioned
        if operation.id not in provisioned.spare:
            return {}
        used = provisioned.used.get(operation.id, [])
        known = [*provisioned.spare[operation.id][:1], *used]
        named = known[0].keys() & operation.required & params.keys() if known else set()
        wanted = {
            name
            for name in named
            if is_listed(params[name], operation.resources)
            or any(params[name] == one[name] for one in used)
            or self._is_known(operation, name, params[name])
        }
        if not wanted:
            return {}
        if not provisioned.spare[operation.id]:
            raise SkipCase(f"all that was made for {operation.name} to destroy is used up")
        return {name: provisioned.spare[operation.id][0][name] for name in wanted}

    def _is_known(self, operation: Operation, name: str, value: Any) -> bool:
        """Whether a value, or each of a list, is one that the target has."""
        several = value if isinstance(value, list) else [value]
        known = self.values(operation, name)
        return bool(several) and all(one in known for one in several)

    def remaining(self, operation: Operation, params: Params) -> Any:
        """What the listings hold now of the thing that parameters name; ``None`` for nothing."""
        named = {params[name] for name in operation.resources if isinstance(params.get(name), str)}
        for place in operation.shown if named else ():
            source = self.operations.get(place.operation)
            if source is None or self.availability(source).status is not Status.IMPLEMENTED:
                continue
            for item in self._listed_now(source, place.path):
                texts = item.values() if isinstance(item, Mapping) else [item]
                if named <= {text for text in texts if isinstance(text, str)}:
                    return item
        return None

    def _listed_now(self, source: Operation, path: str) -> list[Any]:
        params = self.resolve(source, Call(base=True)).params
        if source.pagination:
            exchanges = self._caller.walk(source, params, [None], Walk().pages)
        else:
            exchanges = (self._caller.call(source, params),)
        protocol = PROTOCOLS[source.protocol]
        bodies = [readable_object(source, protocol, one.response) for one in exchanges]
        found = [jmespath.search(path, body) for body in bodies if body]
        return [item for items in found if isinstance(items, list) for item in items]

    def control(self, operation: Operation, call: Call) -> Exchange:
        """The response to a control, which is the same for many cases and sent once."""
        known = self.knowledge.controls
        said = {"base": call.base, "set": call.set, "edits": call.edits, "drop": call.drop}
        key = operation.id, json.dumps(said, sort_keys=True, default=repr)
        if key not in known and (first := self._destroyed_first(operation, call)):
            known[key] = first
        if key not in known:
            resolved = self.resolve(operation, call)
            with self._caller.sender.scope(lambda: baseline_scope(operation, call)):
                known[key] = self.call(operation, resolved.params)
        return known[key]

    def accepted_with(
        self, operation: Operation, members: frozenset[str]
    ) -> tuple[Params, Exchange] | None:
        """An accepted call that holds some members, beside those that they may need.

        A filter's values need the filter: where the baseline with such a member is refused, calls
        that hold it are tried. Only for what reads; ``None`` where no such call is accepted.
        """
        known = self.knowledge.companies
        key = operation.id, members
        if key not in known:
            known[key] = None
            scope = f"with-{'-'.join(sorted(members))}"
            with (
                suppress(SkipCase),
                self._caller.sender.scope(lambda: baseline_scope(operation, scope)),
            ):
                known[key] = self._find_accepted_with(operation, members)
        return known[key]

    def _find_accepted_with(
        self, operation: Operation, members: frozenset[str]
    ) -> tuple[Params, Exchange] | None:
        probe = self.availability(operation).probe
        if not operation.readonly or probe is None:
            return None
        known = [*self.knowledge.provisioned.others.get(operation.id, ())]
        known += self.candidates(operation)
        holding = [one for one in known if members <= one.keys()]
        for params in holding[:MOST_TRIES]:
            answer = self._caller.call(operation, params)
            if answer.succeeded and not same_kind(operation, probe, answer):
                return params, answer
        return None

    def sizes(self, operation: Operation, walk: Walk) -> list[int | None]:
        """The page sizes of a walk as numbers; ``None`` where none is asked for."""
        return [self._size(operation, size) for size in walk.sizes]

    def _size(self, operation: Operation, size: int | Size) -> int | None:
        if size is Size.DEFAULT:
            return None
        if size is Size.MIDDLE:
            least, most = operation.page_sizes
            third = -(-len(self.listing(operation).items) // 3)
            return max(2, least, min(third, (most or 1000) - 1))
        return int(size)

    def _token(self, name: Any) -> str | None:
        """A page token that the target returned for the operation of that id, if there is one."""
        operation = self.operations.get(name)
        if operation is None:
            return None
        assert operation.pagination is not None
        limit, least = operation.pagination.limit, operation.page_sizes[0]
        size = {limit: operation.page_size(least)} if limit else {}
        try:
            first = self.control(operation, Call(base=True, set=size))
        except SkipCase as why:
            raise SkipCase(f"a page token of {operation.id} is needed: {why}") from why
        found = page(operation, PROTOCOLS[operation.protocol], first)
        if not first.succeeded:
            raise SkipCase(f"a page token of {operation.id} is needed, and its call was refused")
        if found is None or found.token is None:
            raise SkipCase(f"{operation.id} returned no page token")
        return found.token

    # ------------------------------------------------------------ listings and values

    def listing(self, operation: Operation) -> Listing:
        """All that an operation lists here, by its baseline and the default page size."""
        known = self.knowledge.listings
        if operation.id not in known:
            walk = Walk(base=True)
            first = self.availability(operation).answer
            with self._caller.sender.scope(lambda: baseline_scope(operation, "listing")):
                params = self.resolve(operation, walk).params
                exchanges = self._caller.walk(operation, params, [None], walk.pages)
            protocol = PROTOCOLS[operation.protocol]
            pages = [page(operation, protocol, exchange) for exchange in exchanges]
            last = pages[-1]
            again = page(operation, protocol, first) if first else None
            known[operation.id] = Listing(
                items=tuple(item for found in pages if found for item in found.items),
                complete=last is not None and last.token is None,
                agrees=bool(again and pages[0] and again.items == pages[0].items),
            )
        return known[operation.id]

    def values(self, operation: Operation, name: str) -> Sequence[str]:
        """The values of a member: given by the user, provisioned, or listed, commonest first."""
        if given := self._given_value(operation, name):
            return [given]
        if provisioned := self.knowledge.provisioned.of(operation, name):
            return provisioned
        known = self.knowledge.values
        if (operation.id, name) not in known:
            known[operation.id, name] = self._listed_values(operation, name)
        return known[operation.id, name]

    def is_given(self, operation: Operation, name: str) -> bool:
        """Whether the user gave a value of a member."""
        return self._given_value(operation, name) is not None

    def _given_value(self, operation: Operation, name: str) -> str | None:
        return self._given.get(f"{operation.service}:{name}", self._given.get(name))

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

    def _listed_by(self, source: Operation) -> Any:
        """A response that holds all items of a listing; its first one where it has no pages."""
        paging = source.pagination
        if paging is None or not re.fullmatch(r"[\w.]+", paging.items):
            answer = self.availability(source).answer
            protocol = PROTOCOLS[source.protocol]
            return readable_object(source, protocol, answer.response) if answer else None
        whole: Any = list(self.listing(source).items)
        for name in reversed(paging.items.split(".")):
            whole = {name: whole}
        return whole


def _stand_ins(operation: Operation) -> dict[str, Any]:
    """Parameters that suffice to find out whether an operation exists at all."""
    return {
        name: operation.resources.get(name, Resource()).unknown
        or _stand_in(operation.members[name])
        for name in operation.required
    }


def with_one_more(operation: Operation, params: Params) -> Iterator[Resolved]:
    """A creation's call with one of the objects that it may have: often one of them is needed."""
    objects = [
        (name, schema)
        for name, schema in operation.members.items()
        if name not in params and schema.get("properties") and schema.get("required")
    ]
    if operation.name.startswith("Create"):
        for name, schema in objects[:MOST_TRIES]:
            yield Resolved(params={**params, name: plain(schema)}, synthetic=True)


def _well_formed(operation: Operation) -> Iterator[Params]:
    """Synthetic requests that differ in their values, and violate no schema."""
    members = operation.members
    simple = {name: plain(members[name]) for name in operation.required}
    others = {name: _another(members[name], value) for name, value in simple.items()}
    for params in (_stand_ins(operation), simple, others):
        if not any(
            problem
            for name, value in params.items()
            for problem in violations(value, members[name], name)
        ):
            yield params


def _another(schema: Mapping[str, Any], value: Any) -> Any:
    """Another value of a schema, where only the target can say which ones there are."""
    if isinstance(value, list) and value:
        return [_another(schema.get("items", {}), value[0]), *value[1:]]
    if not is_opaque(schema):
        return value
    longer = matching(schema.get("pattern", ""), len(value) + 1, schema.get("maxLength", 1000))
    return longer or unknown_value([value])


def _stand_in(schema: Mapping[str, Any]) -> Any:
    text = schema.get("type") == "string" and not schema.keys() & {"enum", "pattern", "format"}
    return "unknown" if text else plain(schema)
