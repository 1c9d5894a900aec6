"""The undercomplete lesson, trained for real and looked at as it is drawn."""

from __future__ import annotations

import os
import re
import shutil
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from aecore.text import Say

QUICK = "data=digits&steps=300&latent=3"
LONG = "data=digits&steps=100000&latent=3"
WORDS = Say("en")

DRAWN = """key => {
  const plot = document.querySelector(`.st-key-${key} .js-plotly-plot`);
  return plot && plot._fullData ? plot._fullData.map(trace => ({
    name: trace.name ?? "", n: trace.x ? Array.from(trace.x).length : 0, source: trace.source ?? "",
    last: trace.y ? Array.from(trace.y).at(-1) : null })) : [];
}"""


def press(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} button").first.click()


def progress(page: Page):
    return page.get_by_test_id("stProgress")


def points(page: Page, key: str = "error") -> int:
    return max((trace["n"] for trace in page.evaluate(DRAWN, key)), default=0)


def opened(page: Page, site: str, query: str, name: str = "undercomplete") -> Page:
    page.goto(f"{site}/{name}?{query}")
    expect(progress(page)).to_be_visible()
    return page


def step(page: Page) -> int:
    return int(re.search(r"[Ss]tep ([\d,]+)", progress(page).inner_text())[1].replace(",", ""))


def test_training_is_seen_live_and_its_end_is_said(page, site):
    opened(page, site, QUICK + "&seed=1")
    expect(progress(page)).to_contain_text(WORDS("watch.absent"))
    page.wait_for_function(f"({DRAWN})('rows').length > 0")
    before = page.evaluate(DRAWN, "rows")[0]["source"]
    press(page, "train")
    expect(progress(page)).to_contain_text("Done: 300 steps")
    page.wait_for_function(f"({DRAWN})('error').some(trace => trace.n > 5)")
    assert page.evaluate(DRAWN, "rows")[0]["source"] != before
    expect(page.locator(".st-key-codes_pca .js-plotly-plot")).to_be_visible()
    expect(page.get_by_text(WORDS("undercomplete.four"))).to_be_visible()
    expect(page.get_by_text("64 → 3")).to_be_visible()


def test_the_rows_drawn_come_to_look_like_the_originals(page, site):
    opened(page, site, "data=digits&net=mlp&hidden=64&latent=20&steps=1500&rate=0.01")
    page.wait_for_function(f"({DRAWN})('rows').length > 0")
    likeness = """async () => {
      const trace = document.querySelector('.st-key-rows .js-plotly-plot')._fullData[0];
      const image = new Image(); image.src = trace.source; await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height), pen = canvas.getContext('2d');
      pen.drawImage(image, 0, 0);
      const all = pen.getImageData(0, 0, image.width, image.height), rows = [];
      let row = null;
      for (let y = 0; y < image.height; y++) {
        const opaque = all.data[4 * y * image.width + 3] > 0;
        if (opaque && !row) rows.push(row = []);
        if (opaque) for (let x = 0; x < image.width; x++) row.push(all.data[4 * (y * image.width + x)]);
        else row = null;
      }
      return rows[0].reduce((sum, value, i) => sum + Math.abs(value - rows[1][i]), 0) / rows[0].length;
    }"""
    untrained = page.evaluate(likeness)
    press(page, "train")
    expect(progress(page)).to_contain_text("Done")
    page.wait_for_function(f"async () => (await ({likeness})()) < {untrained / 2}")


def test_nothing_is_blocked_and_stop_keeps_what_was_reached(page, site):
    opened(page, site, LONG + "&seed=2")
    press(page, "train")
    page.wait_for_function(f"({DRAWN})('error').some(trace => trace.n > 3)")
    page.get_by_text(WORDS("turn.fine")).click()
    expect(page.locator(".st-key-seed input")).to_be_visible()
    page.locator(".st-key-slow").get_by_text(WORDS("watch.slow")).click()
    page.locator(".st-key-slow").get_by_text(WORDS("watch.slow")).click()
    seen = points(page)
    page.wait_for_function(f"({DRAWN})('error').some(trace => trace.n > {seen})")
    press(page, "stop")
    expect(progress(page)).to_contain_text("Stopped at step")
    reached = step(page)
    assert reached > 0
    expect(page.get_by_role("button", name=WORDS("watch.go_on"))).to_be_visible()
    press(page, "train")
    expect(page.locator(".st-key-stop button")).to_be_visible()
    page.wait_for_function(f"""() => {{
      const said = document.querySelector('[data-testid=stProgress]').innerText.match(/Step ([0-9,]+)/);
      return said && Number(said[1].replaceAll(',', '')) > {reached};
    }}""")
    press(page, "stop")
    expect(progress(page)).to_contain_text("Stopped at step")


CONTROLS = """() => ['buttons', 'one_step', 'again', 'undo', 'slow', 'until'].map(key => {
  const row = document.querySelector('.st-key-buttons').getBoundingClientRect();
  const box = document.querySelector(`.st-key-${key}`).getBoundingClientRect();
  return [key, ...[box.x - row.x, box.y - row.y, box.width, box.height].map(Math.round)];
})"""


@pytest.mark.parametrize(("lang", "seed"), [("en", 15), ("pt_BR", 16)])
def test_the_controls_keep_their_places_whatever_the_run_does(site, new_context, lang, seed):
    page = new_context().new_page()

    def controls() -> list:
        found = []
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            # Laid out for this width and settled: twice the same.
            page.wait_for_function(
                f"""() => {{
              const now = innerWidth + JSON.stringify(({CONTROLS})()), same = now === window.before;
              window.before = now;
              return same && innerWidth === {width};
            }}""",
                polling=200,
            )
            found.append(page.evaluate(CONTROLS))
        return found

    opened(page, site, f"{LONG}&seed={seed}&lang={lang}")
    expect(page.locator(".st-key-until button")).to_be_visible()
    untrained = controls()
    press(page, "train")
    expect(page.locator(".st-key-stop button")).to_be_visible()
    assert controls() == untrained
    press(page, "stop")
    expect(page.locator(".st-key-train button")).to_be_enabled()
    assert controls() == untrained
    opened(page, site, f"{QUICK}&seed={seed}&lang={lang}&start=100:rate=0.001")
    expect(page.locator(".st-key-undo button:visible")).to_be_enabled()
    assert controls() == untrained
    press(page, "train")
    expect(page.locator(".st-key-again button:visible")).to_be_enabled()
    expect(page.locator(".st-key-train button")).to_be_disabled()
    assert controls() == untrained


def test_one_step_and_a_step_to_stop_at(page, site):
    opened(page, site, LONG + "&seed=3")
    for number in (1, 2):
        press(page, "one_step")
        expect(progress(page)).to_contain_text(f"Stopped at step {number},")
    page.locator(".st-key-until button").click()
    page.get_by_label(WORDS("watch.until_step")).fill("40")
    page.get_by_label(WORDS("watch.until_step")).press("Enter")
    page.keyboard.press("Escape")
    press(page, "train")
    expect(progress(page)).to_contain_text("Stopped at step 40,")


def test_turning_a_knob_leaving_and_reloading_lose_nothing(page, site, runs):
    opened(page, site, LONG + "&seed=4")
    press(page, "train")
    page.wait_for_function(f"({DRAWN})('error').some(trace => trace.n > 3)")
    reached = step(page)
    page.locator(".st-key-net").get_by_text("Linear").click()
    expect(progress(page)).to_contain_text(WORDS("watch.absent"))
    page.locator(".st-key-net").get_by_text("MLP").click()
    expect(page.locator(".st-key-stop button")).to_be_visible()
    assert step(page) >= reached
    page.get_by_text("Lessons").first.click()
    page.get_by_role("menuitem", name=WORDS("page.home.title")).first.click()
    expect(page.locator(".gargalo-flow svg")).to_be_visible()
    page.go_back()
    expect(page.locator(".st-key-stop button")).to_be_visible()
    assert step(page) >= reached
    page.reload()
    expect(page.locator(".st-key-stop button")).to_be_visible()
    assert step(page) >= reached
    press(page, "stop")
    expect(progress(page)).to_contain_text("Stopped at step")


def test_another_visitor_sees_the_same_run(page, site, new_context, runs):
    opened(page, site, QUICK + "&seed=5")
    before = {folder.name for folder in runs.iterdir()}
    press(page, "train")
    other = opened(new_context().new_page(), site, page.url.partition("?")[2])
    for visitor in (page, other):
        expect(progress(visitor)).to_contain_text("Done: 300 steps")
    assert len({folder.name for folder in runs.iterdir()} - before) == 1
    late = opened(
        new_context(locale="pt-BR").new_page(), site, page.url.partition("?")[2].replace("lang=en", "lang=pt_BR")
    )
    expect(progress(late)).to_contain_text("Pronto: 300 passos")


def test_the_language_can_be_switched_and_nothing_is_lost(page, site):
    opened(page, site, QUICK + "&seed=6")
    press(page, "train")
    expect(progress(page)).to_contain_text("Done")
    page.locator(".st-key-lang").get_by_text("Português").click()
    expect(progress(page)).to_contain_text("Pronto: 300 passos")
    expect(page.get_by_role("heading", level=1)).to_have_text(Say("pt_BR")("page.undercomplete.title"))
    assert "lang=pt_BR" in page.url
    assert "latent=3" in page.url
    assert re.search(r"em \d+,\d", progress(page).inner_text())
    page.reload()
    expect(progress(page)).to_contain_text("Pronto: 300 passos")


@pytest.mark.parametrize(
    ("beside", "named"), [("", "compare.nothing"), ("&beside=method%3Dsparse", "option.method.sparse")]
)
def test_the_run_beside_stays_and_is_named_in_the_language(page, site, beside, named):
    opened(page, site, QUICK + beside)
    box = page.locator(".st-key-compared input")
    for language, button in (("en", None), ("pt_BR", "Português"), ("en", "English")):
        if button:
            page.locator(".st-key-lang").get_by_text(button).click()
        expect(box).to_have_value(re.compile(f"^{re.escape(Say(language)(named))}"))


def test_a_linear_net_shows_its_angles_and_every_size_can_be_trained(page, site):
    opened(page, site, "data=digits&net=linear&latent=2&steps=60&rate=0.02")
    press(page, "train")
    expect(progress(page)).to_contain_text("Done")
    # While the page follows the run's end, the picture before it may still be there.
    expect(page.locator(".st-key-angles .js-plotly-plot").last).to_be_visible()
    press(page, "sweep_undercomplete")
    page.wait_for_function(f"({DRAWN})('sizes').some(trace => trace.n === 6)")


def test_a_worker_killed_in_mid_run_is_said_and_the_run_goes_on(page, serving, tmp_path):
    with serving(tmp_path / "runs") as (site, server):
        opened(page, site, LONG + "&seed=7")
        press(page, "train")
        page.wait_for_function(f"({DRAWN})('error').some(trace => trace.n > 12)")
        children = Path(f"/proc/{server.pid}/task").glob("*/children")
        for child in {int(pid) for path in children for pid in path.read_text().split()}:
            os.kill(child, signal.SIGKILL)
        expect(page.get_by_role("alert")).to_contain_text("was ended from outside")
        press(page, "train")
        expect(page.locator(".st-key-stop button")).to_be_visible()
        press(page, "stop")
        expect(progress(page)).to_contain_text("Stopped at step")
        page.goto("about:blank")


def test_a_damaged_file_and_a_folder_that_cannot_be_written(page, serving, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(Path(__file__).parents[2] / "assets" / "data" / "SHA256SUMS", data)
    (data / "mnist.npz").write_bytes(b"cut short")
    (tmp_path / "file").write_text("where the folder should be")
    with serving(tmp_path / "file" / "runs", GARGALO_DATA=str(data)) as (site, _):
        page.goto(f"{site}/undercomplete")
        expect(page.get_by_role("alert").filter(has_text="mnist.npz")).to_be_visible()
        opened(page, site, QUICK)
        expect(page.get_by_text(WORDS("watch.kept_nowhere"))).to_be_visible()
        press(page, "train")
        expect(progress(page)).to_contain_text("Done")
        page.goto("about:blank")


def test_zoom_survives_a_run(page, site):
    opened(page, site, LONG + "&seed=8")
    press(page, "train")
    page.wait_for_function(f"({DRAWN})('error').some(trace => trace.n > 3)")
    zoomed = "() => document.querySelector('.st-key-error .js-plotly-plot')._fullLayout.xaxis.range[1]"
    box = page.locator(".st-key-error .js-plotly-plot").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.35 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.7 * box["height"], steps=6)
    page.mouse.up()
    page.wait_for_function(f"({zoomed})() < 90000")
    kept, seen = page.evaluate(zoomed), points(page)
    page.wait_for_function(f"({DRAWN})('error').some(trace => trace.n > {seen + 2})")
    assert page.evaluate(zoomed) == pytest.approx(kept)
    press(page, "stop")
    expect(progress(page)).to_contain_text("Stopped at step")


def test_filters_are_clicked_into_the_set_that_is_clamped_and_out_of_it(page, site):
    opened(page, site, "data=digits&latent=16&steps=60", "sparse")
    grid = page.locator(".st-key-filters .js-plotly-plot")
    grid.locator(".main-svg").first.wait_for()
    page.locator(".st-key-click").get_by_text(WORDS("option.click.set")).click()
    chosen = page.get_by_test_id("stMultiSelect").last
    wide = grid.bounding_box()["width"]
    for unit, text in ((2, "3"), (9, "3 10"), (2, "10")):
        grid.click(position={"x": wide * (unit + 0.5) / 16, "y": 12})
        expect(chosen).to_have_text(
            re.compile(rf"{WORDS('knob.clamped.label')}\s*{text.replace(' ', '.*')}$", re.DOTALL)
        )


def test_what_is_looked_at_is_in_the_address_and_opens_elsewhere(page, site, new_context):
    opened(page, site, "data=digits&latent=16&steps=60", "sparse")
    grid = page.locator(".st-key-filters .js-plotly-plot")
    grid.locator(".main-svg").first.wait_for()
    grid.click(position={"x": grid.bounding_box()["width"] * 2.5 / 16, "y": 12})
    expect(page).to_have_url(re.compile(r"[?&]unit=3(&|$)"))
    page.locator(".st-key-held").get_by_text(WORDS("option.held.on"), exact=True).click()
    expect(page).to_have_url(re.compile(r"[?&]held=on(&|$)"))
    other = new_context().new_page()
    other.goto(page.url)
    expect(other.get_by_role("heading", name=WORDS("room.title", unit=3))).to_be_visible()
    expect(other.get_by_role("alert")).to_have_count(0)
    assert other.url == page.url
    page.go_back()
    expect(page).not_to_have_url(re.compile("held=on"))
    expect(page.locator(".st-key-held, [class*='st-key-held_']").get_by_role("radio").first).to_be_visible()


def test_a_run_goes_from_one_installation_to_another_by_link_and_by_file(page, site, serving, tmp_path):
    opened(page, site, QUICK + "&seed=31")
    press(page, "share")
    body = page.get_by_test_id("stPopoverBody")
    expect(body.get_by_text(WORDS("share.later"))).to_be_visible()
    page.keyboard.press("Escape")
    press(page, "train")
    expect(progress(page)).to_contain_text("Done: 300 steps")
    opened(page, site, QUICK + "&seed=31&at=29")
    expect(progress(page)).to_contain_text("Done: 300 steps")
    press(page, "share")
    expect(body.locator("code").first).to_contain_text(page.url)
    same = WORDS("share.origin_same", its="").split(",")[1].strip()
    expect(body.get_by_text(same)).to_be_visible()
    with page.expect_download() as saved:
        body.get_by_role("button", name=WORDS("share.run")).click()
    saved.value.save_as(tmp_path / "run.gargalo")
    with serving(tmp_path / "elsewhere") as (other, _):
        page.goto(f"{other}/vae")
        press(page, "share")
        body.locator("input[type=file]").set_input_files(tmp_path / "run.gargalo")
        body.get_by_role("link", name=WORDS("share.opened")).click()
        expect(progress(page)).to_contain_text("Done: 300 steps")
        expect(page).to_have_url(re.compile("/undercomplete.*seed=31"))
        expect(page).to_have_url(re.compile("[?&]at=29(&|$)"))
        page.goto("about:blank")  # a page that lost its server would complain


@pytest.mark.parametrize(("lang", "width"), [("en", 1280), ("pt_BR", 390)])
def test_a_picture_is_saved_by_keyboard_and_by_touch(site, new_context, tmp_path, lang, width):
    say = Say(lang)
    page = new_context(viewport={"width": width, "height": 900}, has_touch=width < 500).new_page()
    opened(page, site, f"{QUICK}&seed={width}&lang={lang}")
    press(page, "train")
    page.wait_for_function(f"({DRAWN})('codes').some(trace => trace.n > 5)")
    expect(page.locator(".st-key-stop button")).to_be_hidden()
    menu = page.locator(".st-key-codes .gargalo-plot-save")
    summary = menu.locator("summary")
    expect(summary).to_have_attribute("aria-label", say("figure.save_label"))
    before = page.locator(".st-key-codes").bounding_box()["height"]
    if width < 500:
        summary.tap()
    else:
        summary.focus()
        page.keyboard.press("Enter")
    assert page.locator(".st-key-codes").bounding_box()["height"] == before
    for ending, starts in {"png": b"\x89PNG", "svg": b"<svg", "csv": b"series,x,y"}.items():
        button = menu.get_by_role("button", name=say(f"figure.save_{ending}"))
        with page.expect_download() as download:
            if width < 500:
                button.tap()
            else:
                button.focus()
                page.keyboard.press("Enter")
        name = download.value.suggested_filename
        assert re.fullmatch(rf"undercomplete-digits-[0-9a-f]{{6}}-codes\.{ending}", name)
        download.value.save_as(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(starts)
        if ending == "svg":
            alone = new_context().new_page()
            alone.set_content((tmp_path / name).read_text())
            found = alone.evaluate("document.fonts.load('14px \"IBM Plex Sans\"', 'a').then(faces => faces.length)")
            assert found == 1, "the file has the page's font in it"
    # Pictures alone have no numbers to be saved.
    rows = page.locator(".st-key-rows .gargalo-plot-save")
    rows.locator("summary").click()
    expect(rows.get_by_role("button")).to_have_count(2)
