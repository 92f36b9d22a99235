"""What the tests find, measured on digits: how often nothing, and how soon what has changed."""

import drift
import numpy as np
import pytest
from penstock_ml import dataset, models, sketch
from penstock_ml.confidence import classify
from scipy.ndimage import rotate

RATE = 0.01
SIZE = 150


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model, and 1,078 samples that it has not seen."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.images / 16
    whole = dataset.divide("Images", [str(n) for n in range(10)], images, digits.target, holdout=0.3, seed=0)
    model = models.Model("SupportVectors", "Images", whole.classes, models.untrained("SupportVectors", "Images", 0))
    model.pipeline.fit(whole.train.samples, whole.train.labels)
    parts = (whole.validation, whole.test)
    return model, np.concatenate([p.samples for p in parts]), np.concatenate([p.labels for p in parts])


def answers(model, images):
    numbers, sure = classify(model, images)
    return drift.Window(tuple(model.classes[n] for n in numbers), sure, images.reshape(len(images), -1))


def turned(images, labels, random):
    picked = images[random.permutation(len(images))[:SIZE]]
    return np.clip([rotate(one, 15, reshape=False, order=1) for one in picked], 0, 1)


def mixed(images, labels, random):
    weights = np.where(labels < 3, 6.0, 1.0)
    return images[random.choice(len(images), SIZE, replace=False, p=weights / weights.sum())]


def noisy(images, labels, random):
    picked = images[random.permutation(len(images))[:SIZE]]
    return np.clip(picked + random.normal(0, 0.2, picked.shape), 0, 1)


def same(images, labels, random):
    return images[random.permutation(len(images))[:SIZE]]


def differ(trained, change, seed):
    """Whether a window differs from a reference, both drawn anew from what the model has not seen."""
    model, images, labels = trained
    random = np.random.default_rng(seed)
    order = random.permutation(len(images))
    reference, rest = order[:700], order[700:]
    made = sketch.make(model, images[reference])
    window = answers(model, change(images[rest], labels[rest], random))
    return drift.combined(drift.compare(made, window, rate=RATE, seed=seed)) <= RATE


def test_of_100_windows_in_which_nothing_has_changed_at_most_one_differs(trained):
    assert sum(differ(trained, same, seed) for seed in range(100)) <= 1


@pytest.mark.parametrize("change", [turned, mixed, noisy])
def test_a_change_is_found_in_the_first_windows(trained, change):
    # Two of three have to differ before there is an alarm.
    assert sum(differ(trained, change, seed) for seed in range(3)) >= 2


def test_each_p_value_is_as_likely_to_be_small_as_it_says():
    """Where everything is known: 200 pairs of samples from the same skewed, dependent numbers."""
    found = {}
    for seed in range(200):
        random = np.random.default_rng(seed)
        rows = random.exponential(size=(600, 6)) @ np.eye(6, k=1) + random.exponential(size=(600, 1))
        sure, kinds = random.beta(8, 1, 600), random.choice(["a", "b", "c"], 600, p=[0.6, 0.3, 0.1])
        before = sketch.Sketch(
            500,
            {name: int((kinds[:500] == name).sum()) for name in "abc"},
            tuple(np.quantile(sure[:500], np.linspace(0, 1, 11))),
            sketch.Features(tuple(rows[:500].mean(axis=0)), tuple(rows[:500].std(axis=0))),
        )
        window = drift.Window(tuple(kinds[500:]), sure[500:], rows[500:])
        for test in drift.compare(before, window, rate=0.1, seed=seed):
            found.setdefault(test.name, []).append(test.p)
    assert set(found) == {"classes", "confidence", "means", "spread"}
    shares = {name: np.mean(np.array(values) <= 0.1) for name, values in found.items()}
    # 200 draws at 0.1: 0.1 +- 0.07 is three and a half standard deviations.
    assert all(0.03 <= share <= 0.17 for share in shares.values()), shares


def test_confidences_that_many_share_are_no_difference():
    """Of five nearest neighbours one learns 0.6, 0.8 or 1: the quantiles do not say how many."""
    for seed in range(40):
        random = np.random.default_rng(seed)
        sure = random.choice([0.6, 0.8, 1.0], 700, p=[0.04, 0.13, 0.83])
        before = sketch.Sketch(500, {}, tuple(np.quantile(sure[:500], np.linspace(0, 1, 11))), sketch.Features())
        window = drift.Window(("a",) * 200, sure[500:], np.empty((200, 0)))
        assert drift.combined(drift.compare(before, window, rate=RATE, seed=seed)) > RATE


def test_texts_are_compared_by_answers_and_confidence_alone():
    random = np.random.default_rng(1)
    before = sketch.Sketch(1000, {"a": 500, "b": 500}, tuple(np.linspace(0, 1, 11)), sketch.Features())
    window = drift.Window(("a",) * 60 + ("b",) * 40, random.random(100), np.empty((100, 0)))
    tests = drift.compare(before, window, rate=RATE, seed=0)
    assert [test.name for test in tests] == ["classes", "confidence"]
    shifted = drift.Window(window.classes, window.confidence / 2, window.inputs)
    assert drift.combined(drift.compare(before, shifted, rate=RATE, seed=0)) < 0.001


def test_the_index_that_people_know_passes_its_threshold_where_nothing_has_changed():
    random = np.random.default_rng(2)
    before = sketch.Sketch(1000, {str(n): 100 for n in range(10)}, (), sketch.Features())
    windows = [
        drift.Window(tuple(random.choice(list(before.classes), 100)), np.empty(0), np.empty(0)) for _ in range(60)
    ]
    assert sum(drift.psi(before, window) > 0.1 for window in windows) > 6
    tests = [drift.compare(before, window, rate=RATE, seed=0) for window in windows]
    assert sum(drift.combined(found) <= RATE for found in tests) <= 2
