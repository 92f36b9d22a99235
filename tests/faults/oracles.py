"""Nine things that must be true of every run, whatever was broken in it. Each oracle returns what it finds wrong."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from itertools import takewhile
from typing import Any

from tests.faults.evidence import ENDED, NEVER, Evidence, JobLife, thousandths
from tests.faults.history import Number
from tests.faults.needs import needs
from tests.faults.proxy import Made

MOST_MEMORY = 512.0
"""MB: what the chart allows."""
MOST_GROWTH = 8.0
"""MB that an operator may grow by while nothing happens."""
MOST_IDLE = 0.05
"""Share of a core that an operator may use while nothing happens, its comparisons with the cluster included."""
_RERUN = "penstock.dev/rerun"


def one_job_an_attempt(seen: Evidence) -> list[str]:
    """One Job for each Step, run, attempt and purpose."""
    counted = Counter(job.key for job in seen.jobs.values() if not job.undone)
    paths = {job.key: f"{job.pipeline}.{job.path}" for job in seen.jobs.values()}
    return [
        f"{times} Jobs for {paths[key]}, run {key[1]}, attempt {key[2]}, {key[3]}"
        for key, times in counted.items()
        if times > 1
    ]


def ends_stay(seen: Evidence) -> list[str]:
    """An end is only left after somebody edited the Pipeline, asked for a rerun, or laid hands on its objects."""
    found: list[str] = []
    epoch, last = 0, dict[str, str]()
    ended: dict[str, Number] = {}
    licensed: dict[str, Number] = {}
    wants: dict[str, object] = {}
    unseen: dict[str, bool] = {}
    revisions: dict[str, int] = {}
    for one in seen.of("Pipeline", "Step"):
        meta = one.item["metadata"]
        pipeline = one.name.partition(".")[0]
        foreign = meta["resourceVersion"] in seen.foreign
        if one.kind == "Pipeline":
            wanted = (meta.get("generation"), (meta.get("annotations") or {}).get(_RERUN))
            if wants.get(one.uid, wanted) != wanted or foreign:
                licensed[pipeline] = one.number
            wants[one.uid] = wanted
            unseen[pipeline] = one.status.get("observedGeneration", 0) < meta.get("generation", 0)
            revisions[pipeline] = one.status.get("revision", 0)
        elif foreign:
            licensed[pipeline] = one.number
        if one.number[0] > epoch:  # a restored snapshot takes back what had ended
            epoch, last = one.number[0], {}
        if one.gone:
            last.pop(one.uid, None)
            continue
        before = last.get(one.uid)
        last[one.uid] = one.phase
        # A Pipeline that is Invalid for want of a Component is not any more once that is there.
        left = before in ENDED and before != "Invalid" and one.phase != before and not foreign
        if left and licensed.get(pipeline, (-1, 0)) < ended[one.uid]:
            found.append(f"{one.kind} {one.name} went from {before} to {one.phase or 'nothing'}")
        if one.phase in ENDED and one.phase != before:
            # A run that an edit found under way may count no more, which shows once it has ended.
            ended[one.uid] = (-1, 0) if one.status.get("revision", 0) < revisions.get(pipeline, 0) else one.number
            if unseen.get(pipeline):  # there is an edit that has yet to be taken up, or waits for this end
                licensed[pipeline] = one.number
    return found


def needs_ended_first(seen: Evidence) -> list[str]:
    """No Job of a step is created before what the step needs has ended, nor beside a step of `finally` or an undo."""
    found = []
    for job in seen.jobs.values():
        if job.purpose != "run" or not job.pipeline or job.undone:
            continue
        top = job.path.partition(".")[0]
        told = [_waits(seen, job, needs(spec).get(top, {})) for spec in _known(seen, job)]
        if told and all(told):
            found += [f"{job.pipeline}.{job.path} started while {words}" for words in told[-1]]
        if not _final(seen, job):
            found += [f"{job.pipeline}.{job.path} started beside {words}" for words in _winding_up(seen, job)]
    return found


def _final(seen: Evidence, job: JobLife) -> bool:
    """Whether the Job is that of a step of `finally`, by all manifests that it can have been made from."""
    top = job.path.partition(".")[0]
    return all(top in (one["name"] for one in spec.get("finally") or ()) for spec in _known(seen, job))


def _winding_up(seen: Evidence, job: JobLife) -> list[str]:
    """What was live of the end of the round before when the Job was created: an edit or a rerun waits for that."""
    before = (job.created[0], job.created[1] - 1)
    others = (
        one for one in seen.jobs.values() if one.pipeline == job.pipeline and one.holds(before) and not one.undone
    )
    return [
        f"the undo of {one.pipeline}.{one.path}" if one.purpose != "run" else f"{one.pipeline}.{one.path} of finally"
        for one in others
        if one.purpose != "run" or _final(seen, one)
    ]


def _known(seen: Evidence, job: JobLife) -> list[dict[str, Any]]:
    """The manifests that the operator may have known when it created the Job: an edit may just not have been seen."""
    specs: dict[int, dict[str, Any]] = {}
    observed = 0
    for one in seen.of("Pipeline"):
        if one.name == job.pipeline and one.number <= job.created and not one.gone:
            specs[one.item["metadata"].get("generation", 1)] = one.item["spec"]
            observed = one.status.get("observedGeneration", 0)
    return [spec for generation, spec in specs.items() if generation >= observed]


def _waits(seen: Evidence, job: JobLife, others: Mapping[str, bool]) -> list[str]:
    return [words for other, whole in sorted(others.items()) if (words := _open(seen, job, other, whole))]


def _open(seen: Evidence, job: JobLife, other: str, whole: bool) -> str:
    """What of a needed step had not ended when the Job was created. `whole`: all of it must have."""
    before = (job.created[0], job.created[1] - 1)
    steps = [
        one
        for one in seen.at("Step", before, job.pipeline).values()
        if _within(one["metadata"]["name"], f"{job.pipeline}.{other}")
        and "deletionTimestamp" not in one["metadata"]  # it is no part of the manifest any more
    ]
    if not steps:
        return f"{other} did not exist" if _comes(seen, job, other) else ""  # an empty fan-out has no Steps
    instances: dict[object, list[str]] = defaultdict(list)
    for step in steps:
        name = step["metadata"]["name"]
        within = name.removeprefix(f"{job.pipeline}.{other}.").split(".")
        instances[name if whole else tuple(takewhile(str.isdecimal, within))].append(_lives(seen, step, before))
    return next((min(said) for said in instances.values() if all(said)), "")


def _lives(seen: Evidence, step: Mapping[str, Any], before: Number) -> str:
    """What of a Step has not ended; empty if all has."""
    uid, name = step["metadata"]["uid"], step["metadata"]["name"]
    following = next((one for one in seen.of("Step") if one.uid == uid and one.number > before), None)
    # One pass writes several objects in no certain order: that a Step goes, or its end, may come next.
    if following and "deletionTimestamp" in following.item["metadata"]:
        return ""
    its = [one for one in seen.jobs.values() if one.step == uid and one.created <= before and one.purpose == "run"]
    if any(one.holds(before) for one in its):
        return f"a pod of {name} was live"
    phase = (step.get("status") or {}).get("phase", "")
    newest = max(its, key=lambda one: one.created, default=None)
    over = phase in ENDED or (newest and newest.succeeded(before)) or (following and following.phase in ENDED)
    return "" if over else f"{name} was {phase or 'new'}"


def _comes(seen: Evidence, job: JobLife, other: str) -> bool:
    """Whether Steps of a step came later, before anybody edited the Pipeline."""
    later = [one for one in seen.of("Pipeline") if one.name == job.pipeline and one.number > job.created]
    before = seen.at("Pipeline", job.created, job.pipeline).values()
    generations = {item["metadata"].get("generation") for item in before}
    edited = min(
        (one.number for one in later if one.item["metadata"].get("generation") not in generations), default=NEVER
    )
    path = f"{job.pipeline}.{other}"
    return any(
        _within(one.name, path) and job.created < one.number < edited
        for one in seen.of("Step")
        if not one.gone and "deletionTimestamp" not in one.item["metadata"]
    )


def _within(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}.")


def never_over_capacity(seen: Evidence) -> list[str]:
    """What was admitted never asks for more than there is."""
    found = []
    limits = {name: thousandths(amount) for name, amount in seen.capacity.items()}
    jobs = [job for job in seen.jobs.values() if limits and not job.undone]
    for job in jobs:
        held: Counter[str] = Counter()
        for other in jobs:
            pods = other.holds(job.created)
            for name, amount in other.requests.items():
                held[name] += amount * pods
        over = {name: held[name] for name, most in limits.items() if held[name] > most}
        found += [
            f"with {job.name} {amount / 1000:g} {name} were admitted of {seen.capacity[name]}"
            for name, amount in over.items()
        ]
    return found


def as_if_undisturbed(seen: Evidence) -> list[str]:
    """The end state is that of the run without faults."""
    if seen.clean is None:
        return []
    return _differences(seen.clean, seen.end, "")


def _differences(wanted: Any, got: Any, path: str) -> list[str]:
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        return [
            line
            for key in sorted({*wanted, *got})
            for line in _differences(wanted.get(key), got.get(key), f"{path}/{key}")
        ]
    same = wanted == got
    return [] if same else [f"{path[1:]} is {_short(got)}, undisturbed {_short(wanted)}"]


def _short(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 120 else f"{text[:117]}..."


def no_orphans(seen: Evidence) -> list[str]:
    """Everything has its owner while the Pipelines are there, and nothing is left when they are gone."""
    found = [f"{one} is left although all Pipelines are deleted" for one in seen.left]
    if not seen.end:
        return found
    at = max(
        (one.number for one in seen.versions if seen.silence is None or one.at <= seen.silence.until), default=None
    )
    if at is None:
        return found
    present = {uid for kind in ("Pipeline", "PipelineSchedule", "Step", "Job") for uid in seen.at(kind, at)}
    for kind in ("Step", "Job", "Pod", "Service", "ControllerRevision"):
        for item in seen.at(kind, at).values():
            owners = item["metadata"].get("ownerReferences") or ()
            if owners and not any(owner["uid"] in present for owner in owners):
                found.append(f"{kind} {item['metadata']['name']} has lost its owner")
    over = {
        item["metadata"]["name"]
        for item in seen.at("Pipeline", at).values()
        if (item.get("status") or {}).get("phase") in ENDED
    }
    found += [
        f"{job.pipeline} has ended, but a pod of its step {job.path} is live"
        for job in seen.jobs.values()
        if job.pipeline in over and job.holds(at)
    ]
    return found


def silent(seen: Evidence) -> list[str]:
    """Once all is settled, the operator writes nothing and needs next to nothing."""
    if seen.silence is None:
        return []
    since, until = seen.silence.since, seen.silence.until
    found = [
        f"{_told(made)} {made.at - since:.1f} s after all had settled"
        for writes in seen.writes.values()
        for made in writes
        if since < made.at <= until and made.call.resource != "leases"
    ]
    found += [
        f"{one.kind} {one.name} changed {one.at - since:.1f} s after all had settled"
        for one in seen.versions
        if since < one.at <= until and one.kind in ("Pipeline", "Step", "PipelineSchedule")
    ]
    share = seen.silence.cpu / max(1.0, seen.silence.seconds)
    if share > MOST_IDLE:
        found.append(f"{share:.0%} of a core were used while nothing happened")
    return found


def _told(made: Made) -> str:
    return f"{made.call.verb} {made.call.resource} {made.call.name} ({made.code})"


def sound(seen: Evidence) -> list[str]:
    """No traceback, no exit that nobody asked for, an answer to every probe, bounded memory."""
    found = list(seen.unwell)
    for name, text in seen.logs.items():
        lines = [
            line for line in text.splitlines() if "Traceback (most recent call last)" in line or '"exception"' in line
        ]
        told: defaultdict[str, int] = defaultdict(int)
        for line in lines:
            told[_gist(line)] += 1
        found += [f"{name}: traceback ({times} times): {gist}" for gist, times in told.items()]
    if seen.peak > MOST_MEMORY:
        found.append(f"an operator used {seen.peak:.0f} MB")
    if seen.silence and seen.silence.grown > MOST_GROWTH:
        found.append(f"memory grew by {seen.silence.grown:.0f} MB while nothing happened")
    return found


def _gist(line: str) -> str:
    """The event of a log line, and the last words of its traceback."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line[:200]
    last = str(entry.get("exception", "")).strip().splitlines()[-1:]
    return f"{entry.get('event', '')}: {''.join(last)[:200]}"


def keeps_secrets(seen: Evidence) -> list[str]:
    """A secret is in no log, event, status or metric."""
    texts: dict[str, str] = {f"the log of {name}": text for name, text in seen.logs.items()}
    texts["the metrics"] = seen.metrics
    for one in seen.versions:
        if one.kind == "Event":
            texts[f"Event {one.name}"] = json.dumps(one.item)
        elif one.kind in ("Pipeline", "Step", "PipelineSchedule"):
            texts.setdefault(f"the status of {one.kind} {one.name}", "")
            texts[f"the status of {one.kind} {one.name}"] += json.dumps(one.status)
    return [
        f"a secret is in {where}" for where, text in texts.items() if any(canary in text for canary in seen.canaries)
    ]


Oracle = Callable[[Evidence], list[str]]

ORACLES: Mapping[str, Oracle] = {
    "one Job an attempt": one_job_an_attempt,
    "ends stay": ends_stay,
    "needs end first": needs_ended_first,
    "never over capacity": never_over_capacity,
    "as if undisturbed": as_if_undisturbed,
    "no orphans": no_orphans,
    "silent": silent,
    "sound": sound,
    "keeps secrets": keeps_secrets,
}


def judge(seen: Evidence) -> list[str]:
    """What all oracles find, each line with the oracle's name."""
    return [f"{name}: {line}" for name, oracle in ORACLES.items() for line in oracle(seen)]
