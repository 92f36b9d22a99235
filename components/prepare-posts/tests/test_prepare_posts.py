import hashlib

import pytest
from penstock_ml import dataset, posts
from penstock_ml.wire import InputError

ROWS = [("2020-03-02", f"sell number {n} now", "bearish") for n in range(30)]
ROWS += [("2020-01-05T09:30:00", f'a "fine" week {n}', "bullish") for n in range(30)]


def table(rows, columns="day,what,mood"):
    quoted = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    return "\n".join([columns, *quoted, ""]).encode()


def prepare(step, tmp_path, *contents, **other):
    paths = [tmp_path / f"{number}.csv" for number, _ in enumerate(contents)]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    given = {
        "urls": list(map(str, paths)),
        "digests": [hashlib.sha256(content).hexdigest() for content in contents],
        "date_column": "day",
        "text_column": "what",
        "label_column": "mood",
        **other,
    }
    return step("prepare-posts", artifacts={"posts": tmp_path / "posts", "dataset": tmp_path / "dataset"}, **given)


def test_labelled_texts_of_several_files_are_one_dataset_and_come_in_the_order_of_their_dates(step, tmp_path):
    outputs = prepare(step, tmp_path, table(ROWS[:40]), table(ROWS[35:]))
    assert outputs == {"count": 60, "first": "2020-01-05", "last": "2020-03-02", "labelled": True}
    found = posts.load(tmp_path / "posts")
    assert (found[0].label, found[0].text[:12], found[-1].label) == ("bullish", 'a "fine" wee', "bearish")
    made = dataset.load(tmp_path / "dataset")
    assert (made.classes, len(made.train), len(made.test)) == (("bearish", "bullish"), 48, 6)


@pytest.mark.parametrize("labels", [{"label_column": ""}, {}])
def test_without_a_label_for_each_there_is_no_dataset(step, tmp_path, labels):
    outputs = prepare(step, tmp_path, table([*ROWS, ("2020-04-01", "who knows", "")]), **labels)
    assert (outputs["count"], outputs["labelled"]) == (61, False)
    assert not (tmp_path / "dataset").exists()


def test_the_image_brings_texts(step, tmp_path, monkeypatch):
    (tmp_path / "mood").mkdir()
    (tmp_path / "mood/addresses.csv").write_bytes(table([("1931-01-01", "Banks fail.")], "date,text"))
    monkeypatch.setenv("MOOD_FOLDER", str(tmp_path / "mood"))
    assert step("prepare-posts", artifacts={"posts": tmp_path / "posts"})["first"] == "1931-01-01"
    monkeypatch.setenv("MOOD_FOLDER", "")
    with pytest.raises(InputError, match="run this step in the image components/mood"):
        step("prepare-posts", artifacts={"posts": tmp_path / "posts"})


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"digests": ["0" * 64]}, "nothing of it is used"),
        ({"digests": []}, "1 urls and 0 digests"),
        ({"urls": ["/nowhere/posts.csv"]}, "cannot be read"),
        ({"urls": ["posts.csv"]}, "must begin with http"),
        ({"date_column": "what"}, "no date such as 2026-11-30"),
        ({"text_column": "words"}, "no CSV file with the columns day, words, mood"),
    ],
)
def test_what_cannot_be_used_is_refused(step, tmp_path, changed, complaint):
    with pytest.raises(InputError, match=complaint):
        prepare(step, tmp_path, table(ROWS), **changed)
