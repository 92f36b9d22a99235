"""A page about one Pipeline: complete in itself, and whatever others wrote into a Pipeline is text in it."""

import hashlib
import re
from base64 import b64encode
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from tests.scenes.scenes import HOSTILE, SCENES
from tests.scenes.wire import graph_of, snapshot_of

from penstock.core.asked.diagram import diagram
from penstock.core.asked.drawing import Drawing
from penstock.core.asked.picture import picture
from penstock.core.asked.view.rows import rows
from penstock.core.seen.reading import step_view
from penstock.web.report.drawn import drawn
from penstock.web.report.page import MANY, Report, page
from penstock.web.words import HIDDEN, Words


class Read(HTMLParser):
    """Elements with their attributes, and all texts but the style sheet's."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.sheet = ""
        self._styled = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._styled = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._styled = False

    def handle_data(self, data: str) -> None:
        if self._styled:
            self.sheet += data
        else:
            self.texts.append(data)


def reported(name: str) -> Report:
    scene = SCENES[name]()
    graph = graph_of(scene)
    head = snapshot_of(scene).head
    drawn = diagram(picture(scene.name, graph), say=Words("en").drawn)
    return Report(head, rows(graph, map(step_view, scene.of("Step"))), scene.now, "1.2.3", drawn)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_loads_nothing_and_its_own_style_is_all_that_it_may_have(language: str) -> None:
    read = Read(page(reported("failing"), Words(language)))
    policies = [
        found["content"] for tag, found in read.elements if found.get("http-equiv") == "Content-Security-Policy"
    ]
    digest = b64encode(hashlib.sha256(read.sheet.encode()).digest()).decode()
    assert policies == [f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"]
    assert {tag for tag, _ in read.elements} & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "a",
        "form",
        "base",
    } == set()
    assert {name for _, found in read.elements for name in found} & {"style", "href", "src", "xlink:href"} == set()
    assert re.findall(r"url\(|@import|https?:", read.sheet) == []


def test_it_tells_how_the_pipeline_went() -> None:
    told = " ".join(" ".join(Read(page(reported("failing"), Words("en"))).texts).split())
    assert "5 of 6 steps" in told
    assert "What failed probe Error exit code 1: Traceback" in told
    assert "DependencyFailed: needs step 'train', which failed" in told
    assert "by penstock 1.2.3." in told


def test_in_chinese() -> None:
    text = page(reported("failing"), Words("zh"))
    assert '<html lang="zh-CN">' in text
    told = Read(text).texts
    assert {"失败的步骤", "全部步骤", "5 / 6 步", "20秒"} <= set(told)


def test_what_others_wrote_stays_text() -> None:
    report = reported("hostile")
    every = dict.fromkeys(HOSTILE, HOSTILE[0])
    report = replace(
        report,
        outputs=every,
        notes=HOSTILE,
        advice=[(one, one) for one in HOSTILE],
        head=replace(report.head, name=HOSTILE[0], namespace=HOSTILE[1], message=HOSTILE[3], late=HOSTILE[4]),
    )
    text = page(report, Words("en"))
    read = Read(text)
    assert {tag for tag, _ in read.elements} & {"img", "script", "a", "iframe"} == set()
    assert [name for _, found in read.elements for name in found if name.startswith("on")] == []
    shown = "".join(read.texts)
    assert [one for one in shown if HIDDEN.match(one) and one not in "\n\t"] == []
    assert "<img src=x onerror=alert(1)>" in shown
    assert "‹U+202E›gnp.exe‹U+202C›" in shown


def test_of_many_failures_the_first_are_told_and_the_table_has_all() -> None:
    report = reported("failing")
    failed = next(row for row in report.rows if row.state.phase == "Failed")
    many = [replace(failed, path=f"x.{number}") for number in range(MANY + 3)]
    told = Read(page(replace(report, rows=many), Words("en"))).texts
    assert "3 more are in the table." in told
    assert told.count("x.52") == 1
    assert told.count("x.49") == 2


def test_a_drawing_is_a_page_of_its_own_and_its_title_is_text() -> None:
    read = Read(drawn(Drawing("<img src=x onerror=alert(1)>\u202e", 100, 20, ()), 0.0, "1.2.3"))
    assert {"html", "head", "title", "style", "main", "svg", "footer"} <= {tag for tag, _ in read.elements}
    assert {tag for tag, _ in read.elements} & {"img", "script", "link"} == set()
    assert "<img src=x onerror=alert(1)>‹U+202E›" in read.texts
    assert "Made 1970-01-01T00:00:00Z by penstock 1.2.3." in read.texts
