"""First look at a graph: which steps there are, which Component each runs, which outputs each offers to the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from penstock.api.component import ComponentSpec
from penstock.api.step import StepTemplate
from penstock.core.graph.graph import MAX_STEPS
from penstock.core.problems import Problem, nearest
from penstock.core.reasons import Reason

MAX_DEPTH = 8

ComponentKey = tuple[str | None, str]
Components = Mapping[ComponentKey, ComponentSpec]
"""The Components that a Pipeline may use, by (namespace, name); namespace None is the Pipeline's own."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An output as the other steps of the same graph see it. Of a `derived` one, its graph tells what it is made of."""

    type: str
    task: str
    output: str
    levels: int
    derived: bool = False


@dataclass(slots=True)
class Outline:
    """One step of a graph, before its references are resolved."""

    template: StepTemplate
    where: str
    segments: tuple[str, ...]
    levels: int
    component: ComponentSpec | None = None
    children: dict[str, "Outline"] | None = None
    offers: dict[str, Offer] = field(default_factory=dict)
    broken: bool = False
    final: bool = False

    @property
    def id(self) -> str:
        return ".".join(self.segments)

    def leaves(self) -> Iterator["Outline"]:
        """The steps that become tasks: this one, or those of its graph."""
        if self.children is None:
            yield self
        else:
            for child in self.children.values():
                yield from child.leaves()


class Outliner:
    """Outlines the steps of a graph and of the Components they use, collecting problems."""

    def __init__(self, components: Components) -> None:
        self.components = components
        self.problems: list[Problem] = []
        self.tasks = 0

    def outline(
        self,
        templates: list[StepTemplate],
        where: str,
        segments: tuple[str, ...] = (),
        levels: int = 0,
        stack: tuple[ComponentKey, ...] = (),
    ) -> dict[str, Outline]:
        """Outlines of one list of steps by name; the first of two with the same name wins."""
        found: dict[str, Outline] = {}
        for number, template in enumerate(templates):
            place = f"{where}[{number}]"
            if template.name in found:
                self._problem(f"{place}.name", Reason.DUPLICATE_NAME, f"two steps are named {template.name!r}")
                continue
            inner = levels + (template.for_each is not None)
            step = Outline(template, place, (*segments, template.name), inner)
            found[template.name] = step
            self._resolve(step, stack)
        return found

    def _resolve(self, step: Outline, stack: tuple[ComponentKey, ...]) -> None:
        reference = step.template.component
        if reference is None:
            for output in step.template.outputs or ():
                step.offers[output.name] = Offer(output.type.value, step.id, output.name, step.levels)
            self._count(step)
            return
        key = (reference.namespace, reference.name)
        place = f"{step.where}.component"
        step.component = self.components.get(key)
        if step.component is None:
            step.broken = True
            known = [name for namespace, name in self.components if namespace == reference.namespace]
            home = f"namespace {reference.namespace}" if reference.namespace else "this namespace"
            self._problem(
                f"{place}.name",
                Reason.UNKNOWN_COMPONENT,
                f"there is no Component {reference.name!r} in {home}{nearest(reference.name, known)};"
                " apply it, or correct the name",
            )
            return
        if step.component.steps is None:
            for output in step.component.outputs or ():
                step.offers[output.name] = Offer(output.type.value, step.id, output.name, step.levels)
            self._count(step)
            return
        if key in stack or len(stack) >= MAX_DEPTH:
            step.broken = True
            chain = " -> ".join(name for _, name in (*stack, key))
            what = "contains itself" if key in stack else f"is nested deeper than {MAX_DEPTH}"
            self._problem(f"{place}.name", Reason.COMPONENT_CYCLE, f"Component {reference.name!r} {what}: {chain}")
            return
        inside = f"{place}({reference.name})"
        step.children = self.outline(step.component.steps, f"{inside}.steps", step.segments, step.levels, (*stack, key))
        self._offer(step, inside)

    def _offer(self, step: Outline, inside: str) -> None:
        assert step.component is not None
        assert step.children is not None
        for number, output in enumerate(step.component.outputs or ()):
            place = f"{inside}.outputs[{number}].from"
            made = Offer(output.type.value, "", output.name, step.levels, derived=True)
            if output.from_ is None:
                step.offers[output.name] = made
                continue
            offer = self.lookup(step.children, output.from_, place)
            if offer is None:
                step.broken = True
                continue
            if offer.derived:
                step.offers[output.name] = made
                continue
            found = "List" if offer.levels > step.levels else offer.type
            if not assignable(output.type.value, found):
                self._problem(
                    place,
                    Reason.TYPE_MISMATCH,
                    f"output {output.name!r} is {output.type}, but {output.from_} is {found}",
                )
            step.offers[output.name] = Offer(offer.type, offer.task, offer.output, offer.levels)

    def lookup(self, scope: Mapping[str, Outline], reference: str, place: str) -> Offer | None:
        """What `step.output` refers to in a graph; None after a problem was noted (or was noted before)."""
        name, _, output = reference.partition(".")
        step = self.find(scope, name, place)
        if step is None or step.broken:
            return None
        offer = step.offers.get(output)
        if offer is None:
            has = ", ".join(sorted(step.offers)) or "none"
            self._problem(
                place,
                Reason.UNKNOWN_OUTPUT,
                f"step {name!r} has no output {output!r}{nearest(output, step.offers)}; it declares: {has}",
            )
        return offer

    def find(self, scope: Mapping[str, Outline], name: str, place: str) -> Outline | None:
        """The step of that name in a graph; None after a problem was noted."""
        step = scope.get(name)
        if step is None:
            self._problem(place, Reason.UNKNOWN_STEP, f"there is no step {name!r}{nearest(name, scope)}")
        return step

    def _count(self, step: Outline) -> None:
        self.tasks += 1
        if self.tasks == MAX_STEPS + 1:
            self._problem(
                step.where, Reason.TOO_MANY_STEPS, f"the Pipeline has more than {MAX_STEPS:,} steps; split it up"
            )
            raise TooManySteps

    def _problem(self, path: str, reason: Reason, message: str) -> None:
        self.problems.append(Problem(path, reason, message))


class TooManySteps(Exception):
    """Ends the outlining of a Pipeline that grows without bound; the problem has been noted."""


def assignable(wanted: str, found: str) -> bool:
    """Whether a value of the found type may go where the wanted type is declared; `Any` is known only when it runs."""
    return found in (wanted, "Any") or wanted == "Any" or (wanted == "Number" and found == "Integer")
