"""The latent explorer in a browser: what is selected, what stays, and what is done without WebGL."""

from __future__ import annotations

import csv

import pytest
from playwright.sync_api import expect

from aecore.text import Say

WORDS = Say("en")
LINK = "explorer?points=300"
STATE = """() => {
  const frame = document.querySelector('.st-key-scatter .gargalo-plot');
  const box = frame.querySelector('.js-plotly-plot');
  return {
    chosen: [...(frame.plotState.chosen ?? [])].sort((a, b) => a - b),
    range: box._fullLayout.xaxis.range,
    types: box._fullData.map((trace) => trace.type),
    marked: box._fullData.reduce((sum, trace) => sum + (trace.selectedpoints?.length ?? 0), 0),
    points: box.data.flatMap((trace) => [...trace.x.keys()].map((i) => [trace.customdata[i], trace.x[i], trace.y[i]])),
  };
}"""
PAINTED = """() => {
  const canvas = document.querySelector('.st-key-scatter .gargalo-plot-thumbs');
  if (canvas.hidden || !canvas.width) return 0;
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return data.reduce((sum, value, i) => sum + (i % 4 === 3 && value > 0), 0);
}"""


def opened(page, site, link=LINK):
    page.goto(f"{site}/{link}")
    expect(page.get_by_text(WORDS("explorer.trust"), exact=True)).to_be_visible()
    page.wait_for_function("() => document.querySelector('.st-key-scatter .gargalo-plot')?.plotState?.listening")
    return page


def tool(page, name):
    return page.locator(f".st-key-scatter [data-tool={name}]")


def boxed(page):
    """Draw a box in the picture and return its corners in the coordinates of the axes."""
    tool(page, "select").click()
    expect(tool(page, "select")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(
        "() => document.querySelector('.st-key-scatter .js-plotly-plot')._fullLayout.dragmode === 'select'"
    )
    page.evaluate("""() => document.querySelector('.st-key-scatter .js-plotly-plot')
      .on('plotly_selected', (event) => { if (event?.range) window.boxed = event.range; })""")
    around = page.locator(".st-key-scatter .nsewdrag").first.bounding_box()
    page.mouse.move(around["x"] + 30, around["y"] + 60)
    page.mouse.down()
    page.mouse.move(around["x"] + 0.6 * around["width"], around["y"] + 0.5 * around["height"], steps=6)
    page.mouse.up()
    page.wait_for_function("() => window.boxed")
    return page.evaluate("() => window.boxed")


def test_a_box_selects_exactly_its_rows_and_zoom_and_selection_outlive_other_colours(page, site):
    opened(page, site)
    around = page.locator(".st-key-scatter .nsewdrag").first.bounding_box()
    wide = page.evaluate(STATE)["range"]
    page.mouse.move(around["x"] + around["width"] / 2, around["y"] + around["height"] / 2)
    page.mouse.wheel(0, -120)
    page.wait_for_function(f"() => ({STATE})().range[1] < {wide[1] - 1e-3}")
    corners = boxed(page)
    (left, right), (bottom, top) = sorted(corners["x"]), sorted(corners["y"])
    seen = page.evaluate(STATE)
    wanted = sorted(row for row, x, y in seen["points"] if left < x < right and bottom < y < top)
    assert 0 < len(wanted) < len(seen["points"])
    expect(page.get_by_role("heading", name=WORDS("explorer.selected", count=len(wanted)))).to_be_visible()
    with page.expect_download() as download:
        page.locator(".st-key-csv button").click()
    lines = list(csv.DictReader(download.value.path().read_text().splitlines()))
    assert [int(line["row"]) for line in lines] == wanted

    page.locator(".st-key-colour input").click()
    page.get_by_role("option", name=WORDS("explorer.colour_error")).click()
    page.wait_for_function(f"() => ({STATE})().types.length === 1")
    after = page.evaluate(STATE)
    assert after["range"] == pytest.approx(seen["range"])
    assert after["chosen"] == wanted
    assert after["marked"] == len(wanted)
    tool(page, "thumbs").click()
    page.wait_for_function(f"() => ({PAINTED})() > 1000")
    tool(page, "clear").click()
    expect(page.get_by_text(WORDS("explorer.nothing_selected").split("**")[1])).to_be_visible()


def test_many_points_are_moved_as_they_stand_and_drawn_anew_where_they_are_let_go(page, site):
    opened(page, site, "explorer?points=25000")
    layer = page.locator(".st-key-scatter .nsewdrag").first
    layer.scroll_into_view_if_needed()
    around = layer.bounding_box()
    low, high = page.evaluate(STATE)["range"]
    canvas = "document.querySelector('.st-key-scatter .gl-container canvas').style"
    x, y = around["x"] + around["width"] / 2, around["y"] + around["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 70, y + 40, steps=5)
    page.wait_for_function(f"() => {canvas}.translate === '70px 40px'")
    assert page.evaluate(STATE)["range"] == [low, high]
    page.mouse.up()
    page.wait_for_function(f"() => !{canvas}.translate")
    wanted = [end - 70 * (high - low) / around["width"] for end in (low, high)]
    assert page.evaluate(STATE)["range"] == pytest.approx(wanted, abs=(high - low) / 200)
    page.locator(".st-key-colour input").click()
    page.get_by_role("option", name=WORDS("explorer.colour_error")).click()
    page.wait_for_function(f"() => ({STATE})().types.length === 1")
    assert page.evaluate(STATE)["range"] == pytest.approx(wanted, abs=(high - low) / 200)
    layer.dblclick(position={"x": 5, "y": 5})
    page.wait_for_function(f"() => Math.abs(({STATE})().range[0] - {low}) < {(high - low) / 200}")


def test_a_browser_without_webgl_draws_fewer_points_and_says_so(new_context, site):
    page = new_context().new_page()
    page.add_init_script("""const real = HTMLCanvasElement.prototype.getContext;
      HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        return kind.includes("webgl") ? null : real.call(this, kind, ...rest);
      };""")
    opened(page, site)
    assert set(page.evaluate(STATE)["types"]) == {"scatter"}
    said = WORDS("explorer.no_webgl").replace("#drawn", "300").replace("#total", "300")
    expect(page.get_by_text(said)).to_be_visible()
