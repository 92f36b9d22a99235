"""Writes everything generated from the models: `python -m penstock.api.generate [--check] [--root DIR]`.

crds/<plural>.yaml, the Helm chart's copy of them, docs/reference/*.md, and a JSON schema per kind for editors and
offline checks (docs/reference/schemas/).
"""

import argparse
import json
import sys
from pathlib import Path

import yaml

from penstock.api import crd, reference
from penstock.api.kinds import KINDS
from penstock.api.schema import editor_schema

_NOTE = "# Generated from the models by `make generate`; edit those.\n"


def files() -> dict[str, str]:
    """Every generated file: its path from the project's root, and its content."""
    out = {"docs/reference/README.md": reference.index()}
    for kind in KINDS:
        text = _NOTE + yaml.safe_dump(
            crd.definition(kind), sort_keys=False, width=160, allow_unicode=True, default_flow_style=None
        )
        out[f"crds/{kind.plural}.yaml"] = text
        out[f"charts/penstock/files/crds/{kind.plural}.yaml"] = text
        out[f"docs/reference/{kind.name.lower()}.md"] = reference.page(kind)
        schema = editor_schema(crd.schema(kind))
        schema["properties"]["metadata"]["additionalProperties"] = True
        out[f"docs/reference/schemas/{kind.name.lower()}.json"] = json.dumps(schema, indent=1) + "\n"
    return out


def differences(root: Path) -> list[str]:
    """What under `root` is not as generated: missing or different files, and files that nothing generates."""
    wanted = files()
    wrong = []
    for name, text in wanted.items():
        path = root / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            wrong.append(name)
    for folder in {str(Path(name).parent) for name in wanted}:
        found = {str(path.relative_to(root)) for path in (root / folder).glob("*") if path.is_file()}
        wrong += sorted(found - wanted.keys())
    return sorted(wrong)


def main() -> int:
    """Entry point: writes the files, or with --check lists what differs and ends with 1."""
    parser = argparse.ArgumentParser(description="Write the CRDs and the API reference from the models.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file differs")
    parser.add_argument("--root", type=Path, default=Path(), help="the project's root (default: here)")
    options = parser.parse_args()
    if options.check:
        wrong = differences(options.root)
        for name in wrong:
            print(f"{name}: not as generated; run make generate", file=sys.stderr)
        return 1 if wrong else 0
    for name, text in files().items():
        path = options.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
