from __future__ import annotations

import torch
from torch.distributions import Bernoulli, Normal, OneHotCategorical

from aecore import terms

GENERATOR = torch.Generator().manual_seed(0)
X = torch.rand(50, 7, 5, generator=GENERATOR)
LOGITS = 4 * torch.randn(50, 7, 5, generator=GENERATOR)


def test_cross_entropy_is_the_bernoulli_s_negative_log_likelihood():
    x = X.round()
    oracle = -Bernoulli(logits=LOGITS).log_prob(x).flatten(1).sum(1).mean()
    torch.testing.assert_close(terms.bernoulli_cross_entropy(LOGITS, x), oracle, rtol=1e-5, atol=1e-5)


def test_cross_entropy_of_grey_values_is_its_expectation():
    p = LOGITS.double().sigmoid()
    oracle = -(X * p.log() + (1 - X) * (1 - p).log()).flatten(1).sum(1).mean()
    torch.testing.assert_close(terms.bernoulli_cross_entropy(LOGITS, X).double(), oracle, rtol=1e-5, atol=1e-5)


def test_categorical_cross_entropy_is_torch_s_and_the_categorical_s_negative_log_likelihood():
    symbols = torch.randint(5, (50, 7), generator=GENERATOR)
    x = torch.nn.functional.one_hot(symbols, 5).float()
    each = OneHotCategorical(logits=LOGITS).log_prob(x)
    torch.testing.assert_close(terms.log_categorical(LOGITS, x).sum(2), each, rtol=1e-5, atol=1e-5)
    found = terms.categorical_cross_entropy(LOGITS, x)
    torch.testing.assert_close(found, -each.sum(1).mean(), rtol=1e-5, atol=1e-5)
    oracle = torch.nn.functional.cross_entropy(LOGITS.mT, symbols, reduction="sum") / 50
    torch.testing.assert_close(found, oracle, rtol=1e-5, atol=1e-5)


def test_squared_error_is_the_gaussian_s_up_to_its_constants():
    density = Normal(LOGITS, 0.5**0.5)
    constant = Normal(torch.zeros(()), 0.5**0.5).log_prob(torch.zeros(())) * X[0].numel()
    oracle = -density.log_prob(X).flatten(1).sum(1).mean() + constant
    torch.testing.assert_close(terms.squared_error(LOGITS, X), oracle, rtol=1e-5, atol=1e-5)
