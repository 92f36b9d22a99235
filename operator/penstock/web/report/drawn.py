"""A drawing as a page of its own, which looks like the page, by day and by night, and loads nothing."""

from penstock.core.asked.drawing import Drawing
from penstock.core.clock import stamp
from penstock.web.report.look import policy, style
from penstock.web.report.markup import document, el, picture
from penstock.web.words import LANGUAGES, Words


def drawn(drawing: Drawing, now: float, version: str) -> str:
    """The HTML, in itself complete. `now`: seconds since 1970; `version`: of what made it."""
    words, sheet = Words("en"), style()
    shown = el("div", picture(drawing), class_="picture", tabindex="0", role="region", aria_label=drawing.title)
    made = el("footer", words("report.made", when=stamp(now), version=version))
    heading = el("header", el("h1", drawing.title), class_="head")
    title = f"{drawing.title} · Penstock"
    return document(LANGUAGES[words.language], title, sheet, policy(sheet), heading, shown, made)
