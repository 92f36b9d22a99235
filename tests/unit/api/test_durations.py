"""Durations as Go writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from penstock.api.durations import Duration, human, parse, render


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("1h30m", 5400), ("1.5s", 1.5), ("250ms", 0.25), ("0s", 0), ("1h0m1s", 3601), ("10us", 1e-5)],
)
def test_parse(text: str, seconds: float) -> None:
    assert parse(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "10 s", "1d", "-1s", "s", "1s2", "1s\n", "٣s", "⏰", "\0", "1e3s", "100000h"]
)
def test_refuse(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|ten years"):
        parse(text)
    with pytest.raises(ValidationError):
        TypeAdapter(Duration).validate_python(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.85, "850ms"),
        (12.4, "12s"),
        (200, "3m20s"),
        (60, "1m"),
        (7500, "2h5m"),
        (3600, "1h"),
        (273600, "3d4h"),
    ],
)
def test_render(seconds: float, text: str) -> None:
    assert render(seconds) == text


def test_render_of_a_time_past() -> None:
    assert render(-90) == "-1m30s"


@given(st.integers(0, 86_399))
def test_render_is_within_a_minute_of_what_it_shows(seconds: int) -> None:
    assert 0 <= seconds - parse(render(seconds)) < (60 if seconds >= 3600 else 1)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (101, "101s"),
        (119, "119s"),
        (120, "2m"),
        (200, "3m20s"),
        (600, "10m"),
        (3 * 3600 - 1, "179m"),
        (3 * 3600, "3h"),
        (7 * 3600 + 300, "7h5m"),
        (47 * 3600, "47h"),
        (50 * 3600, "2d2h"),
        (9 * 86400, "9d"),
        (800 * 86400, "2y70d"),
        (3000 * 86400, "8y"),
        (-60, "<invalid>"),
    ],
)
def test_for_people_as_kubectl_shows_them(seconds: int, text: str) -> None:
    assert human(seconds) == text
