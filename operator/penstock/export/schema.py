"""A database that is as this version wants it: made if it is empty, left alone if it is another's."""

from sqlalchemy import Connection, CreateView, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from penstock.cluster.failure import Failure
from penstock.export.tables import METADATA, SCHEMA
from penstock.export.views import VIEWS

VERSION = 1

_EXAMPLES = "sqlite:////data/history.db or postgresql://user:password@host/database"
_POSTGRESQL = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "tcp_user_timeout": 60_000,
    "options": "-c timezone=UTC -c statement_timeout=300000",
}
"""A server that has gone without a word is noticed."""


def engine_of(text: str) -> Engine:
    """The way to the database of a URL; nothing is asked yet. Raises Failure for a URL that is none of ours."""
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise Failure(f"the URL of the database cannot be read; write one such as {_EXAMPLES}") from error
    kind = url.get_backend_name()
    if kind == "sqlite":
        engine = create_engine(url.set(drivername="sqlite"), connect_args={"timeout": 10})
        event.listen(engine, "connect", _beside_readers)
        return engine
    if kind == "postgresql":
        return create_engine(url.set(drivername="postgresql+psycopg"), connect_args=_POSTGRESQL, pool_pre_ping=True)
    raise Failure(f"the database is {kind}, which is not known here; write a URL such as {_EXAMPLES}")


def name_of(url: URL) -> str:
    """The database as logs may show it."""
    return url.render_as_string(hide_password=True)


def _beside_readers(connection: object, _: ConnectionPoolEntry) -> None:
    """Readers and the one writer do not wait for each other (https://sqlite.org/wal.html)."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def prepare(engine: Engine) -> None:
    """Makes what is not there, as often as it is asked. Raises Failure for a database that is not to be written."""
    with engine.begin() as connection:
        there = set(inspect(connection).get_table_names())
        foreign = sorted((METADATA.tables.keys() - {SCHEMA.name}) & there)
        if SCHEMA.name not in there and foreign:
            raise Failure(
                f"{name_of(engine.url)} has a table {foreign[0]!r} that Penstock did not make; "
                "give the exporter a database of its own"
            )
        SCHEMA.create(connection, checkfirst=True)
        _check(connection, name_of(engine.url))
        METADATA.create_all(connection)
        known = set(inspect(connection).get_view_names())
        for name, query in VIEWS.items():
            if name not in known:
                connection.execute(CreateView(query, name))


def _check(connection: Connection, database: str) -> None:
    found = connection.execute(select(SCHEMA.c.version)).scalars().all()
    if not found:
        connection.execute(insert(SCHEMA).values(version=VERSION))
    elif max(found) < VERSION:
        raise Failure(
            f"{database} has schema {max(found)}, which an older exporter made; this one writes schema {VERSION}. Keep "
            "the old database to look things up, and give the exporter a new one: what still exists is written anew"
        )
    elif max(found) > VERSION:
        raise Failure(
            f"{database} has schema {max(found)}, which a newer exporter made; this one writes schema {VERSION}. "
            "Run an exporter at least as new as the one before"
        )
