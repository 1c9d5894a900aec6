"""Anomaly detection: trained on what is normal alone, a network gives back what is odd less well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Generator, Tensor
from torch.nn import functional

from aecore.datasets.data import Data, Split
from aecore.knobs import Knob, Value, choice, knob
from aecore.networks import Autoencoder
from aecore.samples import Samples
from aecore.tasks.task import CHUNK, Task

# Kinds of damage, in turn, to every other held-out picture where nothing else is odd.
FLAWS = ("scratch", "block", "blur")


@dataclass(frozen=True)
class Anomaly(Task):
    """Tell what is odd from what is normal, having seen only the latter.

    Of data with classes one class is the norm, and everything else is odd, or the other way round. Pictures without
    classes are normal as they are; every other held-out one is damaged by a scratch, a dead block or a blur.
    The labels that are posed say which: 0 for what is normal, 1 and more for what is odd.

    Parameters
    ----------
    single : int
        The class.
    norm : str
        ``"single"``: that class alone is normal; ``"rest"``: it alone is odd.

    References
    ----------
    N. Japkowicz, C. Myers, M. Gluck, A novelty detection approach to classification, IJCAI 1995, 518-523.
    """

    name = "anomaly"
    main = "test_error"
    watched = 1000
    defaults: ClassVar[Mapping[str, Value]] = {
        "hidden": (256, 64),
        "latent": 16,
        "steps": 1500,
        "rate": 3e-3,
        "schedule": "one_cycle",
    }

    single: int = knob(3, 0, 9)
    norm: str = choice("single", "rest")

    @classmethod
    def narrow(cls, knobs: Mapping[str, Knob], data: Data) -> dict[str, Knob]:
        """Keep to the classes that there are; without any nothing is to be chosen."""
        if data.classes:
            return {**knobs, "single": replace(knobs["single"], high=data.classes - 1)}
        return {**knobs, **{name: replace(knobs[name], idle=True) for name in cls.knobs()}}

    def pose(self, samples: Samples, split: Split, rng: Generator) -> Samples:
        """Return what is normal of the training part; of the held-out one everything, its oddness for labels.

        As long as there are both, normal and odd held-out samples take turns, so that the first have enough of each.
        """
        if samples.labels is None:
            return samples if split == "train" else damaged(samples, rng)
        odd = (samples.labels == self.single) == (self.norm == "rest")
        posed = Samples(samples.inputs, samples.inputs, odd.long())
        if split == "train":
            return posed.at(~odd)
        place = torch.where(odd, odd.cumsum(0), (~odd).cumsum(0))
        return posed.at((2 * place + odd).argsort())

    @torch.inference_mode()
    def score(self, model: Autoencoder, samples: Samples) -> dict[str, float]:
        """Return what is lost of what is normal, and how well that tells it from what is odd.

        Returns
        -------
        dict of float
            ``test_error``: the squared error summed over features, mean over normal samples. ``auroc``: the
            probability that of a normal and an odd sample, drawn at random, the odd one has the larger error.
        """
        errors = torch.cat([squared_errors(model, x) for x in samples.inputs.split(CHUNK)])
        odd = torch.zeros(len(errors), dtype=torch.bool) if samples.labels is None else samples.labels.cpu() > 0
        found = {"test_error": float(errors[~odd.to(errors.device)].mean())}
        return found | {"auroc": auroc(errors.cpu(), odd)} if odd.any() else found


def squared_errors(model: Autoencoder, x: Tensor) -> Tensor:
    """Return the squared error of each of some inputs ``(n, *shape)``, summed over features, ``(n,)``."""
    return (model(x) - x).square().flatten(1).sum(1)


def auroc(scores: ArrayLike, odd: ArrayLike) -> float:
    """Return the area under the receiver operating characteristic of scores ``(n,)`` that are high where odd.

    References
    ----------
    J. A. Hanley and B. J. McNeil, The meaning and use of the area under a receiver operating characteristic (ROC)
    curve, Radiology 143 (1982) 29-36.

    Examples
    --------
    >>> auroc([0.1, 0.4, 0.3, 0.9], [False, False, True, True])
    0.75
    """
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(np.asarray(odd), np.asarray(scores)))


def damaged(samples: Samples, rng: Generator) -> Samples:
    """Return pictures ``(n, height, width)`` of which every other is damaged; labels count from 1 in ``FLAWS``."""
    x = samples.inputs.clone()
    labels = torch.zeros(len(x), dtype=torch.int64)
    for i in range(1, len(x), 2):
        kind = i // 2 % len(FLAWS)
        DAMAGES[kind](x[i], rng)
        labels[i] = kind + 1
    return Samples(x, x, labels)


def _scratch(picture: Tensor, rng: Generator) -> None:
    """Draw a thin line from the left edge to the right one or from the upper one to the lower one."""
    side = max(picture.shape)
    start, end, shade, turned = torch.rand(4, generator=rng).tolist()
    at = torch.linspace(0, 1, 2 * side)
    along, across = at, start + (end - start) * at
    rows, columns = (along, across) if turned > 0.5 else (across, along)
    height, width = picture.shape
    picture[(rows * (height - 1)).round().long(), (columns * (width - 1)).round().long()] = round(shade)


def _block(picture: Tensor, rng: Generator) -> None:
    """Blacken or whiten a square of a quarter of the sides."""
    side = max(2, min(picture.shape) // 4)
    top, left = (int(torch.randint(length - side + 1, (), generator=rng)) for length in picture.shape)
    picture[top : top + side, left : left + side] = torch.randint(2, (), generator=rng).float()


def _blur(picture: Tensor, rng: Generator) -> None:
    """Take the mean of each pixel's five by five neighbours."""
    around = functional.pad(picture[None, None], (2, 2, 2, 2), mode="replicate")
    picture.copy_(functional.avg_pool2d(around, 5, stride=1)[0, 0])


DAMAGES = (_scratch, _block, _blur)
