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
    """How long the runs of a task took that succeeded: the median and the 95th percentile, by nearest rank.

    Runs are sorted by the number of their task, not by its name in three columns: that takes half the time.
    """
    of = (STEPS.c.namespace, STEPS.c.series, STEPS.c.task)
    numbered = select(STEPS.c.uid, *of, func.dense_rank().over(order_by=of).label("number")).cte("numbered")
    number, seconds = numbered.c.number, RUN.c.seconds
    rank = func.row_number().over(partition_by=number, order_by=seconds).label("rank")
    many = func.count().over(partition_by=number).label("runs")
    ranked = (
        select(number, seconds, rank, many)
        .join_from(RUN, numbered, numbered.c.uid == RUN.c.step)
        .where(RUN.c.phase == "Succeeded", seconds.is_not(None))
        .subquery("ranked")
    )

    def at_least(share: int, name: str) -> Any:
        return func.min(ranked.c.seconds).filter(ranked.c.rank * 100 >= ranked.c.runs * share).label(name)

    worst = func.max(ranked.c.seconds).label("max_seconds")
    figures = (at_least(50, "p50_seconds"), at_least(95, "p95_seconds"), worst)
    found = select(ranked.c.number, ranked.c.runs, *figures).group_by(ranked.c.number, ranked.c.runs).subquery("found")
    named = select(number, *(numbered.c[one.name] for one in of)).distinct().subquery("named")
    told = (found.c[name] for name in ("runs", "p50_seconds", "p95_seconds", "max_seconds"))
    query = select(named.c.namespace, named.c.series, named.c.task, *told)
    return query.join_from(found, named, named.c.number == found.c.number)


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
