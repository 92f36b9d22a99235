"""When an image is built again: when what it is made of has changed."""

from pathlib import Path

import pytest
from tests.cluster.images import PYTHON, Image, chosen, digest, short


@pytest.fixture
def image(tmp_path: Path) -> Image:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.py").write_text("print(1)\n")
    return Image("localhost/penstock-try:dev", tmp_path / "Dockerfile", tmp_path, ("src",))


def test_the_same_files_give_the_same_digest(image: Image) -> None:
    before = digest(image, "base")
    cache = image.context / "src" / "__pycache__"
    cache.mkdir()
    (cache / "main.pyc").write_bytes(b"compiled")
    assert digest(image, "base") == before


@pytest.mark.parametrize("changed", ["Dockerfile", "src/main.py", "src/added.py"])
def test_another_file_gives_another_digest(image: Image, changed: str) -> None:
    before = digest(image, "base")
    (image.context / changed).write_text("# other\n")
    assert digest(image, "base") != before


def test_another_base_gives_another_digest(image: Image) -> None:
    assert digest(image, "base") != digest(image, "other")


def test_an_executable_bit_counts(image: Image) -> None:
    before = digest(image, "base")
    (image.context / "src" / "main.py").chmod(0o755)
    assert digest(image, "base") != before


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("localhost/penstock:dev", "operator"),
        ("localhost/penstock-ml:dev", "ml"),
        ("ml", "ml"),
    ],
)
def test_short_names(name: str, expected: str) -> None:
    assert short(name) == expected


def test_what_not_every_pipeline_needs_is_built_when_it_is_named() -> None:
    assert [short(image.name) for image in chosen([])] == ["python", "operator", "ml"]
    (server,) = chosen(["serve"])
    assert server.base == "localhost/penstock-ml:dev"
    assert {image.base for image in chosen(["ml", "operator"])} == {PYTHON}
