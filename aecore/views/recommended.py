"""Recommended: what a model would have somebody choose next, and because of what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aecore import rankings
from aecore.baselines import Ranker
from aecore.networks import Autoencoder
from aecore.samples import Samples


class Recommended(NamedTuple):
    """Items, the best first.

    Attributes
    ----------
    items : tuple of int
    scores : tuple of float
        Of each; their scale is the model's own.
    reasons : tuple of int
        For each the item of the history that speaks most for it.
    """

    items: tuple[int, ...]
    scores: tuple[float, ...]
    reasons: tuple[int, ...]


@torch.inference_mode()
def item_vectors(model: Autoencoder) -> np.ndarray:
    """Return where each item lies: its row of the decoder's last layer, of length one, shape ``(items, units)``."""
    last = [layer for layer in model.decoder if isinstance(layer, nn.Linear)][-1]
    return F.normalize(last.weight).numpy()


@torch.inference_mode()
def recommended(model: Autoencoder, history: Sequence[int], count: int, *, stars: bool = False) -> Recommended:
    """Return what follows a history; the reason is the nearest of its items by the cosine of their vectors.

    Parameters
    ----------
    model : Autoencoder
        Of rows with a place for each item.
    history : sequence of int
        Items, at least one; none of them is recommended.
    count : int
    stars : bool
        Whether the model was trained on ratings; the items of the history then have the highest one.
    """
    [found] = following(model, _row(history, model.shape[0]).numpy(), count, stars=stars)
    return found


@torch.inference_mode()
def following(model: Autoencoder, rows: np.ndarray, count: int, *, stars: bool = False) -> list[Recommended]:
    """Return what follows each of several histories ``(n, items)``, none of them empty; as :func:`recommended`."""
    given = torch.from_numpy(rows)
    x = given if stars else rankings.normalised((given > 0).float())
    vectors, found = item_vectors(model), []
    for row in x.split(1):
        history = row[0].nonzero()[:, 0].tolist()
        found.append(_first(model(row), row, history, vectors @ vectors[history].T, count))
    return found


@torch.inference_mode()
def ranked(ranker: Ranker, history: Sequence[int], items: int, count: int) -> Recommended:
    """Return what a baseline would have follow a history; the reason is the item without which it would score least."""
    x = _row(history, items)
    without = torch.stack([x[0].index_fill(0, torch.tensor(item), 0) for item in history])
    weighed = (ranker.rank(x) - ranker.rank(without)).T.numpy()
    return _first(ranker.rank(x), x, history, weighed, count)


@torch.inference_mode()
def ranking_quality(ranker: Ranker, samples: Samples) -> dict[str, float]:
    """Return NDCG@100 and Recall@20 of a baseline on posed samples or, where they hold ratings, ``test_error``."""
    given, wanted = samples.inputs, samples.targets
    scores = ranker.rank(given)
    seen = ~wanted.isnan()
    if not seen.all():
        return {"test_error": float((scores - wanted)[seen].square().mean().sqrt())}
    found = {"ndcg": rankings.ndcg(scores, given, wanted), "recall": rankings.recall(scores, given, wanted)}
    return {name: float(values.mean()) for name, values in found.items()}


def item_map(vectors: np.ndarray) -> np.ndarray:
    """Lay out vectors of length one by t-SNE, shape ``(items, 2)``; takes seconds.

    References
    ----------
    L. van der Maaten and G. Hinton, Visualizing data using t-SNE, JMLR 9 (2008) 2579-2605.
    """
    from sklearn.manifold import TSNE

    found = TSNE(init="pca", perplexity=min(30.0, (len(vectors) - 1) / 3), random_state=0).fit_transform(vectors)
    return np.ascontiguousarray(found, np.float32)


def _row(history: Sequence[int], items: int) -> Tensor:
    return torch.zeros(1, items).index_fill(1, torch.tensor(list(history)), 1.0)


def _first(scores: Tensor, x: Tensor, history: Sequence[int], weighed: np.ndarray, count: int) -> Recommended:
    best = rankings.unseen(scores, x)[0].topk(min(count, x.shape[1] - len(history)))
    items = cast("list[int]", best.indices.tolist())
    reasons = [history[int(place)] for place in weighed[items].argmax(1)] if items else []
    return Recommended(tuple(items), tuple(best.values.tolist()), tuple(reasons))
