"""A digit drawn by mouse, by finger and by keys, as the browser sends it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from aecore.text import Say

PATH = ((0.3, 0.25), (0.7, 0.25), (0.6, 0.5), (0.5, 0.8))


def sheet_of(site, page, lang="en"):
    page.goto(f"{site}/your_data?lang={lang}")
    page.get_by_role("radio", name=Say(lang)("your_data.source_hand")).click()
    sheet = page.locator(".gargalo-canvas canvas")
    expect(sheet).to_be_visible()
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
    return sheet


def places(sheet):
    sheet.scroll_into_view_if_needed()
    box = sheet.bounding_box()
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in PATH]


def by_mouse(page, sheet):
    first, *rest = places(sheet)
    page.mouse.move(*first)
    page.mouse.down()
    for place in rest:
        page.mouse.move(*place, steps=6)
    page.mouse.up()


def by_finger(page, sheet):
    finger = page.context.new_cdp_session(page)
    for i, (x, y) in enumerate(places(sheet)):
        point = {"type": "touchMove" if i else "touchStart", "touchPoints": [{"x": x, "y": y}]}
        finger.send("Input.dispatchTouchEvent", point)
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def by_keys(page, sheet):
    sheet.focus()
    for key in ("ArrowUp",) * 6 + (" ",) + ("ArrowDown",) * 12 + (" ",):
        page.keyboard.press(key)


@pytest.mark.parametrize(
    ("draw", "width", "lang"), [(by_mouse, 1280, "en"), (by_finger, 390, "pt_BR"), (by_keys, 1280, "en")]
)
def test_a_digit_is_drawn_goes_through_the_lessons_and_is_taken_back(site, new_context, draw, width, lang):
    touch = {"has_touch": True, "is_mobile": True} if draw is by_finger else {}
    page = new_context(viewport={"width": width, "height": 900}, **touch).new_page()
    sheet = sheet_of(site, page, lang)
    words = Say(lang)
    box = sheet.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    undo = page.get_by_role("button", name=words("canvas.undo"))
    expect(undo).to_be_disabled()
    draw(page, sheet)
    expect(undo).to_be_enabled()
    expect(page.get_by_alt_text(words("alt.hand_seen"))).to_be_visible()
    expect(page.locator("[class*=st-key-hand_] .js-plotly-plot .main-svg").first).to_be_visible()
    expect(page.get_by_text(words("your_data.hand_stands", error="", share="", count="").split("*")[0])).to_have_count(
        5
    )
    undo.click()
    expect(page.get_by_text(words("your_data.hand_nothing"))).to_be_visible()
    # What was drawn has moved nothing that is drawn upon.
    assert sheet.bounding_box() == box
