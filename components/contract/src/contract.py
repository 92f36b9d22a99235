"""Checks data against an Open Data Contract, and names the rows that break it most."""

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import contract_checks
import contract_rows
import contract_terms
from contract_checks import Finding
from contract_picture import draw
from penstock_ml import wire

WORST = 5
TOLD = 100
"""Rows of each check in the details."""
FORMATS = ("Auto", "Csv", "JsonLines", "Dataset")


def main() -> None:
    """Inputs: data (Artifact), contract, object, format, strict, now. Outputs: report (Artifact, a PNG), details
    (Artifact, JSON), kept, rows, checks, broken, unchecked, worst.
    """
    strict = wire.text("strict", default="true", choices=("true", "false")) == "true"
    now = wire.instant("now", zone=UTC)
    terms = contract_terms.read(wire.text("contract"), wire.text("object", default=""))
    rows = contract_rows.read(wire.artifact("data"), wire.text("format", default="Auto", choices=FORMATS))
    findings = contract_checks.evaluate(terms.checks, rows, now)
    broken = [finding for finding in findings if not finding.kept]
    bad = worst(broken)
    draw(terms.title, findings, len(rows), wire.output("report"))
    _tell(terms, findings, wire.output("details"))
    if broken and strict:
        # What a step leaves is published only if it ends well, so all that matters has to be in this line.
        raise wire.InputError(_sentence(terms, findings, broken, bad, len(rows)))
    for name in terms.unchecked:
        print(f"not checked here: {name}", file=sys.stderr)
    wire.write(
        {
            "kept": not broken,
            "rows": len(rows),
            "checks": len(findings),
            "broken": [finding.check.name[:80] for finding in broken][:20],
            "unchecked": len(terms.unchecked),
            "worst": [number for number, _ in bad],
        }
    )


def worst(broken: Sequence[Finding]) -> list[tuple[int, list[str]]]:
    """The rows that break most checks, with what is wrong with each; earlier ones first among equals."""
    wrong: dict[int, list[str]] = defaultdict(list)
    for finding in broken:
        for number, words in finding.rows.items():
            wrong[number].append(words)
    return sorted(wrong.items(), key=lambda item: (-len(item[1]), item[0]))[:WORST]


def _sentence(
    terms: contract_terms.Terms,
    findings: Sequence[Finding],
    broken: Sequence[Finding],
    bad: Sequence[tuple[int, list[str]]],
    rows: int,
) -> str:
    named = "; ".join(f"row {number} ({', '.join(words[:3])})" for number, words in bad)
    counted = "; ".join(f"{one.check.name} (found {one.value:g})" for one in broken if not one.rows)
    count = f"{len(broken)} of {len(findings)} checks of {terms.title} are broken in {rows} rows"
    parts = [count, *([f"the worst: {named}"] if named else []), *([f"of all rows: {counted}"] if counted else [])]
    return "; ".join(parts)[:1500] + "; mend the data, or change the contract with who made it"


def _tell(terms: contract_terms.Terms, findings: Sequence[Finding], path: Path) -> None:
    told = [
        {
            "check": one.check.name,
            "kept": one.kept,
            "value": one.value,
            "limits": dict(one.check.limits),
            "rows": [{"row": number, "why": words} for number, words in list(one.rows.items())[:TOLD]],
        }
        for one in findings
    ]
    document = {"contract": terms.title, "checks": told, "unchecked": list(terms.unchecked)}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")


if __name__ == "__main__":
    wire.run(main)
