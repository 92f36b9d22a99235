"""From what each result was made, and what was made from it: by what the objects hold, without a record of its own.

A result names its fingerprint and the digest of its producers' runs, not those runs. So the selection of each revision
is made once more, in dependency order: of each Step the run counts that was made with the fingerprint that the graph
has for it, from the runs of its producers that count. That is the operator's own rule for what may be reused, so what a
run is found to have read is what it read. Of a run whose producers are not on record any more only what it made is
known.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from penstock.api.step import OnError, StepPhase
from penstock.core.graph.bindings import Met, dependencies
from penstock.core.graph.graph import FirstOf, FromOutput, Graph, Source, Wired, lists_of, sources
from penstock.core.graph.missing import first_missing
from penstock.core.graph.resolve import resolve
from penstock.core.graph.world import Node, Ran, Verdict, World
from penstock.core.reasons import Reason
from penstock.core.seen.views import StepView

SUCCEEDED = StepPhase.SUCCEEDED.value
LIST = "forEach"
"""As which input a list is read that steps are fanned out over."""


class Key(NamedTuple):
    """One run of a Step, by its path."""

    path: str
    run: int

    def __str__(self) -> str:
        return f"{self.path} run {self.run}"


@dataclass(frozen=True, slots=True)
class Made:
    """A run that is on record, and what came of it. Instants as the API writes them; `selected`: its Step shows it now;
    `held`: it is kept for reuse; `known`: what it read is known; `contents`: `sha256` and `bytes` of artifacts, if they
    were read when they were published; `image`: the image that made it, as the node told it, of the run that a Step has
    now."""

    key: Key
    phase: str
    fingerprint: str
    producers: str
    revision: int
    start: str
    end: str
    outputs: Mapping[str, Any]
    artifacts: Mapping[str, str]
    contents: Mapping[str, Mapping[str, Any]]
    selected: bool
    held: bool
    known: bool = False
    image: str = ""


class Read(NamedTuple):
    """An output of a run, read as an input of another."""

    reader: Key
    input: str
    maker: Key
    output: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """The runs of a Pipeline that are on record, makers before readers within a revision, and what they read.
    Both ends of each read are among the runs."""

    runs: Mapping[Key, Made]
    reads: Sequence[Read]

    @property
    def start(self) -> str:
        """When the first of the runs began; empty if none has."""
        return min((made.start for made in self.runs.values() if made.start), default="")

    def by_run(self, up: bool) -> dict[Key, list[Read]]:
        """What each run read (`up`), or by whom, and as what, its outputs were read; runs of which there is any."""
        found: dict[Key, list[Read]] = {}
        for one in self.reads:
            found.setdefault(one.reader if up else one.maker, []).append(one)
        return found

    def around(self, keys: Collection[Key], up: bool) -> "Lineage":
        """These runs with all that they were made from (`up`), or all that was made from them."""
        by = self.by_run(up)
        found, ahead = set(keys), list(keys)
        reads: list[Read] = []
        while ahead:
            for one in by.get(ahead.pop(), ()):
                reads.append(one)
                other = one.maker if up else one.reader
                if other not in found:
                    found.add(other)
                    ahead.append(other)
        kept = set(reads)
        return Lineage(
            {key: made for key, made in self.runs.items() if key in found}, [one for one in self.reads if one in kept]
        )


def lineage(graphs: Iterable[Graph], steps: Mapping[str, StepView]) -> Lineage:
    """The lineage of a Pipeline. `graphs`: its revisions that are kept, the present one first, taken until every run is
    explained; `steps`: by path."""
    search = _Search({path: list(_runs(step)) for path, step in steps.items()}, steps)
    total = sum(map(len, search.runs.values()))
    for graph in graphs:
        search.through(graph)
        if len(search.found) == total:
            break
    left = {made.key: made for runs in search.runs.values() for made in runs if made.key not in search.found}
    return Lineage({**search.found, **left}, search.reads)


def _runs(step: StepView) -> Iterator[Made]:
    """What a Step tells of its runs, the newest first."""
    status, results = step.status, step.status.get("results") or ()
    now = status.get("run")
    if now and status.get("reason") != Reason.REUSED and all(one["run"] != now for one in results):
        ends = (
            status.get("phase") or StepPhase.PENDING.value,
            status.get("startTime", ""),
            status.get("completionTime", ""),
        )
        yield _made(step, status, *ends, held=False)
    for result in results:
        start = result.get("start") or (status.get("startTime", "") if _same(status, result) else "")
        yield _made(step, result, SUCCEEDED, start, result.get("when", ""), held=True)


def _same(status: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    return bool(status.get("run") == result["run"])


def _made(step: StepView, told: Mapping[str, Any], phase: str, start: str, end: str, held: bool) -> Made:
    return Made(
        key=Key(step.path, told["run"]),
        phase=phase,
        fingerprint=told.get("fingerprint", ""),
        producers=told.get("producers", ""),
        revision=told.get("revision") or 0,
        start=start,
        end=end,
        outputs=told.get("outputs") or {},
        artifacts=told.get("artifacts") or {},
        contents=told.get("contents") or {},
        selected=step.status.get("run") == told["run"],
        held=held,
        image=_image(step.status) if _same(step.status, told) else "",
    )


def _image(status: Mapping[str, Any]) -> str:
    """The image of the attempt that succeeded; of a result that was taken up again the attempts are another run's."""
    if status.get("reason") == Reason.REUSED:
        return ""
    attempts = reversed(status.get("attempts") or ())
    return next((str(one["imageID"]) for one in attempts if one.get("imageID") and one.get("exitCode") == 0), "")


def pinned(image: str) -> tuple[str, str]:
    """The name of an image, as a node tells it, and its SHA-256 digest, empty if it has none."""
    name, _, digest = image.rpartition("@sha256:")
    return (name, digest) if name else (image, "")


@dataclass(slots=True)
class _Search:
    """Goes through revisions; what one of them has explained is left alone by the others."""

    runs: Mapping[str, Sequence[Made]]
    steps: Mapping[str, StepView]
    found: dict[Key, Made] = field(default_factory=dict)
    reads: list[Read] = field(default_factory=list)

    def through(self, graph: Graph) -> None:
        """Selects the runs of one revision, and notes what those read that are new."""
        world = World(graph)
        for task in graph.tasks.values():
            for node in world.instances(task):
                made = None if node.stub else self._of(world, node)
                world.add(node, self._verdict(node, made))
                if made is not None and made.key not in self.found:
                    self._note(world, node, made)

    def _of(self, world: World, node: Node) -> Made | None:
        candidates = [one for one in self.runs.get(node.path, ()) if one.fingerprint == node.fingerprint]
        if node.task.final:  # it depends on how all others ended, of which only the present is known
            return next((one for one in candidates if one.selected), None)
        met = dependencies(world, node)
        if not isinstance(met, Met):
            return None
        return next((one for one in candidates if one.producers == met.producers), None)

    def _verdict(self, node: Node, made: Made | None) -> Verdict:
        """How the Step stood then: with a run that is on record, else as it stands now if that is no run."""
        if made is not None:
            ran = Ran(None if node.task.work.approval or made.phase != SUCCEEDED else 0, made.start, made.end)
            return Verdict(
                StepPhase(made.phase),
                run=made.key.run,
                outputs=dict(made.outputs),
                artifacts=dict(made.artifacts),
                tolerated=node.task.work.on_error is OnError.CONTINUE,
                ran=ran,
            )
        step = self.steps.get(node.path)
        if step is not None and step.status.get("phase") == StepPhase.SKIPPED.value:
            return Verdict(StepPhase.SKIPPED)
        return Verdict(StepPhase.PENDING)

    def _note(self, world: World, node: Node, made: Made) -> None:
        self.found[made.key] = replace(made, known=True)
        wires: list[tuple[str, Source]] = [(wired.name, wired) for wired in node.task.inputs]
        wires += [(LIST, source) for source in lists_of(node.task)]
        noted = dict.fromkeys(
            Read(made.key, name, maker, output)
            for name, wired in wires
            for source in _taken(world, node, wired)
            for maker, output in _makers(world, node, source)
        )
        self.reads += noted


def _taken(world: World, node: Node, source: Source) -> Iterator[FromOutput]:
    """The outputs behind a source; of several, of which the first that there is counts, that one's."""
    match source:
        case Wired():
            yield from _taken(world, node, source.source)
        case FirstOf():
            first = next((one for one in source.sources if not first_missing(resolve(world, node, one))), None)
            if first is not None:
                yield from _taken(world, node, first)
        case _:
            yield from (one for one in sources(source) if isinstance(one, FromOutput))


def _makers(world: World, node: Node, source: FromOutput) -> Iterator[tuple[Key, str]]:
    """The runs whose output that is: those of all instances, if it is a list of them."""
    for maker in world.inside(world.graph.tasks[source.task], node.index[: source.shared]):
        verdict = world.verdicts.get((maker.task.id, maker.index))
        if verdict and verdict.run and source.output in {**(verdict.outputs or {}), **(verdict.artifacts or {})}:
            yield Key(maker.path, verdict.run), source.output
