"""Comparing: a second run beside the one that is watched, at the same moment of its time."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui import mine, say, show, steer, view
from pages._ui.seen import Seen, see

if TYPE_CHECKING:
    from aecore.experiment import Experiment
    from aecore.text import Say

# What another method keeps of an experiment, so that the two are alike in all but the method.
BUDGET = ("steps", "batch", "latent", "seed")
COLUMNS = 10


def candidates(experiment: Experiment) -> dict[str, Experiment]:
    """Return what an experiment can be compared with: this visitor's other runs, and the other methods."""
    earlier = {key: one for key, one in steer.course().visited.items() if one != experiment}
    return earlier | _by_other_methods(experiment)


@lru_cache(maxsize=32)
def _by_other_methods(experiment: Experiment) -> dict[str, Experiment]:
    from aecore.experiment import PARTS, Experiment

    now = experiment.flat()
    posed = ("data", *experiment.data.knobs(), "task", *experiment.task.knobs())
    same = {name: now[name] for name in (*posed, *BUDGET) if name in now}
    methods = [name for name in PARTS["method"] if name != experiment.method.name]
    alike = [Experiment.settle({**same, "method": name}).experiment for name in methods]
    return {one.key: one for one in alike}


def chosen(experiment: Experiment) -> Experiment | None:
    """Return the experiment that the visitor compares this one with, if any."""
    course = steer.course()
    if view.arrived("beside"):
        found = _read(text := view.take("beside"), experiment)
        course.visited |= {found.key: found} if found else {}
        course.compared = found.key if found else ""
        if not found:
            view.pass_over("beside", text)
    other = candidates(experiment).get(course.compared)
    view.keep("beside", _written(other, experiment) if other else "", "")
    return other


def _written(one: Experiment, current: Experiment) -> str:
    """Write an experiment as a link does: what it has otherwise than the current one, then its starts."""
    from aecore.knobs import to_text

    mine = current.flat()
    changes = (f"{name}={to_text(value)}" for name, value in one.flat().items() if value != mine.get(name))
    return "~".join([":".join(changes), *one.chain])


def _read(text: str, current: Experiment) -> Experiment | None:
    """Return the experiment that :func:`_written` wrote; ``None`` if it does not say one."""
    from aecore.experiment import Experiment

    first, *chain = text.split("~")
    changes = dict(part.split("=", 1) for part in first.split(":") if "=" in part)
    settled = Experiment.settle({**current.flat(), **changes, "start": chain})
    # What only the current one's method knows is no matter.
    wrong = {complaint.name for complaint in settled.complaints} & {*changes, "start"}
    seen = mine.may_see(settled.experiment.data)
    return None if wrong or settled.experiment == current or not seen else settled.experiment


def pictures(seen: Seen, other: Experiment | None) -> None:
    """Show the choice of a second run and, if there is one, both beside each other."""
    words, seen = say.words(), show.standing(seen)
    st.header(words("compare.title"), anchor=False)
    found = candidates(seen.experiment)

    def write(key: str) -> str:
        return _named(found[key], seen.experiment, words) if key else words("compare.nothing")

    keys = ["", *found]
    now = steer.course().compared if steer.course().compared in keys else ""
    # Set at every run, since the browser holds the words of a choice, and these follow the language and the run.
    st.session_state.compared = now
    st.selectbox(words("compare.with"), keys, key="compared", format_func=write, on_change=_changed)
    if other is None:
        return
    steer.sweep_buttons("compare", [other])
    beside = see(other)
    beside = beside.back(seen.step) if seen.step < beside.step else beside
    for place, one, against in zip(st.columns(2), (seen, beside), (beside, seen), strict=True):
        place.markdown(_knobs(one.experiment, against.experiment, words))
    seen = replace(seen, ahead=False).choose(other=other.key, there=beside.step, known=len(beside.history))

    def compared_errors(seen: Seen, words: Say) -> Any:
        return _errors(seen, beside, words)

    def compared_rows(seen: Seen, words: Say) -> Any:
        return _rows(seen, beside, words)

    if beside.experiment.data == seen.experiment.data:
        both = [compared_errors, compared_rows] if len(seen.experiment.data.shape) > 1 else [compared_errors]
        show.row(seen, *both)
    else:
        st.info(words("compare.other_data"), icon=":material/info:")


def _changed() -> None:
    steer.course().compared = st.session_state.compared
    st.session_state.begun = True


def _named(one: Experiment, current: Experiment, words: Say) -> str:
    differing = _differing(one, current)
    rest = [f"{words(f'knob.{name}.label')} {_value(name, one, words)}" for name in differing if name != "method"]
    return ", ".join([words(f"option.method.{one.method.name}"), *rest[:4]])


def _differing(one: Experiment, other: Experiment) -> list[str]:
    mine, its, knobs = one.flat(), other.flat(), one.knobs
    return [name for name in mine if mine[name] != its.get(name) and not (name in knobs and knobs[name].idle)]


def _value(name: str, one: Experiment, words: Say) -> str:
    return say.value(name, one.flat()[name], words)


def _knobs(one: Experiment, against: Experiment, words: Say) -> str:
    """Write an experiment's knobs, those that differ in bold."""
    differing = _differing(one, against)
    idle = {name for name, knob in one.knobs.items() if knob.idle}
    parts = []
    for name in one.flat():
        if name not in ("task", *idle):
            text = f"{words(f'knob.{name}.label')} {_value(name, one, words)}"
            parts.append(f"**{text}**" if name in differing else text)
    return " · ".join(parts)


def _titles(seen: Seen, beside: Seen, words: Say) -> list[str]:
    """Name the two runs by what differs, short enough for a legend."""
    names = []
    for one, against in ((seen, beside), (beside, seen)):
        differing = _differing(one.experiment, against.experiment)[:2]
        names.append(", ".join(_value(name, one.experiment, words) for name in differing))
    return [f"1: {names[0]}", f"2: {names[1]}"]


def _errors(seen: Seen, beside: Seen, words: Say) -> Any:
    return show.errors(dict(zip(_titles(seen, beside, words), (seen, beside), strict=True)), words)


def _rows(seen: Seen, beside: Seen, words: Say) -> Any:
    from aecore import views

    x = seen.held_out.inputs[:COLUMNS]
    models = zip(_titles(seen, beside, words), (seen.model, beside.model), strict=True)
    rebuilt = {name: views.clamped(model, x, []) for name, model in models}
    return show.rebuilt(seen, words, words("undercomplete.original"), x, rebuilt)
