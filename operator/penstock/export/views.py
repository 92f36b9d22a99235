"""The views: what reports and dashboards may rely on. Names and columns change only with the version of the schema."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Float, Select, and_, cast, func, select

from penstock.export.tables import ARTIFACT, METRIC, PIPELINE, ROUND, RUN, STEP, USAGE, WAIT

HOUR = 3600.0
MODELS = ("model", "bundle")
"""What components call the artifact that is a model."""

Query = Select[Any]

ROUNDS = ROUND.join(PIPELINE, PIPELINE.c.uid == ROUND.c.pipeline)
"""Rounds with the Pipeline that ran."""

STEPS = (
    select(
        STEP.c.uid,
        STEP.c.namespace,
        func.coalesce(PIPELINE.c.series, STEP.c.name).label("series"),
        STEP.c.path,
        STEP.c.task,
        STEP.c.gone,
    )
    .select_from(STEP.outerjoin(PIPELINE, PIPELINE.c.uid == STEP.c.pipeline))
    .subquery("steps")
)
"""Steps with what their runs have in common: the schedule, or the Pipeline, or the Step that stands alone."""
_OF = (STEPS.c.namespace, STEPS.c.series)


def _runs_daily() -> Query:
    """Rounds that ended, by day (UTC), Pipeline, and how they ended."""
    day, of = func.date(ROUND.c.ended), (PIPELINE.c.namespace, PIPELINE.c.series, ROUND.c.phase)
    seconds = cast(func.avg(ROUND.c.seconds), Float).label("mean_seconds")
    query = select(day.label("day"), *of, func.count().label("runs"), seconds).select_from(ROUNDS)
    return query.where(ROUND.c.ended.is_not(None)).group_by(day, *of)


def _waits_by_reason() -> Query:
    """What steps waited for, how often and for how long; of waits that are over."""
    of, seconds = (*_OF, WAIT.c.reason), WAIT.c.seconds
    total, longest = cast(func.sum(seconds), Float).label("seconds"), func.max(seconds).label("longest_seconds")
    query = select(*of, func.count().label("waits"), total, longest)
    return query.join_from(WAIT, STEPS, STEPS.c.uid == WAIT.c.step).where(seconds.is_not(None)).group_by(*of)


def _gpu_cost() -> Query:
    """Hours, times amount, for which GPUs and other extended resources were held, busy, and lost."""
    of, used = (*_OF, USAGE.c.resource), ("reserved", "busy", "lost")
    hours = [(cast(func.sum(USAGE.c[f"{one}_seconds"]), Float) / HOUR).label(f"{one}_hours") for one in used]
    return select(*of, *hours).join_from(USAGE, STEPS, STEPS.c.uid == USAGE.c.step).group_by(*of)


def _step_p95() -> Query:
    """How long the runs of a task took that succeeded: the median and the 95th percentile, by nearest rank."""
    of = (*_OF, STEPS.c.task)
    rank = func.row_number().over(partition_by=of, order_by=RUN.c.seconds).label("rank")
    many = func.count().over(partition_by=of).label("runs")
    ranked = (
        select(*of, RUN.c.seconds, rank, many)
        .join_from(RUN, STEPS, STEPS.c.uid == RUN.c.step)
        .where(RUN.c.phase == "Succeeded", RUN.c.seconds.is_not(None))
        .subquery("ranked")
    )
    keys = (ranked.c.namespace, ranked.c.series, ranked.c.task, ranked.c.runs)

    def at_least(share: int, name: str) -> Any:
        return func.min(ranked.c.seconds).filter(ranked.c.rank * 100 >= ranked.c.runs * share).label(name)

    worst = func.max(ranked.c.seconds).label("max_seconds")
    return select(*keys, at_least(50, "p50_seconds"), at_least(95, "p95_seconds"), worst).group_by(*keys)


def _plan_vs_actual() -> Query:
    """What was planned at a Pipeline's start against what came of it; of rounds for which a plan was known."""
    of = (PIPELINE.c.namespace, PIPELINE.c.series, PIPELINE.c.name, ROUND.c.round, ROUND.c.phase, ROUND.c.started)
    planned, actual = ROUND.c.planned_seconds, ROUND.c.seconds.label("actual_seconds")
    late = (ROUND.c.seconds - planned).label("late_seconds")
    query = select(*of, planned, actual, late).select_from(ROUNDS)
    return query.where(planned.is_not(None), ROUND.c.seconds.is_not(None))


def _models() -> Query:
    """Artifacts that are models, with the accuracy that their run told, if it told one."""
    made = and_(RUN.c.step == ARTIFACT.c.step, RUN.c.run == ARTIFACT.c.run)
    told = and_(METRIC.c.step == RUN.c.step, METRIC.c.run == RUN.c.run, METRIC.c.name == "accuracy")
    joined = ARTIFACT.join(RUN, made).join(STEPS, STEPS.c.uid == RUN.c.step).outerjoin(METRIC, told)
    of = (*_OF, STEPS.c.path, RUN.c.run, ARTIFACT.c.name, RUN.c.revision, RUN.c.ended.label("made"))
    held = (and_(RUN.c.held, ~STEPS.c.gone)).label("held")
    what = (RUN.c.fingerprint, RUN.c.producers, ARTIFACT.c.uri, ARTIFACT.c.sha256, ARTIFACT.c.bytes)
    query = select(*of, *what, METRIC.c.value.label("accuracy"), held)
    return query.select_from(joined).where(ARTIFACT.c.name.in_(MODELS))


VIEWS: Mapping[str, Query] = {
    "v_runs_daily": _runs_daily(),
    "v_waits_by_reason": _waits_by_reason(),
    "v_gpu_cost": _gpu_cost(),
    "v_step_p95": _step_p95(),
    "v_plan_vs_actual": _plan_vs_actual(),
    "v_models": _models(),
}
