"""Methods: what the loss asks of the code."""

from aecore.methods.contractive import Contractive
from aecore.methods.denoising import Denoising
from aecore.methods.method import Method
from aecore.methods.sparse import Sparse
from aecore.methods.undercomplete import Undercomplete

TABLE: dict[str, type[Method]] = {
    "undercomplete": Undercomplete,
    "denoising": Denoising,
    "contractive": Contractive,
    "sparse": Sparse,
}

__all__ = ["TABLE", "Contractive", "Denoising", "Method", "Sparse", "Undercomplete"]
