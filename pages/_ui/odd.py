"""What is odd: how a run and others judge held-out samples, and how a visitor's own picture fares."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pages._ui import resources
from pages._ui.seen import see

if TYPE_CHECKING:
    from aecore.experiment import Experiment
    from aecore.knobs import Knob
    from aecore.samples import Samples
    from aecore.views import Norm

# Training samples that a norm is made of.
KNOWN = 6000


def allowed() -> Knob:
    """Return the choice of the percentage of normal samples that may be flagged."""
    from aecore.knobs import Knob

    return Knob(5, low=1, high=30)


def judge(experiment: Experiment) -> Knob:
    """Return the choice of a measure of oddness, of those that the method has."""
    from aecore.knobs import Knob
    from aecore.methods.vae import Vae

    measures = ("both", "angle", "density", "error", *(("bound",) if isinstance(experiment.method, Vae) else ()))
    return Knob(measures[0], options=measures)


@lru_cache(maxsize=4)
def normal(experiment: Experiment) -> Any:
    """Return the first training samples of an experiment, all of them normal."""
    from aecore.training import posed

    return posed(experiment, "train").inputs[:KNOWN].clone()


@lru_cache(maxsize=8)
def norm(experiment: Experiment, step: int) -> Norm:
    """Return what a run holds for normal at a step."""
    from aecore import views

    return views.Norm(see(experiment).at(step), normal(experiment))


@lru_cache(maxsize=16)
def judged(experiment: Experiment, step: int) -> dict[str, np.ndarray]:
    """Return how odd a run finds the first held-out samples, by every measure."""
    return norm(experiment, step).oddness(see(experiment).held_out.inputs, experiment.method)


def odd(samples: Samples) -> np.ndarray:
    """Return which of some posed samples are odd."""
    assert samples.labels is not None
    return samples.labels.numpy() > 0


class Judged(NamedTuple):
    """How odd somebody finds all held-out samples, by every measure, and which of them are odd."""

    scores: dict[str, np.ndarray]
    odd: np.ndarray


def all_judged(experiment: Experiment, step: int) -> Judged:
    """Return what a run makes of all held-out samples; takes seconds."""
    from aecore.training import posed

    samples = posed(experiment, "test")
    return Judged(norm(experiment, step).oddness(samples.inputs, experiment.method), odd(samples))


def all_judged_otherwise(experiment: Experiment) -> Judged:
    """Return what the baselines make of all held-out samples; takes seconds."""
    from aecore import views
    from aecore.training import posed

    samples = posed(experiment, "test")
    return Judged(views.oddness_otherwise(normal(experiment), samples.inputs), odd(samples))


def otherwise(experiment: Experiment) -> Judged | None:
    """Return what the baselines make of all held-out samples, once it is known: the same for every run on such data."""
    from aecore.experiment import Experiment

    parts = {"data": experiment.data, "task": experiment.task}
    same = {name: value for part in parts.values() for name, value in part.to_dict().items()}
    plain = Experiment.settle({name: part.name for name, part in parts.items()} | same | {"seed": experiment.seed})
    return resources.aside(all_judged_otherwise, plain.experiment)
