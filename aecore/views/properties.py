"""Properties: what makes a code a code, in numbers of the model at hand."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from aecore.networks import Autoencoder
from aecore.samples import Samples


class Properties(NamedTuple):
    """The four properties of an undercomplete autoencoder.

    Attributes
    ----------
    agreement, chance : float or None
        Share of samples whose nearest neighbour in code space has the same label, and the share that
        guessing the most frequent label gets; ``None`` without labels. Training has read no label.
    features, likeness : int and float
        Number of features, and the mean over them of the largest absolute correlation with any single input
        value: 1 if every feature were a copy of one.
    inputs, codes : int
        Dimensions before and after the encoder.
    explained : float
        Share of the inputs' variance that the reconstructions keep; below 0 where they are worse than the mean.
    """

    agreement: float | None
    chance: float | None
    features: int
    likeness: float
    inputs: int
    codes: int
    explained: float


@torch.inference_mode()
def properties(model: Autoencoder, samples: Samples) -> Properties:
    """Measure the four properties on held-out samples."""
    codes = model.encode(samples.inputs)
    x = samples.inputs.flatten(1)
    lost = (model.decode(codes).flatten(1) - x).square().sum(1).mean()
    agreement = chance = None
    if samples.labels is not None:
        agreement = _agreement(codes, samples.labels)
        chance = float(samples.labels.bincount().max() / samples.size)
    explained = float(1 - lost / (x - x.mean(0)).square().sum(1).mean())
    likeness = _likeness(codes, x)
    return Properties(agreement, chance, codes.shape[1], likeness, x.shape[1], codes.shape[1], explained)


def _agreement(codes: Tensor, labels: Tensor) -> float:
    distances = torch.cdist(codes, codes).fill_diagonal_(torch.inf)
    return float((labels[distances.argmin(1)] == labels).float().mean())


def _likeness(codes: Tensor, x: Tensor) -> float:
    def standardised(columns: Tensor) -> Tensor:
        return (columns - columns.mean(0)) / columns.std(0, correction=0).clamp(min=1e-6)

    correlations = (standardised(codes).T @ standardised(x)).abs() / len(x)
    return float(correlations.amax(1).mean())
