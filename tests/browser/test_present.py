"""The talk in a real browser: gone through by keys, with every host but the server shut off."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from aecore.text import LANGUAGES, Say
from pages._ui.screens import SCREENS

STOPS = [(number, shown) for number, one in enumerate(SCREENS) for shown in ([False, True] if one.ask else [False])]


@pytest.fixture
def talk(site, new_context):
    """Open the talk at a screen."""

    def open_talk(screen=1, lang="en", **options):
        page = new_context(viewport={"width": 1920, "height": 1080}, **options).new_page()
        page.route(re.compile(r"^https?://(?!127\.0\.0\.1:)"), lambda route: route.abort())
        page.goto(f"{site}/?present=1&screen={screen}&lang={lang}")
        expect(page.locator(".gargalo-clicker .count")).to_have_text(f"{screen} / {len(SCREENS)}")
        return page

    return open_talk


def is_at(page, number, shown, lang="en"):
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(Say(lang)(f"present.{SCREENS[number].name}.title"))
    page.wait_for_function(
        "([screen, shown]) => { const said = new URLSearchParams(location.search);"
        " return said.get('screen') === screen && (said.get('answer') === '1') === shown; }",
        arg=[str(number + 1), shown],
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_screen_is_reached_by_keys_fits_and_is_read_from_afar(talk, lang):
    page = talk(lang=lang)
    for stop, key in zip(STOPS, ["", *("ArrowRight", "PageDown", " ", "ArrowDown") * len(STOPS)], strict=False):
        if key:
            page.keyboard.press("Space" if key == " " else key)
        is_at(page, *stop, lang)
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        assert page.get_by_test_id("stException").count() == 0, stop
        if SCREENS[stop[0]].name == "audio":
            # Sounds are thrown away with their screen: left before they have come, they are asked for in vain.
            page.wait_for_function(
                "(() => { const sounds = [...document.querySelectorAll('audio')];"
                " return sounds.length === 2 && sounds.every(sound => sound.readyState > 0); })()",
                timeout=60_000,
            )
        expect(page.get_by_test_id("stHeader")).to_be_hidden()
        letters = page.locator(".st-key-statement p, .st-key-question p, .st-key-answer_said p")
        sizes = letters.evaluate_all("nodes => nodes.map(node => parseFloat(getComputedStyle(node).fontSize))")
        assert sizes
        assert min(sizes) >= 28, stop
        assert min(page.evaluate(FIGURED), default=28) >= 28, stop
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.keyboard.press("Home")
    is_at(page, *STOPS[0], lang)
    page.keyboard.press("End")
    is_at(page, *STOPS[-1], lang)
    page.keyboard.press("PageUp")
    is_at(page, *STOPS[-2], lang)
    page.reload()
    is_at(page, *STOPS[-2], lang)


# Sizes of the letters in figures, as they are seen.
FIGURED = """(() => {
  const zoom = parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--gargalo-zoom'));
  return [...document.querySelectorAll('.gargalo-plot-box text')]
    .filter(one => one.getBoundingClientRect().width)
    .map(one => zoom * parseFloat(getComputedStyle(one).fontSize));
})()"""
IN_ROWS = ("narrow", "pca", "denoising", "filters", "segmentation", "anomaly")
# Texts of the figures that stick out of their figure or lie on one another.
COLLIDING = """nodes => nodes.flatMap(one => {
  const box = one.getBoundingClientRect();
  const frame = one.closest(".gargalo-plot-box").getBoundingClientRect();
  const meets = other => {
    const its = other.getBoundingClientRect();
    return Math.min(box.right, its.right) - Math.max(box.left, its.left) > 1
      && Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top) > 3;
  };
  const out = box.top < frame.top - 2 || box.bottom > frame.bottom + 2 || box.right > frame.right + 2;
  return out || nodes.some(other => other !== one && meets(other)) ? [one.textContent] : [];
})"""


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", IN_ROWS)
def test_names_and_numbers_of_rows_have_room(site, new_context, name, lang):
    number = next(number for number, one in enumerate(SCREENS, 1) if one.name == name)
    page = new_context(viewport={"width": 1366, "height": 768}).new_page()
    page.goto(f"{site}/?present=1&screen={number}&lang={lang}" + ("&answer=1" if SCREENS[number - 1].ask else ""))
    texts = page.locator(".gargalo-plot-box .annotation-text")
    expect(texts.first).to_be_visible()
    if name == "filters":
        expect(page.locator(".gargalo-plot-box:has(.annotation-text)")).to_have_count(2, timeout=180_000)
    found = texts.evaluate_all(COLLIDING)
    deadline = time.monotonic() + 60
    while found and time.monotonic() < deadline:  # the figure is fitted once the words around it stand
        page.wait_for_timeout(100)
        found = texts.evaluate_all(COLLIDING)
    assert found == []


def test_keys_leave_a_focused_slider_alone_and_a_clicker_goes_on(talk):
    number = next(number for number, one in enumerate(SCREENS) if one.look == "test_noise")
    page = talk(number + 1)
    slider = page.get_by_role("slider").first
    before = slider.get_attribute("aria-valuetext")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).not_to_have_attribute("aria-valuetext", before)
    is_at(page, number, False)
    page.keyboard.press("PageDown")
    is_at(page, number + 1, False)


def test_a_mark_is_clicked_and_escape_leaves(talk):
    page = talk()
    page.get_by_role("button", name=re.compile(r"^5 · ")).click()
    is_at(page, 4, False)
    page.keyboard.press("Escape")
    page.wait_for_function("!location.search.includes('present')")
    expect(page.get_by_test_id("stHeader")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(Say("en")("page.home.title"))


def test_a_phone_goes_on_by_buttons(talk, site, new_context):
    page = new_context(viewport={"width": 390, "height": 800}, has_touch=True).new_page()
    page.goto(f"{site}/?present=1&screen=2")
    page.get_by_role("button", name=Say("en")("present.on"), exact=True).tap()
    is_at(page, 2, False)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
