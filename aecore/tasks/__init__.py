"""Tasks: what autoencoders are good for."""

from aecore.tasks.molecules import Molecules
from aecore.tasks.noise_removal import NoiseRemoval
from aecore.tasks.recommender import Recommender
from aecore.tasks.reconstruction import Reconstruction
from aecore.tasks.super_resolution import SuperResolution
from aecore.tasks.task import Task

TABLE: dict[str, type[Task]] = {
    "reconstruction": Reconstruction,
    "noise_removal": NoiseRemoval,
    "super_resolution": SuperResolution,
    "molecules": Molecules,
    "recommender": Recommender,
}

__all__ = ["TABLE", "Molecules", "NoiseRemoval", "Recommender", "Reconstruction", "SuperResolution", "Task"]
