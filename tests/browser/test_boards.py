"""A class's board before a teacher's eyes, while a pupil trains elsewhere."""

from __future__ import annotations

from playwright.sync_api import expect

from aecore.text import Say
from pages._ui import boards, resources
from pages._ui.boards import Rule
from pages._ui.screens import SCREENS


def test_a_pupil_s_run_appears_on_the_teacher_s_board(site, runs, new_context, monkeypatch):
    monkeypatch.setattr(resources, "folder", lambda: runs)
    words, rule = Say("en"), Rule(data="digits", latent=2, steps=500)
    code, _ = boards.new(rule)
    teacher = new_context().new_page()
    teacher.goto(f"{site}/board?lang=en&board={code}")
    expect(teacher.get_by_text(words("board.empty"))).to_be_visible()
    expect(teacher.get_by_role("img", name=words("alt.qr"))).to_be_visible()

    pupil = new_context(viewport={"width": 390, "height": 844}).new_page()
    link = {**rule.link(), "steps": "60", "board": code}
    pupil.goto(f"{site}/undercomplete?lang=en&" + "&".join(f"{name}={text}" for name, text in link.items()))
    pupil.get_by_role("button", name=words("watch.train"), exact=True).click()
    post = pupil.get_by_role("button", name=words("board.post"))
    expect(post).to_be_enabled()
    name = "Zoé <i>"
    pupil.get_by_label(words("board.nickname")).fill(name)
    pupil.keyboard.press("Tab")
    post.click()
    expect(pupil.get_by_test_id("stAlert")).to_be_visible()

    row = teacher.locator(".gargalo-board tr", has_text=name)
    expect(row).to_be_visible()
    expect(row).to_contain_text(words.number(boards.read(code).entries[0].score, 2))
    screen = 1 + [one.name for one in SCREENS].index("board")
    talk = new_context(viewport={"width": 1920, "height": 1080}).new_page()
    talk.goto(f"{site}/?present=1&screen={screen}&lang=en&board={code}")
    expect(talk.locator(".gargalo-board tr", has_text=name)).to_be_visible()
