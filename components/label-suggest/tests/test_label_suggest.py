import json

import numpy as np
import pytest
from penstock_ml import dataset
from penstock_ml.wire import InputError


@pytest.fixture
def wrong(digits, tmp_path):
    """The digits with 40 training labels that are wrong, and which."""
    source = dataset.load(digits)
    random = np.random.default_rng(5)
    which = random.choice(len(source.train), 40, replace=False)
    given = source.train.labels.copy()
    given[which] = (given[which] + random.integers(1, 10, 40)) % 10
    changed = dataset.Split(source.train.samples, given)
    dataset.save(dataset.Dataset("Images", source.classes, changed, source.validation, source.test), tmp_path / "w")
    return tmp_path / "w", set(which.tolist())


@pytest.fixture
def suggest(step, tmp_path):
    def run(**inputs):
        outputs = step("label-suggest", artifacts={"tasks": tmp_path / "tasks", "page": tmp_path / "page"}, **inputs)
        return outputs, [json.loads(line) for line in (tmp_path / "tasks").read_text().splitlines()]

    return run


def test_labels_that_are_wrong_are_among_the_least_sure(suggest, wrong, digits, tmp_path):
    folder, which = wrong
    outputs, tasks = suggest(dataset=folder, count=100)
    assert (outputs["count"], outputs["samples"]) == (100, 1077)
    found = len(which & {task["id"] for task in tasks})
    assert found >= 38, found
    assert [task["sure"] for task in tasks] == sorted(task["sure"] for task in tasks)
    truth = dataset.load(digits).train.labels
    assert np.mean([task["suggested"] == str(truth[task["id"]]) for task in tasks if task["id"] in which]) > 0.8
    page = (tmp_path / "page").read_text()
    assert page.count("<img") == 100


def test_rules_vote_on_texts(suggest, texts, tmp_path):
    plain, _ = suggest(dataset=texts, count=5)
    outputs, tasks = suggest(
        dataset=texts, count=5, rules={"de": r"\bder\b", "en": r"\bthe\b|\bder\b"}, algorithm="NaiveBayes"
    )
    assert outputs["disagreeing"] >= plain["disagreeing"]
    source = dataset.load(texts)
    assert all(task["text"] == source.train.samples[task["id"]] for task in tasks)


def test_what_people_have_begun_is_not_overwritten(suggest, wrong, digits, tmp_path):
    place = tmp_path / "claim" / "ann.jsonl"
    suggest(dataset=wrong[0], count=10, place=place)
    changed = place.read_text().replace('"label": ""', '"label": "7"', 1)
    place.write_text(changed)
    suggest(dataset=wrong[0], count=10, place=place)
    assert place.read_text() == changed
    with pytest.raises(InputError, match="asks about other samples: move it away"):
        suggest(dataset=wrong[0], count=11, place=place)
    with pytest.raises(InputError, match="mount a claim there"):
        suggest(dataset=wrong[0], count=10, place="/proc/none/ann.jsonl")
    assert place.read_text() == changed


def test_a_text_is_no_markup_on_the_page(suggest, tmp_path):
    words = ["<script>alert(1)</script> a", "b & c"] * 20
    split = dataset.Split(np.array(words), np.array([0, 1] * 20))
    dataset.save(dataset.Dataset("Words", ("<i>", "y"), split, split, split), tmp_path / "d")
    suggest(dataset=tmp_path / "d", algorithm="NaiveBayes")
    page = (tmp_path / "page").read_text()
    assert "<script>" not in page
    assert "<i>" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    ("rules", "words"),
    [('{"de": "("}', "no object of a regular"), ("[1]", "no object of a"), ('{"xx": "a"}', "tells of 'xx'")],
)
def test_rules_that_cannot_be_used_are_refused(suggest, texts, rules, words):
    with pytest.raises(InputError, match=words):
        suggest(dataset=texts, rules=rules)


def test_images_have_no_rules(suggest, digits):
    with pytest.raises(InputError, match="is for texts"):
        suggest(dataset=digits, rules={"1": "x"})
