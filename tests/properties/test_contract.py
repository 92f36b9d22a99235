"""The contract of core and engine: asked again as a plan says, and only then, every Pipeline comes to its end."""

import copy

from hypothesis import given
from hypothesis import strategies as st

from penstock.core import labels
from tests.properties.engine import Engine
from tests.properties.manifests import manifests
from tests.properties.objects import Object

ENDED = ("Succeeded", "Failed", "Cancelled")


def begun(manifest: Object, seed: int, moments: int) -> Engine:
    """A Pipeline some way on."""
    engine = Engine(seed)
    engine.apply(manifest)
    engine.live(moments)
    return engine


@given(manifests(strict=False), st.integers(0, 2**32), st.integers(0, 40))
def test_it_is_asked_until_settled_and_comes_to_its_end(manifest: Object, seed: int, moments: int) -> None:
    engine = begun(manifest, seed, moments)
    engine.finish_alone()
    assert engine.status["phase"] in ENDED
    assert len(engine.approved) <= engine.decisions, "a decision counts once"


@given(manifests(strict=False), st.integers(0, 2**32), st.integers(0, 40))
def test_what_is_cancelled_ends_without_a_nudge(manifest: Object, seed: int, moments: int) -> None:
    engine = begun(manifest, seed, moments)
    spec = {**copy.deepcopy(manifest["spec"]), "cancel": True}
    engine.apply({**manifest, "spec": spec})
    engine.finish_alone()
    assert engine.status["phase"] in ENDED


@given(manifests(strict=False), st.integers(0, 2**32), st.integers(0, 40), st.booleans())
def test_a_wrong_edit_starts_nothing_and_put_right_it_goes_on(
    manifest: Object, seed: int, moments: int, cancel: bool
) -> None:
    engine = begun(manifest, seed, moments)
    spec = copy.deepcopy(manifest["spec"])
    wrong = {"name": "wrong", "image": "i", "script": "x", "needs": ["ghost"]}
    engine.apply({**manifest, "spec": {**spec, "cancel": cancel, "steps": [*spec["steps"], wrong]}})
    engine.live(moments)
    if engine.status.get("phase") == "Invalid":  # an undo or `finally` that has begun comes to its end before
        before = len(engine.started)
        engine.live(moments)
        assert len(engine.started) == before
    engine.apply({**manifest, "spec": spec})
    engine.finish_alone()
    assert engine.status["phase"] in ENDED


@given(manifests(strict=False), manifests(strict=False), st.integers(0, 2**32), st.integers(0, 40))
def test_what_is_edited_or_rerun_ends_without_a_nudge(first: Object, last: Object, seed: int, moments: int) -> None:
    engine = begun(first, seed, moments)
    engine.apply(last)
    engine.live(moments // 2)
    engine.annotate(engine.of("Pipeline")[0], labels.RERUN, "again")
    engine.live(moments // 2)
    engine.finish_alone()
    assert engine.status["phase"] in ENDED
    assert len(engine.approved) <= engine.decisions, "a decision counts once"
