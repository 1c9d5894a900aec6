"""Pictures on a page, each made once for all who look at the same moment in the same language."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import streamlit as st

from aecore.text import Say
from pages._ui import say
from pages._ui.plot import plot
from pages._ui.seen import Seen

# Pictures kept: a lesson shows about six, and going back in time should not draw them anew.
KEPT = 256
_memory: OrderedDict[tuple[tuple[str, ...], object], Any] = OrderedDict()
_latest: dict[tuple[str, ...], tuple[object, float]] = {}


class Fact(NamedTuple):
    """A number of the learner's own, and what it means."""

    heading: str
    number: str
    meaning: str


def row(
    seen: Seen,
    *makers: Callable[[Seen, Say], Any],
    height: int = 360,
    every: float = 0.0,
    on_click: Callable[[float, float], None] | None = None,
) -> None:
    """Show figures of a run side by side; on a narrow screen, one below the other.

    Parameters
    ----------
    seen : Seen
        The moment that they show.
    makers : callable
        Each draws a figure; its name is the figure's place in the page and its description's name in the texts.
    height : int
        In pixels.
    every : float
        Seconds for which a picture of a run under way may stand: training pays for every picture.
    on_click : callable, optional
        Called with the place that is clicked in any of them, in the coordinates of its axes.
    """
    for place, make in zip(st.columns(len(makers)), makers, strict=True):
        with place:
            figure = _made(make, seen, every, written=True)
            alt = say.words()(f"alt.{make.__name__}")
            plot(figure, key=make.__name__, alt=alt, height=height, on_click=on_click)


def error(
    seen: Seen, words: Say, *, score: str = "test_error", baseline: float | None = None, title: str | None = None
) -> Any:
    """Return the curve of a score on the held-out samples that are watched, with what was turned on the way."""
    from aecore import figures

    steps = [event.step for event in seen.history]
    errors = [event.scores[f"watched_{score}"] for event in seen.history]
    total = seen.experiment.fit.steps
    marks = turns(seen, words)
    return figures.error(steps, errors, baseline=baseline, total=total, marks=marks, title=title, say=words)


def turns(seen: Seen, words: Say) -> dict[float, str]:
    """Return the steps at which knobs were turned, and words for what each became."""
    return {
        step: ", ".join(f"{words(f'knob.{name}.label')} → {words.number(value)}" for name, value in changes.items())  # type: ignore[arg-type]
        for step, changes in seen.turns.items()
    }


def facts(seen: Seen, make: Callable[[Seen, Say], list[Fact]], *, every: float = 2.0) -> None:
    """Show facts about a run as cards, two in a row."""
    found = _made(make, seen, every)
    for pair in zip(found[::2], found[1::2], strict=True):
        for place, fact in zip(st.columns(2), pair, strict=True):
            with place.container(border=True, height="stretch"):
                st.caption(fact.heading)
                st.subheader(fact.number, anchor=False)
                st.markdown(fact.meaning)


def sentence(seen: Seen, make: Callable[[Seen, Say], str]) -> None:
    """Show what a run has come to, in a sentence."""
    st.markdown(_made(make, seen))


def captions(seen: Seen, make: Callable[[Seen, Say], list[str]], *, every: float = 2.0) -> None:
    """Show quiet remarks on a run, one below the other."""
    for caption in _made(make, seen, every):
        st.caption(caption)


def _made(make: Callable[[Seen, Say], Any], seen: Seen, every: float = 0.0, *, written: bool = False) -> Any:
    """Return what a maker makes of this moment, written as JSON if it is a figure: once for all visitors."""
    words = say.words()
    place = (make.__module__, make.__name__, words.language, seen.run.key)
    moment, at = _latest.get(place, (None, 0.0))
    if seen.state.stage == "running" and time.monotonic() - at < every and (place, moment) in _memory:
        return _memory[place, moment]
    if (place, seen.moment) not in _memory:
        _memory[place, seen.moment] = make(seen, words).to_json() if written else make(seen, words)
        if len(_memory) > KEPT:
            _memory.popitem(last=False)
    _memory.move_to_end((place, seen.moment))
    _latest[place] = seen.moment, time.monotonic()
    return _memory[place, seen.moment]
