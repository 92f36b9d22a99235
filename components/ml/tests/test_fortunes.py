"""Reading fortune collections."""

import pytest
from penstock_ml import fortunes
from penstock_ml.wire import InputError


@pytest.fixture
def collection(monkeypatch, tmp_path):
    (tmp_path / "en").mkdir()
    (tmp_path / "copyright").mkdir()
    monkeypatch.setenv("FORTUNES_FOLDER", str(tmp_path))
    return tmp_path / "en"


def test_texts_are_split_cleaned_and_taken_once(collection):
    (collection / "work").write_text(
        'The best things in life\nare for a fee.\n\t\t-- Somebody, "Works"\n'
        "%\nToo short.\n%\n%% a comment that also ends a text\n"
        "The best   things in life are for a fee.\n%\nHard work never killed anybody.\n",
        encoding="utf-8",
    )
    expected = ["The best things in life are for a fee.", "Hard work never killed anybody."]
    assert fortunes.of_language("en") == expected
    assert fortunes.of_subject("work") == expected
    assert fortunes.languages() == ["en"]


def test_a_missing_collection_says_where(collection):
    with pytest.raises(InputError, match=f"cannot read the collection {collection}/science"):
        fortunes.of_subject("science")


def test_no_folder_says_what_to_set(monkeypatch):
    monkeypatch.delenv("FORTUNES_FOLDER", raising=False)
    with pytest.raises(InputError, match=r"collect-fortunes\.sh"):
        fortunes.languages()


@pytest.mark.parametrize(
    ("text", "clipped"),
    [("one two three", "one two"), ("one two", "one two"), ("onetwothree", "onetwoth"), ("one two  x", "one two ")],
)
def test_clipping_keeps_whole_words(text, clipped):
    assert fortunes.clip(text, 8) == clipped
