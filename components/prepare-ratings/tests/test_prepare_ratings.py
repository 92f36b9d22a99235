import numpy as np
import pytest
from penstock_ml import ratings
from penstock_ml.wire import InputError


def test_each_users_likes_are_split_by_time_and_new_items_are_in_the_test_alone(step, films, tmp_path):
    given = {"source": films, "holdout": 0.25, "validation": 0.25}
    outputs = step("prepare-ratings", artifacts={"ratings": tmp_path / "r"}, **given)
    made = ratings.load(tmp_path / "r")
    assert (outputs["users"], outputs["items"], outputs["new-items"]) == (40, 60, 6)
    assert outputs["likes"] == sum(len(getattr(made, name)) for name in ratings.SPLITS)
    assert (made.titles[3], made.texts[3]) == ("Film 3", "Film 3 1943 Love")

    hidden = np.flatnonzero(made.new)
    assert not np.isin(made.train[:, 1], hidden).any()
    assert not np.isin(made.validation[:, 1], hidden).any()
    lines = (films / "films.inter").read_text().splitlines()[1:]
    when = {tuple(line.split("\t")[:2]): float(line.split("\t")[3]) for line in lines}
    for user in range(made.users):
        first, middle, last = (
            [when[f"u{user}", f"i{item}"] for who, item in getattr(made, name) if who == user and not made.new[item]]
            for name in ratings.SPLITS
        )
        assert max(first) < min(middle)
        assert max(middle) < min(last)


def test_the_seed_draws_the_new_items(step, films, tmp_path):
    drawn = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        step("prepare-ratings", artifacts={"ratings": tmp_path / name}, source=films, seed=seed)
        drawn.append(tuple(np.flatnonzero(ratings.load(tmp_path / name).new)))
    assert drawn[0] == drawn[1] != drawn[2]


def test_ratings_of_one_moment_keep_the_order_of_the_file(films):
    header = (films / "films.inter").read_text().splitlines()[0]
    (films / "films.inter").write_text("\n".join([header, *(f"u0\ti{n}\t5\t7" for n in (5, 3, 9, 1))]) + "\n")
    _, liked = ratings.read(films, 4)
    assert liked == [[5, 3, 9, 1]]


@pytest.mark.parametrize(
    ("line", "inputs", "message"),
    [
        ("u0\ti99\t5\t1", {}, "no column or item 'i99'"),
        ("u0\ti1\tgood\t1", {}, "rating and timestamp are numbers"),
        ("u0\ti1", {}, "no column or item 'rating'"),
        ("", {"threshold": 6}, "no rating of 6.0 or more"),
        ("", {"holdout": 0.9}, "'holdout' is 0.9"),
    ],
)
def test_what_cannot_be_used_is_refused(step, films, tmp_path, line, inputs, message):
    with (films / "films.inter").open("a") as file:
        file.write(line)
    with pytest.raises(InputError, match=message):
        step("prepare-ratings", artifacts={"ratings": tmp_path / "r"}, source=films, **inputs)
    assert not (tmp_path / "r").exists()


def test_ratings_that_are_nowhere_are_asked_for(step, films, tmp_path, monkeypatch):
    monkeypatch.delenv("RATINGS_FOLDER", raising=False)
    with pytest.raises(InputError, match="input 'source' is missing"):
        step("prepare-ratings", artifacts={"ratings": tmp_path / "r"})
    (films / "films.item").unlink()
    with pytest.raises(InputError, match=r"holds 0 \.item files"):
        step("prepare-ratings", artifacts={"ratings": tmp_path / "r"}, source=films)


@pytest.mark.parametrize(("name", "message"), [("films.item", "without items"), ("films.inter", "no header")])
def test_empty_files_are_refused(films, name, message):
    (films / name).write_text("item_id:token\n" if name == "films.item" else "")
    with pytest.raises(InputError, match=message):
        ratings.read(films, 4)


def test_what_holds_no_ratings_is_refused(tmp_path):
    with pytest.raises(InputError, match="holds no ratings"):
        ratings.load(tmp_path)
