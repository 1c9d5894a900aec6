"""The talk as the server runs it, without a browser."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import aecore as ae
from aecore.text import LANGUAGES, words
from pages._ui.screens import SCREENS

SITE = Path(__file__).parents[2] / "pages" / "site.py"
NUMBERS = {screen.name: number for number, screen in enumerate(SCREENS, 1)}
ASKING = [screen.name for screen in SCREENS if screen.ask]


def shown(name: str | int, lang: str = "en", **query: str) -> AppTest:
    at = AppTest.from_file(str(SITE), default_timeout=120)
    at.query_params.update({"present": "1", "screen": str(NUMBERS.get(name, name)), "lang": lang, **query})
    return at.run()


def sentences(at: AppTest) -> str:
    return "\n".join(element.value for kind in ("markdown", "caption") for element in at.get(kind))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", NUMBERS)
def test_a_screen_says_its_words_and_one_idea(runs, name, lang):
    at = shown(name, lang)
    assert not at.exception
    assert at.title[0].value == words(lang)[f"present.{name}.title"]
    assert words(lang)[f"present.{name}.statement"] in sentences(at)
    knobs = [one for kind in ("slider", "select_slider", "number_input", "selectbox") for one in at.get(kind)]
    assert len(knobs) <= 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_has_words_and_notes_and_they_are_of_a_screen(language):
    said = {key.split(".")[1] for key in words(language) if key.startswith("present.") and key.count(".") == 2}
    assert said == set(NUMBERS)
    for screen in SCREENS:
        wanted = ["title", "statement", "notes"] + (["question", "answer"] if screen.ask else [])
        assert [part for part in wanted if f"present.{screen.name}.{part}" not in words(language)] == []


@pytest.mark.parametrize("name", ASKING)
def test_the_answer_is_covered_until_it_is_asked_for(runs, name):
    deadline = time.monotonic() + 300
    covered = shown(name)
    while words("en")["present.reckoning"] in sentences(covered) and time.monotonic() < deadline:
        time.sleep(0.5)
        covered.run()
    assert words("en")["present.covered"] in sentences(covered)
    answer = re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(words("en")[f"present.{name}.answer"])))
    assert not answer.search(sentences(covered))
    told = shown(name, answer="1")
    assert words("en")["present.covered"] not in sentences(told)
    assert answer.search(sentences(told))
    assert not covered.exception
    assert not told.exception


@pytest.mark.parametrize(("text", "number"), [("0", 1), ("999", len(SCREENS)), ("x", 1), ("-3", 1), ("²", 1)])
def test_a_link_to_no_screen_leads_to_the_nearest(runs, text, number):
    at = shown(text)
    assert not at.exception
    assert at.title[0].value == words("en")[f"present.{SCREENS[number - 1].name}.title"]
    assert at.query_params["screen"] == str(number)


def test_the_knob_of_a_screen_trains_another_experiment(runs):
    at = shown("score")
    at.button(key="train").click().run()
    assert not at.exception
    assert [run.state.stage for run in map(ae.Run, runs.root.iterdir())] == ["done"]


def test_a_knob_is_turned_and_the_address_says_it(runs):
    at = shown("sparse")
    at.select_slider(key="rho").set_value(-0.5).run()
    assert not at.exception
    assert at.query_params["rho"] == "-0.5"
    assert shown("sparse", rho="-0.5").select_slider(key="rho").value == -0.5


def test_the_desk_begins_the_talk_and_prints_what_to_say(runs):
    at = AppTest.from_file(str(SITE), default_timeout=120)
    at.run()
    at.switch_page("tools/present.py").run()
    assert not at.exception
    for screen in SCREENS:
        assert words("en")[f"present.{screen.name}.notes"] in sentences(at)
    at.button(key="begin_2").click().run()
    assert at.title[0].value == words("en")[f"present.{SCREENS[2].name}.title"]
