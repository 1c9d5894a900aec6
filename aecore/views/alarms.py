"""Alarms: what has gone wrong inside a code, in numbers."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from aecore.networks import Autoencoder

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
    kind : {"collapsed", "dead", "saturated"}
    units, of : int
        How many units it concerns, and how many there are.
    """

    kind: Literal["collapsed", "dead", "saturated"]
    units: int
    of: int


@torch.inference_mode()
def alarms(model: Autoencoder, x: Tensor) -> list[Alarm]:
    """Look for collapse, for units that never change and for units at the end of their range.

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
