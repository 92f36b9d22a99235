"""The page tells tracebacks at the lines of their author's file, to whoever may read where they are from."""

from typing import Any

import pytest
from tests.scenes.api import SceneApi
from tests.scenes.logs import ContainerLog, instant
from tests.unit.web.page import Page

from penstock.core.asked.sourcemap import SOURCE, annotation
from penstock.core.names import short_hash

STEP = "api/pipelines/ml/digits/steps/train"
SCRIPT = "def train(rows):\n    return 1 / rows\n"
FRAME, PLACE = '  File "<string>", line 2, in train', "  digits.py:32, in train"
MODULE, OWN = '  File "/code/code.zip/model.py", line 7, in fit', "  model.py:7, in fit"
OTHERS = '  File "/usr/lib/python3/json.py", line 2, in loads'


def python(api: SceneApi, name: str) -> None:
    """Has `train` of a Pipeline be from lines 31 and 32 of a file."""
    pipeline: Any = api.objects["Pipeline", "ml", name]
    origin = {SOURCE: annotation("digits.py", {short_hash(SCRIPT): [31, 32]})}
    api.put({**pipeline, "metadata": {**pipeline["metadata"], "annotations": origin}})
    step: Any = api.objects["Step", "ml", f"{name}.train"]
    api.put({**step, "spec": {**step["spec"], "script": SCRIPT}})
    api.requests.clear()


@pytest.fixture
def pod(api: SceneApi) -> str:
    """Of `train`."""
    python(api, "digits")
    return "a-pod"


def written(*lines: str) -> list[tuple[float, str]]:
    return [(1000.0 + at, line) for at, line in enumerate(lines)]


async def told(page: Page, path: str) -> list[str]:
    """The lines of an answer, without their instants."""
    async with page.ask(path) as answer:
        assert answer.status == 200, await answer.text()
        return [line.partition(" ")[2] for line in (await answer.text(errors="surrogateescape")).splitlines()]


def of_the_step(api: SceneApi) -> list[str]:
    """What was asked for to tell it."""
    return [one for one in api.requests if one in ("GET ml/pipelines/digits", "GET ml/steps/digits.train")]


async def test_a_log(api: SceneApi, page: Page, pod: str) -> None:
    api.logs[pod] = ContainerLog(written("Traceback:", FRAME, "  \udcff", MODULE, OTHERS, FRAME, "KeyError"))
    lines = await told(page, f"{STEP}/log?pod={pod}")
    assert lines == ["Traceback:", PLACE, "  \udcff", OWN, OTHERS, PLACE, "KeyError"]
    assert of_the_step(api) == ["GET ml/pipelines/digits", "GET ml/steps/digits.train"]


async def test_a_log_while_it_is_written(api: SceneApi, page: Page, pod: str) -> None:
    log = api.logs[pod] = ContainerLog(written("begins"), ended=False)
    async with page.ask(f"{STEP}/log?pod={pod}") as answer:
        assert (await answer.content.readline()).endswith(b" begins\n")
        assert of_the_step(api) == []
        log.say(1009.0, FRAME)
        assert (await answer.content.readline()).decode() == f"{instant(1009.0)} {PLACE}\n"
        log.end()
        assert await answer.content.read() == b""


async def test_frames_at_the_edges_of_what_comes_in(api: SceneApi, page: Page, pod: str) -> None:
    """Far more than is read at once, so that frames are cut wherever that ends."""
    api.logs[pod] = ContainerLog(written(*[f"{FRAME}{'.' * (at % 7)}" for at in range(4_999)]))
    assert await told(page, f"{STEP}/log?pod={pod}") == [f"{PLACE}{'.' * (at % 7)}" for at in range(4_999)]


async def test_a_long_line_is_neither_cut_nor_in_the_way_of_others(api: SceneApi, page: Page, pod: str) -> None:
    long = "x" * 300_000
    api.logs[pod] = ContainerLog(written(long, FRAME))
    assert await told(page, f"{STEP}/log?pod={pod}") == [long, PLACE]


async def test_earlier_lines_and_the_whole(api: SceneApi, page: Page, pod: str) -> None:
    api.logs[pod] = ContainerLog(written("first", FRAME, "last"))
    earlier = f"{STEP}/log/earlier?pod={pod}&have=1&before={instant(1002.0)}&same=1"
    assert await told(page, earlier) == ["first", PLACE]
    async with page.session.post(f"{page.place}{STEP}/log/ticket?pod={pod}", headers=page.shown) as answer:
        ticket = (await answer.json())["path"]
    async with page.session.get(page.place + ticket) as answer:
        assert await answer.text() == f"first\n{PLACE}\nlast\n"


@pytest.mark.parametrize("hidden", ["pipelines", "steps"])
async def test_without_the_right_to_read_where_it_is_from_it_stays(
    api: SceneApi, page: Page, pod: str, hidden: str
) -> None:
    """The log itself needs no more rights than before."""
    api.logs[pod] = ContainerLog(written(FRAME))
    api.allows = lambda namespace, resource: resource != hidden
    assert await told(page, f"{STEP}/log?pod={pod}") == [FRAME]


def fail(api: SceneApi, name: str) -> str:
    """Has `train` say that it failed with a traceback, and returns how that is told."""
    message = f"Traceback:\n{FRAME}\nKeyError"
    step: Any = api.objects["Step", "ml", f"{name}.train"]
    attempts = [{**one, "message": message} for one in step["status"]["attempts"]]
    api.put({**step, "status": {**step["status"], "message": message, "attempts": attempts}})
    return message.replace(FRAME, PLACE)


async def test_what_is_told_of_a_step(api: SceneApi, page: Page, pod: str) -> None:
    assert (await page.get(STEP))["message"] == ""
    assert of_the_step(api) == ["GET ml/steps/digits.train"]
    place = fail(api, "digits")
    found = await page.get(STEP)
    assert [found["message"], *(one["message"] for one in found["attempts"])] == [place] * 3
    api.allows = lambda namespace, resource: resource != "pipelines"
    assert (await page.get(STEP))["message"] == place.replace(PLACE, FRAME)


async def test_why(api: SceneApi, page: Page) -> None:
    python(api, "nightly")
    place = fail(api, "nightly")
    (found,) = (await page.get("api/pipelines/ml/nightly/steps/train/why"))["answers"]
    assert place in found["message"]
