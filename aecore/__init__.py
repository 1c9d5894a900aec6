"""Gargalo's library: small autoencoders, trained and opened for inspection.

>>> import aecore as ae
>>> e = ae.Experiment.from_query("data=digits&net=linear&latent=4&steps=20")
>>> *_, last = ae.train(e)
>>> model = ae.revive(e, last)
>>> model.encode(e.data.load("test").inputs).shape[1]
4
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aecore.experiment import Experiment, Fit
    from aecore.runs import Run, Runs
    from aecore.samples import Samples
    from aecore.training import Diverged, Snapshot, revive, train

# Threads that wait by spinning cost six times the training's time as soon as anything else wants a
# core; OpenMP reads this once, when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# Looked up on first use: importing torch takes a second that `aecore.text` alone should not cost.
_HOMES = {
    "Diverged": "training",
    "Experiment": "experiment",
    "Fit": "experiment",
    "Run": "runs",
    "Runs": "runs",
    "Samples": "samples",
    "Snapshot": "training",
    "revive": "training",
    "train": "training",
}

__all__ = ["Diverged", "Experiment", "Fit", "Run", "Runs", "Samples", "Snapshot", "revive", "train"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'aecore' has no attribute {name!r}")
    return getattr(import_module(f"aecore.{_HOMES[name]}"), name)
