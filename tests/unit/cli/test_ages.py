from penstock.cli.show.ages import span


def test_a_span_runs_to_its_end_or_to_now() -> None:
    assert span("2026-01-01T00:00:00Z", "2026-01-01T00:01:30Z", 0) == "90s"
    assert span("1970-01-01T00:00:00Z", None, 50) == "50s"
    assert span(None, None, 50) == ""
    assert span("nonsense", 3, 50) == ""
