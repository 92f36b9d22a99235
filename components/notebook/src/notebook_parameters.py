"""Which parameters a notebook has, and whether values fit them.

A notebook's parameters are what its cell with the tag ``parameters`` sets, and the types are those of the values there
(https://papermill.readthedocs.io/en/latest/usage-parameterize.html).
"""

import ast
from collections.abc import Mapping
from typing import Any

from penstock_ml.wire import InputError

NAMES = {bool: "Boolean", int: "Integer", float: "Number", str: "String", list: "List", dict: "Object"}


def check(known: Mapping[str, Mapping[str, Any]], given: Mapping[str, object], notebook: str) -> None:
    """An InputError if a value is for no parameter or of another type. `known`: as papermill.inspect_notebook gives."""
    unknown = sorted(given.keys() - known.keys())
    if unknown:
        there = ", ".join(known) or "none: give one cell the tag parameters, and set them there"
        raise InputError(f"{notebook} has no parameter '{unknown[0]}'; it has {there}")
    for name, value in given.items():
        default = known[name]["default"]
        wanted, found = _type(default), type(value)
        if wanted is not None and found is not wanted and (wanted, found) != (float, int):
            raise InputError(
                f"parameter '{name}' of {notebook} is of type {NAMES.get(found, 'null')}, "
                f"but must be of type {NAMES[wanted]}, as {default} is"
            )


def _type(default: str) -> type | None:
    """The type of a value as it is written in the notebook; None if that is no plain value, and anything fits."""
    try:
        found = type(ast.literal_eval(default))
    except (ValueError, SyntaxError):
        return None
    return found if found in NAMES else None
