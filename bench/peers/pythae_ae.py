"""pythae's plain autoencoder under its own trainer."""

import tempfile
import time

import torch
from pythae.models import AE, AEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from torch import nn

from bench.peers import digits, serve
from bench.peers.plain import layers


class Encoder(BaseEncoder):
    def __init__(self, widths):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), *layers(widths))

    def forward(self, x):
        return ModelOutput(embedding=self.layers(x))


class Decoder(BaseDecoder):
    def __init__(self, widths, activation=nn.SiLU):
        super().__init__()
        self.layers = nn.Sequential(*layers(widths, activation), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28)))

    def forward(self, z):
        return ModelOutput(reconstruction=self.layers(z))


def race(widths, batch, steps, seed, _):
    """Train one epoch of `steps` batches from fresh weights, and time the trainer's own step."""
    torch.manual_seed(seed)
    code = widths.index(min(widths))
    config = AEConfig(input_dim=(1, 28, 28), latent_dim=widths[code])
    return trained(AE(config, Encoder(widths[: code + 1]), Decoder(widths[code:])), batch, steps)


def trained(model, batch, steps):
    """Train one epoch of a model and return samples a second."""
    with tempfile.TemporaryDirectory() as folder:
        settings = BaseTrainerConfig(
            output_dir=folder, num_epochs=1, per_device_train_batch_size=batch, learning_rate=1e-3, no_cuda=True
        )
        trainer = BaseTrainer(model, train_dataset=digits_for(steps * batch), training_config=settings)
        trainer.prepare_training()
        began = time.perf_counter()
        trainer.train_step(epoch=1)
        return steps * batch / (time.perf_counter() - began)


def digits_for(count):
    from pythae.data.datasets import BaseDataset

    return BaseDataset(torch.from_numpy(digits(count)).view(-1, 1, 28, 28), torch.zeros(count))


if __name__ == "__main__":
    serve(race)
