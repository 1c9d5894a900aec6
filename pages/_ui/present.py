"""A talk: one idea a screen, in large letters, gone through by keys; on some screens the room is asked first."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import streamlit as st

from pages._ui import address, resources, say, show, steer, turn, view, watch
from pages._ui.clicker import clicker, said
from pages._ui.seen import Seen, see

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aecore.experiment import Experiment
    from aecore.text import Say
    from pages._ui.screens import Question, Screen

STYLE = Path(__file__).parents[2] / "assets" / "style" / "present.css"
LETTERS = "ABCDEFGH"
# Seconds for which the browser may still send an address that has been replaced.
LAG = 3.0


@dataclass(eq=False)
class Talk:
    """Where a visitor is in a talk.

    Attributes
    ----------
    at : int
        The stop that is shown.
    asked : tuple of int or None
        What the browser said last.
    written : dict of tuple to float
        Screens that the address was made to say, and when.
    screen : str
        The name of the one that is shown.
    turned : dict of str to dict
        What was turned on each screen.
    """

    at: int = 0
    asked: tuple[int, int] | None = None
    written: dict[tuple[int, bool], float] = field(default_factory=dict)
    screen: str = ""
    turned: dict[str, dict[str, Any]] = field(default_factory=dict)


def wanted() -> bool:
    """Whether the address asks for the talk."""
    return st.query_params.get("present") == "1"


def begin(screen: int = 0) -> None:
    """Begin the talk with a screen, counted from 0."""
    st.query_params["present"] = "1"
    st.query_params["screen"] = str(screen + 1)


def run() -> None:
    """Show the talk."""
    from pages._ui.screens import SCREENS

    words = say.words()
    st.html(STYLE)
    stops = [(i, shown) for i, screen in enumerate(SCREENS) for shown in ([False, True] if screen.ask else [False])]
    place, left = said()
    if left:
        for name in ("present", "screen", "answer"):
            st.query_params.pop(name, None)
        st.rerun()
    talk: Talk = st.session_state.setdefault("talk", Talk())
    _go(talk, stops, place)
    number, shown = stops[talk.at]
    screen = SCREENS[number]
    clicker(stops, [words(f"present.{one.name}.title") for one in SCREENS], talk.at, words)
    if talk.screen != screen.name:
        talk.screen, steer.course().chain = screen.name, []
    with st.container(key=f"screen_{screen.name}"):
        _draw(talk, screen, shown, words)


def _go(talk: Talk, stops: Sequence[tuple[int, bool]], asked: tuple[int, int] | None) -> None:
    """Follow what was new last: a step in the browser, or an address that nobody here wrote."""
    now = time.monotonic()
    linked = _linked(stops)
    if asked is not None and asked != talk.asked:
        talk.at = min(max(asked[0], 0), len(stops) - 1)
    elif now - talk.written.get(linked, -LAG) >= LAG and linked != stops[talk.at]:
        talk.at = stops.index(linked)
    talk.asked = asked
    talk.written = {stop: since for stop, since in talk.written.items() if now - since < LAG} | {stops[talk.at]: now}
    screen, shown = stops[talk.at]
    st.query_params["screen"] = str(screen + 1)
    if shown:
        st.query_params["answer"] = "1"
    else:
        st.query_params.pop("answer", None)


def _linked(stops: Sequence[tuple[int, bool]]) -> tuple[int, bool]:
    """Return the stop that the address says, the nearest if there is none such."""
    text = st.query_params.get("screen", "1")
    number = int(text) - 1 if text.isdecimal() and len(text) < 9 else 0
    number = min(max(number, 0), stops[-1][0])
    stop = number, st.query_params.get("answer") == "1"
    return stop if stop in stops else (number, False)


def _draw(talk: Talk, screen: Screen, shown: bool, words: Say) -> None:
    with st.container(key="heading", horizontal=True, vertical_alignment="center"):
        st.title(words(f"present.{screen.name}.title"), anchor=False, width="content")
        if words.knows(f"present.{screen.name}.formula"):
            st.latex(words(f"present.{screen.name}.formula"), width="content")
    if not shown:  # the answer takes its room
        with st.container(key="statement"):
            st.markdown(words(f"present.{screen.name}.statement"))
    with say.damage():
        if screen.alone:
            screen.alone()
        elif screen.of:
            _of_a_run(talk, screen, shown, words)


def experiment_of(screen: Screen, turned: dict[str, Any], chain: Sequence[str] = ()) -> Experiment:
    """Return the experiment of a screen, with what was turned on it."""
    from aecore import gallery
    from aecore.experiment import Experiment

    query = dict(parse_qsl(gallery.TABLE.get(screen.of, screen.of)))
    return Experiment.settle({**query, **turned, "start": list(chain)}).experiment


def _of_a_run(talk: Talk, screen: Screen, shown: bool, words: Say) -> None:
    view.declare((screen.look,) if screen.look else (), view.bring(address.linked()))
    turned = talk.turned.setdefault(screen.name, {})
    if screen.knob and screen.knob not in turned and screen.knob in st.query_params:
        turned[screen.knob] = st.query_params[screen.knob]
    experiment = experiment_of(screen, turned, steer.course().chain)
    steer.course().watched = experiment
    steer.course().together = (experiment,)
    steer.course().shown = (experiment,)

    def standing() -> tuple[object, ...]:
        return steer.moving((experiment,)), steer.state_of(experiment).stage, resources.awaited()

    drawn = standing()
    with st.container(key="controls", horizontal=True, vertical_alignment="bottom"):
        if screen.live:
            steer.main_button((experiment,), words)
        if screen.knob:
            _knob(talk, screen, experiment, words)

    @st.fragment(run_every=watch.PAGE if drawn[0] or drawn[2] else None)
    def live() -> None:
        begun = resources.begun()
        seen = see(experiment).choose(shown=shown)
        if screen.live:
            _progress(seen, words)
        if screen.settle:
            seen = screen.settle(seen)
        question = screen.ask(seen, words) if screen.ask else None
        if screen.ask:
            _ask(screen, question, shown, words)
        if screen.draw:
            screen.draw(seen)
        elif screen.makers and (shown or not screen.hidden):
            known = question is not None or not screen.ask
            show.row(seen.choose(known=known), *screen.makers, height=screen.height)
        if standing() != drawn or resources.begun() != begun:
            st.rerun()

    live()
    values = {screen.knob: turned[screen.knob]} if turned.get(screen.knob) is not None else {}
    address.write({name: _text(value) for name, value in values.items()} | view.said())


def _text(value: Any) -> str:
    from aecore.knobs import to_text

    return to_text(value)


def _knob(talk: Talk, screen: Screen, experiment: Experiment, words: Say) -> None:
    """Show the one knob that matters; turned in mid-run it acts at once."""

    def turned(name: str) -> None:
        value = st.session_state[name]
        talk.turned[screen.name] = {name: value}
        moving = steer.moving((experiment,))
        if steer.fork(name, value):
            return
        steer.course().chain = []
        if moving:
            steer.stop(experiment)
            steer.train(experiment_of(screen, {name: value}))

    with st.container(key="knob"):
        turn.widget(screen.knob, experiment.knobs[screen.knob], experiment.flat()[screen.knob], words, on_change=turned)


def _progress(seen: Seen, words: Say) -> None:
    steps, stage = seen.experiment.fit.steps, seen.state.stage
    if stage == "failed":
        st.error(words(f"reason.{seen.state.reason}", step=seen.step, steps=steps, detail=seen.state.detail))
    elif stage == "absent":
        st.caption(words("present.absent"))
    elif not seen.state.is_final:
        st.progress(seen.step / steps, words("watch.running", step=seen.step, steps=steps))


def _ask(screen: Screen, question: Question | None, shown: bool, words: Say) -> None:
    """Put a question with its choices; what the run answers is marked once it is shown."""
    with st.container(key="question"):
        st.markdown(words(f"present.{screen.name}.question"))
    if question is None:
        st.caption(words("present.reckoning"))
        return
    letters = LETTERS if question.lettered else ""
    said = [f"**{letters[i]}** · {choice}" if letters else choice for i, choice in enumerate(question.choices)]
    if not (shown and screen.hidden):  # the figure takes their room
        for i, (place, choice) in enumerate(zip(st.columns(len(said)), said, strict=True)):
            mark = "open" if not shown else "right" if i == question.right else "wrong"
            with place, st.container(border=True, height="stretch", key=f"choice_{mark}_{i}"):
                st.markdown(choice)
    if not shown:
        st.caption(words("present.covered"))
        return
    with st.container(key="answer_said"):
        answer = words(f"present.{screen.name}.answer", **question.numbers)
        st.markdown(f"{said[question.right]}. {answer}" if screen.hidden and letters else answer)
