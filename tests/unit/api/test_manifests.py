"""YAML is read as kubectl reads it; each expectation was compared with what a real API server stored."""

import json
import math

import pytest

from penstock.api.manifests import UnreadableManifest, load


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("1e3", 1000),
        ("2026-01-01", "2026-01-01"),
        ("2001-12-14T21:59:43Z", "2001-12-14T21:59:43Z"),
        ("12", 12),
        ("+5", 5),
        ("0x10", 16),
        ("010", 8),
        ("0o17", 15),
        ("yes", True),
        ("n", False),
        ("1:30", "1:30"),
        ("1.0.0", "1.0.0"),
        ("1_000", 1000),
        ("1.", 1),
        (".5", 0.5),
        (".", "."),
        ("~", None),
        ("'1'", "1"),
    ],
)
def test_scalars(scalar: str, value: object) -> None:
    (document,) = load(f"a: {scalar}")
    assert document == {"a": value}
    assert type(document["a"]) in (type(value), float)


def test_infinity_is_left_to_the_parser() -> None:
    (document,) = load("a: .inf")
    assert math.isinf(document["a"])


@pytest.mark.parametrize(("scalar", "value"), [("9" * 5000, math.inf), ("-" + "9" * 5000, math.inf), ("0x_", "0x_")])
def test_digits_that_python_does_not_read_are_left_to_the_parser(scalar: str, value: object) -> None:
    (document,) = load(f"a: {scalar}")
    assert document == {"a": value}


def test_what_is_nested_very_deeply_is_left_to_the_parser() -> None:
    deep, rest = load("a: " + "[" * 900 + "]" * 900 + "\nb: {c: &x 1, d: *x}\n---\n- 2")
    assert (deep["b"], rest) == ({"c": 1, "d": 1}, [2])
    levels = 0
    while isinstance(deep, dict | list) and deep:
        deep, levels = deep["a"] if isinstance(deep, dict) else deep[0], levels + 1
    assert levels == 128


def test_documents_line_ends_and_emoji() -> None:
    text = "a: '🚀'\r\nb: |\r\n  x\r\n  y\r\n---\r\n---\r\nc: 1\r\n"
    assert list(load(text)) == [{"a": "🚀", "b": "x\ny\n"}, {"c": 1}]


def test_merge_keys() -> None:
    assert list(load("base: &a {b: 1}\nmore: {<<: *a, c: 2}")) == [{"base": {"b": 1}, "more": {"b": 1, "c": 2}}]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: 1\nb: 2\na: 3", "line 3, column 1: the key 'a' stands twice"),
        ("a: [1", "line 1"),
        ("\ta: 1", "line 1, column 1"),
        ("a: \0", "character 3"),
        ("? [a]\n: 1", "a key must be text"),
        ("a: !!python/object:os.system 1", "line 1"),
        ("x: " + "[" * 1500, "line 1, column 131: is nested deeper than 64 levels"),
        ("k0: &a0 {x: 1}\n" + "".join(f"k{n + 1}: &a{n + 1} {{<<: [{f'*a{n}, ' * 9}]}}\n" for n in range(9)), "by <<"),
    ],
)
def test_refuse(text: str, complaint: str) -> None:
    with pytest.raises(UnreadableManifest, match=complaint):
        list(load(text))


def test_json_as_other_programs_write_it() -> None:
    manifest = {"kind": "Pipeline", "spec": {"name": "\U0001f4a5", "\U0001f680": ["ä", "\t"]}}
    for indent in (None, "\t", 2):
        for escaped in (True, False):
            assert list(load("\n" + json.dumps(manifest, indent=indent, ensure_ascii=escaped))) == [manifest]


def test_half_of_a_surrogate_pair_is_left_to_the_parser() -> None:
    (document,) = load(r'{"a": "\ud83d"}')
    assert document == {"a": "\ud83d"}
