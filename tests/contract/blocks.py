"""The YAML that a file shows."""

from __future__ import annotations

import re
from pathlib import Path

FENCED = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(file: Path) -> list[str]:
    """Of a page what stands between its fences for YAML, each by itself; of any other file all of it."""
    text = file.read_text(encoding="utf-8")
    return FENCED.findall(text) if file.suffix == ".md" else [text]
