"""Requests that fail, and answers that are late, lost, broken or old."""

from __future__ import annotations

from functools import partial

from tests.faults import courses
from tests.faults.rules import (
    READS,
    WRITES,
    Answer,
    Cut,
    Delay,
    Drop,
    Duplicate,
    Hang,
    Kill,
    Rule,
    Stale,
    Truncate,
)
from tests.faults.scenario import Scenario

STATUSES = ("steps/status", "pipelines/status")
answers = partial(Scenario, group="answers")

SCENARIOS = (
    answers(
        "errors-500",
        course=courses.DIAMOND,
        what="three writes in ten are refused with 500",
        rules=(Rule(Answer(500), verbs=WRITES, chance=0.3),),
        quick=True,
    ),
    answers(
        "too-many-requests",
        course=courses.FAN_OUT,
        what="a third of all requests are refused with 429, Retry-After 1",
        rules=(Rule(Answer(429, "TooManyRequests", after=1), verbs=(*READS, *WRITES), chance=0.3),),
    ),
    answers(
        "unavailable-at-first",
        course=courses.CHAIN,
        what="the first eight lists are refused with 503",
        rules=(Rule(Answer(503, "ServiceUnavailable"), verbs=("list",), times=8),),
    ),
    answers(
        "conflicts",
        course=courses.DIAMOND,
        what="four status writes in ten are refused with 409 Conflict, ten in all",
        rules=(Rule(Answer(409, "Conflict"), STATUSES, chance=0.4, times=10),),
    ),
    answers(
        "edited-in-finally",
        course=courses.EDIT_IN_FINALLY,
        what="a third of the status writes are refused with 409 Conflict, while an edit waits for a step of finally",
        rules=(Rule(Answer(409, "Conflict"), STATUSES, chance=0.3, times=10),),
    ),
    answers(
        "jobs-refused",
        course=courses.CHAIN,
        what="the first three Jobs are refused with 403",
        rules=(Rule(Answer(403, "Forbidden"), ("jobs",), ("create",), times=3),),
    ),
    answers(
        "not-found",
        course=courses.DIAMOND,
        what="a quarter of the status writes are refused with 404, though the objects are there",
        rules=(Rule(Answer(404, "NotFound"), STATUSES, chance=0.25),),
    ),
    answers(
        "timeouts-504",
        course=courses.RETRY,
        what="a quarter of the writes are refused with 504, one half of those after they were done",
        rules=(
            Rule(Answer(504, "Timeout"), verbs=WRITES, chance=0.12),
            Rule(Cut(), verbs=WRITES, chance=0.12),
        ),
    ),
    answers(
        "gateway-html",
        course=courses.CHAIN,
        what="something in between answers a third of the requests with 502 and HTML",
        rules=(Rule(Answer(502, body="<html><body>Bad Gateway</body></html>"), verbs=(*READS, *WRITES), chance=0.3),),
    ),
    answers(
        "captive-portal",
        course=courses.CHAIN,
        what="something in between answers a fifth of the requests with 200 and HTML",
        rules=(Rule(Answer(200, body="<html><body>Welcome</body></html>"), verbs=(*READS, *WRITES), chance=0.2),),
    ),
    answers(
        "slow-writes",
        course=courses.FAN_OUT,
        what="every write takes a second more",
        rules=(Rule(Delay(1.0), verbs=WRITES),),
    ),
    answers(
        "hanging-job",
        course=courses.CHAIN,
        what="the creation of the second Job is never answered",
        rules=(Rule(Hang(), ("jobs",), ("create",), first=2, last=2),),
        seconds=200,
    ),
    answers(
        "dropped",
        course=courses.DIAMOND,
        what="three requests in ten find the connection closed",
        rules=(Rule(Drop(), verbs=(*READS, *WRITES), chance=0.3),),
    ),
    answers(
        "lost-creations",
        course=courses.FAN_OUT,
        what="of half of the creations the answer is lost after they were done",
        rules=(Rule(Cut(), verbs=("create",), chance=0.5),),
        quick=True,
    ),
    answers(
        "lost-status-writes",
        course=courses.RETRY,
        what="of half of the status writes the answer is lost after they were done",
        rules=(Rule(Cut(), STATUSES, chance=0.5),),
    ),
    answers(
        "lost-answers-of-a-gang",
        course=courses.GANG,
        what="of every other write the answer is lost after it was done",
        rules=(Rule(Cut(), verbs=WRITES, first=1, every=2),),
    ),
    answers(
        "lost-deletions",
        course=courses.CANCEL,
        what="of all deletions the answer is lost after they were done, once each",
        rules=(Rule(Cut(), verbs=("delete",), every=2),),
    ),
    answers(
        "truncated",
        course=courses.DIAMOND,
        what="of three answers to writes in ten only half comes",
        rules=(Rule(Truncate(), verbs=WRITES, chance=0.3),),
    ),
    answers(
        "broken-json",
        course=courses.CHAIN,
        what="two answers in ten are half a JSON document",
        rules=(Rule(Truncate(honest=True), verbs=(*READS, *WRITES), chance=0.2),),
    ),
    answers(
        "doubled",
        course=courses.FAN_OUT,
        what="every write is done twice",
        rules=(Rule(Duplicate(), verbs=WRITES),),
    ),
    answers(
        "doubled-second-answer",
        course=courses.UNDO,
        what="every write is done twice, and the second answer counts",
        rules=(Rule(Duplicate(second=True), verbs=WRITES),),
        quick=True,
    ),
    answers(
        "stale-after-restart",
        course=courses.DIAMOND,
        what="killed in the middle; what it lists then is 40 versions old",
        rules=(
            Rule(Kill(after=True), ("jobs",), ("create",), first=4, last=4),
            Rule(Stale(40), verbs=("list",), first=2, last=3),
        ),
        quick=True,
    ),
    answers(
        "stale-objects",
        course=courses.RETRY,
        what="conflicts, and what is read then is three versions old, half of the time",
        rules=(
            Rule(Answer(409, "Conflict"), STATUSES, chance=0.3),
            Rule(Stale(3), verbs=("get",), chance=0.5),
        ),
    ),
    answers(
        "everything-at-once",
        course=courses.CROWD,
        what="a tenth of the writes fail in one way or another, watches too",
        rules=(
            Rule(Answer(500), verbs=WRITES, chance=0.04),
            Rule(Cut(), verbs=WRITES, chance=0.04),
            Rule(Drop(), verbs=(*READS, *WRITES), chance=0.03),
            Rule(Duplicate(), verbs=WRITES, chance=0.05),
            Rule(Truncate(), verbs=WRITES, chance=0.03),
            Rule(Delay(0.5), verbs=WRITES, chance=0.05),
        ),
        quick=True,
    ),
)
