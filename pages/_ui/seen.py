"""What a visitor sees of a run at one moment; models and data are kept for all visitors."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from pages._ui import resources

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from aecore.baselines import Pca
    from aecore.datasets import Data
    from aecore.experiment import Experiment
    from aecore.knobs import Value
    from aecore.networks import Autoencoder
    from aecore.runs import Event, Run, State
    from aecore.samples import Samples
    from aecore.views import Alarm

# Held-out samples that the pictures show; the scores are of all.
SHOWN = 1000


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

    @property
    def turns(self) -> dict[int, dict[str, Value]]:
        """The steps at which knobs were turned, and what each became."""
        found, child = {}, self.experiment
        while child.start:
            parent, step = child.start
            before = parent.flat()
            found[step] = {name: value for name, value in child.flat().items() if before.get(name) != value}
            child = parent
        return found

    def back(self, step: int) -> Seen:
        """Return what was seen of the run when it had come to a step whose weights are kept."""
        if step >= self.step:
            return self
        kept = max((one for one in self.run.steps if one <= step), default=0)
        return replace(self, step=kept, history=[event for event in self.history if event.step <= kept])

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
    def alarms(self) -> Sequence[Alarm]:
        """What has gone wrong inside the code."""
        from aecore import views

        return views.alarms(self.model, self.held_out.inputs)

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


def ica(data: Data) -> tuple[np.ndarray, float]:
    """Return FastICA's filters on the same data and the share of them that a Gabor function explains; takes seconds."""
    from aecore import baselines, views

    filters = baselines.Ica.fit(data.load("train")).filters.numpy()
    return filters, views.gabor_share(filters)


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


@lru_cache(maxsize=64)
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
