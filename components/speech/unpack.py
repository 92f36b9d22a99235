"""Takes the utterances of JapaneseVowels out of aeon's wheel: ``python3 unpack.py WHEEL FOLDER``."""

import shutil
import sys
import zipfile
from pathlib import Path

FILES = ("JapaneseVowels_TRAIN.ts", "JapaneseVowels_TEST.ts")
INSIDE = "aeon/datasets/data/JapaneseVowels/"


def main() -> None:
    wheel, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in FILES:
            with archive.open(INSIDE + name) as source, (folder / name).open("wb") as target:
                shutil.copyfileobj(source, target)


if __name__ == "__main__":
    main()
