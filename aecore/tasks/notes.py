"""Notes: an autoencoder learns what notes sound like; its codes are to be heard, read, and walked between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from aecore.tasks.reconstruction import Reconstruction


@dataclass(frozen=True)
class Notes(Reconstruction):
    """Give back what went in; what matters is how it sounds, and what lies between two codes.

    References
    ----------
    J. Engel et al., Neural audio synthesis of musical notes with WaveNet autoencoders, ICML 2017, arXiv:1704.01279:
    codes of notes, instrument and pitch read off them, and morphs between two.
    P. Esling, A. Chemla-Romeu-Santos, A. Bitton, Generative timbre spaces: regularizing variational auto-encoders with
    perceptual metrics, ISMIR 2018.
    """

    name = "notes"
    # Most places of a spectrum are silent: squared error behind sigmoids soon answers silence everywhere.
    defaults: ClassVar = {
        "net": "conv",
        "channels": 8,
        "latent": 8,
        "activation": "silu",
        "loss": "bernoulli",
        "steps": 1500,
        "batch": 32,
        "rate": 5e-3,
        "schedule": "one_cycle",
    }
