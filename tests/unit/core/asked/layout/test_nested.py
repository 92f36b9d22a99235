"""Frames, fan-outs and `finally`."""

from typing import Any

from tests.unit.builders import components, graph, step

from penstock.core.asked.layout.nested import layout
from penstock.core.asked.layout.placed import BLOCK, FINALLY, Layout, Placed
from penstock.core.asked.layout.sizes import CELL, HEIGHT, PADDING, TALL, TITLE, WIDTH
from penstock.core.asked.picture import picture

SELECT = {
    "inputs": [{"name": "x", "type": "Integer"}],
    "outputs": [{"name": "best", "type": "Integer", "from": "score.y"}],
    "steps": [
        step("train", inputs={"x": {"param": "x"}}, outputs={"m": "Integer"}, image="i"),
        step("score", inputs={"m": "from:train.m"}, outputs={"y": "Integer"}, image="i"),
    ],
}


def drawn(*steps: dict[str, Any], opened: tuple[str, ...] = (), **more: Any) -> Layout:
    instances = more.pop("instances", None)
    found = graph(*steps, using=components(select=SELECT), **more)
    return layout(picture("p", found), opened, instances)


def by_id(found: Layout) -> dict[str, Placed]:
    return {box.id: box for box in found.boxes}


STEPS = (
    step("prepare", outputs={"n": "Integer"}),
    step("select", component="select", inputs={"x": "from:prepare.n"}),
    step("report", inputs={"y": "from:select.best"}),
)


def test_a_closed_composite_is_one_box() -> None:
    found = drawn(*STEPS)
    assert [(box.id, box.kind, box.height) for box in found.boxes] == [
        ("prepare", "step", HEIGHT),
        ("select", "group", TALL),
        ("report", "step", HEIGHT),
    ]
    assert [(way.source, way.target, way.kind) for way in found.ways] == [
        ("prepare", "select", "data"),
        ("select", "report", "data"),
    ]


def test_an_open_composite_is_a_frame_around_its_steps_and_arrows_from_outside_end_at_it() -> None:
    found = drawn(*STEPS, opened=("select",))
    boxes = by_id(found)
    frame, first, last = boxes["select"], boxes["select.train"], boxes["select.score"]
    assert frame.kind == "frame"
    assert (first.x - frame.x, first.y - frame.y) == (PADDING, TITLE)
    assert (frame.x + frame.width) - (last.x + last.width) == PADDING
    assert [(way.source, way.target) for way in found.ways] == [
        ("select.train", "select.score"),
        ("prepare", "select"),
        ("select", "report"),
    ]
    assert found.ways[1].points[-1] == (frame.x, frame.y + frame.height / 2)


def test_a_fan_out_opens_into_cells() -> None:
    steps = (step("tune", each={"d": [1, 2, 3]}),)
    assert by_id(drawn(*steps))["tune"].height == TALL
    closed = by_id(drawn(*steps, opened=("tune",)))["tune"]
    assert closed.kind == "step"  # nobody said yet how many instances there are
    opened = by_id(drawn(*steps, opened=("tune",), instances={"tune": 5000}))["tune"]
    assert (opened.kind, opened.columns) == ("cells", 100)
    assert (opened.width, opened.height) == (100 * CELL + 2 * PADDING, 50 * CELL + TITLE + PADDING)


def test_the_steps_of_finally_stand_apart_to_the_right() -> None:
    found = drawn(step("a"), step("b", needs=["a"]), **{"finally": [step("tidy"), step("tell", needs=["tidy"])]})
    boxes = by_id(found)
    frame = boxes[FINALLY]
    assert frame.kind == "finally"
    assert frame.x > boxes["b"].x + WIDTH
    assert frame.x < boxes["tidy"].x < boxes["tell"].x < frame.x + frame.width
    assert [(way.source, way.target) for way in found.ways] == [("a", "b"), ("tidy", "tell")]


def test_a_straight_chain_is_straight() -> None:
    found = drawn(step("a"), step("b", needs=["a"]), step("c", needs=["b"]))
    assert {box.y for box in found.boxes} == {0.0}


def test_nothing_has_no_size() -> None:
    found = layout(picture("p", graph(step("a"))), ())
    assert (found.width, found.height) == (WIDTH, HEIGHT)


def test_many_with_the_same_arrows_are_a_block_with_one() -> None:
    checks = [step(f"check-{at}", needs=["a"]) for at in range(40)]
    found = drawn(step("a"), *checks, step("z", needs=[one["name"] for one in checks]))
    boxes = by_id(found)
    block = boxes[f"{BLOCK}check-0"]
    assert block.kind == "block"
    assert {boxes[one["name"]].around for one in checks} == {block.id}
    assert [(way.source, way.target) for way in found.ways] == [("a", block.id), (block.id, "z")]
    assert found.width / found.height > 1


def test_few_with_the_same_arrows_stand_below_one_another() -> None:
    checks = [step(f"check-{at}", needs=["a"]) for at in range(8)]
    found = drawn(step("a"), *checks)
    assert len({box.x for box in found.boxes}) == 2
    assert {box.around for box in found.boxes} == {""}
