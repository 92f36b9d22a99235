"""What travels between server and page, as dataclasses: JSON by orjson, and a JSON Schema by pydantic.

Instants are seconds since 1970. An `id` is that of a state: a stream goes on from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from gzip import compress
from typing import Any, get_args

import orjson
from pydantic import TypeAdapter

from penstock.core.asked.answer_data import AnswerData
from penstock.core.asked.foreseen import Foreseen
from penstock.core.asked.view.asks import Ask
from penstock.core.asked.view.changes import Change, Table
from penstock.core.asked.view.cluster import ClusterView
from penstock.core.asked.view.detail import Detail
from penstock.core.asked.view.heads import Head
from penstock.core.asked.view.outlook import Outlook
from penstock.core.asked.view.shape import Shape
from penstock.core.asked.view.times import Times
from penstock.web.told import Comparison, History, Plan, Preview, RolledBack, Schedules


@dataclass(frozen=True, slots=True)
class Hello:
    """Who asks, and of what. `namespace`: where the user is at home."""

    version: str
    user: str
    namespace: str
    context: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no answer, in a sentence that says how to go on."""

    error: str


@dataclass(frozen=True, slots=True)
class PipelineList:
    """All Pipelines that may be seen. `scope`: the namespaces that they are of, by commas; None: of all. `asks`: what
    waits for somebody's decision, the longest first."""

    id: str
    now: float
    scope: str | None
    pipelines: Sequence[Head]
    asks: Sequence[Ask] = ()


@dataclass(frozen=True, slots=True)
class ListBatch:
    """Pipelines that are new or changed, and those that are gone, as `[namespace, name]`. `asks`: all of them, if they
    have changed."""

    put: Sequence[Head]
    drop: Sequence[tuple[str, str]]
    asks: Sequence[Ask] | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a manifest: where, which kind, and how to put it right."""

    path: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class PipelineSnapshot:
    """One Pipeline with all its steps. `deferred`: an edit waits for the end of an undo or of `finally`; `notes`: what
    the user may not see of it."""

    id: str
    now: float
    head: Head
    steps: Table
    problems: Sequence[Problem] = ()
    deferred: bool = False
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PipelineBatch:
    """What changed of a Pipeline: its head, if it did, and rows as `[number, *State]`."""

    head: Head | None = None
    rows: Sequence[Change] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Why:
    """Why a step stands as it does, and its undo if it has one, as `penstock why -o json` tells it; found `at`, seconds
    since 1970. `notes`, `hidden`: what the viewer may not see, so that it is not counted."""

    at: float
    answers: Sequence[AnswerData]
    notes: Sequence[str] = ()
    hidden: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """The API server cannot be asked now: why, and whether it is tried again. An empty message: it can again."""

    message: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Log:
    """What one pod of a step wrote. `replica`: which of several pods of the attempt; `undo`: it took the step back;
    `ended`: no more will come."""

    pod: str
    attempt: int
    replica: int | None
    undo: bool
    started: float | None
    ended: bool


@dataclass(frozen=True, slots=True)
class Logs:
    """The logs of a step, the latest first."""

    logs: Sequence[Log]


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where something can be downloaded, once and soon: a download shows no token."""

    path: str


@dataclass(frozen=True, slots=True)
class Actions:
    """What the user may do with a Pipeline as it stands now: rerun, suspend, resume, cancel, approve, reject."""

    verbs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Done:
    """It was written; what comes of it comes as a change. `what`: of which object."""

    verb: str
    what: str


Told = History | Comparison | Preview | RolledBack | Plan | Schedules
Message = (
    Told
    | Hello
    | Refusal
    | PipelineList
    | ListBatch
    | PipelineSnapshot
    | PipelineBatch
    | Shape
    | Detail
    | Times
    | Outlook
    | Why
    | ClusterView
    | Logs
    | Ticket
    | Actions
    | Foreseen
    | Done
    | Trouble
)


def encode(message: Message) -> bytes:
    """The JSON of a message."""
    return orjson.dumps(message, option=orjson.OPT_NON_STR_KEYS)


def packed(message: Message) -> bytes:
    """The compressed JSON of a message."""
    return compress(encode(message), 6)


def schema() -> dict[str, Any]:
    """The JSON Schema of all messages, by name."""
    found = TypeAdapter(Message).json_schema(ref_template="#/$defs/{model}")
    names = sorted(one.__name__ for one in get_args(Message))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What travels between Penstock's web server and its page",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in names],
        "$defs": found["$defs"],
    }
