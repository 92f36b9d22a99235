"""Everything that is refused: at its line, with what to write instead."""

import pytest
from tests.unit.python.texts import HEAD, problems

IN_PIPELINE = [
    ("for n in (1, 2):\n    make(n)", 1, "a `for` statement is not read; write a comprehension"),
    ("while True:\n    make()", 1, "a `while` statement has no end that is known; let a step loop"),
    ("with open('x') as file:\n    make()", 1, "open things inside a step"),
    ("match rows:\n    case 1:\n        make()", 1, "write `if` and `elif`"),
    ("def inner() -> int:\n    return 1", 1, "a closure, whose values are not there yet; move it to the top"),
    ("class Inner:\n    pass", 1, "move it to the top of the module"),
    ("import os", 1, "import at the top of the module or inside a step"),
    ("raise ValueError", 1, "let a step fail"),
    ("assert rows", 1, "let a step check it and fail"),
    ("global P", 1, "pass values as arguments"),
    ("del rows", 1, "remove the line"),
    ("n = count(1)\nn = count.using(name='b')(2)", 2, "'n' is bound already, and a name stands for one value here"),
    ("rows = count(1)", 1, "'rows' is bound already"),
    ("n = count(1)\nn += 1", 2, "let a step compute it"),
    ("a = b = count(1)", 1, "binds several names at once; write a line for each"),
    ("n = count(1)\nn.x = 2", 2, "n.x is no name; results are bound to names and never changed"),
    ("n = count(1)\ncount.using(name='b')(n // 2)", 2, "n // 2: only + - * / mean the same where this is computed"),
    ("n = count(1)\ncount.using(name='b')(n % 2)", 2, "let a step compute the rest"),
    ("n = count(1)\ncount.using(name='b')(n ** 2)", 2, "let a step compute the rest"),
    ("n = count(1)\ncount.using(name='b')(~n)", 2, "~n computes with values that are not there yet; let a step"),
    ("n = count(1)\ncount.using(name='b')(n / 2)", 2, "'rows' of 'count' is int, but gets float"),
    ("n = say('a')\ncount(-n)", 2, "- is for numbers, and n is String; let a step compute it"),
    ("n = say('a')\nsay.using(name='b')(n * 2)", 2, "n * 2 is made of String and Integer, and only numbers are"),
    ("n = say('a') if rows > 1 else None\nsay.using(name='b')(n + 'b')", 2, "n may be None; ask `is not None`"),
    ("n = [count(o['n'] + 1) for o in objects()]", 1, "the type of o['n'] is not said: annotate dict[str, int], or"),
    ("count.using(image=say(rows))(1)", 1, "say(rows) is read, not run: write it out, or make it an argument"),
    ("count.using(image=word)(1)", 1, "word is not defined; write it out"),
    ("n = make()\nsay(n + 'b')", 2, "n is a file, which only steps look into"),
    ("n = listed()\nsay(n[-1])", 2, "lists by a number from 0; let the step return that part, or pass all of it"),
    ("n = listed()\nsay(n['a'])", 2, "objects are taken apart by a written key"),
    ("n = listed()\nsay(n[1:])", 2, "lists by a number from 0"),
    ("n = listed()\nsay(n[rows])", 2, "lists by a number from 0"),
    ("n = listed()\nsay(n[True])", 2, "lists by a number from 0"),
    ("n = judge(make())\nsay(f'{n.number} rows')", 2, "n.number is Number in a text that is not there yet; let a step"),
    ("n = count(1)\nsay(f'{n:03}')", 2, "is written in a way of its own in a text that is not there yet"),
    ("n = count(1)\nsay(f'{n!r}')", 2, "is written in a way of its own"),
    ("n = count(1)\ncount.using(name='b')(len(n))", 2, "n has no length; let a step compute it"),
    ("n = count(1)\nsay(ended(n))", 2, "is how a step ended; take one fact of it: `ended(model).status`"),
    ("n = count(1)\nsay(ended(n).code)", 2, "there is no 'code' in how it ended; there is: status, reason, exit_code"),
    ("say(ended(1).status)", 1, "1 is no result of one step; name one: `ended(model).status`"),
    ("n = count(1)\nsay(ended(n, n).status)", 2, "takes the result of one step"),
    ("say(ended().status)", 1, "how the whole pipeline ended is known in its `finally`"),
    ("n = count(1)\nif ended(n).exit_code > 2:\n    make()", 2, "ended(n).exit_code may be None"),
    ("n = count(1)\nif rows > 1:\n    m = n\nsay(m)", 4, "'m' exists only if the condition holds"),
    ("n = count(1)\nm = None\nif rows > 1:\n    m = n\ncount.using(name='b')(m)", 5, "what is there without it"),
    ("n = count(1)\nm = None\nif rows > 1:\n    m = n + 1\ncount.using(name='b')(m)", 5, "after the `if`"),
    ("n = count(1)\nsay('a' if n > 1 else 'b')", 2, "let a step choose"),
    (
        "a = count(1)\nb = count.using(name='b')(2)\nc = a if rows > 1 else b",
        3,
        "chooses between two values; let a step",
    ),
    (
        "a = count(1)\nb = count.using(name='b')(2)\nif rows > 1:\n    c = a\nelse:\n    c = b\nsay(c)",
        7,
        "'c' is set in both branches, but not to results of one type, one of a step that is called there",
    ),
    (
        "f = make()\nm = judge(f) if rows > 1 else judge.using(name='b')(f)",
        2,
        "chooses between two values; branches meet in single values, and a NamedTuple has several; in an `if`",
    ),
    (
        "f = make()\nif rows > 1:\n    m = judge(f)\nelse:\n    m = judge.using(name='b')(f)\nsay(m.number)",
        6,
        "'m' is set in both branches; branches meet in single values, and a NamedTuple has several; in an `if`",
    ),
    (
        "m = [count(n) for n in (1, 2)] if rows > 1 else [count.using(name='b')(n) for n in (1, 2)]",
        1,
        "chooses between two values; branches meet in single values, and not in what a fan-out gives; pass each list",
    ),
    ("m = None\nif rows > 1:\n    m = 5\ntell('a', m)", 4, "'m' is set in a branch to what is there without it"),
    ("n = say('a') if rows > 1 else count(2)", 1, "return results of one type"),
    ("n = 1 if rows > 1 else None", 1, "chooses between values, not between running a step or not"),
    ("say((lambda: 'a')())", 1, "is no step"),
    ("say(lambda: 'a')", 1, "a function without a name; write a @step"),
    ("n = list(say(w) for w in ('a', 'b'))", 1, "list(): write the list out, or a comprehension"),
    ("n = {say(w) for w in ('a', 'b')}", 1, "is a set; write a list: [... for ... in ...]"),
    ("n = {w: say(w) for w in ('a', 'b')}", 1, "let a step make it of lists"),
    ("n = count(1)\nsay(m := n)", 2, "assign it in a line of its own"),
    (
        "count(1)\ncount(2)",
        2,
        "'count' is called in line 0 already; give this call a name: count.using(name='count-2')",
    ),
    ("count(*[1])", 1, "* is not read; pass the arguments one by one"),
    ("count(**{'rows': 1})", 1, "** is not read; pass the arguments one by one"),
    ("count()", 1, "'count' needs 'rows'; give it"),
    ("count(1, 2)", 1, "takes 1 arguments, but gets 2"),
    ("count(lines=1)", 1, "'count' has no argument 'lines'; it has: rows"),
    ("count(1, rows=1)", 1, "'count' gets 'rows' twice; remove one"),
    ("count('a')", 1, "'rows' of 'count' is int, but gets str"),
    ("count(1.5)", 1, "'rows' of 'count' is int, but gets float"),
    ("count(None)", 1, "it may be None: declare `rows: int | None`"),
    ("judge(count(1))", 1, "'file' of 'judge' is Path, but gets int"),
    ("say(judge(make()))", 1, "pass those that 'word' needs one by one, as in word.file, word.number"),
    ("say(judge)", 1, "'judge' is not called; write `judge(...)`"),
    ("say(word)", 1, "'word' is not defined; bind it in a line before"),
    ("found = count(1)\nsay(fuond)", 2, """'fuond' is not defined (did you mean "found"?); bind it in a line before"""),
    ("helper(1)", 1, "'helper' is no @step or @pipeline of this module; define it here"),
    ("print(rows)", 1, "print(): nothing runs here; print in a step"),
    ("max([1, 2])", 1, "max(): compares what is not there yet; pass the list to a step that chooses"),
    ("sum([1, 2])", 1, "sum(): computes what is not there yet; let a step do it"),
    ("file = make()\nn = [judge(file, a) for a in [1]]\ncount(len(n))", 3, "count one field that is there: `len([one"),
    ("Pair(1, 2)", 1, "'Pair' is no step; decorate it with @step, or call it inside one"),
    ("rows", 1, "does nothing; remove it, or call a step"),
    (
        "n = count(1)\nsay(n.text)",
        2,
        "n.text looks into a value that is not there yet; let the step return a NamedTuple",
    ),
    ("n = judge(make())\nsay(n.text)", 2, "step 'judge' returns no 'text'; it returns: file, number"),
    ("n = [count(a) for a in range(2) if a]", 1, "a is no bool, and what counts as true differs"),
    ("n = [count(a) for a in range(2) for b in range(2) if a < b]", 1, "'a' is another item than this `if` is about"),
    ("n = [count(a) for a in range(5000) if a > 2]", 1, "filters a list that is too long to be looked through here"),
    ("n = [count(a) for a, b in [(1, 2), (3,)]]", 1, "item 1 has 1 parts, for 2 names; write one for each"),
    ("n = [count(a) for a, b in [1]]", 1, "item 0 has no parts, for 2 names"),
    ("n = [count(a) for a, b in listed()]", 1, "takes apart items that are not there yet; let them be objects"),
    ("n = [count(a) for a, a in [(1, 2)]]", 1, "'a' is bound already; use another name"),
    ("n = [count(a) for a, (b, c) in [(1, (2, 3))]]", 1, "(b, c) is no name; bind each part of an item to a name"),
    ("n = [count(a['n']) for a in [{'n': 1}, {}]]", 1, "not every item of 'a' has 'n'"),
    ("n = [count(a['n']) for a in [{'n': 'b'}]]", 1, "'rows' of 'count' is int, but gets str"),
    ("n = [count(1) for a in [1] if make()]", 1, "make() is no bool"),
    ("n = [make(a) if a > 1 else None for a in range(3)]", 1, "filter the items: [... for ... if ...]"),
    ("n = [count(a) if a > 1 else make(a) for a in range(3)]", 1, "chooses between two calls for one item"),
    ("n = [judge(make(a + 1)) for a in range(3)]", 1, "put both calls into a @pipeline"),
    ("n = [count(rows) for rows in [1]]", 1, "'rows' is bound already; use another name"),
    ("n = [a for a in [1]]", 1, "the element of a fan-out is a call of a step"),
    ("n = [count(a) for a in rows]", 1, "rows is no list to go over"),
    ("n = [count(a) for a in make()]", 1, "is no list to go over"),
    (
        "n = [count(a) for a in range(count.using(name='b')(1))]",
        1,
        "take the list as an argument, or let a step return it",
    ),
    ("n = [count(a) for a in range(0, 3, 0)]", 1, "must not be zero"),
    ("n = [count(a) for a in range('3')]", 1, "range takes one to three whole numbers"),
    ("n = [count(a) for a in ['b']]", 1, "'rows' of 'count' is int, but gets str"),
    (
        "n = [judge(make(a)) for a in range(3)]",
        1,
        "put both calls into a @pipeline, and call that in the comprehension",
    ),
    ("n = [make(a) for a in range(3)]\nm = [judge(b) for b in n]", 2, "put both calls into a @pipeline"),
    (
        "n = [judge(make()) for a in range(3)]\nbest(n.file, [1.0])",
        2,
        "take the field of each: `[one.file for one in n]`",
    ),
    ("n = [judge(make()) for a in range(3)]\nbest(n, [1.0])", 2, "take one field of each"),
    ("n = [judge(make()) for a in range(3)]\nbest([1 for a in n], [1.0])", 2, "is no field of the results; write one"),
    ("m = make()\nbest([m, m], [1.0])", 2, "is a list of files, lists or several results; pass them one by one"),
    ("n = make.using(name='b')", 1, "is not called with what it takes; write `.using(name=...)(...)`"),
    ("n = make.using\nn()", 1, "'make' is not called; write `make(...)`"),
    ("make.using(nam='b')()", 1, "there is no option 'nam'; did you mean name?"),
    ("make.using('b')()", 1, "takes options by name only: write `name=value`"),
    ("make.using(name=rows)()", 1, "rows is not defined; write it out"),
    ("make.using(needs=[P])()", 1, "P: Settings(image='python') is read, not run: write it out"),
    ("make.using(max_parallel=2)()", 1, "max_parallel bounds a fan-out; call it in a comprehension, or remove it"),
    ("if count(1):\n    make()", 1, "is no bool, and what counts as true differs; write a comparison"),
    ("if rows:\n    make()", 1, "`len(rows) > 0`"),
    ("m = make()\nif m == 'a':\n    say('a')", 2, "m is a file, which only steps look into"),
    (
        "m = make()\nif m == m:\n    say('a')",
        2,
        "m is a file, which only steps look into; let its step return a value",
    ),
    ("if rows > 'a':\n    make()", 1, "compares Integer with String, which are never equal; make them one type"),
    ("if listed() > ['a']:\n    make()", 1, "List has no order here"),
    ("if rows is None:\n    make()", 1, "rows is never None; remove the comparison"),
    ("if rows is 1:\n    make()", 1, "`is` compares with None only; write =="),
    ("if 'a' in 'abc':\n    make()", 1, "`in` looks into a list here; write a list, or compare with =="),
    ("if judge(make()) == 1:\n    say('a')", 1, "is no single value; let a step say what is to be compared"),
    ("if rows > 1:\n    return", 2, "a pipeline returns once, as the last thing it does"),
    (
        "if rows > 1:\n    n = say('a')\nsay.using(name='b')(n)",
        3,
        "'n' exists only if the condition holds; write `n = None`",
    ),
    (
        "n = None\nif rows > 1:\n    n = say('a')\nelse:\n    n = count(2)\ntell(n)",
        6,
        "'n' is set in both branches, but not to results of one type",
    ),
    (
        "n = None\nif rows > 1:\n    n = say('a')\nsay.using(name='b')(n)",
        4,
        "it may be None: declare `word: str | None`",
    ),
    ("n = None\nif rows > 1:\n    n = say('a')\nif n == 'a':\n    make()", 4, "n may be None; ask `is not None`"),
    ("n = None\nn = say('a')", 2, "'n' is bound already"),
    ("try:\n    make()\nexcept ValueError:\n    say('a')", 3, 'write `on_error="Continue"` on the step'),
    (
        "say('a')\ntry:\n    make()\nfinally:\n    count(1)",
        2,
        "put everything into one `try`, at the top of the function, before which only `name = None` may stand",
    ),
    ("n = None\ntry:\n    n = count(1)\n    n = count(2)\nfinally:\n    say('a')", 4, "'n' is bound already"),
    ("n = None\ntry:\n    say(n)\nfinally:\n    n = count(1)", 3, "'word' of 'say' is str, but gets null"),
    ("return count(1)", 1, "'p' returns something, but says `-> None`; write the type of what it returns"),
    ("import penstock.step\nx: int", 1, "import at the top"),
]
"""Statements of a pipeline with the parameter `rows: int`, the line of each that is refused, and a part of why."""


@pytest.mark.parametrize(
    ("body", "line", "words"), IN_PIPELINE, ids=[one[0].replace("\n", "; ") for one in IN_PIPELINE]
)
def test_in_pipelines(body: str, line: int, words: str) -> None:
    indented = "\n".join(f"    {one}" for one in body.split("\n"))
    found = problems(f"@pipeline\ndef p(rows: int = 1) -> None:\n{indented}\n")
    assert len(found) == 1, found
    assert found[0][0] == line + 2
    assert words.replace("line 0", f"line {HEAD.count(chr(10)) + 3}") in found[0][1]


ELSEWHERE = [
    ("x = (", 1, "is no Python"),
    ("def f():\n  x\n y", 3, "is no Python: unindent"),
    ("@step(P)\ndef f(a) -> None: print(a)", 2, "argument 'a': says no type; annotate it with one of str, int"),
    ("@step(P)\ndef f(a: int): print(a)", 2, "'f' does not say what it returns; write `-> None`, or the type"),
    ("@step(P)\ndef f(a: set) -> None: print(a)", 2, "argument 'a': set is neither JSON nor a file"),
    ("@step(P)\ndef f(a: list[set]) -> None: print(a)", 2, "set is neither JSON nor a file"),
    ("@step(P)\ndef f(a: int | str) -> None: print(a)", 2, "is one type or another; write one type, or X | None"),
    ("@step(P)\ndef f(a: Pair) -> None: print(a)", 2, "Pair is a NamedTuple, which a step returns; take its fields"),
    ("@step(P)\ndef f(a: Literal[1, 'b']) -> None: print(a)", 2, "the items of a Literal are all of one type"),
    ("@step(P)\ndef f(a: Literal[P]) -> None: print(a)", 2, "an item of Literal is written out"),
    ("@step(P)\ndef f(a: Foo) -> None: print(a)", 2, "Foo is not defined"),
    ("@step(P)\ndef f(a: 'Foo(') -> None: print(a)", 2, "'Foo(' is no type"),
    ("@step(P)\ndef f() -> set: return 1", 2, "what 'f' returns: set is neither JSON nor a file"),
    ("@step(P)\ndef f() -> list[Path]: return []", 2, "write them to one directory, return its Path"),
    ("class N(NamedTuple):\n    a: set\n\n@step(P)\ndef f() -> N: return N(1)", 2, "field 'a' of what 'f' returns"),
    (
        "@step(P)\ndef f(*a: int) -> None: print(a)",
        2,
        "*a stands for no fixed inputs; name each argument, or take a list",
    ),
    ("@step(P)\ndef f(a: int, /) -> None: print(a)", 2, "'a' goes by position only; inputs have names: remove the `/`"),
    ("@step(P)\nasync def f() -> None: print()", 2, "'f' is async; write `def`, and asyncio.run(...) inside a step"),
    ("def d(f): return f\n@d\n@step(P)\ndef f() -> None: print()", 3, "stands below another decorator"),
    ("@step(P)\n@pipeline\ndef f() -> None: print()", 3, "'f' is decorated twice; keep one of @step and @pipeline"),
    ("def out():\n    @step(P)\n    def f() -> None: print()", 3, "a step closes over nothing: move it to the top"),
    ("class A:\n    @step(P)\n    def f() -> None: print()", 3, "'f' stands inside something else"),
    ("@step(P)\ndef make() -> None: print()", 2, "two functions are named 'make'; rename one"),
    ("@step(Q)\ndef f() -> None: print()", 1, "Q is no Settings of this module; write `Q = Settings(...)`"),
    ("Q = 1\n@step(Q)\ndef f() -> None: print()", 2, "is no Settings; options are written by name"),
    ("@step(P, memry='1Gi')\ndef f() -> None: print()", 1, "there is no option 'memry'; did you mean memory?"),
    ("@step(P, **{})\ndef f() -> None: print()", 1, "** is not read: write the options out"),
    ("@step(P, memory=size())\ndef f() -> None: print()", 1, "size() is read, not run: write it out"),
    ("M = M\n@step(P, memory=M)\ndef f() -> None: print()", 2, "M is made of itself; write it out"),
    ("@step(P, memory=f'{1:>3}Gi')\ndef f() -> None: print()", 1, "1 in an f-string is read, not run"),
    ("@step(P, retry={1: 2})\ndef f() -> None: print()", 1, "the keys of an object are text"),
    (
        "@step(P, command=['a'])\ndef f() -> None: print()",
        2,
        "'f' has a body and 'command'; what the image does has no body",
    ),
    ("@step(P, interpreter=['a'])\ndef f() -> None: ...", 2, "'f' has an interpreter but no body to run with"),
    ("@step(P, packages=['a'])\ndef f() -> None: ...", 2, "'f' has packages but no body to run with"),
    ("@step(P, packages='a')\ndef f() -> None: print()", 1, "packages is a list of what pip takes"),
    ("@step(P, packages=[' '])\ndef f() -> None: print()", 1, "packages is a list of what pip takes"),
    ("@step(P, packages=['-r a'])\ndef f() -> None: print()", 1, "'-r a' is an option"),
    (
        "@step(P, packages=['a'] + ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'])\ndef f() -> None: print()",
        1,
        "are 12 packages",
    ),
    ("@step(P, packages=['a'], interpreter=['b'])\ndef f() -> None: print()", 1, "keep one of them"),
    ("@make.undo\ndef f(other: int) -> None: print()\n@pipeline\ndef p() -> None: make()", 2, "there are: result"),
    (
        "@make.undo\ndef f(result: Path) -> None: print()\n@pipeline\ndef p() -> None: make()",
        2,
        "`result: Path | None`",
    ),
    (
        "@make.undo\ndef f(result: int | None) -> None: print()\n@pipeline\ndef p() -> None: make()",
        2,
        "'result' is int | None here, but Path in 'make'",
    ),
    ("@make.undo\ndef f() -> None: print()\n@make.undo\ndef g() -> None: print()", 3, "'make' has an undo already"),
    ("@pipeline\ndef p(a: int) -> None: make(a)", 2, "parameter 'a' has no value; give it one: `a: int = ...`"),
    ("@pipeline\ndef p(a: Path = None) -> None: judge(a)", 2, "parameter 'a' is a file"),
    ("@pipeline\ndef p(a: int = 'x') -> None: make(a)", 2, "parameter 'a' is int, but its value is String"),
    (
        "@pipeline\ndef p(a: int | None = None) -> None: tell('a')",
        2,
        "parameter 'a' is int | None, but its value is null",
    ),
    ("@pipeline\ndef p() -> int: make()", 2, "'p' says that it returns something, but ends without"),
    ("@pipeline\ndef p() -> int: return", 2, "return it, or write `-> None`"),
    ("@pipeline\ndef p() -> int: return 3", 2, "a pipeline returns what its steps make"),
    ("@pipeline\ndef p() -> int: return say('a')", 2, "what 'p' returns is int, but gets str"),
    (
        "@pipeline\ndef p() -> Pair: return count(1)",
        2,
        "'p' returns Pair; return such a result, or make one: Pair(file=",
    ),
    ("@pipeline\ndef p() -> Pair:\n    return Pair(file=make())", 3, "Pair needs 'number'; give it"),
    ("@pipeline\ndef p() -> str:\n    return say('a') if False else None", 3, "write `str | None`"),
    ("@pipeline\ndef p() -> None: q()\n@pipeline\ndef q() -> None: p()", 2, "'p' calls itself (p -> q -> p)"),
    (
        "@pipeline\ndef q() -> None:\n    try:\n        make()\n    finally:\n        count(1)\n"
        "@pipeline\ndef p() -> None: q()",
        2,
        "'q' has a `finally`, which only a whole Pipeline has",
    ),
    (
        "@pipeline(parallelism=2)\ndef q() -> None: make()\n@pipeline\ndef p() -> None: q()",
        2,
        "'q' is called by another pipeline, whose settings count",
    ),
    (
        "@step(P)\ndef f() -> None: print(P)\n@pipeline\ndef p() -> None: f()",
        2,
        "P is made with penstock.Settings, which is",
    ),
    (
        "@step(P)\ndef f() -> None: step(1)\n@pipeline\ndef p() -> None: f()",
        2,
        "step is of penstock, which is not in the image",
    ),
    (
        "@step(P)\ndef f() -> None: p()\n@pipeline\ndef p() -> None: f()",
        2,
        "p is a pipeline, and only pipelines call those",
    ),
    (
        "@step(P)\ndef f() -> None: print(__file__)\n@pipeline\ndef p() -> None: f()",
        2,
        "__file__: a script has no file",
    ),
    (
        "@step(P)\ndef f() -> None: print(f.__doc__)\n@pipeline\ndef p() -> None: f()",
        2,
        "__doc__: docstrings are no part",
    ),
    (
        "from .a import b\n@step(P)\ndef f() -> None: b()\n@pipeline\ndef p() -> None: f()",
        3,
        "b is imported relatively",
    ),
    (
        f"BIG = '{'x' * 70000}'\n@step(P)\ndef f() -> None: print(BIG)\n@pipeline\ndef p() -> None: f()",
        3,
        "at most 65,536 fit into a script: move data to files, and code to a module or an image",
    ),
    ("from os import *", 1, "`import *` does not say which names it brings; import them by name"),
    ("print('hello')", 1, "is run by no step, which takes along only what it uses by name"),
    ("for n in range(3):\n    X = n", 1, "runs when a module is imported, which steps never do"),
    ("if P:\n    print()", 1, "is run by no step"),
]
"""The same for whole modules."""


@pytest.mark.parametrize(
    ("body", "line", "words"), ELSEWHERE, ids=[one[0][:60].replace("\n", "; ") for one in ELSEWHERE]
)
def test_elsewhere(body: str, line: int, words: str) -> None:
    found = problems(f"{body}\n")
    assert len(found) == 1, found
    assert found[0][0] == line
    assert words in found[0][1]


def test_all_at_once_in_the_order_of_the_text() -> None:
    found = problems(
        "@pipeline\ndef p() -> None:\n    a = b\n    say(a.x)\n    c = d\n    for n in a: pass\n    tell(a, c)\n"
    )
    assert [line for line, _ in found] == [3, 5, 6]


def test_what_is_refused_is_not_told_to_be_no_step() -> None:
    found = problems("@step(P)\ndef two() -> tuple[int, str]: return 1, 'a'\n@pipeline\ndef p() -> None: two()\n")
    assert [line for line, _ in found] == [2, 4]
    assert found[0][1].startswith("what 'two' returns: tuple[int, str] is neither JSON nor a file")
    assert found[0][1].endswith("; several results are the fields of a NamedTuple")
    assert found[1][1] == "'two' cannot be called until what is wrong with it is mended"


def test_settings_of_a_pipeline_have_only_what_it_can_set() -> None:
    found = problems(
        "Q = Settings(P, memory='1Gi', env={'A': 'b'}, cache='Never')\n@pipeline(Q)\ndef p() -> None: count(1)\n"
    )
    words = "is of steps, and no pipeline sets it for them; give these Settings to each @step"
    assert found == [(1, f"{name!r} {words}") for name in ("env", "cache")]
