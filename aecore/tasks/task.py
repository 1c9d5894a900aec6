"""What a task is: what goes in, what should come out, and how the answer is scored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor

from aecore.datasets.data import Data, Split
from aecore.knobs import Knob, Spec, Value
from aecore.networks import Autoencoder
from aecore.samples import Samples

# Large enough for the matrix products to be efficient, small enough to stay in the cache.
CHUNK = 1024


@dataclass(frozen=True)
class Task(Spec, ABC):
    """A question put to an autoencoder."""

    defaults: ClassVar[Mapping[str, Value]] = {}
    """The knobs of network and fit that suit it when nobody says otherwise."""

    main: ClassVar[str] = ""
    """The score that training should lower."""

    watched: ClassVar[int] = 512
    """Held-out samples that are scored at every snapshot; the last snapshot scores them all."""

    baselines: ClassVar[tuple[str, ...]] = ()
    """Names in the table of baselines of what a model must beat."""

    @classmethod
    def narrow(cls, knobs: Mapping[str, Knob], data: Data) -> dict[str, Knob]:
        """Return the knobs of an experiment with the bounds and defaults that this task and these data leave them."""
        return dict(knobs)

    def pose(self, samples: Samples, split: Split, rng: Generator) -> Samples:
        """Return samples whose inputs go in and whose targets should come out, of one part of the data."""
        return samples

    def drawn(self, x: Tensor, target: Tensor, rng: Generator) -> Tensor:
        """Return the inputs of one training step, where chance has its part in them; `x` is what was posed."""
        return x

    @abstractmethod
    def score(self, model: Autoencoder, samples: Samples) -> dict[str, float]:
        """Return the scores by name on posed samples."""


@torch.inference_mode()
def restored_scores(model: Autoencoder, samples: Samples) -> dict[str, float]:
    """Return the scores of restored pictures.

    Returns
    -------
    dict of float
        ``test_error``: the squared error summed over pixels; ``psnr``: the peak signal-to-noise ratio in
        decibels, white being 1. Both are means over samples.
    """
    errors = torch.cat(
        [
            (model(inputs) - targets).square().flatten(1).sum(1)
            for inputs, targets in zip(samples.inputs.split(128), samples.targets.split(128), strict=True)
        ]
    )
    ratios = -10 * torch.log10(errors.clamp(min=1e-9) / samples.targets[0].numel())
    return {"test_error": float(errors.mean()), "psnr": float(ratios.mean())}
