"""Training every algorithm, and keeping models."""

import numpy as np
import pytest
from penstock_ml import dataset, models, scores
from penstock_ml.wire import InputError


@pytest.mark.parametrize("algorithm", models.ALGORITHMS)
def test_every_algorithm_learns_digits(digits, algorithm):
    source = dataset.load(digits)
    pipeline = models.untrained(algorithm, "Images", 0).fit(source.train.samples, source.train.labels)
    assert np.mean(pipeline.predict(source.test.samples) == source.test.labels) > 0.87


@pytest.mark.parametrize("algorithm", models.ALGORITHMS)
@pytest.mark.parametrize("kind", ["Characters", "Words"])
def test_every_algorithm_learns_languages(texts, algorithm, kind):
    source = dataset.load(texts)
    pipeline = models.untrained(algorithm, kind, 0).fit(source.train.samples, source.train.labels)
    assert np.mean(pipeline.predict(source.test.samples) == source.test.labels) > 0.95


@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x04K\x01.", b"x\x9c\x01\x02"])
def test_what_is_no_model_is_refused(tmp_path, content):
    (tmp_path / "model").write_bytes(content)
    with pytest.raises(InputError, match=r"no model|not a model"):
        models.load(tmp_path / "model")


def test_a_model_meets_only_its_own_kind_of_data(digits, texts):
    images, words = dataset.load(digits), dataset.load(texts)
    pipeline = models.untrained("NaiveBayes", "Images", 0).fit(images.train.samples, images.train.labels)
    model = models.Model("NaiveBayes", "Images", images.classes, pipeline)
    with pytest.raises(InputError, match="trained on Images of 10 classes, the dataset holds Characters of 3"):
        scores.predict(model, words, words.test)
