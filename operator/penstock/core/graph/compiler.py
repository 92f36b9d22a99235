"""Compiles a Pipeline: flattens Components, resolves every reference, and reports all problems at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from penstock.api import durations
from penstock.api.pipeline import Defaults, PipelineSpec
from penstock.core.graph import checks
from penstock.core.graph.fields import Filling
from penstock.core.graph.graph import Graph, Literal, Settings, Task, groups_of
from penstock.core.graph.items import variables
from penstock.core.graph.loops import level
from penstock.core.graph.merge import merge
from penstock.core.graph.outline import Components, Outline, Outliner, TooManySteps
from penstock.core.graph.results import derive, result
from penstock.core.graph.scope import Inherited, Name, Scope
from penstock.core.graph.wire import Wirer, implied_after
from penstock.core.problems import Problem
from penstock.core.reasons import Reason

FINALLY_TIMEOUT = 3600.0
"""Seconds that each attempt of a step of `finally` may run if its manifest does not say."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """The outcome of a compilation: the graph, or the problems that prevent it."""

    graph: Graph | None
    problems: tuple[Problem, ...]


def compile_pipeline(spec: PipelineSpec, components: Components, *, assumed: bool = False) -> Compiled:
    """Compiles a Pipeline against the Components it may use.

    `problems` holds everything that is wrong, in the order of the manifest; the graph is None if there is any.
    `assumed`: where a field is a parameter that only a run will tell, one that can be known is taken as given.
    """
    names = {parameter.name: Name(parameter.type.value, Literal(parameter.value)) for parameter in spec.params or ()}
    compiler = _Compiler(components, assumed)
    compiler.problems += checks.parameters(spec)
    if spec.defaults:
        compiler.defaults = compiler.filling(names).filled(spec.defaults, "spec.defaults")
    try:
        outlines = compiler.outliner.outline(spec.steps, "spec.steps")
        finals = compiler.outliner.outline(spec.finally_ or [], "spec.finally")
    except TooManySteps:
        return Compiled(None, tuple(compiler.outliner.problems))
    for name in sorted(outlines.keys() & finals.keys()):
        compiler.problem(f"{finals[name].where}.name", Reason.DUPLICATE_NAME, f"spec.steps has a step {name!r} too")
    for step in finals.values():
        for leaf in step.leaves():
            leaf.final = True
    compiler.scope(Scope(names, outlines, (), Inherited()))
    everything = Scope(names, {**outlines, **finals}, (), Inherited())
    compiler.scope(replace(everything, final=True), only=finals)
    outputs = []
    for number, output in enumerate(spec.outputs or ()):
        found = result(compiler.wirer, everything, output, f"spec.outputs[{number}]")
        if found:
            outputs.append((output, found.source))
    problems = compiler.problems + compiler.outliner.problems + compiler.wirer.problems
    leaves = (leaf for step in (*outlines.values(), *finals.values()) for leaf in step.leaves())
    tasks = {leaf.id: compiler.tasks[leaf.id] for leaf in leaves if leaf.id in compiler.tasks}
    problems += checks.tasks(tasks.values(), spec.storage)
    problems += checks.expanded_size(tasks.values())
    if problems:
        return Compiled(None, tuple(sorted(set(problems), key=_manifest_order)))
    graph = Graph(_sorted(tasks), _settings(spec), tuple(outputs))
    return Compiled(graph, ())


class _Compiler:
    def __init__(self, components: Components, assumed: bool) -> None:
        self.outliner = Outliner(components)
        self.wirer = Wirer(self.outliner)
        self.defaults: Defaults | None = None
        self.assumed = assumed
        self.problems: list[Problem] = []
        self.tasks: dict[str, Task] = {}

    def problem(self, path: str, reason: Reason, message: str) -> None:
        self.problems.append(Problem(path, reason, message))

    def filling(self, names: Mapping[str, Name]) -> Filling:
        """Fills in fields that are parameters, which are these."""
        return Filling(names, self.problem, self.assumed)

    def scope(self, scope: Scope, only: Mapping[str, Outline] | None = None) -> None:
        """Compiles the steps of one graph, and of the graphs inside it."""
        for step in self._ordered(scope.steps if only is None else only):
            self._step(scope, step)

    def _step(self, scope: Scope, step: Outline) -> None:
        wirer, template, inherited = self.wirer, step.template, scope.inherited
        levels = scope.levels
        if template.for_each:
            levels = (*levels, level(wirer, scope, step))
            scope = replace(scope, each=variables(levels))
        inputs = wirer.inputs(scope, step, levels)
        needs = (*inherited.needs, *wirer.needs(scope, step))
        after = (*inherited.after, *wirer.after(scope, step))
        guards = inherited.guards
        if template.when:
            guard = wirer.expression(scope, template.when, f"{step.where}.when", "Boolean")
            if guard:
                guards = (*guards, guard)
        after = (*after, *implied_after(*inputs, *guards))
        if step.broken:
            return
        if step.children is not None and step.component is not None:
            self._composite_overrides(step)
            passed = Inherited((*inherited.gates, *inputs), needs, after, guards)
            names = wirer.component_names(step, inputs)
            inside = Scope(names, step.children, levels, passed)
            self.scope(inside)
            derive(wirer, inside, step, len(scope.levels))
            return
        wired = wirer.component_inputs(step, inputs) if step.component else inputs
        template, component = self.filling(scope.names).filled(template, step.where), step.component
        if component and template.component:
            own = {one.name: Name(one.type, one) for one in wired}
            component = self.filling(own).filled(component, f"{step.where}.component({template.component.name})")
        work = merge(template, component, self.defaults)
        if step.final and work.timeout is None:
            work = replace(work, timeout=FINALLY_TIMEOUT)  # nothing else bounds it: it is outside spec.timeout
        self.tasks[step.id] = Task(
            id=step.id,
            where=step.where,
            segments=step.segments,
            levels=levels,
            work=work,
            inputs=wired,
            gates=inherited.gates,
            needs=_unique(needs),
            after=_unique(after),
            guards=guards,
            final=step.final,
            component=template.component.name if template.component else None,
        )

    def _composite_overrides(self, step: Outline) -> None:
        for name, alias in _NOT_FOR_GRAPHS.items():
            if name in step.template.model_fields_set:
                self.problem(
                    f"{step.where}.{alias}",
                    Reason.INVALID_FIELD,
                    f"{alias} cannot be set on a step whose Component is a graph; set it on the steps of the Component",
                )

    def _ordered(self, steps: Mapping[str, Outline]) -> Iterable[Outline]:
        """The steps of one graph, each after those that it mentions: what others derive from these is known then.

        Notes a problem if there is a circle among them.
        """
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for name, step in steps.items():
            sorter.add(name, *(other for other in self.wirer.mentions(step) if other in steps))
        try:
            return [steps[name] for name in sorter.static_order()]
        except CycleError as error:
            circle = list(reversed(error.args[1]))
            first = min(circle[:-1], key=list(steps).index)
            at = circle.index(first)
            circle = [*circle[at:-1], *circle[: at + 1]]
            self.problem(
                steps[first].where,
                Reason.CYCLE,
                f"steps wait for one another in a circle: {' -> '.join(circle)}; remove one of these dependencies",
            )
            return steps.values()


_NOT_FOR_GRAPHS = {
    "resources": "resources",
    "retry": "retry",
    "timeout": "timeout",
    "pod": "pod",
    "start_timeout": "startTimeout",
    "replicas": "replicas",
    "duration": "duration",
    "cache": "cache",
    "undo": "undo",
}


def _unique(items: tuple) -> tuple:  # type: ignore[type-arg]
    return tuple(dict.fromkeys(items))


def _sorted(tasks: Mapping[str, Task]) -> dict[str, Task]:
    """The tasks in dependency order, ties in the order of the manifest, `finally` last."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for task in sorted(tasks.values(), key=lambda task: task.final):
        sorter.add(task.id, *dict.fromkeys(name for group in groups_of(task) for name in group.tasks))
    return {name: tasks[name] for name in sorted(sorter.static_order(), key=lambda name: tasks[name].final)}


def _settings(spec: PipelineSpec) -> Settings:
    return Settings(
        on_failure=spec.on_failure,
        parallelism=spec.parallelism,
        priority=spec.priority,
        queue_name=spec.queue_name,
        suspend=spec.suspend,
        cancel=spec.cancel,
        timeout=durations.parse(spec.timeout) if spec.timeout else None,
        storage=spec.storage,
        history_limit=spec.history_limit,
        ttl_after_finished=durations.parse(spec.ttl_after_finished) if spec.ttl_after_finished else None,
    )


_SECTIONS = ("spec.params", "spec.defaults", "spec.storage", "spec.steps", "spec.finally", "spec.outputs")


def _manifest_order(problem: Problem) -> tuple[int, list[tuple[int, str]], str]:
    section = next((n for n, name in enumerate(_SECTIONS) if problem.path.startswith(name)), len(_SECTIONS))
    parts = problem.path.replace("[", ".").replace("]", "").split(".")
    return section, [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], problem.message
