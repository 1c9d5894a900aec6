"""Methods: what the loss asks of the code."""

from aecore.methods.denoising import Denoising
from aecore.methods.method import Method
from aecore.methods.undercomplete import Undercomplete

TABLE: dict[str, type[Method]] = {
    "undercomplete": Undercomplete,
    "denoising": Denoising,
}

__all__ = ["TABLE", "Denoising", "Method", "Undercomplete"]
