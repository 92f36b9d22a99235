"""Elements of a page. What others wrote becomes text, whatever it looks like, and what would hide in it is shown."""

import re
import xml.etree.ElementTree as ET

from penstock.core.asked.drawing import Drawing, inline
from penstock.web.words import visible

Element = ET.Element
Part = Element | str | None


def el(tag: str, *parts: Part, **attributes: str) -> Element:
    """An element. Underscores in an attribute's name are dashes, a trailing one is dropped: `class_`, `data_phase`."""
    made = ET.Element(
        tag, {re.sub("_(?=.)", "-", name).rstrip("_"): visible(told) for name, told in attributes.items()}
    )
    last: Element | None = None
    for part in parts:
        if isinstance(part, Element):
            made.append(part)
            last = part
        elif part:
            text = visible(part, lines=True)
            if last is None:
                made.text = (made.text or "") + text
            else:
                last.tail = (last.tail or "") + text
    return made


def picture(drawing: Drawing) -> Element:
    """A drawing that takes its colours from the page."""
    return ET.fromstring(inline(drawing))  # noqa: S314 - it was written here


def table(heads: list[str], rows: list[list[Part]], classes: str = "") -> Element:
    """A table with a line of headings."""
    head = el("thead", el("tr", *(el("th", one, scope="col") for one in heads)))
    body = el("tbody", *(el("tr", *(el("td", cell) for cell in row)) for row in rows))
    return el("div", el("table", head, body, class_=classes), class_="wide", tabindex="0", role="region")


def document(language: str, title: str, style: str, policy: str, *parts: Part) -> str:
    """A whole page, which loads nothing and runs nothing."""
    sheet = ET.Element("style")
    sheet.text = style
    head = el(
        "head",
        ET.Element("meta", charset="utf-8"),
        ET.Element("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        ET.Element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        ET.Element("meta", name="color-scheme", content="light dark"),
        ET.Element("meta", name="referrer", content="no-referrer"),
        el("title", title),
        sheet,
    )
    page = el("html", head, el("body", el("main", *parts)), lang=language)
    return "<!doctype html>\n" + ET.tostring(page, "unicode", method="html") + "\n"
