"""A class's board: what may stand on it, under which name, and who may take it down."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import parse_qsl

import pytest

import aecore as ae
from aecore import sharing
from aecore.runs import Run
from aecore.text import LANGUAGES, Say
from pages._ui import boards, resources
from pages._ui.boards import Board, Entry, Rule
from tests.pages.test_pages import opened

RULE = Rule(data="digits", latent=2, steps=60)
QUERY = "data=digits&net=linear&latent=2&steps=40&batch=64&rate=0.01"


pytestmark = pytest.mark.usefixtures("runs")


def trained(query: str = QUERY) -> ae.Experiment:
    experiment = ae.Experiment.from_query(query)
    resources.executor().submit([experiment])
    return experiment


def test_a_run_that_keeps_the_rule_stands_with_the_score_of_its_folder():
    code, _ = boards.new(RULE)
    one = trained()
    found = boards.post(code, "Ana", one)
    state = resources.runs().of(one).state
    assert isinstance(found, Entry)
    assert (found.score, found.steps, found.key) == (state.scores["test_error"], 40, one.key)
    assert boards.read(code).entries == [found]
    assert ae.Experiment.from_query(found.query) == one


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("latent=3", "knob"),
        ("steps=61", "steps"),
        ("data=mnist", "data"),
        ("method=vae", "lesson"),
        ("task=anomaly", "lesson"),
    ],
)
def test_a_run_that_breaks_the_rule_is_refused(change, reason):
    said = dict(parse_qsl("data=digits&latent=2&steps=40")) | dict(parse_qsl(change))
    assert RULE.broken(ae.Experiment.settle(said).experiment, 1.0) == reason


def test_time_and_what_a_lesson_holds_belong_to_the_rule():
    one = ae.Experiment.from_query(QUERY)
    assert RULE.broken(one, 1.0) is None
    assert replace(RULE, seconds=2).broken(one, 2.5) == "seconds"
    noisy = ae.Experiment.from_query("data=digits&method=denoising&latent=2&steps=40")
    rule = replace(RULE, lesson="denoising")
    assert rule.broken(noisy, 1.0) is None
    assert rule.broken(noisy.vary(level=0.01), 1.0) == "knob"


def test_only_what_was_trained_here_to_its_end_is_taken(tmp_path):
    code, _ = boards.new(RULE)
    never = ae.Experiment.from_query(QUERY + "&seed=5")
    assert boards.post(code, "Ana", never) == "not_here"
    one = trained()
    run = resources.runs().of(one)
    state = run.state
    run.write_state(replace(state, stage="cancelled", reason="stopped"))
    assert boards.post(code, "Ana", one) == "unfinished"
    run.write_state(replace(state, scores={**state.scores, "test_error": float("nan")}))
    assert boards.post(code, "Ana", one) == "unfinished"
    run.write_state(state)
    # Another's numbers under this run's name.
    other = resources.runs().of(trained(QUERY + "&seed=1"))
    shutil.copy(run.folder / "experiment.json", other.folder)
    assert boards.post(code, "Ana", ae.Experiment.from_query(QUERY + "&seed=1")) == "not_here"
    # The same run, brought as a file.
    packed = sharing.pack(run)
    resources.runs().discard(one)
    sharing.unpack(packed, tmp_path)
    assert resources.runs().of(one).state.stage == "done"
    assert boards.post(code, "Ana", one) == "opened"
    assert boards.read(code).entries == []


def test_of_each_nickname_the_best_run_stays_and_the_best_is_first():
    code, _ = boards.new(RULE)
    several = [trained(f"{QUERY}&seed={seed}") for seed in range(3)]
    for one in several:
        assert isinstance(boards.post(code, "Ana", one), Entry)
        boards.post(code, f"other {one.seed}", one)
    scores = {one.key: resources.runs().of(one).state.scores["test_error"] for one in several}
    ranked = boards.read(code).ranked()
    assert [entry.score for entry in ranked] == sorted(entry.score for entry in ranked)
    assert [entry.key for entry in ranked if entry.name == "Ana"] == [min(scores, key=scores.get)]
    assert len(ranked) == 4


def test_what_was_turned_is_told_against_the_link_of_the_rule():
    rule = Rule(data="digits", latent=3, steps=500)
    begun = ae.Experiment.settle({"method": rule.lesson, **rule.link()}).experiment

    def told(one: ae.Experiment) -> dict:
        return boards.turned(Entry("Ana", one.key, one.to_query(), 1.0, one.fit.steps, 1.0), rule)

    assert told(begun) == {}
    assert told(begun.vary(steps=400, rate=0.01)) == {"steps": 400, "rate": 0.01}
    assert begun.knobs["steps"].default != 500
    assert told(begun.vary(steps=begun.knobs["steps"].default)) == {"steps": begun.knobs["steps"].default}


@pytest.mark.parametrize(
    ("given", "settled"),
    [
        ("  Ana \n\t Luísa ", "Ana Luísa"),
        ("x" * 5000, "x" * boards.NAME),
        ("\u202egnp.exe\u200b", "gnp.exe"),
        ("Z" + "\u0336\u0489" * 40, "Z"),
        ("\0\x1b[31mred", "[31mred"),
        ("\ud800bad", "bad"),
        (" \u200b\n", ""),
    ],
)
def test_a_nickname_is_short_one_line_and_hides_nothing(given, settled):
    assert boards.settled(given) == settled


class _Read(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.links, self.text = set(), [], ""

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.links += [value for name, value in attributes if name == "href"]
        assert {name for name, _ in attributes} <= {"href", "target", "class", "scope"}

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize(
    "name", ["<img src=x onerror=1>", "</td><script>a()", "'\"><a href=javascript:1", "![x](http://e.x/y)", "&lt;b&gt;"]
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_hostile_nickname_is_only_read(name, lang):
    code, _ = boards.new(RULE)
    one = trained()
    boards.post(code, name, one)
    at = opened("board", lang, board=code)
    assert not at.exception
    said = next(block.proto.body for block in at.get("html") if "gargalo-board" in block.proto.body)
    read = _Read()
    read.feed(said)
    assert boards.settled(name) in read.text
    assert read.tags == {"div", "table", "tr", "th", "td", "a"}
    assert all(link.partition("?")[0].endswith("/undercomplete") for link in read.links)


def test_only_its_owner_takes_an_entry_down():
    code, key = boards.new(RULE)
    boards.post(code, "rude", trained())
    assert not boards.remove(code, "guess", "rude")
    assert not boards.remove(code, "", "rude")
    assert len(boards.read(code).entries) == 1
    assert boards.remove(code, key, "rude")
    assert boards.read(code).entries == []


@pytest.mark.parametrize("code", ["", "../../secret", "a" * 12 + "/..", "A" * 12, "a" * 11, "experiment"])
def test_no_code_leads_out_of_the_folder(tmp_path, code):
    (tmp_path / "experiment.json").write_text("{}")
    assert boards.read(code) is None


def test_a_damaged_board_is_none_and_old_ones_go(tmp_path):
    code, _ = boards.new(RULE)
    path = tmp_path / "_boards" / f"{code}.json"
    whole = path.read_bytes()
    for content in (b"", b"[]", whole[:-9], json.dumps({"rule": {"x": 1}, "owner": "", "entries": []}).encode()):
        path.write_bytes(content)
        assert boards.read(code) is None
    path.write_bytes(whole)
    assert boards.read(code) == Board(code, RULE, boards.read(code).owner)
    past = time.time() - boards.STAYS - 60
    os.utime(path, (past, past))
    boards.new(RULE)
    assert not path.exists()


def test_boards_and_entries_are_bounded(monkeypatch):
    monkeypatch.setattr(boards, "MOST_ENTRIES", 1)
    monkeypatch.setattr(boards, "MOST_BOARDS", 1)
    code, _ = boards.new(RULE)
    assert boards.new(RULE) is None
    one = trained()
    assert isinstance(boards.post(code, "first", one), Entry)
    assert boards.post(code, "second", one) == "full"
    assert isinstance(boards.post(code, "First", one), Entry)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_pupil_trains_and_stands_on_the_board(lang):
    words = Say(lang)
    code, _ = boards.new(RULE)
    link = {**RULE.link(), "steps": "40", "board": code}
    at = opened("undercomplete", lang, **link)
    assert not at.exception
    assert at.button(key="post").disabled
    assert not {"latent", "data"} & {
        one.key for kind in ("slider", "select_slider", "selectbox") for one in at.get(kind)
    }
    at.button(key="train").click().run()
    at.text_input(key="nickname").set_value("Bia").run()
    at.button(key="post").click().run()
    assert not at.exception
    entry = boards.read(code).entries[0]
    assert entry.name == "Bia"
    assert [one.value for one in at.success] == [words("board.posted", score=words.number(entry.score, 2))]
    assert Run(resources.folder() / entry.key).state.stage == "done"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_teacher_opens_a_board_and_takes_an_entry_down(lang):
    at = opened("board", lang)
    at.button(key="open_board").click().run()
    assert not at.exception
    code = at.query_params["board"]
    rule = boards.read(code).rule
    assert rule == Rule()
    one = ae.Experiment.from_query(QUERY)
    boards._write(Board(code, rule, boards.read(code).owner, [Entry("rude", one.key, one.to_query(), 1.0, 1, 1.0)]))
    at.run()
    at.selectbox(key="entry_to_remove").set_value("rude").run()
    at.button(key="remove_entry").click().run()
    assert boards.read(code).entries == []
    stranger = opened("board", lang, board=code)
    assert "remove_entry" not in {one.key for one in stranger.button}
