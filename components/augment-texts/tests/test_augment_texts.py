import pytest
from penstock_ml import dataset
from penstock_ml.wire import InputError


def test_it_adds_altered_copies_of_training_texts_only(step, texts, tmp_path):
    outputs = step("augment-texts", artifacts={"dataset": tmp_path / "d"}, dataset=texts, typos=0.1, seed=1)
    before, after = dataset.load(texts), dataset.load(tmp_path / "d")
    count = len(before.train)
    assert outputs == {"samples": 2 * count}
    assert after.train.samples[:count].tolist() == before.train.samples.tolist()
    assert after.train.labels.tolist() == before.train.labels.tolist() * 2
    assert after.test.samples.tolist() == before.test.samples.tolist()
    changed = sum(a != b for a, b in zip(after.train.samples[count:], before.train.samples, strict=True))
    assert changed > 0.8 * count


def test_accents_can_all_be_taken_off(step, texts, tmp_path):
    step("augment-texts", artifacts={"dataset": tmp_path / "d"}, dataset=texts, typos=0, unaccented=1)
    after = dataset.load(tmp_path / "d").train.samples
    originals, copies = " ".join(after[: len(after) // 2]), " ".join(after[len(after) // 2 :])
    assert "señor" in originals
    assert "señor" not in copies
    assert "senor" in copies


def test_the_same_seed_gives_the_same_copies(step, texts, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        step("augment-texts", artifacts={"dataset": tmp_path / name}, dataset=texts, seed=seed)
    first, same, other = (dataset.load(tmp_path / name).train.samples.tolist() for name in "abc")
    assert first == same != other


def test_images_are_refused(step, digits, tmp_path):
    with pytest.raises(InputError, match="use augment-images"):
        step("augment-texts", artifacts={"dataset": tmp_path / "d"}, dataset=digits)
