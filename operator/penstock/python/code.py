"""Code of modules beside the file: what a step imports of them, as a zip in an immutable ConfigMap on PYTHONPATH.

A step gets the modules that it imports, and those that these import: the edit of another one does not concern it. The
zip is the same bytes wherever it is made, and the ConfigMap is named after them, so they are in the step's fingerprint.
Nothing is imported or run to find out.
"""

import ast
import io
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256

from penstock.core.asked.sourcemap import ARCHIVE
from penstock.python.module import OURS
from penstock.python.options import Fields
from penstock.python.refusals import Place, Refusal

Files = Mapping[str, bytes]
"""What files hold, by their path below the folder that they are imported from."""
Modules = Callable[[str], Files]
"""The files of the module or package of that name beside the file; none if there is no such."""

LARGEST = 1024 * 1024
"""What a ConfigMap holds."""
MOUNT, PATH = "/penstock/code", "PYTHONPATH"
_VOLUME = "code"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def no_modules(name: str) -> Files:
    """Of a text that lies in no folder."""
    return {}


def code_of(lines: Iterable[str], modules: Modules, place: Place) -> Files:
    """The files of all modules that a piece of Python imports, directly or not. Raises Refusal at the place."""
    found: dict[str, bytes] = {}
    seen: set[str] = set()
    waiting = sorted(_imported(ast.parse("\n".join(lines))))
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        for path, data in modules(name).items():
            found[path] = data
            try:
                inner = _imported(ast.parse(data))
            except (SyntaxError, ValueError, RecursionError) as error:
                row = f":{error.lineno}" if isinstance(error, SyntaxError) else ""
                raise Refusal(place, f"imports {name!r}, and {path}{row} is no Python: {error}") from None
            if OURS in inner:
                raise Refusal(
                    place,
                    f"imports {name!r}, and {path} imports {OURS}, which is not in the image; put what steps use"
                    " into a module of its own",
                )
            waiting += sorted(inner)
    return found


def _imported(tree: ast.AST) -> set[str]:
    """The first parts of the names of all modules that are imported somewhere."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {one.name.partition(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def config_map(prefix: str, files: Files, place: Place) -> Fields:
    """The ConfigMap that holds the files; its name begins with the prefix. Raises Refusal if they are too large."""
    data = _zipped(files)
    if len(data) > LARGEST:
        raise Refusal(
            place,
            f"imports {len(data) / LARGEST:.1f} MiB of modules beside this file ({', '.join(_tops(files))}), and a"
            " ConfigMap holds 1 MiB; put them into an image",
        )
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"{prefix}-{_VOLUME}-{sha256(data).hexdigest()[:10]}"},
        "immutable": True,
        "binaryData": {ARCHIVE: b64encode(data).decode()},
    }


def _tops(files: Files) -> list[str]:
    return sorted({path.partition("/")[0] for path in files})


def _zipped(files: Files) -> bytes:
    """Stored as they are: what compresses is not the same everywhere, and its bytes are what identifies the code."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, files[path])
    return made.getvalue()


def with_code(fields: Fields, name: str, volumes: Iterable[Fields], mounts: Iterable[Fields]) -> Fields:
    """A step that finds the modules of a ConfigMap. `volumes`, `mounts`: what it had of the pipeline's settings."""
    pod = dict(fields.get("pod") or {})
    volume: Fields = {"name": _VOLUME, "configMap": {"name": name}}
    mount: Fields = {"name": _VOLUME, "mountPath": MOUNT, "readOnly": True}
    pod["volumes"] = [*(pod.get("volumes") or volumes), volume]
    pod["volumeMounts"] = [*(pod.get("volumeMounts") or mounts), mount]
    found = {**fields, "env": _env(fields.get("env")), "pod": pod}
    if "env" in (fields.get("undo") or {}):
        found["undo"] = {**fields["undo"], "env": _env(fields["undo"]["env"])}
    return found


def _env(given: Iterable[Fields] | None) -> list[Fields]:
    """The variables with ours first; a path that is theirs follows it."""
    rest = [one for one in given or () if one.get("name") != PATH]
    theirs = [str(one.get("value") or "") for one in given or () if one.get("name") == PATH]
    return [{"name": PATH, "value": ":".join([f"{MOUNT}/{ARCHIVE}", *filter(None, theirs)])}, *rest]
