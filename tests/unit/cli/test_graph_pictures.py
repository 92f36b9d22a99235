"""`penstock graph -o svg|png` as a user runs it."""

import xml.etree.ElementTree as ET
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from PIL import Image
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_api import FakeApi
from tests.unit.cli.objects import pipeline, step

from penstock.cli.show.png import png
from penstock.cluster.failure import Failure
from penstock.core.asked.drawing import Drawing, Way


def written(place: Path, *names: str) -> str:
    step = {"name": "a", "image": "i", "script": "x"}
    common = {"apiVersion": "penstock.dev/v1alpha1", "kind": "Pipeline"}
    manifests = [
        {**common, "metadata": {"name": name}, "spec": {"steps": [step, {**step, "name": "b", "needs": ["a"]}]}}
        for name in names
    ]
    place.write_text(yaml.safe_dump_all(manifests))
    return str(place)


def test_a_manifest_as_svg(run: Run, tmp_path: Path) -> None:
    drawn = ET.fromstring(run("graph", written(tmp_path / "p.yaml", "one"), "-o", "svg").stdout)
    assert [one.text for one in drawn.iter() if one.tag.endswith("text")] == ["a", "b"]
    assert drawn.get("aria-label") == "one"


def test_a_pipeline_in_the_cluster_has_its_phases(api: FakeApi, run: Run) -> None:
    api.add(pipeline(steps=("a", "b")), step("a", "Succeeded"), step("b", "Failed"))
    drawn = run("graph", "digits", "-o", "svg").stdout
    assert ">Succeeded</text>" in drawn
    assert "<title>b: Failed</title>" in drawn


def test_a_manifest_as_png_has_boxes_and_a_dashed_arrow(run: Run, tmp_path: Path) -> None:
    image = Image.open(BytesIO(run("graph", written(tmp_path / "p.yaml", "one"), "-o", "png").stdout_bytes)).convert(
        "L"
    )
    width, height = image.size
    middle = [image.getpixel((x, height // 2)) for x in range(2 * (16 + 184) + 4, width // 2 + 40)]
    dark = [value < 160 for value in middle if isinstance(value, int)]
    changes = sum(one != two for one, two in pairwise(dark))
    assert changes >= 8, "a dashed line is dark and light by turns"


def test_one_picture_is_of_one_pipeline(run: Run, tmp_path: Path) -> None:
    found = run("graph", written(tmp_path / "p.yaml", "one", "two"), "-o", "svg")
    assert (found.exit_code, found.stdout) == (1, "")
    assert "-o svg is a picture of one Pipeline, and there are 2: one, two; name a file of one" in found.stderr


def test_a_png_that_would_take_too_much_memory_is_not_begun() -> None:
    with pytest.raises(Failure, match=r"20,000 x 20,000 pixels is too large to be made; -o svg has no such bound"):
        png(Drawing("t", 20_000, 20_000, ()))


def test_a_curve_of_a_png_goes_where_that_of_an_svg_goes() -> None:
    way = Way(((10, 10), (20, 10), (60, 50), (70, 50)), "#000000", 2)
    image = Image.open(BytesIO(png(Drawing("t", 80, 60, (way,))))).convert("L")
    dark = {(x, y) for x in range(image.width) for y in range(image.height) if image.getpixel((x, y)) == 0}
    assert {(30, 20), (80, 60), (130, 100)} <= dark, "a straight part, the middle of the curve, a straight part"
    assert (60, 50) not in dark, "it leaves level, so it is no straight line"


def test_a_page_with_the_picture_loads_nothing_and_shows_what_others_wrote_as_text(api: FakeApi, run: Run) -> None:
    api.add(pipeline(steps=("a", "b")), step("a", "Succeeded"), step("b", "Failed"))
    page = run("graph", "digits", "-o", "html").stdout
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert "<h1>digits</h1>" in page
    assert "<title>b: Failed</title>" in page
    assert "default-src 'none'; style-src 'sha256-" in page
    assert [word for word in ("<script", "<link", "href=", "src=") if word in page] == []
