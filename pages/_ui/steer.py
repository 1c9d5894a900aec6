"""Steering runs: train, stop, go on, turn a knob in the middle, and take that back."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui import resources, say

if TYPE_CHECKING:
    from aecore.experiment import Experiment
    from aecore.knobs import Value
    from aecore.runs import State
    from aecore.text import Say

MOVING = ("queued", "running")
# Seconds that turning a knob waits for the run under way to stop.
PATIENCE = 2.0
# Seconds within which a further turn of a knob takes the place of the one before.
DRAGGED = 1.5


@dataclass
class Course:
    """What this visitor's runs have come to.

    Streamlit may abandon a callback wherever it touches the session, so what belongs together is
    changed here, in one object that is fetched once.

    Attributes
    ----------
    watched : Experiment or None
        The one on the page.
    chain : list of str
        The starts of it, as they stand in a link.
    forked : float
        When a knob was last turned in mid-run.
    visited : dict of str to Experiment
        What this visitor has trained, by key.
    compared : str
        The key of the run beside which it is shown; empty for none.
    time : int or None
        The step that the pictures show; ``None`` for the latest.
    moved : int
        How often the program moved the slider through time; a part of its key.
    playing : bool
        Whether it moves by itself.
    turning : Lock
        Held while a knob is turned: the next turn may come before the first is done.
    """

    watched: Experiment | None = None
    chain: list[str] = field(default_factory=list)
    forked: float = -math.inf
    visited: dict[str, Experiment] = field(default_factory=dict)
    compared: str = ""
    time: int | None = None
    moved: int = 0
    playing: bool = False
    turning: threading.Lock = field(default_factory=threading.Lock)


def course() -> Course:
    """Return this visitor's course."""
    return st.session_state.setdefault("course", Course())


def moving(experiments: Sequence[Experiment]) -> bool:
    """Whether a run, or something computed aside, may change a picture."""
    return resources.awaited() or any(state_of(one).stage in MOVING for one in experiments)


def buttons(runs: Sequence[Experiment], words: Say) -> None:
    """Show what can be done with runs that go together, the first of which is the lesson's own."""
    state, steps = state_of(runs[0]), runs[0].fit.steps
    again = {"key": "again", "icon": ":material/replay:", "on_click": _again, "args": runs}
    with st.container(horizontal=True, vertical_alignment="center", key="buttons"):
        # In a room of their own, so that a button more does not push the rest aside.
        with st.container(horizontal=True, width="content", key="steer"):
            if any(state_of(one).stage in MOVING for one in runs):
                st.button(words("watch.stop"), key="stop", icon=":material/stop:", on_click=_stop, args=runs)
            elif state.stage == "done":
                st.button(words("watch.again"), **again)
            else:
                label = "watch.train" if state.stage == "absent" else "watch.go_on"
                asked = {"key": "train", "icon": ":material/play_arrow:", "type": "primary"}
                st.button(words(label, step=state.step), on_click=_train, args=runs, **asked)
                one = {"key": "one_step", "icon": ":material/skip_next:", "on_click": _one_step, "args": runs}
                st.button(words("watch.one_step"), disabled=state.step >= steps, **one)
                if state.stage != "absent":
                    st.button(words("watch.again"), **again)
            if runs[0].start:
                undo = {"key": "undo", "icon": ":material/undo:", "help": words("watch.undo_help"), "on_click": _undo}
                st.button(words("watch.undo"), args=runs[:1], **undo)
        wish = {"on_change": _wish, "args": runs, "persist_state": "session"}
        st.toggle(words("watch.slow"), key="slow", help=words("watch.slow_help"), **wish)
        with st.popover(words("watch.until"), icon=":material/flag:", key="until"):
            st.number_input(words("watch.until_step"), 1, steps, None, key="until_step", **wish)
            st.number_input(words("watch.until_error"), 0.0, None, None, key="until_error", **wish)
            st.checkbox(words("watch.until_plateau"), key="until_plateau", help=words("watch.plateau_help"), **wish)


def sweep_buttons(lesson: str, experiments: Sequence[Experiment]) -> None:
    """Show the button that trains several experiments of a lesson behind whatever else goes on."""
    words = say.words()
    if any(state_of(one).stage in MOVING for one in experiments):
        st.button(
            words("watch.sweep_stop"), key=f"stop_{lesson}", icon=":material/stop:", on_click=_stop, args=experiments
        )
    elif any(state_of(one).stage != "done" for one in experiments):
        help = words(f"{lesson}.sweep_help", steps=experiments[0].fit.steps)
        asked = {"key": f"sweep_{lesson}", "icon": ":material/stacked_line_chart:", "help": help}
        st.button(words(f"{lesson}.sweep"), on_click=_sweep, args=experiments, **asked)


def _sweep(*experiments: Experiment) -> None:
    resources.executor().submit(experiments, background=True)
    # Pressed inside the fragment: only a whole rerun declares it anew, to follow what has begun.
    st.session_state.begun = True


def state_of(experiment: Experiment) -> State:
    """Return where the run of an experiment stands."""
    return resources.executor().state(resources.run_of(experiment.key))


def _wishes() -> dict[str, object]:
    asked = st.session_state
    return {
        "slow": bool(asked.get("slow")),
        "until": asked.get("until_step"),
        "error": asked.get("until_error"),
        "plateau": bool(asked.get("until_plateau")),
    }


def _train(*experiments: Experiment, **changes: object) -> None:
    if not _submit(course(), experiments, _wishes() | changes):
        st.session_state.trouble = "unwritable"


def _submit(course: Course, experiments: Sequence[Experiment], wishes: Mapping[str, object]) -> bool:
    from aecore.runs import Wishes

    course.visited |= {one.key: one for one in experiments}
    waiting = [one for one in experiments if state_of(one).stage != "done"]
    try:
        resources.executor().submit(waiting, wishes=Wishes(**wishes))  # type: ignore[arg-type]
    except OSError:
        return False
    return True


def _one_step(*experiments: Experiment) -> None:
    history = resources.run_of(experiments[0].key).history
    _train(*experiments, until=history[-1].step + 1 if history else 1)


def _again(*experiments: Experiment) -> None:
    for experiment in experiments:
        resources.runs().discard(experiment)
    _train(*experiments)


def _stop(*experiments: Experiment) -> None:
    for experiment in experiments:
        if not state_of(experiment).is_final:
            resources.run_of(experiment.key).cancel()


def _wish(*experiments: Experiment) -> None:
    for experiment in experiments:
        run = resources.run_of(experiment.key)
        if run.state.stage in MOVING:
            run.wish(**_wishes())


def fork(name: str, value: Value) -> bool:
    """Turn a knob of the run under way: stop it, and go on from there with the new value.

    Returns
    -------
    bool
        Whether there was a run under way whose knob this is.
    """
    now, wishes = course(), _wishes()
    with now.turning:
        watched = now.watched
        if not watched or name not in watched.knobs or not watched.knobs[name].live:
            return False
        if state_of(watched).stage not in MOVING:
            return False
        _stop(watched)
        patience = time.monotonic() + PATIENCE
        while not state_of(watched).is_final and time.monotonic() < patience:
            time.sleep(0.01)
        start, reached = watched.start, state_of(watched).step
        if start and (time.monotonic() - now.forked < DRAGGED or reached <= start[1]):
            # The slider is still on its way: what lies between was not meant to be trained.
            resources.runs().discard(watched)
            now.visited.pop(watched.key, None)
        elif reached:
            start = (watched, reached)
        child = replace(watched.fresh.vary(**{name: value}), start=start)
        now.watched, now.chain, now.forked = child, child.chain, time.monotonic()
        return _submit(now, [child], wishes)


def _undo(child: Experiment) -> None:
    assert child.start
    _stop(child)
    parent, _ = child.start
    now = child.flat()
    st.session_state.turned |= {name: value for name, value in parent.flat().items() if value != now[name]}
    course().chain = parent.chain
