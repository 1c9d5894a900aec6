"""Reconstruction: the input is its own target."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from aecore import terms
from aecore.networks import Autoencoder
from aecore.samples import Samples
from aecore.tasks.task import CHUNK, Task


@dataclass(frozen=True)
class Reconstruction(Task):
    """Give back what went in."""

    name = "reconstruction"
    main = "test_error"
    baselines = ("pca",)

    @torch.inference_mode()
    def score(self, model: Autoencoder, samples: Samples) -> dict[str, float]:
        """Return ``test_error``: the squared error summed over features, the mean over samples."""
        total = 0.0
        for inputs, targets in zip(samples.inputs.split(CHUNK), samples.targets.split(CHUNK), strict=True):
            total += float(terms.squared_error(model(inputs), targets)) * len(inputs)
        return {"test_error": total / samples.size}
