"""Pictures on a page, each made once for all who look at the same moment in the same language."""

from __future__ import annotations

import contextlib
import threading
import time
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st

from aecore.text import Say
from pages._ui import parcels, resources, say
from pages._ui.plot import Cloud, Moments, plot
from pages._ui.seen import Seen

if TYPE_CHECKING:
    from aecore.networks import Autoencoder
    from aecore.views import Clamped

# Pictures kept: a lesson shows up to fourteen of each of about 25 moments, 15 kB apiece.
KEPT = 1024
_memory: OrderedDict[tuple[tuple[str, ...], object], Any] = OrderedDict()
# Moments that stand for a while, by their runs and for how long; each holds a model.
STANDING = 16
_standing: dict[tuple[Path, float], tuple[Seen, float]] = {}
_drawing = threading.Lock()


class Fact(NamedTuple):
    """A number of the learner's own, and what it means."""

    heading: str
    number: str
    meaning: str


def row(
    seen: Seen,
    *makers: Callable[[Seen, Say], Any],
    height: int = 360,
    on_click: Callable[[float, float], None] | None = None,
    cloud: Cloud | None = None,
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
    on_click : callable, optional
        Called with the place that is clicked in any of them, in the coordinates of its axes.
    cloud : Cloud, optional
        What the points answer to, in figures whose points know their rows.
    """
    for place, make in zip(st.columns(len(makers)), makers, strict=True):
        with place:
            figure = made(make, seen, written=True)
            look: dict[str, Any] = {"height": height, "on_click": on_click, "cloud": cloud}
            alt = say.words()(f"alt.{make.__name__}")
            name = f"{seen.experiment.name}-{make.__name__}"
            plot(figure, key=make.__name__, alt=alt, moments=moments(make, seen), name=name, **look)


def moments(make: Callable[[Seen, Say], Any], seen: Seen) -> Moments | None:
    """Return where a figure is got as it was at each place of the slider through time; of a run under way nowhere."""
    whole = replace(seen.whole or seen, choices=seen.choices, beside=seen.beside)
    if not whole.state.is_final or not whole.step:
        return None
    words = say.words()
    place = _place(make, seen, words)

    def at(step: int) -> Callable[[], str]:
        return lambda: _kept(place, make, whole.back(step), words, written=True)

    steps = whole.places
    found = [parcels.promise((place, step, whole.moment), at(step)) for step in steps]
    return Moments(found, bisect_right(steps, seen.step) - 1 if seen.travelled else len(steps) - 1)


def error(
    seen: Seen, words: Say, *, score: str = "test_error", baseline: float | None = None, title: str | None = None
) -> Any:
    """Return the curve of a score on the held-out samples that are watched, with what was turned on the way."""
    from aecore import figures

    steps = [event.step for event in seen.history]
    errors = [event.scores[f"watched_{score}"] for event in seen.history]
    look: dict[str, Any] = {
        "total": seen.experiment.fit.steps,
        "marks": turns(seen, words),
        "title": title,
        "unit": watched(seen, words, words("figure.error.y")),
    }
    return figures.error(steps, errors, baseline=baseline, say=words, **look)


def watched(seen: Seen, words: Say, unit: str) -> str:
    """Return the unit of a curve, and of how many held-out samples it is the mean."""
    count = min(seen.experiment.task.watched, seen.held_out.size)
    return words("figure.watched", unit=unit, count=count)


def score(seen: Seen, words: Say, *, name: str, title: str, unit: str) -> Any:
    """Return the curve of another score than an error on the held-out samples that are watched."""
    from aecore import figures

    steps = [event.step for event in seen.history]
    found = [event.scores[f"watched_{name}"] for event in seen.history]
    axes = (words("figure.error.x"), watched(seen, words, unit))
    look: dict[str, Any] = {"axes": axes, "span": (0, seen.experiment.fit.steps)}
    return figures.lines(steps, {unit: found}, title=title, marks=turns(seen, words), say=words, **look)


def errors(runs: Mapping[str, Seen], words: Say, *, marks: Mapping[float, str] | None = None) -> Any:
    """Return the held-out errors of several runs, each under its name; a line joins the steps that each was seen at."""
    from aecore import figures

    steps = sorted({event.step for one in runs.values() for event in one.history})
    curves = {}
    for name, one in runs.items():
        if one.history:
            score = f"watched_{one.experiment.task.main}"
            at, found = zip(*((event.step, event.scores[score]) for event in one.history), strict=True)
            curves[name] = np.interp(steps, at, found, left=np.nan, right=np.nan)
    total = max(one.experiment.fit.steps for one in runs.values())
    one = next(iter(runs.values()))
    axes = (words("figure.error.x"), watched(one, words, words("figure.error.y")))
    look: dict[str, Any] = {"axes": axes, "span": (0, total), "marks": marks, "log": True}
    return figures.lines(steps, curves, title=words("figure.error.title"), say=words, **look)


def rebuilt(seen: Seen, words: Say, original: str, x: Any, found: Mapping[str, Clamped]) -> Any:
    """Return rows of inputs over what was rebuilt of them, each under its name and with its errors."""
    from aecore import figures, views

    rows = [x.numpy(), *(one.pictures for one in found.values())]
    errors: list[Any] = [[float("nan")] * len(x), *(one.errors for one in found.values())]
    pictures = views.shown(rows, seen.experiment.data.value_range)
    return figures.rows(pictures, names=[original, *found], errors=errors, say=words)


def curves(
    seen: Seen,
    words: Say,
    steps: Sequence[float],
    named: Mapping[str, Sequence[float]],
    *,
    title: str,
    unit: str,
    baselines: Mapping[str, str] | None = None,
) -> Any:
    """Return curves over the steps of a run, with what was turned on the way.

    Fresh weights lose so much that on the same axis the rest would not be seen: it holds what comes after a thirtieth.
    """
    from aecore import figures

    look: dict[str, Any] = {
        "span": (0, seen.experiment.fit.steps),
        "marks": turns(seen, words),
        "title": title,
        "say": words,
    }
    late = [value for curve in named.values() for at, value in zip(steps, curve, strict=True) if at >= steps[-1] / 30]
    if late:
        pad = 0.03 * (max(late) - min(late))
        look["reach"] = (min(late) - pad, max(late) + pad)
    axes = (words("figure.error.x"), watched(seen, words, unit))
    return figures.lines(steps, named, axes=axes, baselines=baselines, **look)


def units(
    seen: Seen,
    words: Say,
    of: Callable[[Autoencoder], Any],
    *,
    title: str,
    unit: str,
    chosen: int,
    target: Mapping[int, Any] | None = None,
) -> Any:
    """Return what `of` says of each unit of a model, over the steps of a run, with what was turned on the way."""
    from aecore import figures

    values = [of(seen.at(step)) for step in seen.kept]
    look: dict[str, Any] = {
        "total": seen.experiment.fit.steps,
        "marks": turns(seen, words),
        "chosen": chosen,
        "target": target,
    }
    return figures.units(seen.kept, values, title=title, unit=unit, say=words, **look)


def divergences(seen: Seen, words: Say, *, chosen: int | None = None) -> Any:
    """Return the divergence of each latent of a Gaussian code, the largest first, those in use told from the rest."""
    from aecore import figures

    found = seen.posteriors
    order, used = found.order.tolist(), int(found.active.sum())
    return figures.bars(
        found.kl[order],
        [*map(say.latent, order)],
        found.active[order],
        groups=(words("vae.active", count=used), words("vae.unused", count=len(order) - used)),
        title=words("vae.divergences"),
        axes=(words("vae.latents"), words("vae.nats_latent")),
        chosen=None if chosen is None else order.index(chosen),
        say=words,
    )


def turns(seen: Seen, words: Say) -> dict[float, str]:
    """Return the steps at which knobs were turned, and words for what each became."""
    return {
        step: ", ".join(
            f"{words(f'knob.{name}.label')} → {say.value(name, value, words)}" for name, value in changes.items()
        )
        for step, changes in seen.turns.items()
    }


def marked(numbers: Sequence[float | None], words: Say, *, better: int = 1, decimals: int = 2) -> list[str]:
    """Return numbers as cells of a table, the best marked where one alone is best.

    Parameters
    ----------
    numbers : sequence
        ``None`` where there is none, NaN where it is to come; while one is, nothing is best.
    words : Say
    better : {1, 0, -1}
        Whether more is better, neither, or less.
    decimals : int
    """
    known = [better * number for number in numbers if number is not None]
    best = float(np.max(known)) if known and better else np.nan
    alone = known.count(best) == 1
    cells = []
    for number in numbers:
        if number is None or np.isnan(number):
            cells.append("–" if number is None else "…")
            continue
        cell = words.number(number, decimals)
        cells.append(f"**{cell}**\N{NO-BREAK SPACE}◂" if alone and better * number == best else cell)
    return cells


def table(corner: str, heads: Sequence[str], rows: Mapping[str, Sequence[str]]) -> None:
    """Show cells in rows by their names, each column under its head."""
    lines = [f"| {corner} | " + " | ".join(heads) + " |", "|:--|" + "--:|" * len(heads)]
    lines += [f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows.items()]
    st.markdown("\n".join(lines))


def scores(
    rows: Mapping[str, Mapping[str, float]], words: Say, *, unit: str = "", better: int = 1, decimals: int = 2
) -> None:
    """Show what each of several methods scores, a method a row, the best of each column marked."""
    heads = list(dict.fromkeys(head for row in rows.values() for head in row))
    columns = [
        marked([row.get(head) for row in rows.values()], words, better=better, decimals=decimals) for head in heads
    ]
    table(unit, heads, dict(zip(rows, zip(*columns, strict=True), strict=True)))


def facts(seen: Seen, make: Callable[[Seen, Say], list[Fact]], *, across: int = 2) -> None:
    """Show facts about a run as cards, two in a row unless said otherwise."""
    cards(made(make, seen), across=across)


def cards(found: Sequence[Fact], *, across: int = 2) -> None:
    """Show facts as cards."""
    for first in range(0, len(found), across):
        for place, fact in zip(st.columns(across), found[first : first + across], strict=False):
            with place.container(border=True, height="stretch"):
                st.caption(fact.heading)
                st.subheader(fact.number, anchor=False)
                st.markdown(fact.meaning)


def sentence(seen: Seen, make: Callable[[Seen, Say], str]) -> None:
    """Show what a run has come to, in a sentence."""
    st.markdown(made(make, seen))


def captions(seen: Seen, make: Callable[[Seen, Say], list[str]]) -> None:
    """Show quiet remarks on a run, one below the other."""
    for caption in made(make, seen):
        st.caption(caption)


def standing(seen: Seen, seconds: float = 1.0) -> Seen:
    """Return a moment that stands for a while as a run goes on: training pays for every picture, and all must agree."""
    place = seen.run.folder, seconds
    kept, since = _standing.get(place, (seen, 0.0))
    stays = seen.state.stage == kept.state.stage == "running" and kept.step <= seen.step and not seen.travelled
    if stays and time.monotonic() - since < seconds:
        return replace(kept, choices=seen.choices, beside=seen.beside)
    if not seen.travelled:
        _standing[place] = seen, time.monotonic()
        while len(_standing) > STANDING:
            _standing.pop(next(iter(_standing)), None)
    return seen


def made(make: Callable[[Seen, Say], Any], seen: Seen, *, written: bool = False) -> Any:
    """Return what a maker makes of this moment, written as JSON if it is a figure: once for all visitors.

    Of a run that has ended, those of earlier moments are made while the server is at rest.
    """
    resources.in_use()
    words = say.words()
    place = _place(make, seen, words)
    if seen.ahead and seen.state.is_final and not seen.travelled and (place, seen.moment) not in _memory:
        resources.spare(_earlier(place, make, seen, words, written))
    return _kept(place, make, seen, words, written)


def _place(make: Callable[[Seen, Say], Any], seen: Seen, words: Say) -> tuple[str, ...]:
    return make.__module__, make.__name__, words.language, seen.run.key


def _kept(place: tuple[str, ...], make: Callable[[Seen, Say], Any], seen: Seen, words: Say, written: bool) -> Any:
    key = place, seen.moment
    if key in _memory:
        with _drawing, contextlib.suppress(KeyError):
            _memory.move_to_end(key)
            return _memory[key]
    import pandas  # noqa: F401  # Plotly trips over it while another thread is still importing it; this waits

    made = make(seen, words).to_json() if written else make(seen, words)
    with _drawing:
        _memory[key] = made
        while len(_memory) > KEPT:
            _memory.popitem(last=False)
    return made


def _earlier(
    place: tuple[str, ...], make: Callable[[Seen, Say], Any], seen: Seen, words: Say, written: bool
) -> Iterator[None]:
    """Make what was to be seen at every moment before, the latest first, one each time that it is asked."""
    for step in reversed(seen.kept):
        _kept(place, make, seen.back(step), words, written)
        yield
