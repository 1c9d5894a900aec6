"""Networks: how wide and how deep the encoder and the decoder are."""

from aecore.networks.conv import Conv
from aecore.networks.lapped import Lapped
from aecore.networks.linear import Linear
from aecore.networks.maps import Maps
from aecore.networks.mlp import Mlp
from aecore.networks.net import Autoencoder, GaussianAutoencoder, Net
from aecore.networks.unet import Unet

TABLE: dict[str, type[Net]] = {
    "linear": Linear,
    "mlp": Mlp,
    "conv": Conv,
    "maps": Maps,
    "unet": Unet,
    "lapped": Lapped,
}

__all__ = ["TABLE", "Autoencoder", "Conv", "GaussianAutoencoder", "Lapped", "Linear", "Maps", "Mlp", "Net", "Unet"]
