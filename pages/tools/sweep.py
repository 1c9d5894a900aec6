"""A sweep: one knob at several values, each with several seeds, trained together and looked at side by side."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from aecore import figures, views
from aecore.experiment import Experiment
from aecore.knobs import Knob, Value, to_text
from pages._ui import address, resources, say, steer, turn, view
from pages._ui.contents import page_of
from pages._ui.plot import plot
from pages._ui.seen import Seen, see

LOOK = 0.7  # seconds between two looks at what is under way
SHOWN = 10  # held-out samples that are rebuilt
MOST = 8  # values of the knob
SEEDS = Knob(3, low=1, high=8)
METHODS = ("denoising", "contractive", "sparse", "vae", "beta_vae", "undercomplete")
# Knobs that are worth a sweep; which of them there are, their bounds and scales, the method says.
SWEPT = ("rho", "beta", "gamma", "capacity", "strength", "level", "sigma", "k", "decay", "latent", "rate")
# Scores beside the task's own, by method; all but the divergence are better the lower they are.
MEASURES = {"denoising": ("denoised_error",)} | dict.fromkeys(("vae", "beta_vae"), ("bound", "distortion", "kl"))
NEITHER = ("kl",)
# A sweep is of small runs unless the visitor wants more.
SMALL: dict[str, Value] = {
    "net": "mlp", "hidden": (64,), "latent": 16, "steps": 600, "batch": 64, "rate": 0.01, "schedule": "one_cycle",
}  # fmt: skip
# Means that differ by less than this many of their standard errors are not told apart.
APART = 2.0

say.lesson("sweep")
words = say.words()
looks = ("swept", "values", "seeds", "measure")
data = ("digits", "mnist", "fashion_mnist", "patches", "sprites")
base = turn.experiment(method=METHODS, data=data, looks=looks, usual=SMALL).fresh
if opened := st.session_state.pop("sweep_opened", None):
    linked: Any = address.as_linked(opened)
    st.switch_page(page_of(opened), query_params=linked)


def usual_values(knob: Knob) -> tuple[Value, ...]:
    """Return four values that stand evenly among the knob's."""
    places = view.positions(knob, knob.default)
    return tuple(dict.fromkeys(places[round(share * (len(places) - 1))] for share in (0.1, 0.35, 0.65, 0.9)))


def read(text: str, name: str, knob: Knob) -> tuple[Value, ...]:
    """Return the values of a knob that a text lists, the nearest allowed; say what was wrong."""
    found: list[Value] = []
    # Who separates by semicolons may write decimals with a comma.
    parts = text.replace(",", ".").replace(";", " ") if ";" in text else text.replace(",", " ")
    for part in parts.split():
        value, reason = knob.settle(part)
        if reason:
            st.warning(words("sweep.wrong", given=part, name=words(f"knob.{name}.label")), icon=":material/warning:")
        if reason != "not_a_number":
            found.append(value)
    if len(found) > MOST:
        st.warning(words("sweep.too_many", most=MOST), icon=":material/warning:")
    return tuple(sorted(dict.fromkeys(found[:MOST])))


def label(name: str) -> str:
    return words(f"knob.{name}.label")


knobs = base.knobs
offered = tuple(name for name in SWEPT if name in knobs and not knobs[name].idle)
with st.container(horizontal=True, vertical_alignment="bottom"):
    swept = view.choose("swept", Knob(offered[0], options=offered), format_func=label)
    if st.session_state.setdefault("sweep_of", swept) != swept:
        # What was listed for one knob says nothing of another.
        if not view.arrived("values"):
            view.keep("values", None)
        st.session_state.sweep_of = swept
    seeds = view.choose("seeds", SEEDS)
knob = knobs[swept]
usual = ", ".join(map(to_text, usual_values(knob)))
view.view().linked.discard("values")
listed = view.view().chosen.get("values", usual)
typed = st.text_input(label("values"), listed, key=f"values_{swept}_{usual}", help=words("knob.values.help", most=MOST))
view.keep("values", typed, usual)
values = read(typed, swept, knob) or usual_values(knob)
runs = {value: [base.vary(**{swept: value, "seed": base.seed + i}) for i in range(seeds)] for value in values}
every = tuple(dict.fromkeys(one for ones in runs.values() for one in ones))
measures = (base.task.main, *MEASURES.get(base.method.name, ()))
measure = measures[0]
if len(measures) > 1:
    measure = view.choose(
        "measure", Knob(measures[0], options=measures), format_func=lambda name: words(f"sweep.{name}")
    )
steer.course().watched, steer.course().shown = None, every


def score(one: Experiment) -> float:
    """Return what a run has come to on the held-out samples that are watched; NaN before its first step."""
    history = resources.run_of(one.key).history
    return history[-1].scores.get(f"watched_{measure}", np.nan) if history else np.nan


def found() -> dict[Value, np.ndarray]:
    return {value: np.array([score(one) for one in ones]) for value, ones in runs.items()}


def mean_and_spread(scores: np.ndarray) -> tuple[float, float]:
    known = scores[np.isfinite(scores)]
    return (float(known.mean()) if len(known) else np.nan, float(known.std(ddof=1)) if len(known) > 1 else 0.0)


def curve(scores: dict[Value, np.ndarray]) -> Any:
    """Draw the score against the knob: the mean with its spread, every run, and PCA where the codes' size is swept."""
    known = [value for value, these in scores.items() if np.isfinite(these).any()]
    summed = [mean_and_spread(scores[value]) for value in known]
    series: dict[str, Any] = {words("sweep.mean"): [mean for mean, _ in summed]}
    spreads: dict[str, Any] = {words("sweep.mean"): [spread for _, spread in summed]}
    beside = [see(runs[value][0]).pca_error for value in known] if measure == "test_error" else []
    pca = {}
    if beside and all(error is not None for error in beside):
        series["PCA"], spreads["PCA"], pca = beside, [0.0] * len(beside), {"PCA": "pca"}
    count = min(base.task.watched, see(every[0]).held_out.size)
    each = [(float(value), float(one)) for value in known for one in scores[value] if np.isfinite(one)]  # type: ignore[arg-type]
    return figures.lines(
        [float(value) for value in known],  # type: ignore[arg-type]
        series,
        title=words("sweep.against", measure=words(f"sweep.{measure}"), name=label(swept)),
        axes=(label(swept), words("figure.watched", unit=words(f"sweep.{measure}_unit"), count=count)),
        baselines=pca,
        spread=knob.scale == "log",
        deviations=spreads,
        dots=each,
        say=words,
    )


def nearest(x: float, y: float, scores: dict[Value, np.ndarray]) -> Experiment:
    """Return the run whose point is nearest to a place of the figure."""
    spread = np.log if knob.scale == "log" else np.asarray
    value = min(values, key=lambda value: abs(float(spread(float(value)) - spread(max(x, 1e-12)))))  # type: ignore[arg-type]
    return runs[value][int(np.nanargmin(np.abs(scores[value] - y)))]


def pictures(scores: dict[Value, np.ndarray]) -> Any:
    """Draw the same held-out samples as each value's first run rebuilds them."""
    seen: dict[Value, Seen] = {value: see(ones[0]) for value, ones in runs.items()}
    x = next(iter(seen.values())).held_out.inputs[:SHOWN]
    rebuilt = {value: views.clamped(one.model, x, []) for value, one in seen.items()}
    names = [f"{label(swept)} {say.value(swept, value, words)} · {written(scores[value])}" for value in rebuilt]
    rows = views.shown([x.numpy(), *(one.pictures for one in rebuilt.values())], base.data.value_range)
    return figures.rows(rows, names=[words("sweep.originals"), *names], say=words)


def written(scores: np.ndarray) -> str:
    mean, spread = mean_and_spread(scores)
    if np.isnan(mean):
        return words("sweep.none_yet")
    return words.number(mean, 2) + (f" ± {words.number(spread, 2)}" if len(scores) > 1 else "")


def verdict(scores: dict[Value, np.ndarray]) -> str:
    """Say which value is best on the mean, and whether chance could have made it so."""
    order = sorted(scores, key=lambda value: mean_and_spread(scores[value])[0])
    (best, spread), (next_best, other) = (mean_and_spread(scores[value]) for value in order[:2])
    facts: dict[str, Any] = {"name": label(swept), "best": say.value(swept, order[0], words)}
    facts |= {"second": say.value(swept, order[1], words), "mean": words.number(best, 2)}
    facts |= {"other": words.number(next_best, 2), "seeds": seeds}
    if seeds == 1:
        said = words("sweep.one_seed", **facts)
    else:
        error = np.hypot(spread, other) / np.sqrt(seeds)
        said = words("sweep.apart" if next_best - best > APART * error else "sweep.overlap", **facts)
    pca = see(runs[order[0]][0]).pca_error if measure == "test_error" else None
    if pca is not None and pca < best:
        said += " " + words("sweep.pca_ahead", pca=pca)
    return said


def open_run(one: Experiment) -> None:
    st.session_state.sweep_opened = one


def open_row(row: int) -> None:
    """Open the run whose pictures stand in a row below the originals."""
    if row:
        open_run(runs[values[row - 1]][0])


def begin() -> None:
    st.session_state.sweep_began = time.monotonic(), taken()


def states() -> list[str]:
    return [steer.state_of(one).stage for one in every]


def taken() -> int:
    """Return the steps that all runs have taken."""
    logs = [resources.run_of(one.key).history for one in every]
    return sum(log[-1].step for log in logs if log)


def progress(stages: Sequence[str]) -> None:
    done, total = stages.count("done"), len(every) * base.fit.steps
    steps = taken()
    text = words("sweep.progress", done=done, count=len(every))
    began = st.session_state.get("sweep_began")
    if began and steps > began[1] and any(stage in steer.MOVING for stage in stages):
        left = (time.monotonic() - began[0]) * (total - steps) / (steps - began[1])
        text += " · " + words("sweep.left", left=words.duration(left))
    st.progress(min(steps / total, 1.0), text=text)


drawn = steer.moving(every)
steer.sweep_buttons("sweep", every, type="primary", before=begin)


@st.fragment(run_every=LOOK if drawn else None)
def live() -> None:
    stages, scores = states(), found()
    if st.session_state.pop("begun", False) or any(stage in steer.MOVING for stage in stages) != drawn:
        st.rerun()
    if "sweep_opened" in st.session_state:
        st.rerun()
    if trouble := st.session_state.pop("trouble", None):
        st.error(words(f"reason.{trouble}"), icon=":material/error:")
    progress(stages)
    lost = [one for one, stage in zip(every, stages, strict=True) if stage == "failed"]
    if lost:
        st.error(words("sweep.failed", count=len(lost)), icon=":material/error:")
    with say.damage():
        if all(np.isnan(these).all() for these in scores.values()):
            st.info(words("sweep.empty", count=len(every)), icon=":material/stacked_line_chart:")
            return
        alt = words("alt.sweep_curve", name=label(swept), measure=words(f"sweep.{measure}"))
        pressed: dict[str, Any] = {"on_click": lambda x, y: open_run(nearest(x, y, scores))}
        plot(curve(scores).to_json(), key="sweep_curve", alt=alt, height=380, **pressed)
        if set(stages) == {"done"} and len(values) > 1 and measure not in NEITHER:
            st.markdown(verdict(scores))
        st.markdown(words("sweep.pictures"))
        alt = words("alt.sweep_pictures", name=label(swept), count=len(values))
        shown = pictures(scores)
        pressed = {"on_click": lambda _, y: open_row(figures.row_at(shown, y, rows=len(values) + 1))}
        plot(shown.to_json(), key="sweep_pictures", alt=alt, height=90 * (len(values) + 1), **pressed)
        view.write()
        with st.container(horizontal=True, key="sweep_links"):
            for value, ones in runs.items():
                towards: dict[str, Any] = {"query_params": address.as_linked(ones[0]), "icon": ":material/open_in_new:"}
                st.page_link(page_of(ones[0]), label=f"{label(swept)} {say.value(swept, value, words)}", **towards)


live()
view.complain()
say.more("sweep")
