"""Fashion-MNIST: pieces of clothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from aecore.datasets import files
from aecore.datasets.data import Data, Split, from_pixels
from aecore.samples import Samples


@dataclass(frozen=True)
class FashionMnist(Data):
    """Fashion-MNIST: 12,000 pieces of clothing to train on and 2,000 held out, of ten kinds.

    A stratified part of the 70,000. The split is our own, so numbers for it do not compare with
    published ones.

    References
    ----------
    H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
    learning algorithms", arXiv:1708.07747, 2017.

    Examples
    --------
    >>> FashionMnist().load("test").inputs.shape
    torch.Size([2000, 28, 28])
    """

    name: ClassVar = "fashion_mnist"
    licence: ClassVar = "MIT"
    defaults: ClassVar = {
        "net": "mlp",
        "hidden": (256, 128),
        "latent": 30,
        "steps": 2000,
        "batch": 128,
        "rate": 3e-3,
    }
    shape = (28, 28)
    classes = 10

    def read(self, split: Split) -> Samples:
        """Read one part from its file."""
        return from_pixels(*files.arrays("fashion_mnist.npz", f"x_{split}", f"y_{split}"))
