import pytest
from penstock_ml import desk, models
from penstock_ml.wire import InputError


def index(step, tmp_path, vectors, **inputs):
    return step("index", artifacts={"model": tmp_path / "m"}, vectors=[str(path) for path in vectors], **inputs)


@pytest.mark.parametrize("by", ["Words", "Meaning"])
def test_a_desk_finds_most_answers_and_is_right_more_often_where_it_answers(step, vectors, tmp_path, by):
    outputs = index(step, tmp_path, vectors, by=by, right=0.9)
    assert 0.4 < outputs["recall1"] < 1 - 1e-9
    assert outputs["recall1"] < outputs["recall5"]
    assert 0.2 < outputs["answered"] < 1
    assert outputs["right"] > outputs["recall1"]
    made = models.load(tmp_path / "m")
    assert (made.kind, made.classes[-1]) == ("Words", desk.PERSON)
    assert made.algorithm == {"Words": "TF-IDF", "Meaning": "e5"}[by]


def test_the_same_seed_makes_the_same_desk(step, vectors, tmp_path):
    assert index(step, tmp_path, vectors, seed=3) == index(step, tmp_path, vectors, seed=3)


def test_a_router_names_the_topic(step, vectors, tmp_path):
    step("collect-questions", artifacts={"topics": tmp_path / "t", "products": tmp_path / "p"})
    step("train", artifacts={"model": tmp_path / "r"}, dataset=tmp_path / "t", algorithm="NaiveBayes")
    index(step, tmp_path, vectors, by="Words", router=tmp_path / "r")
    made = models.load(tmp_path / "m").pipeline
    topics = [made.reply(name.partition(": ")[2]).topic == name.partition(": ")[0] for name in made.classes[:30]]
    assert sum(topics) > 25


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"vectors": "[]"}, "no embedded questions"),
        ({"vectors": "many"}, "must be a list of artifacts"),
        ({"by": "Magic"}, "Meaning"),
        ({"right": 2}, "between 0 and 1"),
    ],
)
def test_bad_inputs_are_refused(step, vectors, tmp_path, inputs, message):
    given = {"vectors": [str(path) for path in vectors], **inputs}
    with pytest.raises(InputError, match=message):
        step("index", artifacts={"model": tmp_path / "m"}, **given)


def test_too_few_questions_make_no_desk(step, vectors, tmp_path):
    with pytest.raises(InputError, match="32 questions are too few"):
        index(step, tmp_path, [vectors[0], vectors[2]])
