import hashlib

import pytest
from penstock_ml import models
from penstock_ml.wire import InputError


def test_it_writes_a_model_that_says_what_it_is(step, texts, tmp_path):
    outputs = step("train", artifacts={"model": tmp_path / "m"}, dataset=texts, algorithm="NaiveBayes")
    model = models.load(tmp_path / "m")
    assert (model.algorithm, model.kind, model.classes) == ("NaiveBayes", "Characters", ("de", "en", "es"))
    assert outputs["samples"] > 300
    predicted = model.pipeline.predict(["the truth is nothing", "la verdad nunca está"])
    assert [model.classes[number] for number in predicted] == ["en", "es"]


def test_the_same_seed_gives_the_same_model_to_the_byte(step, digits, tmp_path):
    digests = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        step("train", artifacts={"model": tmp_path / name}, dataset=digits, algorithm="RandomForest", seed=seed)
        digests.append(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert digests[0] == digests[1] != digests[2]


def test_an_unknown_algorithm_is_refused(step, texts, tmp_path):
    with pytest.raises(InputError, match="'algorithm' is 'Oracle', but must be one of LogisticRegression"):
        step("train", artifacts={"model": tmp_path / "m"}, dataset=texts, algorithm="Oracle")
