"""The settings file: defaults, and that what is wrong is named."""

from pathlib import Path

import pytest

from penstock.shell.settings import Settings, SettingsError, load


def written(folder: Path, text: str) -> Path:
    path = folder / "settings.yaml"
    path.write_text(text)
    return path


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")) == Settings()
    assert Settings().policy == "planned"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("policy: random", "policy"),
        ("capacity: {cpu: -1}", "cpu: '-1' is negative"),
        ("capacity: {memory: 1e400}", "capacity"),
        ("capacity: {cpu: lots}", "cpu: 'lots'"),
        ("neverfits: Wait", "neverfits"),
        ("apiConcurrency: 0", "apiConcurrency"),
        ("a: [", "is not YAML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=r".+") as error:
        load(written(tmp_path, text))
    assert words in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load(tmp_path / "none.yaml")
