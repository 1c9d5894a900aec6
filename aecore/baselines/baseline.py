"""What a baseline is: what a model must beat, fitted on the same data."""

from __future__ import annotations

from typing import Protocol, Self

from torch import Tensor

from aecore.samples import Samples


class Baseline(Protocol):
    """Something that is fitted once and kept beside a run as named tensors."""

    @classmethod
    def fit(cls, samples: Samples) -> Self:
        """Fit to the training part of the data."""
        ...

    def _asdict(self) -> dict[str, Tensor]:
        """Return what is kept, by the names of the constructor's arguments."""
        ...


class Denoiser(Baseline, Protocol):
    """A baseline that is fitted to noisy inputs and their clean targets."""

    def denoise(self, x: Tensor) -> Tensor:
        """Return the estimate of what noisy inputs ``(n, *shape)`` were, same shape."""
        ...


class Ranker(Baseline, Protocol):
    """A baseline that is fitted to histories and ranks what could follow."""

    def rank(self, x: Tensor) -> Tensor:
        """Return a score for each item of histories ``(n, items)``, same shape; what is highest comes first."""
        ...
