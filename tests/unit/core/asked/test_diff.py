"""What applying a manifest would do to steps of `finally`."""

from typing import Any

from tests.properties.model import Cluster
from tests.unit.builders import cluster, graph, pipeline, runs, step

from penstock.core.asked.diff import diff


def made(script: str = "1", tell: str = "t") -> Any:
    return step("a", script=script), {"finally": [step("tell", script=tell, inputs={"how": "expr:pipeline.status"})]}


def told(found: Cluster, script: str = "1", tell: str = "t") -> list[tuple[str, str, str]]:
    one, more = made(script, tell)
    changes = diff(graph(one, **more), found.objects["Pipeline", "p"], found.of("Step"), found.now)
    return [(change.path, change.action.value, change.why) for change in changes]


def ran(script: str = "1") -> Cluster:
    one, more = made(script)
    found = cluster(pipeline(one, **more))
    found.run()
    return found


def test_where_nothing_runs_finally_does_not() -> None:
    found = ran()
    held = "the result of run 1 counts"
    assert told(found) == [("a", "reuse", held), ("tell", "reuse", held)]
    one, more = made()
    found.apply(pipeline(one, description="another", **more))
    found.run()
    assert runs(found) == ["a", "tell"]


def test_finally_runs_after_whatever_ran_and_when_it_changed() -> None:
    found = ran()
    assert told(found, script="2")[1:] == [("tell", "run", "depends on a, which runs")]
    assert told(found, tell="u")[1:] == [("tell", "run", "script changed")]
