"""MNIST: handwritten digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from aecore.datasets import files
from aecore.datasets.data import Data, Split, from_pixels
from aecore.samples import Samples


@dataclass(frozen=True)
class Mnist(Data):
    """MNIST: 60,000 handwritten digits to train on and 10,000 held out, by other writers.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
    recognition", Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> Mnist().load("test").inputs.shape
    torch.Size([10000, 28, 28])
    """

    name: ClassVar = "mnist"
    licence: ClassVar = "CC BY-SA 3.0"
    defaults: ClassVar = {
        "net": "mlp",
        "hidden": (512, 256),
        "latent": 30,
        "steps": 2000,
        "batch": 128,
        "rate": 1e-2,
    }
    shape = (28, 28)
    classes = 10

    def read(self, split: Split) -> Samples:
        """Read one part from its file."""
        return from_pixels(*files.arrays("mnist.npz", f"x_{split}", f"y_{split}"))
