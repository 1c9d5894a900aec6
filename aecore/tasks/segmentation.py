"""Segmentation: a picture goes in, the mask of what lies in front should come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from aecore import terms
from aecore.networks import Autoencoder
from aecore.samples import Samples
from aecore.tasks.task import Task

# Pictures that go through the network at once.
CHUNK = 64


@dataclass(frozen=True)
class Segmentation(Task):
    """Say of each pixel whether it belongs to an object; the data must know the masks.

    References
    ----------
    V. Badrinarayanan, A. Kendall, R. Cipolla, SegNet: a deep convolutional encoder-decoder architecture for
    image segmentation, IEEE TPAMI 39 (2017) 2481-2495.
    """

    name = "segmentation"
    main = "test_error"
    watched = 48
    defaults: ClassVar = {"loss": "bernoulli", "carry": False}

    @torch.inference_mode()
    def score(self, model: Autoencoder, samples: Samples) -> dict[str, float]:
        """Return ``test_error``, the cross-entropy summed over pixels, ``iou`` and ``dice``; means over pictures."""
        losses, overlaps = 0.0, []
        for inputs, targets in zip(samples.inputs.split(CHUNK), samples.targets.split(CHUNK), strict=True):
            z = model.encode(inputs)
            losses += float(terms.bernoulli_cross_entropy(model.logits(z), targets)) * len(inputs)
            overlaps.append(overlap(model.decode(z) >= 0.5, targets >= 0.5))
        iou = torch.cat(overlaps)
        return {
            "test_error": losses / samples.size,
            "iou": float(iou.mean()),
            "dice": float((2 * iou / (1 + iou)).mean()),
        }


def overlap(found: Tensor, true: Tensor) -> Tensor:
    """Return the intersection over union of masks ``(n, height, width)``, shape ``(n,)``; of two empty ones 1.

    Examples
    --------
    >>> overlap(torch.tensor([[[True, True, False]]]), torch.tensor([[[False, True, True]]]))
    tensor([0.3333])
    """
    both, either = ((found & true).flatten(1).sum(1), (found | true).flatten(1).sum(1))
    return torch.where(either > 0, both / either.clamp(min=1), torch.ones(len(found)))
