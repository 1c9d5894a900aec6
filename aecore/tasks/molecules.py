"""Molecules: rows of symbols go in, the same symbols should come out, whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from aecore.knobs import Value
from aecore.networks import Autoencoder
from aecore.samples import Samples
from aecore.tasks.task import CHUNK, Task


@dataclass(frozen=True)
class Molecules(Task):
    """Give back a row of symbols; one that is wrong makes another molecule."""

    name = "molecules"
    main = "token_error"
    defaults: ClassVar[Mapping[str, Value]] = {
        "hidden": (512,),
        "latent": 96,
        "activation": "silu",
        "steps": 6000,
        "batch": 128,
        "rate": 2e-3,
        "schedule": "one_cycle",
    }

    @torch.inference_mode()
    def score(self, model: Autoencoder, samples: Samples) -> dict[str, float]:
        """Return the shares of tokens that are wrong, and of molecules that come back whole.

        Returns
        -------
        dict of float
            ``token_error``: of all tokens, the end of each molecule included but not what follows it, those that are
            not the likeliest symbol of the output. ``whole``: of all molecules, those without a wrong token.
        """
        wrong = tokens = whole = 0.0
        for inputs, targets in zip(samples.inputs.split(CHUNK), samples.targets.split(CHUNK), strict=True):
            found = mistakes(model(inputs), targets)
            wrong, tokens = wrong + float(found.sum()), tokens + float(said(targets).sum())
            whole += float((found.sum(1) == 0).sum())
        return {"token_error": wrong / tokens, "whole": whole / samples.size}


def said(rows: Tensor) -> Tensor:
    """Return which places of one-hot rows ``(n, length, symbols)`` say something: to the first end, it included."""
    ends = rows[:, :, 0]
    return ends.cumsum(1) - ends == 0


def mistakes(found: Tensor, rows: Tensor) -> Tensor:
    """Return at which places the likeliest symbol is not the one of one-hot rows, bool ``(n, length)``."""
    return (found.argmax(2) != rows.argmax(2)) & said(rows)
