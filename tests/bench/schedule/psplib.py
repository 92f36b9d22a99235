"""Reads PSPLIB's single-mode instances (`*.sm`) and its tables of best known makespans, if a folder has them.

PSPLIB (Kolisch and Sprecher, EJOR 96, 1997) states no licence, so none of its files are here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
    """Lines of digits that follow a title, up to the next row of asterisks. Raises ValueError if there are none."""
    _, _, rest = text.partition(title)
    lines = rest.partition("****")[0].splitlines()[1:]
    found = [line for line in lines if line.strip() and re.fullmatch(r"[\d\s]+", line)]
    if not found:
        raise ValueError(f"there are no numbers under {title}")
    return found


@dataclass(frozen=True, slots=True)
class Best:
    """The best known makespan of an instance, and whether it is proven optimal."""

    makespan: float
    proven: bool


def tables(folder: Path) -> dict[str, Best]:
    """Best known makespan by name of the instance, from tables such as j60hrs.sm and j30opt.sm, which goes first."""
    found: dict[str, Best] = {}
    for kind in ("hrs", "opt"):
        for path in sorted(folder.glob(f"j*{kind}.sm")):
            group = path.stem.removesuffix(kind)
            for line in path.read_text(encoding="latin-1").splitlines():
                numbers = re.fullmatch(r"\s*(\d+)\s+(\d+)\s+(\d+)(\s+[\d.]+)*\s*", line)
                if numbers:
                    found[f"{group}{numbers[1]}_{numbers[2]}"] = Best(float(numbers[3]), kind == "opt")
    return found


def best_known(folder: Path) -> dict[str, float]:
    """The makespans of the tables alone."""
    return {name: best.makespan for name, best in tables(folder).items()}


def instances(folder: Path) -> Iterator[Instance]:
    """All instances in a folder, by name. Raises ValueError with the file that is none."""
    for path in sorted(folder.glob("j*_*.sm")):
        try:
            yield read(path)
        except ValueError as error:
            raise ValueError(f"{path} is not an instance of PSPLIB: {error}") from error


def lacking(folder: Path, found: Sequence[Instance], known: Mapping[str, Best]) -> list[str]:
    """What there is to measure in a folder, and what is not found there, in sentences."""
    if not found:
        return [f"PSPLIB: no instance in {folder}; their files are called j301_1.sm, j6012_7.sm and so on."]
    without = [one.name for one in found if one.name not in known]
    lines = [
        f"PSPLIB: {len(found)} instances in {folder}, {len(found) - len(without)} of them with a best known makespan."
    ]
    if without:
        names = ", ".join(without[:5]) + (f" and {len(without) - 5} more" if len(without) > 5 else "")
        lines.append(f"Left out, since no table there (j30opt.sm, j60hrs.sm, j120hrs.sm) has them: {names}.")
    return lines
