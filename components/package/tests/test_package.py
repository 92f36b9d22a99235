import hashlib
import importlib.metadata

from penstock_ml import bundle, models, sketch


def test_it_packs_the_model_with_its_card_and_versions(step, tmp_path):
    models.save(models.Model("NaiveBayes", "Words", ("work", "love"), None), tmp_path / "m")
    outputs = step(
        "package", artifacts={"bundle": tmp_path / "b"}, model=tmp_path / "m", accuracy=0.875, name="Sayings"
    )
    packed = (tmp_path / "b" / "model.joblib").read_bytes()
    digest = hashlib.sha256(packed).hexdigest()
    assert packed == (tmp_path / "m").read_bytes()
    assert outputs == {"digest": f"sha256:{digest}", "version": bundle.check(tmp_path / "b")}
    card = (tmp_path / "b" / "card.md").read_text(encoding="utf-8")
    assert card.startswith("# Sayings\n")
    assert all(fact in card for fact in ("NaiveBayes", "work, love", "87.5%", digest))
    versions = (tmp_path / "b" / "requirements.txt").read_text().split()
    assert f"scikit-learn=={importlib.metadata.version('scikit-learn')}" in versions


class Own:
    libraries = ("nowhere==1.0",)


def test_a_pipeline_of_our_own_says_what_else_it_needs_and_many_classes_are_counted(step, tmp_path):
    classes = tuple(f"class {number}" for number in range(200))
    models.save(models.Model("Own", "Words", classes, Own()), tmp_path / "m")
    step("package", artifacts={"bundle": tmp_path / "b"}, model=tmp_path / "m", accuracy=0.5, name="Own")
    pins = (tmp_path / "b" / "requirements.txt").read_text().splitlines()
    assert "nowhere==1.0" in pins
    assert "- Classes: 200, such as class 0, class 1, class 2\n" in (tmp_path / "b" / "card.md").read_text()


def test_with_a_dataset_it_holds_what_the_model_answers_to_samples_that_it_has_not_seen(step, digits, tmp_path):
    step("train", artifacts={"model": tmp_path / "m"}, dataset=digits, algorithm="NaiveBayes")
    outputs = step(
        "package",
        artifacts={"bundle": tmp_path / "b"},
        model=tmp_path / "m",
        accuracy=0.9,
        name="Digits",
        dataset=digits,
    )
    assert sketch.load(tmp_path / "b" / "sketch.json").count == 720
    assert bundle.check(tmp_path / "b") == outputs["version"]


def test_a_card_names_the_measure(step, tmp_path):
    models.save(models.Model("EASE", "Titles", ("one", "two"), None), tmp_path / "m")
    given = {"model": tmp_path / "m", "accuracy": 0.172, "measure": "Recall@10", "name": "Films"}
    step("package", artifacts={"bundle": tmp_path / "b"}, **given)
    assert "- Recall@10 on test samples: 17.2%\n" in (tmp_path / "b" / "card.md").read_text(encoding="utf-8")
