"""FAQs by topic."""

import pytest
from penstock_ml import questions
from penstock_ml.wire import InputError


def test_a_file_is_a_topic_and_its_folder_the_product(faqs):
    assert list(questions.topics()) == ["perl/perlfaq1", "python/design", "python/gui", "python/library"]
    assert {one.product for one in questions.of("python/gui")} == {"python"}
    assert len(questions.of("perl/perlfaq1")) == 30


def test_an_edit_of_a_topic_changes_its_digest_alone(faqs):
    before = {topic: questions.digest(topic) for topic in questions.topics()}
    file = faqs / "python/gui.rst.txt"
    file.write_text(file.read_text() + "\nAnother?\n--------\n\nYes.\n")
    after = {topic: questions.digest(topic) for topic in questions.topics()}
    assert {topic for topic in before if before[topic] != after[topic]} == {"python/gui"}
    assert questions.of("python/gui")[-1].question == "Another?"


def test_a_question_without_an_answer_is_left_out(faqs):
    (faqs / "python/gui.rst.txt").write_text("Why?\n----\n\nHow?\n----\n\nSo.\n")
    assert [one.question for one in questions.of("python/gui")] == ["How?"]


def test_what_is_not_there_is_said(faqs, monkeypatch, tmp_path):
    with pytest.raises(InputError, match="no topic 'perl/x', only perl/perlfaq1"):
        questions.of("perl/x")
    monkeypatch.setenv("DESK_FAQS", str(tmp_path))
    with pytest.raises(InputError, match="holds no FAQs"):
        questions.topics()
    monkeypatch.setenv("DESK_FAQS", "/nowhere")
    with pytest.raises(InputError, match="run desk/collect-faqs"):
        questions.topics()
