"""Debian: which libraries each source package depends on, a history of choices for every package."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, NamedTuple

import numpy as np
import torch

from aecore.datasets import files
from aecore.datasets.data import Data, Split
from aecore.knobs import knob
from aecore.samples import Samples

FOLDS = 5


class Item(NamedTuple):
    """One library: its name, its section of the archive, and what it is, in a line."""

    name: str
    section: str
    summary: str


@dataclass(frozen=True)
class Debian(Data):
    """Debian 12: 4,784 source packages and which of 862 libraries each depends on; a fifth of the packages is held out.

    A row is a package, a column a library; 1 says that the one depends on the other. Nobody rated anything: that a
    package does without a library says little of whether it could use it. A tenth of the libraries has nearly half
    of all dependencies, while a hundred libraries have at most 17 packages each.
    One held-out package in eighteen depends on the very libraries of one that is trained on.

    Parameters
    ----------
    fold : int
        Which fifth is held out.

    Examples
    --------
    >>> Debian().load("test").inputs.shape
    torch.Size([957, 862])
    >>> Debian().items[0].name
    'adduser'
    """

    name: ClassVar = "debian"
    licence: ClassVar = "none needed: facts of the Debian 12 package index; summaries as the packages' own metadata"
    defaults: ClassVar = {
        "net": "mlp",
        "hidden": (),
        "latent": 300,
        "activation": "tanh",
        "steps": 500,
        "batch": 256,
        "rate": 3e-3,
    }
    shape = (862,)

    fold: int = knob(0, 0, FOLDS - 1)

    @property
    def items(self) -> tuple[Item, ...]:
        """The libraries, in the order of the columns."""
        return _items()

    def read(self, split: Split) -> Samples:
        """Read the packages of one part."""
        whole = _histories()
        order = np.random.default_rng(0).permutation(len(whole))
        held_out = np.zeros(len(whole), bool)
        held_out[order[self.fold :: FOLDS]] = True
        inputs = torch.from_numpy(whole[held_out if split == "test" else ~held_out]).float()
        return Samples(inputs, inputs)


@cache
def _items() -> tuple[Item, ...]:
    with files.path("debian_libraries.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(Item(row["library"], row["section"], row["summary"]) for row in csv.DictReader(lines))


@cache
def _histories() -> np.ndarray:
    """Return the whole table, uint8 of shape ``(packages, libraries)``."""
    columns = {item.name: column for column, item in enumerate(_items())}
    with files.path("debian_dependencies.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row["libraries"].split() for row in csv.DictReader(lines)]
    whole = np.zeros((len(rows), len(columns)), np.uint8)
    for i, libraries in enumerate(rows):
        whole[i, [columns[library] for library in libraries]] = 1
    return whole
