"""Quantities: exact sums in milli-units, and a clear refusal of everything else."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from penstock.api.quantities import LARGEST, MILLI, Quantity, WholeQuantity, parse, render, render_short

SUFFIXES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "m": Decimal("0.001")}


@pytest.mark.parametrize(
    ("text", "milli"),
    [
        ("500m", 500),
        ("2", 2000),
        (2, 2000),
        (0.5, 500),
        ("0.5", 500),
        (".5", 500),
        ("1.", 1000),
        ("+1", 1000),
        ("1Ki", 1_024_000),
        ("64Mi", 64 * 2**20 * 1000),
        ("1e3", 1_000_000),
        ("1E3", 1_000_000),
        ("1E", 10**21),
        ("0.1m", 1),
        ("1n", 1),
        ("0", 0),
        (1e-07, 1),
        (LARGEST, LARGEST * MILLI),
    ],
)
def test_parse(text: str | float, milli: int) -> None:
    assert parse(text) == milli


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not a quantity"),
        ("64Mb", "not a quantity"),
        ("1 Gi", "not a quantity"),
        ("1,5", "not a quantity"),
        ("１", "not a quantity"),
        ("٣", "not a quantity"),
        ("🚀", "not a quantity"),
        ("1\0", "not a quantity"),
        ("1\n", "not a quantity"),
        ("1e4000", "not a quantity"),
        ("nan", "not a quantity"),
        (float("inf"), "not a quantity"),
        ("-1", "negative"),
        (-1, "negative"),
        (-0.5, "negative"),
        ("1e400", "larger"),
        ("9" * 60, "larger"),
        ("9223372036854775808", "larger"),
        ("8Ei", "larger"),
    ],
)
def test_refuse(text: str | float, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse(text)


@given(st.decimals(min_value=0, max_value=10**6, places=3), st.sampled_from(sorted(SUFFIXES)))
def test_parse_is_exact_and_rounds_up(number: Decimal, suffix: str) -> None:
    exact = number * SUFFIXES[suffix] * 1000
    assert 0 <= parse(f"{number:f}{suffix}") - exact < 1


@given(st.text(max_size=20) | st.floats() | st.integers())
def test_any_input_gives_an_amount_or_a_value_error(value: str | float) -> None:
    try:
        milli = parse(value)
    except ValueError:
        milli = 0
    assert 0 <= milli <= LARGEST * MILLI


@given(st.sampled_from(["cpu", "nvidia.com/gpu"]), st.integers(0, 10**9))
def test_render_says_the_same_amount(resource: str, milli: int) -> None:
    assert parse(render(resource, milli)) == milli


@pytest.mark.parametrize(
    ("resource", "milli", "text"),
    [
        ("cpu", 250, "250m"),
        ("cpu", 2000, "2"),
        ("memory", 64 * 2**20 * 1000, "64Mi"),
        ("memory", 1000, "1"),
        ("ephemeral-storage", 2**30 * 1000, "1Gi"),
        ("nvidia.com/gpu", 4000, "4"),
    ],
)
def test_render(resource: str, milli: int, text: str) -> None:
    assert render(resource, milli) == text


@pytest.mark.parametrize(
    ("resource", "milli", "text"),
    [
        ("memory", (24632932 * 2**10) * 1000, "23.5Gi"),
        ("memory", (2**30 + 1) * 1000, "1Gi"),
        ("memory", 500 * 1000, "500"),
        ("hugepages-2Mi", 6 * 2**20 * 1000, "6Mi"),
        ("ephemeral-storage", 1536 * 1000, "1.5Ki"),
        ("cpu", 1500, "1500m"),
    ],
)
def test_render_short(resource: str, milli: int, text: str) -> None:
    assert render_short(resource, milli) == text


@pytest.mark.parametrize("value", [True, None, [], {}, "x", -1, "1" * 65])
def test_fields_refuse(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Quantity).validate_python(value)


def test_a_whole_quantity_takes_no_bare_fraction() -> None:
    assert TypeAdapter(WholeQuantity).validate_python("1.5Gi") == "1.5Gi"
    with pytest.raises(ValidationError, match="in quotes"):
        TypeAdapter(WholeQuantity).validate_python(1.5)
