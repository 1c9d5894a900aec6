"""Outcomes: how right each way of telling classes apart is with a few labels, and those that come with the project."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import NamedTuple

from aecore import gallery
from aecore.datasets import Data
from aecore.experiment import Experiment
from aecore.networks import Autoencoder
from aecore.runs import Run, write_atomically
from aecore.training import revive
from aecore.views import labelled

COUNTS = (10, 30, 100, 300, 1000, 10_000)
DRAWS = range(5)
# Those that have seen what has no labels, then those that have not.
PREPARED = ("probe", "tuned")
OTHERS = ("scratch", *labelled.RIVALS)
FILE = "outcomes.json"
# Labels up to which outcomes come with the project, and held-out inputs whose classes are kept.
SHIPPED, FIRST = 1000, 15


class Way(NamedTuple):
    """A way to tell classes apart, and the weights that it needs; no experiment for pixels and PCA, which need none."""

    name: str
    data: Data
    experiment: Experiment | None = None
    step: int = 0
    layer: labelled.Layer = "hidden"

    def called(self, count: int, seed: int) -> str:
        """Return by what name its outcome with some labels is kept."""
        weights = f"{self.experiment.key}-{self.step}-{self.layer}" if self.experiment else str(self.data)
        return f"{self.name}-{weights}-{count}-{seed}"


class Outcome(NamedTuple):
    """How much of the held-out inputs is told right, in percent, and the classes that the first of them are told."""

    right: float
    told: list[int]


def ways(experiment: Experiment, step: int, layer: labelled.Layer) -> dict[str, Way]:
    """Return all ways by name; from scratch is what tuning makes of the weights that the run began with."""
    data = experiment.data
    found = {name: Way(name, data, experiment, step, layer) for name in PREPARED}
    found["scratch"] = Way("tuned", data, experiment.fresh, 0, layer)
    return found | {name: Way(name, data) for name in labelled.RIVALS}


def counts(data: Data) -> tuple[int, ...]:
    """Return the numbers of labels that the training part of some data can give, as many of each class."""
    labels = data.load("train").labels
    most = data.classes * int(labels.bincount().min()) if labels is not None else 0
    return tuple(count for count in COUNTS if count <= most)


def of(way: Way, count: int, seed: int, model: Autoencoder | None, most: int | None = None) -> Outcome:
    """Return what a draw of `count` labels comes to on the first `most` held-out inputs; takes up to many seconds."""
    labels = way.data.load("test").labels
    assert labels is not None
    told = labelled.told(way.name, way.data, count, seed, model, way.layer, most=most)
    return Outcome(float(100 * (told == labels.numpy()[: len(told)]).mean()), told[:FIRST].tolist())


@lru_cache
def shipped() -> dict[str, Outcome]:
    """Return the outcomes that come with the project, by the names that their ways call them."""
    files = sorted(gallery.FOLDER.glob(f"*/{FILE}"))
    return {name: Outcome(*found) for file in files for name, found in json.loads(file.read_text("utf-8")).items()}


def ship(run: Run) -> None:
    """Compute what labels come to with the last weights of a run of the gallery, and keep it there; takes minutes."""
    experiment, step = run.experiment, run.state.step
    last = run.snapshot()
    assert last
    models = {step: revive(experiment, last), 0: experiment.build().eval()}
    found = {
        way.called(count, seed): of(way, count, seed, models[way.step] if way.experiment else None)
        for way in ways(experiment, step, "hidden").values()
        for count in counts(experiment.data)
        if count <= SHIPPED
        for seed in DRAWS
    }
    write_atomically(run.folder / FILE, json.dumps(found).encode())
    shipped.cache_clear()
