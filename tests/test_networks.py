from __future__ import annotations

import pytest
import torch

from aecore import networks

CARRIERS = (networks.Maps, networks.Unet)
SHAPES = [(7, 9), (8, 8), (28, 28), (3, 10, 11), (5,)]


def spec_of(name):
    """A network whose code has three units or, of maps, one that carries nothing."""
    net = networks.TABLE[name]
    if net.of_units:
        return net(latent=3)
    return net(channels=4, blocks=1, carry=False) if issubclass(net, CARRIERS) else net()


@pytest.mark.parametrize(
    ("name", "shape"),
    [(name, shape) for name, net in networks.TABLE.items() for shape in SHAPES if len(shape) >= net.takes],
)
def test_a_code_has_the_size_asked_for_and_comes_back_in_the_input_s_shape(name, shape):
    model = spec_of(name).build(shape, "sigmoid")
    x = torch.rand(4, *shape)
    z = model.encode(x)
    x_hat = model.decode(z)
    assert z.shape == (4, model.n_latent)
    assert model.n_latent == 3 or not networks.TABLE[name].of_units
    assert x_hat.shape == x.shape
    torch.testing.assert_close(model(x), x_hat)
    if name == "lapped":
        torch.testing.assert_close(x_hat, x)
        return
    assert x_hat.min() > 0
    assert x_hat.max() < 1
    torch.testing.assert_close(model.logits(z).sigmoid(), x_hat)


@pytest.mark.parametrize("name", networks.TABLE)
def test_encoding_is_deterministic_and_one_sample_at_a_time(name):
    model = spec_of(name).build((8, 8), "identity")
    x = torch.rand(4, 8, 8)
    torch.testing.assert_close(model.encode(x), torch.cat([model.encode(one[None]) for one in x]), atol=1e-6, rtol=1e-5)


def test_the_linear_network_is_affine_and_the_others_are_not_but_where_they_begin_as_a_transform():
    x, y = torch.rand(2, 1, 8, 8)
    for name in networks.TABLE:
        model = spec_of(name).build((8, 8), "identity")
        middle = (model(x[None][0]) + model(y[None][0])) / 2
        assert torch.allclose(model((x + y) / 2), middle, atol=1e-6) == (name in ("linear", "lapped"))


def test_maps_that_carry_the_picture_begin_by_changing_nothing():
    for net in CARRIERS:
        for shape in ((7, 9), (3, 10, 11)):
            x = torch.rand(2, *shape)
            assert torch.equal(net(channels=4, blocks=1).build(shape, "identity")(x), x), net


def test_maps_of_one_size_serve_any_other():
    net = networks.Maps(channels=4, blocks=1, carry=False)
    small, large = net.build((12, 12), "identity"), net.build((40, 40), "identity")
    large.load_state_dict(small.state_dict())
    x = torch.rand(1, 40, 40)
    # Six convolutions on halved sides see 12 pixels far, so the middle of a cut knows nothing of its edge.
    cut = net.build((32, 32), "identity")
    cut.load_state_dict(small.state_dict())
    torch.testing.assert_close(large(x)[:, 18:22, 18:22], cut(x[:, 4:36, 4:36])[:, 14:18, 14:18])


def moved(net, shape):
    """A network whose blocks, which begin by adding nothing, add something."""
    model = net.build(shape, "identity")
    generator = torch.Generator().manual_seed(0)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.05, generator=generator)
    return model


def test_a_unet_of_one_size_serves_any_other_whose_squares_are_whole():
    net = networks.Unet(channels=4, halvings=2, blocks=1, carry=False, activation="tanh")
    small = moved(net, (16, 16))
    large = net.build((96, 96), "identity")
    large.load_state_dict(small.state_dict())
    cut = net.build((80, 80), "identity")
    cut.load_state_dict(small.state_dict())
    x = torch.rand(1, 96, 96)
    torch.testing.assert_close(large(x)[:, 44:52, 44:52], cut(x[:, 8:88, 8:88])[:, 36:44, 36:44])


def test_the_code_of_a_square_holds_a_unet_s_maps_of_all_sizes_and_the_picture_that_it_carries():
    net = networks.Unet(channels=4, halvings=2, blocks=1)
    model = moved(net, (16, 24))
    square = 2 ** (net.stacked + net.halvings)
    assert model.places == (16 // square) * (24 // square)
    assert model.n_latent == model.places * (square**2 + 4 * (4**2 + 2**2 + 1))
    x = torch.rand(3, 16, 24)
    z = model.encode(x)
    for parameter in model.decoder.parameters():
        torch.nn.init.zeros_(parameter)
    torch.testing.assert_close(model.decode(z), x)
