"""Values are plain JSON as the API server stores it; what it could not store is refused in words."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.builders import nested

from penstock.api.plain import DEEPEST
from penstock.api.wiring import ValueType
from penstock.core.values import canonical, digest, mismatch, normalise, text

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    # half a surrogate pair is no text
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("given_", "stored", "words"),
    [
        (1.0, 1, "1"),
        (-0.0, 0, "0"),
        (0.1, 0.1, "0.1"),
        (2**63 - 1, 2**63 - 1, "9223372036854775807"),
        (-(2**63), -(2**63), "-9223372036854775808"),
        (2**63, 2.0**63, "9223372036854775808"),
        (2**63 + 1, 2.0**63, "9223372036854775808"),
        (10**20, 1e20, "100000000000000000000"),
        (1e20, 1e20, "100000000000000000000"),
        (10**25, 1e25, "1e+25"),
        (1e300, 1e300, "1e+300"),
    ],
)
def test_numbers(given_: float, stored: float, words: str) -> None:
    found = normalise({"n": [given_]})["n"][0]
    assert (found, type(found)) == (stored, type(stored))
    assert text(given_) == canonical(given_) == words


@given(JSON)
def test_whatever_is_normal_can_be_written_and_comes_back_as_the_same(value: Any) -> None:
    written = orjson.dumps(normalise(value))
    for read in (orjson.loads(written), json.loads(written)):
        assert normalise(read) == normalise(value)
        assert digest(read) == digest(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "nan is no JSON number"),
        (float("inf"), "inf is no JSON number"),
        (10**400, "is no JSON number"),
        ("a\ud800", "half of a surrogate pair"),
        ({"\ud800": 1}, "half of a surrogate pair"),
        ({1: 1}, "keys of an object must be strings"),
        (b"x", "bytes is not a JSON value"),
        ({1, 2}, "set is not a JSON value"),
    ],
)
def test_what_no_object_could_carry(value: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        normalise(value)


def test_a_number_that_python_itself_does_not_spell_out() -> None:
    with pytest.raises(ValueError, match=r"0x1000.* is no JSON number"):
        normalise(16**5000)


def test_values_may_be_nested_and_manifests_deeper_still() -> None:
    assert normalise(nested(DEEPEST)) == nested(DEEPEST)
    assert canonical(nested(DEEPEST + 30)) == json.dumps(nested(DEEPEST + 30))
    for deep in (nested(DEEPEST + 1), nested(100_000)):
        with pytest.raises(ValueError, match="nested deeper than 64 levels"):
            normalise(deep)
    with pytest.raises(ValueError, match="nested deeper"):
        digest(nested(100_000))


def test_large_whole_numbers_are_integers() -> None:
    assert mismatch(ValueType.INTEGER, normalise(10**20)) is None
    assert mismatch(ValueType.INTEGER, 0.5) == "expected Integer, got Number 0.5"
