"""Ticks of a cron line in a time zone, as a Kubernetes CronJob has them. Instants are whole seconds since 1970.

A tick is a minute whose wall clock time matches the line. Where clocks go forward, a time that does not exist has no
tick that day; where they go back, a time that comes twice has two ticks. That is CronJob's rule (robfig/cron matches
every minute that passes), not that of Debian's cron, which moves the first and drops the second.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError

from penstock.core.problems import nearest

DAY = 86_400
HORIZON = 41 * 366 * DAY
"""How far a next tick is looked for: a fifth Monday of February can be 40 years away."""

PREDEFINED = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_FIELDS = {
    "minute": "0-59",
    "hour": "0-23",
    "day-of-month": "1-31, L (the last day)",
    "month": "1-12, JAN-DEC",
    "day-of-week": "0-7 (0 and 7 are Sunday), SUN-SAT, MON#1 (the first Monday), 5L (the last Friday)",
}
_EPOCH = date(1970, 1, 1)
_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class InvalidLine(ValueError):
    """A cron line that cannot be used; the text says why and what to write instead."""


class InvalidZone(ValueError):
    """A time zone that is not known; the text says what to write instead."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """A cron line in a time zone."""

    cron: CronSim
    zone: ZoneInfo

    def between(self, after: float, until: float) -> Iterator[int]:
        """The ticks in (after, until], in order, lazily."""
        begin, end = math.floor(after) + 1, math.floor(until) + 1
        for day in range(begin // DAY, -(-end // DAY)):
            for tick in self._of_day(day):
                if begin <= tick < end:
                    yield tick

    def next(self, after: float) -> int | None:
        """The first tick after an instant; None if there is none within forty years."""
        return next(self.between(after, after + HORIZON), None)

    def upcoming(self, after: float, count: int) -> list[int]:
        """The first ticks after an instant, of the next forty years."""
        return list(islice(self.between(after, after + HORIZON), count))

    def latest(self, after: float, until: float) -> int | None:
        """The last tick in (after, until]; None if there is none."""
        begin, end = math.floor(after) + 1, math.floor(until) + 1
        for day in range(-(-end // DAY) - 1, begin // DAY - 1, -1):
            found = [tick for tick in self._of_day(day) if begin <= tick < end]
            if found:
                return found[-1]
        return None

    def _of_day(self, day: int) -> Iterator[int]:
        """The ticks of a day of UTC, counted from 1970."""
        around = [_EPOCH + timedelta(days=day + shift) for shift in (-1, 0, 1)]
        matching = [one for one in around if one.month in self.cron.months and self.cron.match_day(one)]
        if not matching:
            return
        for begin, end in self._stretches(day * DAY, (day + 1) * DAY):
            offset = self._offset(begin)
            for one in matching:
                midnight = (one - _EPOCH).days * DAY - offset
                if midnight < end and begin < midnight + DAY:
                    yield from (tick for tick in self._of_wall_day(midnight) if begin <= tick < end)

    def _of_wall_day(self, midnight: int) -> Iterator[int]:
        for hour in sorted(self.cron.hours):
            for minute in sorted(self.cron.minutes):
                yield midnight + hour * 3600 + minute * 60

    def _stretches(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """The time from begin to end, cut wherever clocks are put forward or back."""
        if end - begin == 1 or self._offset(begin) == self._offset(end - 1):
            yield begin, end
        else:
            middle = (begin + end) // 2
            yield from self._stretches(begin, middle)
            yield from self._stretches(middle, end)

    def _offset(self, at: int) -> int:
        """Seconds that the wall clock is ahead of UTC."""
        offset = datetime.fromtimestamp(at, self.zone).utcoffset()
        assert offset is not None
        return offset.days * DAY + offset.seconds


def timetable(line: str, zone: str | None) -> Timetable:
    """The ticks of a cron line of five fields, or of a word such as @daily; in UTC if `zone` is None.

    Raises InvalidLine or InvalidZone.
    """
    return Timetable(parse_line(line), parse_zone(zone))


@lru_cache(maxsize=1024)
def parse_zone(name: str | None) -> ZoneInfo:
    """The IANA time zone of that name; UTC of None. Raises InvalidZone."""
    if name is None:
        return ZoneInfo("UTC")
    known = _zones()
    if name not in known:
        example = nearest(name, known) or "; write it like Europe/Berlin or Etc/UTC"
        raise InvalidZone(f"there is no time zone {name!r}{example}")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidZone(f"the data of time zone {name!r} cannot be read: {error}") from error


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime"}  # the operator's own zone is no property of a manifest


def parse_line(line: str) -> CronSim:
    """The fields of a cron line. Raises InvalidLine."""
    words = line.split()
    if line.upper().startswith(("TZ=", "CRON_TZ=")):
        zone, rest = words[0].partition("=")[2], " ".join(words[1:])
        raise InvalidLine(f"a time zone is no part of the cron line; set timeZone: {zone} and schedule: {rest!r}")
    if line.startswith("@"):
        words = PREDEFINED.get(line.strip().lower(), "").split()
        if not words:
            raise InvalidLine(f"{line!r} is not known; use {', '.join(PREDEFINED)}, or five fields such as */5 * * * *")
    if len(words) == 6:
        raise InvalidLine(
            f"{line!r} has 6 fields; there are no seconds and no years, the five fields are {', '.join(_FIELDS)}; "
            f"did you mean {' '.join(words[1:])!r}?"
        )
    if len(words) != len(_FIELDS):
        raise InvalidLine(
            f"{line!r} has {len(words)} field{'s' * (len(words) != 1)}, not 5: {', '.join(_FIELDS)}; "
            "every day at 2:30 is '30 2 * * *'"
        )
    cron = _parse(["*" if word == "?" else word for word in words], line)
    # With a star in one of the two, both must match, else one of them; */2 is no star (robfig/cron; Debian's differs).
    cron.day_and = _is_star(words[2]) or _is_star(words[4])
    return cron


def _is_star(word: str) -> bool:
    return any(part in ("*", "?", "*/1", "?/1") for part in word.split(","))


def _parse(words: list[str], line: str) -> CronSim:
    try:
        return CronSim(" ".join(words), _ANY_DAY)
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
    if field == "day-of-month":
        in_any_month = [*words[:3], "*", words[4]]
        try:
            CronSim(" ".join(in_any_month), _ANY_DAY)
        except CronSimError:
            pass
        else:
            raise InvalidLine(f"{line!r} never fires: no month {words[3]} has a day {words[2]}; name another day")
    word = words[list(_FIELDS).index(field)]
    raise InvalidLine(f"{field} {word!r} is not valid; use *, {_FIELDS[field]}, ranges 1-5, lists 1,2 or steps */2")
