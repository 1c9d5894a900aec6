"""Compression: a picture goes in and should come out again of as few bits as may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, cast

import torch

from aecore.knobs import Value
from aecore.networks import Autoencoder
from aecore.quantised import QuantisedAutoencoder
from aecore.samples import Samples
from aecore.tasks.task import Task

# Pictures that go through the network at once.
CHUNK = 256


@dataclass(frozen=True)
class Compression(Task):
    """Give back a picture from a code of whole numbers, whose length in bits counts as well as the error."""

    name = "compression"
    main = "test_error"
    watched = 128
    defaults: ClassVar[Mapping[str, Value]] = {"hidden": (400,), "latent": 96}

    @torch.inference_mode()
    def score(self, model: Autoencoder, samples: Samples) -> dict[str, float]:
        """Return what comes back, and what it takes.

        Returns
        -------
        dict of float
            ``test_error``: the squared error summed over pixels; ``psnr`` in dB, white being 1; ``bits``: of a
            picture, and ``bits_a_pixel``, by the prior, which real files exceed by little. Means over pictures.
        """
        model = cast("QuantisedAutoencoder", model)
        errors, bits = [], []
        for inputs, targets in zip(samples.inputs.split(CHUNK), samples.targets.split(CHUNK), strict=True):
            z = model.encode(inputs)
            errors.append((model.decode(z) - targets).square().flatten(1).sum(1))
            bits.append(model.bits(z).sum(1))
        error, length = torch.cat(errors), float(torch.cat(bits).mean())
        pixels = samples.targets[0].numel()
        ratios = -10 * torch.log10(error.clamp(min=1e-9) / pixels)
        return {
            "test_error": float(error.mean()),
            "psnr": float(ratios.mean()),
            "bits": length,
            "bits_a_pixel": length / pixels,
        }
