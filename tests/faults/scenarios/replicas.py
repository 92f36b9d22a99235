"""Two replicas: at most one acts, the other takes over within 20 seconds, and nothing is done twice."""

from __future__ import annotations

import asyncio
import time
from functools import partial
from itertools import pairwise

from tests.faults import courses
from tests.faults.replica import Replica
from tests.faults.rules import Cut, Delay, Hang, Rule
from tests.faults.scenario import Act, Course, Scenario
from tests.faults.stage import Stage

replicas = partial(
    Scenario,
    group="replicas",
    expected="at most one acts, takeover within 20 s, as undisturbed",
    replicas=2,
    exits=(0, 1),
    seconds=240,
)
TAKEOVER = 20.0
SHORTEST = 8.0
"""Seconds that a replica acts at least, before another may: less is acting at the same time."""
MARGIN = 5.0
"""Seconds for a busy machine: a new leader has to list everything before its first write."""


def _steps() -> Course:
    chain = [courses.counts("s0")]
    chain += [
        courses.counts(f"s{number}", f"s{number - 1}", **courses.does(outputs={"v": "#"}, after=1.0))
        for number in range(1, 30)
    ]
    wide = (
        {**courses.step(f"w{number}"), **courses.does(after=2), "resources": {"requests": {"cpu": "1"}}}
        for number in range(12)
    )
    return Course("long", (courses.pipeline("p", *chain), courses.pipeline("w", *wide)), capacity={"cpu": "3"})


LONG = _steps()


def leader(stage: Stage) -> Replica | None:
    """The replica that has written last."""
    last = {one: one.proxy.acted() for one in stage.replicas}
    found = max(last, key=lambda one: last[one])
    return found if last[found] else None


async def acting(stage: Stage) -> Replica:
    """The leader, once it has written a little."""
    await stage.phase("Step", "p.s2", "Succeeded", seconds=60)
    found = leader(stage)
    assert found is not None
    return found


def lead(break_it: object, mend: object = None, seconds: float = 25.0) -> Act:
    """Something happens to the leader, and is mended after so many seconds."""

    async def act(stage: Stage) -> None:
        one = await acting(stage)
        stage.broken = time.monotonic()
        break_it(one)  # type: ignore[operator]
        await asyncio.sleep(seconds)
        if mend:
            mend(one)  # type: ignore[operator]

    return act


def _hold_down(one: Replica) -> None:
    one.held = True
    one.kill()


def _let_up(one: Replica) -> None:
    one.held = False


def at_most_one(stage: Stage) -> list[str]:
    """Who wrote when: the stretches of two replicas must not overlap."""
    found = []
    made = sorted((one.at, name.name) for name in stage.replicas for one in name.proxy.made if one.acts)
    changes = [(at, who) for (at, who), (_, last) in zip(made[1:], made, strict=False) if who != last]
    if any(later - earlier < SHORTEST for (earlier, _), (later, _) in pairwise(changes)):
        found.append(f"the two replicas wrote by turns: {', '.join(who for _, who in changes[:8])}")
    return found


def taken_over(stage: Stage) -> list[str]:
    """At most one acted, and the other began soon enough."""
    found = at_most_one(stage)
    broken = stage.broken
    made = sorted((one.at, name.name) for name in stage.replicas for one in name.proxy.made if one.acts)
    before = [who for at, who in made if at <= broken][-1:]
    after = [at for at, who in made if at > broken and [who] != before]
    if not after:
        found.append("nobody took over")
    elif after[0] - broken > TAKEOVER + MARGIN:
        found.append(f"taken over after {after[0] - broken:.0f} s")
    return found


def goes_on(stage: Stage) -> list[str]:
    """No replica has lost the Lease while every request was answered or cut: a busy machine may answer too late."""
    found = at_most_one(stage)
    for one in stage.replicas:
        if any(code == 1 for _, code in one.exits) and "no answer in time" not in one.operator.log.read_text():
            found.append(f"{one.name} lost the Lease though requests were answered")
    return found


SCENARIOS = (
    replicas(
        "leader-killed",
        course=LONG,
        what="the leader is killed",
        harm=lead(_hold_down, _let_up),
        check=taken_over,
        quick=True,
    ),
    replicas(
        "leader-stopped",
        course=LONG,
        what="the leader stands still for 25 s (SIGSTOP) and goes on",
        harm=lead(lambda one: one.pause(), lambda one: one.resume()),
        check=taken_over,
    ),
    replicas(
        "leader-cut-off",
        course=LONG,
        what="the leader's connections break for 25 s",
        harm=lead(lambda one: one.proxy.cut(), lambda one: one.proxy.mend()),
        check=taken_over,
    ),
    replicas(
        "renewal-answer-lost",
        course=LONG,
        what="of every third renewal of the Lease the answer is lost",
        expected="the leader goes on",
        rules=(Rule(Cut(), ("leases",), ("update",), first=2, every=3),),
        check=goes_on,
    ),
    replicas(
        "renewals-late",
        course=LONG,
        what="five renewals of the Lease take 6 s",
        expected="at most one acts",
        rules=(Rule(Delay(6.0), ("leases",), ("update",), first=2, last=6),),
        check=at_most_one,
    ),
    replicas(
        "renewal-hangs",
        course=LONG,
        what="one renewal of the Lease is never answered",
        expected="at most one acts",
        rules=(Rule(Hang(60), ("leases",), ("update",), first=3, last=3),),
        check=at_most_one,
    ),
)
