"""Questions and answers in the two markups that FAQs are written in: POD (perlpodspec) and reStructuredText."""

import re
from collections.abc import Iterator

_BLANKS = re.compile(r"\s+")
_ESCAPES = {"lt": "<", "gt": ">", "sol": "/", "verbar": "|"}
_UNDERLINE = re.compile(r"([-=~^\"'*])\1{2,}")


def of_pod(source: str) -> Iterator[tuple[str, str]]:
    """Each ``=head2`` of a POD file as plain text, with what stands below it."""
    parts = re.split(r"^=head2\s+(.+(?:\n.+)*)$", source, flags=re.MULTILINE)
    for question, answer in zip(parts[1::2], parts[2::2], strict=True):
        yield plain_pod(question), plain_pod(re.split(r"^=head1\b", answer, flags=re.MULTILINE)[0])


def of_rst(source: str) -> Iterator[tuple[str, str]]:
    """Each heading of an reStructuredText file that is underlined with dashes, with what stands below it."""
    lines = source.splitlines()
    heads = [
        (place, line.strip(), lines[place + 1][0])
        for place, line in enumerate(lines[:-1])
        if line.strip()
        and not line.startswith((" ", "."))
        and _UNDERLINE.fullmatch(lines[place + 1])
        and not _UNDERLINE.fullmatch(line)
    ]
    for number, (place, title, style) in enumerate(heads):
        end = heads[number + 1][0] if number + 1 < len(heads) else len(lines)
        if style == "-":
            yield plain_rst(title), plain_rst("\n".join(lines[place + 2 : end]))


def plain_pod(text: str) -> str:
    """POD without its codes: index entries (``X<…>``) go, for they name the answer; other codes leave their text."""
    text = re.sub(r"X<<.*?>>|X<[^<>]*>", "", text)
    for _ in range(3):  # codes nest
        text = re.sub(r"[BCIFLSZ]<< (.*?) >>", r"\1", text, flags=re.DOTALL)
        text = re.sub(r"L<([^<>|]*)\|[^<>]*>", r"\1", text)
        text = re.sub(r"[BCIFLSZ]<([^<>]*)>", r"\1", text)
    text = re.sub(r"E<(\w+)>", lambda code: _ESCAPES.get(code[1], code[1]), text)
    return _joined(re.sub(r"^=\w+.*$", "", text, flags=re.MULTILINE))


def plain_rst(text: str) -> str:
    """reStructuredText without directives and roles; links and references leave their text."""
    text = re.sub(r"^\s*\.\. .*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"(?::[\w+-]+)+:`~?([^`<]*?)\s*(?:<[^`]*>)?`", r"\1", text)
    text = re.sub(r"`([^`<]+?)\s*<[^`]*>`_+", r"\1", text)
    return _joined(text.replace("`", "").replace("::", ":"))


def _joined(text: str) -> str:
    return _BLANKS.sub(" ", text).strip()
