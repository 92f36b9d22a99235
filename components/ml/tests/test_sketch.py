import json

import numpy as np
import pytest
from penstock_ml import models, sketch
from penstock_ml.dataset import load
from penstock_ml.wire import InputError

GOOD = {
    "count": 100,
    "classes": {"a": 60, "b": 40},
    "confidence": [0.5, 0.7, 1.0],
    "features": {"mean": [0.5], "deviation": [0.1]},
}


@pytest.mark.parametrize("data", ["digits", "texts"])
def test_a_sketch_says_what_the_model_answers(step, request, tmp_path, data):
    folder = request.getfixturevalue(data)
    step("train", artifacts={"model": tmp_path / "m"}, dataset=folder, algorithm="SupportVectors")
    model, source = models.load(tmp_path / "m"), load(folder)
    made = sketch.make(model, source.test.samples)
    sketch.save(made, tmp_path / "s")
    assert sketch.load(tmp_path / "s") == made
    predicted = model.pipeline.predict(source.test.samples)
    assert made.count == len(predicted) == sum(made.classes.values())
    assert made.classes[source.classes[1]] == np.sum(predicted == 1)
    assert len(made.confidence) == 11
    assert 0 < made.confidence[0] < made.confidence[-1] <= 1
    assert len(made.features.mean) == len(made.features.deviation) == (64 if data == "digits" else 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"count": 3}, "fewer than 50"),
        ({"classes": {"a": 1}}, "are not 100 together"),
        ({"confidence": [0.9, 0.1, 0.5]}, "in ascending order"),
        ({"confidence": [0.9, float("nan"), 1]}, "not finite"),
        ({"features": {"mean": [1], "deviation": []}}, "one deviation each"),
        ({"features": {"mean": [1], "deviation": [-1]}}, "one deviation each"),
        ({"classes": None}, "AttributeError"),
    ],
)
def test_what_is_no_sketch_is_told(tmp_path, change, words):
    (tmp_path / "s").write_text(json.dumps({**GOOD, **change}))
    with pytest.raises(InputError, match=words):
        sketch.load(tmp_path / "s")
    (tmp_path / "s").write_text(json.dumps(GOOD))
    assert sketch.load(tmp_path / "s").classes == {"a": 60, "b": 40}
