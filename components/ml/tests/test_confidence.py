import numpy as np
import pytest
from penstock_ml import confidence, dataset, models


@pytest.mark.parametrize("algorithm", models.ALGORITHMS)
def test_the_surest_answers_are_right_more_often(algorithm, digits):
    source = dataset.load(digits)
    pipeline = models.untrained(algorithm, source.kind, 0)
    pipeline.fit(source.train.samples[:300], source.train.labels[:300])
    model = models.Model(algorithm, source.kind, source.classes, pipeline)
    predicted, sure = confidence.classify(model, source.validation.samples)
    assert (predicted == pipeline.predict(source.validation.samples)).all()
    assert ((sure > 0) & (sure <= 1)).all()
    right = predicted == source.validation.labels
    order = np.argsort(-sure, kind="stable")
    half = len(order) // 2
    assert right[order[:half]].mean() >= right[order[half:]].mean()


@pytest.mark.parametrize("algorithm", ["SupportVectors", "NaiveBayes"])
def test_two_classes_of_which_the_first_is_never_seen(algorithm):
    texts = np.array(["now you see", "now you do not"] * 4)
    pipeline = models.untrained(algorithm, "Words", 0)
    pipeline.fit(texts, np.array([1, 2] * 4))
    model = models.Model(algorithm, "Words", ("none", "yes", "no"), pipeline)
    predicted, sure = confidence.classify(model, texts[:2])
    assert list(predicted) == [1, 2]
    assert (sure > 0.5).all()
