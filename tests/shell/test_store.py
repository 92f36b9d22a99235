"""The store: never older than what was known, never again once deleted, and nothing hurts anything else."""

from typing import Any

import pytest

from penstock.core import labels
from penstock.engine.resources import COMPONENTS, JOBS, PIPELINES, PODS, STEPS
from penstock.engine.shelf import REMEMBERED, Shelf
from penstock.engine.store import Key, Store

Object = dict[str, Any]
KEY = Key("ns", "p")


def meta(name: str, uid: str, version: int, owner: tuple[str, str] | None = None) -> Object:
    found: Object = {
        "name": name,
        "namespace": "ns",
        "uid": uid,
        "resourceVersion": str(version),
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    if owner:
        found["ownerReferences"] = [{"kind": owner[0], "uid": owner[1], "controller": True}]
    return found


def pipeline(version: int = 1, **status: Any) -> Object:
    return {"metadata": meta("p", "u-p", version), "spec": {"steps": []}, "status": status}


def step(version: int = 1, uid: str = "u-s", **status: Any) -> Object:
    return {"metadata": meta("p.a", uid, version, ("Pipeline", "u-p")), "spec": {"fingerprint": "f"}, "status": status}


def job(version: int = 1) -> Object:
    found = meta("p-a-1", "u-j", version, ("Step", "u-s"))
    found["labels"] = {labels.MANAGED_BY: labels.PENSTOCK, labels.ATTEMPT: "1"}
    found["annotations"] = {labels.RUN: "1", labels.FINGERPRINT: "f"}
    return {"metadata": found, "spec": {}, "status": {}}


def pod(version: int = 1, phase: str = "Pending", ready: bool = False) -> Object:
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {
        "metadata": meta("p-a-1-x", "u-x", version, ("Job", "u-j")),
        "spec": {},
        "status": {"phase": phase, "conditions": conditions},
    }


@pytest.fixture
def store() -> Store:
    found = Store()
    found.put(PIPELINES, pipeline())
    found.put(STEPS, step())
    found.put(JOBS, job())
    found.put(PODS, pod())
    return found


def test_children_are_found_by_way_of_their_owners(store: Store) -> None:
    (found,) = store.steps_of(KEY).values()
    assert [one.name for one in store.jobs_of(found.uid)] == ["p-a-1"]
    assert [one.phase for one in store.pods_of("u-j")] == ["Pending"]
    assert store.keys() == [KEY]


@pytest.mark.parametrize(("version", "news"), [(9, ()), (10, ()), (11, (KEY,)), (100, (KEY,))])
def test_only_what_is_newer_counts(store: Store, version: int, news: tuple[Key, ...]) -> None:
    store.put(STEPS, step(10, phase="Running"))
    assert store.put(STEPS, step(version, phase="Succeeded")) == news
    (found,) = store.steps_of(KEY).values()
    assert found.status["phase"] == ("Succeeded" if news else "Running")


def test_versions_are_numbers(store: Store) -> None:
    store.put(STEPS, step(99, phase="Running"))
    assert store.put(STEPS, step(100, phase="Succeeded")) == (KEY,)


def test_what_changes_nothing_that_is_kept_wakes_nothing(store: Store) -> None:
    assert store.put(PODS, pod(2, ready=True)) == ()
    assert store.put(PODS, pod(3, phase="Succeeded")) == (KEY,)


def test_late_events_do_not_bring_back_the_deleted(store: Store) -> None:
    assert store.drop(STEPS, "u-s") == (KEY,)
    assert store.put(STEPS, step(1000)) == ()
    assert store.steps_of(KEY) == {}


class TestALabelThatIsTakenOff:
    """A watch with a selector says that a Job was deleted when its label is taken off."""

    def test_and_put_back_is_news(self, store: Store) -> None:
        assert store.drop(JOBS, "u-j", 20) == (KEY,)
        assert store.put(JOBS, job(20)) == ()
        assert store.put(JOBS, job(21)) == (KEY,)
        assert [one.version for one in store.jobs_of("u-s")] == ["21"]

    def test_before_what_is_known_is_no_news(self, store: Store) -> None:
        store.put(JOBS, job(30))
        assert store.drop(JOBS, "u-j", 20) == ()
        assert [one.version for one in store.jobs_of("u-s")] == ["30"]

    def test_again_and_again_counts_as_it_was_last(self, store: Store) -> None:
        store.drop(JOBS, "u-j", 40)
        store.drop(JOBS, "u-j", 20)
        assert store.put(JOBS, job(30)) == ()
        assert store.put(JOBS, job(50)) == (KEY,)

    def test_is_not_what_ends_an_object(self, store: Store) -> None:
        store.drop(JOBS, "u-j")
        assert store.put(JOBS, job(1000)) == ()


def test_a_deleted_step_does_not_take_its_successor_of_the_same_name_along(store: Store) -> None:
    store.put(STEPS, step(5, uid="u-new"))
    store.drop(STEPS, "u-s")
    assert [one.uid for one in store.steps_of(KEY).values()] == ["u-new"]


def test_a_pipeline_of_the_same_name_replaces_the_old_one(store: Store) -> None:
    new = pipeline(7)
    new["metadata"]["uid"] = "u-p2"
    store.put(PIPELINES, new)
    store.drop(PIPELINES, "u-p")
    found = store.pipeline(KEY)
    assert found is not None
    assert found.uid == "u-p2"


def test_a_step_that_lost_its_owner_is_nobodys_and_only_takes_the_name(store: Store) -> None:
    orphan = {**step(7), "metadata": meta("p.a", "u-s", 7)}
    assert store.put(STEPS, orphan) == (KEY,)
    (found,) = store.steps_of(KEY).values()
    assert (found.owner, found.path, found.version) == (None, "a", "7")
    assert store.keys() == [KEY]
    assert store.drop(STEPS, "u-s") == (KEY,)
    assert store.steps_of(KEY) == {}


def test_a_step_that_gets_an_owner_stands_alone_no_more(store: Store) -> None:
    mine = {"metadata": meta("x", "u-x", 3), "spec": {"image": "i"}, "status": {}}
    assert store.put(STEPS, mine) == (Key("ns", "x", alone=True),)
    owned = {**mine, "metadata": meta("x", "u-x", 4, ("Pipeline", "u-p"))}
    assert set(store.put(STEPS, owned)) == {Key("ns", "x", alone=True), Key("ns", "x")}
    assert store.step(Key("ns", "x", alone=True)) is None


def test_a_job_that_changes_hands_is_found_in_one_place(store: Store) -> None:
    store.put(STEPS, {**step(8, "u-2"), "metadata": meta("p.b", "u-2", 8, ("Pipeline", "u-p"))})
    moved = job(9)
    moved["metadata"]["ownerReferences"][0]["uid"] = "u-2"
    store.put(JOBS, moved)
    assert [one.uid for one in store.jobs_of("u-2")] == ["u-j"]
    assert store.jobs_of("u-s") == ()


def test_everything_is_let_go(store: Store) -> None:
    for resource, uid in ((PODS, "u-x"), (JOBS, "u-j"), (STEPS, "u-s"), (PIPELINES, "u-p")):
        store.drop(resource, uid)
    assert (store.keys(), store.steps_of(KEY), store.jobs_of("u-s"), store.pods_of("u-j")) == ([], {}, (), ())
    assert not any((store._steps_of, store._jobs_of, store._pods_of, store._by_name))


@pytest.mark.parametrize(
    ("resource", "obj"),
    [
        (JOBS, {**job(), "metadata": {**meta("x", "u-bad", 3), "annotations": {}}}),
        (PODS, {"metadata": meta("x", "u-bad", 3), "spec": None, "status": []}),
        (STEPS, {"metadata": meta("p.b", "u-bad", 3, ("Pipeline", "u-p")), "spec": "text", "status": 5}),
    ],
)
def test_poison_hurts_only_itself(store: Store, caplog: pytest.LogCaptureFixture, resource: Any, obj: Object) -> None:
    before = store.keys(), dict(store.steps_of(KEY))
    for _ in range(3):
        assert store.put(resource, obj) == ()
    assert (store.keys(), dict(store.steps_of(KEY))) == before
    assert store.put(STEPS, step(50, phase="Running")) == (KEY,)


def test_views_are_compact(store: Store) -> None:
    store.put(STEPS, step(2, phase="Succeeded", conditions=[{"type": "Finished"}], outputs={"a": [1, {"b": "c"}]}))
    (found,) = store.steps_of(KEY).values()
    assert found.status == {"phase": "Succeeded", "outputs": {"a": [1, {"b": "c"}]}}


def test_a_component_that_is_not_valid_says_why(store: Store) -> None:
    broken = {"metadata": meta("c", "u-c", 3), "spec": {"image": "i", "colour": "red"}}
    assert store.put(COMPONENTS, broken) == ()
    (found,) = store.components
    assert found.spec is None
    assert "colour" in found.problem


@pytest.mark.parametrize(
    ("wanted", "concerned"), [((None, "c"), True), (("ns", "c"), True), (("other", "c"), False), ((None, "d"), False)]
)
def test_a_component_concerns_only_what_asked_for_it(
    store: Store, wanted: tuple[str | None, str], concerned: bool
) -> None:
    store.asks(KEY, [wanted, (None, "e")])
    component = {"metadata": meta("c", "u-c", 3), "spec": {"image": "i"}}
    assert store.put(COMPONENTS, component) == ((KEY,) if concerned else ())
    assert store.drop(COMPONENTS, "u-c") == ((KEY,) if concerned else ())


def test_what_is_gone_asks_for_nothing(store: Store) -> None:
    store.asks(KEY, [(None, "c")])
    store.drop(PIPELINES, "u-p")
    store.asks(KEY, [(None, "c")])
    assert store.put(COMPONENTS, {"metadata": meta("c", "u-c", 3), "spec": {"image": "i"}}) == ()
    assert not store._asked_for


def test_tombstones_are_bounded() -> None:
    shelf: Shelf[Any] = Shelf()
    for number in range(REMEMBERED + 5):
        shelf.drop(f"u-{number}")
    assert not shelf.stale("u-0", "1")
    assert shelf.stale(f"u-{REMEMBERED + 4}", "1")
