"""What is found in a survey about one Pipeline."""

from collections.abc import Sequence
from dataclasses import replace

from penstock.core.asked.answer_data import as_data
from penstock.core.asked.progress import Progress, progress
from penstock.core.asked.view.cluster import ClusterView, cluster_view
from penstock.core.asked.view.lanes import lanes
from penstock.core.asked.view.outlook import Outlook, against_plan, reserved
from penstock.core.asked.view.rows import Row
from penstock.core.wording import Reader
from penstock.web.surveyed.surveys import Survey
from penstock.web.wire import Why


def why(survey: Survey, reader: Reader, name: str, path: str) -> Why:
    """Why a step of a Pipeline in the reader's namespace stands as it does, its undo too."""
    key = reader.namespace, name, path
    found = [as_data(one, reader) for one in survey.answers if one.key == key]
    return Why(survey.sight.now, found, survey.sight.notes, survey.stock.hidden)


def outlook(survey: Survey, namespace: str, name: str, id_: str, rows: Sequence[Row]) -> Outlook | None:
    """A Pipeline against its plan, and its lanes; None of one that has no valid graph (any more)."""
    found = survey.once(("progress", namespace, name), lambda: _progress(survey, namespace, name))
    if found is None:
        return None
    mine = [one for one in survey.answers if one.key[:2] == (namespace, name)]
    return Outlook(
        id_,
        survey.sight.now,
        found.began,
        found.planned,
        None if found.stuck else found.expected,
        None if found.stuck else found.late,
        against_plan(found, rows),
        lanes(namespace, survey.stock.capacity, found, survey.past, reserved(mine)),
        (*survey.sight.notes, *found.notes),
        survey.stock.hidden,
    )


def cluster(survey: Survey) -> ClusterView:
    """All that may be seen of the cluster."""

    def find() -> ClusterView:
        sight, there = survey.sight, survey.stock
        found = cluster_view(sight.observed, there.capacity, survey.past, sight.learned, sight.now)
        return replace(found, notes=sight.notes, hidden=there.hidden)

    return survey.once("cluster", find)


def _progress(survey: Survey, namespace: str, name: str) -> Progress | None:
    mine, sight = survey.pipeline(namespace, name), survey.sight
    if mine is None or mine.graph is None or mine.problems:
        return None
    return progress(mine, sight.observed, survey.stock.capacity, sight.learned)
