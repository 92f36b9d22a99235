import pytest
from penstock_ml import dataset, questions
from penstock_ml.wire import InputError


def collect(step, tmp_path, **inputs):
    return step("collect-questions", artifacts={"topics": tmp_path / "t", "products": tmp_path / "p"}, **inputs)


def test_it_gives_a_shard_for_each_topic_and_datasets_of_questions(step, faqs, tmp_path):
    outputs = collect(step, tmp_path)
    assert outputs["questions"] == 92
    assert outputs["shards"] == [{"topic": topic, "digest": questions.digest(topic)} for topic in questions.topics()]
    topics, products = dataset.load(tmp_path / "t"), dataset.load(tmp_path / "p")
    assert topics.classes == ("perl/perlfaq1", "python/design", "python/library")
    assert products.classes == ("perl", "python")
    asked = {one.question: one.topic for topic in questions.topics() for one in questions.of(topic)}
    for text, label in zip(topics.test.samples, topics.test.labels, strict=True):
        assert asked[str(text)] == topics.classes[label]
    assert sum(map(len, (products.train, products.validation, products.test))) == 92


def test_the_seed_decides_the_split(step, faqs, tmp_path):
    splits = []
    for number, seed in enumerate((1, 1, 2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        collect(step, folder, seed=seed)
        splits.append((folder / "t" / "test.jsonl").read_text())
    assert splits[0] == splits[1] != splits[2]


def test_without_faqs_it_says_how_to_get_them(step, monkeypatch, tmp_path):
    monkeypatch.delenv("DESK_FAQS", raising=False)
    with pytest.raises(InputError, match="run desk/collect-faqs"):
        collect(step, tmp_path)
