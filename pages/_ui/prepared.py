"""Few labels: how right each way to tell classes apart is, found aside draw by draw, and who wins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import streamlit as st

from aecore import outcomes
from aecore.outcomes import OTHERS, PREPARED, Outcome, Way
from pages._ui import resources, show
from pages._ui.seen import Seen, see

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from aecore.text import Say
    from aecore.views.labelled import Layer

    Accuracies: TypeAlias = dict[str, dict[int, NDArray[np.float64]]]  # in percent, of each draw
    Leads: TypeAlias = dict[int, tuple[str, str, NDArray[np.float64]]]

# Labels of the curve that follows training, and held-out inputs that it is of.
EARLY, FEW = 100, 1000


def outcome(way: Way, count: int, seed: int, most: int | None = None) -> Outcome | None:
    """Return what a draw of labels comes to with a way, ``None`` until it is computed."""
    known = outcomes.shipped().get(way.called(count, seed)) if most is None else None
    return known or resources.aside(computed, way, count, seed, most)


def computed(way: Way, count: int, seed: int, most: int | None = None) -> Outcome:
    """Compute what a draw of labels comes to with a way; takes up to many seconds."""
    return outcomes.of(way, count, seed, see(way.experiment).at(way.step) if way.experiment else None, most)


def early(seen: Seen, layer: Layer) -> dict[int, float]:
    """Return how well the features of each kept step are read, where that is known so far."""
    way = Way("probe", seen.experiment.data, seen.experiment, 0, layer)
    stay = seen.kept if seen.state.is_final else seen.kept[:-1]
    found = {step: outcome(way._replace(step=step), EARLY, 0, FEW) for step in stay}
    return {step: one.right for step, one in found.items() if one}


def accuracies(seen: Seen, layer: Layer, most: int) -> Accuracies:
    """Return what is known so far up to a number of labels, and have what follows computed."""
    found: Accuracies = {}
    known = outcomes.ways(seen.experiment, seen.step, layer)
    for count in (one for one in outcomes.counts(seen.experiment.data) if one <= most):
        for name, way in known.items():
            draws = [outcome(way, count, seed) for seed in outcomes.DRAWS]
            if None in draws:
                return found
            found.setdefault(name, {})[count] = np.array([one.right for one in draws if one])
    return found


def curves(found: Accuracies, words: Say) -> Any:
    """Return the figure of accuracy against the number of labels, with what the draws of the labels change."""
    from aecore import figures

    at = list(next(iter(found.values()), {}))
    named = {name: words(f"preparation.{name}") for name in found}
    return figures.lines(
        at,
        {named[name]: [draws.mean() for draws in of.values()] for name, of in found.items()},
        deviations={named[name]: [draws.std() for draws in of.values()] for name, of in found.items()},
        baselines={named[name]: name for name in found if name not in PREPARED},
        title=words("preparation.curves"),
        axes=(words("preparation.labels"), words("preparation.accuracy")),
        spread=True,
        say=words,
    )


def gains(found: Accuracies) -> Leads:
    """Return for each number of labels the best way with pretraining, the best without, and the lead in each draw."""

    def best(names: Sequence[str], count: int) -> str:
        return max((name for name in names if count in found[name]), key=lambda name: found[name][count].mean())

    whole = found.get(OTHERS[-1], {})
    pairs = {count: (best(PREPARED, count), best(OTHERS, count)) for count in whole}
    return {count: (*pair, found[pair[0]][count] - found[pair[1]][count]) for count, pair in pairs.items()}


def verdict(leads: Leads, words: Say) -> str:
    """Say where pretraining pays: where its lead is larger than what the draws of the labels change of it."""
    pays = [count for count, (_, _, lead) in leads.items() if lead.mean() > max(lead.std(), 0.0)]
    most = max(leads, key=lambda count: leads[count][2].mean())
    ours, rival, lead = leads[most]
    said: dict[str, Any] = {
        "count": most,
        "way": words(f"preparation.{ours}"),
        "rival": words(f"preparation.{rival}"),
        "lead": words.number(float(lead.mean()), 1),
        "where": words.listed(*pays) if pays else "",
        "not_where": words.listed(*(count for count in leads if count not in pays)),
        "last": max(leads),
    }
    how = "never" if not pays else "always" if set(pays) == set(leads) else "where"
    return words(f"preparation.pays_{how}", **said)


def table(found: Accuracies, words: Say) -> None:
    """Show mean accuracies, the best of each number of labels marked, and below them what the draws change."""
    # A best one is marked only where all ways are known.
    whole = found.get(OTHERS[-1], {})
    if not whole:
        return
    found = {name: {count: of[count] for count in whole} for name, of in found.items()}
    rows = {
        words(f"preparation.{name}"): {words.number(count): float(draws.mean()) for count, draws in of.items()}
        for name, of in found.items()
    }
    show.scores(rows, words, unit=words("preparation.unit"), decimals=1)
    scatter = [draws.std() for of in found.values() for draws in of.values()]
    st.caption(
        words("preparation.scores", draws=len(outcomes.DRAWS), least=float(min(scatter)), most=float(max(scatter)))
    )


def progress(found: Accuracies, possible: Sequence[int], most: int, words: Say) -> None:
    """Show how much of the table is computed, and a button for what takes minutes."""
    known, wanted = sum(map(len, found.values())), sum(count <= most for count in possible) * len(PREPARED + OTHERS)
    if known < wanted:
        st.progress(known / wanted, words("preparation.computing", known=known, wanted=wanted))
    elif most < max(possible):
        asked: dict[str, Any] = {"key": "ask_all_labels", "icon": ":material/hourglass:", "on_click": _ask_all}
        st.button(words("preparation.all", count=max(possible)), **asked)


def _ask_all() -> None:
    st.session_state.all_labels = True
    st.session_state.begun = True
