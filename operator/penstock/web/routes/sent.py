"""What of the page's files is sent: scripts and style sheets without the comments, and the style sheets as one."""

import re
from collections.abc import Iterator
from pathlib import Path

STATIC = Path(__file__).parent.parent / "static"
TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
PAGE, STYLE = "index.html", "style.css"
VENDOR = "vendor.js"
"""What others wrote: what it says of its licences is sent."""
COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*(?:(?!\*/).)*\*/[ \t]*)$", re.MULTILINE | re.DOTALL)
"""One that has its lines to itself."""
_LINKS = re.compile(r'(?:<link rel="stylesheet" href="static/([^"]+)">\s*)+')
_LINK = re.compile(r'href="static/([^"]+)"')


def sent() -> Iterator[tuple[str, str]]:
    """Each file by the path that it is asked for, and its text."""
    page = (STATIC / PAGE).read_text("utf-8")
    yield PAGE, _LINKS.sub(f'<link rel="stylesheet" href="static/{STYLE}">\n    ', page)
    links = _LINKS.search(page)
    sheets = _LINK.findall(links[0]) if links else []
    yield STYLE, "\n".join(bare((STATIC / sheet).read_text("utf-8")) for sheet in sheets)
    for path in sorted(STATIC.rglob("*")):
        if path.suffix in TYPES and path.suffix != ".css" and path.name != PAGE:
            text, ours = path.read_text("utf-8"), path.suffix == ".js" and path.name != VENDOR
            yield path.relative_to(STATIC).as_posix(), bare(text) if ours else text


def bare(code: str) -> str:
    """Code without comments; what is left stays in its line, so that an error tells the line of the file."""
    return COMMENT.sub(lambda found: "\n" * found[0].count("\n"), code)
