"""What the functions of a module say: steps, their undos, and the signatures of pipelines."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from penstock.python.annotations import ANY, NONE, Type, fields_of, type_of
from penstock.python.authoring import PipelineOptions, StepOptions, UndoOptions
from penstock.python.free import Function
from penstock.python.harness import Variable
from penstock.python.module import PIPELINE, STEP, UNDO, Module
from penstock.python.options import AMOUNTS, DEFAULTS, Fields, Given, read_options, read_settings
from penstock.python.refusals import Problems, Refusal

RESULT = "result"
"""Name of the output of a function that returns one value."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a step or a pipeline."""

    name: str
    type: Type
    default: ast.expr | None
    place: ast.arg

    @property
    def input(self) -> str:
        """Name of the input in the manifest."""
        return self.type.name or self.name


@dataclass(frozen=True, slots=True)
class Called:
    """What steps and pipelines have in common: they are called with arguments and give results."""

    name: str
    function: Function
    options: Given
    arguments: Sequence[Argument] = ()
    results: Sequence[Variable] = ()
    """One with an empty name, or one for each field of a NamedTuple."""
    tuple_name: str = ""
    """Name of the NamedTuple."""

    @property
    def title(self) -> str:
        """Its name in manifests, a DNS label: `train_model` is `train-model`."""
        return self.name.strip("_").lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class StepFunction(Called):
    """A step. `coded`: it has a body; else the image does it."""

    coded: bool = True
    undos: list["Undo"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes the effect of a step back."""

    function: Function
    options: Given
    arguments: Sequence[Argument]
    coded: bool


@dataclass(frozen=True, slots=True)
class PipelineOf(Called):
    """A pipeline. `defaults`: its Settings, which steps have that say nothing themselves."""

    defaults: Given = field(kw_only=True)


def steps_and_pipelines(module: Module, problems: Problems) -> dict[str, StepFunction | PipelineOf]:
    """The steps and pipelines at the top of a module, by name; what is marked elsewhere is a problem."""
    found: dict[str, StepFunction | PipelineOf] = {}
    for function in _functions(module, problems):
        with problems.noted():
            one = _read(module, problems, function)
            if one.name in found:
                raise Refusal(function, f"two functions are named {one.name!r}; rename one")
            found[one.name] = one
    for statement in module.tree.body:
        if isinstance(statement, Function):
            with problems.noted():
                _read_undo(module, problems, statement, found)
    return found


def _functions(module: Module, problems: Problems) -> Iterator[Function]:
    for node in ast.walk(module.tree):
        if isinstance(node, Function) and {mark for _, mark in module.marks(node)} & {STEP, PIPELINE}:
            if node in module.tree.body:
                yield node
            else:
                with problems.noted():
                    raise Refusal(
                        node,
                        f"{node.name!r} stands inside something else; a step closes over nothing: move"
                        " it to the top of the module, and pass what it needs as arguments",
                    )


def _read(module: Module, problems: Problems, function: Function) -> StepFunction | PipelineOf:
    marks = module.marks(function)
    if len(marks) > 1:
        raise Refusal(function, f"{function.name!r} is decorated twice; keep one of @step and @pipeline")
    decorator, mark = marks[0]
    if isinstance(function, ast.AsyncFunctionDef):
        raise Refusal(function, f"{function.name!r} is async; write `def`, and asyncio.run(...) inside a step")
    if decorator is not function.decorator_list[0]:
        raise Refusal(
            decorator,
            f"stands below another decorator, which would change the {mark.rpartition('.')[2]}; put it on top",
        )
    arguments = _arguments(module, problems, function)
    tuple_name, results = _results(module, function)
    if mark == PIPELINE:
        options = read_options(module, problems, decorator, PipelineOptions)
        defaults = read_settings(module, problems, decorator)
        _check_defaults(problems, defaults)
        return PipelineOf(function.name, function, options, arguments, results, tuple_name, defaults=defaults)
    options = read_options(module, problems, decorator, StepOptions)
    coded = is_coded(function)
    _check_body(function, options, coded)
    return StepFunction(function.name, function, options, arguments, results, tuple_name, coded)


def _check_defaults(problems: Problems, defaults: Given) -> None:
    """Settings of a pipeline say what its steps have that say nothing themselves, as far as a Pipeline can."""
    for name, line in defaults.places.items():
        if name not in (*DEFAULTS, *AMOUNTS):
            with problems.noted():
                raise Refusal(
                    line, f"{name!r} is of steps, and no pipeline sets it for them; give these Settings to each @step"
                )


def _check_body(function: Function, options: Given, coded: bool) -> None:
    what = next((name for name in ("command", "args", "approval") if name in options.values), None)
    if coded and what:
        raise Refusal(
            function.body[-1],
            f"{function.name!r} has a body and {what!r}; what the image does has no body:"
            " write `raise NotImplementedError`, or remove the option",
        )
    for name, title in (("interpreter", "an interpreter"), ("packages", "packages")):
        if not coded and options.values.get(name):
            raise Refusal(function, f"{function.name!r} has {title} but no body to run with; write one of them")


def is_coded(function: Function) -> bool:
    """Whether a function does something itself, beside a docstring, `...`, `pass` or `raise NotImplementedError`."""
    return not all(_says_nothing(one) for one in function.body)


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError")):
            return True
        case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
        case _:
            return False


def _arguments(module: Module, problems: Problems, function: Function) -> list[Argument]:
    args = function.args
    for star in (args.vararg, args.kwarg):
        if star:
            with problems.noted():
                raise Refusal(star, f"*{star.arg} stands for no fixed inputs; name each argument, or take a list")
    for one in args.posonlyargs:
        with problems.noted():
            raise Refusal(one, f"{one.arg!r} goes by position only; inputs have names: remove the `/`")
    defaults = [None] * (len(args.args) - len(args.defaults)) + list(args.defaults)
    pairs = [*zip(args.args, defaults, strict=True), *zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    found = []
    for one, default in pairs:
        with problems.noted():
            try:
                found.append(Argument(one.arg, type_of(module, one.annotation, one), default, one))
            except Refusal as refusal:
                found.append(Argument(one.arg, ANY, default, one))
                raise Refusal(refusal.problem.line, f"argument {one.arg!r}: {refusal}") from None
    return found


def _results(module: Module, function: Function) -> tuple[str, list[Variable]]:
    node = function.returns
    if node is None:
        raise Refusal(function, f"{function.name!r} does not say what it returns; write `-> None`, or the type")
    rows = fields_of(module, node)
    if rows is None:
        found = _output(module, node, node, "", function)
        return "", [] if found.type == NONE else [found]
    return ast.unparse(node).strip("'\""), [_output(module, one, one, name, function) for name, one in rows]


def _output(module: Module, node: ast.expr, place: ast.AST, name: str, function: Function) -> Variable:
    what = f"field {name!r} of what {function.name!r} returns" if name else f"what {function.name!r} returns"
    try:
        found = type_of(module, node, place)
    except Refusal as refusal:
        several = "" if name else "; several results are the fields of a NamedTuple"
        raise Refusal(refusal.problem.line, f"{what}: {refusal}{several}") from None
    if found.of_files and STEP in (mark for _, mark in module.marks(function)):
        raise Refusal(
            node, f"{what}: a step makes a fixed number of files; write them to one directory, return its Path"
        )
    return Variable(name, found.name or name or RESULT, found)


def _read_undo(
    module: Module, problems: Problems, function: Function, known: dict[str, StepFunction | PipelineOf]
) -> None:
    """Notes the undo that a function is, if it is decorated as one."""
    for decorator, mark in module.marks(function):
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        if mark != UNDO or not (isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name)):
            continue
        of = known.get(call.value.id)
        if not isinstance(of, StepFunction):
            continue  # a problem has been noted there
        if of.undos:
            raise Refusal(decorator, f"{of.name!r} has an undo already; a step has one")
        options = read_options(module, problems, decorator, UndoOptions)
        of.undos.append(Undo(function, options, _arguments(module, problems, function), is_coded(function)))


def fields_of_result(results: Sequence[Variable]) -> Fields:
    """Outputs as a manifest declares them."""
    rows = [
        {"name": one.output, "type": "List" if one.type.of_files else one.type.kind}
        | ({"optional": True} if one.type.optional else {})
        for one in results
    ]
    return {"outputs": rows} if rows else {}
