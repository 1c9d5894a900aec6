"""Watching a run: the buttons that steer it and the pictures that follow it, live."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui import resources, say

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from aecore.baselines import Pca
    from aecore.datasets import Data
    from aecore.experiment import Experiment
    from aecore.networks import Autoencoder
    from aecore.runs import Event, Run, State
    from aecore.samples import Samples
    from aecore.text import Say

# Seconds between two looks at a run under way.
LOOK = 0.15
# Held-out samples that the pictures show; the scores are of all.
SHOWN = 1000
MOVING = ("queued", "running")


@dataclass(frozen=True)
class Seen:
    """What a visitor sees of a run at one moment.

    Attributes
    ----------
    experiment : Experiment
    run : Run
    state : State
    history : list of Event
    step : int
        The step that the pictures show; 0, the untrained network, before there is a run.
    beside : tuple of int
        The latest steps of the further runs that the pictures show.
    choices : mapping
        What the visitor has chosen to see, by name, such as the noise of a test.
    """

    experiment: Experiment
    run: Run
    state: State
    history: list[Event]
    step: int
    beside: tuple[int, ...] = ()
    choices: Mapping[str, Hashable] = field(default_factory=dict)

    @property
    def moment(self) -> tuple[object, ...]:
        """Changes whenever a picture of the run may."""
        chosen = tuple(self.choices.items())
        return self.step, len(self.history), self.state.stage, self.pca is None, self.beside, chosen

    def choose(self, **choices: Hashable) -> Seen:
        """Return the same moment with what the visitor has chosen to see of it."""
        return replace(self, choices={**self.choices, **choices})

    @property
    def error(self) -> float | None:
        """The task's main score on the held-out samples that are scored at every snapshot."""
        return self.history[-1].scores[f"watched_{self.experiment.task.main}"] if self.history else None

    @cached_property
    def model(self) -> Autoencoder:
        """The model at :attr:`step`."""
        return _model(self.experiment, self.step)

    @cached_property
    def held_out(self) -> Samples:
        """The first held-out samples, as the task poses them."""
        return _held_out(self.experiment)

    @cached_property
    def singular_values(self) -> np.ndarray:
        """The singular values of the encoder's Jacobian."""
        return _singular_values(self.experiment, self.step)

    def at(self, step: int) -> Autoencoder:
        """The model at another step whose weights are kept."""
        return _model(self.experiment, step)

    @cached_property
    def pca(self) -> Pca | None:
        """PCA of the training data, from the second picture on."""
        return _pca(self.run.folder) if (self.run.folder / "baselines" / "pca.safetensors").exists() else None

    @cached_property
    def pca_errors(self) -> np.ndarray | None:
        """PCA's error for every code size from 1, on the very samples that :attr:`error` is of."""
        from aecore.training import WATCHED

        return self.pca.errors(self.held_out.inputs[:WATCHED]).numpy() if self.pca else None

    @property
    def pca_error(self) -> float | None:
        """PCA's error at the model's code size; ``None`` for a code as large as the input, which loses nothing."""
        sizes = self.pca_errors
        return None if sizes is None or self.model.n_latent >= len(sizes) else float(sizes[self.model.n_latent - 1])


def gabor_share(experiment: Experiment, step: int) -> float:
    """Return the share of the filters of a run that a Gabor function explains; takes a second."""
    from aecore import views

    return views.gabor_share(views.filters(_model(experiment, step)))


def ica_gabor_share(data: Data) -> float:
    """Return the same of FastICA's filters on the same data; takes seconds."""
    from aecore import baselines, views

    return views.gabor_share(baselines.Ica.fit(data.load("train")).filters.numpy())


@lru_cache(maxsize=32)
def _singular_values(experiment: Experiment, step: int) -> np.ndarray:
    from aecore import views

    return views.singular_values(_model(experiment, step), _held_out(experiment).inputs)


def see(experiment: Experiment, beside: Sequence[Experiment] = ()) -> Seen:
    """Look at the run of an experiment as it stands now."""
    run = resources.run_of(experiment.key)
    state = resources.executor().state(run)
    history = run.history
    step = _reachable(experiment, history[-1].step) if history else 0
    others = tuple(len(resources.run_of(one.key).history) for one in beside)
    return Seen(experiment, run, state, history, step, others)


def _reachable(experiment: Experiment, step: int) -> int:
    """Return the latest step whose weights could be read, and keep its model ready."""
    try:
        _model(experiment, step)
    except LookupError:
        # The worker has replaced that snapshot by a newer one in between, or the folder was cut.
        steps = resources.run_of(experiment.key).steps
        return steps[-1] if steps else 0
    return step


@lru_cache(maxsize=32)
def _model(experiment: Experiment, step: int) -> Autoencoder:
    from aecore.training import revive

    run = resources.run_of(experiment.key)
    snapshot = run.snapshot(step)
    if snapshot:
        return revive(experiment, snapshot)
    if step:
        raise LookupError(step)
    return experiment.build().eval()


@lru_cache(maxsize=8)
def _pca(folder: Path) -> Pca | None:
    from aecore.runs import Run

    return Run(folder).baselines().get("pca")  # type: ignore[return-value]


@lru_cache(maxsize=8)
def _held_out(experiment: Experiment) -> Samples:
    from aecore.training import posed

    return posed(experiment, "test").at(slice(SHOWN))


def training(
    experiment: Experiment,
    draw: Callable[[Seen], None],
    *,
    beside: Sequence[Experiment] = (),
    together: Sequence[Experiment] = (),
) -> None:
    """Show the buttons of a run and, below them, its pictures; they follow it while it goes.

    Parameters
    ----------
    experiment : Experiment
        Its run need not exist.
    draw : callable
        Draws the pictures of what it is given; called anew whenever that changes.
    beside : sequence of Experiment
        Further runs that the pictures show.
    together : sequence of Experiment
        Further runs that the pictures show and that are trained, stopped and taken up with the first.
    """
    from aecore.datasets import DamagedFile

    words = say.words()
    beside = (*beside, *together)
    state = _state(experiment)
    if not resources.keeps():
        st.info(words("watch.kept_nowhere"), icon=":material/hard_drive:")
    _buttons((experiment, *together), state, words)
    moving = _moving((experiment, *beside))

    @st.fragment(run_every=LOOK if moving else None)
    def live() -> None:
        if st.session_state.pop("begun", False):
            st.rerun()
        seen = see(experiment, beside)
        _progress(seen, words)
        try:
            draw(seen)
        except DamagedFile as damaged:
            st.error(words("reason.damaged_data", detail=damaged.name), icon=":material/error:")
        if moving != _moving((experiment, *beside)):
            st.rerun()

    live()


def _moving(experiments: Sequence[Experiment]) -> bool:
    return resources.awaited() or any(_state(one).stage in MOVING for one in experiments)


def _buttons(runs: Sequence[Experiment], state: State, words: Say) -> None:
    """Show what can be done with runs, given the state of the first."""
    steps = runs[0].fit.steps
    again = {"key": "again", "icon": ":material/replay:", "on_click": _again, "args": runs}
    with st.container(horizontal=True, vertical_alignment="center", key="buttons"):
        # In a room of their own, so that a button more does not push the rest aside.
        with st.container(horizontal=True, width="content", key="steer"):
            if state.stage in MOVING:
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
        wish = {"on_change": _wish, "args": runs, "persist_state": "session"}
        st.toggle(words("watch.slow"), key="slow", help=words("watch.slow_help"), **wish)
        with st.popover(words("watch.until"), icon=":material/flag:", key="until"):
            st.number_input(words("watch.until_step"), 1, steps, None, key="until_step", **wish)
            st.number_input(words("watch.until_error"), 0.0, None, None, key="until_error", **wish)
            st.checkbox(words("watch.until_plateau"), key="until_plateau", help=words("watch.plateau_help"), **wish)


def sweep_buttons(lesson: str, experiments: Sequence[Experiment]) -> None:
    """Show the button that trains several experiments of a lesson behind whatever else goes on."""
    words = say.words()
    if any(_state(one).stage in MOVING for one in experiments):
        st.button(words("watch.sweep_stop"), key="sweep_stop", icon=":material/stop:", on_click=_stop, args=experiments)
    elif any(_state(one).stage != "done" for one in experiments):
        help = words(f"{lesson}.sweep_help", steps=experiments[0].fit.steps)
        asked = {"key": "sweep", "icon": ":material/stacked_line_chart:", "help": help}
        st.button(words(f"{lesson}.sweep"), on_click=_sweep, args=experiments, **asked)


def _sweep(*experiments: Experiment) -> None:
    resources.executor().submit(experiments, background=True)
    # Pressed inside the fragment: only a whole rerun declares it anew, to follow what has begun.
    st.session_state.begun = True


def _state(experiment: Experiment) -> State:
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
    from aecore.runs import Wishes

    waiting = [one for one in experiments if _state(one).stage != "done"]
    try:
        resources.executor().submit(waiting, wishes=Wishes(**(_wishes() | changes)))  # type: ignore[arg-type]
    except OSError:
        st.session_state.trouble = "unwritable"


def _one_step(*experiments: Experiment) -> None:
    history = resources.run_of(experiments[0].key).history
    _train(*experiments, until=history[-1].step + 1 if history else 1)


def _again(*experiments: Experiment) -> None:
    for experiment in experiments:
        resources.runs().discard(experiment)
    _train(*experiments)


def _stop(*experiments: Experiment) -> None:
    for experiment in experiments:
        if not _state(experiment).is_final:
            resources.run_of(experiment.key).cancel()


def _wish(*experiments: Experiment) -> None:
    for experiment in experiments:
        run = resources.run_of(experiment.key)
        if run.state.stage in MOVING:
            run.wish(**_wishes())


_paces: dict[str, deque[tuple[float, int]]] = {}


def _steps_a_second(seen: Seen) -> float | None:
    """Return how fast the run has gone lately, by the clock on the wall."""
    pace = _paces.setdefault(seen.run.key, deque(maxlen=25))
    if not pace or pace[-1][1] < seen.step:
        pace.append((time.monotonic(), seen.step))
    elif pace[-1][1] > seen.step:
        pace.clear()
    if len(pace) < 2 or pace[-1][0] - pace[0][0] < 1:
        return None
    return (pace[-1][1] - pace[0][1]) / (pace[-1][0] - pace[0][0])


def _progress(seen: Seen, words: Say) -> None:
    """Say how far the run is, or how it ended and what can be done."""
    state, steps = seen.state, seen.experiment.fit.steps
    numbers = {"step": seen.step, "steps": steps, "seconds": state.seconds, "detail": state.detail}
    if trouble := st.session_state.pop("trouble", None):
        st.error(words(f"reason.{trouble}", **numbers), icon=":material/error:")
    if state.stage == "failed":
        st.error(words(f"reason.{state.reason}", **numbers), icon=":material/error:")
    elif state.stage == "running":
        speed = _steps_a_second(seen)
        text = words("watch.running", **numbers)
        if speed and not seen.run.wishes.slow:
            text += " · " + words("watch.left", speed=round(speed), left=max(1, round((steps - seen.step) / speed)))
        st.progress(seen.step / steps, text=text)
    else:
        key = f"reason.{state.reason}" if state.stage == "cancelled" else f"watch.{state.stage}"
        st.progress(seen.step / steps, text=words(key, **numbers))
