"""The table of pages: folder and file of each, in the order of the navigation and of the cards on home."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aecore.experiment import Experiment

PAGES = {
    "lessons": ("home", "undercomplete", "denoising", "contractive", "sparse", "vae", "beta_vae"),
    "applications": (
        "noise_removal",
        "super_resolution",
        "segmentation",
        "audio",
        "notes",
        "molecules",
        "preparation",
        "recommender",
        "compression",
        "anomaly",
    ),
    "tools": ("explorer", "your_data", "gallery", "present", "board", "sweep"),
}


def page_of(experiment: Experiment) -> str:
    """Return the page that shows an experiment: its task's, or the lesson of its method."""
    task, method = experiment.task.name, experiment.method.name
    return f"lessons/{method}.py" if task == "reconstruction" else f"applications/{task}.py"
