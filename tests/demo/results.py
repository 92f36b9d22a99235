"""What a learning Pipeline found, for people to read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.artifacts import fetch
from tests.cluster.commands import run
from tests.cluster.paths import CHECKOUT

PICTURES = CHECKOUT / "build/demo"


def show(namespace: str, name: str) -> None:
    """Print the tree of steps and the results; copy the picture of the confusion matrix out of the cluster."""
    print(f"\n--- {name} ---", flush=True)
    subprocess.run([sys.executable, "-m", "penstock.cli", "get", name, "--namespace", namespace])
    words = ["kubectl", "--namespace", namespace, "get", "pipeline", name, "-o", "json"]
    status: dict[str, Any] = json.loads(run(words))["status"]
    outputs = status.get("outputs") or {}
    if status["phase"] != "Succeeded" or "accuracy" not in outputs:
        print(f"{name} is {status['phase']}: {status.get('message', 'no message')}", flush=True)
        return
    low, high = outputs["interval"]
    print(f"\nchosen model   {outputs['model']}")
    print(
        f"accuracy       {outputs['accuracy']:.4f} on samples nothing before has seen (95 %: {low:.4f} to {high:.4f})"
    )
    print(f"candidates     {', '.join('{algorithm} {accuracy:.4f}'.format(**one) for one in outputs['ranking'])}")
    print(f"mistakes       {_mistakes(outputs['mistakes'])}")
    print(f"artifact       {outputs['confusion']}")
    print(f"copied to      {_picture(namespace, name, outputs['confusion']).relative_to(CHECKOUT)}\n", flush=True)


def _mistakes(found: list[dict[str, Any]]) -> str:
    return ", ".join(f"{one['count']} x {one['actual']} taken for {one['predicted']}" for one in found) or "none"


def _picture(namespace: str, name: str, location: str) -> Path:
    target = PICTURES / f"{name}-confusion.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(fetch(namespace, location))
    return target
