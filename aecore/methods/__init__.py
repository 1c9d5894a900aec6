"""Methods: what the loss asks of the code."""

from aecore.methods.beta_vae import BetaVae
from aecore.methods.contractive import Contractive
from aecore.methods.denoising import Denoising
from aecore.methods.method import Method
from aecore.methods.quantised import Quantised
from aecore.methods.sparse import Sparse
from aecore.methods.undercomplete import Undercomplete
from aecore.methods.vae import Vae

TABLE: dict[str, type[Method]] = {
    "undercomplete": Undercomplete,
    "denoising": Denoising,
    "contractive": Contractive,
    "sparse": Sparse,
    "vae": Vae,
    "beta_vae": BetaVae,
    "quantised": Quantised,
}

__all__ = ["TABLE", "BetaVae", "Contractive", "Denoising", "Method", "Quantised", "Sparse", "Undercomplete", "Vae"]
