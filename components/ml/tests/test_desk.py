"""The desk: what it answers, and what it hands over."""

import numpy as np
import pytest
from penstock_ml import confidence, desk, models, retrieval


@pytest.fixture
def shelf(vectors):
    return retrieval.load(vectors)


def made(shelf, right=0.8, router=None):
    return desk.Desk(shelf, retrieval.ByWords, router, right=right, seed=0)


def test_the_threshold_is_the_lowest_from_which_on_enough_is_right():
    confidences, right = np.array([0.9, 0.6, 0.8, 0.7]), np.array([True, False, True, False])
    assert desk.threshold(confidences, right, 1.0) == 0.8
    assert desk.threshold(confidences, right, 0.66) == 0.7
    assert desk.threshold(confidences, right, 0.5) == 0.6
    assert desk.threshold(confidences, ~right, 0.9) > 1


def test_the_curve_goes_from_the_surest_to_all():
    answered, right = desk.curve(np.array([0.1, 0.9]), np.array([False, True]))
    assert answered.tolist() == [0.5, 1.0]
    assert right.tolist() == [1.0, 0.5]


def test_it_answers_what_it_finds_and_hands_over_what_means_nothing_to_it(shelf):
    one = made(shelf)
    known = shelf.questions[3]
    reply = one.reply(f"{known.answer} please")
    assert (reply.answer, reply.person) == (known.answer, False)
    assert reply.question == f"{known.topic}: {known.question}"
    strange = one.reply("Xylophone?")
    assert strange.person
    assert strange.confidence < one.threshold < reply.confidence


def test_as_a_classifier_it_says_the_same(shelf):
    one = made(shelf)
    texts = [shelf.questions[3].answer, "Xylophone?"]
    replies = [one.reply(text) for text in texts]
    assert [one.classes[number] for number in one.predict(texts)] == [replies[0].question, desk.PERSON]
    numbers, sure = confidence.classify(models.Model("TF-IDF", "Words", one.classes, one), texts)
    assert numbers.tolist() == one.predict(texts).tolist()
    assert sure.tolist() == pytest.approx([replies[0].confidence, 1 - replies[1].confidence])


def test_who_wants_more_right_answers_gets_fewer(shelf):
    strict, lax = made(shelf, right=0.95), made(shelf, right=0.3)
    assert strict.threshold > lax.threshold
    texts = [one.question for one in shelf.questions]
    handed = [int((one.predict(texts) == len(shelf.questions)).sum()) for one in (strict, lax)]
    assert handed[0] > handed[1]


def test_the_confidence_of_a_question_comes_from_folds_that_had_not_seen_it(shelf):
    one = made(shelf)
    _, own = one._best([question.question for question in shelf.questions])
    assert not np.allclose(one.trial.confidences, own, atol=1e-6)
    assert one.trial.held.sum() == len(shelf.questions) / 2


def test_it_is_less_sure_where_the_answer_was_taken_away(shelf):
    one = made(shelf)
    assert one.trial.absent.mean() < one.trial.confidences.mean() - 0.2
    outcome = one.outcome()
    assert outcome.mistaken < outcome.answered - 0.2


def test_a_kept_desk_answers_as_before(shelf, tmp_path):
    one = made(shelf)
    models.save(models.Model("TF-IDF", "Words", one.classes, one), tmp_path / "m")
    again = models.load(tmp_path / "m").pipeline
    assert [again.reply(q.question) for q in shelf.questions] == [one.reply(q.question) for q in shelf.questions]
