"""Expressions: types and positions before anything runs, bounded when it does."""

import time
from typing import Any

import pytest
from tests.unit.builders import nested

from penstock.core.graph.expressions import MOST_READ, Expression, ExpressionError, Reference, parse


def names(words: str) -> list[str]:
    return [str(reference) for reference in parse(words).references]


def types(expression: Expression, given: dict[str, str]) -> dict[Reference, str]:
    return {reference: given.get(str(reference), "Any") for reference in expression.references}


def check(words: str, wanted: str | None = None, **given: str) -> None:
    expression = parse(words)
    expression.check(types(expression, {name.replace("__", "."): kind for name, kind in given.items()}), wanted)


def value(words: str, kinds: dict[str, str] | None = None, **given: Any) -> Any:
    expression = parse(words)
    values = {reference: given[str(reference).replace(".", "__")] for reference in expression.references}
    return expression.evaluate(types(expression, kinds or {}), values)


class TestReferences:
    def test_names_with_and_without_dashes(self) -> None:
        words = "params.x + steps.a.outputs.n > params['b-c'] && steps['d-e'].status == \"Failed\" // params.no"
        assert names(words) == ["params.x", "steps.a.outputs.n", "params.b-c", "steps.d-e.status"]

    @pytest.mark.parametrize(
        "words", ["'params.x'", '"""steps.a\nparams.x"""', "r'params.x\\'", "// steps.a.status\n1", "x.params"]
    )
    def test_text_and_comments_name_nothing(self, words: str) -> None:
        assert names(words) == []

    @pytest.mark.parametrize(
        ("words", "position"),
        [
            ("params", "line 1, column 1"),
            ("1 +\n  params[x]", "line 2, column 3"),
            ("steps.a", "line 1, column 7"),
            ("steps.a.output.x", "line 1, column 1"),
            ("steps.a.outputs", "line 1, column 9"),
            ("[1].map(params, params + 1)", "line 1, column 9"),
        ],
    )
    def test_what_names_nothing_is_told_with_its_place(self, words: str, position: str) -> None:
        with pytest.raises(ExpressionError, match=position):
            parse(words)


class TestTypes:
    @pytest.mark.parametrize(
        ("words", "position", "hint"),
        [
            ("params.s > 1", "line 1, column 10", "no matching overload"),
            ("true &&\n params.s + 1 == 2", "line 2, column 11", "no matching overload"),
            ("params.n + 1", "line 1, column 10", "a Number is a double in CEL"),
            ("params.s.foo()", "line 1, column", "undeclared reference"),
            ("unknown > 1", "line 1, column 1", "undeclared reference to 'unknown'"),
            ("1 +", "line 1, column 4", "Syntax error"),
            ("", "line 1, column 1", "Syntax error"),
            ("steps.a.outputs.f.g", "line 1, column", "cannot be the operand of a select"),
        ],
    )
    def test_a_wrong_one_is_told_with_its_place(self, words: str, position: str, hint: str) -> None:
        with pytest.raises(ExpressionError) as caught:
            check(words, params__s="String", params__n="Number", steps__a__outputs__f="Integer")
        assert position in str(caught.value)
        assert hint in str(caught.value)

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("timestamp(params.s)", "timestamp"),
            ("[duration('1s')]", "duration"),
            ("b'x'", "bytes"),
            ("{1: 2}", "keys of type int"),
        ],
    )
    def test_the_result_must_be_json(self, text: str, words: str) -> None:
        with pytest.raises(ExpressionError, match=f"the result must be JSON, but .* gives {words}; convert it with"):
            check(text, params__s="String")
        for good in ("string(timestamp(params.s))", "{'a': [1.5, null, {}]}", "{params.s: 1}", "[]", "{}", "params.x"):
            check(good, params__s="String")

    def test_the_result_may_have_to_be_of_a_type(self) -> None:
        check("params.s == 'x'", "Boolean", params__s="String")
        check("params.s", "Boolean")
        with pytest.raises(ExpressionError, match="the result must be Boolean, but '1' gives int"):
            check("1", "Boolean")


class TestValues:
    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("1 + 2 * 3", 7),
            ("1.5 * 2.0", 3),
            ("'a' + 'b'", "ab"),
            ("[1, 2].map(x, x * 2)", [2, 4]),
            ("{'a': [true, null]}", {"a": [True, None]}),
            ("'abc'.matches('^a.*')", True),
        ],
    )
    def test_plain_json(self, words: str, found: object) -> None:
        assert value(words) == found

    def test_whole_numbers_are_numbers_too(self) -> None:
        assert value("params.n + 0.5", {"params.n": "Number"}, params__n=1) == 1.5

    def test_results_are_what_the_api_server_makes_of_them(self) -> None:
        assert value("[18446744073709551615u, 1e20, 2.0]") == [2.0**64, 1e20, 2]

    def test_a_number_beyond_64_bits(self) -> None:
        for kind in ("Number", "Any"):
            assert value("params.n", {"params.n": kind}, params__n=1e20) == 1e20
        with pytest.raises(
            ExpressionError, match=r"params\.n is 100000000000000000000, but whole numbers have 64 bits"
        ):
            value("params.n", {"params.n": "Integer"}, params__n=1e20)

    def test_a_result_that_is_nested_too_deeply(self) -> None:
        with pytest.raises(ExpressionError, match="nested deeper"):
            value("params.n.map(x, [[x]])", params__n=nested(63))
        with pytest.raises(ExpressionError):
            value("[" * 100 + "]" * 100)

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            ("1 / 0", "divide by zero"),
            ("9223372036854775807 + 1", "overflow"),
            ("{}['x']", "not found"),
            ("1.0 / 0.0", "no JSON number"),
            ("{1: 2}", "keys of an object must be strings"),
            ("timestamp('2026-01-01T00:00:00Z')", "not a JSON value"),
            ("params.n + 1", "too big|out of range"),
            ("size(params.u) + 1", ""),
        ],
    )
    def test_errors(self, words: str, message: str) -> None:
        with pytest.raises(ExpressionError, match=f"(?i){message}"):
            value(words, {"params.n": "Integer", "params.u": "String"}, params__n=2**70, params__u="\ud800")


LONG = list(range(9_000))


class TestHostile:
    """What would take a peer down is an error soon, and takes little memory."""

    @pytest.mark.parametrize(
        "words",
        [
            "(" * 2000 + "1" + ")" * 2000,
            '"' * 4095,
            "'" * 4095 + "x",
            '"""' + "\\" * 4090,
            "params.l.all(x, params.l.all(y, params.l.all(z, x + y + z >= 0)))",
            "params.l.all(x, params.l.all(y, params.l.all(z, x * y * z >= 0)))",
            "['aaaaaaaaaa']" + ".map(a,a+a+a+a+a+a+a+a+a+a)" * 9,
            "[1]" + ".map(a,[a,a,a,a,a,a,a,a,a,a])" * 9,
            "[1]" + f".map(a,[{','.join('a' * 300)}])" * 3,
            f"params.l.map(x, {'+'.join(['params.s'] * 20)})",
            "params.s.matches('((a{0,100}){0,100}){0,100}')",
            "\0",
            "😀",
            "params.x\u2028",
        ],
    )
    def test_is_refused(self, words: str) -> None:
        began = time.process_time()
        with pytest.raises(ExpressionError):
            value(
                words, {"params.l": "List", "params.s": "String"}, params__l=LONG, params__s="a" * 50_000, params__x=1
            )
        assert time.process_time() - began < 60, "what grows without bounds takes hours, on any machine"

    @pytest.mark.parametrize(
        ("words", "found"),
        [
            ("params.s.matches('(a|a)*(a+)+$')", True),
            ("params.l.filter(x, x > 8990).map(x, x * 2).size()", 9),
            ("params.l.all(x, x >= 0)", True),
            ("!" * 4000 + "true", True),
            ("params.f.exists(x, x > 0.9)", True),
        ],
    )
    def test_what_is_only_large_works(self, words: str, found: object) -> None:
        numbers = [number / 5000 for number in range(5000)]
        data = {"params__l": LONG, "params__s": "a" * 100_000, "params__f": numbers}
        assert value(words, {"params.l": "List", "params.s": "String", "params.f": "List"}, **data) is found or (
            value(words, {"params.l": "List"}, **data) == found
        )

    def test_what_an_expression_reads_is_bounded(self) -> None:
        with pytest.raises(ExpressionError, match="at most 1,048,576 are allowed"):
            value("params.s == 'x'", params__s="a" * (MOST_READ + 1))

    def test_windows_line_ends_and_unicode_text(self) -> None:
        assert value("params.s ==\r\n 'é😀'", params__s="é😀") is True

    @pytest.mark.parametrize("given", ["a\0b", ["x", {"k": "a\0"}], {"a\0b": 1}])
    def test_a_text_with_a_nul_is_refused_not_cut(self, given: object) -> None:
        with pytest.raises(ExpressionError, match=r"^params\.x holds a NUL character"):
            value("params.x == 'a'", params__x=given)
        assert value("'a\\u0000b' + params.x", params__x="c") == "a\0bc"
