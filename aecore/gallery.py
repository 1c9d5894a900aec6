"""The gallery: trained runs that come with the project, in the folders that every run has."""

from __future__ import annotations

from pathlib import Path

from aecore.experiment import Experiment
from aecore.runs import Run

FOLDER = Path(__file__).parent.parent / "assets" / "gallery"

# What is shipped, by what it is shown for, as in an address bar.
TABLE: dict[str, str] = {
    "home": "data=mnist&method=undercomplete&net=mlp&hidden=48,24&latent=8&activation=relu&steps=12000&rate=0.005",
}


def experiment_of(name: str) -> Experiment:
    """Return the experiment of a shipped run by its name in the table."""
    return Experiment.from_query(TABLE[name])


def run_of(experiment: Experiment) -> Run | None:
    """Return the shipped run of an experiment, or ``None`` if there is none."""
    folder = FOLDER / experiment.key
    return Run(folder) if folder.exists() else None
