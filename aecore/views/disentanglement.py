"""Disentanglement: whether each latent of a code stands for one factor of the data, in the literature's measures.

They look at the posterior means of every combination of the factors, as one array ``(*sizes, n_latent)``:
the grid. Each lies in [0, 1], larger is better, and takes its chance from a seed of its own, so that a model
always has the same score.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch

from aecore.datasets import Sprites
from aecore.datasets.data import from_pixels
from aecore.networks import Autoencoder

# Pictures that are rendered and encoded at a time.
CHUNK = 4096
# Combinations that those measures look at which do not sample for themselves.
MOST = 10_000
# A latent whose means have a smaller standard deviation has collapsed to the prior (disentanglement_lib's bound).
ASLEEP = 0.05


class Scores(NamedTuple):
    """What each measure says of one model, each in [0, 1]."""

    mig: float
    sap: float
    disentanglement: float
    completeness: float
    informativeness: float
    factor_vae: float
    higgins: float


@torch.inference_mode()
def grid(model: Autoencoder, data: Sprites) -> np.ndarray:
    """Return the codes of every combination of the factors, shape ``(*sizes, n_latent)``.

    Parameters
    ----------
    model : Autoencoder
    data : Sprites
        Data whose factors are known and can be combined at will.
    """
    combinations = np.stack(np.unravel_index(np.arange(math.prod(data.sizes)), data.sizes), axis=1)
    parts = np.array_split(combinations, -(-len(combinations) // CHUNK))
    codes = [model.encode(from_pixels(data.render(part)).inputs).numpy() for part in parts]
    return np.concatenate(codes).reshape(*data.sizes, -1)


def scores(grid: np.ndarray, classes: tuple[int, ...] = (0,)) -> Scores:
    """Return every measure of a grid of codes.

    Parameters
    ----------
    grid : ndarray
        Shape ``(*sizes, n_latent)``.
    classes : tuple of int
        The factors whose values have no order, such as the shape of a sprite.

    Examples
    --------
    >>> perfect = np.stack(np.meshgrid(*[np.arange(4.0)] * 4, indexing="ij"), axis=-1)
    >>> [round(score, 2) for score in scores(perfect, classes=())]
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    codes, factors = listed(grid)
    return Scores(
        mig(mutual_information(codes, factors), factors),
        sap(codes, factors, classes),
        *dci(codes, factors),
        factor_vae(grid),
        higgins(grid),
    )


def listed(grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes ``(n, n_latent)`` of a grid and their factors ``(n, n_factors)``; of many, a random part."""
    sizes = grid.shape[:-1]
    rows = np.arange(math.prod(sizes))
    if len(rows) > MOST:
        rows = np.random.default_rng(0).permutation(rows)[:MOST]
    return grid.reshape(-1, grid.shape[-1])[rows], np.stack(np.unravel_index(rows, sizes), axis=1)


def mutual_information(codes: np.ndarray, factors: np.ndarray, bins: int = 20) -> np.ndarray:
    """Return the mutual information between each latent and each factor, in nats, ``(n_latent, n_factors)``.

    Parameters
    ----------
    codes : ndarray
        Shape ``(n, n_latent)``; each latent is cut into `bins` parts of one width between its extremes.
    factors : ndarray of int
        Shape ``(n, n_factors)``.
    bins : int

    References
    ----------
    F. Locatello et al., Challenging common assumptions in the unsupervised learning of disentangled
    representations, ICML 2019, whose disentanglement_lib cuts into 20 bins.

    Examples
    --------
    >>> codes = np.array([[0.0, 5.0], [1.0, 5.0], [0.0, 5.0], [1.0, 5.0]])
    >>> mutual_information(codes, np.array([[0], [1], [0], [1]])).round(3)
    array([[0.693],
           [0.   ]])
    """
    from sklearn.metrics import mutual_info_score

    cut = [np.digitize(latent, np.histogram(latent, bins)[1][:-1]) for latent in codes.T]
    return np.array([[mutual_info_score(factor, latent) for factor in factors.T] for latent in cut])


def mig(information: np.ndarray, factors: np.ndarray) -> float:
    """Return the mutual information gap.

    For each factor, how much more the best latent knows of it than the second best, over the factor's entropy;
    the mean over the factors.

    Parameters
    ----------
    information : ndarray
        Of :func:`mutual_information`, shape ``(n_latent, n_factors)``.
    factors : ndarray of int
        Shape ``(n, n_factors)``.

    References
    ----------
    R. T. Q. Chen, X. Li, R. Grosse, D. Duvenaud, Isolating sources of disentanglement in variational
    autoencoders, NeurIPS 2018.
    """
    from scipy.stats import entropy

    entropies = np.array([entropy(np.bincount(factor)) for factor in factors.T])
    return float((_gap(information) / entropies).mean())


def sap(codes: np.ndarray, factors: np.ndarray, classes: tuple[int, ...] = (0,)) -> float:
    """Return the separated attribute predictability.

    For each factor, how much better the best latent alone predicts it than the second best; the mean over the
    factors. An ordered factor is predicted by a line, scored by R²; one without order by as many intervals as it
    has values (a decision tree's thresholds, where disentanglement_lib takes a linear SVM), scored by the balanced
    accuracy on the other half of the codes.

    Parameters
    ----------
    codes : ndarray
        Shape ``(n, n_latent)``.
    factors : ndarray of int
        Shape ``(n, n_factors)``.
    classes : tuple of int
        The factors without order.

    References
    ----------
    A. Kumar, P. Sattigeri, A. Balakrishnan, Variational inference of disentangled latent concepts from
    unlabeled observations, ICLR 2018, section 3.
    """
    centred, aims = codes - codes.mean(0), factors - factors.mean(0)
    products = centred.T @ aims
    scale = np.outer((centred**2).sum(0), (aims**2).sum(0))
    found = np.divide(products**2, scale, out=np.zeros_like(scale), where=scale > 1e-12)
    for i in classes:
        found[:, i] = [_by_intervals(latent, factors[:, i]) for latent in codes.T]
    return float(_gap(found).mean())


def _by_intervals(latent: np.ndarray, factor: np.ndarray) -> float:
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.tree import DecisionTreeClassifier

    train, test = _halves(len(latent))
    leaves = len(np.unique(factor))
    tree = DecisionTreeClassifier(max_leaf_nodes=leaves, class_weight="balanced", random_state=0)
    tree.fit(latent[train, None], factor[train])
    return float(balanced_accuracy_score(factor[test], tree.predict(latent[test, None])))


def dci(codes: np.ndarray, factors: np.ndarray) -> tuple[float, float, float]:
    r"""Return disentanglement, completeness and informativeness.

    A forest predicts each factor from all latents; R is the matrix of their importances. Disentanglement is
    :math:`1 - H(R_{i\cdot})`, how much a latent serves one factor alone, weighted by the latent's importance;
    completeness :math:`1 - H(R_{\cdot j})`, how much a factor lies in one latent, each entropy over its largest.
    Informativeness is the accuracy on the other half of the codes.

    Parameters
    ----------
    codes, factors : ndarray
        As :func:`sap` takes them.

    References
    ----------
    C. Eastwood, C. K. I. Williams, A framework for the quantitative evaluation of disentangled representations,
    ICLR 2018; they take a lasso and a random forest, disentanglement_lib gradient boosting. Here it is a forest of
    shallow trees that may choose among all latents: deep or blindfolded ones give importance to idle latents, and
    boosting costs ten times as much for nearly the same importances.
    """
    from sklearn.ensemble import RandomForestClassifier

    train, test = _halves(len(codes))
    importances, accuracies = [], []
    for factor in factors.T:
        forest = RandomForestClassifier(10, max_features=None, max_depth=6, random_state=0)
        forest.fit(codes[train], factor[train])
        importances.append(forest.feature_importances_)
        accuracies.append(forest.score(codes[test], factor[test]))
    matrix = np.array(importances).T
    return _pureness(matrix), _pureness(matrix.T), float(np.mean(accuracies))


def _pureness(matrix: np.ndarray) -> float:
    """Return how much each row lies in one column, the mean weighted by the rows' sums."""
    total = matrix.sum()
    if not total:
        return 0.0
    shares = matrix / matrix.sum(1, keepdims=True).clip(1e-12)
    entropies = -(shares * np.log(shares.clip(1e-12))).sum(1) / math.log(max(matrix.shape[1], 2))
    return float(((1 - entropies) * matrix.sum(1)).sum() / total)


def factor_vae(grid: np.ndarray, *, votes: int = 800, batch: int = 64) -> float:
    """Return the FactorVAE score.

    Of a batch in which one factor is held, the latent that varies least, against its variance over all, votes for
    that factor. The score is the accuracy on new batches of the majority's opinion on each latent.

    Parameters
    ----------
    grid : ndarray
        Shape ``(*sizes, n_latent)``.
    votes, batch : int
        Batches that teach, and as many that test; codes in each.

    References
    ----------
    H. Kim, A. Mnih, Disentangling by factorising, ICML 2018, section 4.
    """
    codes = grid.reshape(-1, grid.shape[-1])
    codes = codes[:, codes.std(0) >= ASLEEP]
    if not codes.shape[1]:
        return 0.0
    rng = np.random.default_rng(0)
    drawn, held = _drawn(rng, grid.shape[:-1], 2 * votes, batch)
    index = np.arange(len(grid.shape) - 1)
    drawn = np.where(held[:, None, None] == index, drawn[:, :1], drawn)
    votes_for = (_looked_up(codes, drawn, grid.shape[:-1]).var(1) / codes.var(0)).argmin(1)
    counts = np.zeros((codes.shape[1], len(index)), int)
    np.add.at(counts, (votes_for[:votes], held[:votes]), 1)
    return float((counts.argmax(1)[votes_for[votes:]] == held[votes:]).mean())


def higgins(grid: np.ndarray, *, points: int = 1500, batch: int = 64) -> float:
    """Return Higgins' metric.

    Pairs of codes share one factor; a linear classifier tells which from the mean of |z₁ − z₂| over a batch of
    pairs. The score is its accuracy on new batches. Each latent is standardised first, so that the scale of the
    codes does not matter.

    Parameters
    ----------
    grid : ndarray
        Shape ``(*sizes, n_latent)``.
    points, batch : int
        Batches that teach, and half as many that test; pairs in each.

    References
    ----------
    I. Higgins et al., β-VAE: learning basic visual concepts with a constrained variational framework, ICLR 2017,
    section 3.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    codes, sizes = grid.reshape(-1, grid.shape[-1]), grid.shape[:-1]
    rng = np.random.default_rng(0)
    one, held = _drawn(rng, sizes, points + points // 2, batch)
    other, _ = _drawn(rng, sizes, len(held), batch)
    other = np.where(held[:, None, None] == np.arange(len(sizes)), one, other)
    apart = np.abs(_looked_up(codes, one, sizes) - _looked_up(codes, other, sizes)).mean(1)
    linear = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    linear.fit(apart[:points], held[:points])
    return float(linear.score(apart[points:], held[points:]))


def _drawn(rng: np.random.Generator, sizes: tuple[int, ...], batches: int, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Return random factors ``(batches, batch, n_factors)``, and a factor to hold for each batch."""
    return rng.integers(sizes, size=(batches, batch, len(sizes))), rng.integers(len(sizes), size=batches)


def _looked_up(codes: np.ndarray, factors: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    return codes[np.ravel_multi_index(tuple(np.moveaxis(factors, -1, 0)), sizes)]


def _halves(n: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(0).permutation(n)
    return order[: n // 2], order[n // 2 :]


def _gap(matrix: np.ndarray) -> np.ndarray:
    """Return by how much the largest of each column exceeds the second; of a single row, the largest."""
    ranked = np.sort(np.pad(matrix, ((1, 0), (0, 0))) if len(matrix) == 1 else matrix, axis=0)
    return ranked[-1] - ranked[-2]
