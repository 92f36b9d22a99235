"""`penstock ui` serves a page, says where, and opens it without telling others its secret."""

import re
import stat
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.unit.cli.fake_api import FakeApi
from tests.unit.cli.objects import pipeline

Run = Callable[..., Any]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that a browser was given; the command ends then, as by Ctrl-C."""
    found: list[Path] = []

    def note(place: str) -> None:
        found.append(Path(urlsplit(place).path))
        raise KeyboardInterrupt

    monkeypatch.setattr(webbrowser, "open", note)
    return found


def test_it_opens_the_page_at_the_pipeline(api: FakeApi, run: Run, opened: list[Path]) -> None:
    api.add(pipeline("digits"))
    ended = run("ui", "digits")
    assert ended.exit_code == 130
    address = ended.stdout.splitlines()[0]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?pipeline=ml/digits#token=[\w-]{43}", address)
    (place,) = opened
    assert f'url={address}"' in place.read_text()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    place.unlink()


def test_without_a_name_it_begins_with_the_list(api: FakeApi, run: Run, opened: list[Path]) -> None:
    assert re.match(r"http://127\.0\.0\.1:\d+/#token=", run("ui").stdout)
    opened[0].unlink()


def test_a_pipeline_that_is_not_there_is_said_before_anything_is_served(api: FakeApi, run: Run) -> None:
    ended = run("ui", "nobody")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "there is no pipeline 'nobody'" in ended.stderr


def test_a_port_that_is_taken_is_said(api: FakeApi, run: Run) -> None:
    taken = int(api.url.rpartition(":")[2])
    ended = run("ui", "--port", str(taken))
    assert ended.exit_code == 1
    assert f"cannot listen on port {taken}: address already in use; choose another with --port" in ended.stderr
