"""The page of one Pipeline: how it went, its graph, its plan against what was, what failed and came out, all steps."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.core.asked.drawing import Drawing
from penstock.core.asked.view.heads import Head
from penstock.core.asked.view.rows import Row
from penstock.core.clock import stamp
from penstock.core.values import shorten
from penstock.web.report.look import policy, style
from penstock.web.report.markup import Element, Part, document, el, picture, table
from penstock.web.words import LANGUAGES, Words

MOST = 2048
"""Letters of a value."""
PLAIN = ("", "Completed", "Running", "Succeeded", "Failed", "Cancelled")
"""Reasons that say no more than the phase."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the page tells. `now`: seconds since 1970; `late`: seconds by which it ended, or will, after its plan, None
    if there is no plan; `usage` as a status has it; `advice`: where, and what would help."""

    head: Head
    rows: Sequence[Row]
    now: float
    version: str
    graph: Drawing | None = None
    chart: Drawing | None = None
    planned: float | None = None
    late: float | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)
    usage: Sequence[Mapping[str, Any]] = ()
    advice: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()


def page(report: Report, words: Words) -> str:
    """The HTML, in itself complete."""
    sheet = style()
    title = f"{report.head.name} · Penstock"
    return document(LANGUAGES[words.language], title, sheet, policy(sheet), *_Page(report, words).parts())


class _Page:
    def __init__(self, report: Report, words: Words) -> None:
        self.report = report
        self.head = report.head
        self.t = words

    def parts(self) -> Iterator[Part]:
        t, report = self.t, self.report
        yield from self._head()
        if report.graph:
            yield self._section(
                "report.graph", el("div", picture(report.graph), class_="picture", **_scrolled(t("graph")))
            )
        if report.chart:
            chart = el("div", picture(report.chart), class_="picture fit", **_scrolled(t("report.chart")))
            yield self._section("report.chart", *(el("p", note, class_="faint") for note in report.notes), chart)
        yield from self._failures()
        yield from self._outputs()
        yield from self._usage()
        if report.advice:
            lines = (el("li", el("code", where), " ", what) for where, what in report.advice)
            yield self._section("report.advice", el("ul", *lines, class_="plain"))
        yield from self._steps()
        yield el("footer", t("report.made", when=stamp(report.now), version=report.version))

    def _head(self) -> Iterator[Part]:
        t, head = self.t, self.head
        told = head.message or ("" if head.reason in PLAIN else head.reason)
        yield el(
            "header",
            el("p", f"{head.namespace} /", class_="faint"),
            el(
                "div",
                el("h1", head.name),
                el("span", t.phase(head.phase), class_="phase", data_phase=head.phase),
                class_="title",
            ),
            el("p", head.description, class_="faint") if head.description else None,
            el("p", told, class_="said") if told else None,
            el("p", f"{t('late')}: {head.late}", class_="said") if head.late else None,
            class_="head",
        )
        facts = (el("div", el("dt", name), el("dd", told)) for name, told in self._facts())
        yield el("dl", *facts, class_="facts")
        counted = ((phase, head.counts[phase]) for phase in head.counts)
        counts = (el("span", el("i", data_phase=phase), f"{t.phase(phase)} {count:,}") for phase, count in counted)
        yield el("p", *counts, class_="counts")

    def _facts(self) -> Iterator[tuple[str, str]]:
        t, head, report = self.t, self.head, self.report
        yield t("column.progress"), t("steps.ended", ended=f"{head.ended:,}", total=f"{head.total:,}")
        if head.start is not None:
            yield t("panel.start"), stamp(head.start)
            yield t("column.duration"), t.span((head.end or report.now) - head.start)
        if head.end is not None:
            yield t("panel.end"), stamp(head.end)
        if report.planned is not None:
            yield t("report.planned"), t.span(report.planned)
        if report.late is not None:
            how = "report.on.time" if not round(report.late) else "report.after" if report.late > 0 else "report.before"
            yield t("report.against"), t(how, span=t.span(abs(round(report.late))))
        if head.revision:
            yield t("revision", n="").strip(), str(head.revision)

    def _failures(self) -> Iterator[Part]:
        failed = [row for row in self.report.rows if row.state.phase == "Failed"]
        if failed:
            lines = (
                el("li", el("b", row.path), el("small", f" {row.state.reason}"), el("pre", row.state.message))
                for row in failed[:MANY]
            )
            more = len(failed) - MANY
            rest = el("p", self.t("report.more", n=f"{more:,}"), class_="faint") if more > 0 else None
            yield self._section("report.failures", el("ul", *lines, class_="failures"), rest)

    def _outputs(self) -> Iterator[Part]:
        if self.report.outputs:
            rows: list[list[Part]] = [
                [el("code", name), el("code", _value(told))] for name, told in self.report.outputs.items()
            ]
            yield self._section("panel.outputs", table([self.t("column.name"), self.t("report.value")], rows))

    def _usage(self) -> Iterator[Part]:
        t = self.t
        if self.report.usage:
            keys = ("reservedSeconds", "busySeconds", "lostSeconds")
            rows: list[list[Part]] = [
                [el("code", str(one["resource"])), *(t.span(one[key]) for key in keys)] for one in self.report.usage
            ]
            heads = [t("report.resource"), t("report.reserved"), t("report.busy"), t("report.lost")]
            yield self._section("report.usage", table(heads, rows))

    def _steps(self) -> Iterator[Part]:
        t = self.t
        names = ("step", "state", "tries", "started", "duration", "node")
        heads = [*(t(f"column.{name}") for name in names), t("panel.message")]
        rows = [self._step(row) for row in self.report.rows]
        yield self._section("report.steps", table(heads, rows, "steps"), class_="long")

    def _step(self, row: Row) -> list[Part]:
        state, t = row.state, self.t
        told = ": ".join(filter(None, ("" if state.reason in PLAIN else state.reason, shorten(state.message, 300))))
        undo = t("undo", phase=t.phase(state.undo)) if state.undo else ""
        took = t.span((state.end or self.report.now) - state.start) if state.start is not None else ""
        return [
            row.path,
            el("span", t.phase(state.phase), class_="word", data_phase=state.phase),
            str(state.attempt or ""),
            stamp(state.start) if state.start is not None else "",
            took,
            state.node,
            "; ".join(filter(None, (told, undo))),
        ]

    def _section(self, name: str, *parts: Part, **attributes: str) -> Element:
        return el("section", el("h2", self.t(name)), *parts, **attributes)


MANY = 50
"""Failures that are told in full; the table has all."""


def _scrolled(label: str) -> dict[str, str]:
    return {"tabindex": "0", "role": "region", "aria_label": label}


def _value(value: object) -> str:
    return shorten(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), MOST)
