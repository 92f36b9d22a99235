"""Writes the JSON Schema of what travels between server and page: `python -m penstock.web.generate`."""

import json
from pathlib import Path

from penstock.web.wire import schema

CHECKOUT = Path(__file__).resolve().parents[3]
PLACE = Path("docs/web.schema.json")


def text() -> str:
    """The content of the file."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    (CHECKOUT / PLACE).write_text(text())
