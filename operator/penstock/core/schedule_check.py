"""Checks a PipelineSchedule: its cron line, its time zone, and the Pipeline that it creates."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from penstock.api.schedule import PipelineScheduleSpec
from penstock.core.compiler import compile_pipeline
from penstock.core.outline import Components
from penstock.core.problems import Problem
from penstock.core.reasons import Reason

_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
"""From here a line that ever fires does so within the years that cronsim looks at, 29 February included."""


def cron_line(schedule: str) -> str:
    """The five fields of a cron line, or of a nickname such as `@daily`."""
    return _NICKNAMES.get(schedule.strip().lower(), schedule)


def check_schedule(spec: PipelineScheduleSpec, components: Components) -> tuple[Problem, ...]:
    """Everything that is wrong with a PipelineSchedule."""
    problems = []
    line = cron_line(spec.schedule)
    five = len(line.split()) == 5
    try:
        if not five:
            raise CronSimError("Wrong number of fields")
        next(CronSim(line, _EPOCH))
    except CronSimError as error:
        problems.append(
            Problem(
                "spec.schedule",
                Reason.INVALID_VALUE,
                f"{spec.schedule!r} is no cron line ({str(error).lower()}); write five fields such as '30 6 * * 1-5',"
                " or @hourly, @daily, @weekly, @monthly, @yearly",
            )
        )
    except StopIteration:
        problems.append(Problem("spec.schedule", Reason.INVALID_VALUE, f"{spec.schedule!r} never comes; correct the day"))
    if spec.time_zone is not None and not _is_zone(spec.time_zone):
        problems.append(
            Problem(
                "spec.timeZone",
                Reason.INVALID_VALUE,
                f"{spec.time_zone!r} is no time zone; give one of the IANA names, such as Europe/Berlin",
            )
        )
    compiled = compile_pipeline(spec.pipeline_template.spec, components)
    inside = [
        Problem(f"spec.pipelineTemplate.{problem.path}", problem.reason, problem.message)
        for problem in compiled.problems
    ]
    return (*problems, *inside)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        return False
    except KeyError:
        return False
    return True
