import numpy as np
import pytest
from penstock_ml import dataset, models
from PIL import Image


@pytest.mark.parametrize(("data", "floor"), [("digits", 0.96), ("texts", 0.97)])
def test_it_reports_on_test_samples(step, request, tmp_path, data, floor):
    folder = request.getfixturevalue(data)
    step("train", artifacts={"model": tmp_path / "m"}, dataset=folder, algorithm="SupportVectors")
    outputs = step("report", artifacts={"confusion": tmp_path / "c"}, dataset=folder, model=tmp_path / "m")
    source = dataset.load(folder)
    wrong = models.load(tmp_path / "m").pipeline.predict(source.test.samples) != source.test.labels

    assert outputs["accuracy"] == pytest.approx(1 - np.mean(wrong), abs=1e-4)
    assert outputs["accuracy"] > floor > 0.5 > outputs["baseline"]
    low, high = outputs["interval"]
    assert low <= outputs["accuracy"] <= high
    assert outputs["algorithm"] == "SupportVectors"
    assert len(outputs["mistakes"]) <= 5
    assert sum(mistake["count"] for mistake in outputs["mistakes"]) <= wrong.sum()
    with Image.open(tmp_path / "c") as image:
        assert image.format == "PNG"
        assert min(image.size) > 56 * len(source.classes)
