import pytest
from penstock_ml import dataset
from penstock_ml.wire import InputError
from PIL import Image


@pytest.fixture
def folds(step, digits, tmp_path):
    """Two groups: the digits, and the digits of which those below 5 are labelled wrong, so that half is never right."""
    source = dataset.load(digits)
    wrong = source.test.labels.copy()
    wrong[wrong < 5] = (wrong[wrong < 5] + 1) % 5
    other = dataset.Split(source.test.samples, wrong)
    dataset.save(
        dataset.Dataset(source.kind, source.classes, source.train, source.validation, other), tmp_path / "hard"
    )
    step("train", artifacts={"model": tmp_path / "model"}, dataset=digits, algorithm="SupportVectors")
    return {"datasets": [str(digits), str(tmp_path / "hard")], "models": [str(tmp_path / "model")] * 2}


def test_the_worst_group_is_named_and_the_mean_is_set_against_the_rest(step, folds, tmp_path):
    given = {**folds, "groups": ["easy", "hard"], "accuracy": 0.98}
    outputs = step("report-groups", artifacts={"picture": tmp_path / "png"}, **given)
    easy, hard = outputs["accuracies"]
    assert easy > 0.95
    assert 0.4 < hard < 0.55
    assert (outputs["worst"], outputs["worst-group"]) == (hard, "hard")
    assert outputs["mean"] == pytest.approx((easy + hard) / 2, abs=1e-4)
    assert outputs["gap"] == pytest.approx(0.98 - outputs["mean"], abs=1e-4)
    image = Image.open(tmp_path / "png")
    assert image.format == "PNG"
    assert image.width > image.height


@pytest.mark.parametrize("groups", [[], ["one"], ["one", "two", "three"]])
def test_groups_without_their_models_are_refused(step, folds, groups):
    with pytest.raises(InputError, match="wire one of each"):
        step("report-groups", **folds, groups=groups, accuracy=0.9)
