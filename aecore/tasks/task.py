"""What a task is: what goes in, what should come out, and how the answer is scored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from torch import Generator

from aecore.knobs import Spec
from aecore.networks import Autoencoder
from aecore.samples import Samples


@dataclass(frozen=True)
class Task(Spec, ABC):
    """A question put to an autoencoder."""

    main: ClassVar[str] = ""
    """The score that training should lower."""

    baselines: ClassVar[tuple[str, ...]] = ()
    """Names in the table of baselines of what a model must beat."""

    def pose(self, samples: Samples, rng: Generator) -> Samples:
        """Return samples whose inputs go in and whose targets should come out."""
        return samples

    @abstractmethod
    def score(self, model: Autoencoder, samples: Samples) -> dict[str, float]:
        """Return the scores by name on posed samples."""
