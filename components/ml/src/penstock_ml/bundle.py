"""A packed model as a folder, sealed: its manifest names every file with its SHA-256.

The digest of the manifest is the version of the bundle. The manifest is ``manifest.json``:
``{"files": {"model.joblib": {"bytes": 123, "sha256": "…"}}}``. What was changed, cut short or added after sealing does
not pass ``check``, so that nothing of it is ever unpickled.
"""

import hashlib
import json
import re
from pathlib import Path

from penstock_ml.wire import InputError

MANIFEST = "manifest.json"
MODEL = "model.joblib"
PREFIX = "sha256-"
DIGITS = 16
"""Hexadecimal digits of a version: 64 bits tell a shelf of models apart."""
VERSION = re.compile(rf"{PREFIX}[0-9a-f]{{{DIGITS}}}")


def seal(folder: Path) -> str:
    """Writes the manifest over all files of the folder; the version. Nothing may be written there afterwards."""
    document = json.dumps({"files": _files(folder)}, indent=2, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(document, encoding="utf-8")
    return version(folder)


def version(folder: Path) -> str:
    """`sha256-` and the first 16 digits of the manifest's SHA-256; says nothing of the files."""
    try:
        return PREFIX + hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()[:DIGITS]
    except OSError as error:
        raise InputError(f"{folder} is no bundle ({error.strerror}: {MANIFEST}): wire it from a package step") from None


def check(folder: Path, expected: str = "") -> str:
    """The version of a bundle whose files are as they were sealed, and all there; an InputError says what is not.

    `expected` is the version that it has to have.
    """
    found = version(folder)
    if expected and found != expected:
        raise InputError(f"{folder} has version {found}, not {expected}: its manifest was changed; deploy it again")
    try:
        sealed = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        present = _files(folder)
        changed = [name for name in sorted({*sealed, *present}) if sealed.get(name) != present.get(name)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{folder / MANIFEST} is no manifest ({reason}): pack the model again") from None
    if changed:
        raise InputError(
            f"{folder} is not as it was sealed: {', '.join(changed[:3])} differs from {MANIFEST}; pack the model again"
        )
    return found


def _files(folder: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise InputError(f"{path} is a symbolic link, and a bundle holds files only: copy what it points to")
        if not (path.is_file() or path.is_dir()):
            raise InputError(
                f"{path} is neither file nor folder, and a bundle holds nothing else: pack the model again"
            )
        if path.is_file() and name != MANIFEST:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                found[name] = {"bytes": file.tell(), "sha256": digest}
    return found
