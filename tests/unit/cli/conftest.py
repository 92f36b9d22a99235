"""A fake API server with a kubeconfig that points to it, and the command run against it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.fake_api import FakeApi
from typer.testing import CliRunner

from penstock.cli.app import build

Run = Callable[..., Any]


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    fake = FakeApi()
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "fake", "cluster": {"server": fake.url}}],
        "users": [{"name": "ada", "user": {"token": "t"}}],
        "contexts": [{"name": "fake", "context": {"cluster": "fake", "user": "ada", "namespace": "ml"}}],
        "current-context": "fake",
    }
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config))
    monkeypatch.setenv("KUBECONFIG", str(path))
    yield fake
    fake.close()


@pytest.fixture
def run() -> Run:
    runner = CliRunner()
    app = build()

    def invoke(*args: str, stdin: str | bytes | None = None) -> Any:
        return runner.invoke(app, list(args), input=stdin, prog_name="penstock")

    return invoke
