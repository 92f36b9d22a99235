"""Compiled graphs, kept as long as they are needed and true."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from penstock import api
from penstock.api.parse import InvalidManifest, parse
from penstock.core.graph.compiler import Compiled, compile_pipeline
from penstock.core.graph.outline import ComponentKey
from penstock.core.pipeline.lifecycle import rerun_in_vain
from penstock.core.pipeline.revisions import (
    Pins,
    RevisionView,
    edit_waits,
    edited_since,
    kept_pins,
    of_generation,
    superfluous,
    taken_up_last,
)
from penstock.core.pipeline.standalone import compile_step
from penstock.core.problems import Problem
from penstock.core.reasons import Reason
from penstock.core.seen.views import Object, PipelineView, StepView
from penstock.engine.catalogue import Catalogue
from penstock.engine.resources import PIPELINES, STEPS
from penstock.engine.revisions import Revisions
from penstock.engine.store import Key, Store
from penstock.engine.written import manifest

LINGERING = 30.0
"""Seconds that a graph is kept after it was released."""


@dataclass(frozen=True, slots=True)
class Compilation:
    """What a Pipeline's spec means. `pins`: the Components it was compiled with; see Observed for the rest."""

    compiled: Compiled
    pins: Mapping[str, Object] = field(default_factory=dict)
    superfluous: Sequence[str] = ()
    deferred: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    uid: str
    generation: int
    rerun: str | None
    compilation: Compilation
    used: Mapping[ComponentKey, str]


class Graphs:
    """The graphs of Pipelines and of Steps that stand alone: one for each that is planned."""

    def __init__(self, store: Store, revisions: Revisions, catalogues: tuple[str, ...]) -> None:
        self.store = store
        self.revisions = revisions
        self.catalogues = catalogues
        self._kept: dict[Key, _Kept] = {}
        self._steps: dict[Key, tuple[str, int, Compiled]] = {}
        self._released: dict[Key, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._kept) + len(self._steps)

    async def pipeline(self, view: PipelineView) -> Compilation:
        """The graph of a Pipeline, or its problems. Edits and reruns wait for the end of an undo or of `finally`."""
        key = Key(view.namespace, view.name)
        self._hold(key)
        kept = self._kept.get(key)
        if kept and kept.uid != view.uid:
            kept = None
        if kept and (kept.generation, kept.rerun) == (view.generation, view.rerun) and not self._outdated(view, kept):
            return kept.compilation
        before = edited_since(view)
        if before is not None:
            old = kept if kept and kept.generation == before and not kept.compilation.compiled.problems else None
            old = old or self._past(view, of_generation(await self._revisions(view), before))
            steps = self.store.owned(key, view.uid).values()
            if old and edit_waits(view, old.compilation.compiled.graph, steps, self.store.jobs_by_step):
                self._kept[key] = old
                return replace(old.compilation, deferred=True)
        known = await self._revisions(view)
        made = self._kept[key] = self._made(view, known)
        self.store.asks(key, made.used if made.compilation.compiled.problems else ())
        return made.compilation

    def step(self, view: StepView) -> Compiled:
        """The graph of a Step that stands alone, or its problems."""
        key = Key(view.namespace, view.name, alone=True)
        self._hold(key)
        known = self._steps.get(key)
        if known and known[:2] == (view.uid, view.generation):
            return known[2]
        try:
            parsed = parse(manifest(STEPS, view.name, view.spec))
        except InvalidManifest as error:
            compiled = Compiled(None, _problems(error))
        else:
            assert isinstance(parsed, api.Step)
            compiled = compile_step(view.name, parsed.spec)
        self._steps[key] = (view.uid, view.generation, compiled)
        return compiled

    def release(self, key: Key) -> None:
        """Lets go of a graph, a little later: what it is for has ended or is gone, but some events still follow."""
        if key not in self._released and (key in self._kept or key in self._steps):
            timer = asyncio.get_running_loop().call_later(LINGERING, self._let_go, key)
            self._released[key] = timer

    def _let_go(self, key: Key) -> None:
        del self._released[key]
        self._kept.pop(key, None)
        self._steps.pop(key, None)

    def _hold(self, key: Key) -> None:
        timer = self._released.pop(key, None)
        if timer:
            timer.cancel()

    async def _revisions(self, view: PipelineView) -> list[RevisionView]:
        return await self.revisions.of(view) if view.status.get("revision") else []

    def _made(self, view: PipelineView, known: Sequence[RevisionView]) -> _Kept:
        """The graph of a spec; if that is wrong, its problems, and the graph that what runs belongs to."""
        made = self._compile(view, kept_pins(view, known) or {}, known)
        graph = made.compilation.compiled.graph
        if graph and rerun_in_vain(view, graph):  # so it resolves no Components anew either
            before = replace(view, rerun=view.status.get("rerun"))
            made = self._compile(view, kept_pins(before, known) or {}, known)
        past = self._past(view, taken_up_last(view, known)) if made.compilation.compiled.graph is None else None
        if past is None:
            return made
        compiled = Compiled(past.compilation.compiled.graph, made.compilation.compiled.problems)
        return replace(made, compilation=replace(made.compilation, compiled=compiled))

    def _past(self, view: PipelineView, found: RevisionView | None) -> _Kept | None:
        """The graph of an earlier generation, from what was kept of it."""
        if found is None:
            return None
        past = replace(view, spec=found.spec, generation=found.generation, rerun=view.status.get("rerun"))
        return self._compile(past, found.pins, [])

    def _compile(self, view: PipelineView, pins: Pins, known: Sequence[RevisionView]) -> _Kept:
        catalogue = self._catalogue(view, pins)
        limit = 0
        try:
            parsed = parse(manifest(PIPELINES, view.name, view.spec))
        except InvalidManifest as error:
            compiled = Compiled(None, _problems(error))
        else:
            assert isinstance(parsed, api.Pipeline)
            limit = parsed.spec.history_limit
            compiled = compile_pipeline(parsed.spec, catalogue)
            compiled = Compiled(compiled.graph, tuple(map(catalogue.explain, compiled.problems)))
        surplus = superfluous(known, limit) if compiled.graph else ()
        compilation = Compilation(compiled, catalogue.written, surplus)
        return _Kept(view.uid, view.generation, view.rerun, compilation, catalogue.used)

    def _outdated(self, view: PipelineView, kept: _Kept) -> bool:
        """Whether a spec that did not compile might do so now: a Component that it asked for changed."""
        return bool(kept.compilation.compiled.problems) and self._catalogue(view, {}).changed(kept.used)

    def _catalogue(self, view: PipelineView, pins: Pins) -> Catalogue:
        return Catalogue(self.store, view.namespace, self.catalogues, pins)


def _problems(error: InvalidManifest) -> tuple[Problem, ...]:
    return tuple(Problem(path, Reason.INVALID_FIELD, message) for path, message in error.problems)
