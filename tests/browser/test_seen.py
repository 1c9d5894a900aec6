"""What a visitor sees of a figure goes with a link and with a saved run: zoom, camera, selection."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from aecore.text import Say
from tests.browser.test_explorer import STATE, boxed, opened

WORDS = Say("en")
ERROR = "document.querySelector('.st-key-error .js-plotly-plot')"
RANGES = f"() => [...{ERROR}._fullLayout.xaxis.range, ...{ERROR}._fullLayout.yaxis.range]"
EYE = "() => document.querySelector('.st-key-scatter .js-plotly-plot')._fullLayout.scene.camera.eye"


def zoomed(page, ranges, before):
    """Wait until a figure is zoomed and the address says so; return what it shows."""
    page.wait_for_function(f"(before) => Math.abs(({ranges})()[0] - before[0]) > 1e-6", arg=before)
    page.wait_for_function("() => location.search.includes('plot_error=xaxis_')")
    return page.evaluate(ranges)


def curve(page):
    """Bring the curve of the error, drawn, onto the screen, and return its place."""
    layer = page.locator(".st-key-error .nsewdrag").first
    expect(layer).to_be_attached()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    layer.scroll_into_view_if_needed()
    return layer


def test_a_link_brings_the_zoom_of_a_curve_and_the_way_back(site, new_context):
    page = new_context().new_page()
    page.goto(f"{site}/sparse?plot_gone=xaxis_0_1~y&plot_error=nonsense")
    layer = curve(page)
    usual = page.evaluate(RANGES)
    layer.hover(position={"x": 80, "y": 60})  # waits until it is where it stays
    around = layer.bounding_box()
    page.mouse.down()
    page.mouse.move(around["x"] + 0.6 * around["width"], around["y"] + 0.7 * around["height"], steps=4)
    page.mouse.up()
    seen = zoomed(page, RANGES, usual)

    other = new_context().new_page()
    other.goto(page.url)
    layer = curve(other)
    other.wait_for_function(f"(seen) => Math.abs(({RANGES})()[0] - seen[0]) < 1e-3", arg=seen)
    assert other.evaluate(RANGES) == pytest.approx(seen, rel=1e-4)
    layer.dblclick()
    other.wait_for_function("() => !location.search.includes('plot_error')")
    assert other.evaluate(RANGES) == pytest.approx(usual, rel=1e-4)


def test_a_link_and_a_saved_run_bring_zoom_and_selection(site, new_context, tmp_path):
    page = opened(new_context().new_page(), site)
    wide = page.evaluate(STATE)["range"]
    page.locator(".st-key-scatter .nsewdrag").first.hover()  # once it is where it stays
    page.mouse.wheel(0, -120)
    page.wait_for_function(f"() => ({STATE})().range[1] < {wide[1] - 1e-3}")
    boxed(page)
    seen = page.evaluate(STATE)
    heading = WORDS("explorer.selected", count=len(seen["chosen"]))
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    page.wait_for_function("() => /selected=.*plot_scatter=|plot_scatter=.*selected=/.test(location.search)")

    page.locator(".st-key-share button").first.click()
    with page.expect_download() as download:
        page.get_by_role("button", name=WORDS("share.run"), exact=True).click()
    saved = tmp_path / "explored.gargalo"
    download.value.save_as(saved)

    def shows_the_same(other):
        other.wait_for_function(f"(range) => Math.abs(({STATE})().range[0] - range[0]) < 1e-3", arg=seen["range"])
        there = other.evaluate(STATE)
        assert there["range"] == pytest.approx(seen["range"], rel=1e-4)
        assert there["chosen"] == seen["chosen"]
        assert there["marked"] == len(seen["chosen"])
        expect(other.get_by_role("heading", name=heading)).to_be_visible()

    linked = new_context().new_page()
    opened(linked, site, page.url.removeprefix(f"{site}/"))
    shows_the_same(linked)

    stranger = new_context().new_page()
    stranger.goto(f"{site}/undercomplete")
    expect(stranger.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    stranger.locator(".st-key-share button").first.click()
    stranger.locator(".st-key-shared_run input[type=file]").set_input_files(saved)
    stranger.get_by_role("link", name=re.compile(WORDS("share.opened"))).click()
    stranger.wait_for_function("() => document.querySelector('.st-key-scatter .gargalo-plot')?.plotState?.listening")
    shows_the_same(stranger)


def test_a_link_brings_the_camera(site, new_context):
    page = new_context().new_page()
    link = "explorer?data=digits&method=undercomplete&hidden=16&latent=3&steps=20&points=300&dimensions=3"
    opened(page, site, link)
    usual = page.evaluate(EYE)
    around = page.locator(".st-key-scatter .js-plotly-plot").bounding_box()
    page.mouse.move(around["x"] + 0.4 * around["width"], around["y"] + 0.5 * around["height"])
    page.mouse.down()
    page.mouse.move(around["x"] + 0.6 * around["width"], around["y"] + 0.4 * around["height"], steps=5)
    page.mouse.up()
    page.wait_for_function("() => location.search.includes('plot_scatter=scene_')")
    eye = page.evaluate(EYE)
    assert eye != pytest.approx(usual, abs=1e-3)
    other = new_context().new_page()
    opened(other, site, page.url.removeprefix(f"{site}/"))
    other.wait_for_function(f"(x) => Math.abs(({EYE})().x - x) < 1e-4", arg=eye["x"])
    assert other.evaluate(EYE) == pytest.approx(eye, abs=1e-4)


def test_a_row_of_the_sweep_opens_its_run(site, new_context):
    page = new_context().new_page()
    page.goto(f"{site}/sweep")
    rows = page.locator(".st-key-sweep_pictures .nsewdrag")
    expect(rows).to_be_attached()
    links = page.locator(".st-key-sweep_links a")
    third = links.nth(2).get_attribute("href").partition("?")[2]
    around = rows.bounding_box()
    rows.click(position={"x": 60, "y": around["height"] * 3.6 / (1 + links.count())})
    expect(page.get_by_role("heading", level=1, name=WORDS("page.denoising.title"))).to_be_visible()
    level = re.search(r"level=([0-9.]+)", third)[1]
    page.wait_for_function("(level) => new URLSearchParams(location.search).get('level') === level", arg=level)


def test_names_along_a_narrow_axis_stand_apart(site, new_context):
    page = new_context(viewport={"width": 390, "height": 900}).new_page()
    page.goto(f"{site}/vae")
    bars = page.locator(".st-key-divergences")
    expect(bars).to_be_attached()
    bars.scroll_into_view_if_needed()
    ticks = bars.locator(".xtick text")
    expect(ticks.first).to_be_attached()
    boxes = ticks.evaluate_all("nodes => nodes.map(one => one.getBoundingClientRect().toJSON())")
    assert len(boxes) > 5
    assert all(one["right"] <= other["left"] + 1 for one, other in pairwise(sorted(boxes, key=lambda box: box["left"])))
