"""What is wrong before anything is asked of a cluster. Deployments on a real API server are in tests/serving."""

import ssl

import numpy as np
import pytest
import serve
from penstock_ml import bundle, wire
from PIL import Image
from serving.gate import Limits, Shown
from serving.record import Figures

from serving import kube, picture, shelf


@pytest.fixture
def packed(tmp_path):
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / bundle.MODEL).write_text("plugh")
    bundle.seal(folder)
    return folder


def test_without_a_token_it_is_said_how_to_get_one(step, packed, tmp_path):
    with pytest.raises(wire.InputError, match="name the service account of the slots in the step"):
        step("serve", artifacts={"report": tmp_path / "r"}, service="digits", model=packed)


def test_without_a_shelf_it_is_said_what_to_mount(step, packed, tmp_path, monkeypatch):
    account = tmp_path / "account"
    account.mkdir()
    (account / "token").write_text("xyzzy")
    monkeypatch.setattr(ssl, "create_default_context", lambda cafile: None)
    monkeypatch.setattr(kube, "ACCOUNT", account)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
    monkeypatch.setattr(shelf.put, "__defaults__", (tmp_path / "nowhere",))
    with pytest.raises(wire.InputError, match="mount the claim of the slots there"):
        step("serve", artifacts={"report": tmp_path / "r"}, service="digits", model=packed)


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        ({"floor": 1.5}, "input 'floor' is 1.5, but must be between 0 and 1"),
        ({"agreement": "all"}, "input 'agreement' is 'all', but must be a number"),
        ({"patience": 0}, "input 'patience' is 0.0, but must be between 1 and 3600"),
        ({"service": "my digits"}, "input 'service' is 'my digits', but must be a release's name"),
        ({"service": "../secrets/x"}, "input 'service' is '../secrets/x', but must be a release's name"),
    ],
)
def test_inputs_that_are_none(step, packed, tmp_path, inputs, why):
    with pytest.raises(wire.InputError, match=why):
        step("serve", artifacts={"report": tmp_path / "r"}, **{"service": "digits", "model": packed, **inputs})


def test_an_output_that_is_missing_is_said_before_anything_is_live(step, packed):
    with pytest.raises(wire.InputError, match="declare the output 'report'"):
        step("serve", service="digits", model=packed)


def test_what_another_try_may_mend_ends_with_one(monkeypatch, capsys):
    def late():
        raise serve.LateError("plugh")

    monkeypatch.setattr(serve, "undo", late)
    with pytest.raises(SystemExit) as ended:
        serve.command(["undo"])
    assert ended.value.code == "error: plugh"


def test_the_picture_shows_what_there_is(tmp_path):
    new, live = tuple(np.linspace(0.002, 0.012, 250)), tuple(np.linspace(0.002, 0.02, 50))
    shown = Shown(Figures(0.975, 0.88, 0.0119), new, live, 360, 50)
    picture.draw(
        "digits: sha256-0123456789abcdef", ["live since now"], shown, Limits(0.95, 1, 0.9), tmp_path / "full.png"
    )
    picture.draw("digits: sha256-0123456789abcdef", [], Shown(), Limits(0, 1, 0), tmp_path / "empty.png")
    full, empty = (Image.open(tmp_path / name) for name in ("full.png", "empty.png"))
    assert full.size[1] > empty.size[1] + 200
    colours = {colour for _, colour in full.convert("RGB").getcolors(maxcolors=100_000)}
    assert picture.RIGHT in colours, "accuracy above its floor"
    assert picture.WRONG in colours, "agreement below its limit"
