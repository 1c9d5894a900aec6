"""Alarms: what has gone wrong inside a code, in numbers."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from aecore.networks import Autoencoder, GaussianAutoencoder
from aecore.views.posteriors import posteriors

# A unit is dead if its activation varies less than this share of the typical unit's.
STILL = 1e-3
# A unit is saturated if it is this near an end of its range, in shares of the range, for nearly all inputs.
NEAR = 0.02
NEARLY_ALL = 0.995
# A code has collapsed if what is rebuilt varies less than this share of what went in.
ALIKE = 0.01


class Alarm(NamedTuple):
    """One thing that is wrong.

    Attributes
    ----------
    kind : {"collapsed", "dead", "saturated", "unused"}
        A latent of a Gaussian code is unused if its posterior has collapsed to the prior.
    units, of : int
        How many units it concerns, and how many there are.
    kl : tuple of float
        What lies behind ``"unused"``: the divergence from the prior of each unused latent, in nats.
    """

    kind: Literal["collapsed", "dead", "saturated", "unused"]
    units: int
    of: int
    kl: tuple[float, ...] = ()


@torch.inference_mode()
def alarms(model: Autoencoder, x: Tensor) -> list[Alarm]:
    """Look for collapse, for units that never change and for units at the end of their range.

    A Gaussian code is asked for latents whose posterior is the prior whatever goes in; a latent that is
    not needed ends so, and the noise in it is then as it should be.

    Parameters
    ----------
    model : Autoencoder
    x : Tensor
        Inputs, shape ``(n, *shape)``.

    Returns
    -------
    list of Alarm
        The gravest first; a code that has collapsed is not looked at any further.
    """
    if isinstance(model, GaussianAutoencoder):
        posterior = posteriors(model, x)
        unused = posterior.kl[~posterior.active].tolist()
        return [Alarm("unused", len(unused), model.n_latent, tuple(unused))] if unused else []
    h = model.encode(x)
    units = h.shape[1]
    if model.decode(h).var(0).sum() < ALIKE * x.var(0).sum():
        return [Alarm("collapsed", units, units)]
    spread = h.std(0)
    dead = spread <= STILL * spread.max()
    found = [Alarm("dead", int(dead.sum()), units)] if dead.any() else []
    low, high = model.code_range
    if math.isfinite(high - low):
        at_end = (h - low).minimum(high - h) < NEAR * (high - low)
        stuck = (at_end.float().mean(0) > NEARLY_ALL) & ~dead & (_one_end(h, low, high) > NEARLY_ALL)
        found += [Alarm("saturated", int(stuck.sum()), units)] if stuck.any() else []
    return found


def _one_end(h: Tensor, low: float, high: float) -> Tensor:
    """Return the share of inputs for which each unit is in the half of its range where it mostly is."""
    upper = (h > (low + high) / 2).float().mean(0)
    return upper.maximum(1 - upper)
