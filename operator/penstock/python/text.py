"""A Python text without what says nothing to Python: comments, docstrings, blank lines, spaces at the end of lines.

What remains stands as it was written. It is what identifies a step's code, so it is found with tokens and positions
only: `ast.unparse` and `ast.dump` write the same code differently in different versions of Python.
"""

import ast
import io
import tokenize
from collections.abc import Iterator

_OPEN = frozenset(("FSTRING_START", "TSTRING_START"))
_CLOSE = frozenset(("FSTRING_END", "TSTRING_END"))


def cleaned(text: str, tree: ast.Module) -> list[str | None]:
    """The lines of a text, None for those that are left out. Item 0 stands for line 1."""
    lines: list[str | None] = list(text.split("\n"))
    comments, inside, ending = _tokens(text)
    for row, column in comments.items():
        lines[row] = (lines[row] or "")[:column]
    gone: set[int] = set()
    for statement, alone in reversed(list(_strings(tree))):
        gone |= _without(lines, statement, alone)
    joined = False
    for row, line in enumerate(lines):
        if line is None or row in gone:
            lines[row] = None
            continue
        kept = line if row in inside and row not in ending else line.rstrip()
        lines[row] = kept if kept or row in inside or joined else None
        joined = row not in inside and kept.endswith("\\")
    return lines


def _tokens(text: str) -> tuple[dict[int, int], set[int], set[int]]:
    """Rows, from 0: where each comment begins, rows that end inside a string or lie in it, and rows that end one."""
    comments: dict[int, int] = {}
    inside: set[int] = set()
    ending: set[int] = set()
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name = tokenize.tok_name[token.type]
        first, last = token.start[0] - 1, token.end[0] - 1
        if name in _OPEN:
            opened.append(first)
        elif name in _CLOSE:
            first = opened.pop()
        elif name == "COMMENT" and not opened:
            comments[first] = token.start[1]
        if name in _CLOSE or name == "STRING":
            inside |= set(range(first, last))
            ending |= {last} if last > first else set()
    return comments, inside, ending - inside


def _strings(tree: ast.AST) -> Iterator[tuple[ast.stmt, bool]]:
    """Each statement that is a string and so has no effect, with whether something must stand in its place."""
    for node in ast.walk(tree):
        for _, body in ast.iter_fields(node):
            if not (isinstance(body, list) and body and isinstance(body[0], ast.stmt)):
                continue
            strings = [one for one in body if _is_string(one)]
            needed = len(strings) == len(body) and not isinstance(node, ast.Module)
            yield from ((one, needed and one is strings[0]) for one in strings)


def _is_string(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _without(lines: list[str | None], statement: ast.stmt, needed: bool) -> set[int]:
    """Takes a statement out of the lines; returns the rows that go with it."""
    first, last = statement.lineno - 1, (statement.end_lineno or statement.lineno) - 1
    before = _characters(lines[first] or "", statement.col_offset)
    after = (lines[last] or "")[len(_characters(lines[last] or "", statement.end_col_offset or 0)) :]
    if needed or before.strip() or after.strip():
        lines[first] = f"{before}pass{after}"
        return set(range(first + 1, last + 1))
    return set(range(first, last + 1))


def _characters(line: str, offset: int) -> str:
    """What stands before an offset that is counted in bytes of UTF-8, as positions in trees are."""
    return line.encode()[:offset].decode()
