"""What `penstock graph -o svg` draws, of a manifest and of Pipelines whose steps stand somehow: `diagrams/NAME.svg`."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from tests.golden.test_layouts import SOURCES, picture_of
from tests.scenes.scenes import SCENES
from tests.scenes.wire import graph_of

from penstock.cluster.phases import together
from penstock.core.asked.diagram import diagram
from penstock.core.asked.drawing import svg
from penstock.core.asked.picture import Picture, picture
from penstock.core.seen.reading import step_view

HERE = Path(__file__).parent / "diagrams"
NAMES = ("everything", "failing", "small")


def pictured(name: str) -> Picture:
    """The picture of a file, or of a scene with the phases of its tasks."""
    if name in SOURCES:
        return picture_of(SOURCES[name])
    scene = SCENES[name]()
    phases: dict[str, list[str]] = {}
    for step in map(step_view, scene.of("Step")):
        phases.setdefault(step.task, []).append(str(step.status.get("phase") or "Pending"))
    return picture(scene.name, graph_of(scene), {task: together(found) for task, found in phases.items()})


@pytest.mark.parametrize("name", NAMES)
def test_diagram(name: str, update_golden: bool) -> None:
    found = svg(diagram(pictured(name)))
    expected = HERE / f"{name}.svg"
    if update_golden:
        expected.write_text(found)
    assert found == expected.read_text()


def test_each_recorded_diagram_is_compared() -> None:
    assert {path.stem for path in HERE.glob("*.svg")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_lies_inside_and_every_step_is_named(name: str) -> None:
    found = pictured(name)
    drawn = ET.fromstring(svg(diagram(found)))
    places = [
        {key: float(one.get(key, 0)) for key in ("x", "y", "width", "height")}
        for one in drawn.iter()
        if "rect" in one.tag
    ]
    assert all(one["x"] + one["width"] <= float(drawn.get("width", 0)) for one in places)
    assert all(one["y"] + one["height"] <= float(drawn.get("height", 0)) for one in places)
    tips = [str(one.text).partition(":")[0] for one in drawn.iter() if one.tag.endswith("title")]
    assert sorted(tips) == sorted(box.id for box in found.boxes)
