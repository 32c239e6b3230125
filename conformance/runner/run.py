"""One run of the suite: its settings, its engine, the results so far, and the report of them.

It knows no pytest. The controller of several workers finds out what all of them
need to know and hands it over; a worker's run is made from that.
"""

import base64
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.execution.engine import Engine, Result, Tried, collected, scope_of
from conformance.execution.provisioning import files
from conformance.execution.provisioning.hooks import Hook, Target
from conformance.execution.provisioning.session import Provisioning, services
from conformance.execution.session import TargetSession
from conformance.generation import cases as case_set
from conformance.recording.player import Player, offline
from conformance.recording.provenance import KINDS
from conformance.recording.pseudonyms import key_file, own_key
from conformance.recording.recorder import Recorder
from conformance.report import build
from conformance.runner.recording_setup import (
    chosen_provenance,
    player,
    printed,
    recorder,
    require_one_origin,
    require_own_folder,
    require_recordable,
    require_served,
)
from conformance.runner.reference_process import reference_server
from conformance.runner.settings import Settings, require_reachable
from conformance.spec.registry import registry
from conformance.transport.endpoint_config import credentials
from conformance.transport.flow_control import rate_limit
from conformance.transport.sender import Sender

#: The provenance whose answers nobody gave: they stand in no case set and have no baselines.
PRINTED = "documentation"


def require_possible(settings: Settings) -> None:
    """Raise :class:`ConformanceError` where no such run is possible, before anything is sent.

    A plan is possible without credentials, recordings or a target; but not of what AWS is never
    sent, lest it told a policy for that.
    """
    recipes(settings)
    if settings.kind == "aws":
        require_recordable(settings.operations)
        require_served(settings.endpoint, settings.operations)
    if settings.plan:
        return
    if settings.kind == "replay":
        require_one_origin(settings)
        return
    if not settings.embedded or settings.endpoint.profile:
        credentials(settings.endpoint)
    if settings.record != "none":
        if not settings.embedded:
            own_key(key_file())
        require_own_folder(settings)
    require_reachable(settings.endpoint, settings.wait_for)


def recipes(settings: Settings) -> list[files.Recipe]:
    """What is made for a run by provisioning files. Raises :class:`DocumentError` for a broken one.

    The embedded server has its own data; what is documented needs nothing.
    """
    needed = () if settings.embedded else services(settings.operations)
    if not settings.provision:
        return []
    return list(files.recipes(needed, settings.recipes, settings.protocol))


class Run:
    """A run of the suite with some settings.

    ``handed`` is what the controller of a worker handed over, if this is a worker's.
    """

    def __init__(self, settings: Settings, handed: dict[str, Any] | None = None) -> None:
        self.settings = settings
        self.results: dict[str, build.Data] = {}
        self.url = settings.endpoint.url
        self._handed = handed
        self._stack = ExitStack()
        self._started = time.time()
        self._engine: Engine | None = None
        self._replaying: Engine | None = None
        self._handing: dict[str, Any] | None = None
        self._provisioning: Provisioning | None = None

    def close(self) -> None:
        """Stop what the run has started, and take down what it has made."""
        try:
            self.take_down()
        finally:
            self._stack.close()

    @property
    def seed(self) -> int:
        """The seed of the explorations: given, or derived from the case set."""
        if self.settings.seed is not None:
            return self.settings.seed
        return int(case_set.digest(self.settings.operations).removeprefix("sha256:")[:8], 16)

    @property
    def engine(self) -> Engine:
        """The engine of this process; the first use starts what it needs.

        Raises :class:`TargetError` where nothing answers at the target's address.
        """
        if self._engine is None:
            self._engine = self._make_engine()
        return self._engine

    def _make_engine(self) -> Engine:
        handed = self._handed
        if handed is not None:
            self.url, shared = handed["url"], Path(handed["shared"])
        else:
            shared = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
            if self.settings.embedded:
                self.url = self._stack.enter_context(reference_server())
        self._shared = shared
        if self.settings.kind == "replay":
            return self._made(player(self.settings))
        endpoint = replace(self.settings.endpoint, url=self.url)
        if self.settings.record == "none":
            sender = Sender(endpoint, rate_limit=rate_limit(self.settings.rate, shared))
        else:
            sender = recorder(self.settings, endpoint, shared)
        made = self._made(sender)
        if handed is not None:
            made.session.restore(base64.b64decode(handed["memory"]))
        return made

    # ------------------------------------------------------------ provisioning

    def provision(self, hooks: Sequence[Hook] = ()) -> None:
        """Make what the operations need to list, once; the controller does it, for a URL alone.

        What is recorded is discovered, so that a replay finds it again: only things are
        made then, and no value is taken from their making.
        """
        if self._handed is not None or self._provisioning or not self.settings.provision:
            return
        discovery = self.engine.session.discovery
        endpoint = replace(self.settings.endpoint, url=self.url)
        self._provisioning = Provisioning(
            lambda: Sender(endpoint, rate_limit=rate_limit(self.settings.rate, self._shared))
        )
        target = Target(endpoint=endpoint, operations=self.settings.operations)
        provisioned = self._provisioning.make(recipes(self.settings), hooks, target)
        if self.settings.record == "none":
            discovery.use_resources(provisioned)

    def take_down(self) -> None:
        """Take down what this run has made; may be called again to go on."""
        if self._provisioning:
            self._provisioning.take_down()

    def provisioned(self) -> list[str]:
        """What is to be said of provisioning, line by line."""
        return list(self._provisioning.lines()) if self._provisioning else []

    # ------------------------------------------------------------ running

    def _made(self, sender: Sender) -> Engine:
        session = TargetSession(
            registry(self.settings.protocol), sender, resources=self.settings.resources
        )
        if self.settings.provenance == PRINTED:
            session.discovery.assume()
        return Engine(session=session, examples=self.settings.max_examples, seed=self.seed)

    def run(self, tried: Tried) -> Result:
        """Run and judge one case; what is recorded already is replayed and not sent again."""
        sender = self.engine.session.sender
        if isinstance(sender, Player):
            with offline():
                return self.engine.run(tried)
        if isinstance(sender, Recorder) and self.settings.record in {"missing", "stale"}:
            if self._replaying is None:
                self._replaying = self._made(player(self.settings, sender.shelf.provenance.kind))
            recorded = self._replaying.session.sender
            assert isinstance(recorded, Player)
            operation = self._replaying.session.discovery.operations[tried.operation]
            youngest = self.settings.stale_after if self.settings.record == "stale" else None
            scope, source = scope_of(operation, tried), sender.shelf.provenance
            if day := recorded.recorded(scope, source, youngest=youngest):
                with offline():
                    # nothing is asked of the target: its report says so
                    return replace(self._replaying.run(tried), requests=0, recorded=day)
        return self.engine.run(tried)

    def recorded(self) -> list[str]:
        """What is to be said of the recording, line by line."""
        if self.recording is None:
            return []
        shelf, stopped = self.recording.shelf, self.recording.stopped
        place = shelf.root / shelf.provenance.kind
        found = [f"recorded {len(shelf.told('written'))} files below {place}"]
        found += [f"  answers differently: {line}" for line in shelf.told("changed")]
        return found + ([f"recording stopped: {stopped}"] if stopped else [])

    def replayed(self) -> str:
        """What a replay plays, for people."""
        kind = chosen_provenance(self.settings)
        return f"{self.settings.cassettes / kind} ({KINDS[kind]})"

    @property
    def recording(self) -> Recorder | None:
        """What records this run, if anything does."""
        sender = self._engine.session.sender if self._engine else None
        return sender if isinstance(sender, Recorder) else None

    def hand_over(self) -> dict[str, Any]:
        """What every worker needs to know, found out once, in plain types."""
        if self._handing is None:
            session = self.engine.session
            if self.settings.kind != "replay" and self.settings.record in {"none", "all"}:
                for operation in self.settings.operations:
                    session.discovery.prepare(operation)
            self._handing = {
                "url": self.url,
                "shared": str(self._shared),
                "memory": base64.b64encode(session.memory()).decode(),
            }
        return self._handing

    def tried(self) -> list[Tried]:
        """All that there is to try with these settings, in order."""
        chosen = self.settings
        wanted = set(chosen.cases)
        everything: Sequence[Tried] = (
            printed(chosen)
            if chosen.provenance == PRINTED
            else collected(chosen.operations, sampled=chosen.kind == "aws")
        )
        return [tried for tried in everything if not wanted or tried.id in wanted]

    def _due(self) -> list[str]:
        """The ids of all that a complete run of these operations tries."""
        return [
            tried.id
            for tried in collected(
                self.settings.operations,
                explored=self.settings.max_examples > 0,
                sampled=self.settings.kind == "aws",
            )
        ]

    def _target(self) -> dict[str, Any]:
        sender = self._engine.session.sender if self._engine else None
        if isinstance(sender, Player):
            return {
                "kind": "replay",
                "endpoint": sender.endpoint.url,
                "region": sender.endpoint.region,
                "provenance": sender.library.kind,
            }
        return {
            "kind": "reference" if self.settings.embedded else self.settings.kind,
            "endpoint": self.url,
            "region": self.settings.endpoint.region,
        }

    def report(self, *, interrupted: bool = False) -> build.Data:
        """The report of the results so far."""
        prepared = self._engine.session.sender.requests if self._engine else 0
        by_case = sum(result["requests"] for result in self.results.values())
        return build.report(
            operations=self.settings.operations,
            results=list(self.results.values()),
            due=self._due(),
            target=self._target(),
            subject=self.settings.subject,
            seed=self.seed,
            started=self._started,
            duration=time.time() - self._started,
            requests=by_case if prepared <= by_case else prepared,
            interrupted=interrupted,
            options={
                "max_examples": self.settings.max_examples,
                "fail_on_warn": self.settings.fail_on_warn,
                "provision": self.settings.provision,
            },
            provisioned=self._provisioning.data() if self._provisioning else (),
            expected=self.settings.expected,
        )
