"""From the text of a module to manifests, with every problem at its line."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from penstock.api.base import API_VERSION, Json
from penstock.core import labels
from penstock.core.asked.sourcemap import SOURCE, Scripts, annotation
from penstock.core.names import label_value, short_hash
from penstock.core.values import canonical, type_name
from penstock.python.annotations import fits, type_of_value
from penstock.python.code import Modules, code_of, config_map, no_modules, with_code
from penstock.python.flow import Flow, flow_of, outputs_of
from penstock.python.free import Function
from penstock.python.functions import (
    Argument,
    Called,
    PipelineOf,
    StepFunction,
    Undo,
    fields_of_result,
    steps_and_pipelines,
)
from penstock.python.harness import Signature, harness
from penstock.python.literals import literal
from penstock.python.module import Module, read_module
from penstock.python.options import METADATA, Fields
from penstock.python.refusals import Problem, Problems, Refusal
from penstock.python.slicing import Slice, slice_of
from penstock.python.strays import check_strays
from penstock.python.templates import Call, Template, template


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest, and the line of each of its paths that has one of its own."""

    data: dict[str, Any]
    lines: dict[str, int]


@dataclass(frozen=True, slots=True)
class Compilation:
    """What a text becomes: Components first, then the Pipelines that use them."""

    manifests: Sequence[Manifest] = ()
    problems: Sequence[Problem] = ()


def compile_text(
    text: str, file: str, cells: Sequence[tuple[int, int]] | None = None, modules: Modules = no_modules
) -> Compilation:
    """Reads a module, or the code of a notebook's cells.

    `file`: its name, for the source map. `cells`: of a notebook the cell and its line that each line is from.
    `modules`: those that lie beside it.
    Without a @pipeline there are no manifests and no problem about that.
    """
    problems = Problems()
    try:
        manifests = _compiled(text.replace("\r\n", "\n").replace("\r", "\n"), file, (cells, modules), problems)
    except RecursionError:
        problems.add(Problem(1, "nests expressions too deeply to be read; use names for parts of them"))
        manifests = []
    return Compilation(manifests, sorted(problems.found, key=lambda one: one.line))


def _compiled(
    text: str, file: str, around: tuple[Sequence[tuple[int, int]] | None, Modules], problems: Problems
) -> list[Manifest]:
    module = read_module(text, problems)
    if module is None:
        return []
    cells, modules = around
    if cells is None:  # in a notebook one tries things
        check_strays(module, problems)
    return list(_Program(module, file, problems, cells, modules).manifests())


class _Program:
    def __init__(
        self,
        module: Module,
        file: str,
        problems: Problems,
        cells: Sequence[tuple[int, int]] | None,
        modules: Modules,
    ) -> None:
        self.module = module
        self.modules = modules
        self.file = file
        self.cells = cells
        self.problems = problems
        self.functions: dict[str, Called] = dict(steps_and_pipelines(module, problems))
        self.flows = {
            one.name: flow_of(module, self.functions, one, problems)
            for one in self.functions.values()
            if isinstance(one, PipelineOf)
        }
        self.slices: dict[str, Slice] = {}

    def manifests(self) -> Iterator[Manifest]:
        """All manifests, in the order of the text."""
        called = {name: self._called(name) for name in self.flows}
        inner = {one for names in called.values() for one in names}
        told: set[str] = set()
        for name, inside in called.items():
            of = self.functions[name]
            circular = name in inside and name not in told
            told |= inside if circular else set()
            if isinstance(of, PipelineOf) and (name not in inner or circular):
                yield from _Pipeline(self, of).manifests()

    def _called(self, name: str) -> set[str]:
        """The pipelines that one calls, directly or not: itself too, where they call one another in a circle."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            names = {one.called.name for one in self.flows[waiting.pop()].calls if isinstance(one.called, PipelineOf)}
            waiting += sorted(names - seen)
            seen |= names
        return seen

    def slice(self, function: Function) -> Slice:
        """The slice of a function, found once."""
        if function.name not in self.slices:
            self.slices[function.name] = slice_of(self.module, function)
        return self.slices[function.name]


class _Pipeline:
    """One Pipeline and the Components it is made of."""

    def __init__(self, program: _Program, of: PipelineOf) -> None:
        self.program = program
        self.of = of
        self.name = str(of.options.values.get("name") or of.title)
        self.components: dict[str, Manifest] = {}
        self.names: dict[str, str] = {}
        self.within: list[str] = [of.name]
        self.scripts: Scripts = {}
        self.code: dict[str, Manifest] = {}

    def manifests(self) -> Iterator[Manifest]:
        """The ConfigMaps with code, the Components, then the Pipeline."""
        steps, finals, lines = self._steps(self.program.flows[self.of.name])
        spec: Fields = {}
        about = ast.get_docstring(self.of.function)
        if about:
            spec["description"] = about
        params = list(self._params(lines))
        if params:
            spec["params"] = params
        spec |= self._settings(lines)
        spec["steps"] = steps
        if finals:
            spec["finally"] = finals
        outputs = outputs_of(self.program.flows[self.of.name])
        if outputs:
            spec["outputs"] = outputs
        given = self.of.options.values
        notes = {
            **_mapping(given.get("annotations")),
            SOURCE: annotation(self.program.file, self.scripts, self.program.cells),
        }
        metadata = {
            "name": self.name,
            **{key: given[key] for key in METADATA[1:3] if key in given},
            "annotations": notes,
        }
        yield from self.code.values()
        yield from self.components.values()
        yield Manifest({"apiVersion": API_VERSION, "kind": "Pipeline", "metadata": metadata, "spec": spec}, lines)

    def _settings(self, lines: dict[str, int]) -> Fields:
        found = {name: value for name, value in self.of.options.fields().items() if name not in METADATA}
        defaults = self.of.defaults.fields()
        for name in found:
            lines[f"spec.{name}"] = self.of.options.place(name) or self.of.function.lineno
        for name in defaults:
            lines[f"spec.defaults.{name}"] = self.of.defaults.place(name) or self.of.function.lineno
        return {**({"defaults": defaults} if defaults else {}), **found}

    def _params(self, lines: dict[str, int]) -> Iterator[Fields]:
        for number, one in enumerate(self.of.arguments):
            lines[f"spec.params[{number}]"] = one.place.lineno
            with self.program.problems.noted():
                if one.type.kind in ("Artifact", "null") or one.type.of_files:
                    raise Refusal(
                        one.place,
                        f"parameter {one.name!r} is a file, and a pipeline has none to begin with; give"
                        " a text, and fetch the file in a step",
                    )
                value = self._default(one)
                enum = {"enum": list(one.type.enum)} if one.type.enum else {}
                yield {"name": one.input, "type": one.type.kind, "value": value, **enum}

    def _default(self, one: Argument) -> Json:
        if one.default is None:
            raise Refusal(
                one.place, f"parameter {one.name!r} has no value; give it one: `{one.name}: {one.type} = ...`"
            )
        value = literal(self.program.module, one.default)
        if not fits(one.type, type_of_value(value)) or value is None:
            raise Refusal(
                one.default,
                f"parameter {one.name!r} is {one.type}, but its value is {type_name(value)}; make them agree",
            )
        return value

    def _steps(self, flow: Flow) -> tuple[list[Fields], list[Fields], dict[str, int]]:
        steps: list[Fields] = []
        finals: list[Fields] = []
        lines: dict[str, int] = {}
        for call in flow.calls:
            home, path = (finals, "spec.finally") if call.final else (steps, "spec.steps")
            made = self._template(call)
            place = f"{path}[{len(home)}]"
            lines |= {f"{place}.{part}" if part else place: line for part, line in made.lines.items()}
            home.append(made.fields)
        lines |= {f"spec.outputs[{number}]": line for number, (_, _, line) in enumerate(flow.outputs)}
        return steps, finals, lines

    def _template(self, call: Call) -> Template:
        with self.program.problems.noted():
            return template(call, self._script, self._component, self._with_code)
        return Template({"name": call.name}, {"": call.node.lineno})

    def _script(self, of: StepFunction | Undo, signature: Signature) -> str:
        found = self.program.slice(of.function)
        line = found.origins.index(of.function.lineno) + 1
        text = "\n".join([*found.lines, *harness(signature, line)]) + "\n"
        self.scripts[short_hash(text)] = found.origins
        return text

    def _with_code(self, of: StepFunction, fields: Fields) -> Fields:
        """The step with what it, or its undo, imports of the modules beside the file, if it does."""
        functions: list[StepFunction | Undo] = [of, *of.undos]
        lines = [line for one in functions if one.coded for line in self.program.slice(one.function).lines]
        files = code_of(lines, self.program.modules, of.function)
        if not files:
            return fields
        made = config_map(self.name, files, of.function)
        made["metadata"] |= self._belonging()
        name = made["metadata"]["name"]
        self.code[name] = Manifest(made, {"": of.function.lineno})
        pod = _mapping(self.of.defaults.values.get("pod"))
        return with_code(fields, name, _rows(pod.get("volumes")), _rows(pod.get("volumeMounts")))

    def _belonging(self) -> Fields:
        """Metadata of what is made beside the Pipeline."""
        namespace = self.of.options.values.get("namespace")
        where = {"namespace": namespace} if namespace else {}
        return {**where, "labels": {labels.COMPILED_FOR: label_value(self.name)}}

    def _component(self, of: PipelineOf) -> str:
        """Name of the Component that a pipeline is here, which is made if it is not there yet."""
        if of.name in self.within:
            chain = " -> ".join([*self.within, of.name])
            raise Refusal(of.function, f"{of.name!r} calls itself ({chain}), and a graph ends; remove the circle")
        if of.name not in self.names:
            self.within.append(of.name)
            try:
                self.names[of.name] = self._made(of)
            finally:
                self.within.pop()
        return self.names[of.name]

    def _made(self, of: PipelineOf) -> str:
        if of.options.values or of.defaults.values:
            raise Refusal(
                of.function, f"{of.name!r} is called by another pipeline, whose settings count; write them there"
            )
        flow = self.program.flows[of.name]
        steps, finals, lines = self._steps(flow)
        if finals:
            raise Refusal(
                of.function,
                f"{of.name!r} has a `finally`, which only a whole Pipeline has; move it to the"
                " pipeline that calls this one",
            )
        spec: Fields = {}
        inputs = list(self._inputs(of, lines))
        if inputs:
            spec["inputs"] = inputs
        declared = fields_of_result(of.results).get("outputs", [])
        sources = {result.output: made.source for result, made, _ in flow.outputs}
        if declared:
            spec["outputs"] = [{**row, **sources[row["name"]]} for row in declared if row["name"] in sources]
        spec["steps"] = steps
        name = f"{self.name}-{of.title}-{short_hash(canonical(spec))}"
        about = ast.get_docstring(of.function)
        spec = {**({"description": about} if about else {}), **spec}
        metadata: Fields = {"name": name, **self._belonging()}
        self.components[name] = Manifest(
            {"apiVersion": API_VERSION, "kind": "Component", "metadata": metadata, "spec": spec},
            {"": of.function.lineno, **lines},
        )
        return name

    def _inputs(self, of: PipelineOf, lines: dict[str, int]) -> Iterator[Fields]:
        for number, one in enumerate(of.arguments):
            lines[f"spec.inputs[{number}]"] = one.place.lineno
            kind = "Artifact" if one.type.of_files else one.type.kind
            row: Fields = {"name": one.input, "type": kind}
            if one.default is not None:
                with self.program.problems.noted():
                    row["default"] = literal(self.program.module, one.default)
            if one.type.optional:
                row["optional"] = True
            if one.type.enum:
                row["enum"] = list(one.type.enum)
            yield row


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _rows(value: Json) -> list[Fields]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
