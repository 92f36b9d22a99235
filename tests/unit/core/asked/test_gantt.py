"""Pictures of runs: every step once, the layout the same whatever draws it, and nothing that breaks XML."""

import xml.etree.ElementTree as ET

from tests.unit.core.admission.clusters import GPU, node

from penstock.core.admission.capacity import Capacity
from penstock.core.admission.shapes import shape
from penstock.core.asked.drawing import Drawing, Line, Rect, Text, svg
from penstock.core.asked.gantt import NOW, Bar, Chart, draw, gantt
from penstock.core.foresight.activities import Activity, Workload
from penstock.core.foresight.simulate import simulate
from penstock.core.foresight.timeline import uses


def activity(name: str, duration: float, task: str = "", **amounts: int) -> Activity:
    asked = {"cpu": 1000, **{GPU if one == "gpu" else one: amount * 1000 for one, amount in amounts.items()}}
    return Activity(("ns", "p", name), task or name, shape("ns", asked), duration, duration)


def words(drawing: Drawing) -> list[str]:
    return [mark.words for mark in drawing.marks if isinstance(mark, Text)]


def bars(drawing: Drawing) -> list[Rect]:
    return [mark for mark in drawing.marks if isinstance(mark, Rect) and mark.tip]


def picture(*activities: Activity) -> Drawing:
    capacity = Capacity.of([node(cpu=2, gpu=1)])
    found = simulate(Workload(activities, {}), capacity)
    return gantt("a <plan> & more", found, uses(found, capacity), [activities[0].key] if activities else [])


def test_every_step_has_a_bar_and_every_resource_a_chart() -> None:
    drawing = picture(activity("long", 20, cpu=2), activity("short", 10))
    assert {"a <plan> & more", "long", "short", "cpu", "of 2"} <= set(words(drawing))
    long, short = bars(drawing)
    assert short.x == long.x + long.width
    assert round(short.width / long.width, 6) == 0.5
    assert (long.edge is None, short.edge is None) == (False, True)


def test_the_svg_says_the_same_and_is_well_formed() -> None:
    drawing = picture(activity("tune.0", 5, "tune", gpu=1), activity("tune.1", 5, "tune", gpu=1))
    texts = [element.text for element in ET.fromstring(svg(drawing)).iter() if element.tag.endswith("text")]
    assert texts == words(drawing)
    assert "tune ×2" in texts


def test_instances_that_overlap_get_lanes_of_their_own() -> None:
    one, two = bars(picture(activity("tune.0", 5, "tune"), activity("tune.1", 5, "tune")))
    assert one.x == two.x
    assert one.y + one.height < two.y


def test_the_picture_of_nothing() -> None:
    assert "makespan 0s, 0 steps" in words(picture())


def test_what_is_only_expected_is_light_and_what_was_planned_an_outline() -> None:
    step = activity("train", 20)
    chart = Chart("t", "w", (0, 40), [Bar(step, "tip", (10, 30), planned=(0, 20))], {}, now=20)
    drawing = draw(chart)
    outline, expected, done = bars(drawing)
    assert (outline.fill, outline.width) == (None, expected.width)
    assert (done.x, done.width) == (expected.x, expected.width / 2)
    assert done.fill != expected.fill
    (now,) = [mark for mark in drawing.marks if isinstance(mark, Line) and mark.colour == NOW and mark.y2 > 60]
    assert now.x1 == done.x + done.width


def test_of_a_step_that_did_not_run_only_the_outline_shows() -> None:
    (outline,) = bars(draw(Chart("t", "w", (0, 40), [Bar(activity("a", 5), "tip", None, planned=(0, 5))], {}, now=20)))
    assert outline.fill is None
