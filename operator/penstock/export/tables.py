"""The tables. Every row has a key that follows from the object it is of, so that writing it twice is writing it once.

Instants are UTC, without a zone; `seconds` is how long it took. What a table `keeps` is not unsaid by an object that no
longer tells it. Rows stay when their objects are gone; `gone` says so of Pipelines and Steps.
"""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Float, Index, MetaData, Table, Text

KEEPS = "keeps"

METADATA = MetaData()


def _key(name: str, kind: type[Text] | type[BigInteger] | type[DateTime] = Text) -> Column[object]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _text(*names: str) -> list[Column[str]]:
    return [Column(name, Text) for name in names]


def _number(*names: str) -> list[Column[int]]:
    return [Column(name, BigInteger) for name in names]


def _instant(*names: str) -> list[Column[object]]:
    return [Column(name, DateTime) for name in names]


SCHEMA = Table("penstock_schema", METADATA, _key("version", BigInteger))
"""One row: the version of all this."""

PIPELINE = Table(
    "pipeline",
    METADATA,
    _key("uid"),
    *_text("namespace", "name", "schedule", "series", "phase", "reason", "message"),
    *_number("revision", "round", "generation"),
    *_instant("created"),
    Column("gone", Boolean, nullable=False),
    Index("pipeline_name", "namespace", "name"),
)
"""`series`: the schedule that made it, else its name: what runs of the same Pipeline have in common."""

ROUND = Table(
    "round",
    METADATA,
    _key("pipeline"),
    _key("round", BigInteger),
    *_number("revision", "planned_seconds", "seconds", "suspended_seconds"),
    *_text("phase", "reason"),
    *_instant("started", "ended"),
    info={KEEPS: True},
)
"""Each time a Pipeline ran: at first, after an edit, for a rerun."""

REVISION = Table(
    "revision",
    METADATA,
    _key("pipeline"),
    _key("revision", BigInteger),
    *_text("phase"),
    *_number("generation", "ran", "reused"),
    *_instant("began"),
    info={KEEPS: True},
)

STEP = Table(
    "step",
    METADATA,
    _key("uid"),
    *_text("pipeline", "namespace", "name", "path", "task", "phase", "reason", "message"),
    *_number("run", "round"),
    *_instant("created"),
    Column("expected_seconds", Float),
    Column("gone", Boolean, nullable=False),
    Index("step_pipeline", "pipeline"),
)
"""`pipeline`: uid of its Pipeline, none if it stands alone; `task`: its path without indices."""

RUN = Table(
    "run",
    METADATA,
    _key("step"),
    _key("run", BigInteger),
    *_text("phase", "reason", "fingerprint", "producers"),
    *_number("revision", "round", "seconds"),
    *_instant("started", "ended"),
    Column("held", Boolean, nullable=False),
    Index("run_ended", "ended"),
    info={KEEPS: True},
)
"""`held`: its result is kept for reuse."""

ATTEMPT = Table(
    "attempt",
    METADATA,
    _key("step"),
    _key("run", BigInteger),
    _key("undo_round", BigInteger),
    _key("number", BigInteger),
    *_text("job", "node", "image", "reason", "message"),
    *_number("exit_code", "seconds"),
    *_instant("started", "ended"),
    info={KEEPS: True},
)
"""`undo_round`: the round in which the run is undone by it; 0 if it is of the run itself; `image`: with its digest."""

WAIT = Table(
    "wait",
    METADATA,
    _key("step"),
    _key("since", DateTime),
    *_number("run", "seconds"),
    *_text("reason"),
    *_instant("until"),
)
"""Stretches in which a Step waited for one thing. `since`: when its status began to say so."""

USAGE = Table(
    "usage",
    METADATA,
    _key("step"),
    _key("resource"),
    *_number("reserved_seconds", "busy_seconds", "lost_seconds"),
)
"""Of extended resources, over all attempts of a Step that have ended; seconds times amount."""

ARTIFACT = Table(
    "artifact",
    METADATA,
    _key("step"),
    _key("run", BigInteger),
    _key("name"),
    *_text("uri", "sha256"),
    *_number("bytes"),
    Index("artifact_uri", "uri"),
    Index("artifact_sha256", "sha256"),
)
"""`sha256`, `bytes`: of those that were read when they were published."""

INPUT = Table(
    "input",
    METADATA,
    _key("step"),
    _key("run", BigInteger),
    _key("name"),
    _key("source"),
    *_text("value"),
)
"""What a run is given. `source`: the output of another task, `train.model`, one row for each that it may be; of a value
that was written, or that the instance of a fan-out has, none, and `value` is it as JSON."""

APPROVAL = Table(
    "approval",
    METADATA,
    _key("step"),
    _key("at", DateTime),
    *_text("decided_by"),
    Column("approved", Boolean, nullable=False),
)

TICK = Table(
    "tick",
    METADATA,
    _key("namespace"),
    _key("schedule"),
    _key("time", DateTime),
    *_text("pipeline"),
    Column("backfill", Boolean, nullable=False),
)

METRIC = Table(
    "metric",
    METADATA,
    _key("step"),
    _key("run", BigInteger),
    _key("name"),
    Column("value", Float, nullable=False),
)
"""Outputs that are numbers."""

DUE = Table(
    "due",
    METADATA,
    _key("sink"),
    _key("kind"),
    _key("key"),
    *_instant("at"),
    Column("settled", Boolean, nullable=False),
    *_text("refused"),
    Index("due_open", "sink", "settled", "at"),
)
"""What receivers are to be told: noted in the transaction that writes what it is about, and kept, so that nothing is
told twice. `settled`: it was taken, or `refused` for good, with why."""
