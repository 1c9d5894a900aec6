"""Data: what every data set can be asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal, TypeAlias, get_args

import numpy as np
import torch

from aecore.knobs import Spec
from aecore.samples import Samples

Split: TypeAlias = Literal["train", "test"]
ValueRange: TypeAlias = Literal["unit", "real"]


@dataclass(frozen=True)
class Data(Spec, ABC):
    """A data set with a part to train on and a held-out part, both fixed.

    A subclass is one data set: it says what it is and how :meth:`read` gets it. Its ``defaults``
    are the knobs of network and fit that suit it when nobody says otherwise.

    Attributes
    ----------
    licence : str
        Licence of the data, as its source names it.
    masked : bool
        Whether the targets are masks of the inputs rather than the inputs themselves.
    """

    licence: ClassVar[str] = ""
    masked: ClassVar[bool] = False

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of one input."""

    @property
    def value_range(self) -> ValueRange:
        """``"unit"`` if every input lies in [0, 1], ``"real"`` if it may be any number."""
        return "unit"

    @property
    def one_hot(self) -> bool:
        """Whether every row along an input's last axis holds one 1 and else 0: a choice of one symbol."""
        return False

    @property
    def classes(self) -> int:
        """Number of classes; 0 where there are no labels."""
        return 0

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the columns of ``Samples.factors``; empty where none are known."""
        return ()

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of each factor, where any combination of them can be drawn; else empty."""
        return ()

    def load(self, split: Split) -> Samples:
        """Return one part of the data; a part is read once per process and then shared.

        Parameters
        ----------
        split : {"train", "test"}
            Asking for one never reads the other into memory.

        Returns
        -------
        Samples
            ``inputs`` of shape ``(n, *shape)``, which are also the ``targets``. Whoever loads the
            same part gets the same tensors, so nobody may write into them.

        Raises
        ------
        ValueError
            If `split` is neither of the two.
        aecore.datasets.files.DamagedFile
            If a file that it is read from is missing or damaged.
        """
        if split not in get_args(Split):
            raise ValueError(f"split={split!r} is not one of {get_args(Split)}")
        return _loaded[split](self)

    @abstractmethod
    def read(self, split: Split) -> Samples:
        """Read or make one part of the data anew, always the same."""


# What was read the first time; the process's only copy.
_loaded: dict[Split, Callable[[Data], Samples]] = {
    "train": lru_cache(maxsize=8)(lambda data: data.read("train")),
    "test": lru_cache(maxsize=8)(lambda data: data.read("test")),
}


def forget(*splits: Split) -> None:
    """Let go of the parts that were read, for a process that needs them seldom; who has one keeps it.

    Examples
    --------
    >>> from aecore.datasets import TABLE
    >>> held = TABLE["ring"]().load("train")
    >>> forget("train")
    >>> TABLE["ring"]().load("train") is held
    False
    """
    for split in splits:
        _loaded[split].cache_clear()  # type: ignore[attr-defined]


def from_pixels(
    pixels: np.ndarray, labels: np.ndarray | None = None, factors: np.ndarray | None = None, *, white: int = 255
) -> Samples:
    """Make samples of grey pictures, with values in [0, 1].

    Parameters
    ----------
    pixels : ndarray
        Whole numbers from 0 (black) to `white`, shape ``(n, height, width)``.
    labels, factors : ndarray or None
        Whole numbers, of shapes ``(n,)`` and ``(n, n_factors)``.
    white : int
        The largest value that a pixel may have.

    Examples
    --------
    >>> from_pixels(np.array([[[0, 51], [102, 255]]], np.uint8)).inputs
    tensor([[[0.0000, 0.2000],
             [0.4000, 1.0000]]])
    """
    inputs = torch.from_numpy(pixels.astype(np.float32)).div_(white)  # in place: MNIST has 188 MB of them
    label_tensor, factor_tensor = (
        None if whole is None else torch.from_numpy(whole.astype(np.int64)) for whole in (labels, factors)
    )
    return Samples(inputs, inputs, label_tensor, factor_tensor)


def from_values(values: np.ndarray) -> Samples:
    """Make samples of real numbers, shape ``(n, *shape)``, without labels."""
    inputs = torch.from_numpy(values.astype(np.float32))
    return Samples(inputs, inputs)
