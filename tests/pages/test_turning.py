"""Turning a knob in the middle of a run, taking it back, and looking back in time."""

from __future__ import annotations

import time
from weakref import WeakSet

import pytest

import aecore as ae
from aecore import gallery
from aecore.jobs import InlineExecutor, LocalExecutor, worker
from aecore.text import Say
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
    end = time.monotonic() + 180
    while not until():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_a_knob_turned_in_mid_run_goes_on_from_there_and_can_be_undone(executor):
    at = opened("sparse", **LINK)
    at.button(key="train").click().run()
    parent = at.session_state.course.watched
    run = resources.run_of(parent.key)
    wait(lambda: len(run.history) > 12)
    at.select_slider(key="rho").set_value(-0.5).run()
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
    assert at.button(key="train").label == Say("en")("watch.go_on")
    assert at.button(key="undo").disabled


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
    at.select_slider(key="rho").set_value(-0.5).run()
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
    words = Say("en")
    assert at.button(key="play").label == words("watch.play")
    at.button(key="play").click().run()
    assert not at.exception
    assert at.button(key="play").label == words("watch.pause")
    shown = at.session_state.course.time
    assert shown > 10
    at.button(key="play").click().run()
    for _ in range(3):
        at.run()
    assert (at.session_state.course.time, at.session_state.course.playing) == (shown, False)
    assert at.button(key="play").label == words("watch.play")
    at.button(key="play").click().run()
    assert at.session_state.course.time > shown
    for _ in range(40):
        at.run()
    assert at.session_state.course.time is None
    assert not at.session_state.course.playing
    at.button(key="play").click().run()
    assert at.session_state.course.time < 10


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
        at.select_slider(key="rho").set_value(rho).run()
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


def test_a_run_without_the_penalty_takes_every_other_turn_of_the_one_with_it(executor):
    at = opened("contractive", data="digits", steps="100000", latent="8")
    at.button(key="train").click().run()
    first, partner = at.session_state.course.together
    wait(lambda: all(len(resources.run_of(one.key).history) > 3 for one in (first, partner)))
    at.select_slider(key="rate").set_value(0.001).run()
    assert not at.exception
    turned, plain = at.session_state.course.together
    assert (turned.fit.rate, plain.fit.rate, plain.method.strength) == (0.001, 0.001, 0.0)
    assert plain.start == (partner, turned.start[1])
    wait(lambda: all(resources.run_of(one.key).state.stage == "running" for one in (turned, plain)))

    at.select_slider(key="strength").set_value(2.0).run()
    again, same = at.session_state.course.together
    assert (again.method.strength, same) == (2.0, plain)
    wait(lambda: all(resources.run_of(one.key).state.stage == "running" for one in (again, same)))
    at.button(key="stop").click().run()
    wait(lambda: all(resources.run_of(one.key).state.is_final for one in (again, same)))


@pytest.fixture
def alone(monkeypatch):
    """No visitor is left over from another test."""
    monkeypatch.setattr(steer, "_courses", WeakSet())


def test_a_run_that_others_watch_is_not_trained_anew(executor, alone):
    link = {"data": "digits", "steps": "30", "latent": "3"}
    at = opened("undercomplete", **link)
    at.button(key="train").click().run()
    run = resources.run_of(at.session_state.course.watched.key)
    wait(lambda: run.state.is_final)
    at.run()
    assert not at.button(key="again").disabled
    first = run.folder / "first"
    first.touch()
    other = opened("undercomplete", "pt_BR", **link)
    assert other.button(key="again").disabled
    assert other.button(key="again").help == Say("pt_BR")("watch.shared")
    at.button(key="again").click().run()
    assert not at.exception
    assert at.button(key="again").disabled
    assert at.button(key="again").help == Say("en")("watch.shared")
    assert (run.state.stage, first.exists()) == ("done", True)

    other.switch_page("lessons/sparse.py").run()
    at.run()
    assert not at.button(key="again").disabled
    at.button(key="again").click().run()
    wait(lambda: run.state.stage == "done" and not first.exists())
    assert not other.exception


def test_a_visitor_who_has_gone_does_not_count(executor, alone, monkeypatch):
    link = {"data": "digits", "steps": "30", "latent": "3"}
    at, other = opened("undercomplete", **link), opened("undercomplete", **link)
    monkeypatch.setattr(steer.Course, "attended", property(lambda one: one is at.session_state.course))
    at.button(key="train").click().run()
    run = resources.run_of(at.session_state.course.watched.key)
    wait(lambda: run.state.is_final)
    at.run()
    assert not at.button(key="again").disabled
    assert other.run().button(key="again").disabled


def test_a_run_of_the_gallery_gives_way_to_the_visitor_s_own(executor, alone, monkeypatch, tmp_path):
    experiment = ae.Experiment.from_query("data=digits&steps=30&latent=3")
    shipped = tmp_path / "gallery"
    InlineExecutor(ae.Runs(shipped)).submit([experiment])
    home = gallery.experiment_of("home").key
    (shipped / home).symlink_to(gallery.FOLDER / home)
    monkeypatch.setattr(gallery, "FOLDER", shipped)
    at = opened("undercomplete", data="digits", steps="30", latent="3")
    assert at.get("progress")[0].proto.text.startswith("This run came with the app: 30 steps")
    at.button(key="again").click().run()
    assert not at.exception
    own = resources.run_of(experiment.key)
    assert own.folder == tmp_path / experiment.key
    wait(lambda: own.state.stage == "done")
    assert ae.Runs(shipped).of(experiment).state.stage == "done"


def test_a_browser_that_still_speaks_the_other_language_turns_no_knob(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "folder", lambda: tmp_path)
    at = opened(data="digits", latent="3", steps="40")
    assert at.select_slider(key="latent").value == 3
    at.segmented_control(key="lang").set_value("pt_BR").run()
    # What the browser sends for the old widgets, by the words of the old language, belongs to widgets that are gone.
    assert [one.key for one in at.select_slider if one.key.startswith("rate")] == ["rate_pt_BR"]
    assert at.select_slider(key="latent_pt_BR").value == 3
    at.select_slider(key="latent_pt_BR").set_value(5).run()
    assert at.query_params["latent"] in ("5", ["5"])
    assert not at.exception


def test_who_waits_is_told_the_place_in_line_and_one_visitor_has_so_many_runs_at_once(executor, monkeypatch):
    monkeypatch.setattr(steer, "MOST", worker.AT_ONCE + 2)
    at = opened("undercomplete", **LINK, seed="0")
    for seed in range(worker.AT_ONCE + 3):
        at = at.number_input(key="seed").set_value(seed).run()
        at.button(key="train").click().run()
        assert not at.exception
    assert [error.value for error in at.error] == [Say("en")("reason.too_many")]
    runs = [executor.runs.of(at.session_state.course.watched.vary(seed=seed)) for seed in range(steer.MOST + 1)]
    wait(lambda: sum(run.state.stage == "running" for run in runs) == worker.AT_ONCE)
    assert [executor.place(run) for run in runs[worker.AT_ONCE :]] == [1, 2, 0]
    at.number_input(key="seed").set_value(worker.AT_ONCE + 1).run()
    assert Say("en")("watch.in_line", place=2) in [bar.proto.text for bar in at.get("progress")]
    for run in runs[: steer.MOST]:
        run.cancel()


def test_a_run_is_stopped_by_nobody_but_who_began_it(executor, alone, monkeypatch):
    here = {"at": True}
    at = opened("sparse", **LINK)
    at.button(key="train").click().run()
    watched = at.session_state.course.watched
    run = resources.run_of(watched.key)
    wait(lambda: len(run.history) > 3)
    other = opened("sparse", "pt_BR", **LINK)
    assert other.session_state.course.watched == watched
    assert other.button(key="stop").disabled
    assert other.button(key="stop").help == Say("pt_BR")("watch.foreign")
    assert not at.run().button(key="stop").disabled

    other.button(key="stop").proto.disabled = False  # as for a program that speaks to the server by itself
    other.button(key="stop").click().run()
    other.toggle(key="slow").set_value(True).run()
    other.select_slider(key="rho").set_value(-0.5).run()
    assert not other.exception
    child = other.session_state.course.watched
    assert (child.method.rho, child.start[0]) == (-0.5, watched)
    assert (run.state.stage, run.wishes.stop, run.wishes.slow) == ("running", False, False)
    other.button(key="stop").click().run()
    wait(lambda: resources.run_of(child.key).state.stage == "cancelled")
    assert run.state.stage == "running"

    # Once whoever began it has gone, it may be stopped by who looks at it.
    third = opened("sparse", **LINK)
    assert third.button(key="stop").disabled
    monkeypatch.setattr(
        steer.Course, "attended", property(lambda one: here["at"] or one is not at.session_state.course)
    )
    here["at"] = False
    assert not third.run().button(key="stop").disabled
    third.button(key="stop").click().run()
    wait(lambda: run.state.stage == "cancelled")


def test_whose_a_run_is_cannot_be_guessed_and_is_said_to_nobody(executor, alone):
    visitors = [opened("sparse", **LINK) for _ in range(2)]
    tokens = {at.session_state.course.token for at in visitors}
    assert len(tokens) == 2
    assert min(map(len, tokens)) >= 24
    visitors[0].button(key="train").click().run()
    run = resources.run_of(visitors[0].session_state.course.watched.key)
    wait(lambda: run.history)
    kept = b"".join(path.read_bytes() for path in run.folder.rglob("*") if path.is_file())
    assert not any(token.encode() in kept for token in tokens)
    visitors[0].button(key="stop").click().run()
    wait(lambda: run.state.is_final)
