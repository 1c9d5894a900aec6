"""Every page as it looks: no sideways scrolling, no jumping, nothing that shuts anybody out."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from aecore.text import LANGUAGES, Say
from pages._ui import contents

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
PAGES = [name for names in contents.PAGES.values() for name in names]
# Where nothing is drawn yet, what takes a visitor's files.
DRAWN = (
    ".js-plotly-plot .main-svg, .gargalo-flow svg *, [data-testid=stImage] img, [data-testid=stFileUploaderDropzone]"
)
WITHOUT_KNOBS = ("home", "gallery", "present", "board", "your_data")
# Of headings, by their words: a picture that is drawn late pushes them down unless it has its room.
PLACES = """() => Object.fromEntries([...document.querySelectorAll('h1, h2')]
  .map(node => [node.textContent, Math.round(node.getBoundingClientRect().top)]))"""


def opened(page, site, name, **query):
    address = "" if name == "home" else name
    page.goto(f"{site}/{address}?" + "&".join(f"{key}={value}" for key, value in query.items()))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if name != "board":  # which is words alone before one is opened
        expect(page.locator(DRAWN).first).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    return page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_stays_where_it_is_fits_and_shuts_nobody_out(site, new_context, name):
    # One after the other: for the second the app has already read and computed what the page shows.
    context = new_context(color_scheme="light")
    for lang, widths, patience in zip(LANGUAGES, [(1280, 390), (390, 1280)], [3000, 1000], strict=True):
        page = context.new_page()
        page.set_viewport_size({"width": widths[0], "height": 900})
        opened(page, site, name, lang=lang)
        expect(page).to_have_title(f"{Say(lang)(f'page.{name}.title')} · Gargalo")
        # A photo or a sound takes a loaded machine that long.
        page.wait_for_timeout(patience)
        stays_fits_and_shuts_nobody_out(page, name, lang, widths)
        page.close()


def stays_fits_and_shuts_nobody_out(page, name, lang, widths):
    before = page.evaluate(PLACES)
    page.wait_for_timeout(1000)
    after = page.evaluate(PLACES)
    assert {name: after[name] for name, top in before.items() if name in after and abs(after[name] - top) > 100} == {}
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    # The other language has each width in the other scheme.
    for width, scheme in zip(widths, ("light", "dark"), strict=True):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        main = "document.querySelector('[data-testid=stMain]')"
        assert page.evaluate(f"{main}.scrollWidth - {main}.clientWidth") <= 0
        if width < 768 and name not in WITHOUT_KNOBS:
            label = page.get_by_test_id("stExpandSidebarButton").evaluate("n => getComputedStyle(n, '::after').content")
            assert label == f'"{Say(lang)("turn.heading")}"'
        # On phones Streamlit's own list of pages breaks the rules for lists.
        assert width < 768 or violations(page) == [], scheme
        height = page.evaluate(f"{main}.scrollHeight")
        page.set_viewport_size({"width": width, "height": min(height + 20, 5000)})
        page.screenshot(path=SCREENSHOTS / f"{name}-{lang}-{width}-{scheme}.png")
    for picture in page.locator(".js-plotly-plot").all():
        assert picture.evaluate("node => node.closest('[aria-label]')?.getAttribute('aria-label')")


def violations(page):
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    return [
        (violation["id"], node["target"], node["html"][:160])
        for violation in found
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


def test_an_input_is_chosen_by_mouse_and_by_keyboard(site, page):
    opened(page, site, "home")
    picture = page.locator(".gargalo-flow image").first
    first = picture.get_attribute("href")
    page.get_by_role("radio").nth(3).click()
    expect(picture).not_to_have_attribute("href", first)
    third = picture.get_attribute("href")
    page.keyboard.press("ArrowLeft")
    expect(picture).not_to_have_attribute("href", third)
    expect(page.get_by_role("radio").nth(2)).to_have_attribute("aria-checked", "true")
    page.get_by_role("link", name="Undercomplete").last.click()
    expect(page.get_by_test_id("stProgress")).to_be_visible()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_that_has_failed_says_so_in_the_visitor_s_language_and_sends_nobody_away(site, page, lang):
    opened(page, site, "home", lang=lang)
    # As Streamlit draws it.
    said = page.evaluate("""() => {
      document.querySelector('[data-testid=stMain]').insertAdjacentHTML('beforeend', `<div data-testid="stException">
        <div data-testid="stExceptionMessage">in English</div><div><a href="https://example.org">ask</a></div></div>`);
      const [message, links] = document.querySelector('[data-testid=stException]').children;
      return [getComputedStyle(message, '::after').content, links.offsetHeight];
    }""")
    assert said == [f'"{Say(lang)("reason.page_failed")}"', 0]
