"""Molecules: drugs and other small molecules as rows of SELFIES tokens."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from aecore import chemistry
from aecore.datasets import files
from aecore.datasets.data import Data, Split
from aecore.knobs import knob
from aecore.samples import Samples

# What stands where a molecule has ended; the first symbol of the alphabet.
END = ""
# The longest row of tokens that is shipped, and how many molecules a symbol must occur in.
LONGEST, COMMON = 64, 10
# Further orders of its atoms in which each molecule is written.
ORDERS = 7


class Shipped(NamedTuple):
    """What :func:`derive` makes of ``molecules.csv``; it takes RDKit a minute, so it is shipped.

    Attributes
    ----------
    rows : ndarray
        Shape ``(n,)``, int16: lines of the file, from 0, of molecules that differ when stereochemistry and isotopes
        are left out and have at most 64 tokens, none of them rare.
    smiles : ndarray
        Their :func:`aecore.chemistry.plain` SMILES.
    tokens : ndarray
        Shape ``(n, 1 + ORDERS, 64)``, uint8: indices into `symbols`, of the canonical order of atoms and of others.
    properties : ndarray
        Shape ``(n, 3)``, float32: :func:`aecore.chemistry.properties`.
    symbols : ndarray
        The alphabet; the first is :data:`END`.
    """

    rows: np.ndarray
    smiles: np.ndarray
    tokens: np.ndarray
    properties: np.ndarray
    symbols: np.ndarray


class Unwritable(ValueError):
    """A SMILES that cannot be written in the alphabet.

    Attributes
    ----------
    reason : {"rejected", "inexpressible", "symbol", "long"}
        RDKit rejects it; SELFIES cannot express it; a symbol is not in the alphabet; there are too many.
    detail : str
        That symbol, or how many there are.
    """

    def __init__(self, reason: Literal["rejected", "inexpressible", "symbol", "long"], detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Molecules(Data):
    """Approved drugs and small molecules as one-hot SELFIES tokens, a tenth of them held out.

    Stereochemistry and isotopes are left out; so are molecules with more tokens than `length` and those with a
    token that fewer than ten have. Any row of tokens stands for a molecule.

    Parameters
    ----------
    length : int
        The most tokens that a molecule may have.
    orders : int
        In how many orders of its atoms each molecule is trained on; held-out ones are in the canonical order.

    References
    ----------
    M. Krenn et al., Self-referencing embedded strings (SELFIES), Machine Learning: Science and Technology 1 (2020)
    045024.
    J. Arús-Pous et al., Randomized SMILES strings improve the quality of molecular generative models, Journal of
    Cheminformatics 11 (2019) 71.

    Examples
    --------
    >>> Molecules(length=16).load("test").inputs.shape
    torch.Size([90, 16, 33])
    """

    name: ClassVar = "molecules"
    licence: ClassVar = "CC BY-SA 3.0 (ChEMBL); CC BY-SA 4.0 (FreeSolv); public (ESOL)"
    defaults: ClassVar = {
        "net": "mlp",
        "hidden": (512,),
        "latent": 64,
        "activation": "silu",
        "steps": 3000,
        "batch": 128,
        "rate": 2e-3,
        "schedule": "one_cycle",
    }

    length: int = knob(48, 16, LONGEST)
    orders: int = knob(1 + ORDERS, 1, 1 + ORDERS)

    @property
    def shape(self) -> tuple[int, int]:
        """Places and symbols."""
        return self.length, len(alphabet())

    @property
    def one_hot(self) -> bool:
        """Each place holds one symbol."""
        return True

    def read(self, split: Split) -> Samples:
        """Write one part as one-hot rows."""
        if split == "test":
            return self.canonical(split)
        tokens = shipped().tokens[self.chosen(split), : self.orders]
        longer = tokens[:, :, self.length :].any(2, keepdims=True)
        fitting = np.where(longer, tokens[:, :1], tokens)[:, :, : self.length]
        inputs = one_hot(fitting.reshape(-1, self.length))
        return Samples(inputs, inputs)

    def chosen(self, split: Split) -> np.ndarray:
        """Return which of the shipped molecules are in one part."""
        short = (shipped().tokens[:, 0] > 0).sum(1) <= self.length
        order = np.random.default_rng(0).permutation(len(short))
        held_out = np.zeros(len(short), bool)
        held_out[order[: len(short) // 10]] = True
        return np.flatnonzero(short & (held_out == (split == "test")))

    def canonical(self, split: Split) -> Samples:
        """Return one part in the canonical order alone, a row for each of :meth:`chosen`."""
        inputs = one_hot(shipped().tokens[self.chosen(split), 0, : self.length])
        return Samples(inputs, inputs)

    def encode(self, smiles: str) -> Tensor:
        """Write a molecule as one-hot rows of :attr:`shape`.

        Raises
        ------
        Unwritable
            If it is no molecule, or none that these data can hold.
        """
        plain = chemistry.plain(smiles)
        if plain is None:
            raise Unwritable("rejected")
        written = chemistry.tokens(plain)
        if written is None:
            raise Unwritable("inexpressible")
        if strange := [token for token in written if token not in alphabet()]:
            raise Unwritable("symbol", strange[0])
        if len(written) > self.length:
            raise Unwritable("long", str(len(written)))
        return one_hot(np.array([indices(written, self.length)]))[0]


def one_hot(tokens: np.ndarray) -> Tensor:
    """Return indices ``(n, length)`` as float32 one-hot rows ``(n, length, symbols)``."""
    found = torch.zeros(*tokens.shape, len(alphabet()))
    return found.scatter_(2, torch.from_numpy(tokens.astype(np.int64))[:, :, None], 1.0)


def indices(written: Sequence[str], length: int) -> list[int]:
    """Return the places of tokens in the alphabet, and :data:`END` from where they end."""
    known = {symbol: place for place, symbol in enumerate(alphabet())}
    return [known[token] for token in written] + [0] * (length - len(written))


def read_back(rows: Tensor) -> list[str]:
    """Return the SMILES that rows ``(n, length, symbols)`` stand for, each place taken for its likeliest symbol.

    A molecule begins with the likeliest atom and ends at the first :data:`END`, so that any numbers stand for one.
    """
    symbols, found = alphabet(), []
    rows = rows.clone()
    rows[:, 0, [not symbol or "Branch" in symbol or "Ring" in symbol for symbol in symbols]] = -torch.inf
    for row in rows.argmax(2).tolist():
        written = row[: row.index(0)] if 0 in row else row
        found.append(chemistry.smiles_of(symbols[place] for place in written))
    return found


@cache
def shipped() -> Shipped:
    """Read what is shipped."""
    return Shipped(*files.arrays("molecules.npz", *Shipped._fields))


@cache
def alphabet() -> tuple[str, ...]:
    """Return the symbols that a place may hold."""
    return tuple(shipped().symbols.tolist())


@cache
def listed() -> tuple[dict[str, str], ...]:
    """Return the lines of ``molecules.csv``: SMILES, source, name, year of first approval, hydration energy."""
    with files.path("molecules.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def derive(every: int = 1) -> Shipped:
    """Make from ``molecules.csv`` what is shipped, by RDKit and selfies.

    Parameters
    ----------
    every : int
        Properties and other orders are made of every so manieth molecule only; the rest is left zero.
    """
    found: dict[str, tuple[int, list[str]]] = {}
    for row, line in enumerate(listed()):
        plain = chemistry.plain(line["smiles"])
        written = chemistry.tokens(plain) if plain else None
        if plain and written:
            found.setdefault(plain, (row, written))
    counts = Counter(token for _, written in found.values() for token in set(written))
    symbols = [END, *sorted(token for token, count in counts.items() if count >= COMMON)]
    known = {symbol: place for place, symbol in enumerate(symbols)}

    kept = [(s, row, w) for s, (row, w) in found.items() if len(w) <= LONGEST and set(w) <= known.keys()]
    tokens = np.zeros((len(kept), 1 + ORDERS, LONGEST), np.uint8)
    properties = np.zeros((len(kept), len(chemistry.PROPERTIES)), np.float32)
    for at, (smiles, row, written) in enumerate(kept):
        tokens[at, 0, : len(written)] = [known[token] for token in written]
        if at % every:
            continue
        properties[at] = chemistry.properties([smiles])[0]
        for order in range(1, 1 + ORDERS):
            other = chemistry.tokens(chemistry.shuffled(smiles, row * ORDERS + order)) or written
            other = other if len(other) <= LONGEST and set(other) <= known.keys() else written
            tokens[at, order, : len(other)] = [known[token] for token in other]
    rows, written_out = np.array([row for _, row, _ in kept], np.int16), np.array([one for one, _, _ in kept])
    return Shipped(rows, written_out, tokens, properties, np.array(symbols))
