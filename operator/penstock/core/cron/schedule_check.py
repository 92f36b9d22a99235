"""Checks a PipelineSchedule: its cron line, its time zone, its backfill, and the Pipeline that it creates."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from penstock.api.base import LABEL, SUBDOMAIN
from penstock.api.pipeline import PipelineSpec
from penstock.api.schedule import Backfill, PipelineScheduleSpec, TemplateMeta
from penstock.core.cron.ticks import DAY, InvalidLine, InvalidZone, Timetable, parse_line, parse_zone
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.graph.outline import Components
from penstock.core.names import LABEL_LENGTH
from penstock.core.problems import Problem
from penstock.core.reasons import Reason

SCHEDULED_TIME = "scheduledTime"
"""The parameter that gets the tick, if the template declares it."""
MOST_TICKS = 10_000
"""Most ticks that one backfill may have."""
LONGEST_RANGE = 40 * 366 * DAY

_ONCE = 1_700_000_000
"""A line that ever fires does so within forty years of any instant."""
_SAMPLE = "2026-07-01T12:00:00Z"
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a PipelineSchedule says, checked. `first` and `last` are the range of its backfill."""

    spec: PipelineScheduleSpec
    timetable: Timetable
    first: float = 0.0
    last: float = 0.0


@dataclass(frozen=True, slots=True)
class CompiledSchedule:
    """The outcome of a check: the rules, or the problems that prevent them."""

    rules: Rules | None
    problems: tuple[Problem, ...]


def check_schedule(spec: PipelineScheduleSpec, components: Components) -> tuple[Problem, ...]:
    """Everything that is wrong with a PipelineSchedule, given the Components that its Pipelines may use."""
    return compile_schedule(spec, components).problems


def compile_schedule(spec: PipelineScheduleSpec, components: Components) -> CompiledSchedule:
    """The rules that a PipelineSchedule consists of, or everything that is wrong with it."""
    problems: list[Problem] = []
    timetable = _timetable(spec, problems)
    first = last = 0.0
    if spec.backfill:
        first = _instant(spec.backfill.from_, "spec.backfill.from", problems)
        last = _instant(spec.backfill.to, "spec.backfill.to", problems)
        if not problems and timetable:
            problems += _range(spec.backfill, first, last, timetable)
    template = spec.pipeline_template
    if template.metadata:
        problems += _metadata(template.metadata)
    compiled = compile_pipeline(_with_sample(template.spec), components)
    problems += [Problem(f"spec.pipelineTemplate.{one.path}", one.reason, one.message) for one in compiled.problems]
    if problems or timetable is None:
        return CompiledSchedule(None, tuple(problems))
    return CompiledSchedule(Rules(spec, timetable, first, last), ())


def _timetable(spec: PipelineScheduleSpec, problems: list[Problem]) -> Timetable | None:
    cron = zone = None
    try:
        cron = parse_line(spec.schedule)
    except InvalidLine as error:
        problems.append(Problem("spec.schedule", Reason.INVALID_VALUE, str(error)))
    try:
        zone = parse_zone(spec.time_zone)
    except InvalidZone as error:
        problems.append(Problem("spec.timeZone", Reason.INVALID_VALUE, str(error)))
    if not (cron and zone):
        return None
    found = Timetable(cron, zone)
    if found.next(_ONCE) is None:
        words = f"{spec.schedule!r} never fires in time zone {zone.key}: that time of day never comes on these days"
        problems.append(Problem("spec.schedule", Reason.INVALID_VALUE, f"{words}; name another hour or day"))
    return found


def _instant(text: str, path: str, problems: list[Problem]) -> float:
    words = f"{text!r} is no instant; write it like 2026-07-01T00:00:00Z"
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            words = f"{text!r} names no time zone; write {text}Z for UTC, or {text}+02:00"
        elif found.timestamp() < 0:
            words = f"{text!r} is before 1970; begin later"
        else:
            return found.timestamp()
    except (ValueError, OverflowError):
        pass
    problems.append(Problem(path, Reason.INVALID_VALUE, words))
    return 0.0


def _range(backfill: Backfill, first: float, last: float, timetable: Timetable) -> Iterator[Problem]:
    if first > last:
        words = f"the range ends at {backfill.to}, before it begins at {backfill.from_}; swap them"
        yield Problem("spec.backfill", Reason.INVALID_VALUE, words)
    elif last - first > LONGEST_RANGE:
        yield Problem("spec.backfill", Reason.INVALID_VALUE, "the range is longer than forty years; shorten it")
    elif next(islice(timetable.between(math.ceil(first) - 1, last), MOST_TICKS, None), None) is not None:
        words = f"the range has more than {MOST_TICKS:,} ticks; do one part after the other"
        yield Problem("spec.backfill", Reason.INVALID_VALUE, words)


def _metadata(metadata: TemplateMeta) -> Iterator[Problem]:
    """What the API server would refuse at each tick."""
    place = "spec.pipelineTemplate.metadata"
    yield from _keys(metadata.labels or {}, f"{place}.labels")
    yield from _keys(metadata.annotations or {}, f"{place}.annotations")
    for key, value in (metadata.labels or {}).items():
        if value and not (len(value) <= LABEL_LENGTH and _QUALIFIED.fullmatch(value)):
            words = (
                f"{value!r} is no label's value: at most 63 letters, digits, '-', '_' and '.', none of these at an end"
            )
            yield Problem(f"{place}.labels[{key}]", Reason.INVALID_VALUE, words)


def _keys(pairs: Mapping[str, str], place: str) -> Iterator[Problem]:
    for key in pairs:
        prefix, slash, name = key.rpartition("/")
        named = len(name) <= LABEL_LENGTH and _QUALIFIED.fullmatch(name)
        if not named or (slash and not _is_domain(prefix)):
            words = f"{key!r} is no valid key; write it like team or example.com/team"
            yield Problem(f"{place}[{key}]", Reason.INVALID_VALUE, words)


def _is_domain(text: str) -> bool:
    return bool(re.fullmatch(SUBDOMAIN, text)) and all(re.fullmatch(LABEL, part) for part in text.split("."))


def _with_sample(spec: PipelineSpec) -> PipelineSpec:
    """The template as at some tick, so that the parameter's type and enum are checked against what it will get."""
    params = [
        one.model_copy(update={"value": _SAMPLE}) if one.name == SCHEDULED_TIME else one for one in spec.params or ()
    ]
    return spec.model_copy(update={"params": params}) if params else spec
