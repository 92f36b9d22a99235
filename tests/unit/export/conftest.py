"""A database of each kind: sqlite as a file, and Debian's PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from tests.unit.export.receiver import Receiver, receiving
from tests.unit.export.server import Server, serving

from penstock.export.schema import engine_of, prepare


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with serving() as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'history.db'}"
    server: Server = request.getfixturevalue("server")
    return server.fresh()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    """A database that is prepared."""
    found = engine_of(url)
    prepare(found)
    yield found
    found.dispose()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def table(engine: Engine, query: str) -> list[tuple[object, ...]]:
    """What a query finds."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]
