"""One run of the suite: its settings, its engine, the results so far, and their report.

It must not know pytest. With several workers the controller discovers what all of them need, and
a worker's run starts from that.
"""

import base64
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.errors import TargetError
from conformance.execution.engine import Engine, Result, Tried, collected, scope_of
from conformance.execution.printed import printed_cases
from conformance.execution.provisioning.belongings import Belongings
from conformance.execution.provisioning.hooks import Hook, Target
from conformance.execution.provisioning.journal import Journal
from conformance.execution.provisioning.session import Provisioning
from conformance.execution.session import TargetSession
from conformance.generation import cases as case_set
from conformance.generation.depth import Depth
from conformance.generation.plans import Case, Printed, Recorded
from conformance.generation.stories import Story
from conformance.protocols.http import Failure, Request, Response
from conformance.recording.cassette import Library
from conformance.recording.credentials import CredentialsInUse, userinfo
from conformance.recording.operations import RecordedOperations
from conformance.recording.player import Player, offline
from conformance.recording.provenance import DOCUMENTATION, KINDS, PRINTED
from conformance.recording.recordable import RecordableOperations
from conformance.recording.recorder import Recorder
from conformance.report import build
from conformance.report.digests import exchange_id
from conformance.report.printing import counted
from conformance.runner import kept_results
from conformance.runner.addresses import require_any_reachable
from conformance.runner.journals import command, journal_of
from conformance.runner.kept_results import ResultsFile
from conformance.runner.pace import Pace
from conformance.runner.preflight import recipes
from conformance.runner.recording_setup import (
    chosen_provenance,
    documented_samples,
    player,
    recorder,
)
from conformance.runner.reference_process import reference_server
from conformance.runner.settings import Settings, packed
from conformance.runner.traffic import Traffic
from conformance.spec import documents
from conformance.spec.operation import Operation
from conformance.spec.registry import registry
from conformance.transport.flow_control import rate_limit
from conformance.transport.sdk_clients import Manner, not_the_users
from conformance.transport.sender import Sender
from conformance.version import __version__


class Run:
    """A run of the suite with some settings.

    ``common`` is what :meth:`common` returned in the controller, if this is a worker's run.
    """

    def __init__(self, settings: Settings, common: dict[str, Any] | None = None) -> None:
        self.settings = settings
        self.results: dict[str, build.Data] = {}
        self.durations: dict[str, float] = {}
        self._exchanges: dict[str, build.Data] = {}
        self.url = settings.endpoint.url
        self._common = common
        self._is_worker = common is not None
        self._stack = ExitStack()
        self._started = common["started"] if common else time.time()
        self._engine: Engine | None = None
        self._recorded_engine: Engine | None = None
        self._provisioning: Provisioning | None = None
        self._journal: Journal | None = None
        self._abandoned = False
        self._has_network = False
        self.pace = Pace()

    def close(self) -> None:
        """Stop what the run has started, and delete what it has made."""
        try:
            self.take_down()
        finally:
            if self._journal:
                self._journal.close()
            if "_kept" in vars(self):  # it is made at its first use
                self.end_results(reported=False)
            self._stack.close()

    @property
    def is_out_of_time(self) -> bool:
        """Whether the run has taken as long as it may: no case begins any more."""
        return self.seconds_left is not None and self.seconds_left <= 0

    @property
    def seconds_left(self) -> float | None:
        """How long the run may still take; ``None`` where that is not limited."""
        most = self.settings.max_time
        return None if most is None else most - (time.time() - self._started)

    @cached_property
    def seed(self) -> int:
        """The seed of the explorations: given, or derived from the case set."""
        if self.settings.seed is not None:
            return self.settings.seed
        if self.settings.provenance == DOCUMENTATION:
            return 0  # nothing is drawn
        return int(case_set.digest(self.settings.whole).removeprefix("sha256:")[:8], 16)

    @cached_property
    def _kept(self) -> ResultsFile | None:
        """The file that keeps each result as it comes, beside the report."""
        if self.settings.report is None or self._is_worker:
            return None
        return ResultsFile(self.settings.report, self.about)

    @cached_property
    def about(self) -> Mapping[str, Any]:
        """What has to be the same for another run to go on with this one."""
        url = None if self.settings.embedded else self.settings.endpoint.url
        return {
            "suite": __version__,
            "cases": case_set.digest(self.settings.operations),
            "documents": documents.digest(self.settings.operations),
            "options": self._options(),
            "seed": self.seed,
            "subject": self.settings.subject,
            "target": [self.settings.kind, url, self.settings.endpoint.region],
        }

    @cached_property
    def resumed(self) -> frozenset[str]:
        """The ids of the cases that have a result of the run that is gone on with.

        Raises :class:`UsageError` where the kept results are of another run.
        """
        if not self.settings.resume:
            return frozenset()
        if self._common is not None and self.settings.report is not None:
            return kept_results.ids(self.settings.report / kept_results.NAME, self._common["kept"])
        for kept in self._kept.earlier() if self._kept else ():
            self._keep(kept.result, kept.seconds)
        return frozenset(self.results)

    def add(self, data: build.Data, seconds: float) -> None:
        """A result that came; a second one of the same case replaces the first."""
        without = self.credentials if self._engine else CredentialsInUse()
        data = {**data, "findings": without.data(data["findings"])}  # the rest is this suite's own
        if self._kept:
            self._kept.add(data, seconds)
        self._keep(data, seconds)

    def _keep(self, data: build.Data, seconds: float) -> None:
        """Hold a result in memory; an exchange that several findings show is held once."""
        for finding in data["findings"]:
            if exchange := finding.get("exchange"):
                name = exchange_id(exchange)
                finding["exchange"] = self._exchanges.setdefault(name, exchange)
        self.results[data["id"]] = data
        operation = data["operation"]
        self.durations[operation] = self.durations.get(operation, 0.0) + seconds

    def end_results(self, *, reported: bool) -> None:
        """Close the file of results; where a report holds all of them it is removed."""
        if self._kept:
            self._kept.close(remove=reported)

    @property
    def engine(self) -> Engine:
        """The engine of this process; the first use starts what it needs.

        Raises :class:`TargetError` where nothing answers at the target's address.
        """
        if self._engine is None:
            self._engine = self._make_engine()
        return self._engine

    def _make_engine(self) -> Engine:
        common = self._common if self._is_worker else None
        if common is not None:
            self.url, shared = common["url"], Path(common["shared"])
        else:
            shared = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
            if self.settings.embedded:
                self.url = self._stack.enter_context(reference_server())
        self._shared = shared
        if self.settings.kind == "replay":
            return self._engine_on(player(self.settings))
        endpoint = replace(self.settings.endpoint, url=self.url)
        if self.settings.record == "none":
            sender = Sender(endpoint, rate_limit=rate_limit(self.settings.rate, shared))
        else:
            sender = recorder(self.settings, endpoint, shared)
        self._journal = journal_of(self.settings, endpoint)
        engine = self._engine_on(self._watched(sender))
        if common is not None:
            engine.session.restore(base64.b64decode(common["memory"]))
            # a worker in place of one that died has a number beyond theirs, and a share of theirs
            provisioned = engine.session.discovery.knowledge.provisioned
            provisioned.share(common["worker"] % common["workers"], common["workers"])
        return engine

    # ------------------------------------------------------------ provisioning

    def provision(self, hooks: Sequence[Hook] = ()) -> None:
        """Make what the operations need to list, once; only the controller does it, only on a URL.

        A recording discovers the values that it uses, so that a replay finds them again: it
        takes none from what is made here.
        """
        if self._is_worker or self._provisioning or not self.settings.provision:
            return
        discovery = self.engine.session.discovery
        endpoint = replace(self.settings.endpoint, url=self.url)
        self._provisioning = Provisioning(
            lambda: self._watched(
                Sender(endpoint, rate_limit=rate_limit(self.settings.rate, self._shared))
            ),
            self._journal,
        )
        target = Target(endpoint=endpoint, operations=self.settings.operations)
        resources = self._provisioning.make(recipes(self.settings), hooks, target)
        if self.settings.record == "none":
            discovery.use_resources(resources)
            self._provisioning.derive(discovery, self._neighbours())

    def _neighbours(self) -> tuple[Operation, ...]:
        """The operations of the whole run in the services of this part.

        What is made for one of them is listed by others, which a part without it would find empty.
        """
        services = {one.service for one in self.settings.operations}
        return tuple(one for one in self.settings.whole if one.service in services)

    def _watched(self, sender: Sender) -> Sender:
        """The sender; how long responses take is measured, and what it sends kept where wanted."""
        sender.watch = self._saw
        return sender

    def _saw(self, request: Request, outcome: Response | Failure, seconds: float) -> None:
        self.pace.saw(request, outcome, seconds)
        if self.settings.har is not None:
            self._traffic.add(request, outcome, seconds)

    @cached_property
    def _traffic(self) -> Traffic:
        return Traffic(self._shared, lambda: self.credentials)

    def write_traffic(self) -> None:
        """Write what all processes of the run sent, where that is wanted."""
        if self.settings.har is not None and not self._is_worker:
            self._traffic.write(self.settings.har)

    def take_down(self) -> None:
        """Delete what this run has made; a second call goes on where the first was interrupted."""
        if self._provisioning and not self._abandoned:
            self._provisioning.take_down()

    def abandon(self) -> None:
        """Leave what has been made as it is; the journal lists it for the next run."""
        self._abandoned = True

    @cached_property
    def belongings(self) -> Belongings:
        """What the stories of this run make, those of its workers included once they ended."""
        return Belongings(self._journal)

    def provisioning_lines(self) -> list[str]:
        """What was made and deleted, line by line."""
        lines = list(self._provisioning.lines()) if self._provisioning else []
        data = self._provisioning.data() if self._provisioning else []
        stories = self.belongings.line
        lines += [stories] if stories else []
        if stories or any(one.get("left") for one in data):
            again = command(replace(self.settings.endpoint, url=self.url))
            lines.append(f"What is left is in the journal: '{again}' takes it down.")
        return lines

    # ------------------------------------------------------------ running

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """The chosen operations: in a replay in the protocols that were recorded."""
        chosen = self.settings.operations
        if self._library is None:
            return chosen
        known = RecordedOperations(registry(self.settings.protocol), self._library)
        return tuple(known[one.id] for one in chosen)

    @cached_property
    def _library(self) -> Library | None:
        """The recordings of a replay, if there are any."""
        with suppress(TargetError):
            if self.settings.kind == "replay":
                return Library(self.settings.cassettes, chosen_provenance(self.settings))
        return None

    def _engine_on(self, sender: Sender) -> Engine:
        known: Mapping[str, Operation] = registry(self.settings.protocol)
        if isinstance(sender, Player) and self.settings.kind == "replay":
            known = RecordedOperations(registry(self.settings.protocol), sender.library)
        elif self.settings.kind == "aws":
            known = RecordableOperations(known)
        session = TargetSession(
            known,
            sender,
            resources=self.settings.resources,
            belongings=self.belongings,
        )
        if self.settings.provenance == DOCUMENTATION:
            session.discovery.assume()
        return Engine(
            session=session,
            examples=self.settings.max_examples,
            seed=self.seed,
            chosen=frozenset(one.operation for one in self.tried if not isinstance(one, Story)),
        )

    def run(self, tried: Tried) -> Result:
        """Run and judge one case; ``--record=missing`` replays a recorded one and sends nothing."""
        sender = self.engine.session.sender
        if isinstance(sender, Player):
            with offline():
                return self.engine.run(tried)
        if day := self._recorded_on(tried):
            assert self._recorded_engine is not None
            with offline():
                # nothing is sent to the target, and the report says so
                return replace(self._recorded_engine.run(tried), requests=0, recorded=day)
        self.require_network()
        self.pace.case = tried.id
        return self.engine.run(tried)

    def _recorded_on(self, tried: Tried) -> str:
        """The day of the recording that is replayed in place of a request; empty for none."""
        sender = self.engine.session.sender
        if not isinstance(sender, Recorder) or self.settings.record not in {"missing", "stale"}:
            return ""
        if self._recorded_engine is None:
            self._recorded_engine = self._engine_on(
                player(self.settings, sender.store.provenance.kind)
            )
        recordings = self._recorded_engine.session.sender
        assert isinstance(recordings, Player)
        assert not isinstance(tried, Recorded | Printed)
        operation = self._recorded_engine.session.discovery.operations[tried.operation]
        most_days = self.settings.stale_after if self.settings.record == "stale" else None
        scope, source = scope_of(operation, tried), sender.store.provenance
        return recordings.recorded(scope, source, most_days=most_days)

    def require_target(self) -> None:
        """Raise :class:`TargetError` where all would be sent to AWS, and nothing listens there."""
        if self.settings.kind == "aws" and not any(map(self._recorded_on, self.tried)):
            self.require_network()

    def require_network(self) -> None:
        """Raise :class:`TargetError` before anything is sent to AWS where nothing listens there."""
        if self.settings.kind != "aws" or self._is_worker or self._has_network:
            return
        services = sorted({one.service for one in self.settings.operations})
        urls = [self.engine.session.sender.address(service) for service in services]
        require_any_reachable(urls, self.settings.endpoint.timeout)
        self._has_network = True

    def recording_lines(self) -> list[str]:
        """What was recorded, line by line."""
        if self.recording is None:
            return []
        store, stopped = self.recording.store, self.recording.stopped
        place = store.root / store.provenance.kind
        found = [f"recorded {counted(len(store.logged('written')), 'file')} below {place}"]
        found += [f"  the response changed: {line}" for line in store.logged("changed")]
        return found + ([f"recording stopped: {stopped}"] if stopped else [])

    def replay_source(self) -> str:
        """The recordings that a replay plays, in words."""
        kind = chosen_provenance(self.settings)
        printed = [one for one in self.tried if isinstance(one, Printed)]
        found = [f"{self.settings.cassettes / kind} ({KINDS[kind]})"]
        if len(printed) == len(self.tried):
            found = []
        if printed:
            found.append(f"{counted(len(printed), 'printed response')} ({PRINTED})")
        return " and ".join(found)

    def client_settings(self) -> build.Data:
        """The settings of the clients in a replay that are not the user's own, with both values."""
        sender = self._engine.session.sender if self._engine else None
        if not isinstance(sender, Player):
            return {}
        if all(isinstance(one, Printed) for one in self.tried):
            return {}
        apart = not_the_users(sender.settings(Manner.DEFAULT))
        of_s3 = any(one.service == "s3" for one in self.operations)
        return {
            name: {"recorded": one, "yours": other}
            for name, (one, other) in sorted(apart.items())
            if of_s3 or not name.startswith("s3.")
        }

    @property
    def recording(self) -> Recorder | None:
        """The sender that records this run; ``None`` where nothing is recorded."""
        sender = self._engine.session.sender if self._engine else None
        return sender if isinstance(sender, Recorder) else None

    def common(self) -> dict[str, Any]:
        """What every worker needs, discovered once, in plain types."""
        if self._common is None:
            session = self.engine.session
            if self.settings.kind != "replay" and self.settings.record in {"none", "all"}:
                for operation in sorted(self.settings.operations, key=lambda one: one.turn):
                    session.discovery.prepare(operation)
            self._common = {
                "url": self.url,
                "shared": str(self._shared),
                "started": self._started,
                "kept": self._kept.size if self._kept else 0,
                "settings": packed(replace(self.settings, seed=self.seed)),
                "memory": base64.b64encode(session.memory()).decode(),
            }
        return self._common

    @cached_property
    def tried(self) -> Sequence[Tried]:
        """Every case and exploration of these settings, in order."""
        chosen = self.settings
        everything: list[Tried] = (
            [*documented_samples(chosen), *printed_cases(self.operations)]
            if chosen.provenance == DOCUMENTATION
            else [
                *self._planned(depth=Depth.FULL if chosen.cases else chosen.depth),
                *self._former(),
            ]
        )
        return [
            tried
            for tried in everything
            if (not chosen.cases or tried.id in chosen.cases) and tried.id not in self.resumed
        ]

    def _former(self) -> list[Recorded]:
        """The recordings of a replay that no case of today is about."""
        if self._library is None:
            return []
        planned = {tried.id for tried in collected(self.operations)}
        return [
            Recorded(id=name, operation=operation.id)
            for operation in self.operations
            for name in self._library.names(operation.id)
            if name not in planned
        ]

    def _planned(self, *, explored: bool = True, depth: Depth | None = None) -> list[Tried]:
        """Every case and exploration of a run of these operations."""
        return collected(
            self.operations,
            explored=explored,
            sampled=self.settings.kind == "aws",
            depth=depth or self.settings.depth,
            making=self.settings.mutating,
        )

    def _due(self) -> list[str]:
        """The ids of every case and exploration of a complete run of these operations."""
        if self.settings.provenance == DOCUMENTATION:
            return ["the whole case set"]  # what is printed is no part of it
        return [one.id for one in self._planned(explored=self.settings.max_examples > 0)]

    def _target(self) -> dict[str, Any]:
        sender = self._engine.session.sender if self._engine else None
        if isinstance(sender, Player):
            # no address has given what is printed
            printed = any(isinstance(one, Printed) for one in self.tried)
            return {
                "kind": "replay",
                "endpoint": None if printed else sender.endpoint.url,
                "region": sender.endpoint.region,
                "provenance": sender.library.kind,
            }
        return {
            "kind": "reference" if self.settings.embedded else self.settings.kind,
            "endpoint": self.url,
            "region": self.settings.endpoint.region,
        }

    @cached_property
    def credentials(self) -> CredentialsInUse:
        """The credentials that sign this run's requests; nothing that is stored holds them."""
        sender = self.engine.session.sender
        if sender.replays:
            return CredentialsInUse()
        secrets = [*sender.secrets, *userinfo(self.settings.endpoint.url)]
        return CredentialsInUse(secrets, sender.signatures)

    def result_data(self, result: Result, case: Case | None) -> build.Data:
        """A result as plain data, without credentials."""
        return build.result_data(result, case, self.credentials)

    def shard(self) -> build.Data | None:
        """Which part of which run this is, if it is one."""
        shard = self.settings.shard
        if shard is None:
            return None
        everything = [operation.id for operation in self.settings.whole]
        return {"number": shard.number, "of": shard.of, "operations": everything}

    def _options(self) -> build.Data:
        """The options that decide what is found."""
        return {
            "max_examples": self.settings.max_examples,
            "depth": str(self.settings.depth),
            "fail_on_warn": self.settings.fail_on_warn,
            "provision": self.settings.provision,
            "mutating": self.settings.mutating,
            "gate": self.settings.gate,
            **({"protocol": self.settings.protocol} if self.settings.protocol else {}),
        }

    def report(self, *, again: str = "", interrupted: bool = False) -> build.Data:
        """The report of the results so far; ``again`` is the command that runs the target again."""
        sent = self._engine.session.sender.requests if self._engine else 0
        by_case = sum(result["requests"] for result in self.results.values())
        without = self.credentials.data if self._engine else CredentialsInUse().data
        return build.report(
            operations=self.operations,
            results=list(self.results.values()),
            due=self._due(),
            target=without(self._target()),
            subject=without(self.settings.subject),
            seed=self.seed,
            started=self._started,
            duration=time.time() - self._started,
            requests=max(sent, by_case),
            interrupted=interrupted,
            options=self._options(),
            again=without(again),
            durations=self.durations,
            shard=self.shard(),
            provisioned=without(self._provisioning.data()) if self._provisioning else (),
            expected=self.settings.expected,
            client=self.client_settings(),
        )
