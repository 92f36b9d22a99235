import pytest
from penstock_ml import dataset, fortunes
from penstock_ml.wire import InputError


def test_it_labels_texts_by_language(step, corpus, tmp_path):
    outputs = step("prepare-fortunes", artifacts={"dataset": tmp_path / "d"}, limit=100, length=30)
    prepared = dataset.load(tmp_path / "d")
    assert outputs == {"samples": 300, "classes": ["de", "en", "es"]}
    assert prepared.kind == "Characters"
    assert max(len(text) for text in prepared.train.samples) <= 30
    spanish = {text for text in map(str, prepared.test.samples) if "señor" in text or "mañana" in text}
    assert spanish
    labels = dict(zip(map(str, prepared.test.samples), prepared.test.labels, strict=True))
    assert {int(labels[text]) for text in spanish} == {2}


def test_it_labels_texts_by_subject(step, corpus, tmp_path):
    for subject in fortunes.SUBJECTS:
        lines = [f"A saying about {subject}, the one numbered {number}" for number in range(20)]
        (corpus / "en" / subject).write_text("\n%\n".join(lines), encoding="utf-8")
    outputs = step("prepare-fortunes", artifacts={"dataset": tmp_path / "d"}, task="Subject", length=400)
    prepared = dataset.load(tmp_path / "d")
    assert outputs["samples"] == 20 * len(fortunes.SUBJECTS)
    assert prepared.kind == "Words"
    for text, label in zip(prepared.train.samples, prepared.train.labels, strict=True):
        assert f"about {prepared.classes[label]}," in text


def test_languages_can_be_picked(step, corpus, tmp_path):
    outputs = step("prepare-fortunes", artifacts={"dataset": tmp_path / "d"}, languages=["es", "de"])
    assert outputs["classes"] == ["de", "es"]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"languages": ["de", "xx"]}, "names xx, but there are only de, en, es"),
        ({"languages": ["de"]}, "at least two"),
        ({"task": "Author"}, "one of Language, Subject"),
        ({"task": "Subject"}, "cannot read the collection"),
        ({"length": 3}, "between 10 and"),
    ],
)
def test_bad_inputs_are_refused(step, corpus, tmp_path, inputs, message):
    with pytest.raises(InputError, match=message):
        step("prepare-fortunes", artifacts={"dataset": tmp_path / "d"}, **inputs)
    assert not (tmp_path / "d").exists()
