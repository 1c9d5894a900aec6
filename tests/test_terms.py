from __future__ import annotations

import torch
from torch.distributions import Bernoulli, Multinomial, Normal, OneHotCategorical

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


def test_multinomial_is_torch_s_cross_entropy_and_its_multinomial_up_to_the_number_of_orders():
    x = torch.randint(0, 4, (50, 30), generator=GENERATOR).float()
    logits = 3 * torch.randn(50, 30, generator=GENERATOR)
    found = terms.multinomial_nll(logits, x)
    shares = x / x.sum(1, keepdim=True)
    each = torch.nn.functional.cross_entropy(logits, shares, reduction="none") * x.sum(1)
    torch.testing.assert_close(found, each.mean(), rtol=1e-5, atol=1e-4)
    counts = x.sum(1)
    orders = torch.lgamma(counts + 1) - torch.lgamma(x + 1).sum(1)
    oracle = [Multinomial(int(n), logits=row).log_prob(one) for n, row, one in zip(counts, logits, x, strict=True)]
    torch.testing.assert_close(found, (orders - torch.stack(oracle)).mean(), rtol=1e-5, atol=1e-4)
    torch.testing.assert_close(terms.log_categorical(logits, x).sum(1).mean(), -found)


def test_what_was_not_observed_costs_nothing_and_pulls_at_nothing():
    x, x_hat = torch.rand(4, 6, generator=GENERATOR), torch.rand(4, 6, generator=GENERATOR).requires_grad_()
    seen = torch.rand(4, 6, generator=GENERATOR) < 0.5
    found = terms.squared_error(x_hat, x.masked_fill(~seen, torch.nan))
    torch.testing.assert_close(found, ((x_hat - x)[seen] ** 2).sum() / 4)
    found.backward()
    assert (x_hat.grad[~seen] == 0).all()
    assert (x_hat.grad[seen] != 0).all()
    assert torch.equal(terms.squared_error(x_hat, x), torch.nn.functional.mse_loss(x_hat, x, reduction="sum") / 4)
