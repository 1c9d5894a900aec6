"""A report, opened where there is no network."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from aecore import exports, gallery
from aecore.figures.theme import PALETTES
from aecore.text import LANGUAGES, Say

ADDRESS = "http://127.0.0.1:1/report.html"
DRAWN = """() => [...document.querySelectorAll('article:not([hidden]) .plot')]
  .every(plot => plot.querySelector('.main-svg') && plot.clientHeight > 50)"""
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.mark.parametrize(("width", "scheme", "locale"), [(1280, "light", "en-US"), (390, "dark", "pt-BR")])
def test_a_report_opens_alone_in_both_languages_and_prints(new_context, width, scheme, locale):
    run = gallery.run_of(gallery.experiment_of("vae"))
    text = exports.report(run)
    page = new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, locale=locale).new_page()
    page.route("**/*", lambda route: route.abort())
    page.route(ADDRESS, lambda route: route.fulfill(body=text, content_type="text/html; charset=utf-8"))
    page.goto(ADDRESS)
    own = "pt_BR" if locale.startswith("pt") else "en"
    for language in (own, *(other for other in LANGUAGES if other != own)):
        say = Say(language)
        if language != own:
            page.get_by_role("button", name=say("language")).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(say("page.vae.title"))
        expect(page.get_by_role("heading", name=say("export.again"))).to_be_visible()
        page.wait_for_function(DRAWN)
        expect(page.locator("article:not([hidden]) .gtitle").first).to_contain_text(say("vae.terms"))
        expect(page.locator("article:not([hidden]) .formula math")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.locator("article:not([hidden]) img").first.evaluate(
            "image => image.decode().then(() => image.naturalWidth)"
        )
    painted = tuple(int(PALETTES[scheme]["background"][i : i + 2], 16) for i in (1, 3, 5))
    assert page.evaluate(BACKGROUND) == f"rgb{painted}"
    # On paper everything is as in the light.
    assert len(page.pdf()) > 50_000
    page.emulate_media(media="print")
    painted = tuple(int(PALETTES["light"]["background"][i : i + 2], 16) for i in (1, 3, 5))
    assert page.evaluate(BACKGROUND) == f"rgb{painted}"
    expect(page.get_by_role("navigation")).to_be_hidden()
