"""Watching a run: the pictures that follow it, live, and back in time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui import compare, resources, say, show, steer, view
from pages._ui.seen import Seen, see

if TYPE_CHECKING:
    from pathlib import Path

    from aecore.experiment import Experiment
    from aecore.text import Say

# Seconds between two looks at a run under way.
LOOK = 0.15
# The same where all that is on the page is looked at, and where only what need not be followed as closely is.
PAGE, REST = 0.3, 1.0
# Seconds between two keyframes of a run that is played again.
PLAY = 0.4


def training(
    experiment: Experiment,
    draw: Callable[[Seen], None],
    *,
    first: Callable[[Seen], None] | None = None,
    beside: Sequence[Experiment] = (),
    together: Sequence[Experiment] = (),
) -> None:
    """Show the buttons of a run and, below them, its pictures; they follow it while it goes.

    Parameters
    ----------
    experiment : Experiment
        Its run need not exist.
    draw : callable
        Draws the pictures of what it is given; called anew whenever that changes.
    first : callable, optional
        Draws those above them that follow a run under way most closely.
    beside : sequence of Experiment
        Further runs that the pictures show.
    together : sequence of Experiment
        Further runs that the pictures show and that are trained, stopped and taken up with the first.
    """
    words = say.words()
    steer.course().watched = experiment
    other = compare.chosen(experiment)
    steer.go_along(experiment, together)
    together, beside = (experiment, *together), (*beside, *together, *([other] if other else []))
    steer.course().together = together
    steer.course().shown = (experiment, *beside)
    if not resources.keeps():
        st.info(words("watch.kept_nowhere"), icon=":material/hard_drive:")

    def standing() -> tuple[bool, bool, bool]:
        """Return what decides on the buttons and on how often to look: what goes on, and what is played again."""
        all_of_them = (experiment, *beside)
        return steer.moving(together), steer.moving(all_of_them) or resources.awaited(), steer.course().playing

    with say.damage(quietly=True):
        _ = see(experiment, beside).pca  # fitted aside: begun only below, it would have the page drawn twice
    # Looked at before the buttons are drawn: a run that ends in between is then seen to differ.
    drawn = standing()
    steer.buttons(together, words)
    _, follow, playing = drawn

    @st.fragment(run_every=LOOK if follow else None)
    def closely() -> None:
        if standing() != drawn:
            st.rerun()
        seen = see(experiment, beside)
        _progress(seen, words)
        if first:
            with say.damage(quietly=True):
                first(replace(seen.back(_place(seen.places)), ahead=True))

    @st.fragment(run_every=(REST if first else PAGE) if follow else PLAY if playing else None)
    def live() -> None:
        if st.session_state.pop("begun", False) or steer.moving(together) != drawn[0]:
            st.rerun()
        wrong = st.container()
        begun = resources.begun()
        seen = _at_a_time(see(experiment, beside), words)
        closely()
        with say.damage():
            draw(seen)
            if experiment.net.of_units:
                show.captions(show.standing(seen), alarms)
            compare.pictures(seen, other)
        with wrong:
            view.complain()
        # What was begun meanwhile may have ended meanwhile too, and nothing else would tell.
        if standing() != drawn or resources.begun() != begun:
            st.rerun()

    live()
    if steer.state_of(experiment).stage != "absent" and experiment.net.of_units:
        link: dict[str, Any] = {"icon": ":material/travel_explore:", "query_params": {"run": experiment.key}}
        st.page_link("tools/explorer.py", label=words("watch.explore"), **link)


def _at_a_time(seen: Seen, words: Say) -> Seen:
    """Show the slider through time and return what there was to see at its place."""
    from aecore.knobs import Knob

    course, places = steer.course(), seen.places
    if view.arrived("at"):
        linked = view.chosen("at", Knob(places[-1], low=0, high=places[-1]))
        _move(max(place for place in places if place <= linked), playing=False)
    kept = [step for step in places if step < seen.step]
    if course.playing:
        later = [step for step in kept if course.time is not None and step > course.time]
        _move(later[0] if later else None, playing=bool(later))
    at = _place(places)
    with st.container(horizontal=True, vertical_alignment="bottom", key="travel"):
        icon = ":material/pause:" if course.playing else ":material/slow_motion_video:"
        play: dict[str, Any] = {"key": "play", "icon": icon, "help": words("watch.play_help"), "disabled": not kept}
        st.button(words("watch.pause" if course.playing else "watch.play"), on_click=_play, **play)

        def write(step: int) -> str:
            return words("watch.latest") if step == places[-1] else words.number(step)

        def moved() -> None:
            course.time = None if st.session_state[key] == places[-1] else st.session_state[key]

        # A value set through the session would be lost if this run is cut short; a new key never is.
        key = f"time_{places[-1]}_{course.moved}"
        look: dict[str, Any] = {"format_func": write, "on_change": moved}
        if len(places) > 1:
            st.select_slider(words("watch.time"), places, at, key=key, **look)
        else:
            st.caption(words("watch.only_last"))
    if not course.playing:
        view.keep("at", at, places[-1])
    return replace(seen.back(at), ahead=True)


def _place(places: Sequence[int]) -> int:
    """Return the step that the slider stands at."""
    time = steer.course().time
    return places[-1] if time is None or time not in places else time


def _move(step: int | None, *, playing: bool) -> None:
    course = steer.course()
    course.time, course.playing, course.moved = step, playing, course.moved + 1


def _play() -> None:
    """Go on from the place shown, from before the first at the latest; or halt where it is."""
    course = steer.course()
    _move(-1 if course.time is None else course.time, playing=not course.playing)
    st.session_state.begun = True


def alarms(seen: Seen, words: Say) -> list[str]:
    """Say what is wrong with the units of the code, and what to try."""
    if not seen.step:
        return []
    from aecore.networks import GaussianAutoencoder

    found = [
        words(f"alarm.{alarm.kind}", count=alarm.units, of=alarm.of, kl=words.number(max(alarm.kl, default=0.0), 2))
        + _remedy(alarm.kind, seen.experiment.method.name, words)
        for alarm in seen.alarms
    ]
    none = "all_used" if isinstance(seen.model, GaussianAutoencoder) else "none"
    well = ":material/check_circle: " + words(f"alarm.{none}", of=seen.model.n_latent)
    so_far = words("alarm.so_far", step=seen.step) + " " if seen.state.stage == "running" else ""
    return [f":material/warning: {so_far}{sentence}" for sentence in found] or [well]


def _remedy(kind: str, method: str, words: Say) -> str:
    """Say what to try with this method, where that depends on it."""
    keys = (f"alarm.{kind}_{method}", f"alarm.{kind}_any")
    return next((f" {words(key)}" for key in keys if words.knows(key)), "")


_paces: dict[Path, deque[tuple[float, int]]] = {}


def _steps_a_second(seen: Seen) -> float | None:
    """Return how fast the run has gone lately, by the clock on the wall."""
    pace = _paces.setdefault(seen.run.folder, deque(maxlen=25))
    if not pace or pace[-1][1] < seen.step:
        pace.append((time.monotonic(), seen.step))
    elif pace[-1][1] > seen.step:
        pace.clear()
    if len(pace) < 2 or pace[-1][0] - pace[0][0] < 1:
        return None
    return (pace[-1][1] - pace[0][1]) / (pace[-1][0] - pace[0][0])


def _progress(seen: Seen, words: Say) -> None:
    """Say how far the run is, or how it ended and what can be done."""
    state, steps = seen.state, seen.experiment.fit.steps
    numbers: dict[str, Any] = {"step": seen.step, "steps": steps, "seconds": state.seconds, "detail": state.detail}
    if trouble := st.session_state.pop("trouble", None):
        st.error(words(f"reason.{trouble}", **numbers), icon=":material/error:")
    if state.stage == "failed":
        st.error(words(f"reason.{state.reason}", **numbers), icon=":material/error:")
    elif state.stage == "running":
        speed = _steps_a_second(seen)
        text = words("watch.running", **numbers)
        if speed and not seen.run.wishes.slow:
            text += " · " + words("watch.left", speed=round(speed), left=words.duration((steps - seen.step) / speed))
        st.progress(seen.step / steps, text=text)
    else:
        key = f"reason.{state.reason}" if state.stage == "cancelled" else f"watch.{state.stage}"
        key = "watch.shipped" if resources.is_shipped(seen.run) else key
        if place := resources.executor().place(seen.run) if state.stage == "queued" else 0:
            key, numbers["place"] = "watch.in_line", place
        st.progress(seen.step / steps, text=words(key, **numbers))
