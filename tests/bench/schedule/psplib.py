"""Reads PSPLIB's single-mode instances (`*.sm`) and its tables of best known makespans, if a folder has them.

PSPLIB (Kolisch and Sprecher, EJOR 96, 1997) states no licence, so none of its files are here.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.bench.schedule.instances import Instance, Job, assemble


def read(path: Path) -> Instance:
    """The instance in a file, without its dummy first and last activities."""
    text = path.read_text(encoding="latin-1")
    followers: dict[int, list[int]] = {}
    for line in _section(text, "PRECEDENCE RELATIONS"):
        numbers = [int(word) for word in line.split()]
        if len(numbers) >= 3:
            followers[numbers[0]] = numbers[3:]
    rows = {}
    for line in _section(text, "REQUESTS/DURATIONS"):
        numbers = [int(word) for word in line.split()]
        if len(numbers) > 3:
            rows[numbers[0]] = numbers[2:]
    amounts = [int(word) for word in _section(text, "RESOURCEAVAILABILITIES")[-1].split()]
    needs: dict[int, list[int]] = {number: [] for number in followers}
    for number, those in followers.items():
        for other in those:
            needs[other].append(number)
    real = [number for number in sorted(rows) if number not in (min(rows), max(rows))]
    names = [f"bench/r{number}" for number in range(len(amounts))]
    jobs = [
        Job(
            f"j{number:03d}",
            float(rows[number][0]),
            {name: 1000 * amount for name, amount in zip(names, rows[number][1:], strict=True)},
            [f"j{need:03d}" for need in sorted(needs[number]) if need in real],
        )
        for number in real
    ]
    return assemble(path.stem, jobs, [{name: 1000 * amount for name, amount in zip(names, amounts, strict=True)}])


def _section(text: str, title: str) -> list[str]:
    """Lines of digits that follow a title, up to the next row of asterisks."""
    _, _, rest = text.partition(title)
    lines = rest.partition("****")[0].splitlines()[1:]
    return [line for line in lines if line.strip() and re.fullmatch(r"[\d\s]+", line)]


def best_known(folder: Path) -> dict[str, float]:
    """Best known makespan by name of the instance, from tables such as j30opt.sm and j60hrs.sm."""
    found: dict[str, float] = {}
    for path in sorted(folder.glob("j*[a-z].sm")):
        group = re.match(r"j\d+", path.stem)
        for line in path.read_text(encoding="latin-1").splitlines():
            numbers = re.fullmatch(r"\s*(\d+)\s+(\d+)\s+(\d+)(\s+[\d.]+)*\s*", line)
            if group and numbers:
                found[f"{group[0]}{numbers[1]}_{numbers[2]}"] = float(numbers[3])
    return found


def instances(folder: Path) -> Iterator[Instance]:
    """All instances in a folder, by name."""
    for path in sorted(folder.glob("j*_*.sm")):
        yield read(path)
