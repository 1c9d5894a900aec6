"""The page on which few labels have to do, without a browser."""

from __future__ import annotations

import json

import numpy as np
import pytest

from aecore import gallery, outcomes
from aecore.text import LANGUAGES, Say
from pages._ui import prepared, resources
from pages._ui.seen import see
from tests.pages.test_pages import opened, sentences, settled

FEW = {"data": "digits", "steps": "30", "labels": "30"}


def figures(at) -> dict[str, dict]:
    sent = [json.loads(one.proto.json) for one in at.get("bidi_component") if '"alt"' in one.proto.json]
    return {one["alt"]: one for one in sent}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_says_what_labels_buy(runs, language, monkeypatch):
    monkeypatch.setattr(outcomes, "COUNTS", (10, 30))
    monkeypatch.setattr(outcomes, "DRAWS", range(2))
    words = Say(language)
    at = opened("preparation", language, **FEW)
    assert not at.exception
    assert words("preparation.later") in [one.value for one in at.caption]
    at.button(key="train").click().run()
    at = settled(at)
    assert not at.exception
    said = sentences(at)
    assert words("preparation.probe") in said
    assert words("preparation.machine") in said
    assert {words(f"alt.{name}") for name in ("accuracy_curves", "told_by_probe", "told_by_pixels")} <= set(figures(at))
    data = at.session_state.course.watched.data
    pixels = outcomes.of(outcomes.Way("pixels", data), 30, 0, None)
    assert words("preparation.told_pixels", right=words.number(pixels.right, 1)) in said
    leads = prepared.gains(prepared.accuracies(see(at.session_state.course.watched), "hidden", 30))
    assert prepared.verdict(leads, words) in said


def test_a_hundred_labels_and_the_rest_are_asked_for_in_turn(runs, monkeypatch):
    asked = []
    monkeypatch.setattr(resources, "aside", lambda make, *given: asked.append(given) or None)
    at = opened("preparation", **FEW)
    at.button(key="train").click().run()
    assert not at.exception
    # The first cell of the table is not known, so no other is begun.
    assert {given[1] for given in asked if given[0].name == "probe" and given[3] is None} == {10, 30}
    assert "tuned" not in {given[0].name for given in asked}


LEADS = {
    "where": {10: [5.0, 6.0], 30: [0.5, -1.0], 100: [1.0, 1.5]},
    "always": {10: [5.0, 6.0], 100: [0.5, 0.6]},
    "never": {10: [-5.0, 6.0], 100: [-0.5, -0.6]},
}


@pytest.mark.parametrize("how", LEADS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_where_pretraining_pays_is_said_of_the_numbers(how, language):
    words = Say(language)
    base = {name: {count: np.array([50.0, 52.0]) for count in LEADS[how]} for name in outcomes.OTHERS}
    ours = {count: base["pca"][count] + np.array(lead) for count, lead in LEADS[how].items()}
    found = {"probe": ours, "tuned": {count: one - 10 for count, one in ours.items()}, **base}
    leads = prepared.gains(found)
    assert {count: lead[2].tolist() for count, lead in leads.items()} == {
        count: pytest.approx(lead) for count, lead in LEADS[how].items()
    }
    said = prepared.verdict(leads, words)
    lead = np.mean(LEADS[how][10])
    where = {"where": [10, 100], "always": [10, 100], "never": []}[how]
    given = {
        "count": 10,
        "last": 100,
        "where": words.listed(*where),
        "not_where": words.listed(*LEADS[how].keys() - where),
    }
    named = {"way": words("preparation.probe"), "rival": words("preparation.scratch"), "lead": words.number(lead, 1)}
    assert said == words(f"preparation.pays_{how}", **given, **named)


def test_as_many_labels_as_the_data_have():
    from aecore.datasets import TABLE

    assert outcomes.counts(TABLE["digits"]())[-1] == 1000
    assert outcomes.counts(TABLE["mnist"]())[-1] == 10_000


def test_what_comes_with_the_project_is_what_computing_gives():
    data = gallery.experiment_of("preparation").data
    way = outcomes.Way("pixels", data)
    assert outcomes.shipped()[way.called(10, 0)] == outcomes.of(way, 10, 0, None)


def test_the_shipped_run_opens_with_its_table(runs, monkeypatch):
    computed = []
    monkeypatch.setattr(prepared, "computed", lambda *given: computed.append(given) or outcomes.Outcome(50.0, [0]))
    at = opened("preparation")
    assert not at.exception
    words = Say()
    assert words("preparation.machine") in sentences(at)
    shown = at.session_state.course.watched.data  # at rest, the server may still draw what an earlier test showed
    assert [given for given in computed if given[0].data == shown and given[3] != prepared.FEW] == []
