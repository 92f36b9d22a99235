"""Any Pipeline ends without a cluster as it does in the model of one."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hypothesis import given, settings

from penstock import api
from penstock.core.graph.compiler import compile_pipeline
from penstock.core.values import text
from penstock.local.journal import read
from penstock.testing import Crash, run
from tests.properties.manifests import COMPONENTS, manifests, sagas, work
from tests.properties.objects import Object
from tests.properties.simulation import clean_run


def plays(script: str, image: str, outputs: Iterable[str]) -> Callable[..., Any]:
    """A function that does what the containers of the model do."""
    declared = set(outputs)

    def does(attempt: int, step: str, **inputs: Any) -> Any:
        env = {f"INPUT_{name.upper()}": text(value) for name, value in inputs.items()}
        job = {"spec": {"template": {"spec": {"containers": [{"command": [script], "image": image}]}}}}
        code, message = work(job, {**env, "PENSTOCK_ATTEMPT": str(attempt)})
        if code:
            raise Crash(code, message, "OOMKilled" if code == 137 else "Error")
        return {name: value for name, value in json.loads(message).items() if name in declared}

    return does


def undoes(script: str) -> Callable[..., None]:
    """The same for an undo, which has no outputs."""
    does = plays(script, "", ())
    return lambda attempt, step: does(attempt, step) and None


def ended(manifest: Object, folder: Path) -> dict[str, Any]:
    """How it ends here, as the model tells it."""
    graph = compile_pipeline(api.PipelineSpec.model_validate(manifest["spec"]), COMPONENTS).graph
    assert graph is not None
    works = {name: task.work for name, task in graph.tasks.items()}
    run(
        [manifest, *components()],
        replace={
            name: plays(one.script or "", one.image or "", [output.name for output in one.outputs])
            for name, one in works.items()
            if not one.approval
        },
        undo={name: undoes(one.undo.script or "") for name, one in works.items() if one.undo},
        approve=[name for name, one in works.items() if one.approval],
        folder=folder,
    )
    objects = read(folder / ".penstock/journal")
    status = objects["pipelines", "default", "p"]["status"]
    steps = {key[2]: obj.get("status", {}) for key, obj in objects.items() if key[0] == "steps"}
    return {
        "phase": status["phase"],
        "outputs": status.get("outputs"),
        "counts": status["counts"],
        "steps": {name: {key: one.get(key) for key in ("phase", "outputs")} for name, one in steps.items()},
        "undone": {name: one["undo"]["phase"] for name, one in steps.items() if one.get("undo")},
    }


def components() -> list[Object]:
    """Those of the model, as manifests."""
    return [
        {
            "apiVersion": "penstock.dev/v1alpha1",
            "kind": "Component",
            "metadata": {"name": name},
            "spec": spec.model_dump(mode="json", by_alias=True, exclude_unset=True),
        }
        for (_, name), spec in COMPONENTS.items()
    ]


@settings(max_examples=25, deadline=None)
@given(manifests())
def test_it_ends_as_in_the_model(manifest: Object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = ended(manifest, Path(folder))
    clean = clean_run(manifest)
    assert found == {**clean.result(), "undone": clean.undone()}


@settings(max_examples=15, deadline=None)
@given(sagas())
def test_what_was_done_is_taken_back(manifest: Object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = ended(manifest, Path(folder))
    if found["phase"] == "Failed":
        undone = {name for name, how in found["undone"].items() if how in ("Succeeded", "Failed")}
        assert undone == set(found["undone"]), "each undo comes to its end"
