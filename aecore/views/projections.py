"""Projections: codes of any size seen in two or three dimensions, by PCA, UMAP, t-SNE or as they are."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from aecore.knobs import Complaint, Spec, choice, knob

# UMAP is not thread-safe, and t-SNE reports on the one standard output of the process.
_alone = threading.Lock()
# What each kind of projection depends on, besides the points.
_USED = {
    "pca": (),
    "latents": (),
    "umap": ("neighbours", "min_dist", "metric", "projection_seed"),
    "tsne": ("perplexity", "metric", "projection_seed"),
}
# Gradient steps of t-SNE, scikit-learn's own number.
_STEPS = 1000
# Epochs of UMAP from so many points on; from 10,000 on they are its own number, below that it would take 500.
_EPOCHS, _FROM = 200, 2000

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Projection(Spec):
    """How codes are laid out, as a value: equal ones give equal pictures of the same codes.

    Parameters
    ----------
    kind : {"pca", "umap", "tsne", "latents"}
        ``latents`` shows some of the code's own axes.
    dimensions : int
        Of the picture.
    points : int
        How many samples are laid out.
    neighbours : int
        UMAP's: how many neighbours of a point are meant to stay near.
    min_dist : float
        UMAP's: how near points may lie to each other.
    metric : str
        How UMAP and t-SNE tell near codes from far ones.
    perplexity : float
        t-SNE's: about how many neighbours each point looks at.
    projection_seed : int
        Of UMAP's and t-SNE's chance.

    References
    ----------
    L. McInnes, J. Healy, J. Melville, UMAP (2018), arXiv:1802.03426.
    L. van der Maaten and G. Hinton, Visualizing data using t-SNE, JMLR 9 (2008) 2579-2605.
    """

    name: ClassVar = "projection"

    kind: str = choice("pca", "umap", "tsne", "latents")
    dimensions: int = knob(2, 2, 3, step=1)
    points: int = knob(5000, 10, 70_000, scale="log")
    neighbours: int = knob(15, 2, 200, scale="log")
    min_dist: float = knob(0.1, 0.0, 0.99, step=0.01)
    metric: str = choice("euclidean", "cosine", "manhattan")
    perplexity: float = knob(30.0, 2.0, 100.0, step=1.0)
    projection_seed: int = knob(0, 0, 9999, step=1)

    @property
    def used(self) -> tuple[str, ...]:
        """Names of the knobs that this kind depends on beside dimensions and points."""
        return _USED[self.kind]

    @property
    def slow(self) -> bool:
        """Whether it takes seconds or minutes."""
        return bool(self.used)

    @property
    def key(self) -> str:
        """Sixteen hexadecimal digits that projections share which give the same picture."""
        wanted = {name: value for name, value in self.to_dict().items() if name in self.used}
        wanted |= {"kind": self.kind, "dimensions": self.dimensions, "points": self.points}
        return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()[:16]

    def fitted(self, samples: int) -> tuple[Projection, list[Complaint]]:
        """Return the nearest projection that so many samples allow, and what had to change.

        Examples
        --------
        >>> fitted, complaints = Projection(kind="umap", neighbours=50).fitted(20)
        >>> fitted.points, fitted.neighbours, [complaint.name for complaint in complaints]
        (20, 19, ['neighbours'])
        """
        points = min(self.points, samples)
        # t-SNE looks at three times as many neighbours as its perplexity says.
        most = {"neighbours": points - 1, "perplexity": max(2.0, (points - 1) / 3)}
        changes: dict[str, Any] = {
            name: bound for name, bound in most.items() if name in self.used and getattr(self, name) > bound
        }
        complaints = [Complaint(name, str(getattr(self, name)), used, "too_high") for name, used in changes.items()]
        return self.vary(points=points, **changes), complaints


class Projected(NamedTuple):
    """Codes laid out.

    Attributes
    ----------
    points : ndarray
        Shape ``(n, dimensions)``, float32.
    shares : tuple of float
        The share of the codes' variance along each axis, in [0, 1]; empty where an axis has no such meaning.
    """

    points: np.ndarray
    shares: tuple[float, ...] = ()


def project(
    codes: np.ndarray,
    wanted: Projection,
    *,
    axes: tuple[int, ...] = (),
    progress: Progress | None = None,
) -> Projected:
    """Lay codes out.

    UMAP begins, as t-SNE does, with the leading principal components, which keeps more of the large-scale
    order than chance does [1]_; its neighbours are exact.

    Parameters
    ----------
    codes : ndarray
        Shape ``(n, n_latent)``, with more than two samples.
    wanted : Projection
        Fitted to `n`.
    axes : tuple of int
        For ``latents``, which of the code's own.
    progress : callable, optional
        Told the share that is done, from 0 to 1.

    References
    ----------
    .. [1] D. Kobak and G. Linderman, Initialization is critical for preserving global data structure in both
       t-SNE and UMAP, Nature Biotechnology 39 (2021) 156-157.
    """
    if wanted.kind == "latents":
        return _axes(codes, wanted.dimensions, axes)
    if wanted.kind == "pca":
        return _pca(codes, wanted.dimensions)
    if not np.ptp(codes, axis=0).any():
        return Projected(np.zeros((len(codes), wanted.dimensions), np.float32))
    with _alone:
        found = (_umap if wanted.kind == "umap" else _tsne)(codes, wanted, progress or (lambda share: None))
    return Projected(np.ascontiguousarray(found, np.float32))


def _axes(codes: np.ndarray, dimensions: int, axes: tuple[int, ...]) -> Projected:
    variances = codes.var(0)
    total = max(float(variances.sum()), np.finfo(np.float32).tiny)
    points = np.zeros((len(codes), dimensions), np.float32)
    points[:, : len(axes)] = codes[:, list(axes)]
    shares = [float(variances[axis] / total) for axis in axes]
    return Projected(points, tuple(shares + [0.0] * (dimensions - len(axes))))


def _pca(codes: np.ndarray, dimensions: int) -> Projected:
    from sklearn.decomposition import PCA

    found = min(dimensions, *codes.shape)
    pca = PCA(found, svd_solver="full")
    points = np.zeros((len(codes), dimensions), np.float32)
    if np.ptp(codes, axis=0).any():
        points[:, :found] = pca.fit_transform(codes.astype(np.float64))
        return Projected(points, (*map(float, pca.explained_variance_ratio_), *[0.0] * (dimensions - found)))
    return Projected(points, (0.0,) * dimensions)


def _start(codes: np.ndarray, wanted: Projection) -> np.ndarray:
    """Return the leading principal components, the first with variance 1, and a breath of the seed's chance."""
    leading = _pca(codes, wanted.dimensions).points
    noise = np.random.default_rng(wanted.projection_seed).normal(scale=0.01, size=leading.shape)
    return (leading / leading[:, 0].std() + noise).astype(np.float32)


def _umap(codes: np.ndarray, wanted: Projection, progress: Progress) -> np.ndarray:
    from sklearn.neighbors import NearestNeighbors

    searched = NearestNeighbors(n_neighbors=wanted.neighbours, metric=wanted.metric).fit(codes)
    distances, rows = searched.kneighbors(codes)
    start = _start(codes, wanted)
    with warnings.catch_warnings():
        # Of TensorFlow that is not there, and of what this layout can't be used for.
        warnings.simplefilter("ignore")
        import umap

        layout = umap.UMAP(
            n_neighbors=wanted.neighbours,
            n_components=wanted.dimensions,
            min_dist=wanted.min_dist,
            metric=wanted.metric,
            init=10 * start / np.abs(start).max(),
            random_state=wanted.projection_seed,
            n_jobs=1,
            n_epochs=_EPOCHS if len(codes) >= _FROM else None,
            precomputed_knn=(rows, distances.astype(np.float32)),
            force_approximation_algorithm=True,
            tqdm_kwds={
                "disable": False,
                "file": _Told(r"(\d+)/(\d+)", progress),
                "bar_format": "{n}/{total} ",
                "mininterval": 0.2,
            },
        )
        return layout.fit_transform(codes)


def _tsne(codes: np.ndarray, wanted: Projection, progress: Progress) -> np.ndarray:
    from sklearn.manifold import TSNE

    told = _Told(r"Iteration (\d+)()", progress, of=_STEPS)
    layout = TSNE(
        wanted.dimensions,
        perplexity=wanted.perplexity,
        metric=wanted.metric,
        init=1e-4 * _start(codes, wanted),
        random_state=wanted.projection_seed,
        max_iter=_STEPS,
        verbose=2,
    )
    with contextlib.redirect_stdout(told):
        return layout.fit_transform(codes)


class _Told(io.StringIO):
    """A stream that finds in what is written how far it is."""

    def __init__(self, pattern: str, progress: Progress, of: int = 0) -> None:
        super().__init__()
        self.pattern, self.progress, self.of = re.compile(pattern), progress, of

    def write(self, text: str) -> int:
        for done, total in self._found(text):
            self.progress(min(1.0, done / max(total, 1)))
        return len(text)

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        for done, total in self.pattern.findall(text):
            yield int(done), int(total or self.of)
