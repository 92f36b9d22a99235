"""Admission over the life of a cluster: nodes come, shrink and go, pods start late, end early or late, quotas change.

The scheduler of the machine places pods as kube-scheduler does: anywhere they fit, not where admission assumed.
"""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from penstock.core.admission.admission import admit
from penstock.core.admission.capacity import Holding
from penstock.core.admission.demands import Demand
from penstock.core.admission.ledger import Ledger
from penstock.core.admission.observed_capacity import JobHold, PodHold
from penstock.core.admission.shapes import shape
from penstock.core.reasons import Reason
from penstock.core.wording import Reader
from tests.unit.core.admission.clusters import GPU, NOW, milli, node, quota

NAMES = st.sampled_from(["a", "b", "c"])
AMOUNTS = st.fixed_dictionaries({"cpu": st.integers(0, 8), "gpu": st.sampled_from([0, 0, 2, 4])})


class AdmissionOverTime(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.ledger.see_nodes([])
        self.now = NOW
        self.counter = 0
        self.nodes: dict[str, dict[str, int]] = {}
        self.waiting: dict[str, Demand] = {}
        self.unplaced: dict[str, Demand] = {}
        self.placed: dict[str, tuple[str, Holding]] = {}
        self.hard: int | None = None

    # --- the world --------------------------------------------------------------------------------------------------

    @rule(name=NAMES, amounts=AMOUNTS, cordoned=st.booleans())
    def put_node(self, name: str, amounts: dict[str, int], cordoned: bool) -> None:
        view = node(name, unusable="cordoned" if cordoned else "", **amounts)
        self.ledger.put_node(view)
        self.nodes[name] = {} if cordoned else dict(view.allocatable)

    @rule(name=NAMES)
    def lose_node(self, name: str) -> None:
        self.ledger.drop_node(name)
        self.nodes.pop(name, None)
        for uid in [uid for uid, (where, _) in self.placed.items() if where == name]:
            self.end(uid)

    @rule(hard=st.sampled_from([None, 2, 4, 8]))
    def limit(self, hard: int | None) -> None:
        self.hard = hard

    @rule(
        amounts=st.fixed_dictionaries({"cpu": st.integers(0, 6), "gpu": st.sampled_from([0, 0, 1, 2, 4])}),
        replicas=st.sampled_from([1, 1, 1, 2]),
        rank=st.integers(0, 100),
        duration=st.integers(1, 500),
        count=st.integers(1, 4),
    )
    def ask(self, amounts: dict[str, int], replicas: int, rank: int, duration: int, count: int) -> None:
        for _ in range(count):
            self.counter += 1
            name = f"s{self.counter}"
            asked = shape("ns", milli(amounts), replicas=replicas)
            self.waiting[name] = Demand(("ns", "p", name), asked, 0, float(rank), self.now, float(duration))

    @rule(seconds=st.sampled_from([-3600, 1, 60, 600, 7200]))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds

    @precondition(lambda self: self.placed)
    @rule(data=st.data())
    def end_one(self, data: st.DataObject) -> None:
        self.end(data.draw(st.sampled_from(sorted(self.placed))))

    def end(self, uid: str) -> None:
        del self.placed[uid]
        self.ledger.put_pod(uid, PodHold(uid, None))
        self.ledger.drop_job(uid.partition("/")[0])
        self.ledger.drop_pod(uid)

    # --- the operator and kube-scheduler ------------------------------------------------------------------------------

    @rule()
    def admit(self) -> None:
        self.ledger.drop_quota("ns", "q")
        if self.hard is not None:
            used = sum(one.shape.requests.get("cpu", 0) for _, one in self.placed.values())
            self.ledger.put_quota(replace(quota({"requests.cpu": self.hard}), used={"requests.cpu": used}))
        found = admit(list(self.waiting.values()), self.ledger.snapshot(), self.now)
        started = {demand.key[2] for demand in found.admitted}
        assert started | {key[2] for key in found.waits} == self.waiting.keys()
        assert not started & {key[2] for key in found.waits}
        for wait in found.waits.values():
            assert wait.words(Reader("ns"))
            assert wait.reason is not Reason.NEVER_FITS or self.nodes or self.hard is not None
        for reservation in found.reservations:
            assert reservation.at >= self.now
        self.within(found.admitted, found.nodes)
        for demand in found.admitted:
            name = demand.key[2]
            self.unplaced[name] = self.waiting.pop(name)
            holding = Holding(demand.owner, demand.shape, None, self.now, self.now + demand.duration, charged=False)
            self.ledger.put_job(name, JobHold(holding, demand.shape.replicas))
        if not found.admitted:
            assert not admit(list(self.waiting.values()), self.ledger.snapshot(), self.now).admitted

    def within(self, admitted: tuple[Demand, ...], nodes: object) -> None:
        """What this pass lets start fits where it assumed it, beside all that is placed."""
        free = {name: dict(amounts) for name, amounts in self.nodes.items()}
        for where, one in self.placed.values():
            for name, amount in one.shape.requests.items():
                if where in free and name in free[where]:
                    free[where][name] -= amount * one.pods
        for demand in admitted:
            places = nodes[demand.key]  # type: ignore[index]
            assert sum(places.values()) == demand.shape.replicas
            for where, pods in places.items():
                for name in ("cpu", GPU):
                    free[where][name] = free[where].get(name, 0) - demand.shape.requests.get(name, 0) * pods
        for demand in admitted:
            for where in nodes[demand.key]:  # type: ignore[index]
                for name in ("cpu", GPU):
                    assert free[where][name] >= 0 or not demand.shape.requests.get(name)
        if self.hard is not None:
            held = [one.shape for _, one in self.placed.values()]
            held += [one.shape for one in (*self.unplaced.values(), *admitted) for _ in range(one.shape.replicas)]
            total = sum(one.requests.get("cpu", 0) for one in held)
            assert total <= self.hard * 1000 or not any(one.shape.requests.get("cpu") for one in admitted)

    @rule()
    def place(self) -> None:
        """kube-scheduler places each pod on the emptiest node that has room; what has none stays pending."""
        for name, demand in list(self.unplaced.items()):
            for replica in range(demand.shape.replicas):
                where = self.emptiest(demand)
                uid = f"{name}/{replica}"
                if where is None or uid in self.placed:
                    continue
                holding = Holding(demand.owner, demand.shape, where, self.now, self.now + demand.duration)
                self.placed[uid] = (where, holding)
                self.ledger.put_pod(uid, PodHold(name, holding))
            if all(f"{name}/{replica}" in self.placed for replica in range(demand.shape.replicas)):
                del self.unplaced[name]

    def emptiest(self, demand: Demand) -> str | None:
        best, most = None, -1
        for name, amounts in self.nodes.items():
            free = dict(amounts)
            for where, one in self.placed.values():
                if where == name:
                    for resource, amount in one.shape.requests.items():
                        free[resource] = free.get(resource, 0) - amount
            fits = all(free.get(r, 0) >= a for r, a in demand.shape.requests.items() if a and r != "pods")
            if fits and free.get("cpu", 0) > most:
                best, most = name, free.get("cpu", 0)
        return best

    # --- always -------------------------------------------------------------------------------------------------------

    @invariant()
    def loads_are_what_is_placed(self) -> None:
        snapshot = self.ledger.snapshot()
        for name, load in snapshot.loads.items():
            mine = [one for where, one in self.placed.values() if where == name]
            assert load.total.get("cpu", 0) == sum(one.shape.requests.get("cpu", 0) for one in mine)
        assert sum(len(load.held) for load in snapshot.loads.values()) == len(self.placed)


TestAdmissionOverTime = AdmissionOverTime.TestCase
TestAdmissionOverTime.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
