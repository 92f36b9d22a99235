"""The expressions of a pipeline: calls, comprehensions, conditional values, and what is refused among them."""

import ast
from collections.abc import Iterator, Mapping, Sequence

from penstock.core.problems import nearest
from penstock.python.annotations import LIST, Type
from penstock.python.authoring import CallOptions
from penstock.python.computing import computed, fact, is_computed
from penstock.python.conditions import condition, negated
from penstock.python.fanout import Scope, comprehension
from penstock.python.free import Function
from penstock.python.functions import Argument, Called, PipelineOf, StepFunction
from penstock.python.literals import literal, writes_none
from penstock.python.module import ENDED, PIPELINE, STEP, Module
from penstock.python.options import Fields, Given, read_options
from penstock.python.refusals import Problems, Refusal, short
from penstock.python.templates import Call
from penstock.python.values import (
    Branched,
    Computed,
    Each,
    Ended,
    Fan,
    Hidden,
    Joined,
    Made,
    Param,
    Results,
    Value,
    Written,
    branched,
    maybe,
    steps_in,
    type_of_given,
    unmet,
)

_REFUSED: Mapping[type[ast.expr], str] = {
    ast.Lambda: "is a function without a name; write a @step",
    ast.GeneratorExp: "is a generator; write a list: [... for ... in ...]",
    ast.SetComp: "is a set; write a list: [... for ... in ...]",
    ast.DictComp: "makes an object of values that are not there yet; let a step make it of lists",
    ast.Dict: "makes an object of values that are not there yet; let a step make it, or pass them one by one",
    ast.Set: "is a set, which JSON does not have; write a list",
    ast.NamedExpr: "binds a name inside an expression; assign it in a line of its own",
    ast.Starred: "spreads a list that is not there yet; pass the list",
    ast.Await: "awaits; steps are called like functions, and run side by side anyway",
}
_NEVER = (ast.Lambda, ast.GeneratorExp, ast.SetComp, ast.DictComp, ast.Set, ast.NamedExpr, ast.Starred, ast.Await)
_BUILTINS = {
    "print": "nothing runs here; print in a step, whose log shows it",
    "zip": "pairs lists that are not there yet; put the calls that belong together into a @pipeline, and call that",
    "enumerate": "counts what is not there yet; write `range(...)`, or pass the list to a step",
    "min": "compares what is not there yet; pass the list to a step that chooses",
    "max": "compares what is not there yet; pass the list to a step that chooses",
    "round": "computes what is not there yet; let the step round what it returns",
    "list": "write the list out, or a comprehension: [... for ... in ...]",
}


class Expressions:
    """Reads the expressions of one pipeline, and collects its calls."""

    def __init__(self, module: Module, functions: Mapping[str, Called], problems: Problems) -> None:
        self.module = module
        self.functions = functions
        self.problems = problems
        self.scope = Scope()
        self.calls: list[Call] = []
        self._lines: dict[str, int] = {}

    def read(self, node: ast.expr) -> Value:
        """What an expression stands for. Raises Refusal."""
        match node:
            case ast.Name():
                return self._name(node)
            case ast.Attribute():
                return self.field(self.read(node.value), node)
            case ast.Call() if self.module.origin(node.func) == ENDED:
                return self._ended(node)
            case ast.Call() if self.module.origin(node.func) == "builtins.len" and len(node.args) == 1:
                return computed(node, self.read)
            case ast.Call():
                return self.call(node)
            case ast.ListComp():
                return comprehension(self, node)
            case ast.IfExp():
                return self._either(node)
        if not self.names_in(node) and not isinstance(node, _NEVER):
            return Written(literal(self.module, node))
        if is_computed(node):
            return computed(node, self.read)
        if isinstance(node, ast.List | ast.Tuple):
            return self._joined(node)
        raise Refusal(node, f"{short(node)} {_REFUSED.get(type(node), 'is not read; write a call, a name or a value')}")

    def condition(self, node: ast.expr) -> str:
        """A condition, in CEL."""
        return condition(node, self.read)

    def call(self, node: ast.Call, variables: tuple[Fields, ...] = ()) -> Value:
        """Notes a call of a step or a pipeline, and says what it gives."""
        called, using = self._called(node.func)
        given = self._arguments(node, called)
        if self.scope.each and not variables:
            self._check_inner(node, given)
        call = Call(
            called,
            self._named(node, called, using),
            node,
            using,
            given,
            self.scope.guards,
            variables,
            self._needs(node.func),
            self.scope.final,
        )
        self.calls.append(call)
        made = {one.name: Made(call.name, one.output, one.type) for one in called.results}
        return made[""] if "" in made else Results(call.name, made, called.tuple_name)

    def _ended(self, node: ast.Call) -> Ended:
        """How the step ended that gave a value; all of them, where none is named."""
        if node.keywords or len(node.args) > 1:
            raise Refusal(node, "takes the result of one step, as in `ended(model).status`")
        if node.args:
            steps = steps_in(self.read(node.args[0]))
            if len(steps) != 1:
                raise Refusal(node, f"{short(node.args[0])} is no result of one step; name one: `ended(model).status`")
            return Ended(steps[0])
        if not self.scope.final:
            raise Refusal(
                node,
                "how the whole pipeline ended is known in its `finally`; name the result of a step: `ended(model)`",
            )
        return Ended("")

    def _name(self, node: ast.Name) -> Value:
        found = self.scope.names.get(node.id)
        if isinstance(found, Hidden):
            raise Refusal(node, found.why and f"{node.id!r} {found.why}")
        if found is not None:
            return found
        if node.id in self.functions:
            raise Refusal(node, f"{node.id!r} is not called; write `{node.id}(...)`")
        if node.id not in self.module.bindings and not self.module.origin(node):
            hint = nearest(node.id, [*self.scope.names, *self.module.bindings])
            raise Refusal(node, f"{node.id!r} is not defined{hint}; bind it in a line before")
        return Written(literal(self.module, node))

    def names_in(self, node: ast.AST) -> bool:
        """Whether something in an expression is known only when it runs."""
        return any(
            isinstance(one, ast.Call) or (isinstance(one, ast.Name) and one.id in self.scope.names)
            for one in ast.walk(node)
        )

    def field(self, value: Value, node: ast.Attribute) -> Value:
        """A field of what a call gave."""
        if isinstance(value, Ended):
            return fact(value, node)
        if isinstance(value, Fan):
            if isinstance(value.of, Results):
                raise Refusal(
                    node,
                    f"{short(node.value)} is a list; take the field of each:"
                    f" `[one.{node.attr} for one in {short(node.value)}]`",
                )
            raise Refusal(
                node, f"{short(node.value)} is a list of single values, which have no fields; pass it as it is"
            )
        if isinstance(value, Results):
            if node.attr in value.fields:
                return value.fields[node.attr]
            has = ", ".join(value.fields) or "nothing"
            raise Refusal(node, f"step {value.step!r} returns no {node.attr!r}; it returns: {has}")
        raise Refusal(
            node,
            f"{short(node)} looks into a value that is not there yet; let the step return a NamedTuple with that field",
        )

    def _joined(self, node: ast.List | ast.Tuple) -> Value:
        items = tuple(self.read(one) for one in node.elts)
        types = [type_of_given(one) for one in items]
        if any(
            one is None or one.kind in ("Artifact", LIST) or isinstance(value, Each | Fan | Joined)
            for one, value in zip(types, items, strict=True)
        ):
            raise Refusal(
                node,
                "is a list of files, lists or several results; pass them one by one, or make the calls"
                " a comprehension: [... for ... in ...]",
            )
        kinds = {one for one in types if one}
        return Joined(items, Type(LIST, item=kinds.pop() if len(kinds) == 1 else None))

    def _either(self, node: ast.IfExp) -> Value:
        """`f() if condition else None`: a step with a condition, whose results may be missing; or one of two steps."""
        empty = [writes_none(one) for one in (node.body, node.orelse)]
        words = self.condition(node.test)
        guards = (words, negated(words))
        sides = zip((node.body, node.orelse), guards, empty, strict=True)
        found = [self._under(guard, side) for side, guard, nothing in sides if not nothing]
        if len(found) == 2 and (both := self.met(list(zip(found, guards, strict=True)))):
            return both
        if len(found) == 2:
            how = unmet(found) or (
                "let a step choose, or have two steps return results of one type, of which one is called there"
            )
            raise Refusal(node, f"chooses between two values; {how}")
        if not found or not isinstance(found[0], Made | Results | Fan):
            raise Refusal(node, "chooses between values, not between running a step or not; let a step choose")
        return maybe(found[0])

    def met(self, given: Sequence[tuple[Value, str]]) -> Branched | None:
        """What branches give that all set one name, each under its condition; None if that cannot be said.

        What is there without its branch would always be taken, so there is one such at most, and it comes last.
        """
        inside = [value for value, guard in given if self.is_of(value, guard)]
        outside = [value for value, guard in given if not self.is_of(value, guard)]
        return branched([*inside, *outside]) if len(outside) <= 1 else None

    def is_of(self, value: Value, guard: str) -> bool:
        """Whether a value is there only if a condition holds here: it is of steps that are called under that."""
        options = value.options if isinstance(value, Branched) else (value,)
        guards = (*self.scope.guards, guard)
        names = {name for one in options if isinstance(one, Made | Results | Fan) for name in steps_in(one)}
        under = {call.name for call in self.calls if tuple(call.guards[: len(guards)]) == guards}
        return bool(names) and names <= under

    def _under(self, guard: str, node: ast.expr) -> Value:
        """What an expression stands for where a condition holds."""
        before = self.scope.guards
        self.scope.guards = (*before, guard)
        try:
            return self.read(node)
        finally:
            self.scope.guards = before

    def _check_inner(self, node: ast.Call, given: list[tuple[Argument, Value, ast.expr]]) -> None:
        for _, value, place in given:
            if isinstance(value, Each) or (isinstance(value, Computed) and value.of_item):
                raise Refusal(
                    place,
                    f"{short(node)} is another call for the same item; put both calls into a @pipeline,"
                    " and call that in the comprehension",
                )

    def _called(self, node: ast.expr) -> tuple[Called, Given]:
        """The function that is called, and what `.using` says."""
        using: ast.expr = ast.Tuple(elts=[], ctx=ast.Load())
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "using":
            using, node = node, node.func.value
        if isinstance(node, ast.Attribute) and node.attr == "using":
            raise Refusal(node, "is not called with what it takes; write `.using(name=...)(...)`")
        if not isinstance(node, ast.Name):
            raise Refusal(node, f"{short(node)} is no step; call a @step or @pipeline of this module by its name")
        if node.id in self.scope.names:
            self._name(node)
            raise Refusal(
                node, f"{node.id!r} is a value, which cannot be called; call a @step or @pipeline by its name"
            )
        found = self.functions.get(node.id)
        if isinstance(found, StepFunction | PipelineOf):
            params = {name: one.name for name, one in self.scope.names.items() if isinstance(one, Param)}
            return found, read_options(self.module, self.problems, using, CallOptions, params)
        if self._is_marked(node.id):
            raise Refusal(node, f"{node.id!r} cannot be called until what is wrong with it is mended")
        if node.id in self.module.bindings:
            raise Refusal(node, f"{node.id!r} is no step; decorate it with @step, or call it inside one")
        if self.module.origin(node).startswith("builtins."):
            raise Refusal(
                node, f"{node.id}(): {_BUILTINS.get(node.id, 'computes what is not there yet; let a step do it')}"
            )
        raise Refusal(node, f"{node.id!r} is no @step or @pipeline of this module; define it here")

    def _named(self, node: ast.Call, called: Called, using: Given) -> str:
        name = str(using.values.get("name") or called.title)
        first = self._lines.setdefault(name, node.lineno)
        if any(call.name == name for call in self.calls):
            hint = f"; give this call a name: {called.name}.using(name={f'{name}-2'!r})(...)"
            raise Refusal(node, f"the step {name!r} is called in line {first} already{hint}")
        return name

    def _is_marked(self, name: str) -> bool:
        """Whether it is decorated as a step or pipeline, which something is wrong with if it is not known as one."""
        functions = [one for one in self.module.tree.body if isinstance(one, Function) and one.name == name]
        return any(mark in (STEP, PIPELINE) for one in functions for _, mark in self.module.marks(one))

    def _needs(self, node: ast.expr) -> tuple[str, ...]:
        keywords = node.keywords if isinstance(node, ast.Call) else []
        found: list[str] = []
        for keyword in keywords:
            if keyword.arg == "needs":
                if not isinstance(keyword.value, ast.List | ast.Tuple):
                    raise Refusal(keyword.value, "needs is a list of results: needs=[deployed]")
                for one in keyword.value.elts:
                    steps = steps_in(self.read(one))
                    if not steps:
                        raise Refusal(one, f"{short(one)} is no result of a step; name one")
                    found += steps
        return tuple(dict.fromkeys(found))

    def _arguments(self, node: ast.Call, called: Called) -> list[tuple[Argument, Value, ast.expr]]:
        """What each argument gets, in the order in which the function declares them."""
        known = {one.name: one for one in called.arguments}
        given: dict[str, ast.expr] = {}
        for name, value in self.pairs(node, list(known)):
            if name not in known:
                has = ", ".join(known) or "none"
                raise Refusal(value, f"{called.name!r} has no argument {name!r}; it has: {has}")
            if name in given:
                raise Refusal(value, f"{called.name!r} gets {name!r} twice; remove one")
            given[name] = value
        for one in called.arguments:
            if one.name not in given and one.default is None:
                raise Refusal(node, f"{called.name!r} needs {one.name!r}; give it")
        return [(one, self.read(given[name]), given[name]) for name, one in known.items() if name in given]

    def pairs(self, node: ast.Call, names: list[str]) -> Iterator[tuple[str, ast.expr]]:
        """The arguments of a call, by the names that they are for."""
        if len(node.args) > len(names):
            raise Refusal(node, f"{short(node.func)} takes {len(names)} arguments, but gets {len(node.args)}")
        for name, value in zip(names, node.args, strict=False):
            if isinstance(value, ast.Starred):
                raise Refusal(value, "* is not read; pass the arguments one by one")
            yield name, value
        for keyword in node.keywords:
            if keyword.arg is None:
                raise Refusal(keyword.value, "** is not read; pass the arguments one by one")
            yield keyword.arg, keyword.value
