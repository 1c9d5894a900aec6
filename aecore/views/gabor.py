"""Gabor: how nearly a filter is a localised, oriented wave."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

_ANGLES = 12
_WAVES = (0.06, 0.1, 0.15, 0.2, 0.27, 0.35, 0.45)  # cycles a pixel
_WIDTHS = (0.1, 0.18, 0.3)  # of the envelope, in sides of the filter
_POLISH = 80


class Gabors(NamedTuple):
    """The Gabor functions that come nearest to some filters.

    Attributes
    ----------
    r2 : ndarray
        Shape ``(n,)``: the share of each filter's squares that its Gabor function explains, in [0, 1].
    fits : ndarray
        Shape ``(n, height, width)``: those functions.
    """

    r2: np.ndarray
    fits: np.ndarray


def gabors(filters: np.ndarray) -> Gabors:
    r"""Fit a Gabor function to each filter.

    It is a wave under a Gaussian envelope, :math:`e^{-u^2/2\sigma_u^2 - v^2/2\sigma_v^2} \cos(2\pi f u + \varphi)`,
    with u across the wave and v along it. For given envelope and wave the best amplitude and phase are a
    projection on a cosine and a sine; the six other numbers are sought on a grid, and the best
    of it is polished by Adam.

    Parameters
    ----------
    filters : ndarray
        Shape ``(n, height, width)``.

    References
    ----------
    J. H. van Hateren and A. van der Schaaf, Independent component filters of natural images compared with
    simple cells in primary visual cortex, Proc. R. Soc. B 265 (1998) 359-366.
    """
    n, height, width = filters.shape
    wanted = torch.from_numpy(filters).flatten(1).float()
    wanted = wanted / wanted.norm(dim=1, keepdim=True).clamp(min=1e-12)
    grid = _grid(height, width)
    best = torch.zeros(n)
    start = grid[torch.zeros(n, dtype=torch.long)]
    for some in grid.split(2048):
        pairs = _pair(some, height, width)
        shares = torch.einsum("gkp,np->gnk", pairs, wanted).square().sum(2)
        share, which = shares.max(0)
        start = torch.where((share > best)[:, None], some[which], start)
        best = torch.maximum(best, share)
    found = _polish(start, wanted, height, width)
    pairs = _pair(found, height, width)
    amplitudes = torch.einsum("nkp,np->nk", pairs, wanted)
    fits = torch.einsum("nkp,nk->np", pairs, amplitudes)
    r2 = torch.maximum(amplitudes.square().sum(1), best).clamp(0, 1)
    return Gabors(r2.numpy(), fits.view(n, height, width).numpy())


def gabor_share(filters: np.ndarray, *, least: float = 0.6) -> float:
    """Return the share of filters of which a Gabor function explains at least `least`, in [0, 1]."""
    return float(np.mean(gabors(filters).r2 >= least))


def _grid(height: int, width: int) -> Tensor:
    """Return the places to begin at, ``(m, 6)``: centre, angle, frequency, widths across and along the wave."""
    side = max(height, width)
    rows, columns = np.linspace(0.5, height - 1.5, 6), np.linspace(0.5, width - 1.5, 6)
    angles = np.arange(_ANGLES) * np.pi / _ANGLES
    widths = [w * side for w in _WIDTHS]
    return torch.tensor(list(product(rows, columns, angles, _WAVES, widths, widths)), dtype=torch.float32)


def _pair(numbers: Tensor, height: int, width: int) -> Tensor:
    """Return an orthonormal cosine and sine under each envelope, ``(m, 2, height * width)``."""
    row, column, angle, wave, across, along = (number[:, None] for number in numbers.T)
    y = torch.arange(height).repeat_interleave(width) - row
    x = torch.arange(width).repeat(height) - column
    u, v = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    envelope = torch.exp(-0.5 * ((u / across) ** 2 + (v / along) ** 2))
    cosine, sine = (envelope * part(2 * torch.pi * wave * u) for part in (torch.cos, torch.sin))
    cosine = cosine / cosine.norm(dim=1, keepdim=True).clamp(min=1e-6)
    sine = sine - (sine * cosine).sum(1, keepdim=True) * cosine
    return torch.stack([cosine, sine / sine.norm(dim=1, keepdim=True).clamp(min=1e-6)], 1)


def _polish(start: Tensor, wanted: Tensor, height: int, width: int) -> Tensor:
    """Improve each start by gradient steps on what it leaves unexplained; keep the best place of each."""
    side = max(height, width)
    steps = torch.tensor([0.05 * side, 0.05 * side, 0.1, 0.02, 0.02 * side, 0.02 * side])
    moved = torch.zeros_like(start, requires_grad=True)
    low = torch.tensor([-side / 2, -side / 2, -torch.inf, 0.02, 0.06 * side, 0.06 * side])
    high = torch.tensor([1.5 * side, 1.5 * side, torch.inf, 0.6, side, side])
    optimizer = torch.optim.Adam([moved], lr=0.2)
    best, place = torch.zeros(len(start)), start
    for _ in range(_POLISH):
        numbers = (start + moved * steps).clamp(low, high)
        shares = torch.einsum("nkp,np->nk", _pair(numbers, height, width), wanted).square().sum(1)
        place = torch.where((shares > best)[:, None], numbers, place).detach()
        best = torch.maximum(best, shares).detach()
        optimizer.zero_grad()
        (-shares.sum()).backward()
        optimizer.step()
    return place
