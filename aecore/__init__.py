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

# How long OpenMP's threads spin before they sleep. Its default doubles nothing on an idle machine but
# makes a step ten times as long as soon as anything else wants a core (measured on two: 8 and 85 ms;
# with 1,000 turns 6.5 and 16 ms; without any 11 and 12 ms). Read once, when torch is imported.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

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
