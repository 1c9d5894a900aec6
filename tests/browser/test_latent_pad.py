"""The latent pad as a hand meets it: what it decodes, and how it follows."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import torch
from playwright.sync_api import expect

import aecore as ae

QUERY = "data=digits&net=mlp&hidden=24&latent=3&steps={steps}&seed={seed}"
PLANE = "document.querySelector('.gargalo-pad-plane')"
DECODED = f"z => Array.from({PLANE}.decode(z))"
# Whether for a second nothing has been drawn anew and nothing has moved: only then can a jump be told from a page that
# is still being laid out.
CALM = f"""() => {{
  const app = document.querySelector('[data-testid=stApp]'), main = document.querySelector('[data-testid=stMain]');
  const now = [main.scrollTop, main.scrollHeight, {PLANE}.getBoundingClientRect().top].join(' ');
  const still = now === window.place && app.dataset.testScriptState === 'notRunning';
  [window.place, window.calm] = [now, still ? window.calm + 1 : 0];
  return window.calm >= 20;
}}"""
CLOSE = f"([z, wanted]) => {PLANE}.decode(z).every((value, i) => Math.abs(value - wanted[i]) <= 1e-4)"


def opened(page, site, query, lesson="undercomplete"):
    page.set_default_timeout(60_000)
    page.goto(f"{site}/{lesson}?{query}")
    plane = page.locator(".gargalo-pad-plane")
    expect(plane).to_be_visible()
    page.wait_for_function(f"{PLANE}?.decode && {PLANE}.dataset.z")
    plane.scroll_into_view_if_needed()
    return plane


def z_of(plane) -> list[float]:
    return [float(value) for value in plane.get_attribute("data-z").split()]


@pytest.mark.parametrize(("lesson", "net"), [("vae", "mlp"), ("vae", "conv"), ("undercomplete", "linear")])
def test_the_browser_decodes_what_torch_decodes(page, site, lesson, net):
    query = f"data=digits&net={net}&latent=5"
    plane = opened(page, site, query, lesson)
    model = ae.Experiment.from_query(f"{query}&method={lesson}").build()
    z = 2 * torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    found = [page.evaluate(DECODED, one.tolist()) for one in z]
    with torch.inference_mode():
        wanted = model.decode(z).flatten(1).numpy()
    assert np.abs(np.array(found) - wanted).max() <= 1e-4
    drawn = page.evaluate("""() => {
      const picture = document.querySelector('.gargalo-pad-picture');
      const { data } = picture.getContext('2d').getImageData(0, 0, picture.width, picture.height);
      return [...data].filter((_, i) => i % 4 === 0);
    }""")
    with torch.inference_mode():
        shown = model.decode(torch.tensor([z_of(plane)])).flatten().clamp(0, 1).numpy()
    assert np.abs(np.array(drawn) - 255 * shown).max() <= 1


def test_no_name_of_a_class_covers_another(new_context, site):
    page = new_context(viewport={"width": 390, "height": 844}).new_page()
    page.add_init_script("""const pen = CanvasRenderingContext2D.prototype, { clearRect, fillText } = pen;
      pen.clearRect = function (...box) {
        if (this.canvas.className === 'gargalo-pad-ground') window.written = {};
        return clearRect.apply(this, box);
      };
      pen.fillText = function (text, x, y) {
        if (this.font.includes('18px')) window.written[text] = [x, y, this.measureText(text).width];
        return fillText.call(this, text, x, y);
      };""")
    # Of fresh weights all classes have nearly the same median.
    plane = opened(page, site, "data=fashion_mnist&net=mlp&hidden=24&latent=2&steps=40")
    page.wait_for_function("() => Object.keys(window.written ?? {}).length === 10")
    size = plane.bounding_box()
    boxes = [
        (x - wide / 2, x + wide / 2, y - 9, y + 9)
        for x, y, wide in page.evaluate("() => Object.values(window.written)")
    ]
    for left, right, top, bottom in boxes:
        assert 0 <= left < right <= size["width"]
        assert 0 <= top < bottom <= size["height"]
    for one, other in combinations(boxes, 2):
        assert one[1] < other[0] or other[1] < one[0] or one[3] < other[2] or other[3] < one[2]


def test_the_pad_follows_a_run_and_keeps_the_pointer(page, site, runs):
    query = QUERY.format(steps=100000, seed=31)
    plane = opened(page, site, query)
    page.wait_for_function(CALM, polling=50)
    plane.hover(position={"x": 120, "y": 90})
    page.evaluate(f"() => {{ window.before = {PLANE}; window.fresh = Array.from({PLANE}.decode([1, 0, 0])); }}")
    # By the pointer it would leave the plane.
    page.evaluate("() => document.querySelector('.st-key-train button').click()")
    page.wait_for_function(f"() => {PLANE}.decode([1, 0, 0]).some((value, i) => Math.abs(value - fresh[i]) > 0.05)")
    assert page.evaluate(f"() => before === {PLANE}")
    values = f"['now', 'min', 'max'].map((name) => Number({PLANE}.getAttribute('aria-value' + name)))"
    now, low, high = page.evaluate(values)
    assert (now - low) / (high - low) == pytest.approx(120 / plane.bounding_box()["width"], abs=0.02)
    page.locator(".st-key-stop button").click()
    expect(page.get_by_test_id("stProgress")).to_contain_text("Stopped at step")
    experiment = ae.Experiment.from_query(query)
    model = ae.revive(experiment, ae.Runs(runs).of(experiment).snapshot())
    with torch.inference_mode():
        wanted = model.decode(torch.tensor([[0.5, -1.0, 1.5]])).flatten().tolist()
    page.wait_for_function(CLOSE, arg=[[0.5, -1.0, 1.5], wanted])


def test_the_pad_is_worked_by_mouse_and_by_keys(page, site):
    plane = opened(page, site, QUERY.format(steps=40, seed=32))
    page.wait_for_function(CALM, polling=50)
    start, box = plane.get_attribute("data-z"), plane.bounding_box()
    plane.click(position={"x": box["width"] * 0.75, "y": box["height"] * 0.25})
    held = z_of(plane)
    assert sum(now == then for now, then in zip(held, map(float, start.split()), strict=True)) == 1
    release = page.locator(".st-key-pad_release button")
    expect(release).to_be_enabled()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    page.wait_for_function(f"held => {PLANE}.dataset.z !== held", arg=" ".join(map(str, held)))
    page.mouse.move(5, 5)
    page.wait_for_function(
        f"held => {PLANE}.dataset.z.split(' ').every((v, i) => Math.abs(v - held[i]) < 1e-5)", arg=held
    )
    plane.focus()
    for key, sign in (("ArrowRight", 1), ("ArrowLeft", -1)):
        before = float(plane.get_attribute("aria-valuenow"))
        page.keyboard.press(key)
        page.wait_for_function(f"before => ({PLANE}.getAttribute('aria-valuenow') - before) * {sign} > 0", arg=before)
    release.click()
    expect(release).to_be_disabled()
    # Let go, the pointer is where it began, as what is drawn below says.
    page.wait_for_function(f"start => {PLANE}.dataset.z === start", arg=start)
    box = plane.bounding_box()
    for stray, chosen in ((30, False), (3, True)):
        page.mouse.move(box["x"] + 60, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + 60 + stray, box["y"] + 60)
        page.mouse.up()
        page.wait_for_timeout(300)
        expect(release).to_be_enabled(enabled=chosen)


def test_on_the_pad_a_finger_moves_the_place_sideways_and_the_page_upwards_and_a_tap_holds(new_context, site):
    page = new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
    plane = opened(page, site, QUERY.format(steps=40, seed=33))
    page.wait_for_function(CALM, polling=50)
    box = plane.bounding_box()
    scrolled = "() => document.querySelector('[data-testid=stMain]').scrollTop"
    there = f"() => [({scrolled})(), {PLANE}.getBoundingClientRect().top].map(Math.round)"
    finger, release = page.context.new_cdp_session(page), page.locator(".st-key-pad_release button")

    def swipe(x, y, dx, dy):
        """Swipe from a place in the plane, in shares of its size; return the codes on the way."""
        seen = []
        for step in range(8):
            point = {"x": box["x"] + box["width"] * (x + dx * step), "y": box["y"] + box["height"] * (y + dy * step)}
            finger.send(
                "Input.dispatchTouchEvent", {"type": "touchMove" if step else "touchStart", "touchPoints": [point]}
            )
            page.wait_for_timeout(40)
            seen.append((plane.get_attribute("data-z"), *page.evaluate(there)))
        page.wait_for_timeout(300)  # at rest, so that nothing scrolls on
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        return seen

    above, at = page.evaluate(scrolled), page.evaluate(there)
    drawn, *moved = zip(*swipe(0.1, 0.5, 0.1, 0), strict=True)
    assert len(set(drawn)) >= 6
    assert [set(along) for along in moved] == [{at[0]}, {at[1]}]
    place = plane.get_attribute("data-z")
    assert place == drawn[-1]
    swipe(0.5, 0.8, 0, -0.08)
    page.wait_for_function(f"above => ({scrolled})() > above + 40", arg=above)
    assert plane.get_attribute("data-z") == place
    expect(release).to_be_disabled()
    page.wait_for_function(CALM, polling=50)
    box, at = plane.bounding_box(), page.evaluate(there)
    page.touchscreen.tap(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.9)
    page.wait_for_function(f"place => {PLANE}.dataset.z !== place", arg=place)
    place = plane.get_attribute("data-z")
    expect(release).to_be_enabled()
    page.wait_for_function(CALM, polling=50)
    assert page.evaluate(there) == pytest.approx(at, abs=1)
    assert plane.get_attribute("data-z") == place


def test_one_latent_gets_a_line(page, site):
    plane = opened(page, site, QUERY.format(steps=40, seed=34).replace("latent=3", "latent=1"))
    assert "is-line" in plane.get_attribute("class")
    plane.focus()
    before = z_of(plane)[0]
    page.keyboard.press("ArrowUp")
    page.wait_for_function(f"before => Number({PLANE}.dataset.z) > before", arg=before)


def test_a_slider_moves_one_latent_and_the_picture_answers(page, site):
    opened(page, site, "data=digits&hidden=24&latent=3&steps=40", "vae")
    box, slider = page.locator(".gargalo-sliders"), page.locator(".gargalo-sliders input").first
    painted = "() => document.querySelector('.gargalo-sliders + div canvas').toDataURL()"
    slider.focus()
    before, picture = z_of(box), page.evaluate(painted)
    page.keyboard.press("Shift+ArrowRight")
    page.wait_for_function(f"picture => ({painted})() !== picture", arg=picture)
    moved = np.abs(np.array(z_of(box)) - before)
    assert sorted(moved) == pytest.approx([0, 0, 0.6], abs=1e-4)
    page.locator(".gargalo-sliders + div button").click()
    page.wait_for_function(f"picture => ({painted})() === picture", arg=picture)


def test_the_first_page_s_place_wanders_until_it_is_taken_and_not_for_those_who_want_stillness(new_context, site):
    page = new_context().new_page()
    page.goto(site)
    plane = page.locator(".gargalo-pad-plane")
    expect(plane).to_be_visible()
    page.wait_for_function(f"{PLANE}?.dataset.z")
    before = plane.get_attribute("data-z")
    page.wait_for_function(f"before => {PLANE}.dataset.z !== before", arg=before)
    plane.focus()
    taken = page.evaluate(f"new Promise(done => requestAnimationFrame(() => done({PLANE}.dataset.z)))")
    page.wait_for_timeout(300)
    assert plane.get_attribute("data-z") == taken
    still = new_context(reduced_motion="reduce").new_page()
    still.goto(site)
    plane = still.locator(".gargalo-pad-plane")
    expect(plane).to_be_visible()
    still.wait_for_function(f"{PLANE}?.dataset.z")
    assert z_of(plane) == z_of(plane) == pytest.approx([0, 0], abs=1e-6)
