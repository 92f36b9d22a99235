"""Resolves the references of steps: inputs, expressions, forEach variables, needs and after."""

from collections.abc import Iterable, Iterator, Sequence

from penstock.api.base import Json
from penstock.api.wiring import (
    ComponentInput,
    Input,
    Outcome,
)
from penstock.core.graph import expressions
from penstock.core.graph.graph import (
    MOST_BEHIND,
    AfterEdge,
    Derived,
    Evaluated,
    FirstOf,
    FromEach,
    FromOutput,
    Group,
    HowItEnded,
    Level,
    Literal,
    Source,
    StatusOf,
    Wired,
    behind,
    sources,
)
from penstock.core.graph.items import field_type
from penstock.core.graph.missing import Missing
from penstock.core.graph.outline import Outline, Outliner, assignable
from penstock.core.graph.scope import Name, Scope
from penstock.core.problems import Problem, nearest
from penstock.core.reasons import Reason
from penstock.core.values import canonical, mismatch, normalise, shorten, type_name


class Wirer:
    """Turns what steps write into sources and groups, collecting problems."""

    def __init__(self, outliner: Outliner) -> None:
        self.outliner = outliner
        self.problems: list[Problem] = []
        self.derived: dict[tuple[str, str], Name] = {}
        """Outputs that graphs make of those of their steps, by id of the step that uses the graph, and name."""

    def inputs(self, scope: Scope, step: Outline, levels: tuple[Level, ...]) -> tuple[Wired, ...]:
        """The inputs of a step; `levels` include its own forEach."""
        wired: dict[str, Wired] = {}
        inputs = step.template.inputs or ()
        self.problems += clashes([given.name for given in inputs], "input", f"{step.where}.inputs")
        for number, given in enumerate(inputs):
            place = f"{step.where}.inputs[{number}]"
            found = self._source(scope, step, given, place, levels)
            if found is None:
                step.broken = True
                continue
            self._check_default(given, found, place)
            wired[given.name] = Wired(
                given.name, found.type, found.source, given.default, given.has_default, given.optional
            )
        return tuple(wired.values())

    def _check_default(self, given: Input, found: Name, place: str) -> None:
        """A default is of the type it stands in for. In a list it stands for single items, whose type may be any."""
        if given.default is None or found.type in ("Any", "List") or assignable(found.type, type_name(given.default)):
            return
        artifact = found.type == "Artifact"
        hint = "only null can stand in for an Artifact: use `optional`" if artifact else "make them agree"
        message = f"the default of input {given.name!r} is {type_name(given.default)}, its source {found.type}; {hint}"
        self.problem(f"{place}.default", Reason.TYPE_MISMATCH, message)

    def _source(self, scope: Scope, step: Outline, given: Input, place: str, levels: tuple[Level, ...]) -> Name | None:
        if given.param is not None:
            return self.parameter(scope, given.param, f"{place}.param")
        if given.from_ is not None:
            return self.output(scope, given.from_, f"{place}.from")
        if given.first_of is not None:
            return self.first(scope, given.first_of, f"{place}.firstOf")
        if given.each is not None:
            return self._each(scope, given, f"{place}.each", levels)
        if given.expr is not None:
            evaluated = self.expression(scope, given.expr, f"{place}.expr")
            return Name("Any", evaluated) if evaluated else None
        return Name(type_name(given.value), Literal(given.value))

    def parameter(self, scope: Scope, name: str, place: str) -> Name | None:
        """What a parameter stands for; None after a problem was noted."""
        if name in scope.names:
            return scope.names[name]
        self.problem(
            place, Reason.UNKNOWN_PARAMETER, f"there is no parameter {name!r}{nearest(name, scope.names)}; declare it"
        )
        return None

    def output(self, scope: Scope, reference: str, place: str) -> Name | None:
        """What `step.output` stands for; None after a problem was noted."""
        offer = self.outliner.lookup(scope.steps, reference, place)
        if offer is None:
            return None
        shared = len(scope.levels)
        if offer.derived:
            step = scope.steps[reference.partition(".")[0]]
            return self.derived.get((step.id, offer.output))  # if it is not there, a problem was noted
        kind = offer.type if offer.levels == shared else "List" if offer.type != "Artifact" else "Artifact"
        return Name(kind, FromOutput(offer.task, offer.output, shared))

    def first(self, scope: Scope, references: Sequence[str], place: str) -> Name | None:
        """The first of several outputs that there is; None after a problem was noted."""
        found = [self.output(scope, one, f"{place}[{number}]") for number, one in enumerate(references)]
        known = [one for one in found if one]
        if len(known) < len(found):
            return None
        types = {one.type for one in known} - {"Any"}
        if types == {"Integer", "Number"}:
            types = {"Number"}
        if len(types) > 1 or (types == {"Artifact"} and any(one.type == "Any" for one in known)):
            each = ", ".join(f"{one} is {name.type}" for one, name in zip(references, known, strict=True))
            self.problem(place, Reason.TYPE_MISMATCH, f"one of these is taken, so they must be of one type: {each}")
            return None
        sources = [one.source for one in known if isinstance(one.source, (FromOutput, Derived))]
        found_first = FirstOf(tuple(sources))
        if not self._bounded(found_first, place):
            return None
        every = all(one.type != "Any" for one in known)
        return Name(types.pop() if every else "Any", found_first)

    def _each(self, scope: Scope, given: Input, place: str, levels: tuple[Level, ...]) -> Name | None:
        name, _, field = (given.each or "").partition(".")
        found = self._variable(scope, name, place)
        if found is None or not field:
            return found
        values = next(one.values for one in levels[-1].variables if one.name == name) or ()
        kind = field_type(values, name, field, given.has_default or given.optional)
        if isinstance(kind, Missing):
            self.problem(place, kind.reason, kind.message)
            return None
        return Name(kind, FromEach(len(levels) - 1, name, field))

    def _variable(self, scope: Scope, name: str, place: str) -> Name | None:
        """What a variable of forEach stands for; None after a problem was noted."""
        if name in scope.each:
            return scope.each[name]
        self.problem(
            place,
            Reason.UNKNOWN_VARIABLE,
            f"there is no forEach variable {name!r} here{nearest(name, scope.each)}; the inputs and `when` of a step"
            " know those of its own forEach.vars",
        )
        return None

    def expression(self, scope: Scope, words: str, place: str, wanted: str | None = None) -> Evaluated | None:
        """Compiles an expression in a scope; None after a problem was noted."""
        try:
            parsed = expressions.parse(words)
        except expressions.ExpressionError as error:
            self.problem(place, Reason.INVALID_EXPRESSION, str(error))
            return None
        found: dict[expressions.Reference, Name] = {}
        for reference in parsed.references:
            name = self._referenced(scope, reference, place)
            if name is None:
                return None
            found[reference] = name
        types = {reference: name.type for reference, name in found.items()}
        try:
            parsed.check(types, wanted)
        except expressions.ExpressionError as error:
            self.problem(place, Reason.INVALID_EXPRESSION, str(error))
            return None
        evaluated = Evaluated(parsed, types, {reference: name.source for reference, name in found.items()})
        return evaluated if self._bounded(evaluated, place) else None

    def _bounded(self, source: Source, place: str) -> bool:
        """Whether a source can be looked at in due time; what is made of itself twice, again and again, never could."""
        size = behind(source)
        if size > MOST_BEHIND:
            message = f"it is made of {size:,} values through the outputs and inputs of graphs; at most {MOST_BEHIND:,}"
            self.problem(place, Reason.INVALID_EXPRESSION, f"{message} are allowed; let a step give one in between")
        return size <= MOST_BEHIND

    def _referenced(self, scope: Scope, reference: expressions.Reference, place: str) -> Name | None:
        if reference.kind == "param":
            name = self.parameter(scope, reference.name, place)
        elif reference.kind == "each":
            name = self._variable(scope, reference.name, place)
        elif reference.kind == "status":
            group, fact = self.group(scope, reference.step, place), reference.name or "status"
            return Name(expressions.FACTS[fact], StatusOf(group, fact)) if group else None
        elif reference.kind == "pipeline":
            if scope.final:
                return Name("String", HowItEnded())
            message = "pipeline.status is known at the end, to the steps of spec.finally; ask for the status of a step"
            self.problem(place, Reason.INVALID_EXPRESSION, message)
            return None
        else:
            name = self.output(scope, f"{reference.step}.{reference.name}", place)
        if name and name.type == "Artifact":
            self.problem(place, Reason.TYPE_MISMATCH, f"{reference} is an Artifact; expressions see only values")
            return None
        return name

    def group(self, scope: Scope, name: str, place: str) -> Group | None:
        """All tasks of a step of this graph; None after a problem was noted."""
        step = self.outliner.find(scope.steps, name, place)
        if step is None:
            return None
        return Group(step.id, tuple(leaf.id for leaf in step.leaves()), len(scope.levels))

    def needs(self, scope: Scope, step: Outline) -> tuple[Group, ...]:
        """The groups that must succeed first."""
        places = ((name, f"{step.where}.needs[{number}]") for number, name in enumerate(step.template.needs or ()))
        return tuple(group for name, place in places if (group := self.group(scope, name, place)))

    def after(self, scope: Scope, step: Outline) -> tuple[AfterEdge, ...]:
        """The groups that must have ended in a given way first."""
        edges = []
        for number, edge in enumerate(step.template.after or ()):
            group = self.group(scope, edge.step, f"{step.where}.after[{number}].step")
            if group:
                edges.append(AfterEdge(group, edge.outcome, True))
        return tuple(edges)

    def component_inputs(self, step: Outline, given: tuple[Wired, ...]) -> tuple[Wired, ...]:
        """The inputs that a Component declares, each with what the step wires into it."""
        assert step.component is not None
        by_name = {wired.name: wired for wired in given}
        declared = {one.name: one for one in step.component.inputs or ()}
        for number, wired in enumerate(step.template.inputs or ()):
            if wired.name not in declared:
                self.problem(
                    f"{step.where}.inputs[{number}].name",
                    Reason.UNKNOWN_INPUT,
                    f"the Component has no input {wired.name!r}{nearest(wired.name, declared)}",
                )
        return tuple(self._declared(step, one, by_name.get(one.name)) for one in declared.values())

    def _declared(self, step: Outline, declared: ComponentInput, wired: Wired | None) -> Wired:
        place = f"{step.where}.inputs"
        if wired is None:
            if not declared.has_default and not declared.optional and not step.broken:
                self.problem(
                    place,
                    Reason.MISSING_INPUT,
                    f"the Component requires input {declared.name!r} ({declared.type}); give it",
                )
            wrong = mismatch(declared.type, declared.default) if declared.default is not None else None
            if wrong:
                words = f"the Component's default of input {declared.name!r}: {wrong}; give the input"
                self.problem(place, Reason.TYPE_MISMATCH, words)
            return Wired(declared.name, declared.type.value, Literal(declared.default), None, True)
        self._fits(declared, wired, f"{place}[{wired.name}]")
        return Wired(
            declared.name, declared.type.value, wired, declared.default, declared.has_default, declared.optional
        )

    def _fits(self, declared: ComponentInput, wired: Wired, place: str) -> None:
        for value in known_values(wired):
            wrong = mismatch(declared.type, value) if not (value is None and declared.optional) else None
            if wrong:
                self.problem(place, Reason.TYPE_MISMATCH, f"input {declared.name!r}: {wrong}")
            elif declared.enum and value is not None and normalise(value) not in normalise(declared.enum):
                allowed = shorten(canonical(declared.enum))
                self.problem(place, Reason.INVALID_VALUE, f"input {declared.name!r} must be one of {allowed}")
        if not isinstance(wired.source, Literal) and not assignable(declared.type.value, wired.type):
            self.problem(
                place, Reason.TYPE_MISMATCH, f"input {declared.name!r} is {declared.type}, but gets {wired.type}"
            )

    def component_names(self, step: Outline, given: tuple[Wired, ...]) -> dict[str, Name]:
        """What `param` and `params.X` mean inside a composite: the Component's own inputs."""
        return {wired.name: Name(wired.type, wired) for wired in self.component_inputs(step, given)}

    def mentions(self, step: Outline) -> Iterator[str]:
        """Names of the steps that a step refers to, valid or not."""
        template = step.template
        yield from template.needs or ()
        yield from (edge.step for edge in template.after or ())
        references = [given.from_ for given in template.inputs or ()]
        references += [one for given in template.inputs or () for one in given.first_of or ()]
        references += [variable.from_ for variable in (template.for_each.vars if template.for_each else ())]
        yield from (reference.partition(".")[0] for reference in references if reference)
        lists = template.for_each.vars if template.for_each else ()
        for words in (template.when, *(one.expr for one in (*(template.inputs or ()), *lists))):
            try:
                yield from (found.step for found in expressions.parse(words).references if found.step) if words else ()
            except expressions.ExpressionError:
                continue  # noted where the expression is compiled

    def problem(self, path: str, reason: Reason, message: str) -> None:
        """Notes what is wrong, and where."""
        self.problems.append(Problem(path, reason, message))


def known_values(wired: Wired) -> list[Json]:
    """The values that an input may take and that the manifest already tells."""
    values = [wired.source.value] if isinstance(wired.source, Literal) else []
    return values + ([wired.default] if wired.has_default else [])


def clashes(names: Iterable[str], kind: str, where: str) -> Iterator[Problem]:
    """Inputs or outputs of which two become the same variable."""
    first: dict[str, str] = {}
    for number, name in enumerate(names):
        variable = f"{kind.upper()}_{variable_name(name)}"
        other = first.setdefault(variable, name)
        if other != name:
            message = f"{kind}s {other!r} and {name!r} both become {variable}; rename one"
            yield Problem(f"{where}[{number}].name", Reason.DUPLICATE_NAME, message)


def variable_name(name: str) -> str:
    """Name of the environment variable part of an input or output: upper case, `-` as `_`."""
    return name.upper().replace("-", "_")


def implied_after(*wired: Source) -> tuple[AfterEdge, ...]:
    """A status can be read once the step has ended in any way."""
    found = (source.group for one in wired for source in sources(one) if isinstance(source, StatusOf))
    return tuple(AfterEdge(group, Outcome.COMPLETED, False) for group in found)
