"""The test that docs/testing.md begins with, on a Pipeline that it could be of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[3] / "docs/testing.md"
RELEASE = """
apiVersion: penstock.dev/v1alpha1
kind: Pipeline
metadata: {name: release}
spec:
  params: [{name: goal, type: Number, value: 0.8}]
  storage: {claim: {size: 1Gi}}
  defaults: {image: registry.example.com/ml:1, retry: {limit: 1, backoff: {initial: 10s, max: 1m}}}
  steps:
    - {name: prepare, outputs: [{name: data, type: Artifact}]}
    - name: train
      inputs: [{name: data, from: prepare.data}]
      outputs: [{name: model, type: Artifact}, {name: accuracy, type: Number}]
      resources: {limits: {nvidia.com/gpu: 4}}
    - {name: sign-off, needs: [train], approval: {message: Ship it}}
    - name: deploy
      when: steps.train.outputs.accuracy >= params.goal
      needs: [sign-off]
      inputs: [{name: model, from: train.model}]
      outputs: [{name: version, type: String}]
"""


def test_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("release.yaml").write_text(RELEASE)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    names["test_the_best_model_is_deployed"]()
