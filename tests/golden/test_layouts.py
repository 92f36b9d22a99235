"""Where the boxes and arrows of the examples go, and of a Pipeline with all there is: `layouts/NAME.txt`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from penstock import api
from penstock.core.asked.layout.nested import layout
from penstock.core.asked.layout.placed import Layout
from penstock.core.asked.picture import Picture, picture
from penstock.core.graph.compiler import compile_pipeline

HERE = Path(__file__).parent / "layouts"
CHECKOUT = Path(__file__).parents[2]
SOURCES = {
    **{path.stem: path for path in (CHECKOUT / "examples").glob("*.yaml") if "kind: Pipeline\n" in path.read_text()},
    "everything": HERE / "everything.yaml",
}
INSTANCES = 40
"""So many instances each fan-out has."""


def picture_of(source: Path) -> Picture:
    """The picture of the Pipeline in a file, with the Components that are in it, and the project's own."""
    documents = list(yaml.safe_load_all(source.read_text()))
    components = [yaml.safe_load(path.read_text()) for path in (CHECKOUT / "components").glob("*/component.yaml")]
    using = {
        (None, one["metadata"]["name"]): api.ComponentSpec.model_validate(one["spec"])
        for one in [*components, *documents]
        if one["kind"] == "Component"
    }
    (spec,) = [one["spec"] for one in documents if one["kind"] == "Pipeline"]
    graph = compile_pipeline(api.PipelineSpec.model_validate(spec), using).graph
    assert graph is not None
    return picture(source.stem, graph)


def drawn(source: Path) -> Layout:
    """The layout of the Pipeline in a file, with all that can be opened open."""
    found = picture_of(source)
    opened = {".".join(box.segments[:depth]) for box in found.boxes for depth in range(1, 9)}
    return layout(found, opened, {box.id: INSTANCES for box in found.boxes if box.times})


def lines(found: Layout) -> Iterator[str]:
    """The layout as text, in whole pixels."""
    yield f"{found.width:.0f} x {found.height:.0f}"
    for box in found.boxes:
        yield f"{box.kind} {box.id} at {box.x:.0f},{box.y:.0f}: {box.width:.0f} x {box.height:.0f}"
    for way in found.ways:
        points = " ".join(f"{x:.0f},{y:.0f}" for x, y in way.points)
        yield f"{way.kind} {way.source} -> {way.target} ({way.label}): {points}"


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_layout(name: str, update_golden: bool) -> None:
    found = "\n".join(lines(drawn(SOURCES[name]))) + "\n"
    expected = HERE / f"{name}.txt"
    if update_golden:
        expected.write_text(found)
    assert found == expected.read_text()


def test_each_recorded_layout_is_compared() -> None:
    assert {path.stem for path in HERE.glob("*.txt")} == SOURCES.keys()
