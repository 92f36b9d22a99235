"""Ticks of cron lines: plain lines, daylight saving, lines that never fire, and what is said about bad ones."""

import contextlib
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.core.cron.ticks import DAY, PREDEFINED, InvalidLine, InvalidZone, parse_line, parse_zone, timetable


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def ticks(line: str, zone: str | None, after: str, until: str) -> list[str]:
    found = timetable(line, zone)
    return [datetime.fromtimestamp(one, found.zone).isoformat() for one in found.between(at(after), at(until))]


@pytest.mark.parametrize(
    ("line", "after", "expected"),
    [
        ("* * * * *", "2026-07-01T12:00:00Z", "2026-07-01T12:01:00Z"),
        ("* * * * *", "2026-07-01T11:59:59.9Z", "2026-07-01T12:00:00Z"),
        ("*/15 * * * *", "2026-07-01T12:46:00Z", "2026-07-01T13:00:00Z"),
        ("5/20 * * * *", "2026-07-01T12:06:00Z", "2026-07-01T12:25:00Z"),
        ("30 2 * * *", "2026-12-31T03:00:00Z", "2027-01-01T02:30:00Z"),
        ("0 6 * * MON-FRI", "2026-07-03T07:00:00Z", "2026-07-06T06:00:00Z"),
        ("0 0 * * 7", "2026-07-01T00:00:00Z", "2026-07-05T00:00:00Z"),
        ("0 0 13 * FRI", "2026-07-01T00:00:00Z", "2026-07-03T00:00:00Z"),
        ("0 0 13 * ?", "2026-07-01T00:00:00Z", "2026-07-13T00:00:00Z"),
        ("0 0 */10 * FRI", "2026-07-04T00:00:00Z", "2026-07-10T00:00:00Z"),
        ("0 0 */10 * FRI", "2026-07-10T00:00:00Z", "2026-07-11T00:00:00Z"),
        ("0 0 L * *", "2028-02-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 0 29 2 *", "2026-07-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 0 * 2 MON#5", "2026-07-01T00:00:00Z", "2044-02-29T00:00:00Z"),
        ("@hourly", "2026-07-01T12:00:00Z", "2026-07-01T13:00:00Z"),
        ("@Daily", "2026-07-01T12:00:00Z", "2026-07-02T00:00:00Z"),
        ("@weekly", "2026-07-01T12:00:00Z", "2026-07-05T00:00:00Z"),
        ("@monthly", "2026-07-01T12:00:00Z", "2026-08-01T00:00:00Z"),
        ("@yearly", "2026-07-01T12:00:00Z", "2027-01-01T00:00:00Z"),
    ],
)
def test_next(line: str, after: str, expected: str) -> None:
    assert timetable(line, None).next(at(after)) == at(expected)


def test_a_time_that_does_not_exist_has_no_tick() -> None:
    assert ticks("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00Z", "2026-03-30T12:00Z") == [
        "2026-03-28T02:30:00+01:00",
        "2026-03-30T02:30:00+02:00",
    ]
    assert ticks("30 2 * * *", "America/New_York", "2026-03-07T00:00Z", "2026-03-09T12:00Z") == [
        "2026-03-07T02:30:00-05:00",
        "2026-03-09T02:30:00-04:00",
    ]
    assert ticks("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00Z", "2026-10-04T20:00Z") == [
        "2026-10-05T02:15:00+11:00"
    ]
    assert ticks("0 0 * * *", "Africa/Cairo", "2026-04-22T12:00Z", "2026-04-25T12:00Z") == [
        "2026-04-23T00:00:00+02:00",
        "2026-04-25T00:00:00+03:00",
    ]


def test_a_time_that_comes_twice_has_two_ticks() -> None:
    assert ticks("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", "2026-10-25T12:00Z") == [
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:30:00+01:00",
    ]
    assert ticks("30 1 * * *", "America/New_York", "2026-10-31T12:00Z", "2026-11-01T12:00Z") == [
        "2026-11-01T01:30:00-04:00",
        "2026-11-01T01:30:00-05:00",
    ]
    assert ticks("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T00:00Z", "2026-04-05T00:00Z") == [
        "2026-04-05T01:45:00+11:00",
        "2026-04-05T01:45:00+10:30",
    ]


def test_a_day_can_begin_twice() -> None:
    """Newfoundland once put its clocks back at one minute past midnight."""
    assert ticks("0 0,23 * * *", "America/St_Johns", "2010-11-06T12:00Z", "2010-11-07T12:00Z") == [
        "2010-11-06T23:00:00-02:30",
        "2010-11-07T00:00:00-02:30",
        "2010-11-07T00:00:00-03:30",
    ]


def test_hourly_lines_fire_each_hour_that_passes() -> None:
    forward = ticks("0 * * * *", "Europe/Berlin", "2026-03-28T22:59Z", "2026-03-29T22:00Z")
    back = ticks("0 * * * *", "Europe/Berlin", "2026-10-24T21:59Z", "2026-10-25T23:00Z")
    assert (len(forward), len(back)) == (24, 26)


def test_a_thousand_missed_ticks_are_skipped_at_once() -> None:
    found = timetable("* * * * *", "Europe/Berlin")
    assert found.latest(at("1990-01-01T00:00Z"), at("2026-07-01T12:00:30Z")) == at("2026-07-01T12:00:00Z")
    assert len(list(islice(found.between(0, at("2026-01-01T00:00Z")), 1000))) == 1000


def test_what_never_fires_in_its_zone_has_no_next_tick() -> None:
    """The last Sunday of March has no 02:30 in Berlin, ever again."""
    assert timetable("30 2 * 3 0L", "Europe/Berlin").next(at("2026-01-01T00:00Z")) is None
    assert timetable("30 2 * 3 0L", "UTC").next(at("2026-01-01T00:00Z")) is not None


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "has 0 fields, not 5"),
        ("* * * *", "has 4 fields, not 5"),
        ("0 0 12 * * *", "there are no seconds"),
        ("TZ=Europe/Berlin 0 6 * * *", "set timeZone: Europe/Berlin and schedule: '0 6 \\* \\* \\*'"),
        ("cron_tz=UTC @daily", "set timeZone: UTC and schedule: '@daily'"),
        ("@every 5m", "@hourly, @daily"),
        ("@reboot", "@hourly, @daily"),
        ("60 * * * *", "minute '60' is not valid; use \\*, 0-59"),
        ("* 24 * * *", "hour '24'"),
        ("* * 0 * *", "day-of-month '0'"),
        ("* * * 13 *", "month '13'"),
        ("* * * * 8", "day-of-week '8'"),
        ("*/0 * * * *", "minute '\\*/0'"),
        ("30-10 * * * *", "minute '30-10'"),
        ("0 0 31 2,4 *", "never fires: no month 2,4 has a day 31"),
        ("0 0 30 2 ?", "never fires: no month 2 has a day 30"),
        ("every day at noon please", "minute 'every'"),
    ],
)
def test_bad_lines_say_what_to_write_instead(line: str, words: str) -> None:
    with pytest.raises(InvalidLine, match=words):
        parse_line(line)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/berlin", 'did you mean "Europe/Berlin"'),
        ("Mars/Olympus", "write it like Europe/Berlin"),
        ("../../etc/passwd", "there is no time zone"),
        ("Local", "there is no time zone"),
        ("localtime", "there is no time zone"),
        ("", "there is no time zone"),
    ],
)
def test_unknown_zones(zone: str, words: str) -> None:
    with pytest.raises(InvalidZone, match=words):
        parse_zone(zone)


@given(st.text(alphabet="0123456789*/-,?L#@ MONJAFEB²=\t", max_size=24))
def test_any_text_is_a_line_or_an_error_that_explains(text: str) -> None:
    with contextlib.suppress(InvalidLine):
        assert parse_line(text).minutes <= set(range(60))


ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kathmandu"]
FIELD = {"minute": (0, 59), "hour": (0, 23), "day": (1, 28), "month": (1, 12), "weekday": (0, 6)}


@st.composite
def lines(draw: st.DrawFn) -> str:
    words = []
    for low, high in FIELD.values():
        one = draw(st.integers(low, high))
        other = draw(st.integers(one, high))
        words.append(draw(st.sampled_from(["*", "*", str(one), f"{one}-{other}", f"{one},{other}", f"*/{other or 1}"])))
    return " ".join(words)


def naive(line: str, zone: str, minute: int) -> bool:
    """Whether a minute matches, field by field, as the definition says."""
    wall = datetime.fromtimestamp(minute, ZoneInfo(zone))
    words = line.split()

    def values(word: str, low: int, high: int) -> set[int]:
        if word == "*":
            return set(range(low, high + 1))
        if word.startswith("*/"):
            return set(range(low, high + 1, int(word[2:])))
        if "-" in word:
            return set(range(int(word.split("-")[0]), int(word.split("-")[1]) + 1))
        return {int(part) for part in word.split(",")}

    bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)]
    found = [wall.minute, wall.hour, wall.day, wall.month, wall.isoweekday() % 7]
    fits = [one in values(word, *bound) for one, word, bound in zip(found, words, bounds, strict=True)]
    either = {"*", "*/1"}.isdisjoint((words[2], words[4]))
    day = (fits[2] or fits[4]) if either else (fits[2] and fits[4])
    return fits[0] and fits[1] and fits[3] and day


@given(lines(), st.sampled_from(ZONES), st.integers(0, 3000), st.integers(0, DAY), st.integers(0, 2 * DAY))
def test_ticks_are_the_minutes_that_match_in_order(line: str, zone: str, day: int, second: int, length: int) -> None:
    after = int(datetime(2021, 1, 1, tzinfo=UTC).timestamp()) + day * DAY + second
    found = timetable(line, zone)
    expected = [
        minute for minute in range(-(-(after + 1) // 60) * 60, after + length + 1, 60) if naive(line, zone, minute)
    ]
    assert list(found.between(after, after + length)) == expected
    assert found.latest(after, after + length) == (expected[-1] if expected else None)
    if expected:
        assert found.next(after) == expected[0]


def test_predefined_words_are_the_lines_they_stand_for() -> None:
    begin = at("2026-01-01T00:00Z")
    until = begin + timedelta(days=400).total_seconds()
    for word, line in PREDEFINED.items():
        assert list(timetable(word, None).between(begin, until)) == list(timetable(line, None).between(begin, until))
