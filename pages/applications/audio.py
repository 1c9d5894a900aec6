"""Audio: a model that has seen half seconds of noisy speech takes the noise off whole recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from aecore import figures, views
from aecore.knobs import Knob
from aecore.text import Say
from pages._ui import heard, resources, say, show, turn, view, watch
from pages._ui.seen import Seen, cleaned_gains, gated_gains

if TYPE_CHECKING:
    from aecore.sounds import Wave

NOISES = Knob("white", options=("white", "hum", "babble"))
RATIO = Knob(5, low=-5, high=20)
COLUMNS = 8
RATIOS = (0, 5, 10, 15)
JUDGED = 12  # held-out recordings behind the table

say.lesson("audio")
experiment = turn.experiment(
    task="audio",
    method=("undercomplete", "contractive", "sparse", "vae", "beta_vae"),
    data=("noisy_speech",),
    net=("maps", "unet", "conv", "mlp"),
    looks=("recording", "disturbed", "ratio"),
)


def patches_error(seen: Seen, words: Say) -> Any:
    samples = seen.held_out.at(slice(experiment.task.watched))
    untouched = float((samples.inputs - samples.targets).square().flatten(1).sum(1).mean())
    steps = [event.step for event in seen.history]
    errors = [event.scores["watched_test_error"] for event in seen.history]
    noisy = words("audio.noisy")
    return figures.lines(
        steps,
        {words("audio.rebuilt"): errors, noisy: [untouched] * len(steps)},
        title=words("audio.error"),
        axes=(words("figure.error.x"), words("figure.error.y")),
        baselines={noisy: "noisy"},
        span=(0, experiment.fit.steps),
        marks=show.turns(seen, words),
        say=words,
    )


def patches(seen: Seen, words: Say) -> Any:
    rows = views.patches(seen.model, seen.held_out.at(slice(0, 5 * COLUMNS, 5)))
    return figures.rows([*rows.values()], names=[words(f"audio.{name}") for name in rows], say=words)


def cleaned_recording(seen: Seen, words: Say) -> list[heard.Sounded]:
    number, kind, ratio = (seen.choices[name] for name in ("recording", "disturbed", "ratio"))
    noisy, noise = views.noisy_recording(number, kind, ratio)
    clean = views.recording(number)
    waves = {"noisy": noisy, "rebuilt": views.cleaned(seen.of_sounds, noisy), "gated": views.gated(noisy, noise)}
    return heard.sounded({**waves, "clean": clean}, words, names="audio", true=clean)


def gains(seen: Seen) -> list[dict[tuple[str, int], float] | None]:
    """Return by how much the network and gating raise the ratio at each kind and level; ``None`` until it is known."""
    places = tuple((kind, ratio) for kind in NOISES.options for ratio in RATIOS)
    of_gating = resources.aside(gated_gains, places, JUDGED)
    return [resources.aside(cleaned_gains, seen.experiment, seen.step, places, JUDGED), of_gating]


def table(seen: Seen) -> None:
    words = say.words()
    st.header(words("photo.scores"), anchor=False)
    network, gating = gains(seen)
    with st.container(key="gains"):  # keeps its room while it fills
        if network is None or gating is None:
            st.caption(words("audio.pending"))
            return
        for kind in NOISES.options:
            rows = {
                words(f"audio.{name}"): {words("audio.at", ratio=ratio): found[kind, ratio] for ratio in RATIOS}
                for name, found in (("rebuilt", network), ("gated", gating))
            }
            show.scores(rows, words, unit=words(f"option.disturbed.{kind}") + ", dB")
        st.caption(words("audio.scores", count=JUDGED))


def own(seen: Seen, wave: Wave) -> dict[str, Wave]:
    return {"own": wave, "rebuilt": views.cleaned(seen.of_sounds, wave), "gated": views.gated(wave)}


def draw(seen: Seen) -> None:
    words = say.words()
    said = views.heard()
    which, what, level = st.columns([2, 3, 3])
    with which:
        number = said[view.choose("recording", Knob(next(iter(said)), options=tuple(said)), format_func=str)]
    with what:
        kind = view.choose("disturbed", NOISES)
    with level:
        ratio = view.choose("ratio", RATIO)
    seen = seen.choose(recording=number, disturbed=kind, ratio=ratio)
    heard.held_out(seen, cleaned_recording)
    st.caption(words("audio.axes"))
    show.row(seen, patches, patches_error, height=420)
    if seen.state.is_final and seen.step and not seen.travelled:
        table(seen)
    st.header(words("heard.own_heading"), anchor=False)
    heard.own(seen, own, words, names="audio")


watch.training(experiment, draw)
say.more("audio")
