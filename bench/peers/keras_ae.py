"""Keras' fit() on its PyTorch backend."""

import os
import time

os.environ["KERAS_BACKEND"] = "torch"

import keras

from bench.peers import digits, serve


def race(widths, batch, steps, seed, _):
    """Train one epoch of `steps` batches from fresh weights; a first, short fit warms up."""
    keras.utils.set_random_seed(seed)
    code = widths.index(min(widths))
    hidden = [keras.layers.Dense(width, "linear" if i == code else "silu") for i, width in enumerate(widths)][1:-1]
    net = keras.Sequential([keras.Input((widths[0],)), *hidden, keras.layers.Dense(widths[-1], "sigmoid")])
    net.compile(keras.optimizers.Adam(1e-3), loss=lambda y, y_hat: keras.ops.sum((y - y_hat) ** 2, -1))
    net.fit(X[: 4 * batch], X[: 4 * batch], batch_size=batch, epochs=1, verbose=0)
    rows = X[: steps * batch]
    began = time.perf_counter()
    net.fit(rows, rows, batch_size=batch, epochs=1, verbose=0)
    return steps * batch / (time.perf_counter() - began)


if __name__ == "__main__":
    X = digits(60_000)
    serve(race)
