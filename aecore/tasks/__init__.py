"""Tasks: what autoencoders are good for."""

from aecore.tasks.reconstruction import Reconstruction
from aecore.tasks.task import Task

TABLE: dict[str, type[Task]] = {
    "reconstruction": Reconstruction,
}

__all__ = ["TABLE", "Reconstruction", "Task"]
