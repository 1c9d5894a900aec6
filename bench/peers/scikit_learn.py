"""scikit-learn's perceptron, fitted to give back its input."""

import time
import warnings

from sklearn.neural_network import MLPRegressor

from bench.peers import digits, serve


def race(widths: list[int], batch: int, steps: int, seed: int, _: str) -> float:
    """Train one epoch of at most 40 batches from fresh weights: it is the slowest by far."""
    rows = X[: batch * min(steps, 40)]
    net = MLPRegressor(
        hidden_layer_sizes=widths[1:-1], batch_size=batch, max_iter=1, learning_rate_init=1e-3, random_state=seed
    )
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.fit(rows, rows)
    return len(rows) / (time.perf_counter() - began)


if __name__ == "__main__":
    X = digits(60_000)
    serve(race)
