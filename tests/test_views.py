from __future__ import annotations

from urllib.parse import parse_qsl

import numpy as np
import pytest
import torch

import aecore as ae
from aecore import methods, networks, views
from aecore.baselines import Pca
from aecore.samples import Samples


@pytest.fixture(scope="module")
def held_out():
    return ae.Experiment.from_query("data=digits").data.load("test")


@pytest.fixture(scope="module")
def model():
    return ae.Experiment.from_query("data=digits&net=mlp&hidden=12,6&latent=4").build()


def test_the_plane_of_a_small_code_is_the_code():
    codes = np.array([[1.0, 5.0], [3.0, 5.0]])
    plane = views.plane(codes)
    assert not plane.projected
    np.testing.assert_array_equal(plane.points, codes)
    assert plane.shares == (1.0, 0.0)
    np.testing.assert_array_equal(views.plane(codes[:, :1]).points, [[1, 0], [3, 0]])


def test_the_plane_of_a_large_code_has_its_two_largest_variances():
    rng = np.random.default_rng(0)
    turned, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    codes = rng.normal(size=(4000, 5)) * [3, 2, 0.5, 0.5, 0.5] @ turned
    plane = views.plane(codes)
    assert plane.projected
    np.testing.assert_allclose(plane.points.std(0), [3, 2], rtol=0.06)
    assert plane.shares[0] == pytest.approx(9 / 13.75, rel=0.05)
    np.testing.assert_allclose(views.plane(codes + 7).points, plane.points, atol=1e-9)


def test_codes_that_are_all_alike_have_a_plane():
    plane = views.plane(np.ones((5, 3)))
    assert np.isfinite(plane.points).all()
    assert np.isfinite(plane.shares).all()


def test_rows_are_originals_then_what_came_of_them(model, held_out):
    x = held_out.inputs[:6]
    pca = Pca.fit(held_out)
    rows = views.beside_pca(model, x, pca)
    np.testing.assert_allclose(rows.pictures[0], x)
    np.testing.assert_allclose(rows.pictures[1], model(x).detach().clamp(0, 1), atol=1e-6)
    np.testing.assert_allclose(rows.errors[2], (pca.reconstruct(x, 4) - x).square().flatten(1).sum(1), rtol=1e-4)
    assert np.isnan(rows.errors[0]).all()
    assert len(views.beside_pca(model, x, None).pictures) == 2


def test_a_flow_holds_every_layer_of_one_input(model, held_out):
    x = held_out.inputs[3]
    flow = views.flow(model, x, strongest=5)
    assert [len(column) for column in flow.columns] == [12, 6, 4, 6, 12]
    np.testing.assert_allclose(flow.columns[flow.code], model.encode(x[None])[0].detach(), atol=1e-6)
    assert flow.error == pytest.approx((model(x[None])[0] - x).square().sum().item(), rel=1e-5)


def test_the_links_of_a_flow_are_its_largest_products(model, held_out):
    flow = views.flow(model, held_out.inputs[3], strongest=5)
    weights = [model.encoder[3].weight, model.encoder[5].weight, model.decoder[0].weight, model.decoder[2].weight]
    assert len(flow.links) == len(weights)
    for links, weight, column in zip(flow.links, weights, flow.columns, strict=False):
        products = weight.detach().numpy() * column
        largest = np.sort(np.abs(products).ravel())[::-1][:5]
        found = [products[int(out), int(into)] for into, out, _ in links]
        np.testing.assert_allclose(np.abs(found), largest, rtol=1e-5)
        np.testing.assert_allclose(links[:, 2], np.array(found) / largest[0], rtol=1e-5)


class Copies(torch.nn.Module):
    """An autoencoder whose code is the first two inputs."""

    n_latent = 2

    def encode(self, x):
        return x[:, :2]

    def decode(self, z):
        return torch.cat([z, torch.zeros(len(z), 2)], 1)


def test_properties_of_a_code_that_copies_two_of_four_inputs():
    x = torch.randn(600, 4, generator=torch.Generator().manual_seed(0))
    labels = (x[:, 0] > 0).long()
    found = views.properties(Copies(), Samples(x, x, labels))
    assert found.likeness == pytest.approx(1, abs=1e-3)
    assert found.explained == pytest.approx(0.5, abs=0.06)
    assert found.agreement > 0.9
    assert found.chance == pytest.approx(0.5, abs=0.05)
    assert (found.inputs, found.codes) == (4, 2)
    assert views.properties(Copies(), Samples(x, x)).agreement is None


def test_a_filter_is_what_excites_its_unit_most():
    for net in ("mlp&hidden=", "mlp&hidden=20", "conv"):
        model = ae.Experiment.from_query(f"data=digits&net={net}&latent=5").build()
        found = torch.from_numpy(views.filters(model))
        torch.testing.assert_close(found.flatten(1).norm(dim=1), torch.ones(5))
        x = torch.zeros(8, 8)
        rise = [model.encode((x + 0.01 * one)[None])[0, i] - model.encode(x[None])[0, i] for i, one in enumerate(found)]
        random = torch.nn.functional.normalize(torch.randn(200, 64), dim=1).view(-1, 8, 8)
        best = (model.encode(x + 0.01 * random) - model.encode(x[None])).amax(0)
        assert (torch.stack(rise) > best).all()


def test_a_gabor_function_is_known_and_noise_is_not():
    y, x = np.mgrid[:10, :10]
    waves = []
    for row, column, angle, wave, width in ((4, 5, 0.4, 0.2, 2.0), (6.5, 3, 1.9, 0.13, 2.5), (3, 4, 2.8, 0.3, 1.5)):
        u, v = (
            np.cos(angle) * (x - column) + np.sin(angle) * (y - row),
            np.sin(angle) * (x - column) - np.cos(angle) * (y - row),
        )
        waves.append(np.exp(-(u**2 + (v / 1.5) ** 2) / (2 * width**2)) * np.cos(2 * np.pi * wave * u + 0.7))
    known = views.gabors(np.array(waves))
    assert known.r2.min() > 0.97
    assert np.abs(known.fits / np.linalg.norm(known.fits, axis=(1, 2), keepdims=True)).max() <= 1
    noise = np.random.default_rng(0).normal(size=(20, 10, 10))
    assert views.gabors(noise).r2.max() < 0.6


class Perfect(torch.nn.Module):
    """Rebuilds a point as the mean of what it may have been (Tweedie)."""

    def __init__(self, data, level):
        super().__init__()
        self.data, self.level = data, level

    def forward(self, x):
        return x + self.level**2 * torch.from_numpy(self.data.score(x.numpy(), self.level)).float()


@pytest.mark.parametrize("name", ["ring", "spiral", "moons"])
def test_the_best_denoiser_points_along_the_score_and_leads_to_the_data(name):
    data = ae.Experiment.from_query(f"data={name}").data
    model = Perfect(data, 0.15)
    field = views.field(model, data, 0.15)
    assert field.cosine > 0.999
    np.testing.assert_allclose(field.arrows, field.true, atol=1e-3)
    path = views.walk(model, np.array([0.4, 0.9]))
    assert path[0].tolist() == pytest.approx([0.4, 0.9])
    assert np.linalg.norm(data.centres() - path[-1], axis=1).min() < 0.1


def test_near_its_own_level_each_network_beats_the_others_as_the_lesson_says():
    levels = (0.2, 0.5, 0.8)
    one = ae.Experiment.from_query("data=digits&method=denoising&net=mlp&hidden=128&latent=32&steps=400")
    curves = []
    for experiment in one.sweep(level=levels):
        *_, last = ae.train(experiment, keyframes=())
        model = ae.revive(experiment, last)
        curves.append(views.psnr_curve(model, experiment.data, "gaussian", levels))
    assert np.argmax(curves, axis=0).tolist() == [0, 1, 2]


def test_what_was_denoised_is_rated_as_scikit_image_rates_it():
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    experiment = ae.Experiment.from_query("data=digits&method=denoising&latent=4")
    x = experiment.data.load("test").inputs[:5]
    fitted = {"wiener": views.denoiser("wiener", experiment.data, "gaussian", 0.4)}
    found = views.denoised(experiment.build(), experiment.data, x, "gaussian", 0.4, fitted)
    assert found.names == ("clean", "noisy", "rebuilt", "wiener")
    assert np.isnan(found.psnr[0]).all()
    for row in range(2, 4):
        for i in range(5):
            clean, rebuilt = found.pictures[0, i], found.pictures[row, i]
            if rebuilt.min() > 0 and rebuilt.max() < 1:
                assert found.psnr[row, i] == pytest.approx(
                    peak_signal_noise_ratio(clean, rebuilt, data_range=1), abs=1e-3
                )
                wanted = structural_similarity(clean, rebuilt, data_range=1)
                assert found.ssim[row, i] == pytest.approx(wanted, abs=1e-4)
    assert found.psnr[3].mean() > found.psnr[1].mean()


@pytest.fixture(scope="module")
def sparse():
    experiment = ae.Experiment.from_query("data=digits&method=sparse&latent=20&steps=300")
    *_, last = ae.train(experiment, keyframes=())
    return ae.revive(experiment, last)


def test_a_unit_s_room_shows_what_the_model_does(sparse, held_out):
    x = held_out.inputs[:50]
    h = views.codes(sparse, x)
    rows = views.strongest(h, 3, 5)
    assert h[rows[0], 3] == h[:, 3].max()
    assert (np.diff(h[rows, 3]) <= 0).all()
    as_it_is = views.clamped(sparse, x, [])
    np.testing.assert_allclose(as_it_is.pictures, sparse(x).detach(), atol=1e-6)
    np.testing.assert_allclose(as_it_is.errors, (sparse(x).detach() - x).square().flatten(1).sum(1), rtol=1e-4)
    held = torch.from_numpy(h.copy())
    held[:, [2, 5]] = -1.0
    np.testing.assert_allclose(views.clamped(sparse, x, [2, 5], -1.0).pictures, sparse.decode(held).detach(), atol=1e-6)
    np.testing.assert_allclose(views.keep_strongest(sparse, x, 20).pictures, as_it_is.pictures, atol=1e-6)
    held[:, 2] = 0.5
    each = views.clamped(sparse, x, (2, 5), [0.5, -1.0])
    np.testing.assert_allclose(each.pictures, sparse.decode(held).detach(), atol=1e-6)
    ends = views.extremes(sparse, x, (2, 5))
    assert (ends["off"].tolist(), ends["on"].tolist()) == (h[:, [2, 5]].min(0).tolist(), h[:, [2, 5]].max(0).tolist())
    none = views.keep_strongest(sparse, x, 0).pictures
    assert np.abs(none - none[0]).max() == 0
    errors = [views.keep_strongest(sparse, x, k).errors.mean() for k in (0, 5, 20)]
    assert errors[0] > errors[1] > errors[2]


def test_the_units_most_alike_have_the_largest_cosines(sparse):
    filters = views.filters(sparse)
    units, cosines = views.alike(filters, 4, 3)
    every = sorted(((filters[i] * filters[4]).sum(), i) for i in range(20) if i != 4)[::-1]
    assert units.tolist() == [i for _, i in every[:3]]
    np.testing.assert_allclose(cosines, [cosine for cosine, _ in every[:3]], rtol=1e-5)


def test_singular_values_and_tangents_are_those_of_autograd_s_jacobian(held_out):
    model = ae.Experiment.from_query("data=digits&method=contractive&hidden=12&latent=9").build()
    x = held_out.inputs[:4]
    rows = torch.stack([torch.autograd.functional.jacobian(lambda one: model.encode(one[None])[0], one) for one in x])
    wanted = torch.linalg.svdvals(rows.flatten(2)).mean(0)
    np.testing.assert_allclose(views.singular_values(model, x), wanted, rtol=1e-4)
    tangents = views.tangents(model, x[0], 3)
    for value, direction in zip(tangents.values, tangents.directions, strict=True):
        moved = torch.einsum("uhw,hw->u", rows[0], torch.from_numpy(direction)).norm()
        assert float(moved) == pytest.approx(float(value), rel=1e-4)
        assert np.linalg.norm(direction) == pytest.approx(1, rel=1e-5)
    small = views.contraction_ratio(model, x, np.array([1e-3]))
    assert 0 < small[0] <= float(wanted[0]) * 1.01
    slid = views.slide(model, x[0], tangents.directions[0], np.array([-1.0, 0.0, 1.0]))
    np.testing.assert_allclose(slid[0, 1], x[0], atol=1e-6)
    np.testing.assert_allclose(slid[1, 1], model(x[:1])[0].detach(), atol=1e-6)


def test_alarms_name_dead_saturated_and_collapsed_codes(held_out):
    x = held_out.inputs[:100]
    model = ae.Experiment.from_query("data=digits&method=contractive&latent=8").build().eval()
    assert views.alarms(model, x) == [("collapsed", 8, 8, ())]
    with torch.no_grad():
        rises = model.encoder[1].weight @ x.flatten(1).T
        model.encoder[1].weight /= rises.std(1, keepdim=True)
        model.encoder[1].bias.copy_(-(rises / rises.std(1, keepdim=True)).mean(1))
        model.decoder[0].weight.normal_(generator=torch.Generator().manual_seed(0))
    assert views.alarms(model, x) == []
    layer = model.encoder[1]
    with torch.no_grad():
        layer.weight[0] = 0
    assert views.alarms(model, x) == [("dead", 1, 8, ())]
    with torch.no_grad():
        layer.weight[1] *= 0.5
        layer.bias[1] = 6
    assert views.alarms(model, x) == [("dead", 1, 8, ()), ("saturated", 1, 8, ())]
    with torch.no_grad():
        layer.weight.zero_()
    assert views.alarms(model, x) == [("collapsed", 8, 8, ())]


def by_layers(model, z):
    """Decode as whoever has only the layers does it, in numpy."""
    squash = {"relu": lambda a: np.maximum(a, 0), "tanh": np.tanh, "sigmoid": lambda a: 1 / (1 + np.exp(-a))}
    squash["silu"] = lambda a: a * squash["sigmoid"](a)
    h = np.asarray(z, float)
    for kind, sizes, arrays in views.layers(model):
        if kind == "linear":
            h = arrays[0] @ h + arrays[1]
        elif kind == "conv_transpose":
            weight, bias = arrays
            maps = h.reshape(sizes["into"], sizes["height"], sizes["width"])
            edge, kernel, stride = sizes["padding"], sizes["kernel"], sizes["stride"]
            large = np.zeros((sizes["out"], sizes["tall"] + 2 * edge + kernel, sizes["wide"] + 2 * edge + kernel))
            for row, column in np.ndindex(*maps.shape[1:]):
                down, right = stride * row, stride * column
                stamp = np.einsum("c,cokl->okl", maps[:, row, column], weight)
                large[:, down : down + kernel, right : right + kernel] += stamp
            h = (large[:, edge : edge + sizes["tall"], edge : edge + sizes["wide"]] + bias[:, None, None]).ravel()
        else:
            h = squash[kind](h)
    return squash["sigmoid"](h) if model.link == "sigmoid" else h


@pytest.mark.parametrize("method", methods.TABLE)
@pytest.mark.parametrize("net", [name for name, net in networks.TABLE.items() if net.of_units])
def test_the_layers_of_every_decoder_of_units_give_what_the_model_decodes(net, method):
    for query in ("data=digits&latent=3", "data=patches&latent=5"):
        model = ae.Experiment.settle({"net": net, "method": method, **dict(parse_qsl(query))}).experiment.build()
        z = np.random.default_rng(0).normal(size=model.n_latent)
        wanted = views.decoded(model, z[None])[0]
        np.testing.assert_allclose(by_layers(model, z).reshape(model.shape), wanted, atol=1e-5)


def test_a_decoder_with_an_unknown_layer_has_no_layers(model):
    other = ae.Experiment.from_query("data=digits&net=mlp&hidden=12,6&latent=4").build()
    assert views.layers(other) is not None
    other.decoder.append(torch.nn.Dropout())
    assert views.layers(other) is None


def test_the_latents_that_are_used_are_found_and_kept(held_out):
    x = held_out.inputs[:64]
    model = ae.Experiment.from_query("data=digits&method=vae&hidden=12&latent=3").build()
    mean, log_variance = model.posterior(x)
    posterior = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    kl = torch.distributions.kl_divergence(posterior, torch.distributions.Normal(0, 1)).mean(0)
    np.testing.assert_allclose(views.usage(model, x), kl.detach(), rtol=1e-4)
    assert views.spans(model, views.codes(model, x)).tolist() == [[-3, 3]] * 3
    assert views.middle(model, views.codes(model, x)).tolist() == [0, 0, 0]
    plain = ae.Experiment.from_query("data=digits&net=linear&latent=3").build()
    codes = views.codes(plain, x)
    np.testing.assert_allclose(views.usage(plain, x), codes.var(0), rtol=1e-4)
    low, high = views.spans(plain, codes).T
    assert ((codes > low) & (codes < high)).mean() > 0.98
    for far in (codes, codes + 50):
        low, high = views.spans(plain, far).T
        middle = views.middle(plain, far)
        assert ((low < middle) & (middle < high)).all()
        held = (-90.0, 0.0, 90.0)
        for one in (plain, model):
            low, high = views.spans(one, far, held).T
            assert ((low < held) & (held < high)).all()
    usage = np.array([0.5, 0.1, 0.9, 0.0])
    assert views.leading(usage) == (2, 0)
    assert views.leading(usage, held=(0, 1)) == (2, 0)
    assert views.leading(usage, held=(0, 2)) == (0, 2)
    assert views.leading(usage, held=(7, 2)) == (2, 0)
    assert views.leading(usage[:1]) == (0,)
