"""Whatever happens on the way, a Pipeline ends as a clean run of its last manifest does."""

import copy
import random

from hypothesis import given, note
from hypothesis import strategies as st

from penstock.core import labels
from tests.properties.manifests import manifests
from tests.properties.objects import Object
from tests.properties.simulation import Disturbed, clean_run

Edits = list[tuple[int, Object]]


def differences(found: Object, wanted: Object) -> dict[str, tuple[object, object]]:
    """What two results differ in, by path."""
    if not isinstance(found, dict) or not isinstance(wanted, dict):
        return {} if found == wanted else {"": (found, wanted)}
    return {
        f"{key}/{path}": both
        for key in found.keys() | wanted.keys()
        for path, both in differences(found.get(key), wanted.get(key)).items()
    }


def conclude(cluster: Disturbed, last: Object) -> None:
    cluster.settle()
    cluster.check_transitions()
    cluster.check_conditions()
    note(str(cluster.states()))
    assert differences(cluster.result(), clean_run(last).result()) == {}
    assert not cluster.writes_of(cluster.plan()), "a fixpoint"


@given(manifests(), st.integers(0, 2**32), st.integers(0, 60))
def test_disturbances_do_not_matter(manifest: Object, seed: int, steps: int) -> None:
    cluster = Disturbed.driven(manifest, seed, steps, 0.08)
    conclude(cluster, manifest)
    assert cluster.undone() == clean_run(manifest).undone()


@given(manifests(), manifests(), st.integers(0, 2**32), st.integers(0, 60), st.integers(0, 60))
def test_an_edit_at_any_time_leads_to_the_edited(
    first: Object, last: Object, seed: int, before: int, after: int
) -> None:
    cluster = Disturbed.driven(first, seed, before, 0.08)
    cluster.apply(last)
    for _ in range(after):
        cluster.turn() if cluster.random.random() < 0.5 else cluster.advance()
    cluster.settle()
    conclude(cluster, last)


@given(manifests(), st.integers(0, 2**32))
def test_switches_leave_no_trace(manifest: Object, seed: int) -> None:
    """Suspending, cancelling and rerunning, each taken back, change nothing in the end."""
    cluster = Disturbed(seed)
    chance = random.Random(seed)
    cluster.apply(manifest)
    spec = copy.deepcopy(manifest["spec"])
    for number in range(40):
        cluster.turn() if chance.random() < 0.5 else cluster.advance()
        if chance.random() < 0.1:
            spec[chance.choice(["suspend", "cancel"])] = chance.random() < 0.5
            cluster.apply({**manifest, "spec": spec})
        if chance.random() < 0.05:
            step = chance.choice(manifest["spec"]["steps"])["name"]
            words = chance.choice([f"t{number}", f"t{number} from={step}", f"t{number} only={step}"])
            cluster.annotate(cluster.of("Pipeline")[0], labels.RERUN, words)
    cluster.apply(manifest)
    conclude(cluster, manifest)
