"""The lines after a step's own: they read `INPUT_*`, call the function, and write `$PENSTOCK_OUTPUTS` and files.

What it returns and has not declared fails the step, in one sentence that tells the function's place as a traceback
would, so that it is read at the line of the author's file. All of them are part of the script, so of the identity of
every step that is written in Python: a change of one byte here makes all of those run again, which takes a new VERSION
and an entry in the changelog. They run on the image's Python, from 3.8 on, and import nothing else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from penstock.core.graph.wire import variable_name
from penstock.python.annotations import ARTIFACT, Type

VERSION = 2
"""Version of these lines and of how a slice is cleaned."""


@dataclass(frozen=True, slots=True)
class Variable:
    """An argument of the function and the variable it is read from, or a field of the result and its output."""

    name: str
    """In Python; of a result that is no NamedTuple it is empty."""
    output: str
    """Name of the input or output in the manifest."""
    type: Type


@dataclass(frozen=True, slots=True)
class Signature:
    """How a function is called. `produced`: arguments of an undo that are outputs of its step."""

    function: str
    inputs: Sequence[Variable] = ()
    outputs: Sequence[Variable] = ()
    produced: Sequence[Variable] = ()
    tuple_name: str = ""
    """Name of the NamedTuple that it returns."""
    replicas: bool = False


def harness(signature: Signature, line: int) -> list[str]:
    """The lines that run a function in a container. `line`: where in the script it is defined, from 1."""
    values = [one for one in signature.outputs if one.type.kind != ARTIFACT]
    files = [one for one in signature.outputs if one.type.kind == ARTIFACT]
    call, values_kept = [*_call(signature), *_fields_there(signature)], list(_values(values))
    found = _fit(signature.function, line) if signature.outputs else []
    found += _around(files, call, values_kept, signature.replicas) if files else [*call, *values_kept]
    modules = [name for name in _MODULES if any(f"{name}." in line for line in found)]
    imports = [f"    import {', '.join(modules)}"] if modules else []
    body = [f"    {line}" for line in found]
    return [f"# penstock {VERSION}", "def _penstock(step):", *imports, *body, f"_penstock({signature.function})"]


_MODULES = ("json", "math", "operator", "os", "pathlib", "shutil", "sys", "tempfile")
_WIDTH = 100

_CONVERT = {
    "String": "''.join([one])",
    # True is an int, but none of JSON; beyond 64 bits, the API server keeps but a float.
    "Integer": 'int.from_bytes(operator.index(one).to_bytes(8, "big", signed=True), "big", signed=True)',
    "Number": "math.fsum([one])",  # as float(), which takes texts too
    "Boolean": "bool(math.fsum([one]))",
    "Object": "dict.copy(one)",
    "List": "list.copy(json.loads(json.dumps(one)))",  # a tuple is one
    ARTIFACT: "str(pathlib.Path(one).resolve(strict=True))",  # it is there
}
"""What JSON has for a value, whatever kind of number a library made of it; raises for what is something else."""


_HOW = "return {0}, or declare another type, such as {0} | None"


def _fit(function: str, line: int) -> list[str]:
    """Lines that end the step, in one sentence, because of what its function returned."""
    place = f'{function!r} returns (File "<string>", line {line})'
    return [
        "def short(told, one, most):",
        "    try:",
        '        words = " ".join(told(one).split())',
        "    except Exception:",
        "        words = repr(type(one))",
        '    return words[:most] + "..." * (len(words) > most)',
        f'def fit(what, made, declared, convert, how="{_HOW}"):',
        "    try:",
        "        value = convert(made)",
        "        json.dumps(value, allow_nan=False)",
        "        return value",
        "    except Exception as error:",
        "        shown, why = short(repr, made, 99), short(str, error, 299)",
        f'        what += """ {place} is declared as """',
        '        sys.exit(f"{what}{declared} and was {shown} ({why}): {how.format(declared)}")',
    ]


def _fitted(one: Variable) -> str:
    """What was returned, as it is kept."""
    what = f"field '{one.name}' of what" if one.name else "what"
    declared, convert = str(one.type).removesuffix(" | None"), _CONVERT[one.type.kind]
    if one.type.enum:
        declared = f"Literal[{', '.join(map(repr, one.type.enum))}]"
        convert = f"{{each: each for each in {one.type.enum!r}}}[one]"
    return f'fit("{what}", {_made(one)}, {declared!r}, lambda one: {convert})'


def _fields_there(signature: Signature) -> Iterator[str]:
    """The line that sees whether what was returned has the fields that were declared."""
    name, names = signature.tuple_name, [one.name for one in signature.outputs]
    if name:
        how = f"return {name}({', '.join(f'{one}=...' for one in names)})"
        there = ", ".join(f"one.{one}" for one in names)
        yield f'fit("what", made, "{name}", lambda one: [{there}] and None, "{how}")'


def _call(signature: Signature) -> Iterator[str]:
    inputs = [f"{one.name}={_read('INPUT', one)}" for one in signature.inputs]
    inputs += [f"{one.name}={_read('OUTPUT', one)}" for one in signature.produced]
    yield from _written_out("made = step(" if signature.outputs else "step(", inputs, ")")


def _written_out(head: str, parts: Sequence[str], tail: str) -> Iterator[str]:
    """On one line if it fits, else a line for each part."""
    line = f"{head}{', '.join(parts)}{tail}"
    if len(line) <= _WIDTH:
        yield line
        return
    yield head
    yield from (f"    {part}," for part in parts)
    yield tail


def _read(kind: str, one: Variable) -> str:
    """The value of an argument. What an undo is told of outputs may not be there at all."""
    name = f'"{kind}_{variable_name(one.output)}"'
    value = _value(one.type, f"os.environ[{name}]")
    if not one.type.optional:
        return value
    given = f"os.environ.get({name})"
    if one.type.kind == ARTIFACT:  # a step that left a file out is told from one that made it by looking
        return f"{value} if os.path.exists({given} or '') else None"
    return f"{value} if {given} else None"


def _value(kind: Type, given: str) -> str:
    if kind.kind == "String":
        return given
    if kind.kind == ARTIFACT:
        return f"pathlib.Path({given})"
    if kind.of_files:
        assert kind.item is not None
        path = "pathlib.Path(one)"
        if kind.item.optional:
            path += " if os.path.exists(one or '') else None"
        return f"[{path} for one in json.loads({given})]"
    if kind.kind in ("Integer", "Number"):
        return f"{'int' if kind.kind == 'Integer' else 'float'}({given})"
    return f"json.loads({given})"


def _values(outputs: Sequence[Variable]) -> Iterator[str]:
    """Lines that write the value outputs, in place: the file is one that kubelet watches."""
    if not outputs:
        return
    yield from _written_out("values = {", [f'"{one.output}": {_written(one)}' for one in outputs], "}")
    if any(one.type.optional for one in outputs):
        yield "values = {name: value for name, value in values.items() if value is not None}"
    yield 'pathlib.Path(os.environ["PENSTOCK_OUTPUTS"]).write_text(json.dumps(values))'


def _written(one: Variable) -> str:
    return f"None if {_made(one)} is None else {_fitted(one)}" if one.type.optional else _fitted(one)


def _made(one: Variable) -> str:
    return f"made.{one.name}" if one.name else "made"


def _around(files: Sequence[Variable], call: list[str], values: list[str], replicas: bool) -> list[str]:
    """The lines around a function that makes files: a directory of its own, from which the outputs are kept.

    It lies beside them, so that they are moved and not copied. Of several replicas the first one's are kept.
    """
    kept = [line for one in files for line in _kept(one)]
    if replicas:
        kept = ['if os.environ["PENSTOCK_REPLICA"] == "0":', *(f"    {line}" for line in kept)]
    return [
        "def keep(path, place):",
        "    if path.startswith(own + os.sep):",
        "        os.rename(path, place)",
        "    elif os.path.isdir(path):",
        "        shutil.copytree(path, place)",
        "    else:",
        "        shutil.copyfile(path, place)",
        "sys.path.insert(0, os.getcwd())",
        f"own = tempfile.mkdtemp(dir=os.path.dirname({_place(files[0])}))",
        "own = os.path.realpath(own)",
        "os.chdir(own)",
        "try:",
        *(f"    {line}" for line in [*call, *kept, *values]),
        "finally:",
        '    os.chdir("/")',
        "    shutil.rmtree(own, ignore_errors=True)",
    ]


def _place(one: Variable) -> str:
    return f'os.environ["OUTPUT_{variable_name(one.output)}"]'


def _kept(one: Variable) -> Iterator[str]:
    line = f"keep({_fitted(one)}, {_place(one)})"
    if one.type.optional:
        yield f"if {_made(one)} is not None:"
        yield f"    {line}"
    else:
        yield line
