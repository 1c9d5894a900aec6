"""pythae's variational autoencoder, or its β-VAE, under its own trainer."""

import torch
from pythae.models import VAE, BetaVAE, BetaVAEConfig, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseEncoder
from torch import nn

from bench.peers import serve
from bench.peers.plain import layers
from bench.peers.pythae_ae import Decoder, trained


class Encoder(BaseEncoder):
    def __init__(self, widths):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), *layers(widths[:-1], nn.ReLU), nn.ReLU())
        self.mean, self.log_variance = (nn.Linear(*widths[-2:]) for _ in range(2))

    def forward(self, x):
        h = self.layers(x)
        return ModelOutput(embedding=self.mean(h), log_covariance=self.log_variance(h))


def race(widths, batch, steps, seed, method):
    torch.manual_seed(seed)
    code = widths.index(min(widths))
    about = {"input_dim": (1, 28, 28), "latent_dim": widths[code], "reconstruction_loss": "bce"}
    kind, config = (BetaVAE, BetaVAEConfig(**about, beta=4.0)) if method == "beta_vae" else (VAE, VAEConfig(**about))
    return trained(kind(config, Encoder(widths[: code + 1]), Decoder(widths[code:], nn.ReLU)), batch, steps)


if __name__ == "__main__":
    serve(race)
