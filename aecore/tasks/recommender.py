"""Recommender: a part of what somebody chose goes in, what else they chose should come out first."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from aecore import rankings
from aecore.datasets.data import Split
from aecore.knobs import knob
from aecore.networks import Autoencoder
from aecore.samples import Samples
from aecore.tasks.task import Task


@dataclass(frozen=True)
class Recommender(Task):
    """Complete histories: of each held-out one a fifth of the items is hidden, and should be ranked before all others.

    A history is a row with a place for every item: 1 where it was chosen, or a rating as a share of the highest
    one. Choices go in with one length for all. In training, what is hidden is drawn anew at each step, which makes a
    denoising autoencoder of any method. Of ratings only those that somebody gave count as targets (AutoRec).

    Parameters
    ----------
    dropped : float
        The probability with which each item of a history is hidden at a training step.

    References
    ----------
    S. Sedhain, A. K. Menon, S. Sanner, L. Xie, AutoRec: autoencoders meet collaborative filtering, WWW 2015.
    D. Liang, R. G. Krishnan, M. D. Hoffman, T. Jebara, Variational autoencoders for collaborative filtering,
    WWW 2018, arXiv:1802.05814: Mult-DAE and Mult-VAE.
    """

    name = "recommender"
    main = "test_error"

    dropped: float = knob(0.5, 0.0, 0.9, step=0.05, live=True)

    def pose(self, samples: Samples, split: Split, rng: Generator) -> Samples:
        """Return what is left of held-out histories as inputs, what is hidden of them as targets."""
        x, stars = samples.inputs, rated(samples.inputs)
        if split == "train":
            return samples._replace(targets=x.masked_fill(x == 0, torch.nan)) if stars else samples
        hidden = rankings.hidden(x, rng)
        given = x.masked_fill(hidden, 0)
        targets = x.masked_fill(~hidden, torch.nan if stars else 0.0)
        return samples._replace(inputs=given if stars else rankings.normalised(given), targets=targets)

    def drawn(self, x: Tensor, target: Tensor, rng: Generator) -> Tensor:
        """Return histories in which items are hidden anew."""
        given = x * (torch.empty_like(x).uniform_(generator=rng) >= self.dropped)
        # Ratings have other targets than what goes in.
        return rankings.normalised(given) if target is x else given

    @torch.inference_mode()
    def score(self, model: Autoencoder, samples: Samples) -> dict[str, float]:
        """Return how well what was hidden is found.

        Returns
        -------
        dict of float
            Of choices: ``ndcg``, NDCG@100, ``recall``, Recall@20, and ``test_error``, what the first lacks of 1.
            Of ratings: ``test_error``, the root of the mean squared error in shares of the highest rating; but where
            what comes out are shares of one budget, the former, with ratings for gains.
        """
        given, wanted = samples.inputs, samples.targets
        scores = model(given)
        if wanted.isnan().any() and model.link != "softmax":
            return {"test_error": float((scores - wanted)[~wanted.isnan()].square().mean().sqrt())}
        wanted = wanted.nan_to_num()
        ndcg = float(rankings.ndcg(scores, given, wanted).mean())
        return {"test_error": 1 - ndcg, "ndcg": ndcg, "recall": float(rankings.recall(scores, given, wanted).mean())}


def rated(x: Tensor) -> bool:
    """Whether histories ``(n, items)`` say how much something was liked, not only that it was chosen."""
    return bool(((x > 0) & (x < 1)).any())
