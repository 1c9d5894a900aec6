"""What visitors see of one run: each their own choice, and a moment that stays whole while the worker goes on."""

from __future__ import annotations

import gc
import time
from dataclasses import replace

import pytest

import aecore as ae
from aecore.datasets import DamagedFile
from aecore.jobs import InlineExecutor
from aecore.text import Say
from aecore.training import keyframes
from pages._ui import resources, say, seen, show

EXPERIMENT = ae.Experiment.from_query("data=digits&net=mlp&hidden=&latent=3&steps=40&batch=64")


@pytest.fixture
def run(tmp_path, monkeypatch):
    executor = InlineExecutor(ae.Runs(tmp_path))
    monkeypatch.setattr(resources, "folder", lambda: tmp_path)
    monkeypatch.setattr(resources, "executor", lambda: executor)
    return executor.submit([EXPERIMENT])[0]


def test_two_visitors_of_one_live_run_each_see_their_own_choice(run, monkeypatch):
    monkeypatch.setattr(say, "words", Say)
    now = seen.see(EXPERIMENT)
    now = replace(now, state=replace(now.state, stage="running"))

    def chosen(seen, words):
        return seen.choices["unit"], seen.step

    assert show.made(chosen, now.choose(unit=20)) == (20, 40)
    assert show.made(chosen, now.choose(unit=0)) == (0, 40)
    assert show.made(chosen, now.back(10).choose(unit=0)) == (0, 10)
    assert show.made(chosen, now.choose(unit=0)) == (0, 40)


def test_a_knob_is_what_it_was_from_each_turn_on(run):
    query = "data=digits&method=sparse&latent=16&steps=400"
    experiment = ae.Experiment.from_query(f"{query}&rho=-0.5&start=30:rho=-0.7&start=10:rho=-0.9")
    now = replace(seen.see(EXPERIMENT), experiment=experiment)
    assert now.levels("rho") == {0: -0.9, 10: -0.7, 30: -0.5}
    assert now.levels("k") == {0: None, 10: None, 30: None}
    assert replace(now, experiment=EXPERIMENT).levels("rho") == {0: None}


def test_a_moment_that_is_looked_at_outlives_its_file_and_the_cache(run):
    now = seen.see(EXPERIMENT)
    weights = now.model.state_dict()
    (run.folder / "snapshots" / "40.safetensors").unlink()
    seen._revived.cache_clear()
    gc.collect()
    assert seen._model(EXPERIMENT, 40) is now.choose(unit=1).model is now.model
    assert now.model.state_dict().keys() == weights.keys()


def test_a_moment_whose_file_has_gone_gives_way_to_the_latest_that_is_kept(run):
    (run.folder / "snapshots" / "40.safetensors").unlink()
    before = max(step for step in keyframes(EXPERIMENT) if step < 40)
    assert seen.see(EXPERIMENT).step == before


def test_what_could_not_be_looked_at_aside_is_looked_at_again_when_asked_again():
    there = []

    def look(what):
        if not there:
            raise LookupError(what)
        return what

    def answered(wanted):
        end = time.monotonic() + 60
        while (found := resources.aside(look, "it")) != wanted or resources.awaited():
            assert time.monotonic() < end
            time.sleep(0.01)
        return found

    assert answered(None) is None
    there.append(True)
    assert answered("it") == "it"


def test_what_failed_aside_is_said_and_tried_again_when_asked_again(monkeypatch):
    monkeypatch.setattr(resources, "AGAIN", 600)
    mended = []

    def look(what):
        if not mended:
            raise DamagedFile("mnist.npz", "damaged")
        return what

    def answer():
        end = time.monotonic() + 60
        while (found := resources.aside(look, "it")) is None:
            assert time.monotonic() < end
            time.sleep(0.01)
        return found

    for _ in range(2):
        with pytest.raises(DamagedFile):
            answer()
    mended.append(True)
    with pytest.raises(DamagedFile):
        answer()
    monkeypatch.setattr(resources, "AGAIN", 0)
    assert answer() == "it"


def test_what_baselines_were_fitted_to_is_let_go_and_what_pages_show_is_kept(monkeypatch):
    data = EXPERIMENT.data
    fitted_to, shown = data.load("train"), data.load("test")
    resources.in_use()
    monkeypatch.setattr(resources, "QUIET", 600)
    resources._give_back()
    assert data.load("train") is fitted_to
    monkeypatch.setattr(resources, "QUIET", 0)
    end = time.monotonic() + 60
    while data.load("train") is fitted_to:
        resources.in_use()
        resources._give_back()
        assert time.monotonic() < end
    assert data.load("test") is shown
