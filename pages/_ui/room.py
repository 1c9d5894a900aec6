"""The room of a unit: what it looks for, how it came to that, and what one input loses without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui import say, show, view
from pages._ui.seen import Seen

if TYPE_CHECKING:
    from aecore.text import Say

STRONGEST = 12
ALIKE = 6


def room(seen: Seen) -> None:
    """Show the room of the unit that the visitor has chosen, and let an input be chosen that is rebuilt without it."""
    from aecore.knobs import Knob

    words, count = say.words(), len(seen.held_out.inputs)
    st.header(words("room.title", unit=seen.choices["unit"] + 1), anchor=False)
    show.row(seen, unit_filter, unit_activations, height=300)
    show.row(seen, unit_average, unit_bias, height=300)
    show.row(seen, unit_strongest, height=220)
    show.row(seen, unit_alike, height=180)
    seen = seen.choose(rank=view.choose("rank", Knob(1, low=1, high=count), label=words("room.rank", count=count)))
    show.sentence(seen, unit_cost)
    show.row(seen, *([unit_place] if seen.experiment.data.name == "patches" else []), unit_clamped, height=300)


def unit_filter(seen: Seen, words: Say) -> Any:
    from aecore import figures, views

    found = views.filters(seen.model)[seen.choices["unit"]]
    return figures.rows([[0.5 + found / (2 * max(abs(found).max(), 1e-12))]], names=[words("room.filter")], say=words)


def unit_activations(seen: Seen, words: Say) -> Any:
    from aecore import figures

    return figures.histogram(_codes(seen)[:, seen.choices["unit"]], title=words("room.activations"), say=words)


def unit_average(seen: Seen, words: Say) -> Any:
    from aecore import views

    look: dict[str, Any] = {
        "title": words("room.average"),
        "unit": words("sparse.average"),
        "target": seen.levels("rho"),
    }
    return show.units(seen, words, lambda model: views.means(model)[[seen.choices["unit"]]], chosen=0, **look)


def unit_bias(seen: Seen, words: Say) -> Any:
    from aecore import views

    look: dict[str, Any] = {"title": words("room.bias"), "unit": words("sparse.bias")}
    return show.units(seen, words, lambda model: views.biases(model)[[seen.choices["unit"]]], chosen=0, **look)


def unit_strongest(seen: Seen, words: Say) -> Any:
    from aecore import figures, views

    data: Any = seen.experiment.data
    rows = views.strongest(_codes(seen), seen.choices["unit"], STRONGEST)
    pictures = list(views.shown([seen.held_out.inputs[rows].numpy()], data.value_range))
    names = [words("room.strongest")]
    if data.name == "patches" and seen.held_out.factors is not None:
        pictures = [pictures[0].repeat(3, 1).repeat(3, 2), data.surroundings(seen.held_out.factors[rows])]
        names.append(words("room.where"))
    else:
        rebuilt = views.clamped(seen.model, seen.held_out.inputs[rows], []).pictures
        pictures = [*pictures, *views.shown([rebuilt], data.value_range)]
        names.append(words("sparse.all"))
    return figures.rows(pictures, names=names, say=words)


def unit_alike(seen: Seen, words: Say) -> Any:
    from aecore import figures, views

    found = views.filters(seen.model)
    units, cosines = views.alike(found, seen.choices["unit"], ALIKE)
    pictures = 0.5 + found[units][None] / (2 * abs(found[units]).max())
    return figures.rows(pictures, names=[words("room.alike")], errors=[cosines], say=words)


def unit_place(seen: Seen, words: Say) -> Any:
    from aecore import figures

    data: Any = seen.experiment.data
    assert seen.held_out.factors is not None
    found = data.whole(seen.held_out.factors[_input(seen)[0]])
    return figures.rows([[found]], names=[words("room.place")], say=words)


def unit_clamped(seen: Seen, words: Say) -> Any:
    from aecore import figures, views

    x, found = seen.held_out.inputs[_input(seen)], _clamped(seen)
    pictures = views.shown([x.numpy(), *(one.pictures for one in found.values())], seen.experiment.data.value_range)
    names = [words(f"room.{name}") for name in ("original", *found)]
    errors = [float("nan"), *(one.errors[0] for one in found.values())]
    return figures.rows(pictures.swapaxes(0, 1), names=[names], errors=[errors], say=words)


def unit_cost(seen: Seen, words: Say) -> str:
    from aecore import views

    unit, found = seen.choices["unit"], _clamped(seen)
    ends = views.extremes(seen.model, seen.held_out.inputs, [unit])
    numbers = {"a": _codes(seen)[_input(seen)[0], unit], "low": ends["off"][0], "high": ends["on"][0]}
    error = float(found["as_it_is"].errors[0])
    costs = {name: float(found[name].errors[0]) - error for name in ends}
    return words(
        "room.cost",
        **{name: words.number(float(number), 2) for name, number in numbers.items()},
        error=error,
        **{name: ("+" if cost >= 0 else "") + words.number(cost, 2) for name, cost in costs.items()},
    )


def _codes(seen: Seen) -> Any:
    from aecore import views

    return views.codes(seen.model, seen.held_out.inputs)


def _input(seen: Seen) -> Any:
    """Return the row of the chosen input, ``(1,)``."""
    from aecore import views

    return views.strongest(_codes(seen), seen.choices["unit"], seen.choices["rank"])[-1:]


def _clamped(seen: Seen) -> dict[str, Any]:
    """Return the chosen input rebuilt with the unit as it is, off and on."""
    from aecore import views

    unit, x = seen.choices["unit"], seen.held_out.inputs[_input(seen)]
    ends = views.extremes(seen.model, seen.held_out.inputs, [unit])
    held = {name: views.clamped(seen.model, x, [unit], value) for name, value in ends.items()}
    return {"as_it_is": views.clamped(seen.model, x, []), **held}
