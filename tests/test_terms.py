from __future__ import annotations

import torch
from torch.distributions import Bernoulli, Normal

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


def test_squared_error_is_the_gaussian_s_up_to_its_constants():
    density = Normal(LOGITS, 0.5**0.5)
    constant = Normal(torch.zeros(()), 0.5**0.5).log_prob(torch.zeros(())) * X[0].numel()
    oracle = -density.log_prob(X).flatten(1).sum(1).mean() + constant
    torch.testing.assert_close(terms.squared_error(LOGITS, X), oracle, rtol=1e-5, atol=1e-5)
