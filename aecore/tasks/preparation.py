"""Preparation: an autoencoder learns from pictures without labels, for a classifier that gets few of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from aecore.tasks.reconstruction import Reconstruction


@dataclass(frozen=True)
class Preparation(Reconstruction):
    """Give back what went in; what matters is how well the code can be read with few labels.

    References
    ----------
    G. Hinton and R. Salakhutdinov, Reducing the dimensionality of data with neural networks,
    Science 313 (2006) 504-507.
    D. Erhan, Y. Bengio, A. Courville, P.-A. Manzagol, P. Vincent, S. Bengio, Why does unsupervised pre-training
    help deep learning?, JMLR 11 (2010) 625-660.
    D. P. Kingma, D. J. Rezende, S. Mohamed, M. Welling, Semi-supervised learning with deep generative models,
    NIPS 2014, arXiv:1406.5298: M1.
    """

    name = "preparation"
    defaults: ClassVar = {"net": "mlp", "corruption": "warping"}
