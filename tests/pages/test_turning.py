"""Turning a knob in the middle of a run, taking it back, and looking back in time."""

from __future__ import annotations

import time

import pytest

import aecore as ae
from aecore.jobs import LocalExecutor
from pages._ui import compare, resources, steer
from tests.pages.test_pages import opened

LINK = {"data": "digits", "steps": "100000", "latent": "16", "rule": "bias"}


@pytest.fixture
def executor(tmp_path, monkeypatch):
    local = LocalExecutor(ae.Runs(tmp_path), workers=1)
    monkeypatch.setattr(resources, "folder", lambda: tmp_path)
    monkeypatch.setattr(resources, "executor", lambda: local)
    yield local
    local.close()


def wait(until) -> None:
    end = time.monotonic() + 60
    while not until():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_a_knob_turned_in_mid_run_goes_on_from_there_and_can_be_undone(executor):
    at = opened("sparse", **LINK)
    at.button(key="train").click().run()
    parent = at.session_state.course.watched
    run = resources.run_of(parent.key)
    wait(lambda: len(run.history) > 12)
    at.slider(key="rho").set_value(-0.5).run()
    assert not at.exception
    child = at.session_state.course.watched
    assert child.method.rho == -0.5
    assert child.start == (parent, run.state.step)
    assert run.state.stage == "cancelled"
    mine = resources.run_of(child.key)
    wait(lambda: mine.history and mine.history[-1].step > run.state.step)
    assert [event.step for event in mine.history][: len(run.history)] == [event.step for event in run.history]
    linked = opened("sparse", **{name: at.query_params[name] for name in at.query_params if name != "lang"})
    assert linked.session_state.course.watched == child
    assert not linked.warning

    at.button(key="undo").click().run()
    assert not at.exception
    assert at.session_state.course.watched == parent
    wait(lambda: mine.state.is_final)
    assert at.button(key="train").label.endswith(f"{run.state.step:,}")


def test_what_was_inherited_is_what_training_itself_would_have_reached(executor, tmp_path):
    parent = ae.Experiment.from_query("data=digits&method=sparse&latent=16&steps=400")
    (run,) = executor.submit([parent])
    wait(lambda: run.history)
    run.cancel()
    wait(lambda: run.state.is_final)
    step = run.state.step
    child = ae.Experiment.from_query(f"data=digits&method=sparse&latent=16&steps=400&rho=-0.5&start={step}:rho=-0.9")
    assert child.start == (parent, step)
    (inherited,) = executor.submit([child])
    wait(lambda: inherited.state.is_final)
    *_, alone = ae.train(child, keyframes=())
    kept = inherited.snapshot().weights
    assert all((kept[name] == tensor).all() for name, tensor in alone.weights.items())


def test_a_knob_turned_after_the_run_begins_anew(executor):
    at = opened("sparse", **LINK | {"steps": "50"})
    at.button(key="train").click().run()
    wait(lambda: resources.run_of(at.session_state.course.watched.key).state.is_final)
    at.slider(key="rho").set_value(-0.5).run()
    assert at.session_state.course.watched.start is None
    assert "start" not in at.query_params


def test_time_can_be_turned_back(executor):
    at = opened("undercomplete", data="digits", steps="300", latent="3")
    at.button(key="train").click().run()
    wait(lambda: resources.run_of(at.session_state.course.watched.key).state.is_final)
    at.run()
    slider = at.select_slider(key="time_300_0")
    assert slider.value == 300
    slider.set_value(10).run()
    assert not at.exception
    assert at.session_state.course.time == 10
    at.button(key="play").click().run()
    assert not at.exception
    for _ in range(40):
        at.run()
    assert at.session_state.course.time is None
    assert not at.session_state.course.playing


def test_two_methods_are_shown_side_by_side(executor):
    at = opened("undercomplete", data="digits", steps="60", latent="3")
    at.button(key="train").click().run()
    experiment = at.session_state.course.watched
    wait(lambda: resources.run_of(experiment.key).state.is_final)
    box = at.selectbox(key="compared")
    sparse = next(option for option in box.options if option.startswith("Sparse"))
    box.select(sparse).run()
    assert not at.exception
    other = next(one for one in compare.candidates(experiment).values() if one.method.name == "sparse")
    flat, its = experiment.flat(), other.flat()
    assert {name for name in ("data", "steps", "batch", "latent", "seed") if flat[name] != its[name]} == set()
    said = [element.value for element in at.markdown]
    assert any("**Method Sparse**" in text for text in said)
    at.button(key="sweep_compare").click().run()
    wait(lambda: resources.run_of(other.key).state.is_final)
    at.run()
    assert not at.exception


def test_a_slider_that_is_dragged_makes_one_turn_of_it(executor, monkeypatch):
    at = opened("sparse", **LINK)
    at.button(key="train").click().run()
    parent = at.session_state.course.watched
    run = resources.run_of(parent.key)
    wait(lambda: len(run.history) > 12)
    monkeypatch.setattr(steer, "DRAGGED", 60)
    for rho in (-0.89, -0.88, -0.87, -0.86, -0.6):
        at.slider(key="rho").set_value(rho).run()
        assert not at.exception
    child = at.session_state.course.watched
    assert child.method.rho == -0.6
    assert child.start == (parent, run.state.step)
    wait(lambda: resources.run_of(child.key).history[-1:] and resources.run_of(child.key).state.stage == "running")
    assert len(at.session_state.course.visited) == 2


def test_another_network_in_mid_run_is_another_run(executor):
    at = opened("undercomplete", data="digits", steps="100000", latent="3")
    at.button(key="train").click().run()
    run = resources.run_of(at.session_state.course.watched.key)
    wait(lambda: run.history)
    at.segmented_control(key="net").set_value("linear").run()
    assert not at.exception
    assert at.session_state.course.watched.start is None
    assert run.state.stage == "running"
