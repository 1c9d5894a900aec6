"""A variational autoencoder under Keras' fit() on its PyTorch backend; its divergence is a layer's own loss."""

import os
import time

os.environ["KERAS_BACKEND"] = "torch"

import keras
from keras import ops

from bench.peers import digits, serve


class Sampled(keras.layers.Layer):
    def __init__(self, seed):
        super().__init__()
        self.chance = keras.random.SeedGenerator(seed)

    def call(self, given):
        mean, log_variance = given
        kl = 0.5 * (ops.exp(log_variance) + ops.square(mean) - 1 - log_variance)
        self.add_loss(ops.mean(ops.sum(kl, -1)))
        return mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean), seed=self.chance)


def cross_entropy(x, p):
    return x.shape[-1] * keras.losses.binary_crossentropy(x, p)


def race(widths, batch, steps, seed, _):
    """Train one epoch of `steps` batches from fresh weights; a first, short fit warms up."""
    keras.utils.set_random_seed(seed)
    code = widths.index(min(widths))
    x = h = keras.Input((widths[0],))
    for width in widths[1:code]:
        h = keras.layers.Dense(width, "relu")(h)
    h = Sampled(seed)([keras.layers.Dense(widths[code])(h), keras.layers.Dense(widths[code])(h)])
    for width in widths[code + 1 : -1]:
        h = keras.layers.Dense(width, "relu")(h)
    net = keras.Model(x, keras.layers.Dense(widths[-1], "sigmoid")(h))
    net.compile(keras.optimizers.Adam(1e-3), loss=cross_entropy)
    net.fit(X[: 4 * batch], X[: 4 * batch], batch_size=batch, epochs=1, verbose=0)
    rows = X[: steps * batch]
    began = time.perf_counter()
    net.fit(rows, rows, batch_size=batch, epochs=1, verbose=0)
    return steps * batch / (time.perf_counter() - began)


if __name__ == "__main__":
    X = digits(60_000)
    serve(race)
