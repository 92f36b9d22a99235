"""What the components' tests share: running a step as Penstock would, and small datasets to run it on."""

import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# As in the image, and before anything imports NumPy: on small data, threads cost more than they give.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

HERE = Path(__file__).parent
sys.path[:0] = [str(source) for source in sorted([*HERE.glob("*/src"), *HERE.glob("*/server")])]

Step = Callable[..., dict[str, Any]]

GERMAN = "der die das und nicht wer schläft früh Brücke grün über Straße Wahrheit gewöhnlich Hoffnung ist wenn"
SPANISH = "el la los que corazón mañana nunca señor camino verdad hombre quien mucho amor está siempre cuando"
ENGLISH = "the and who which truth through never would thought heart with always where nothing should is when"


@pytest.fixture
def step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Step:
    """Runs a component's program: `artifacts` says where artifact outputs go; the value outputs are returned."""
    count = 0

    def run(component: str, *, artifacts: dict[str, Path] | None = None, **inputs: object) -> dict[str, Any]:
        nonlocal count
        count += 1
        outputs = tmp_path / f"outputs-{count}.json"
        with monkeypatch.context() as environment:
            environment.setenv("PENSTOCK_OUTPUTS", str(outputs))
            for name, value in inputs.items():
                text = value if isinstance(value, str) else str(value) if isinstance(value, Path) else json.dumps(value)
                environment.setenv(f"INPUT_{name.upper()}", text)
            for name, path in (artifacts or {}).items():
                environment.setenv(f"OUTPUT_{name.upper()}", str(path))
            importlib.import_module(component.replace("-", "_")).main()
        return json.loads(outputs.read_text(encoding="utf-8"))

    return run


@pytest.fixture
def digits(step: Step, tmp_path: Path) -> Path:
    """The digits dataset, split with seed 0."""
    folder = tmp_path / "digits"
    step("prepare-digits", artifacts={"dataset": folder})
    return folder


@pytest.fixture
def corpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A fortune collection of three languages, 200 made-up sentences each, where the image has Debian's."""
    import numpy as np

    folder = tmp_path / "fortunes"
    random = np.random.default_rng(1)
    for language, words in (("de", GERMAN), ("en", ENGLISH), ("es", SPANISH)):
        sentences = [" ".join(random.choice(words.split(), size=8)) for _ in range(200)]
        (folder / language).mkdir(parents=True)
        (folder / language / "sayings").write_text("\n%\n".join(sentences) + "\n%\n", encoding="utf-8")
    monkeypatch.setenv("FORTUNES_FOLDER", str(folder))
    return folder


@pytest.fixture
def texts(step: Step, corpus: Path, tmp_path: Path) -> Path:
    """The texts of `corpus` as a dataset to tell languages apart, split with seed 0."""
    folder = tmp_path / "texts"
    step("prepare-fortunes", artifacts={"dataset": folder}, task="Language")
    return folder


@pytest.fixture
def faqs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """FAQs of three topics, 30 made-up questions each, and one of two, where desk's image has Debian's.

    A question shares five words with its answer, drawn from so few that some share as many with another's.
    """
    import numpy as np

    folder = tmp_path / "faqs"
    random = np.random.default_rng(1)
    words = [f"{first}{second}" for first in ENGLISH.split() for second in GERMAN.split()]

    def pairs(count: int, own: list[str]) -> list[tuple[str, str]]:
        made = []
        for _ in range(count):
            answer = random.choice(own, size=12)
            asked = [*random.choice(answer, size=4), *random.choice(own, size=3)]
            made.append((f"How about {' '.join(asked)}?", f"{' '.join(answer)}."))
        return made

    sorting = "".join(f"=head2 {q}\nX<{q[:9]}>\n\nC<{a}>\n\n" for q, a in pairs(30, words[:60]))
    (folder / "perl").mkdir(parents=True)
    (folder / "perl/perlfaq1.pod").write_text(f"=head1 NAME\n\nperlfaq1\n\n{sorting}=head1 AUTHOR\n\nSomebody\n")
    (folder / "python").mkdir()
    for name, count, own in (("design", 30, words[60:120]), ("library", 30, words[120:180]), ("gui", 2, words[180:])):
        text = "".join(f"{q}\n{'-' * len(q)}\n\n{a}\n\n" for q, a in pairs(count, own))
        (folder / f"python/{name}.rst.txt").write_text(f"====\nName\n====\n\n{text}", encoding="utf-8")
    monkeypatch.setenv("DESK_FAQS", str(folder))
    return folder


@pytest.fixture
def vectors(faqs: Path, tmp_path: Path) -> list[Path]:
    """What embed would leave of `faqs`, with the main axes of its TF-IDF (LSA) in place of an embedding's numbers."""
    from penstock_ml import questions, retrieval
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer

    found = [questions.of(topic) for topic in questions.topics()]
    everything = [one for group in found for one in group]
    axes = make_pipeline(TfidfVectorizer(), TruncatedSVD(64, random_state=0), Normalizer())
    axes.fit([one.answer for one in everything])
    paths = []
    for number, group in enumerate(found):
        asked, answered = (
            axes.transform(texts) for texts in zip(*((o.question, o.answer) for o in group), strict=True)
        )
        paths.append(tmp_path / f"vectors-{number}")
        retrieval.save(retrieval.Shelf(tuple(group), asked, answered), paths[-1])
    return paths


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """Ratings in RecBole's format: 40 users who like most of 30 films of one of two kinds, and dislike the rest."""
    import numpy as np

    folder = tmp_path / "films"
    folder.mkdir()
    random = np.random.default_rng(1)
    items = ["item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq"]
    items += [f"i{n}\tFilm {n}\t{1940 + n}\t{('War', 'Love')[n % 2]}" for n in range(60)]
    ratings = ["user_id:token\titem_id:token\trating:float\ttimestamp:float"]
    for user in range(40):
        for moment, item in enumerate(random.permutation(60)):
            liked = item % 2 == user % 2 and random.random() < 0.8
            ratings.append(f"u{user}\ti{item}\t{5 if liked else 2}\t{moment}")
    (folder / "films.item").write_text("\n".join(items) + "\n", encoding="utf-8")
    (folder / "films.inter").write_text("\n".join(ratings) + "\n", encoding="utf-8")
    return folder
