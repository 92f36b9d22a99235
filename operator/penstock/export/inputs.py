"""What a run is given, as rows."""

from collections.abc import Iterator, Mapping
from typing import Any

from penstock.core.seen.views import StepView
from penstock.core.values import canonical
from penstock.export.rows import Row, words
from penstock.export.tables import INPUT

LONGEST = 1_000
"""Characters of a value that are kept."""


def inputs_of(obj: Mapping[str, Any], step: StepView) -> Iterator[Row]:
    """The inputs of the run that the status is about, as long as the spec is the one that it was made from."""
    status = step.status
    if not status.get("run") or not step.fingerprint or status.get("fingerprint") != step.fingerprint:
        return
    for one in obj["spec"].get("inputs") or ():
        given = {"step": step.uid, "run": status["run"], "name": one["name"]}
        for source in one.get("firstOf") or ((one["from"],) if "from" in one else ()):
            yield Row(INPUT, {**given, "source": source})
        if "value" in one:
            yield Row(INPUT, {**given, "source": "", "value": words(canonical(one["value"])[:LONGEST])})
