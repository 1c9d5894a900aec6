"""Audio: the spectrum of a noisy sound goes in, the part of it that is the sound itself should come out."""

from __future__ import annotations

from dataclasses import dataclass

from aecore.networks import Autoencoder
from aecore.samples import Samples
from aecore.tasks.task import Task, restored_scores


@dataclass(frozen=True)
class Audio(Task):
    """Take noise off the spectra of sounds; the data must know what is noise.

    What comes out, never more than what went in, is given the phases of what went in and made a sound again.

    References
    ----------
    X. Lu, Y. Tsao, S. Matsuda, C. Hori, Speech enhancement based on deep denoising autoencoder, Interspeech 2013.
    Y. Wang, A. Narayanan, D. Wang, On training targets for supervised speech separation, IEEE/ACM TASLP 22 (2014)
    1849-1858: masks.
    """

    name = "audio"
    main = "test_error"
    watched = 48

    def score(self, model: Autoencoder, samples: Samples) -> dict[str, float]:
        """Return ``test_error``, the squared error of the loudness summed over a patch, and ``psnr`` in dB; means."""
        return restored_scores(model, samples)
