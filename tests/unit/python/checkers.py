"""mypy and pyright, as strict as they can be, on a folder of an author's files: what each says, and of which line."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

OPERATOR = Path(__file__).parents[3] / "operator"
PATIENCE = 300
"""Seconds that a checker may take. Nothing is judged by them: only what hangs takes so long."""

Findings = Mapping[tuple[str, int], str]
"""What is said of a line, by file and its number from 1."""
Checker = Callable[[Path], Findings]


def mypy(folder: Path) -> Findings:
    """What `mypy --strict` says of the files of a folder."""
    words = ("mypy", "--strict", "--no-error-summary", "--hide-error-context", f"--cache-dir={os.devnull}", ".")
    found = defaultdict(list)
    for line in _run(words, folder).splitlines():
        file, row, level, message = line.split(":", 3)
        if level.strip() == "error":
            found[file, int(row)].append(message)
    return {place: "\n".join(messages) for place, messages in found.items()}


def pyright(folder: Path, more: Sequence[Path] = ()) -> Findings:
    """What pyright says in its strict mode of the files of a folder, and of others."""
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(OPERATOR)], "include": [".", *map(str, more)]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    found = defaultdict(list)
    said = json.loads(_run(("pyright", "--outputjson", "--pythonpath", sys.executable), folder))
    for one in said["generalDiagnostics"]:
        found[Path(one["file"]).name, one["range"]["start"]["line"] + 1].append(one["message"])
    return {place: "\n".join(messages) for place, messages in found.items()}


def _run(words: Sequence[str], folder: Path) -> str:
    """What a checker writes. It takes the files of this checkout, and nothing from the network."""
    env = {**os.environ, "MYPYPATH": str(OPERATOR), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr  # 1: it has found something
    return done.stdout
