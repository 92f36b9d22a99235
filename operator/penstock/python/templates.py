"""A call of a step or of a pipeline as a step of a manifest, with the line that each part of it is from."""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from penstock.api.base import Json
from penstock.core.graph.wire import variable_name
from penstock.python.annotations import fits
from penstock.python.conditions import cel, term
from penstock.python.functions import Argument, Called, PipelineOf, StepFunction, Undo, fields_of_result
from penstock.python.harness import Signature, Variable
from penstock.python.options import PYTHON, Fields, Given
from penstock.python.refusals import Refusal
from penstock.python.values import (
    Branched,
    Computed,
    Each,
    Ended,
    Fan,
    Joined,
    Made,
    Param,
    Results,
    Value,
    Written,
    type_of_given,
)

LARGEST = 64 * 1024

Script = Callable[[StepFunction | Undo, Signature], str]
"""The script of a function that is called so."""
Components = Callable[[PipelineOf], str]
"""The name of the Component that a pipeline becomes."""
Codes = Callable[[StepFunction, Fields], Fields]
"""A step with the modules that its function imports."""
Lines = dict[str, int]
"""Lines by path within a step, such as `inputs[0]`; the empty one stands for all the rest."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a step or a pipeline, as it was read."""

    called: Called
    name: str
    node: ast.Call
    using: Given
    given: Sequence[tuple[Argument, Value, ast.expr]]
    guards: Sequence[str] = ()
    variables: Sequence[Fields] = ()
    needs: Sequence[str] = ()
    final: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A step of a manifest."""

    fields: Fields
    lines: Lines = field(default_factory=dict)


def template(call: Call, script: Script, component: Components, code: Codes) -> Template:
    """The step that a call becomes. Raises Refusal."""
    lines: Lines = {"": call.node.lineno}
    fields: Fields = {"name": call.name}
    options = Given.merged(call.called.options, call.using)
    own = options.fields()
    if isinstance(call.called, PipelineOf):
        fields["component"] = {"name": component(call.called)}
        own = call.using.fields()
    when = _all(call.guards)
    if when:
        fields["when"] = when
    if call.variables:
        most = call.using.values.get("max_parallel")
        fields["forEach"] = {"vars": list(call.variables), **({"maxParallel": most} if most is not None else {})}
    elif "max_parallel" in call.using.values:
        raise Refusal(call.node, "max_parallel bounds a fan-out; call it in a comprehension, or remove it")
    if call.needs:
        fields["needs"] = list(call.needs)
    inputs: list[Mapping[str, Json]] = []
    for argument, value, node in call.given:
        lines[f"inputs[{len(inputs)}]"] = lines[f"inputs[{argument.input}]"] = node.lineno
        inputs.append(_input(call, argument, value, node))
    if inputs:
        fields["inputs"] = inputs
    if isinstance(call.called, StepFunction):
        own = code(call.called, own | _work(call.called, call, options, script))
    for name in own:
        lines.setdefault(name, options.place(name) or call.called.function.lineno)
    lines |= options.places_of_amounts()
    lines["outputs"] = call.called.function.lineno
    return Template({**fields, **_ordered(own)}, lines)


def _all(guards: Sequence[str]) -> str:
    """All conditions as one."""
    alone = len(guards) == 1
    return " && ".join(words if alone or " || " not in words else f"({words})" for words in guards)


def _work(step: StepFunction, call: Call, options: Given, script: Script) -> Fields:
    found = fields_of_result(step.results)
    given = [Variable(one.name, one.input, one.type) for one, _, _ in call.given]
    if step.coded:
        signature = Signature(
            step.name, given, step.results, tuple_name=step.tuple_name, replicas="replicas" in options.values
        )
        found["interpreter"] = options.fields().get("interpreter", PYTHON)
        found["script"] = _bounded(step.function, script(step, signature))
    if step.undos:
        found["undo"] = _undo(step, step.undos[0], given, script)
    return found


def _undo(step: StepFunction, undo: Undo, given: Sequence[Variable], script: Script) -> Fields:
    """An undo is called with inputs of its step, and with outputs that may be there or not."""
    known = {variable_name(one.output): one for one in given}
    made = {variable_name(one.output): one for one in step.results}
    inputs: list[Variable] = []
    produced: list[Variable] = []
    for argument in undo.arguments:
        name = variable_name(argument.input)
        mine = Variable(argument.name, argument.input, argument.type)
        source = known.get(name) or made.get(name)
        if source is None:
            names = ", ".join(one.output for one in (*given, *step.results)) or "none"
            if argument.default is not None:
                continue
            raise Refusal(
                argument.place,
                f"{step.name!r} has no input or output {argument.name!r} that its undo could take; there are: {names}",
            )
        if name not in known and not argument.type.optional:
            raise Refusal(
                argument.place,
                f"{argument.name!r} is an output of {step.name!r}, which may have failed before"
                f" there was one; write `{argument.name}: {argument.type} | None`",
            )
        if not fits(argument.type, source.type) and source.type.kind != argument.type.kind:
            raise Refusal(
                argument.place, f"{argument.name!r} is {argument.type} here, but {source.type} in {step.name!r}"
            )
        (inputs if name in known else produced).append(mine)
    found = undo.options.fields()
    if undo.coded:
        signature = Signature(undo.function.name, inputs, produced=produced)
        if not step.coded or "image" in found or "interpreter" in found:
            found.setdefault("interpreter", PYTHON)
        found["script"] = _bounded(undo.function, script(undo, signature))
    return _ordered(found)


def _bounded(place: ast.AST, text: str) -> str:
    size = len(text)
    if size > LARGEST:
        raise Refusal(
            place,
            f"the code of this step and of all that it uses has {size:,} characters; at most {LARGEST:,}"
            " fit into a script: move data to files, and code to a module or an image",
        )
    return text


def _ordered(fields: Fields) -> Fields:
    """What is read first goes first: the script, which is long, last."""
    first = ("image", "command", "args", "outputs", "env", "envFrom", "workingDir", "approval")
    last = ("interpreter", "script", "undo")
    middle = [name for name in fields if name not in first and name not in last]
    return {name: fields[name] for name in (*first, *middle, *last) if name in fields}


def _input(call: Call, argument: Argument, value: Value, node: ast.expr) -> Mapping[str, Json]:
    """The input that an argument becomes. Raises Refusal if the value is none that it takes."""
    found = type_of_given(value)
    if found is None:
        raise Refusal(node, _no_value(value, argument))
    wanted = argument.type
    if not fits(wanted, found):
        hint = f"; it may be None: declare `{argument.name}: {wanted} | None`" if found.optional else ""
        raise Refusal(node, f"{argument.name!r} of {call.called.name!r} is {wanted}, but gets {found}{hint}")
    row: dict[str, Json] = {"name": argument.input}
    match value:
        case Written(value=written):
            if wanted.enum and written is not None and written not in wanted.enum:
                allowed = ", ".join(map(repr, wanted.enum))
                raise Refusal(node, f"{argument.name!r} of {call.called.name!r} is one of {allowed}, not {written!r}")
            return {**row, "value": written}
        case Param(name=name):
            return {**row, "param": name}
        case Each():
            return {**row, "each": value.reference}
        case Computed():
            soft = wanted.optional and found.optional
            return {**row, **value.source, **({"optional": True} if soft else {})}
        case Made() | Branched() | Fan(of=Made()):
            source = value.of if isinstance(value, Fan) else value
            assert isinstance(source, Made | Branched)
            soft = wanted.optional and (found.optional or call.final)
            if isinstance(value, Fan):
                soft = bool(wanted.item and wanted.item.optional and found.item and found.item.optional)
            return {**row, **source.source, **({"optional": True} if soft else {})}
        case Joined(items=items):
            parts = [cel(one.value) if isinstance(one, Written) else term(one, node) for one in items]
            return {**row, "expr": f"[{', '.join(parts)}]"}
        case _:
            raise Refusal(node, _no_value(value, argument))


def _no_value(value: Value, argument: Argument) -> str:
    if isinstance(value, Fan):
        return "is a list of several results each; take one field of each: `[one.accuracy for one in found]`"
    if isinstance(value, Ended):
        return "is how a step ended; take one fact of it: `ended(model).status`"
    if isinstance(value, Results) and value.fields:
        fields = ", ".join(f"{argument.name}.{name}" for name in value.fields)
        return f"is several results; pass those that {argument.name!r} needs one by one, as in {fields}"
    return "is no value: the step returns nothing; to run after it write `.using(needs=[...])`"
