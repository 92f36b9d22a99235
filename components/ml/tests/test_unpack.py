import runpy
import sys
import zipfile
from pathlib import Path

UNPACK = Path(__file__).parents[1] / "unpack.py"


def test_only_what_is_named_is_taken(tmp_path, monkeypatch):
    wheel = tmp_path / "recbole.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in ("ml-100k.inter", "ml-100k.item", "ml-100k.kg"):
            archive.writestr(f"recbole/data/{name}", f"this is {name}")
        archive.writestr("recbole/__init__.py", "import torch")
    files = tmp_path / "files.txt"
    files.write_text("recbole/data/ml-100k.inter\nrecbole/data/ml-100k.item\n")
    monkeypatch.setattr(sys, "argv", ["unpack.py", str(wheel), str(files), str(tmp_path / "out")])
    runpy.run_path(str(UNPACK), run_name="__main__")
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == {
        "ml-100k.inter": "this is ml-100k.inter",
        "ml-100k.item": "this is ml-100k.item",
    }
