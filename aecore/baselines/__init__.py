"""Baselines: what an autoencoder must beat to be worth its training."""

from aecore.baselines.baseline import Baseline
from aecore.baselines.pca import Pca

TABLE: dict[str, type[Baseline]] = {
    "pca": Pca,
}

__all__ = ["TABLE", "Baseline", "Pca"]
