"""How steps stand, decided live from a model of the cluster."""

from dataclasses import replace

from tests.properties.model import Cluster
from tests.unit.core.admission.clusters import GPU, NOW, held, node

from penstock.core.admission.capacity import Capacity
from penstock.core.asked.why import answers
from penstock.core.reasons import Reason
from penstock.core.wording import Reader


def test_every_step_has_a_reason_and_waiting_ones_a_place_and_an_eta() -> None:
    def step(name: str, gpus: int, **more: object) -> dict[str, object]:
        return {
            "name": name,
            "image": "i",
            "script": "x",
            "duration": "5m",
            "resources": {"requests": {GPU: gpus}},
            **more,
        }

    cluster = Cluster()
    cluster.apply(
        {
            "apiVersion": "penstock.dev/v1alpha1",
            "kind": "Pipeline",
            "metadata": {"name": "p"},
            "spec": {"steps": [step("big", 2), step("small", 1), step("huge", 9), step("later", 1, needs=["big"])]},
        }
    )
    for _ in range(3):
        for write in cluster.writes_of(replace(cluster.plan(), ready=[])):
            write()
    capacity = Capacity.of([node(gpu=2)], [held("q/other", until=120, gpu=1)])
    found = {one.key[2]: one for one in answers([cluster.observe()], capacity, NOW)}
    big = found["big"]
    assert (big.reason, big.place, big.waiting) == (Reason.WAITING_FOR_RESOURCES, 1, 3)
    assert big.words(Reader("ns")).startswith("needs 2 nvidia.com/gpu, 1 of 2 free; held by q/other until about")
    assert (big.rank, big.eta) == (600.0, NOW + 120)
    assert found["small"].reason is Reason.RESERVED
    assert found["small"].eta == NOW + 420
    assert found["huge"].reason is Reason.NEVER_FITS
    assert (found["later"].reason, found["later"].place) == (Reason.WAITING_FOR_DEPENDENCIES, None)


def test_what_only_the_operator_knows_is_repeated() -> None:
    """Its caps and its plan: by what the user sees there is room."""
    cluster = Cluster()
    step = {"name": "a", "image": "i", "script": "x", "duration": "5m", "resources": {"requests": {GPU: 1}}}
    cluster.apply({"kind": "Pipeline", "metadata": {"name": "p"}, "spec": {"steps": [step]}})
    for _ in range(3):
        for write in cluster.writes_of(replace(cluster.plan(), ready=[])):
            write()
    capacity = Capacity.of([node(gpu=2)])
    (found,) = answers([cluster.observe()], capacity, NOW)
    assert (found.reason, found.eta) == (Reason.STARTING, NOW)
    words = "the operator's cap has 0 of 2 left"
    cluster.step("a")["status"] = {"phase": "Queued", "reason": "WaitingForResources", "message": words}
    (found,) = answers([cluster.observe()], capacity, NOW)
    assert (found.reason, found.eta) == (Reason.WAITING_FOR_RESOURCES, None)
    assert found.words(Reader("ns")).startswith("the operator's cap has 0 of 2 left (as the operator wrote")


def test_what_waits_for_a_place_of_its_own_pipeline_waits_for_no_room() -> None:
    cluster = Cluster()
    steps = [{"name": name, "image": "i", "script": "x", "duration": "5m"} for name in "abc"]
    spec = {"steps": [*steps, {**steps[0], "name": "last", "needs": ["c"]}], "parallelism": 1}
    cluster.apply({"kind": "Pipeline", "metadata": {"name": "p"}, "spec": spec})
    for _ in range(3):
        for write in cluster.writes_of(replace(cluster.plan(), ready=[])):
            write()
    found = {one.key[2]: one for one in answers([cluster.observe()], Capacity.of([node(cpu=9)]), NOW)}
    assert (found["c"].reason, found["c"].place, found["c"].waiting) == (Reason.STARTING, 1, 1)
    assert (found["a"].reason, found["a"].place, found["a"].eta) == (Reason.PARALLELISM, None, None)
    assert found["a"].words(Reader("ns")) == "1 steps run, as many as spec.parallelism allows"
