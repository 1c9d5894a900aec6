"""Tasks: what autoencoders are good for."""

from aecore.tasks.anomaly import Anomaly
from aecore.tasks.audio import Audio
from aecore.tasks.compression import Compression
from aecore.tasks.molecules import Molecules
from aecore.tasks.noise_removal import NoiseRemoval
from aecore.tasks.notes import Notes
from aecore.tasks.preparation import Preparation
from aecore.tasks.recommender import Recommender
from aecore.tasks.reconstruction import Reconstruction
from aecore.tasks.segmentation import Segmentation
from aecore.tasks.super_resolution import SuperResolution
from aecore.tasks.task import Task

TABLE: dict[str, type[Task]] = {
    "reconstruction": Reconstruction,
    "noise_removal": NoiseRemoval,
    "super_resolution": SuperResolution,
    "segmentation": Segmentation,
    "audio": Audio,
    "notes": Notes,
    "molecules": Molecules,
    "recommender": Recommender,
    "compression": Compression,
    "preparation": Preparation,
    "anomaly": Anomaly,
}

__all__ = [
    "TABLE",
    "Anomaly",
    "Audio",
    "Compression",
    "Molecules",
    "NoiseRemoval",
    "Notes",
    "Preparation",
    "Recommender",
    "Reconstruction",
    "Segmentation",
    "SuperResolution",
    "Task",
]
