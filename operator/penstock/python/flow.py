"""The statements of a pipeline: what runs, under which condition, at the end, and what comes out."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from penstock.python.annotations import fits
from penstock.python.conditions import negated
from penstock.python.expressions import Expressions
from penstock.python.fanout import Scope
from penstock.python.functions import Called, PipelineOf
from penstock.python.harness import Variable
from penstock.python.literals import writes_none
from penstock.python.module import Module
from penstock.python.options import Fields
from penstock.python.refusals import Problems, Refusal
from penstock.python.templates import Call
from penstock.python.values import (
    NOTHING,
    Branched,
    Computed,
    Fan,
    Hidden,
    Made,
    Param,
    Results,
    Value,
    maybe,
    there,
    type_of_given,
    unmet,
)

_REFUSED: Mapping[type[ast.stmt], str] = {
    ast.For: "a `for` statement is not read; write a comprehension, [train(n) for n in (1, 2)], or let a step loop",
    ast.AsyncFor: "an `async for` is not read; write a comprehension, [train(n) for n in (1, 2)]",
    ast.While: "a `while` statement has no end that is known; let a step loop, or use `retry`",
    ast.AugAssign: "changes a value that is not there yet; let a step compute it",
    ast.With: "a `with` statement is not read; open things inside a step",
    ast.AsyncWith: "an `async with` is not read; open things inside a step",
    ast.Match: "a `match` statement is not read; write `if` and `elif`",
    ast.FunctionDef: "a function inside a pipeline is a closure, whose values are not there yet; move it to the top of"
    " the module, and pass what it needs",
    ast.AsyncFunctionDef: "a function inside a pipeline is a closure; move it to the top of the module",
    ast.ClassDef: "a class inside a pipeline is not read; move it to the top of the module",
    ast.Import: "an import inside a pipeline does nothing; import at the top of the module or inside a step",
    ast.ImportFrom: "an import inside a pipeline does nothing; import at the top of the module or inside a step",
    ast.Raise: "raises when it is read, not when it runs; let a step fail",
    ast.Assert: "checks what is not there yet; let a step check it and fail",
    ast.Delete: "names cannot be taken back; remove the line",
    ast.Global: "a pipeline changes nothing outside itself; pass values as arguments",
    ast.Nonlocal: "a pipeline changes nothing outside itself; pass values as arguments",
}
_BRANCH = "exists only if the condition holds; write `{name} = None` before the `if`, and take it as `X | None`"
_BRANCHES = (
    "is set in both branches, but not to results of one type, one of a step that is called there; bind two names,"
    " each `None` before the `if`, and pass both as `X | None`"
)

_OUTSIDE = (
    "is set in a branch to what is there without it; call a step in the branch, or set the name to it after the `if`"
)
_BEFORE = -1
"""Conditions around what stands before the `try` of a whole pipeline: fewer than around anything inside."""
Result = Made | Branched | Computed
"""What a pipeline can return."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What a pipeline calls, and where its outputs come from, with the line of each."""

    calls: Sequence[Call] = ()
    outputs: Sequence[tuple[Variable, Result, int]] = field(default_factory=list)


def flow_of(module: Module, functions: Mapping[str, Called], of: PipelineOf, problems: Problems) -> Flow:
    """Reads the body of a pipeline."""
    reader = _Flow(module, functions, of, problems)
    reader.whole(of.function.body)
    return Flow(reader.expressions.calls, reader.outputs)


class _Flow:
    def __init__(self, module: Module, functions: Mapping[str, Called], of: PipelineOf, problems: Problems) -> None:
        self.of = of
        self.problems = problems
        self.module = module
        self.expressions = Expressions(module, functions, problems)
        self.scope.names.update({one.name: Param(one.input, one.type) for one in of.arguments})
        self.outputs: list[tuple[Variable, Result, int]] = []
        self.empty: dict[str, int] = {}
        """Names that are bound to None, and how many conditions stood around that; `_BEFORE` it all."""

    @property
    def scope(self) -> Scope:
        return self.expressions.scope

    def whole(self, body: list[ast.stmt]) -> None:
        """The body of the function."""
        rest = [one for one in body if not _says_nothing(one)]
        after = rest[-1:] if rest and isinstance(rest[-1], ast.Return) else []
        match rest[: len(rest) - len(after)]:
            case [*before, ast.Try() as tried] if all(map(_names_nothing, before)):
                with self.problems.noted():
                    self._block(before)
                    self.empty = dict.fromkeys(self.empty, _BEFORE)
                    self._try(tried, after)
            case _:
                self._block(rest, last=True)
        if self.of.results and not self.outputs:
            with self.problems.noted():
                if any(isinstance(one, ast.Return) for one in ast.walk(self.of.function)):
                    return  # what is wrong with it has been said
                raise Refusal(
                    self.of.function,
                    f"{self.of.name!r} says that it returns something, but ends without;"
                    " add `return ...` as the last line, or write `-> None`",
                )

    def _block(self, body: list[ast.stmt], last: bool = False) -> None:
        for one in body:
            with self.problems.noted():
                if isinstance(one, ast.Return) and not (last and one is body[-1]):
                    raise Refusal(
                        one,
                        "a pipeline returns once, as the last thing it does; bind what the branches give, and"
                        " return at the end",
                    )
                self._statement(one)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Return():
                self._return(node)
            case ast.Expr():
                self._call_alone(node)
            case ast.Assign(targets=[target], value=value):
                self._assign(target, value)
            case ast.AnnAssign(target=target, value=value):
                if value is not None:
                    self._assign(target, value)
            case ast.If():
                self._if(node)
            case ast.Try() if node.handlers:
                raise Refusal(
                    node.handlers[0],
                    'what catches a failure is not read; write `on_error="Continue"` on the step'
                    " whose failure is borne, and take its result as `X | None`",
                )
            case ast.Try():
                raise Refusal(
                    node,
                    "`finally` runs at the end of the whole pipeline; put everything into one `try`, at the"
                    " top of the function, before which only `name = None` may stand",
                )
            case ast.Pass():
                return
            case ast.Assign():
                raise Refusal(node, "binds several names at once; write a line for each")
            case _:
                raise Refusal(
                    node, _REFUSED.get(type(node), "this statement is not read; write calls, `if` and `return`")
                )

    def _call_alone(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Call | ast.ListComp | ast.IfExp):
            raise Refusal(node, "does nothing; remove it, or call a step")
        self.expressions.read(node.value)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        names = [target] if isinstance(target, ast.Name) else target.elts if isinstance(target, ast.Tuple) else []
        if not names or not all(isinstance(one, ast.Name) for one in names):
            raise Refusal(target, f"{ast.unparse(target)} is no name; results are bound to names and never changed")
        for one in names:
            self._check_free(one)
        try:
            found = self.expressions.read(value)
            parts = [found] if isinstance(target, ast.Name) else self._parts(target, found)
        except Refusal:
            parts = [Hidden("")] * len(names)
            raise
        finally:
            for one, part in zip(names, parts, strict=True):
                assert isinstance(one, ast.Name)
                self.scope.names[one.id] = part
                if part == NOTHING:
                    self.empty[one.id] = len(self.scope.guards)

    def _check_free(self, node: ast.expr) -> None:
        assert isinstance(node, ast.Name)
        before = self.scope.names.get(node.id)
        if before is None or (before == NOTHING and self.empty[node.id] < len(self.scope.guards)):
            return
        if not isinstance(before, Hidden):
            raise Refusal(node, f"{node.id!r} is bound already, and a name stands for one value here; use another name")

    def _parts(self, target: ast.expr, found: Value) -> list[Value]:
        count = len(target.elts) if isinstance(target, ast.Tuple) else 1
        if not isinstance(found, Results) or len(found.fields) != count:
            raise Refusal(target, f"takes {count} values apart, but gets another number; bind one name")
        return list(found.fields.values())

    def _if(self, node: ast.If) -> None:
        words = self.expressions.condition(node.test)
        before, guards = self.scope.names, self.scope.guards
        branches = []
        for body, guard, holds in ((node.body, words, True), (node.orelse, negated(words), False)):
            known = {name: there(before[name]) for name in _there(node.test, holds) if name in before}
            inside = {**before, **known}
            self.scope.names, self.scope.guards = dict(inside), (*guards, guard)
            self._block(body)
            names = {name: value for name, value in self.scope.names.items() if value is not inside.get(name)}
            branches.append((names, guard))
        self.scope.names, self.scope.guards = before, guards
        for name in dict.fromkeys(name for names, _ in branches for name in names):
            self._leave(name, [(names[name], guard) for names, guard in branches if name in names])

    def _leave(self, name: str, given: list[tuple[Value, str]]) -> None:
        """What a name stands for after an `if` that sets it in these branches, each with its condition."""
        names, read = self.scope.names, self.expressions
        if len(given) > 1:
            values = [value for value, _ in given]
            why = unmet(values)
            wrong = Hidden("" if Hidden("") in values else f"is set in both branches; {why}" if why else _BRANCHES)
            names[name] = read.met(given) or wrong
            return
        ((value, guard),) = given
        if name not in names:
            names[name] = value if value == Hidden("") else Hidden(_BRANCH.format(name=name))
        elif value == NOTHING or isinstance(value, Hidden) or read.is_of(value, guard):
            names[name] = maybe(value)
        else:
            names[name] = Hidden(_OUTSIDE)

    def _try(self, node: ast.Try, after: list[ast.stmt]) -> None:
        if node.handlers:
            self._statement(node)
        self._block(node.body, last=not after)
        names = self.scope.names
        self.expressions.scope = Scope(dict(names), final=True)
        self._block(node.finalbody)
        self.expressions.scope = Scope(names)
        self._block(after, last=True)

    def _return(self, node: ast.Return) -> None:
        if node.value is None or writes_none(node.value):
            if self.of.results:
                raise Refusal(node, f"{self.of.name!r} says that it returns something; return it, or write `-> None`")
            return
        if not self.of.results:
            raise Refusal(
                node, f"{self.of.name!r} returns something, but says `-> None`; write the type of what it returns"
            )
        for result, value, place in self._returned(node.value):
            found = type_of_given(value)
            made = value.of if isinstance(value, Fan) else value
            if found is None or not isinstance(made, Result):
                raise Refusal(place, "is no single result of a step; a pipeline returns what its steps make")
            if not fits(result.type, found):
                what = f"field {result.name!r}" if result.name else f"what {self.of.name!r} returns"
                hint = f"; write `{result.type} | None`" if found.optional else ""
                raise Refusal(place, f"{what} is {result.type}, but gets {found}{hint}")
            self.outputs.append((result, made, place.lineno))

    def _returned(self, node: ast.expr) -> list[tuple[Variable, Value, ast.expr]]:
        results = self.of.results
        if not self.of.tuple_name:
            return [(results[0], self.expressions.read(node), node)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == self.of.tuple_name:
            given = dict(self.expressions.pairs(node, [one.name for one in results]))
            missing = [one.name for one in results if one.name not in given]
            if missing:
                raise Refusal(node, f"{self.of.tuple_name} needs {missing[0]!r}; give it")
            return [(one, self.expressions.read(given[one.name]), given[one.name]) for one in results]
        value = self.expressions.read(node)
        if not isinstance(value, Results) or value.tuple_name != self.of.tuple_name:
            raise Refusal(
                node,
                f"{self.of.name!r} returns {self.of.tuple_name}; return such a result, or make one:"
                f" {self.of.tuple_name}({', '.join(f'{one.name}=...' for one in results)})",
            )
        return [(one, value.fields[one.name], node) for one in results]


def _there(test: ast.expr, holds: bool) -> list[str]:
    """The names that are not None where a condition holds, or where it does not."""
    match test:
        case ast.BoolOp(op=ast.And(), values=parts) if holds:
            return [name for one in parts for name in _there(one, holds)]
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _there(inner, not holds)
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[ast.Constant(value=None)]):
            return [name] if isinstance(op, ast.IsNot if holds else ast.Is) else []
    return []


def _names_nothing(node: ast.stmt) -> bool:
    """Whether it binds a name to None, for `finally` to see it where plain Python never came to what it stands for."""
    return isinstance(node, ast.Assign | ast.AnnAssign) and writes_none(node.value)


def _says_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def outputs_of(flow: Flow) -> list[Fields]:
    """The outputs as a Pipeline has them."""
    return [{"name": result.output, **made.source} for result, made, _ in flow.outputs]
