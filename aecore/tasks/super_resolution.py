"""Super-resolution: a picture that was made small and large again goes in, the fine one should come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor
from torch.nn import functional

from aecore.datasets.data import Split
from aecore.knobs import knob
from aecore.networks import Autoencoder
from aecore.samples import Samples
from aecore.tasks.task import Task, restored_scores


@dataclass(frozen=True)
class SuperResolution(Task):
    """Give back what a picture lost by being made `factor` times smaller.

    What goes in has the size of what comes out: the small picture enlarged by bicubic interpolation, which is
    also what must be beaten.

    References
    ----------
    C. Dong, C. C. Loy, K. He, X. Tang, Image super-resolution using deep convolutional networks, IEEE TPAMI 38
    (2016) 295-307.
    """

    name = "super_resolution"
    main = "test_error"
    watched = 48
    defaults: ClassVar = {"steps": 3000}

    factor: int = knob(2, 2, 4)

    def pose(self, samples: Samples, split: Split, rng: Generator) -> Samples:
        """Return enlarged small pictures as inputs, the fine ones as targets."""
        return samples._replace(inputs=coarse(samples.inputs, self.factor), targets=samples.targets)

    def score(self, model: Autoencoder, samples: Samples) -> dict[str, float]:
        """Return ``test_error``, the squared error summed over pixels, and ``psnr`` in dB, means over samples."""
        return restored_scores(model, samples)


def small(x: Tensor, factor: int) -> Tensor:
    """Return pictures ``(n, height, width)`` in [0, 1], `factor` times smaller, in steps of 1/255."""
    shrunk = functional.interpolate(x[:, None], scale_factor=1 / factor, mode="bicubic", antialias=True)
    return (shrunk[:, 0] * 255).round().clamp(0, 255) / 255


def enlarged(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Return pictures ``(n, height, width)`` at another size, by bicubic interpolation, within [0, 1]."""
    return functional.interpolate(x[:, None], size=size, mode="bicubic", antialias=True)[:, 0].clamp(0, 1)


def coarse(x: Tensor, factor: int) -> Tensor:
    """Return pictures as they are after being made small and large again."""
    found = [enlarged(small(part, factor), (x.shape[1], x.shape[2])) for part in x.split(1024)]
    return torch.cat(found)
