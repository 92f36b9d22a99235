import json

import pytest
from mlflow import MlflowClient
from penstock_ml import bundle, wire

TRACE = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-01"


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A real store: MLflow's own, on sqlite. Its experiment puts artifacts below the test's folder."""
    monkeypatch.chdir(tmp_path)  # where MLflow puts artifacts unless told otherwise
    monkeypatch.setenv("PENSTOCK_PIPELINE", "digits")
    monkeypatch.setenv("PENSTOCK_STEP", "tell")
    monkeypatch.setenv("TRACEPARENT", TRACE)
    return f"sqlite:///{tmp_path}/mlflow.db"


@pytest.fixture
def sealed(tmp_path):
    """A bundle; what is in it does not matter here."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "model.joblib").write_bytes(b"weights")
    return folder, bundle.seal(folder)


def runs(store, experiment):
    return MlflowClient(tracking_uri=store).search_runs([experiment])


def test_parameters_metrics_and_model_are_in_one_run(step, store, sealed):
    folder, version = sealed
    given = {"parameters": {"seed": 7, "algorithm": "EASE"}, "metrics": {"accuracy": 0.93, "rows": 12}}
    outputs = step("track", url=store, experiment="digits", model=folder, **given)
    (run,) = runs(store, outputs["experiment"])
    assert run.info.run_id == outputs["run"]
    assert (run.info.status, run.info.run_name) == ("FINISHED", "digits/tell")
    assert run.data.params == {"seed": "7", "algorithm": "EASE"}
    assert run.data.metrics == {"accuracy": 0.93, "rows": 12}
    assert run.data.tags["penstock.version"] == version
    client = MlflowClient(tracking_uri=store)
    assert [one.path for one in client.list_artifacts(outputs["run"], "model")] == [
        "model/manifest.json",
        "model/model.joblib",
    ]


def test_another_attempt_goes_on_with_the_run_and_doubles_nothing(step, store, sealed, monkeypatch):
    def breaks(*_):
        raise KeyboardInterrupt

    given = {"url": store, "experiment": "digits", "metrics": {"accuracy": 0.9}, "model": sealed[0]}
    with monkeypatch.context() as killed:
        killed.setattr(MlflowClient, "log_artifacts", breaks)
        with pytest.raises(KeyboardInterrupt):
            step("track", **given)
    outputs = [step("track", **given), step("track", **given)]
    assert outputs[0] == outputs[1]
    (run,) = runs(store, outputs[0]["experiment"])
    assert run.info.status == "FINISHED"
    history = MlflowClient(tracking_uri=store).get_metric_history(run.info.run_id, "accuracy")
    assert [one.value for one in history] == [0.9]


def test_another_run_of_the_step_is_another_run(step, store, monkeypatch):
    first = step("track", url=store, experiment="digits")
    monkeypatch.setenv("TRACEPARENT", TRACE.replace("ab", "ef"))
    second = step("track", url=store, experiment="digits")
    assert first["experiment"] == second["experiment"]
    assert len(runs(store, first["experiment"])) == 2


def test_a_bundle_that_was_changed_is_refused_before_anything_is_told(step, store, sealed, tmp_path):
    (sealed[0] / "model.joblib").write_bytes(b"others")
    with pytest.raises(wire.InputError, match="is not as it was sealed"):
        step("track", url=store, experiment="digits", model=sealed[0])
    assert not (tmp_path / "mlflow.db").exists()


@pytest.mark.parametrize("value", [True, "0.9", None, [1]])
def test_a_metric_is_a_number(step, store, value):
    with pytest.raises(wire.InputError) as refused:
        step("track", url=store, experiment="digits", metrics={"accuracy": value})
    assert str(refused.value) == f"metric 'accuracy' is {json.dumps(value)}, but must be a number"


def test_what_mlflow_refuses_is_told_as_it_says_it(step, store):
    with pytest.raises(wire.InputError, match=r"MLflow refuses: .*a b:c!"):
        step("track", url=store, experiment="digits", metrics={"a b:c!": 1})


def test_a_deleted_experiment_is_told(step, store):
    client = MlflowClient(tracking_uri=store)
    client.delete_experiment(client.create_experiment("old"))
    with pytest.raises(wire.InputError, match="experiment 'old' is deleted: restore it"):
        step("track", url=store, experiment="old")


def test_a_server_that_is_away_may_be_tried_again(step):
    with pytest.raises(SystemExit) as told:
        step("track", url="http://127.0.0.1:9", experiment="digits", patience=1)
    assert str(told.value).startswith("error: MLflow at http://127.0.0.1:9: ")
