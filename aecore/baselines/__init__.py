"""Baselines: what an autoencoder must beat to be worth its training."""

from aecore.baselines.baseline import Baseline, Denoiser, Ranker
from aecore.baselines.biases import Biases
from aecore.baselines.ease import Ease
from aecore.baselines.ica import Ica
from aecore.baselines.item_knn import ItemKnn
from aecore.baselines.median import Median
from aecore.baselines.non_local_means import NonLocalMeans
from aecore.baselines.pca import Pca
from aecore.baselines.popularity import Popularity
from aecore.baselines.spectral_gating import SpectralGating
from aecore.baselines.wiener import Wiener

DENOISERS: dict[str, type[Denoiser]] = {
    "wiener": Wiener,
    "median": Median,
    "non_local_means": NonLocalMeans,
}
PREDICTORS: dict[str, type[Ranker]] = {"biases": Biases}
RANKERS: dict[str, type[Ranker]] = {
    "popularity": Popularity,
    "item_knn": ItemKnn,
    "ease": Ease,
}
TABLE: dict[str, type[Baseline]] = {
    "pca": Pca,
    "ica": Ica,
    "spectral_gating": SpectralGating,
    **DENOISERS,
    **RANKERS,
    **PREDICTORS,
}

__all__ = [
    "DENOISERS",
    "PREDICTORS",
    "RANKERS",
    "TABLE",
    "Baseline",
    "Biases",
    "Denoiser",
    "Ease",
    "Ica",
    "ItemKnn",
    "Median",
    "NonLocalMeans",
    "Pca",
    "Popularity",
    "Ranker",
    "SpectralGating",
    "Wiener",
]
