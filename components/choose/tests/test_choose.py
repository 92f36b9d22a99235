import pytest
from penstock_ml import models
from penstock_ml.wire import InputError


@pytest.fixture
def candidates(tmp_path):
    paths = {}
    for algorithm in ("NaiveBayes", "SupportVectors", "RandomForest"):
        paths[algorithm] = tmp_path / algorithm
        models.save(models.Model(algorithm, "Images", ("a", "b"), None), paths[algorithm])
    return paths


def test_the_most_accurate_wins(step, candidates, tmp_path):
    outputs = step(
        "choose",
        artifacts={"model": tmp_path / "best"},
        model_a=candidates["NaiveBayes"],
        accuracy_a=0.9,
        model_b=candidates["SupportVectors"],
        accuracy_b=0.97,
        model_c=candidates["RandomForest"],
        accuracy_c=0.95,
    )
    assert (outputs["algorithm"], outputs["accuracy"]) == ("SupportVectors", 0.97)
    assert [entry["accuracy"] for entry in outputs["ranking"]] == [0.97, 0.95, 0.9]
    assert (tmp_path / "best").read_bytes() == candidates["SupportVectors"].read_bytes()


def test_the_first_of_equals_wins_and_absent_ones_are_left_out(step, candidates, tmp_path):
    outputs = step(
        "choose",
        artifacts={"model": tmp_path / "best"},
        model_a="",
        accuracy_a="",
        model_b=candidates["RandomForest"],
        accuracy_b=1,
        model_c=candidates["NaiveBayes"],
        accuracy_c=1,
        model_d=candidates["SupportVectors"],
        accuracy_d="",
    )
    assert [entry["algorithm"] for entry in outputs["ranking"]] == ["RandomForest", "NaiveBayes"]
    assert outputs["algorithm"] == "RandomForest"


def test_what_a_fan_out_made_is_taken_as_it_comes_and_what_failed_of_it_left_out(step, candidates, tmp_path):
    made = [str(candidates["NaiveBayes"]), None, str(candidates["SupportVectors"]), str(candidates["RandomForest"])]
    outputs = step("choose", artifacts={"model": tmp_path / "best"}, models=made, accuracies=[0.2, None, 0.4, 0.4])
    assert [entry["algorithm"] for entry in outputs["ranking"]] == ["SupportVectors", "RandomForest", "NaiveBayes"]
    assert (tmp_path / "best").read_bytes() == candidates["SupportVectors"].read_bytes()


@pytest.mark.parametrize(
    ("accuracies", "message"),
    [
        ([0.5], "2 models and 1 accuracies"),
        ([0.5, 7], r"'accuracies' has 7, but its items must be numbers between 0 and 1"),
        ([0.5, True], "'accuracies' has true"),
        ({"a": 1}, "must be a list of numbers"),
    ],
)
def test_accuracies_that_do_not_fit_are_refused(step, candidates, tmp_path, accuracies, message):
    made = [str(candidates["NaiveBayes"]), str(candidates["SupportVectors"])]
    with pytest.raises(InputError, match=message):
        step("choose", artifacts={"model": tmp_path / "best"}, models=made, accuracies=accuracies)


def test_no_candidate_at_all_is_an_error(step, tmp_path):
    with pytest.raises(InputError, match="no candidate"):
        step("choose", artifacts={"model": tmp_path / "best"})
