"""Logs what a Pipeline chose, measured and made to an MLflow server, as one run however often the step is tried."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from penstock_ml import bundle, wire

# Before it is imported: nobody is told that a pipeline ran, and a server that is away is left to the step's retries.
os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", MLFLOW_HTTP_REQUEST_MAX_RETRIES="1")

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run
from mlflow.exceptions import MlflowException

RUN, STEP, VERSION = "penstock.run", "penstock.step", "penstock.version"
FOLDER = "model"
"""Where in the run's artifacts the model is."""
REFUSED = {"INVALID_PARAMETER_VALUE", "BAD_REQUEST", "PERMISSION_DENIED", "UNAUTHENTICATED", "INVALID_STATE"}
"""What no retry can mend, as MLflow's REST API calls it."""


def main() -> None:
    """Inputs: url, experiment, name, parameters, metrics, model (Artifact, optional), patience.

    Outputs: run, experiment.
    """
    url, experiment = wire.text("url"), wire.text("experiment")
    metrics, model = _metrics(wire.mapping("metrics")), wire.optional_artifact("model")
    parameters = {name: _written(value) for name, value in wire.mapping("parameters").items()}
    os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = str(wire.integer("patience", default=30, low=1, high=3600))
    step = f"{os.environ.get('PENSTOCK_PIPELINE', '')}/{os.environ.get('PENSTOCK_STEP', '')}"
    tags = {STEP: step, **({RUN: wire.trace()} if wire.trace() else {}), **_version(model)}
    try:
        client = MlflowClient(tracking_uri=url)
        home = _experiment(client, experiment)
        run = _found(client, home) or client.create_run(home, tags=tags, run_name=wire.text("name", default=step))
        _log(client, run, parameters, metrics, model)
    except MlflowException as error:
        if error.error_code in REFUSED:
            raise wire.InputError(f"MLflow refuses: {error.message}") from None
        sys.exit(f"error: MLflow at {url}: {error.message}")
    wire.write({"run": run.info.run_id, "experiment": home})


def _experiment(client: MlflowClient, name: str) -> str:
    """The experiment's id. Of two steps that make it at once one is told that it is there, and tries again."""
    found = client.get_experiment_by_name(name)
    if found is None:
        return client.create_experiment(name)
    if found.lifecycle_stage != "active":
        raise wire.InputError(
            f"experiment '{name}' is deleted: restore it (mlflow experiments restore), or name another"
        )
    return found.experiment_id


def _found(client: MlflowClient, experiment: str) -> Run | None:
    """What an attempt before began."""
    if not wire.trace():
        return None
    found = client.search_runs([experiment], filter_string=f"tags.`{RUN}` = '{wire.trace()}'", max_results=1)
    return found[0] if found else None


def _log(
    client: MlflowClient, run: Run, parameters: Mapping[str, str], metrics: Mapping[str, float], model: Path | None
) -> None:
    """Logs what the run has not yet; the model last, and after it that the run has ended."""
    identity, known = run.info.run_id, run.data
    if run.info.status == "FINISHED":
        return
    client.log_batch(
        identity,
        # A metric that is logged twice is two points of its history.
        [Metric(name, value, run.info.start_time, 0) for name, value in metrics.items() if name not in known.metrics],
        [Param(name, value) for name, value in parameters.items() if name not in known.params],
    )
    if model:
        (client.log_artifacts if model.is_dir() else client.log_artifact)(identity, str(model), FOLDER)
    client.set_terminated(identity)


def _metrics(given: Mapping[str, Any]) -> dict[str, float]:
    for name, value in given.items():
        # JSON's true and false are numbers to Python.
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wire.InputError(f"metric '{name}' is {json.dumps(value)[:80]}, but must be a number")
    return {name: float(value) for name, value in given.items()}


def _version(model: Path | None) -> dict[str, str]:
    """The version of a bundle, which has to be as it was sealed; of other files there is none."""
    if model is None or not (model / bundle.MANIFEST).exists():
        return {}
    return {VERSION: bundle.check(model)}


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    wire.run(main)
