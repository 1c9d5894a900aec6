"""A newcomer's way through the app, by what stands on the pages: no error, and no other host."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from aecore.text import LANGUAGES, Say


@pytest.mark.parametrize("lang", LANGUAGES)
def test_from_the_first_page_through_a_lesson_an_application_the_gallery_and_the_talk(page, site, lang):
    say = Say(lang)

    def stands(title):
        expect(page.get_by_role("heading", level=1)).to_have_text(title)
        expect(page.get_by_test_id("stException")).to_have_count(0)

    def card(title):
        page.get_by_test_id("stMain").get_by_role("link", name=title, exact=True).click()

    def menu(section, title):
        page.get_by_test_id("stToolbar").get_by_text(say(f"section.{section}"), exact=True).click()
        page.get_by_role("menuitem", name=title, exact=True).click()

    page.goto(f"{site}/?lang={lang}")
    stands(say("page.home.title"))
    card(say("page.denoising.title"))
    stands(say("page.denoising.title"))
    menu("lessons", say("page.home.title"))
    stands(say("page.home.title"))
    card(say("page.segmentation.title"))
    stands(say("page.segmentation.title"))
    menu("tools", say("page.gallery.title"))
    stands(say("page.gallery.title"))
    card(say("gallery.run.plane"))
    stands(say("page.vae.title"))
    expect(page).to_have_url(re.compile("latent=2"))
    page.get_by_role("button", name=say("share.button")).click()
    code = page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").first
    expect(code).to_contain_text("/vae?")
    link = code.inner_text().strip()
    page.goto(link)
    stands(say("page.vae.title"))
    menu("tools", say("page.present.title"))
    stands(say("page.present.title"))
