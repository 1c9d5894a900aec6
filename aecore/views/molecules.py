"""Molecules: what a model makes of them, what it draws, what lies between two, near one, and up a property."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from aecore import chemistry
from aecore.datasets.data import Split
from aecore.datasets.molecules import Molecules, Unwritable, listed, read_back, shipped
from aecore.networks import Autoencoder, GaussianAutoencoder
from aecore.tasks.molecules import mistakes, said
from aecore.views.codes import codes

# Strengths of the ridge that are tried on the training molecules.
_RIDGES = (0.1, 1.0, 10.0, 100.0, 1000.0)


class Known(NamedTuple):
    """One part of the molecules, each in its canonical order.

    Attributes
    ----------
    smiles : list of str
    names : list of str
        Empty for those that have none.
    properties : ndarray
        Shape ``(n, 3)``, columns as :data:`aecore.chemistry.PROPERTIES`.
    inputs : Tensor
        Shape ``(n, length, symbols)``.
    """

    smiles: list[str]
    names: list[str]
    properties: np.ndarray
    inputs: Tensor


class Rebuilt(NamedTuple):
    """How much of molecules comes back, as shares of all.

    Attributes
    ----------
    tokens : float
        Tokens that are right, the end included.
    whole : float
        Molecules of which every token is.
    """

    tokens: float
    whole: float


class Drawn(NamedTuple):
    """What molecules that were drawn are worth.

    Attributes
    ----------
    valid : float
        Share that RDKit accepts, with at least one atom.
    unique : float
        Distinct ones over valid ones, both without stereochemistry.
    novel : float
        Of the distinct ones, the share that is not among the training molecules.
    nearest : float
        Mean Tanimoto similarity of the distinct ones to the nearest training molecule.
    gaps : ndarray
        Shape ``(3,)``: the Wasserstein distance of each property's distribution from that of the held-out molecules,
        in standard deviations of theirs.

    References
    ----------
    D. Polykovskiy et al., Molecular Sets (MOSES): a benchmarking platform for molecular generation models, Frontiers
    in Pharmacology 11 (2020) 565644.
    """

    valid: float
    unique: float
    novel: float
    nearest: float
    gaps: np.ndarray


class Probe(NamedTuple):
    """A linear guess of a property from codes.

    Attributes
    ----------
    slope : ndarray
        Shape ``(n_latent,)``.
    level : float
    r2 : float
        On held-out molecules.
    way : ndarray
        Shape ``(n_latent,)``: the step that raises the guess most of all steps of one standard deviation, as the
        covariance of the codes measures them; the gradient where that is the identity.
    """

    slope: np.ndarray
    level: float
    r2: float
    way: np.ndarray


class Climb(NamedTuple):
    """Molecules on the way up a property, the first where it begins.

    Attributes
    ----------
    smiles : list of str
    distances : ndarray
        Shape ``(steps,)``: from the beginning, in standard deviations of the codes along the way.
    promised, measured : ndarray
        Shape ``(steps,)``: the property as the probe has it of the codes, and as RDKit has it of what they decode to.
    """

    smiles: list[str]
    distances: np.ndarray
    promised: np.ndarray
    measured: np.ndarray


@lru_cache(maxsize=4)
def known(data: Molecules, split: Split) -> Known:
    """Return one part of the data with what is known of each molecule."""
    rows = data.chosen(split)
    part = shipped()
    names = [listed()[line]["name"].strip() for line in part.rows[rows]]
    return Known(part.smiles[rows].tolist(), names, part.properties[rows], data.canonical(split).inputs)


@torch.inference_mode()
def decoded_smiles(model: Autoencoder, z: np.ndarray | Tensor) -> list[str]:
    """Return the molecules that codes ``(n, n_latent)`` stand for."""
    return read_back(model.decode(torch.as_tensor(z, dtype=torch.float32)))


@torch.inference_mode()
def rebuilt_smiles(model: Autoencoder, x: Tensor) -> list[str]:
    """Return what comes back of one-hot rows ``(n, length, symbols)``."""
    return read_back(model(x))


def rebuilt_share(found: Tensor, x: Tensor) -> Rebuilt:
    """Return how much of rows came back."""
    wrong = mistakes(found, x)
    return Rebuilt(1 - float(wrong.sum() / said(x).sum()), float((wrong.sum(1) == 0).float().mean()))


@lru_cache(maxsize=4)
def nearest_rebuilt(data: Molecules) -> Rebuilt:
    """Return how much of held-out molecules comes back if each is answered with the most similar training molecule."""
    train, test = known(data, "train"), known(data, "test")
    alike = chemistry.tanimoto(chemistry.fingerprints(test.smiles), fingerprints(data, "train"))
    return rebuilt_share(train.inputs[torch.from_numpy(alike.argmax(1))], test.inputs)


@lru_cache(maxsize=4)
def fingerprints(data: Molecules, split: Split) -> np.ndarray:
    """Return the fingerprints of one part; takes a second or two."""
    return chemistry.fingerprints(known(data, split).smiles)


@torch.inference_mode()
def fitted_codes(model: Autoencoder, data: Molecules) -> tuple[Tensor, Tensor]:
    """Return mean ``(d,)`` and covariance ``(d, d)`` of the codes of all training molecules.

    For a Gaussian code they are those of the aggregate posterior, so each input's own variance is in them.
    """
    x = known(data, "train").inputs
    if not isinstance(model, GaussianAutoencoder):
        z = model.encode(x)
        return z.mean(0), z.T.cov()
    mean, log_variance = model.posterior(x)
    return mean.mean(0), mean.T.cov() + log_variance.exp().mean(0).diag()


def draw(model: Autoencoder, data: Molecules, count: int, seed: int, *, prior: bool) -> list[str]:
    """Draw codes and decode them.

    Parameters
    ----------
    model : Autoencoder
    data : Molecules
    count, seed : int
    prior : bool
        Whether codes come from the prior N(0, I); else from the Gaussian with the mean and covariance of
        :func:`fitted_codes`.

    References
    ----------
    P. Ghosh et al., From variational to deterministic autoencoders, ICLR 2020: a density fitted to codes afterwards.
    """
    noise = torch.randn(count, model.n_latent, generator=Generator().manual_seed(seed))
    if prior:
        return decoded_smiles(model, noise)
    mean, covariance = fitted_codes(model, data)
    variances, directions = torch.linalg.eigh(covariance.double())
    spread = (directions * variances.clamp(min=0).sqrt()).float()
    return decoded_smiles(model, mean + noise @ spread.T)


def random_smiles(data: Molecules, count: int, seed: int) -> list[str]:
    """Return what uniformly random tokens stand for, in rows as long as those of training molecules."""
    rng = np.random.default_rng(seed)
    lengths = rng.choice((shipped().tokens[data.chosen("train"), 0] > 0).sum(1), count)
    symbols = shipped().symbols
    return [chemistry.smiles_of(symbols[rng.integers(1, len(symbols), size=length)]) for length in lengths]


def training_smiles(data: Molecules, count: int, seed: int) -> list[str]:
    """Return training molecules themselves, drawn with returning."""
    return np.random.default_rng(seed).choice(known(data, "train").smiles, count).tolist()


def worth(data: Molecules, smiles: Sequence[str]) -> Drawn:
    """Judge molecules that were drawn; takes some milliseconds each."""
    from scipy.stats import wasserstein_distance

    valid = [found for one in smiles if (found := chemistry.plain(one))]
    distinct = sorted(set(valid))
    training, held_out = set(known(data, "train").smiles), known(data, "test").properties
    novel = [one for one in distinct if one not in training]
    alike = chemistry.tanimoto(chemistry.fingerprints(distinct), fingerprints(data, "train")).max(1)
    properties = chemistry.properties(valid)
    gaps = [
        wasserstein_distance(mine, theirs) / theirs.std() for mine, theirs in zip(properties.T, held_out.T, strict=True)
    ]
    several = max(len(distinct), 1)
    return Drawn(
        len(valid) / len(smiles),
        len(distinct) / max(len(valid), 1),
        len(novel) / several,
        float(alike.sum()) / several,
        np.array(gaps),
    )


def admitted(data: Molecules, smiles: Sequence[str]) -> tuple[Tensor, list[int], dict[int, Unwritable]]:
    """Write those of some SMILES that can be written.

    Returns
    -------
    inputs : Tensor
        Shape ``(m, length, symbols)``.
    rows : list of int
        Which of them these are.
    refused : dict of int to Unwritable
        Why the others are not.
    """
    found: dict[int, Tensor] = {}
    refused: dict[int, Unwritable] = {}
    for row, one in enumerate(smiles):
        try:
            found[row] = data.encode(one)
        except Unwritable as wrong:
            refused[row] = wrong
    inputs = torch.stack([*found.values()]) if found else torch.zeros(0, *data.shape)
    return inputs, [*found], refused


def between_two(model: Autoencoder, one: Tensor, other: Tensor, count: int) -> list[str]:
    """Return what is decoded on the straight way between the codes of two molecules, each ``(length, symbols)``."""
    first, last = codes(model, torch.stack([one, other]))
    return decoded_smiles(model, np.linspace(first, last, count))


def measured(smiles: Sequence[str], which: int) -> np.ndarray:
    """Return a property of molecules as RDKit has it, shape ``(n,)``; NaN of what is none."""
    return np.array([chemistry.properties([one])[0, which] if chemistry.molecule(one) else np.nan for one in smiles])


def alike_codes(model: Autoencoder, data: Molecules, x: Tensor, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the training molecules whose codes are nearest to those of molecules, and how far.

    Parameters
    ----------
    model : Autoencoder
    data : Molecules
    x : Tensor
        Shape ``(n, length, symbols)``; one that is itself among them is no neighbour of its own.
    count : int

    Returns
    -------
    rows, distances : ndarray
        Shape ``(n, count)``, the nearest first.
    """
    inputs = known(data, "train").inputs
    z, rows, distances = codes(model, inputs), [], []
    for one, code in zip(x, codes(model, x), strict=True):
        far = np.linalg.norm(z - code, axis=1)
        far[(inputs == one).flatten(1).all(1).numpy()] = np.inf
        rows.append(far.argsort(kind="stable")[:count])
        distances.append(far[rows[-1]])
    return np.stack(rows), np.stack(distances)


def alike_fingerprints(data: Molecules, smiles: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of the training molecules that are most like a molecule, itself left out, and how much."""
    part = known(data, "train")
    alike = chemistry.tanimoto(chemistry.fingerprints([smiles]), fingerprints(data, "train"))[0]
    alike[np.array(part.smiles) == smiles] = -1
    rows = (-alike).argsort(kind="stable")[:count]
    return rows, alike[rows]


def probe(model: Autoencoder, data: Molecules, which: int) -> Probe:
    """Fit a property by ridge regression on the codes of the training molecules, its strength by cross-validation."""
    from sklearn.linear_model import RidgeCV

    train, test = known(data, "train"), known(data, "test")
    z, z_test = codes(model, train.inputs), codes(model, test.inputs)
    scale = z.std(0).clip(min=1e-6)
    fitted = RidgeCV(_RIDGES).fit(z / scale, train.properties[:, which])
    slope = fitted.coef_ / scale
    level = float(fitted.intercept_)
    values = test.properties[:, which]
    lost = np.square(z_test @ slope + level - values).sum() / np.square(values - values.mean()).sum()
    steep = np.atleast_2d(np.cov(z.T)) @ slope
    return Probe(slope, level, 1 - float(lost), steep / max(float(slope @ steep), 1e-12) ** 0.5)


def climb(model: Autoencoder, probe: Probe, x: Tensor, which: int, distance: float, steps: int) -> Climb:
    """Go the way of a probe, from the code of a molecule ``(length, symbols)``, up to a distance.

    The probe is linear, so that its gradient points the same way everywhere and the way is straight.
    """
    distances = np.linspace(0, distance, steps)
    z = codes(model, x[None]) + distances[:, None] * probe.way
    smiles = decoded_smiles(model, z)
    return Climb(smiles, distances, z @ probe.slope + probe.level, measured(smiles, which))
