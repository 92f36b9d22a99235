import pytest
from penstock_ml import charts, models
from penstock_ml.wire import InputError
from PIL import Image


def test_two_desks_are_compared(step, vectors, tmp_path):
    paths = [str(path) for path in vectors]
    best = step("index", artifacts={"model": tmp_path / "m"}, vectors=paths, by="Words")
    other = step("index", artifacts={"model": tmp_path / "b"}, vectors=paths, by="Meaning")
    outputs = step(
        "report-answers", artifacts={"picture": tmp_path / "png"}, model=tmp_path / "m", baseline=tmp_path / "b"
    )
    assert {name: outputs[name] for name in best} == best
    assert (outputs["baseline1"], outputs["baseline5"]) == (other["recall1"], other["recall5"])
    assert outputs["chance5"] == pytest.approx(5 / 92, abs=1e-4)
    low, high = outputs["interval"]
    assert low <= outputs["right"] <= high
    with Image.open(tmp_path / "png") as image:
        assert image.format == "PNG"
        assert set(charts.COLOURS) <= {colour for _, colour in image.convert("RGB").getcolors(200_000)}


def test_a_desk_that_answers_nothing_is_reported_as_such(step, vectors, tmp_path):
    step("index", artifacts={"model": tmp_path / "m"}, vectors=[str(path) for path in vectors], by="Words")
    made = models.load(tmp_path / "m")
    made.pipeline.threshold = 1.1
    models.save(made, tmp_path / "m")
    outputs = step(
        "report-answers", artifacts={"picture": tmp_path / "png"}, model=tmp_path / "m", baseline=tmp_path / "m"
    )
    assert (outputs["answered"], outputs["right"], outputs["interval"]) == (0, 0, [0, 1])


def test_a_model_that_is_no_desk_is_refused(step, texts, tmp_path):
    step("train", artifacts={"model": tmp_path / "m"}, dataset=texts, algorithm="NaiveBayes")
    with pytest.raises(InputError, match="not a desk: wire it from an index step"):
        step("report-answers", artifacts={"picture": tmp_path / "png"}, model=tmp_path / "m", baseline=tmp_path / "m")
