"""One Pipeline: its steps as a graph."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.browser.site import Site, looking

ZOOM = "new DOMMatrix(getComputedStyle(document.querySelector('.nodes')).transform).a"


def label(page: Page, name: str) -> dict[str, float]:
    """Where the name of a box is on the screen."""
    found = page.locator(".node .label", has_text=name).bounding_box()
    assert found is not None
    return dict(found)


def colour(page: Page, x: float, y: float) -> list[int]:
    """Of a point of the canvas, by its place in the page."""
    found: list[int] = page.evaluate(
        """([x, y]) => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => {
            const canvas = document.querySelector(".graph canvas"), box = canvas.getBoundingClientRect();
            const pen = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
            pen.drawImage(canvas, box.left - x, box.top - y);
            done([...pen.getImageData(0, 0, 1, 1).data]);
        })))""",
        [x, y],
    )
    return found


def zoom(page: Page) -> float:
    return float(page.evaluate(ZOOM))


def places(page: Page) -> list[str]:
    """Of all boxes that have words."""
    script = "nodes => nodes.map(node => JSON.stringify(node.getBoundingClientRect()))"
    found: list[str] = page.locator(".node").evaluate_all(script)
    return found


def test_all_steps_from_left_to_right(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/digits") as page:
        expect(page.locator(".node .label")).to_have_text(["prepare", "augment", "train", "evaluate", "report"])
        left = [label(page, name)["x"] for name in ("prepare", "augment", "train", "evaluate", "report")]
        assert left == sorted(left)
        expect(page.locator(".legend")).to_contain_text("decides the end")


def test_a_click_shows_details_and_the_table_shows_the_same(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/nightly") as page:
        page.locator(".node .label", has_text="train").click()
        expect(page.get_by_role("complementary")).to_contain_text("ValueError: loss is NaN")
        assert "step=train" in page.url
        page.get_by_role("button", name="Table").click()
        expect(page.locator(".row[aria-selected=true] .label")).to_have_text("train")
        expect(page.get_by_role("complementary")).to_contain_text("ValueError: loss is NaN")


def test_a_composite_opens_where_it_is_and_the_address_knows(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/corpus") as page:
        expect(page.locator(".node .label", has_text="shards")).to_be_visible()
        before = label(page, "shards")
        page.get_by_role("button", name="Open shards").click()
        expect(page.locator(".node .label", has_text="embed")).to_be_visible()
        after = label(page, "shards")
        assert abs(before["x"] - after["x"]) < 30 * zoom(page)
        assert abs(before["y"] - after["y"]) < 30 * zoom(page)
        assert "inside=shards" in page.url
        page.get_by_role("button", name="Close shards").click()
        expect(page.locator(".node .label", has_text="embed")).to_have_count(0)


def test_each_of_1790_instances_is_a_cell_that_can_be_clicked(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/corpus&inside=train") as page:
        node = page.locator(".node[data-kind=cells]")
        expect(node).to_be_visible()
        box, scale = node.bounding_box(), zoom(page)
        assert box is not None
        page.mouse.move(box["x"] + (16 + 14 * 3 + 6) * scale, box["y"] + (32 + 14 + 6) * scale)
        expect(page.locator(".hint")).to_contain_text("train.63")
        page.mouse.down()
        page.mouse.up()
        expect(page.get_by_role("complementary")).to_contain_text("train.63")
        assert page.locator(".node").count() <= 300


def test_by_the_keyboard_alone(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/sweep") as page:
        expect(page.locator(".node .label", has_text="prepare")).to_be_visible()
        page.get_by_role("application").focus()
        said = page.locator(".graph [role=status]")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(said).to_contain_text("choose")
        page.keyboard.press("ArrowLeft")
        if "baseline" in said.inner_text():
            page.keyboard.press("ArrowDown")
        expect(said).to_contain_text("tune")
        page.keyboard.press("Space")
        expect(page.locator(".node[data-kind=cells]")).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
        expect(said).to_contain_text("tune.1")
        page.keyboard.press("Enter")
        expect(page.get_by_role("complementary")).to_contain_text("tune.1")
        page.keyboard.press("Escape")
        expect(page.get_by_role("complementary")).to_have_count(0)
        before = zoom(page)
        page.keyboard.press("+")
        page.wait_for_function(f"before => {ZOOM} > before", arg=before)


def test_where_one_looks_is_in_the_address(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/digits") as page:
        expect(page.locator(".node .label", has_text="train")).to_be_visible()
        before = label(page, "train")
        page.mouse.move(400, 650)
        page.mouse.down()
        page.mouse.move(460, 600, steps=4)
        page.mouse.up()
        page.wait_for_url("**view=**")
        moved = label(page, "train")
        assert (round(moved["x"] - before["x"]), round(moved["y"] - before["y"])) == (60, -50)
        page.reload()
        expect(page.locator(".node .label", has_text="train")).to_be_visible()
        again = label(page, "train")
        assert abs(again["x"] - moved["x"]) <= 1
        assert abs(again["y"] - moved["y"]) <= 1


def test_a_change_is_painted_and_moves_nothing(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/finetune") as page:
        node = page.locator(".node", has=page.get_by_text("tokenize", exact=True))
        box = node.bounding_box()
        assert box is not None
        edge = (box["x"] + 2, box["y"] + box["height"] / 2)
        before = places(page)
        green = colour(page, *edge)
        assert green[1] > green[0]
        site.change("Step", "finetune.tokenize", phase="Failed", reason="OOMKilled", message="")
        expect(node).to_contain_text("Failed")
        red = colour(page, *edge)
        assert red[0] > red[1]
        assert places(page) == before


def test_an_undo_is_numbered_and_what_is_taken_back_says_so(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/rollout") as page:
        expect(page.locator(".node", has=page.get_by_text("route", exact=True))).to_contain_text("Taken back")
        expect(page.locator(".legend")).to_contain_text("undo")
        box = page.locator(".node", has=page.get_by_text("route", exact=True)).bounding_box()
        assert box is not None
        red, green, blue, _ = colour(page, box["x"] + box["width"] - 9, box["y"] + 1)
        assert blue > green  # the number, in the colour of an undo
        assert red > green


def test_a_filter_makes_all_else_faint(browser: Browser, site: Site) -> None:
    with looking(browser, site, "?pipeline=ml/digits") as page:
        box = page.locator(".node", has=page.get_by_text("prepare", exact=True)).bounding_box()
        assert box is not None
        edge = (box["x"] + 2, box["y"] + box["height"] / 2)
        full = colour(page, *edge)[3]
        page.get_by_role("searchbox").fill("evaluate")
        page.wait_for_url("**q=evaluate")
        assert colour(page, *edge)[3] < full
