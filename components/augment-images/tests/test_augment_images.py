import numpy as np
import pytest
from penstock_ml import dataset
from penstock_ml.wire import InputError


def test_it_adds_altered_copies_of_training_images_only(step, digits, tmp_path):
    outputs = step("augment-images", artifacts={"dataset": tmp_path / "d"}, dataset=digits, copies=2, seed=1)
    before, after = dataset.load(digits), dataset.load(tmp_path / "d")
    count = len(before.train)
    assert outputs == {"samples": 3 * count}
    np.testing.assert_array_equal(after.train.samples[:count], before.train.samples)
    np.testing.assert_array_equal(after.train.labels, np.tile(before.train.labels, 3))
    np.testing.assert_array_equal(after.test.samples, before.test.samples)
    np.testing.assert_array_equal(after.validation.samples, before.validation.samples)
    copies = after.train.samples[count : 2 * count]
    assert 0.02 < np.abs(copies - before.train.samples).mean() < 0.3
    assert copies.min() >= 0
    assert copies.max() <= 1


def test_the_same_seed_gives_the_same_copies(step, digits, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        step("augment-images", artifacts={"dataset": tmp_path / name}, dataset=digits, copies=1, seed=seed)
    first, same, other = (dataset.load(tmp_path / name).train.samples for name in "abc")
    np.testing.assert_array_equal(first, same)
    assert np.any(first != other)


def test_without_any_alteration_copies_are_equal(step, digits, tmp_path):
    settings = {"copies": 1, "shift": 0, "rotation": 0, "noise": 0}
    step("augment-images", artifacts={"dataset": tmp_path / "d"}, dataset=digits, **settings)
    samples = dataset.load(tmp_path / "d").train.samples
    half = len(samples) // 2
    np.testing.assert_allclose(samples[half:], samples[:half], atol=1e-6)


def test_texts_are_refused(step, texts, tmp_path):
    with pytest.raises(InputError, match="use augment-texts"):
        step("augment-images", artifacts={"dataset": tmp_path / "d"}, dataset=texts)
