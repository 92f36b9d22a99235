import pytest

from penstock.cli.ages import human, span


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
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
def test_as_kubectl_shows_them(seconds: int, text: str) -> None:
    assert human(seconds) == text


def test_a_span_runs_to_its_end_or_to_now() -> None:
    assert span("2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z", 0) == "90s"
    assert span("1970-01-01T00:00:00Z", None, 50) == "50s"
    assert span(None, None, 50) == ""
    assert span("nonsense", 3, 50) == ""
