"""A file gives the picture back exactly or is refused, and is as long as the prior foretold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import aecore as ae
from aecore import views
from aecore.quantised import COARSENESS, TOTAL, TRAINED
from aecore.training import Snapshot, posed, reshaped
from aecore.uploads import Refused

QUERIES = {
    "digits": "data=digits&task=compression&method=quantised&net=mlp&hidden=32&latent=8&steps=60&rate=0.01",
    "tiles": "data=tiles&size=16&task=compression&method=quantised&blocks=1&steps=20&batch=8",
}


@pytest.fixture(scope="module", params=QUERIES)
def trained(request) -> tuple[ae.Experiment, Snapshot]:
    experiment = ae.Experiment.from_query(QUERIES[request.param])
    *_, last = ae.train(experiment, keyframes=())
    return experiment, last


def picture(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return (0.5 + 0.3 * np.sin(x / 5) * np.cos(y / 7) + 0.2 * (x > y)).astype(np.float32)


def model_for(trained, shape):
    experiment, last = trained
    return reshaped(experiment, ae.revive(experiment, last), shape)


@pytest.mark.parametrize("shape", [(8, 8), (45, 60), (1, 1)])
@pytest.mark.parametrize("coarseness", [0, TRAINED, len(COARSENESS) - 1])
def test_a_picture_of_any_size_goes_through_its_bytes(trained, shape, coarseness):
    key, model = trained[0].key, model_for(trained, shape)
    content = views.compressed(model, picture(*shape), key, coarseness)
    header = views.header_of(content)
    assert (header.key, header.coarseness, header.shape) == (key, coarseness, shape)
    # From the bytes alone: another model object, with the weights of the run.
    found = views.decompressed(model_for(trained, header.shape), content, key)
    direct = views.rebuilt(model, picture(*shape), coarseness)
    assert np.array_equal(found, direct.picture)
    assert found.shape == shape
    assert len(content) == len(direct.content)


def test_a_file_is_as_long_as_the_prior_foretold(trained):
    experiment, _ = trained
    model = model_for(trained, (64, 64))
    content = views.compressed(model, picture(64, 64), experiment.key)
    code = len(content) - views.HEADER
    by_tables = views.bits_by_unit(model, [picture(64, 64)]).sum()
    # The length of a file says something too, so that it may come out a little shorter.
    assert abs(8 * code - by_tables) <= 9
    x = torch.from_numpy(picture(64, 64)).view(-1, *model.shape) if model.places > 1 else None
    if x is not None:
        # What is almost impossible costs no more than a table's smallest part.
        foretold = model.bits(model.encode(x)).detach().clamp(max=np.log2(TOTAL))
        assert by_tables == pytest.approx(float(foretold.sum()), rel=0.02)


def test_coarser_rounding_gives_shorter_files(trained):
    pictures = [picture(40, 40), picture(24, 56)]
    found = views.rates(lambda shape: model_for(trained, shape), pictures)
    assert len(found) == len(COARSENESS)
    assert found[-1].length < found[0].length
    model = model_for(trained, (40, 40))
    lengths = [len(views.compressed(model_for(trained, x.shape), x, trained[0].key)) for x in pictures]
    assert found[TRAINED].length == np.mean(lengths)
    again = views.decompressed(model, views.compressed(model, pictures[0], trained[0].key), trained[0].key)
    other = views.rebuilt(model_for(trained, (24, 56)), pictures[1]).picture
    wanted = [views.likeness(one, x).psnr for one, x in zip((again, other), pictures, strict=True)]
    assert found[TRAINED].psnr == pytest.approx(np.mean(wanted), abs=1e-3)


def test_every_flipped_bit_is_refused(trained):
    experiment, _ = trained
    model = model_for(trained, (24, 24))
    content = views.compressed(model, picture(24, 24), experiment.key)
    for at in range(8 * len(content)):
        spoilt = bytearray(content)
        spoilt[at // 8] ^= 1 << at % 8
        with pytest.raises(Refused) as refused:
            views.decompressed(model, bytes(spoilt), experiment.key)
        assert refused.value.reason == ("not_compressed" if at < 32 else "damaged")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda content: b"", "empty"),
        (lambda content: content[:10], "damaged"),
        (lambda content: content[:-1], "damaged"),
        (lambda content: content + b"\0", "damaged"),
        (lambda content: b"\x89PNG" + content, "not_compressed"),
    ],
)
def test_what_is_no_whole_file_is_refused(trained, spoil, reason):
    model = model_for(trained, (16, 16))
    content = views.compressed(model, picture(16, 16), trained[0].key)
    with pytest.raises(Refused) as refused:
        views.decompressed(model, spoil(content), trained[0].key)
    assert refused.value.reason == reason


def test_a_file_of_another_model_is_refused(trained):
    experiment, last = trained
    model = model_for(trained, (16, 16))
    content = views.compressed(model, picture(16, 16), experiment.key)
    with pytest.raises(Refused) as refused:
        views.decompressed(model, content, experiment.vary(seed=5).key)
    assert (refused.value.reason, refused.value.facts) == ("other_model", {"model": experiment.key})
    # The same experiment, but one weight a little different.
    weights = {name: tensor.clone() for name, tensor in last.weights.items()}
    next(iter(weights.values())).view(-1)[0] += 1e-6
    other = model_for((experiment, replace(last, state=weights)), (16, 16))
    with pytest.raises(Refused) as refused:
        views.decompressed(other, content, experiment.key)
    assert refused.value.reason == "other_weights"


def test_tables_are_whole_parts_of_the_prior_and_are_read_as_they_were_written(trained):
    experiment, last = trained
    tables = last.state["model.prior.tables"]
    assert tables.dtype == torch.int32
    assert int(tables.min()) >= 1
    assert set(tables.sum(2).flatten().tolist()) == {TOTAL}
    model = ae.revive(experiment, last)
    for i, coarseness in enumerate(COARSENESS):
        centre = model.prior.centres[:, None] * model.step
        likeliest = model.prior.probability(centre, coarseness)[:, 0].detach()
        assert torch.allclose(tables[i, :, tables.shape[2] // 2] / TOTAL, likeliest, atol=1e-3)
    # Whoever reads a model does not compute them anew.
    spoilt = {**last.state, "model.prior.tables": tables.roll(1, 2)}
    again = ae.revive(experiment, replace(last, state=spoilt))
    assert torch.equal(again.state_dict()["prior.tables"], tables.roll(1, 2))


def test_dearer_bits_make_shorter_codes():
    cheap, dear = (ae.Experiment.from_query(QUERIES["digits"] + f"&price={price}") for price in (0.003, 0.3))
    bits = []
    for experiment in (cheap, dear):
        *_, last = ae.train(experiment, keyframes=())
        bits.append(last.scores)
    assert bits[1]["bits"] < 0.7 * bits[0]["bits"]
    assert bits[1]["test_error"] > bits[0]["test_error"]


def test_an_untrained_lapped_network_is_the_cosine_transform_of_jpeg():
    from scipy.fft import dctn

    experiment = ae.Experiment.from_query("data=tiles&size=16&task=compression&method=quantised")
    x = posed(experiment, "test").inputs[:3]
    y = experiment.build().encoder(x).view(3, 64, 2, 2)[:, :, 1, 0].detach().numpy()
    square = dctn(x[:, 8:, :8].numpy() - 0.5, axes=(1, 2), norm="ortho")
    assert y[:, 0] == pytest.approx(square[:, 0, 0], abs=1e-4)
    assert np.sort(y, 1) == pytest.approx(np.sort(square.reshape(3, 64), 1), abs=1e-4)
    z = experiment.build().encoder(x)
    assert torch.allclose(experiment.build().decode(z), x, atol=1e-4)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_files_of_today_are_the_longest_that_still_fit(kind):
    x = picture(64, 64)
    found = views.saved_alike(x, kind, 700)
    assert len(found.content) <= 700
    assert found.content[:2] == (b"\xff\xd8" if kind == "JPEG" else b"RI")
    assert views.saved_alike(x, kind, 1).content == views.saved(x, kind, 0).content
    points = [views.Point(100, 1.0, 20), views.Point(200, 2.0, 30)]
    assert views.at_quality(points, 25) == views.Point(150, 1.5, 25)
    assert views.at_quality(points, 10) == points[0]
    assert views.at_quality(points, 40).psnr == 30
