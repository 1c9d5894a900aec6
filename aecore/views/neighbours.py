"""Neighbours: who lies near whom, and how far a picture of codes can be trusted about it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# Samples on which a layout is judged: the time grows with their square.
JUDGED = 2000


class Near(NamedTuple):
    """The neighbours of a sample, the nearest first.

    Attributes
    ----------
    rows : ndarray
        Shape ``(count,)``.
    distances : ndarray
        Shape ``(count,)``, Euclidean.
    """

    rows: np.ndarray
    distances: np.ndarray


class Quality(NamedTuple):
    """How codes lie, and how far their picture can be trusted.

    Attributes
    ----------
    judged : int
        Samples that the numbers are of.
    near : int
        How many neighbours count as near.
    trust : float
        Trustworthiness of the picture, in [0, 1]: 1 if every neighbour in the picture is one in code space.
    agreement, pictured : float or None
        Share of samples whose label most of their neighbours have, in code space and in the picture;
        ``None`` without two labels.
    silhouette, parted : float or None
        Mean silhouette of the labels, in [-1, 1], in code space and in the picture.

    References
    ----------
    J. Venna and S. Kaski, Neighborhood preservation in nonlinear projection methods, ICANN 2001.
    P. Rousseeuw, Silhouettes, Journal of Computational and Applied Mathematics 20 (1987) 53-65.
    """

    judged: int
    near: int
    trust: float
    agreement: float | None = None
    pictured: float | None = None
    silhouette: float | None = None
    parted: float | None = None


def nearest(places: np.ndarray, row: int, count: int) -> Near:
    """Return the neighbours of one sample, itself left out.

    Parameters
    ----------
    places : ndarray
        Shape ``(n, ...)``: codes, or the inputs themselves.
    row : int
    count : int
        At most ``n - 1`` are found.
    """
    from sklearn.neighbors import NearestNeighbors

    flat = places.reshape(len(places), -1)
    found = NearestNeighbors(n_neighbors=min(count + 1, len(flat)), algorithm="brute").fit(flat)
    distances, rows = (array[0] for array in found.kneighbors(flat[[row]]))
    others = np.flatnonzero(rows != row)[:count]
    return Near(rows[others], distances[others])


def quality(codes: np.ndarray, points: np.ndarray, labels: np.ndarray | None, *, neighbours: int = 10) -> Quality:
    """Judge codes and a picture of them by the first :data:`JUDGED` samples.

    Parameters
    ----------
    codes : ndarray
        Shape ``(n, n_latent)``.
    points : ndarray
        Shape ``(n, dimensions)``: the same samples in the picture.
    labels : ndarray or None
        Shape ``(n,)``.
    neighbours : int
        How many count as near; fewer where there are not three times as many samples.
    """
    from sklearn.manifold import trustworthiness
    from sklearn.metrics import silhouette_score
    from sklearn.neighbors import KNeighborsClassifier

    codes, points = codes[:JUDGED], points[:JUDGED]
    k = max(1, min(neighbours, (len(codes) - 1) // 3))
    trust = float(trustworthiness(codes, points, n_neighbors=k))
    if labels is None or not 1 < len(np.unique(labels[:JUDGED])) < len(codes):
        return Quality(len(codes), k, trust)
    labels = labels[:JUDGED]
    agreements = [float(KNeighborsClassifier(k).fit(place, labels).score(None, labels)) for place in (codes, points)]
    silhouettes = [float(silhouette_score(place, labels)) for place in (codes, points)]
    return Quality(len(codes), k, trust, *agreements, *silhouettes)
