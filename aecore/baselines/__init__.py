"""Baselines: what an autoencoder must beat to be worth its training."""

from aecore.baselines.baseline import Baseline, Denoiser
from aecore.baselines.ica import Ica
from aecore.baselines.median import Median
from aecore.baselines.non_local_means import NonLocalMeans
from aecore.baselines.pca import Pca
from aecore.baselines.wiener import Wiener

DENOISERS: dict[str, type[Denoiser]] = {
    "wiener": Wiener,
    "median": Median,
    "non_local_means": NonLocalMeans,
}
TABLE: dict[str, type[Baseline]] = {
    "pca": Pca,
    "ica": Ica,
    **DENOISERS,
}

__all__ = ["DENOISERS", "TABLE", "Baseline", "Denoiser", "Ica", "Median", "NonLocalMeans", "Pca", "Wiener"]
