"""Anomaly detection: who has seen only what is normal gives back what is odd less well, and not where it is odd."""

from typing import Any

import numpy as np
import streamlit as st

from aecore import figures, views
from aecore.tasks.anomaly import auroc as area
from aecore.text import Say
from pages._ui import odd, photo, resources, say, show, turn, view, watch
from pages._ui.seen import Seen

COLUMNS = 8
ALARMS = np.linspace(0, 1, 101)  # shares of false alarms at which a curve is drawn
OTHERS = ("pca", "pca_both", "isolation_forest")

say.lesson("anomaly")
experiment = turn.experiment(
    task="anomaly",
    method=("undercomplete", "denoising", "contractive", "sparse", "vae", "beta_vae"),
    data=("mnist", "fashion_mnist", "digits", "patches", "notes"),
    net=("mlp", "conv", "linear"),
    looks=("judge", "allowed"),
)


def scored(seen: Seen) -> tuple[np.ndarray, np.ndarray]:
    """Return how odd the first held-out samples are by the chosen measure, and which of them are."""
    return odd.judged(experiment, seen.step)[seen.choices["judge"]], odd.odd(seen.held_out)


def told(seen: Seen) -> Any:
    return views.split_by(*scored(seen), seen.choices["allowed"] / 100)


def cards(seen: Seen, words: Say) -> list[show.Fact]:
    found = told(seen)
    numbers = {"found": words.number(100 * found.found, 1), "alarms": words.number(100 * found.alarms, 1)}
    return [
        show.Fact(
            words(f"anomaly.{name}_heading"),
            words("anomaly.percent", share=share),
            words(f"anomaly.{name}", allowed=seen.choices["allowed"], count=seen.held_out.size),
        )
        for name, share in numbers.items()
    ]


def oddness(seen: Seen, words: Say) -> Any:
    middles, *shares = views.spread(*scored(seen))
    return figures.lines(
        middles,
        dict(zip((words("anomaly.normal"), words("anomaly.odd")), shares, strict=True)),
        title=words("anomaly.spread"),
        axes=(words(f"option.judge.{seen.choices['judge']}"), words("anomaly.share")),
        marks={told(seen).threshold: words("anomaly.threshold")},
        say=words,
    )


def auroc(seen: Seen, words: Say) -> Any:
    return show.score(seen, words, name="auroc", title=words("anomaly.curve"), unit="AUROC")


def misplaced(seen: Seen, words: Say, *, odd_ones: bool) -> Any:
    scores, is_odd = scored(seen)
    rows = views.misplaced(scores, is_odd, COLUMNS)[odd_ones]
    explain = views.explained_notes if experiment.data.name == "notes" else views.explained
    pictures = explain(seen.model, seen.held_out.inputs[rows])
    numbers = np.full(pictures.shape[:2], np.nan)
    numbers[0] = scores[rows]
    first = words("anomaly.most_normal_odd" if odd_ones else "anomaly.oddest_normal")
    return figures.rows(
        pictures, names=[first, words("anomaly.rebuilt"), words("anomaly.where")], errors=numbers, say=words
    )


def oddest_normal(seen: Seen, words: Say) -> Any:
    return misplaced(seen, words, odd_ones=False)


def most_normal_odd(seen: Seen, words: Say) -> Any:
    return misplaced(seen, words, odd_ones=True)


def everyone(seen: Seen) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the scores of all held-out samples by whoever judges, as far as they are known, and which are odd."""
    both = (resources.aside(odd.all_judged, experiment, seen.step), odd.otherwise(experiment))
    return {name: (found, one.odd) for one in both if one for name, found in one.scores.items()}


def scores(seen: Seen, words: Say) -> Any:
    allowed = seen.choices["allowed"]
    found_at = words("anomaly.found_at", allowed=allowed)
    return {
        words(f"anomaly.by.{name}"): {
            "AUROC": area(found, is_odd),
            found_at: views.split_by(found, is_odd, allowed / 100).found,
        }
        for name, (found, is_odd) in everyone(seen).items()
    } | {words(f"anomaly.by.{name}"): dict.fromkeys(("AUROC", found_at), np.nan) for name in awaited(seen)}


def awaited(seen: Seen) -> list[str]:
    """Return who has still to judge; until then nobody is the best."""
    return [name for name in (*odd.judged(experiment, seen.step), *OTHERS) if name not in everyone(seen)]


def found_by_alarms(seen: Seen, words: Say) -> Any:
    known = everyone(seen)
    order = sorted(known, key=lambda name: name != seen.choices["judge"])
    return figures.lines(
        ALARMS,
        {words(f"anomaly.by.{name}"): views.roc(*known[name], alarms=ALARMS) for name in order},
        title=words("anomaly.roc"),
        axes=(words("anomaly.false"), words("anomaly.true")),
        baselines={words(f"anomaly.by.{name}"): name for name in OTHERS if name in known},
        say=words,
    )


def own(seen: Seen, picture: np.ndarray) -> Any:
    found = views.explained_picture(seen.model, picture, experiment.data.name)
    return {name: found[name] for name in ("picture", "where", "rebuilt")}


def verdict(seen: Seen, picture: np.ndarray) -> None:
    """Say how odd a visitor's picture is beside the threshold."""
    words, measure = say.words(), seen.choices["judge"]
    x = views.framed(picture, experiment.data.name, experiment.data.shape)
    found = odd.norm(experiment, seen.step).oddness(x, experiment.method)
    score, threshold = float(found[measure][0]), told(seen).threshold
    key = "anomaly.own_odd" if score > threshold else "anomaly.own_normal"
    st.markdown(words(key, score=words.number(score, 2), threshold=words.number(threshold, 2)))


def draw(seen: Seen) -> None:
    words = say.words()
    seen = seen.choose(judge=view.choose("judge", odd.judge(experiment)), allowed=view.choose("allowed", odd.allowed()))
    seen = show.standing(seen)
    show.facts(seen, cards)
    show.row(seen, oddness, auroc)
    st.header(words("anomaly.misplaced"), anchor=False)
    st.markdown(words("anomaly.misplaced_lead"))
    show.row(seen, oddest_normal, most_normal_odd, height=320)
    if seen.state.is_final and seen.step:
        st.header(words("photo.scores"), anchor=False)
        seen = seen.choose(known=len(everyone(seen)))
        show.scores(show.made(scores, seen), words, decimals=3)
        st.caption(words("anomaly.scores"))
        if not awaited(seen):
            show.row(seen, found_by_alarms)
    if experiment.data.name == "notes":
        return
    st.header(words("photo.own_heading"), anchor=False)
    picture = photo.own(seen, own, words, names="anomaly", result="where")
    if picture is not None and experiment.data.classes:
        verdict(seen, picture)


watch.training(experiment, draw)
say.more("anomaly")
