"""Labelled: what a few labels are worth on a code, on pixels, and on a network that is tuned to them."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Generator, Tensor, nn

from aecore.baselines import Pca
from aecore.datasets import Data
from aecore.networks import Autoencoder, GaussianAutoencoder

Layer: TypeAlias = Literal["code", "hidden"]

# Sides of the squares in which maps are averaged, so that it matters less where exactly something is.
SQUARES = 4
# Inputs that features are measured on before they are standardised; no label is needed for that.
MEASURED = 4000
CHUNK = 1000
# What cross-validation may choose from: the weight of the labels beside the penalty of a linear classifier,
# that of errors of a support vector machine, the inverse width of its kernel, the neighbours that are asked.
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
COSTS, WIDTHS = (1.0, 10.0, 100.0), (0.1, 0.3, 1.0, 3.0)
NEIGHBOURS = (1, 3, 5, 9)
FOLDS = 5
# Labels that cross-validation looks at, at most; it is many times the price of a fit.
TRIED = 1000
# Directions that PCA keeps.
DIRECTIONS = 50
# Of tuning a network: labels a step, passes over them, steps at least, and the learning rate.
BATCH, PASSES, STEPS, RATE = 64, 15, 200, 1e-3


class Features(nn.Module):
    """What a layer of an encoder says of an input, each number standardised over inputs without labels.

    Parameters
    ----------
    model : Autoencoder
        It is copied.
    layer : {"code", "hidden"}
        The code, or the activations of the last layer before it; where there is none, the code again. Maps are
        averaged over squares of their places.
    x : Tensor
        Inputs ``(n, *shape)`` whose features get mean 0; and variance 1 where they vary.

    References
    ----------
    A. Coates, A. Ng, H. Lee, An analysis of single-layer networks in unsupervised feature learning, AISTATS 2011:
    standardised features, pooled over squares, for a linear classifier.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, model: Autoencoder, layer: Layer, x: Tensor) -> None:
        super().__init__()
        self.body = _body(model, layer)
        with torch.inference_mode():
            found = _in_chunks(self.body, x[:MEASURED])
        deviation = found.std(0)
        self.register_buffer("mean", found.mean(0).clone())
        # What hardly ever varies would be blown up.
        self.register_buffer("scale", (deviation + 0.1 * deviation.mean()).clamp(min=1e-6))

    def forward(self, x: Tensor) -> Tensor:
        """Return features ``(n, features)`` of inputs ``(n, *shape)``."""
        return (self.body(x) - self.mean) / self.scale


class Classifier(nn.Module):
    """Features and a linear layer that tells classes apart."""

    def __init__(self, features: Features, classes: int) -> None:
        super().__init__()
        self.features = features
        self.head = nn.utils.skip_init(nn.Linear, len(features.mean), classes)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Return a score for each class, ``(n, classes)``."""
        return self.head(self.features(x))


class _Means(nn.Module):
    """Gives the means of a Gaussian code."""

    def forward(self, both: Tensor) -> Tensor:
        return both.chunk(2, dim=1)[0]


def _body(model: Autoencoder, layer: Layer) -> nn.Sequential:
    modules = list(deepcopy(model.encoder))
    learnt = [i for i, module in enumerate(modules) if any(True for _ in module.parameters())]
    if layer == "hidden" and len(learnt) > 1:
        modules = modules[: learnt[-1]]
    elif isinstance(model, GaussianAutoencoder):
        modules.append(_Means())
    if isinstance(modules[-1], nn.Flatten):
        modules.insert(-1, nn.AdaptiveAvgPool2d(SQUARES))
    return nn.Sequential(*modules).requires_grad_(True)


def _in_chunks(make: nn.Module, x: Tensor) -> Tensor:
    return torch.cat([make(some) for some in x.split(CHUNK)])


@torch.inference_mode()
def read(reader: Features, x: Tensor) -> NDArray[np.float32]:
    """Return standardised features of inputs ``(n, *shape)``, shape ``(n, features)``."""
    return _in_chunks(reader, x).numpy()


def drawn_labels(labels: Tensor, count: int, seed: int) -> Tensor:
    """Return the rows of `count` labels, as many of each class as of any other, in an order of chance.

    Parameters
    ----------
    labels : Tensor
        Shape ``(n,)``.
    count : int
        A multiple of the number of classes leaves none over.
    seed : int
        Another one draws others.

    Examples
    --------
    >>> labels = torch.arange(100) % 10
    >>> labels[drawn_labels(labels, 30, seed=0)].bincount().tolist()
    [3, 3, 3, 3, 3, 3, 3, 3, 3, 3]
    """
    rng = Generator().manual_seed(seed)
    order = torch.randperm(len(labels), generator=rng)
    shuffled = labels[order]
    each = count // int(labels.max() + 1)
    rows = [order[shuffled == label][:each] for label in labels.unique()]
    found = torch.cat(rows)
    return found[torch.randperm(len(found), generator=rng)]


def logistic(x: NDArray[np.float32], labels: NDArray[np.int64]) -> Any:
    """Fit logistic regression to features ``(n, features)``, its penalty chosen by cross-validation on these alone."""
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(max_iter=300, tol=1e-3)
    return found.set_params(**_chosen(found, {"C": STRENGTHS}, x, labels)).fit(x, labels)


def nearest_labelled(x: NDArray[np.float32], labels: NDArray[np.int64]) -> Any:
    """Fit k nearest neighbours, k chosen by cross-validation."""
    from sklearn.neighbors import KNeighborsClassifier

    one = KNeighborsClassifier(1)
    return one.set_params(**_chosen(one, {"n_neighbors": NEIGHBOURS}, x, labels)).fit(x, labels)


def kernel_machine(x: NDArray[np.float32], labels: NDArray[np.int64]) -> Any:
    """Fit a support vector machine with Gaussian kernels, their width and its cost chosen by cross-validation."""
    from sklearn.svm import SVC

    # The squared distance of two inputs grows with what varies in them.
    spread = float(x.var(0).sum())
    found = SVC(C=10.0, gamma=1 / (2 * spread))
    choices = {"C": COSTS, "gamma": [width / spread for width in WIDTHS]}
    return found.set_params(**_chosen(found, choices, x, labels)).fit(x, labels)


def _chosen(
    classifier: Any, choices: dict[str, Any], x: NDArray[np.float32], labels: NDArray[np.int64]
) -> dict[str, Any]:
    """Return what of some choices does best on parts left out; nothing where a class has but one label."""
    from sklearn.model_selection import GridSearchCV

    x, labels = x[:TRIED], labels[:TRIED]
    folds = min(FOLDS, int(np.unique(labels, return_counts=True)[1].min()))
    return {} if folds < 2 else GridSearchCV(classifier, choices, cv=folds, refit=False).fit(x, labels).best_params_


def tuned(reader: Features, x: Tensor, labels: Tensor, classes: int, seed: int) -> Classifier:
    """Train an encoder and a linear layer on it with a few labels, all weights of both.

    The linear layer begins as a probe of the features, so that the first steps do not spoil them.

    Parameters
    ----------
    reader : Features
        Where the encoder begins: pretrained, or as fresh weights made it. It stays as it is.
    x, labels : Tensor
        Shapes ``(n, *shape)`` and ``(n,)``.
    classes : int
    seed : int
        Of the order of the labels.

    References
    ----------
    G. Hinton and R. Salakhutdinov, Reducing the dimensionality of data with neural networks,
    Science 313 (2006) 504-507: pretraining, then fine-tuning.
    A. Kumar, A. Raghunathan, R. Jones, T. Ma, P. Liang, Fine-tuning can distort pretrained features and underperform
    out-of-distribution, ICLR 2022: first the probe.
    """
    model = begun(reader, x, labels, classes).train()
    steps = max(STEPS, PASSES * len(x) // BATCH)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    rng = Generator().manual_seed(seed)
    for _ in range(steps):
        rows = torch.randint(len(x), (min(BATCH, len(x)),), generator=rng)
        loss = F.cross_entropy(model(x[rows]), labels[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        falling.step()
    return model.eval()


def begun(reader: Features, x: Tensor, labels: Tensor, classes: int) -> Classifier:
    """Return what :func:`tuned` begins with: a copy of the encoder, and a probe of its features."""
    model = Classifier(deepcopy(reader), classes)
    found = logistic(read(reader, x), labels.numpy())
    with torch.no_grad():
        model.head.weight[found.classes_] = torch.from_numpy(found.coef_).float()
        model.head.bias[found.classes_] = torch.from_numpy(found.intercept_).float()
    return model


# Ways to tell classes apart that no autoencoder has a part in.
RIVALS: dict[str, Callable[[NDArray[np.float32], NDArray[np.int64]], Any]] = {
    "pixels": logistic,
    "neighbours": nearest_labelled,
    "machine": kernel_machine,
    "pca": logistic,
}


def told(
    way: str,
    data: Data,
    count: int,
    seed: int,
    model: Autoencoder | None = None,
    layer: Layer = "hidden",
    *,
    most: int | None = None,
) -> NDArray[np.int64]:
    """Return the classes that held-out inputs are told to have by who saw `count` labels of the training part.

    Parameters
    ----------
    way : str
        One of `RIVALS`, for which no model is needed; ``"probe"``: logistic regression on the features of the model
        as it is; or ``"tuned"``: the model's encoder trained on.
    data : Data
    count, seed : int
        How many labels, and which.
    model : Autoencoder, optional
        An untrained one makes of ``"tuned"`` the same net from scratch.
    layer : {"code", "hidden"}
    most : int, optional
        How many of the held-out inputs, by default all.

    Returns
    -------
    ndarray
        Shape ``(n,)``.
    """
    train, held_out = data.load("train"), data.load("test").inputs[:most]
    assert train.labels is not None
    rows = drawn_labels(train.labels, count, seed)
    x, labels = train.inputs[rows], train.labels[rows]
    if model is None:
        encode = _directions(data) if way == "pca" else _pixels
        return RIVALS[way](encode(x), labels.numpy()).predict(encode(held_out))
    reader, of_held_out = _known(model, layer, data, most)
    if way == "probe":
        return logistic(read(reader, x), labels.numpy()).predict(of_held_out)
    network = tuned(reader, x, labels, data.classes, seed)
    with torch.inference_mode():
        return _in_chunks(network, held_out).argmax(1).numpy()


def _pixels(x: Tensor) -> NDArray[np.float32]:
    return x.flatten(1).numpy()


@lru_cache(maxsize=2)
def _directions(data: Data) -> Callable[[Tensor], NDArray[np.float32]]:
    pca = Pca.fit(data.load("train"))
    return lambda x: pca.encode(x, min(DIRECTIONS, len(pca.components))).numpy()


# The pretrained net and the fresh one, in turn; each takes some ten megabytes.
@lru_cache(maxsize=2)
def _known(model: Autoencoder, layer: Layer, data: Data, most: int | None) -> tuple[Features, NDArray[np.float32]]:
    """Return a layer's features and what they say of held-out inputs."""
    reader = Features(model, layer, data.load("train").inputs)
    return reader, read(reader, data.load("test").inputs[:most])
