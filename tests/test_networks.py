from __future__ import annotations

import pytest
import torch

from aecore import networks

SHAPES = [(7, 9), (8, 8), (28, 28), (3, 10, 11), (5,)]


@pytest.mark.parametrize(
    ("name", "shape"),
    [(name, shape) for name, net in networks.TABLE.items() for shape in SHAPES if len(shape) >= net.takes],
)
def test_a_code_has_the_size_asked_for_and_comes_back_in_the_input_s_shape(name, shape):
    spec = networks.TABLE[name]
    model = spec(latent=3).build(shape, "sigmoid")
    x = torch.rand(4, *shape)
    z = model.encode(x)
    x_hat = model.decode(z)
    assert z.shape == (4, 3)
    assert x_hat.shape == x.shape
    assert x_hat.min() > 0
    assert x_hat.max() < 1
    torch.testing.assert_close(model(x), x_hat)
    torch.testing.assert_close(model.logits(z).sigmoid(), x_hat)


@pytest.mark.parametrize("name", networks.TABLE)
def test_encoding_is_deterministic_and_one_sample_at_a_time(name):
    model = networks.TABLE[name](latent=3).build((8, 8), "identity")
    x = torch.rand(4, 8, 8)
    torch.testing.assert_close(model.encode(x), torch.cat([model.encode(one[None]) for one in x]), atol=1e-6, rtol=1e-5)


def test_the_linear_network_is_affine_and_the_others_are_not():
    x, y = torch.rand(2, 1, 8, 8)
    for name, net in networks.TABLE.items():
        model = net(latent=3).build((8, 8), "identity")
        middle = (model(x[None][0]) + model(y[None][0])) / 2
        assert torch.allclose(model((x + y) / 2), middle, atol=1e-6) == (name == "linear")
