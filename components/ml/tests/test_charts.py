"""Bars and curves."""

from penstock_ml import charts
from PIL import Image


def test_bars_are_as_high_as_their_shares(tmp_path):
    sheet = charts.Sheet("A title", "and more", 1)
    frame = sheet.frame(0, "Bars")
    frame.bars({"one": {"a": 1.0, "b": 0.5}})
    sheet.save(tmp_path / "png")
    with Image.open(tmp_path / "png") as image:
        assert image.format == "PNG"
        pixels = list(image.convert("RGB").get_flattened_data())
    heights = [pixels.count(colour) for colour in charts.COLOURS[:2]]
    assert abs(heights[0] - 2 * heights[1]) < 0.03 * heights[0]


def test_an_axis_ends_where_it_is_told_to_and_panels_are_as_wide(tmp_path):
    sheet = charts.Sheet("A title", "", 1, width=700)
    frame = sheet.frame(0, "Bars", most=0.4)
    frame.bars({"one": {"a": 0.4, "b": 0.1}})
    sheet.save(tmp_path / "png")
    with Image.open(tmp_path / "png") as image:
        seen = image.convert("RGB")
        assert image.width > 700
        left, right = frame.at(0.3, 0.35), frame.at(0.7, 0.35)
        assert [seen.getpixel(tuple(map(round, at))) for at in (left, right)] == [charts.COLOURS[0], (255, 255, 255)]
    assert frame.at(1, 0)[0] - frame.at(0, 0)[0] == 700


def test_a_curve_and_its_point_are_where_they_should_be(tmp_path):
    sheet = charts.Sheet("A title", "", 2)
    frame = sheet.frame(1, "Curve")
    frame.across("x")
    frame.curve(0, [0, 1], [1, 0])
    frame.point(0.25, 0.25, "here")
    sheet.save(tmp_path / "png")
    with Image.open(tmp_path / "png") as image:
        seen = image.convert("RGB")
        assert seen.getpixel(tuple(map(round, frame.at(0.5, 0.5)))) == charts.COLOURS[0]
        assert seen.getpixel(tuple(map(round, frame.at(0.25, 0.25)))) == charts.INK
