"""The graph of a Pipeline for a page."""

from tests.unit.builders import graph, step

from penstock.core.asked.view.rows import Row, State
from penstock.core.asked.view.shape import shape


def test_boxes_arrows_and_what_is_special_of_tasks() -> None:
    found = shape(
        "p",
        graph(
            step("deploy", undo={"script": "back"}),
            step("tune", each={"d": [1, 2]}, needs=["deploy"]),
            {"name": "agree", "approval": {"message": "?"}, "needs": ["tune"]},
        ),
        [],
        (),
    )
    assert [box[:2] for box in found.boxes] == [["deploy", "step"], ["tune", "step"], ["agree", "step"]]
    assert [way[:3] for way in found.ways] == [["deploy", "tune", "order"], ["tune", "agree", "order"]]
    assert all(isinstance(length, int) for way in found.ways for length in way[4])
    assert (found.times, found.undo, found.approvals) == ({"tune": "×2"}, ["deploy"], ["agree"])


def test_instances_are_cells_where_they_are_open() -> None:
    rows = [Row(f"tune.{at}", "tune", State()) for at in range(50)]
    found = shape("p", graph(step("tune", each={"d": list(range(50))})), rows, {"tune"})
    ((id_, kind, *_, columns, around),) = found.boxes
    assert (id_, kind, columns, around) == ("tune", "cells", 10, "")


def test_a_fan_out_is_as_high_before_it_has_instances() -> None:
    one = graph(step("tune", each={"d": [1, 2]}))
    some = [Row("tune.0", "tune", State()), Row("tune.1", "tune", State())]
    assert shape("p", one, [], ()).boxes == shape("p", one, some, ()).boxes


def test_steps_that_no_graph_has_are_drawn_too() -> None:
    rows = [Row("old", "old", State(), orphan=True), Row("a", "a", State())]
    assert [box[0] for box in shape("p", graph(step("a")), rows, ()).boxes] == ["a", "old"]
    assert [box[0] for box in shape("p", None, rows, ()).boxes] == ["old", "a"]
