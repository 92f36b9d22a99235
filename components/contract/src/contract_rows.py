"""Data as rows: a CSV file, JSON Lines, or a dataset of labelled samples."""

import csv
import json
from pathlib import Path
from typing import Any

from penstock_ml import dataset
from penstock_ml.wire import InputError

Row = dict[str, Any]
LONGEST_FIELD = 2**20


def read(path: Path, kind: str) -> list[Row]:
    """The rows in order. `kind` is Csv, JsonLines, Dataset or Auto: folders are datasets, what begins with { JSON."""
    if kind == "Auto":
        kind = "Dataset" if path.is_dir() else _sniffed(path)
    try:
        return {"Dataset": _dataset, "Csv": _csv, "JsonLines": _lines}[kind](path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"cannot read the data at {path} as {kind} ({error}): say another format, or mend it"
        ) from None


def _sniffed(path: Path) -> str:
    with open(path, "rb") as file:
        return "JsonLines" if file.read(64).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") else "Csv"


def _csv(path: Path) -> list[Row]:
    csv.field_size_limit(LONGEST_FIELD)
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        rows = []
        for number, row in enumerate(reader, start=1):
            if None in row or None in row.values():
                fields = len(reader.fieldnames or ())
                raise InputError(f"row {number} of {path} has not the {fields} fields that the first line names")
            # An empty field of CSV is no value.
            rows.append({name: value if value != "" else None for name, value in row.items()})
    return rows


def _lines(path: Path) -> list[Row]:
    rows = []
    with open(path, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise InputError(f"line {number} of {path} is no JSON ({error})") from None
            if not isinstance(row, dict):
                raise InputError(f"line {number} of {path} is {line.strip()[:40]}, no object")
            rows.append(row)
    return rows


def _dataset(path: Path) -> list[Row]:
    """A row for each sample: split, label, and its text, or of an image least, most and mean of its pixels."""
    source = dataset.load(path)
    rows: list[Row] = []
    for name in dataset.SPLITS:
        split: dataset.Split = getattr(source, name)
        for sample, label in zip(split.samples, split.labels, strict=True):
            known = 0 <= label < len(source.classes)
            row: Row = {"split": name, "label": source.classes[label] if known else None}
            if source.kind == "Images":
                row |= {"least": float(sample.min()), "most": float(sample.max()), "mean": float(sample.mean())}
            else:
                row |= {"text": str(sample)}
            rows.append(row)
    return rows
