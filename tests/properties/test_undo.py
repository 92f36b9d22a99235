"""Undo: whatever comes between, everything that was begun is taken back or said to be there still, and it ends."""

import random

from hypothesis import given, note
from hypothesis import strategies as st

from penstock.core import labels
from penstock.core.pod.ready import Ready
from penstock.core.seen.snapshot import Refusal
from tests.properties.engine import Engine
from tests.properties.manifests import sagas
from tests.properties.objects import Object

SCARCE = 4
"""One Job in so many fits nowhere, one is not valid, and one is refused for a while."""


class Hostile(Engine):
    """A cluster in which room is gone, and Jobs are not taken, of runs and of undos."""

    def submit(self, ready: Ready, manifest: Object) -> None:
        super().submit(ready, manifest)
        self.woken |= self.refused_now(ready)  # the next plan knows

    def never_fits(self, ready: Ready) -> Refusal | None:
        return self.refusal(ready, "needs 5 cpu, a node has 2", hopeless=True) if self._luck(ready) == 0 else None

    def refuses(self, ready: Ready) -> Refusal | None:
        luck = self._luck(ready)
        if luck == 1:
            return self.refusal(ready, "spec is not valid", hopeless=True)
        refusal = self.refusal(ready, "exceeded quota", quota=True)
        return refusal if luck == 2 and self.now < refusal.since + 8 else None

    def _luck(self, ready: Ready) -> int:
        """The same for the same attempt of a Step."""
        which = (self.seed, ready.step.path, ready.facts.run, ready.attempt, ready.purpose)
        return random.Random(repr(which)).randrange(SCARCE * 3)

    def pods_over(self, uid: str) -> bool:
        return super().pods_over(uid) or uid in self.unfit or uid in self.refused

    def check_undone(self) -> None:
        """What started in this revision, and declares an undo, was taken back or is said to be there still."""
        main = [(node, verdict) for node, verdict in self.plan().verdicts if not node.task.final]
        if not any(verdict.fails or verdict.phase == "Cancelled" for _, verdict in main):
            return
        for node, _ in main:
            found = self.step(node.path).get("status") or {}
            begun = found.get("attempts") and found.get("revision") == self.status["revision"]
            if begun and node.task.work.undo:
                undo = found["undo"]
                assert undo["phase"] in ("Succeeded", "Failed"), found
                assert (undo["run"], undo["round"]) == (found["run"], self.status["round"]), found
                assert all(one["run"] != found["run"] for one in found.get("results", ())), found


@given(sagas(), st.integers(0, 2**32), st.integers(0, 60))
def test_it_ends_though_room_is_gone_and_jobs_are_not_taken(manifest: Object, seed: int, steps: int) -> None:
    cluster = Hostile.driven(manifest, seed, steps, 0.05)
    cluster.settle()
    note(str(cluster.states()))
    cluster.check_transitions()
    cluster.check_conditions()
    cluster.check_undone()
    assert not cluster.writes_of(cluster.plan()), "a fixpoint"


@given(sagas(), st.integers(0, 2**32), st.integers(0, 40))
def test_it_ends_without_a_nudge(manifest: Object, seed: int, moments: int) -> None:
    cluster = Hostile(seed)
    cluster.apply(manifest)
    cluster.live(moments)
    cluster.finish_alone()
    cluster.check_undone()


@given(sagas(), sagas(), st.integers(0, 2**32), st.integers(0, 60), st.integers(0, 60))
def test_it_ends_whatever_is_asked_for_meanwhile(
    first: Object, last: Object, seed: int, before: int, after: int
) -> None:
    cluster = Hostile.driven(first, seed, before, 0.05)
    chance = random.Random(seed)
    for number in range(after):
        cluster.turn() if chance.random() < 0.5 else cluster.advance()
        if chance.random() < 0.05:
            cluster.annotate(cluster.of("Pipeline")[0], labels.RERUN, f"t{number}")
        if chance.random() < 0.05:
            cluster.apply(chance.choice([first, last]))
    cluster.settle()
    note(str(cluster.states()))
    cluster.check_transitions()
    cluster.check_conditions()
    cluster.check_undone()
