"""What the page is made of: small, in both languages alike, and nothing from elsewhere."""

import hashlib
import json
import re
from gzip import compress
from pathlib import Path

import pytest

from penstock.api.pipeline import PipelinePhase
from penstock.api.step import StepPhase
from penstock.core import asked
from penstock.web.routes.sent import COMMENT, PAGE, STATIC, STYLE, bare, sent
from penstock.web.words import HIDDEN, Words

WORDS = {name: json.loads((STATIC / "words" / f"{name}.json").read_text()) for name in ("en", "zh")}
CODE = {path.relative_to(STATIC).as_posix(): path.read_text() for path in STATIC.rglob("*.js")}
OURS = {name: text for name, text in CODE.items() if name != "vendor.js"}
SENT = dict(sent())
ASKED = Path(asked.__path__[0])
MOST_LINES = 150


def test_both_languages_say_the_same_with_the_same_values() -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    for name, sentence in WORDS["en"].items():
        assert set(re.findall(r"\{\w+\}", sentence)) == set(re.findall(r"\{\w+\}", WORDS["zh"][name])), name


def test_every_word_is_there_and_none_in_vain() -> None:
    code = "\n".join([*OURS.values(), *(path.read_text() for path in STATIC.parent.rglob("*.py"))])
    asked = set(re.findall(r"""\bt\(\s*"([\w.]+)\"""", code)) | set(re.findall(r"""[?:(] "([\w.]+\.[\w.]+)\"""", code))
    families = {name.split(".")[0] for name in re.findall(r"\bt\(`([\w.]+)\$", code)} | {"drawn"}
    said = {name for name in WORDS["en"] if name.split(".")[0] not in families}
    assert {name for name in said if f'"{name}"' not in code} <= {"live", "away"}  # t(state)
    assert {name for name in asked if name not in WORDS["en"]} == set()


def fetched(*names: str) -> set[Path]:
    """The modules of these, and what they import at once; what is imported with `import()` comes later."""
    found: set[Path] = set()
    there = [STATIC / name for name in names]
    while there:
        module = there.pop().resolve()
        if module not in found:
            found.add(module)
            imports = re.findall(r'^(?:import|export)\b[^;]*?\bfrom "([^"]+)"', module.read_text(), re.MULTILINE)
            there += [module.parent / name for name in imports]
    return found


PIPELINE = "pipeline/view.js"
VIEWS = {
    "list": (),
    "graph": (PIPELINE, "pipeline/graph/view.js", "pipeline/why.js"),
    "graph and log": (PIPELINE, "pipeline/graph/view.js", "pipeline/log/view.js"),
    "time": (PIPELINE, "pipeline/time/view.js"),
    "table": (PIPELINE, "pipeline/table.js"),
    "history": (PIPELINE, "past/view.js"),
    "plan": ("plan/view.js",),
    "capacity": ("capacity/view.js",),
    "schedules": ("schedules/view.js",),
    "approvals": ("approvals/view.js", "acting/confirm.js"),
}


@pytest.mark.parametrize("view", VIEWS)
def test_what_a_view_needs_is_small(view: str) -> None:
    code = [*fetched("app.js", *VIEWS[view]), STATIC / "theme.js"]
    names = [STYLE, *(path.relative_to(STATIC).as_posix() for path in code)]
    assert sum(len(compress(SENT[name].encode(), 9)) for name in names) <= 64 * 1024


def test_of_code_only_comments_are_not_sent_and_no_line_moves() -> None:
    code = "// a\nb(); // c\n  /** @type {d} */\n/* e\n f */\n/** g */ h();\ni(`j */`);\n"
    assert bare(code) == "\nb(); // c\n\n\n\n/** g */ h();\ni(`j */`);\n"
    for name, text in OURS.items():
        assert SENT[name].count("\n") == text.count("\n"), name


@pytest.mark.parametrize("name", OURS)
def test_comments_stand_between_statements_and_never_in_markup(name: str) -> None:
    text = OURS[name]
    before = [text[: found.start()].rstrip() for found in COMMENT.finditer(text)]
    ends = {one.rpartition("\n")[2].strip()[-1:] for one in before if not COMMENT.search(one.rpartition("\n")[2])}
    assert ends <= set(";{}(,[/") | {""}


def test_the_page_asks_for_one_style_sheet_that_has_all_in_the_order_of_its_links() -> None:
    page = (STATIC / PAGE).read_text()
    links = re.findall(r'href="static/(style/[^"]+)"', page)
    assert sorted(links) == sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.css"))
    assert re.findall(r'rel="stylesheet" href="static/([^"]+)"', SENT[PAGE]) == [STYLE]
    places = [SENT[STYLE].index(bare((STATIC / link).read_text())) for link in links]
    assert places == sorted(places)


def test_all_that_comes_later_is_in_the_table_of_views() -> None:
    asked = {
        (STATIC / path).parent.joinpath(name).resolve()
        for path, text in OURS.items()
        for name in re.findall(r'=> import\("([^"]+)"\)', text)
    }
    known = {(STATIC / name).resolve() for names in VIEWS.values() for name in names}
    assert asked == known


@pytest.mark.parametrize("name", OURS)
def test_modules_are_small_and_make_no_markup(name: str) -> None:
    assert OURS[name].count("\n") <= MOST_LINES
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", OURS[name])


def test_nothing_comes_from_elsewhere() -> None:
    texts = {**OURS, **{path.name: path.read_text() for path in STATIC.rglob("*") if path.suffix in (".css", ".html")}}
    found = {url for text in texts.values() for url in re.findall(r"https?://[\w./]*", text)}
    assert found <= {"http://x/"}  # the base of an address that was pasted
    assert [name for name, text in texts.items() if "@import" in text] == []


def test_what_is_bundled_is_what_its_licences_were_written_for() -> None:
    digest = hashlib.sha256((STATIC / "vendor.js").read_bytes()).hexdigest()
    assert digest in (STATIC / "vendor.licenses.txt").read_text()


def test_what_is_hidden_is_the_same_without_a_browser() -> None:
    written = re.search(r"HIDDEN = /(.+)/gu;", CODE["words.js"])
    assert written is not None
    same = re.compile(re.sub(r"\\u\{(\w+)\}", lambda found: f"\\U{found[1]:0>8}", written[1]))
    differ = [one for one in map(chr, range(0x110000)) if bool(same.match(one)) != bool(HIDDEN.match(one))]
    assert differ == []


def test_what_drawings_say_is_said_in_both_languages() -> None:
    english = {one.value for one in (*StepPhase, *PipelinePhase)}
    code = "".join(path.read_text() for path in (ASKED / "gantt.py", ASKED / "diagram.py"))
    english |= set(re.findall(r'_word\("([^"]+)"\)', code)) | set(re.findall(r'\("([a-z ]+)", \[', code))
    assert {"waits", "critical path", "peak {peak}, mean {mean}", "approval"} <= english
    for language in ("en", "zh"):
        assert english <= Words(language).drawn.keys()
    assert all(name == told for name, told in Words("en").drawn.items())
