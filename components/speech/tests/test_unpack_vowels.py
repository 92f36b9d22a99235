import runpy
import sys
import zipfile
from pathlib import Path

UNPACK = Path(__file__).parents[1] / "unpack.py"


def test_only_the_utterances_are_taken(tmp_path, monkeypatch):
    names = ("JapaneseVowels_TRAIN.ts", "JapaneseVowels_TEST.ts")
    with zipfile.ZipFile(tmp_path / "aeon.whl", "w") as archive:
        for name in (*names, "JapaneseVowels_eq_TEST.ts"):
            archive.writestr(f"aeon/datasets/data/JapaneseVowels/{name}", f"this is {name}")
    monkeypatch.setattr(sys, "argv", ["unpack.py", str(tmp_path / "aeon.whl"), str(tmp_path / "out")])
    runpy.run_path(str(UNPACK), run_name="__main__")
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == {
        name: f"this is {name}" for name in names
    }
