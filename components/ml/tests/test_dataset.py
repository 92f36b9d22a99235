"""Datasets as folders."""

import numpy as np
import pytest
from penstock_ml import dataset
from penstock_ml.wire import InputError


def made(kind, samples, holdout=0.2, seed=0):
    labels = np.arange(len(samples)) % 2
    return dataset.divide(kind, ("even", "odd"), samples, labels, holdout=holdout, seed=seed)


def test_images_come_back_as_they_were_saved(tmp_path):
    saved = made("Images", np.random.default_rng(0).random((50, 8, 8), dtype=np.float32))
    dataset.save(saved, tmp_path / "d")
    loaded = dataset.load(tmp_path / "d")
    assert loaded.classes == ("even", "odd")
    for name in dataset.SPLITS:
        np.testing.assert_array_equal(getattr(loaded, name).samples, getattr(saved, name).samples)
        np.testing.assert_array_equal(getattr(loaded, name).labels, getattr(saved, name).labels)


def test_texts_come_back_as_they_were_saved(tmp_path):
    saved = made("Words", np.array([f"größe {number} \U0001f600\u2028x" for number in range(50)]))
    dataset.save(saved, tmp_path / "d")
    loaded = dataset.load(tmp_path / "d")
    for name in dataset.SPLITS:
        assert getattr(loaded, name).samples.tolist() == getattr(saved, name).samples.tolist()


def test_splits_share_no_sample_and_lose_none():
    split = made("Words", np.array([str(number) for number in range(100)]))
    assert [len(split.train), len(split.validation), len(split.test)] == [60, 20, 20]
    together = [*split.train.samples, *split.validation.samples, *split.test.samples]
    assert sorted(together, key=int) == [str(number) for number in range(100)]
    assert split.test.labels.sum() == 10


def test_the_seed_decides_the_split():
    samples = np.array([str(number) for number in range(100)])
    first = made("Words", samples).test.samples.tolist()
    assert made("Words", samples).test.samples.tolist() == first
    assert made("Words", samples, seed=1).test.samples.tolist() != first


def test_too_few_samples_of_a_class_are_named():
    with pytest.raises(InputError, match="class 'even' has 4 samples"):
        made("Words", np.array(list("abcdefgh")))


@pytest.mark.parametrize(
    "content", [None, "{", "[]", '{"kind": "Images", "classes": ["a"]}', '{"kind": "Sounds", "classes": []}']
)
def test_what_is_no_dataset_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "dataset.json").write_text(content)
        (tmp_path / "train.npz").write_bytes(b"PK no archive")
    with pytest.raises(InputError, match=r"no dataset|of kind 'Sounds'"):
        dataset.load(tmp_path)
