"""Is every broken promise of a real emulator noticed? Breaks moto one promise at a time.

Takes resources whose stories are carried out whole on moto, tells their stories unchanged and then
behind each mutant of ``broken_promises``, and prints for each mutant whether it changes an answer
that the suite got, and which clause is broken then that is not broken on moto itself. Status 1
where a mutant that changes an answer is not noticed, or where a layer that changes nothing raises
something.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from itertools import combinations, product
from pathlib import Path
from typing import Any

import jmespath
from breaking_proxy import Layer, Seen
from broken_promises import Broken, broken, is_called, known_names, texts

from conformance.checks.findings import Verdict
from conformance.execution import stories as telling
from conformance.generation.stories import Kind, Story, stories
from conformance.report.printing import counted
from conformance.runner.run import Run
from conformance.runner.settings import settings
from conformance.spec.lifecycles.derived import lifecycles
from conformance.spec.lifecycles.lifecycle import Lifecycle
from conformance.spec.lifecycles.pairs import pairs
from conformance.spec.registry import registry
from conftest import serving_moto

#: The services that are tried, the most used first.
SERVICES = (
    *("s3", "dynamodb", "sqs", "sns", "lambda", "iam", "kms", "secretsmanager", "ssm", "logs"),
    *("events", "stepfunctions", "kinesis", "ecs", "ecr", "efs", "route53", "cloudwatch", "ec2"),
    *("rds", "scheduler", "cognito-idp", "apigatewayv2", "glue", "athena", "elbv2", "batch"),
)
_BROKEN = (Verdict.FAIL, Verdict.WARN)
#: The stories that say whether a resource is carried out whole.
_FIRST = (Kind.WHOLE, Kind.GONE)
#: Verdicts on clauses, the worst of each.
Verdicts = Mapping[str, Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryRun:
    """One run of a story: its verdicts, and what the suite was answered.

    ``former`` are the texts of all responses before it.
    """

    verdicts: Verdicts
    seen: Sequence[Seen]
    former: frozenset[str]

    def names(self, one: Lifecycle) -> set[str]:
        """What this story's creations are called, and nothing before them was."""
        made = [(call.asked, call.members) for call in self.seen if call.is_success_of(one.create)]
        return {*known_names(one, made)} - self.former

    def may_change(self, mutant: Broken) -> bool:
        """Whether a mutant may change the answer to one of its calls that succeeded."""
        return any(
            call.is_success(mutant.mutants[-1].operation)
            and mutant.may_change(call.asked, call.members)
            for call in self.seen
        )

    @property
    def broken(self) -> set[str]:
        """The clauses that are held against the server."""
        return {clause for clause, verdict in self.verdicts.items() if verdict in _BROKEN}


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of one mutant.

    ``is_known``: moto itself breaks the very clause. ``is_refused``: moto refuses what is left.
    """

    mutant: Broken
    touched: bool = False
    is_known: bool = False
    is_refused: bool = False
    changed: list[str] = field(default_factory=list)
    noticed: str = ""

    @property
    def word(self) -> str:
        """In one word."""
        if self.noticed:
            return "noticed"
        if self.changed:
            return "known" if self.is_known else "refused" if self.is_refused else "MISSED"
        return "no effect" if self.touched else "not asked"

    def __str__(self) -> str:
        by = self.noticed or (f"changed {', '.join(self.changed[:3])}" if self.changed else "")
        return "\t".join((self.word, self.mutant.kind, self.mutant.about, by)).rstrip()


class Trial:
    """The stories of one service, run through a layer before moto."""

    def __init__(self, url: str, service: str) -> None:
        self.layer = Layer(url, service)
        self._texts: set[str] = set()
        options = {"target": self.layer.url, "operations": f"{service}:*", "mutating": True}
        self._run = Run(settings({**options, "max_examples": 0, "depth": "full"}))

    def __enter__(self) -> "Trial":
        self._run.provision()
        return self

    def __exit__(self, *_: object) -> None:
        self.layer.become()
        self._run.close()
        self.layer.close()

    def run(self, story: Story) -> StoryRun:
        """One story, through the layer as it is."""
        self.layer.seen.clear()
        found: dict[str, Verdict] = {}
        for one in self._run.engine.run(story).findings:
            if found.get(one.clause) not in _BROKEN:
                found[one.clause] = one.verdict
        former = frozenset(self._texts)
        self._texts |= {text for one in self.layer.seen for text in texts(one.members)}
        return StoryRun(verdicts=found, seen=tuple(self.layer.seen), former=former)


def all_stories(one: Lifecycle) -> list[Story]:
    """Every story about a resource."""
    names = [action.operation for _, action in one.actions]
    names += [name for name, pair in pairs(one.service).items() if pair.resource.id == one.id]
    found = (story for name in dict.fromkeys(names) for story in stories(registry().find(name)))
    return [story for story in found if story.lifecycle.id == one.id]


def is_whole(one: Lifecycle, runs: Iterable[StoryRun]) -> bool:
    """Whether what was made was seen, and seen no more after its deletion."""
    passed = {
        clause.split("/", 2)[2]
        for story in runs
        for clause, verdict in story.verdicts.items()
        if verdict is Verdict.PASS
    }
    is_read = any(name.startswith("read-back/") for name in passed)
    shown = "listed" in passed if one.listing and one.listing.shown else is_read
    return "gone" in passed and shown


# ------------------------------------------------------------ what a mutant changes

#: What the suite was answered, call by call: operation, status, and each value by its path.
Answers = list[tuple[str, int, Mapping[str, Any]]]


def answers(run: StoryRun, one: Lifecycle) -> Answers:
    """What the suite was answered; texts that differ from run to run are numbered as they come.

    Of what is listed only what the story itself made is compared.
    """
    numbers: dict[str, int] = {}
    names = run.names(one)
    found: Answers = []
    pages: list[Any] = []
    for seen in run.seen:
        if seen.operation is None:
            continue
        members = seen.members
        if one.listing and seen.is_success_of(one.listing):
            listed = jmespath.search(one.listing.shown or "@", members) or ()
            pages += [item for item in listed if is_called(item, names)]
            if seen.has_more:
                continue
            members, pages = pages, []
        leaves = {
            path: numbers.setdefault(value, len(numbers)) if isinstance(value, str) else value
            for path, value in _leaves("", members)
            if value  # what is false, zero or empty may be absent as well
        }
        found.append((seen.operation.name, seen.response.status, leaves))
    return found


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(f"{path}/{name}", inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(f"{path}/{number}", inner)
    else:
        yield path, "a time" if _is_time(value) else value


def _is_time(value: Any) -> bool:
    """Whether a value may tell when something happened."""
    if isinstance(value, str):
        return re.match(r"\d{4}-\d\d-\d\d|\w{3}, \d\d \w{3} \d{4}", value) is not None
    return isinstance(value, float) or (isinstance(value, int) and value > 1_000_000_000)


def changes(one: Answers, other: Answers) -> set[str]:
    """The calls that were answered otherwise, with the first value that differs."""
    if [call[:2] for call in one] != [call[:2] for call in other]:
        return {"the calls"}
    return {
        f"{name}{path}"
        for (name, _, before), (_, _, after) in zip(one, other, strict=True)
        for path in before.keys() | after.keys()
        if before.get(path) != after.get(path)
    }


# ------------------------------------------------------------ the run


@dataclass(slots=True, kw_only=True)
class Unchanged:
    """The stories of one resource on moto itself, each run several times."""

    one: Lifecycle
    stories: Mapping[str, Story]
    runs: Mapping[str, list[StoryRun]]

    @property
    def broken(self) -> set[str]:
        """What moto itself breaks."""
        return {name for several in self.runs.values() for run in several for name in run.broken}

    def changed(self, name: str, *runs: StoryRun) -> list[str]:
        """What a story was answered otherwise, but for what differs from time to time anyway."""
        before = [answers(one, self.one) for one in self.runs[name]]
        now = [answers(one, self.one) for one in runs]
        passing = (changes(one, other) for one, other in combinations(before, 2))
        always = [changes(one, other) for one, other in product(before, now)]
        return sorted(set.intersection(*always) - set().union(*passing))


def unchanged(trial: Trial, one: Lifecycle) -> Unchanged:
    """The stories of a resource on moto itself: as it is, and once more."""
    found = {story.id: story for story in all_stories(one)}
    trial.layer.become()
    first, second = ({name: trial.run(story) for name, story in found.items()} for _ in "12")
    runs = {name: [first[name], second[name]] for name in found}
    return Unchanged(one=one, stories=found, runs=runs)


def tried(trial: Trial, known: Unchanged, mutant: Broken) -> Outcome:
    """What came of a mutant: its stories are run until one notices it."""
    last = mutant.mutants[-1].operation
    member = mutant.about.rpartition(" ")[2]
    is_known = any(one.endswith(f"/{_judged(known.one, member)}") for one in known.broken)
    outcome = Outcome(mutant=mutant, is_known=is_known)
    for name in _by_likelihood(known, mutant, member):
        trial.layer.become(*mutant.mutants)  # what was held back is let go
        run = trial.run(known.stories[name])
        outcome.touched = True
        if new := sorted(run.broken - known.broken):
            outcome.noticed = new[0]
            break
        if known.changed(name, run):
            outcome.changed += _for_sure(trial, known, mutant, name, run)
        outcome.is_refused |= _refuses(run, last)
    trial.layer.become()
    return outcome


def _judged(one: Lifecycle, member: str) -> str:
    """How the clause ends that is about a member, or a place in an answer."""
    tags = one.tagging.at_creation if one.tagging else None
    return {one.token: "token", tags: "tags"}.get(member, member.rpartition(".")[2])


def _for_sure(
    trial: Trial, known: Unchanged, mutant: Broken, name: str, run: StoryRun
) -> Iterator[str]:
    """What is answered otherwise each time: the story is run again, with it and without."""
    trial.layer.become(*mutant.mutants)
    again = trial.run(known.stories[name])
    trial.layer.become()
    known.runs[name].append(trial.run(known.stories[name]))
    yield from (f"{name}: {one}" for one in known.changed(name, run, again))


def _by_likelihood(known: Unchanged, mutant: Broken, about: str) -> list[str]:
    """The stories that a mutant may change: those of its operation's clauses first, of a member
    before."""
    operation = mutant.mutants[-1].operation
    calling = [name for name, (run, *_) in known.runs.items() if run.may_change(mutant)]
    return sorted(calling, key=lambda name: (about not in name, not name.startswith(operation)))


def _refuses(run: StoryRun, operation: str) -> bool:
    """Whether an operation is refused in a story, and never succeeds."""
    calls = [one for one in run.seen if one.operation and one.operation.id == operation]
    return bool(calls) and not any(one.is_success(operation) for one in calls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What came of one resource's mutants, how many of each word, with those that were missed.

    ``raised``: what a layer that changes nothing raises of it.
    """

    resource: str
    words: Mapping[str, int]
    missed: Sequence[str]
    raised: Sequence[str]


def of_service(url: str, service: str, pattern: str, most: int) -> Iterator[Tally]:
    """The mutants of a service's resources, the most acted on first."""
    with Trial(url, service) as trial:
        known = [one for one in lifecycles(service) if fnmatchcase(one.id, pattern)]
        done = 0
        for one in sorted(known, key=lambda one: -len([*one.actions])):
            if done == most:
                break
            first = [story for story in all_stories(one) if story.kind in _FIRST]
            if is_whole(one, [trial.run(story) for story in first]):
                done += 1
                yield _of_resource(trial, unchanged(trial, one))


def _of_resource(trial: Trial, known: Unchanged) -> Tally:
    started = time.process_time()
    trial.layer.faithful = True
    again = {name: trial.run(story) for name, story in known.stories.items()}
    trial.layer.faithful = False
    raised = sorted({name for run in again.values() for name in run.broken} - known.broken)
    print(f"{known.one.id}: {len(known.stories)} stories", *raised, flush=True)
    outcomes = []
    for mutant in broken(known.one):
        outcomes.append(tried(trial, known, mutant))
        print(f"  {outcomes[-1]}", flush=True)
    print(f"  {len(outcomes)} mutants in {time.process_time() - started:.1f} s of CPU", flush=True)
    return Tally(
        resource=known.one.id,
        words=dict(Counter(one.word for one in outcomes)),
        missed=[str(one) for one in outcomes if one.word == "MISSED"],
        raised=raised,
    )


def _kept(results: Path | None) -> dict[str, list[Tally]]:
    """What earlier runs wrote: the resources of each service."""
    lines = results.read_text("utf-8").splitlines() if results and results.exists() else []
    found = map(json.loads, lines)
    return {service: [Tally(**one) for one in tallies] for service, tallies in found}


def _summary(tallies: Mapping[str, Sequence[Tally]]) -> int:
    """Print what came of all services; the exit status."""
    known = [one for several in tallies.values() for one in several]
    words = sum((Counter(one.words) for one in known), Counter[str]())
    services = sum(map(bool, tallies.values()))
    tried = f"{counted(len(known), 'resource')} of {counted(services, 'service')}"
    print(f"{tried}: {dict(words)}")
    for one in known:
        for line in one.missed:
            print(f"{one.resource}: {line}")
        for clause in one.raised:
            print(f"the unchanged layer raises {clause}")
    return 1 if words["MISSED"] or any(one.raised for one in known) else 0


def main() -> int:
    """Try the chosen resources, and print what came of each mutant as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="*", help="a pattern of resources, like ec2:Vol*")
    parser.add_argument("--each", type=int, default=2, metavar="N", help="resources per service")
    parser.add_argument("--services", type=int, default=20, metavar="N", help="services to try")
    parser.add_argument(
        "--results", type=Path, metavar="FILE", help="go on with a run that this file keeps"
    )
    chosen = parser.parse_args()
    telling.PATIENCE = ()  # moto shows at once what it will ever show
    done = _kept(chosen.results)
    with contextmanager(serving_moto)() as url, tempfile.TemporaryDirectory() as journal:
        os.environ["CONFORMANCE_JOURNAL"] = journal
        for service in SERVICES:
            enough = sum(map(bool, done.values())) >= chosen.services
            wanted = fnmatchcase(service, chosen.only.partition(":")[0])
            if enough or not wanted or service in done:
                continue
            done[service] = list(of_service(url, service, chosen.only, chosen.each))
            if chosen.results:
                with chosen.results.open("a", encoding="utf-8") as file:
                    print(json.dumps([service, [asdict(one) for one in done[service]]]), file=file)
    return _summary(done)


if __name__ == "__main__":
    sys.exit(main())
