"""The page on which people see what they are asked about: HTML in one file, without scripts."""

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from penstock_ml.dataset import Dataset
from PIL import Image

STYLE = """body{font:15px sans-serif;margin:2em}td,th{padding:.4em 1em;text-align:left;border-bottom:1px solid #ddd}
img{image-rendering:pixelated;width:64px}.off{color:#b22222}"""


def page(rows: Sequence[dict[str, Any]], source: Dataset) -> str:
    """A table with a row for each sample: its id, the sample, the suggestion and the votes."""
    lines = [
        "<!doctype html><meta charset=utf-8><title>Samples to label</title>",
        f"<style>{STYLE}</style><h1>{len(rows)} samples to label, the least sure first</h1>",
        f"<p>Classes: {escape(', '.join(source.classes))}. Fill in <code>label</code> in the file of tasks.</p>",
        "<table><tr><th>id<th>sample<th>suggested<th>sure<th>votes",
    ]
    for row in rows:
        off = ' class="off"' if len(set(row["votes"].values())) > 1 else ""
        votes = ", ".join(f"{who}: {what}" for who, what in row["votes"].items())
        shown = escape(row["text"]) if "text" in row else _picture(source.train.samples[row["id"]])
        lines.append(
            f"<tr><td>{row['id']}<td>{shown}<td>{escape(row['suggested'])}<td>{row['sure']:.2f}<td{off}>{escape(votes)}"
        )
    return "\n".join([*lines, "</table>", ""])


def _picture(sample: Any) -> str:
    file = io.BytesIO()
    Image.fromarray(np.uint8(255 - 255 * np.clip(sample, 0, 1))).save(file, format="PNG")
    return f'<img alt="" src="data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}">'
