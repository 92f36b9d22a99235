"""The server as its clients see it: real HTTP to a real process."""

import http.client
import json
import signal
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from penstock_ml import scores
from running import serving

INFER = "/v2/models/model/infer"
PREDICT = "/v1/models/model:predict"


def tensor(samples, **other):
    data = [one.tolist() for one in samples]
    return {"inputs": [{"name": "samples", "datatype": "FP64", "shape": [len(data), 8, 8], "data": data, **other}]}


def test_v2_answers_what_the_model_says(server):
    samples = server.source.test.samples
    status, body, _ = server.ask("POST", INFER, {**tensor(samples), "id": "plugh"})
    assert status == 200
    assert (body["model_name"], body["model_version"], body["id"]) == ("model", server.version, "plugh")
    prediction, confidence = body["outputs"]
    assert prediction["shape"] == confidence["shape"] == [len(samples)]
    right = [said == str(label) for said, label in zip(prediction["data"], server.source.test.labels, strict=True)]
    assert scores.accuracy(True, np.array(right)) > 0.95
    assert all(0 < one <= 1 for one in confidence["data"])


def test_v1_gives_the_same_and_a_version_may_be_named(server):
    samples = server.source.test.samples[:7]
    said = server.ask("POST", INFER, tensor(samples))[1]["outputs"][0]["data"]
    flat = {"inputs": [{"name": "x", "datatype": "FP32", "shape": [7, 64], "data": samples.reshape(-1).tolist()}]}
    assert server.ask("POST", INFER, flat)[1]["outputs"][0]["data"] == said
    assert server.ask("POST", PREDICT, {"instances": samples.tolist()})[1] == {"predictions": said}
    versioned = f"/v2/models/model/versions/{server.version}/infer"
    assert server.ask("POST", versioned, tensor(samples))[1]["outputs"][0]["data"] == said
    assert server.ask("POST", "/v2/models/model/versions/sha256-0/infer", tensor(samples))[0] == 404


def test_texts_are_taken_as_bytes(reader):
    body = {"inputs": [{"name": "x", "datatype": "BYTES", "shape": [2, 1], "data": [["yes 1 times"], ["no 2 times"]]}]}
    assert reader.ask("POST", INFER, body)[1]["outputs"][0]["data"] == ["agreed", "refused"]
    assert reader.ask("POST", PREDICT, {"instances": ["no", "yes"]})[1] == {"predictions": ["refused", "agreed"]}
    item = reader.ask("GET", "/v2/window")[1]["items"][0]
    assert item["inputs"] == ["yes 1 times"]
    assert reader.ask("POST", PREDICT, {"instances": [["no", "yes"]]})[0] == 400
    assert reader.ask("POST", PREDICT, {"instances": [1]})[0] == 400


def count(server, name):
    """The value of one of the server's metrics; 0 while it has none."""
    lines = server.ask("GET", "/metrics")[1].splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith(f"penstock_server_{name} "))


def test_what_it_is_and_that_it_lives(server):
    assert server.ask("GET", "/v2/health/live")[:2] == (200, {"live": True})
    for path in ("/v2/health/ready", "/v2/models/model/ready", "/v1/models/model"):
        assert server.ask("GET", path)[:2] == (200, {"name": "model", "ready": True})
    about = server.ask("GET", "/v2/models/model")[1]
    assert about["versions"] == [server.version]
    assert about["inputs"] == [{"name": "samples", "datatype": "FP64", "shape": [-1, 64]}]
    assert server.ask("GET", "/v2")[1]["name"] == "penstock-serve"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff", "not JSON"),
        ([], '"inputs", a list of one tensor'),
        ({"inputs": []}, '"inputs", a list of one tensor'),
        ({"inputs": [1]}, '"inputs", a list of one tensor'),
        ({"inputs": [{}]}, "inputs[0].datatype is None"),
        ({"inputs": [{"datatype": "BYTES"}]}, "inputs[0].datatype is 'BYTES', but the model takes FP32"),
        ({"inputs": [{"datatype": "FP32"}]}, "inputs[0].shape is None"),
        ({"inputs": [{"datatype": "FP32", "shape": [-1]}]}, "inputs[0].shape is [-1]"),
        ({"inputs": [{"datatype": "FP32", "shape": [True]}]}, "inputs[0].shape is [True]"),
        ({"inputs": [{"datatype": "FP32", "shape": [1, 64], "data": [1]}]}, "has 1 values, but shape [1, 64] has 64"),
        ({"inputs": [{"datatype": "FP32", "shape": [1, 2], "data": [1, 2]}]}, "takes 64 numbers a sample"),
        ({"inputs": [{"datatype": "FP32", "shape": [1], "data": ["1"]}]}, "inputs[0].data must be a list of numbers"),
        ({"inputs": [{"datatype": "FP32", "shape": [1], "data": 1}]}, "inputs[0].data must be a list of numbers"),
        ({"inputs": [{"datatype": "FP32", "shape": [3], "data": [[1], [1, 2]]}]}, "nested evenly"),
        ({"inputs": [{"datatype": "FP32", "shape": [1], "data": [10**400]}]}, "must be a list of numbers"),
        (b'{"inputs": [{"datatype": "FP32", "shape": [1], "data": [NaN]}]}', "not finite"),
        ({"inputs": [{"datatype": "FP32", "shape": [1001, 64], "data": [0] * 64064}]}, "at most 1000"),
    ],
)
def test_what_cannot_be_answered_is_said(server, body, why):
    status, answer, _ = server.ask("POST", INFER, body)
    assert status == 400
    assert why in answer["error"]


def test_v1_says_it_too(server):
    for body in ([], {"instances": []}, {"instances": "plugh"}):
        assert "list of samples" in server.ask("POST", PREDICT, body)[1]["error"]
    assert "64 numbers a sample" in server.ask("POST", PREDICT, {"instances": [[1, 2]]})[1]["error"]


def test_other_paths_methods_and_sizes(server):
    status, body, headers = server.ask("GET", "/plugh")
    assert (status, "error" in body) == (404, True)
    status, body, headers = server.ask("GET", INFER)
    assert (status, headers["allow"]) == (405, "POST")
    assert server.ask("POST", INFER, b" " * (4 * 2**20 + 1))[0] == 413


def test_a_body_that_is_not_encoded_as_it_says_is_told(server):
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{INFER}", b"plugh", {"Content-Encoding": "gzip"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert refused.value.code == 400
    assert "not encoded as its header says" in json.load(refused.value)["error"]


def test_many_clients_get_each_their_own_answer(server):
    samples = server.source.test.samples[:200]
    alone = server.ask("POST", INFER, tensor(samples))[1]["outputs"][0]["data"]

    def one(number):
        return server.ask("POST", INFER, tensor(samples[number : number + 1]))[1]["outputs"][0]["data"][0]

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(one, range(200))) == alone
    assert count(server, 'batch_samples_bucket{le="32.0"}') == count(server, "batch_samples_count") > 0


def test_the_window_is_of_this_model_and_bounded(server):
    before = server.ask("GET", "/v2/window")[1]["seen"]
    server.ask("POST", INFER, tensor(server.source.test.samples[:120]))
    window = server.ask("GET", "/v2/window")[1]
    assert window["model"] == server.version
    assert window["seen"] == before + 120
    assert len(window["items"]) == 50
    item = window["items"][-1]
    assert sorted(item) == ["confidence", "inputs", "prediction", "time"]
    assert len(item["inputs"]) == 64
    assert window["since"] <= item["time"]
    again = {"instances": [one["inputs"] for one in window["items"]]}
    assert server.ask("POST", PREDICT, again)[1]["predictions"] == [one["prediction"] for one in window["items"]]


def test_metrics_count_what_was_asked(server):
    server.ask("POST", INFER, b"{")
    text = server.ask("GET", "/metrics")[1]
    assert 'penstock_server_requests_total{code="400",protocol="v2"}' in text
    assert f'version="{server.version}"' in text
    assert 'penstock_server_predictions_total{class="7"}' in text


def test_a_connection_does_not_outlive_a_switch_for_long(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/v2")
    first = connection.getresponse()
    first.read()
    assert first.getheader("Connection") != "close"
    time.sleep(1.1)
    connection.request("GET", "/v2")
    assert connection.getresponse().getheader("Connection") == "close"


def test_requests_under_way_are_answered_when_it_has_to_end(images, tmp_path):
    with serving(images, tmp_path, "RandomForest") as found:
        body = json.dumps(tensor(images.train.samples[:300]))
        connections = [http.client.HTTPConnection("127.0.0.1", found.port, timeout=60) for _ in range(3)]
        for connection in connections:
            connection.request("POST", INFER, body)
        while count(found, "waiting_samples") + 300 * count(found, 'requests_total{code="200",protocol="v2"}') < 900:
            time.sleep(0.01)
        found.process.send_signal(signal.SIGTERM)
        assert [connection.getresponse().status for connection in connections] == [200] * 3
        assert found.process.wait(timeout=60) == 0
