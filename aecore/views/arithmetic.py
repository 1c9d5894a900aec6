"""Arithmetic: walks along differences of codes, decoded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from aecore.networks import Autoencoder
from aecore.views.decoders import decoded


def along(model: Autoencoder, code: np.ndarray, direction: np.ndarray, lengths: Sequence[float]) -> np.ndarray:
    """Slide a code along a direction and decode it at each place.

    Parameters
    ----------
    model : Autoencoder
    code, direction : ndarray
        Shape ``(n_latent,)``, such as the difference between the mean codes of two selections.
    lengths : sequence of float
        In lengths of the direction.

    Returns
    -------
    ndarray
        Shape ``(len(lengths), *shape)``.
    """
    return decoded(model, code + np.asarray(lengths, np.float32)[:, None] * direction)
