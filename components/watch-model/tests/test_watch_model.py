"""Looks at pods of our own, that answer as they should, lie, or say nothing."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import watch_memory
from penstock_ml import sketch, wire
from PIL import Image

MODEL = "sha256-0123456789abcdef"
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Pod(ThreadingHTTPServer):
    """A pod with a window: `told` is what it answers, as an object or as bytes; it holds the answer back `pause` s."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.told, self.pause, self.code = {}, 0.0, 200
        self.url = f"http://localhost:{self.server_port}/v2/window"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(self.server.pause)
        told = self.server.told
        content = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(self.server.code)
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            self.close_connection = True

    def log_message(self, *words):
        pass


@pytest.fixture
def pods():
    found = []

    def start():
        found.append(Pod())
        threading.Thread(target=found[-1].serve_forever).start()
        return found[-1]

    yield start
    for pod in found:
        pod.shutdown()
        pod.server_close()


@pytest.fixture
def shelf(tmp_path):
    """The folder of models with one bundle: two classes, three numbers."""
    bundle = tmp_path / "models" / MODEL
    bundle.mkdir(parents=True)
    features = sketch.Features((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    confidence = tuple(np.linspace(0.5, 1, 11))
    sketch.save(sketch.Sketch(1000, {"cat": 600, "dog": 400}, confidence, features), bundle / sketch.FILE)
    return bundle.parent


def items(seed, at, *, count=150, moved=0.0):
    random = np.random.default_rng(seed)
    return [
        {
            "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "inputs": (random.normal(size=3) + moved).tolist(),
            "prediction": "cat" if random.random() < 0.6 else "dog",
            "confidence": float(random.uniform(0.5, 1)),
        }
        for _ in range(count)
    ]


def told(found, model=MODEL):
    return {"model": model, "seen": len(found), "since": "2026-06-01T00:00:00Z", "items": found}


@pytest.fixture
def look(step, shelf, tmp_path):
    def at(pod, when, **inputs):
        artifacts = {"report": tmp_path / "report", "details": tmp_path / "details"}
        given = {"urls": [pod.url], "models": shelf, "memory": tmp_path / "memory" / "cats.json", "seed": 1}
        return step("watch-model", artifacts=artifacts, **{**given, "now": when.isoformat(), **inputs})

    return at


def test_two_of_three_windows_are_an_alarm_and_then_there_is_none_for_a_while(pods, look, tmp_path):
    pod = pods()
    verdicts = []
    for hour, moved in enumerate([0, 0.8, 0, 0.8, 0.8, 0.8]):
        when = NOON + timedelta(hours=hour)
        pod.told = told(items(hour, when, moved=moved))
        outputs = look(pod, when, cool_down=1.5)
        verdicts.append((outputs["verdict"], outputs["drifted"]))
    assert verdicts == [
        ("Steady", False),
        ("Suspicious", False),
        ("Steady", False),
        ("Drifted", True),
        ("CoolingDown", False),
        ("Drifted", True),
    ]
    assert outputs["windows"] == ["different", "different", "different"]
    assert outputs["p-values"]["means"] < 0.001 < outputs["p-values"]["classes"]
    assert set(outputs["statistics"]) == {"classes", "confidence", "means", "spread"}
    details = json.loads((tmp_path / "details").read_text())
    assert (details["pods"][0]["items"], details["memory"]["model"]) == (150, MODEL)
    with Image.open(tmp_path / "report") as image:
        assert image.format == "PNG"


def test_a_clock_that_is_ahead_does_not_end_the_watch(pods, look):
    pod = pods()
    for when in (datetime.now(UTC) + timedelta(hours=1), datetime(9999, 12, 31, tzinfo=UTC)):
        pod.told = told(items(0, when))
        with pytest.raises(wire.InputError, match=r"items\[0\]\.time is .*, later than now: set the clock"):
            look(pod, NOON)
    pod.told = told(items(1, NOON))
    assert look(pod, NOON)["items"] == 150


def test_what_was_looked_at_does_not_count_again(pods, look):
    pod = pods()
    old = items(0, NOON, moved=0.8)
    pod.told = told(old)
    assert look(pod, NOON)["verdict"] == "Suspicious"
    outputs = look(pod, NOON)
    assert (outputs["verdict"], outputs["items"], outputs["windows"]) == ("TooFew", 0, ["different"])
    pod.told = told(old + items(1, NOON + timedelta(hours=1), count=99))
    assert (look(pod, NOON)["verdict"], look(pod, NOON)["items"]) == ("TooFew", 99)
    pod.told = told(old + items(1, NOON + timedelta(hours=1), count=120))
    outputs = look(pod, NOON)
    assert (outputs["verdict"], outputs["items"], outputs["windows"]) == ("Steady", 120, ["different", "alike"])


def test_a_wild_input_of_somebody_does_not_end_the_watch(pods, look):
    """The server answers any numbers that are finite."""
    pod = pods()
    for hour, wild in enumerate((1e300, -1e200, 1e20)):
        pod.told = told(found := items(hour, NOON + timedelta(hours=hour)))
        found[70]["inputs"][0] = wild
        outputs = look(pod, NOON)
        assert outputs["items"] == 150
        assert outputs["p-values"]["classes"] > 0.01


def test_attempts_of_one_step_are_one_look(pods, look, monkeypatch):
    """What an attempt found may be lost after it was remembered: its artifacts cannot be stored, or its node goes."""
    pod = pods()
    verdicts = []
    for hour, attempts in enumerate((2, 1, 3, 1)):
        monkeypatch.setenv("TRACEPARENT", f"00-{hour + 1:032x}-{1:016x}-01")
        when = NOON + timedelta(hours=hour)
        pod.told = told(items(hour, when, moved=0.8))
        outputs = [look(pod, when, cool_down=1.5) for _ in range(attempts)]
        assert all(one == outputs[0] for one in outputs)
        verdicts.append(outputs[0]["verdict"])
    assert verdicts == ["Suspicious", "Drifted", "CoolingDown", "Drifted"]
    monkeypatch.setenv("TRACEPARENT", f"00-{9:032x}-{1:016x}-01")
    assert look(pod, when)["verdict"] == "TooFew"


def test_another_model_begins_anew_and_the_alarm_before_it_still_counts(pods, look, shelf):
    pod, after = pods(), MODEL.replace("0", "f")
    for hour in range(2):
        pod.told = told(items(hour, NOON + timedelta(hours=hour), moved=0.8))
        outputs = look(pod, NOON + timedelta(hours=hour))
    assert outputs["drifted"]
    (shelf / MODEL).rename(shelf / after)
    seen = []
    for hour in range(2, 4):
        pod.told = told(items(hour, NOON + timedelta(hours=hour), moved=0.8), after)
        seen.append(look(pod, NOON + timedelta(hours=hour))["verdict"])
    assert seen == ["Suspicious", "CoolingDown"]


def test_pods_count_by_what_they_answered(pods, look):
    busy, idle = pods(), pods()
    busy.told = {**told(items(0, NOON, count=1000)), "seen": 10000}
    idle.told = {**told(items(1, NOON, count=1000, moved=3)), "seen": 1000}
    outputs = look(busy, NOON, urls=[busy.url, idle.url], most=5000)
    assert 1050 < outputs["items"] < 1150  # all of the busy one's, a tenth of the other's


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (b"<html>", "JSONDecodeError"),
        (b"[" * 60000, "RecursionError"),
        (b"[]", "TypeError"),
        ({}, "KeyError: 'model'"),
        ({"model": MODEL, "seen": 1, "items": [{}]}, "KeyError: 'confidence'"),
        ({"model": MODEL, "seen": 0, "items": [{}]}, "no smaller than there are items"),
        ({"confidence": 1.5}, "1.5, no number from 0 to 1"),
        ({"confidence": float("nan")}, "nan, no number"),
        ({"confidence": "high"}, "'high', no number"),
        ({"time": "yesterday"}, "'yesterday', no time"),
        ({"time": 5}, "TypeError"),
        ({"prediction": "horse"}, "'horse', which is no class of the model"),
        ({"prediction": ["cat"]}, "prediction is no value"),
        ({"inputs": [1, 2]}, "not all numbers and as many"),
        ({"inputs": ["a", "b", "c"]}, "not all numbers"),
        ({"inputs": [1e400, 0, 0]}, "inputs of 3 numbers"),
        ({"inputs": [10**400, 0, 0]}, "not all numbers"),
        ({"model": MODEL, "seen": 10**400, "items": []}, "'seen' a whole number"),
        (b" " * (32 * 2**20 + 1), "more than 33554432 bytes"),
    ],
)
def test_a_window_that_lies_is_not_tried_again(pods, look, change, words):
    pod, found = pods(), items(0, NOON)
    if isinstance(change, dict) and change and "model" not in change:
        found[70] |= change
        pod.told = told(found)
    else:
        pod.told = change
    with pytest.raises(wire.InputError, match=words):
        look(pod, NOON)


@pytest.mark.parametrize(
    ("model", "inputs", "words"),
    [
        ("../../etc", {}, "no version such as sha256-"),
        ("sha256-ffffffffffffffff", {}, "is no sketch of a model"),
        (MODEL, {"model": "sha256-ffffffffffffffff"}, "another model went live"),
    ],
)
def test_another_model_than_is_known_is_not_tried_again(pods, look, model, inputs, words):
    pod = pods()
    pod.told = told(items(0, NOON), model)
    with pytest.raises(wire.InputError, match=words):
        look(pod, NOON, **inputs)


def test_a_pod_that_says_nothing_is_tried_again(pods, look):
    pod = pods()
    pod.pause = 2.5
    with pytest.raises(SystemExit, match="takes too long"):
        look(pod, NOON, patience=1)


def test_a_pod_that_is_ill_is_tried_again(pods, look):
    pod = pods()
    pod.code = 503
    with pytest.raises(SystemExit, match="503"):
        look(pod, NOON)


def test_a_service_without_pods_is_tried_again(pods, look):
    with pytest.raises(SystemExit, match="no pod of the model is there"):
        look(pods(), NOON, urls=["http://nowhere.invalid:8080/v2/window"])


def test_a_switch_that_is_under_way_is_waited_for(pods, look):
    one, other = pods(), pods()
    one.told, other.told = told(items(0, NOON)), told(items(0, NOON), "sha256-ffffffffffffffff")
    with pytest.raises(SystemExit, match="wait until one model is live"):
        look(one, NOON, urls=[one.url, other.url])


def test_of_two_slots_the_pods_of_what_is_live_count(pods, look):
    live, before = pods(), pods()
    live.told = told(items(0, NOON))
    before.told = told(items(1, NOON, moved=3), "sha256-ffffffffffffffff")
    urls = ["http://nowhere.invalid/v2/window", before.url, live.url]
    assert look(live, NOON, urls=urls, live=live.url)["items"] == 150
    with pytest.raises(SystemExit, match="none of the pods serves sha256-0123456789abcdef, which is live"):
        look(live, NOON, urls=[before.url], live=live.url)
    with pytest.raises(SystemExit, match="no pod of the model is there"):
        look(live, NOON, urls=urls[:1], live=live.url)


def test_a_look_that_failed_is_not_remembered(pods, look, tmp_path):
    pod = pods()
    pod.told = told(items(0, NOON, moved=0.8))
    (tmp_path / "report").mkdir()
    with pytest.raises(IsADirectoryError):
        look(pod, NOON)
    assert not (tmp_path / "memory").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"different": 5}', '{"different": [], "alarmed": "once"}', '{"x": 1}'])
def test_a_memory_that_is_none_is_told(tmp_path, text):
    (tmp_path / "m").write_text(text)
    with pytest.raises(wire.InputError, match="delete it, and watching begins anew"):
        watch_memory.load(tmp_path / "m")


def test_a_place_that_cannot_be_written_is_told():
    with pytest.raises(wire.InputError, match="mount a claim there that lasts"):
        watch_memory.save(watch_memory.Memory(), watch_memory.Path("/proc/none/x.json"))


@pytest.mark.parametrize(
    ("inputs", "words"),
    [({"urls": []}, "input 'urls' is empty"), ({"urls": ["ftp://x"]}, "must begin with http"), ({"rate": 0.5}, "0.2")],
)
def test_inputs_that_cannot_be_used_are_refused(pods, look, inputs, words):
    with pytest.raises(wire.InputError, match=words):
        look(pods(), NOON, **inputs)
