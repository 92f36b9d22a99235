"""Steps as rows, as columns, and what changes."""

from dataclasses import replace
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.builders import graph, step

from penstock.core.asked.view.changes import FIELDS, WORDS, changes, table
from penstock.core.asked.view.rows import Row, State, rows, state
from penstock.core.names import index_of
from penstock.core.seen.reading import step_view
from penstock.core.seen.views import StepView


def seen(path: str, owned: bool = True, **status: Any) -> StepView:
    task = ".".join(part for part in path.split(".") if not part.isdecimal())
    owner = [{"kind": "Pipeline", "uid": "u", "name": "p", "controller": True}] if owned else []
    metadata = {
        "uid": path,
        "name": f"p.{path}",
        "namespace": "ml",
        "resourceVersion": "1",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "ownerReferences": owner,
        "labels": {"penstock.dev/step": task},
    }
    return step_view({"metadata": metadata, "spec": {"fingerprint": "f"}, "status": status})


def test_rows_come_in_the_order_of_the_graph_and_instances_by_index() -> None:
    found = graph(step("b"), step("tune", needs=["b"], each={"x": range(11)}), step("a", needs=["tune"]))
    made = [seen(f"tune.{at}") for at in (10, 2, 9)] + [seen("b", phase="Succeeded"), seen("gone")]
    assert [(row.path, row.task, row.made) for row in rows(found, made)] == [
        ("b", "b", True),
        ("tune.2", "tune", True),
        ("tune.9", "tune", True),
        ("tune.10", "tune", True),
        ("a", "a", False),
        ("gone", "gone", True),
    ]


def test_without_a_graph_there_are_the_steps_that_exist() -> None:
    assert [row.path for row in rows(None, [seen("b"), seen("a", owned=False)])] == ["a", "b"]
    assert [row.orphan for row in rows(None, [seen("b"), seen("a", owned=False)])] == [True, False]


def test_indices_of_paths_in_composites() -> None:
    assert index_of("select.3.score.12", "select.score") == (3, 12)
    assert index_of("a.1.b", "a.1.b") == ()  # a step may be called 1
    assert index_of("a.1.7", "a.1") == (7,)


def test_a_status_is_read_as_far_as_it_can_be() -> None:
    told = state(
        {
            "phase": "Failed",
            "reason": "Error",
            "message": "exit code 1",
            "startTime": "2026-01-01T00:00:10Z",
            "completionTime": "2026-01-01T00:00:40Z",
            "attempts": [{"number": 1, "node": "n1"}, {"number": 2, "node": "n2"}],
            "run": 3,
            "undo": {"run": 3, "phase": "Running"},
        }
    )
    assert told == State("Failed", "Error", "exit code 1", 1767225610.0, 1767225640.0, 2, "n2", "Running")
    assert state({"run": 4, "undo": {"run": 3, "phase": "Running"}}).undo == ""
    nonsense = {"phase": 3, "attempts": "x", "startTime": "soon", "undo": [], "message": None}
    assert state(nonsense) == State()


STATES = st.builds(
    State,
    phase=st.sampled_from(["Pending", "Running"]),
    reason=st.sampled_from(["", "Error"]),
    start=st.sampled_from([None, 5.0]),
)


@given(st.lists(STATES, min_size=1, max_size=6), st.lists(STATES, min_size=6, max_size=6))
def test_changes_bring_a_table_up_to_date(first: list[State], then: list[State]) -> None:
    before = [Row(f"s.{at}", "s", one) for at, one in enumerate(first)]
    after = [Row(f"s.{at}", "s", one) for at, (_, one) in enumerate(zip(first, then, strict=False))]
    held = {name: list(column) for name, column in table(before).states.items()}
    words = list(table(before).words)
    for number, *values in changes(before, after) or ():
        for name, value in zip(FIELDS, values, strict=True):
            if name in WORDS:
                words.append(value)
                value = len(words) - 1
            held[name][number] = value
    told = {name: [words[one] if name in WORDS else one for one in column] for name, column in held.items()}
    assert told == {name: [row.state[at] for row in after] for at, name in enumerate(FIELDS)}


def test_other_rows_need_a_whole_table() -> None:
    one, two = Row("a", "a", State()), Row("b", "b", State())
    assert changes([one], [one, two]) is None
    assert changes([one], [two]) is None
    assert changes([replace(one, made=False)], [one]) is None
    assert changes([one, two], [one, two]) == []


def test_a_table_of_5000_steps_is_small() -> None:
    many = [Row(f"tune.{at}", "tune", State("Queued", "WaitingForResources", "needs 1 cpu")) for at in range(5000)]
    found = table(many)
    assert (found.tasks, found.words) == (["tune"], ["Queued", "WaitingForResources", "needs 1 cpu", ""])
    assert len(orjson.dumps([found.paths, found.task, found.flags, found.words, found.states])) < 250_000
