import numpy as np
import pytest
from penstock_ml import dataset, models


@pytest.mark.parametrize("algorithm", ["NaiveBayes", "SupportVectors"])
def test_it_scores_on_validation_samples(step, digits, tmp_path, algorithm):
    step("train", artifacts={"model": tmp_path / "m"}, dataset=digits, algorithm=algorithm)
    outputs = step("validate", dataset=digits, model=tmp_path / "m")
    source = dataset.load(digits)
    right = models.load(tmp_path / "m").pipeline.predict(source.validation.samples) == source.validation.labels
    assert outputs["accuracy"] == pytest.approx(np.mean(right), abs=1e-4)
    assert outputs["accuracy"] > {"NaiveBayes": 0.85, "SupportVectors": 0.97}[algorithm]
    assert outputs["macro-f1"] == pytest.approx(outputs["accuracy"], abs=0.02)
