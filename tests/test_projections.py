"""Layouts of codes, what judges them, and the process that computes them."""

from __future__ import annotations

import os
import signal
import time

import numpy as np
import pytest
import torch

import aecore as ae
from aecore import views
from aecore.jobs import Projector, kept
from aecore.training import examples
from aecore.views import Projection

SMALL = ae.Experiment.from_query("data=digits&net=mlp&hidden=16&latent=4&steps=20")


@pytest.fixture(scope="module")
def blobs():
    """Three round clusters in five dimensions, and their labels."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(3), 30)
    return (rng.normal(size=(90, 5)) + 12 * np.eye(5)[labels]).astype(np.float32), labels


@pytest.fixture
def projector():
    one = Projector()
    yield one
    one.close()


def wait(until, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_a_projection_is_a_value_and_only_what_it_uses_is_in_its_key():
    one = Projection(kind="umap", neighbours=20)
    assert one == Projection(kind="umap", neighbours=20)
    assert one.key == one.vary(perplexity=50.0).key
    assert one.key != one.vary(neighbours=21).key != one.vary(projection_seed=1).key
    assert one.vary(kind="tsne").key != one.vary(kind="tsne", perplexity=50.0).key
    assert Projection(neighbours=3).key == Projection(neighbours=4).key


def test_more_than_the_samples_allow_is_brought_down_and_said():
    fitted, complaints = Projection(kind="umap", neighbours=200).fitted(50)
    assert (fitted.points, fitted.neighbours) == (50, 49)
    assert [(one.name, one.used, one.reason) for one in complaints] == [("neighbours", 49, "too_high")]
    fitted, complaints = Projection(kind="tsne", perplexity=100.0).fitted(31)
    assert fitted.perplexity == 10
    assert [one.name for one in complaints] == ["perplexity"]
    assert Projection(kind="pca", neighbours=200).fitted(50)[1] == []


def test_pca_lies_as_the_leading_eigenvectors_say(blobs):
    codes, _ = blobs
    found = views.project(codes, Projection(dimensions=3))
    variances = np.linalg.eigvalsh(np.cov(codes.T))[::-1]
    np.testing.assert_allclose(found.points.var(0, ddof=1), variances[:3], rtol=1e-4)
    np.testing.assert_allclose(found.shares, variances[:3] / variances.sum(), rtol=1e-4)


def test_latents_are_the_codes_own_axes(blobs):
    codes, _ = blobs
    found = views.project(codes, Projection(kind="latents"), axes=(3, 1))
    np.testing.assert_array_equal(found.points, codes[:, [3, 1]])
    assert found.shares == pytest.approx(codes.var(0)[[3, 1]] / codes.var(0).sum())
    alone = views.project(codes[:, :1], Projection(kind="latents"), axes=(0,))
    np.testing.assert_array_equal(alone.points[:, 1], 0)


@pytest.mark.parametrize("kind", ["umap", "tsne"])
def test_a_layout_keeps_clusters_apart_and_is_settled_by_its_seed(blobs, kind):
    codes, labels = blobs
    wanted = Projection(kind=kind, neighbours=10, perplexity=10.0)
    told = []
    found = views.project(codes, wanted, progress=told.append)
    assert found.points.shape == (90, 2)
    assert views.quality(codes, found.points, labels).pictured == 1
    assert told == sorted(told)
    assert told[-1] == 1
    np.testing.assert_array_equal(views.project(codes, wanted).points, found.points)
    assert (views.project(codes, wanted.vary(projection_seed=1)).points != found.points).any()


@pytest.mark.parametrize("kind", ["pca", "umap", "tsne", "latents"])
def test_codes_that_are_all_alike_can_be_laid_out(kind):
    found = views.project(np.ones((12, 3), np.float32), Projection(kind=kind, points=12), axes=(0, 1))
    assert np.isfinite(found.points).all()
    assert np.ptp(found.points, axis=0) == pytest.approx([0, 0])


def test_neighbours_are_those_that_measuring_every_distance_finds(blobs):
    codes, _ = blobs
    for row in (0, 44, 89):
        distances = np.linalg.norm(codes - codes[row], axis=1)
        distances[row] = np.inf
        near = views.nearest(codes, row, 6)
        np.testing.assert_array_equal(near.rows, np.argsort(distances)[:6])
        np.testing.assert_allclose(near.distances, np.sort(distances)[:6], rtol=1e-4)
    doubled = views.nearest(np.zeros((5, 2)), 3, 10)
    assert sorted(doubled.rows) == [0, 1, 2, 4]


def test_quality_on_codes_whose_answers_are_known(blobs):
    codes, labels = blobs
    same = views.quality(codes, codes, labels)
    assert (same.trust, same.agreement, same.pictured) == (1, 1, 1)
    assert same.silhouette == same.parted > 0.6
    shuffled = views.quality(codes, np.random.default_rng(0).permutation(codes), labels)
    assert shuffled.trust < 0.7
    assert shuffled.pictured < 0.6
    assert shuffled.parted < 0.1
    unlabelled = views.quality(codes, codes, None)
    assert (unlabelled.judged, unlabelled.trust) == (len(codes), 1)
    assert (unlabelled.agreement, unlabelled.pictured, unlabelled.silhouette, unlabelled.parted) == (None,) * 4
    assert views.quality(codes, codes, np.zeros(90, int)).silhouette is None


def test_agreement_is_that_of_a_vote_among_the_others(blobs):
    codes = np.random.default_rng(1).normal(size=(60, 2))
    labels = np.random.default_rng(2).integers(0, 2, 60)
    agreed = 0
    for row in range(60):
        votes = labels[views.nearest(codes, row, 5).rows]
        agreed += np.bincount(votes).argmax() == labels[row]
    assert views.quality(codes, codes, labels, neighbours=5).agreement == pytest.approx(agreed / 60)


def test_a_survey_is_what_the_model_says_of_every_part():
    model = SMALL.build()
    parts = [part.inputs for part in examples(SMALL, 600)]
    assert len(parts) == 2
    found = views.survey(model, parts)
    with torch.inference_mode():
        x = torch.cat(parts)
        z = model.encode(x)
        errors = (model.decode(z) - x).square().flatten(1).sum(1)
    np.testing.assert_allclose(found.codes, z.numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.errors, errors.numpy(), rtol=1e-4)
    assert found.kl is None
    assert found.shares.sum() == pytest.approx(1, abs=1e-5)
    assert found.weights is found.shares


def test_a_gaussian_code_is_weighed_by_its_divergence():
    model = ae.Experiment.from_query("data=digits&method=vae&hidden=16&latent=3").build()
    x = examples(SMALL, 300)[0].inputs
    mean, log_variance = model.posterior(x)
    q = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).mean(0)
    found = views.survey(model, [x[:100], x[100:]])
    np.testing.assert_allclose(found.kl, kl.detach().numpy(), rtol=1e-4, atol=1e-6)
    assert found.weights is found.kl


def test_a_code_moved_along_a_difference_arrives():
    model = SMALL.build()
    one, other = np.random.default_rng(0).normal(size=(2, 4)).astype(np.float32)
    walk = views.along(model, one, other - one, (0.0, 0.5, 1.0))
    ends = views.decoded(model, np.stack([one, other]))
    np.testing.assert_allclose(walk[[0, 2]], ends, atol=1e-6)
    np.testing.assert_allclose(walk[1], views.decoded(model, (one + other)[None] / 2)[0], atol=1e-6)


def asked(projector, tmp_path, **knobs):
    wanted = Projection(points=60, **knobs)
    to = tmp_path / f"{wanted.key}.safetensors"
    return projector.ask(SMALL, ae.Runs(tmp_path).of(SMALL), 0, wanted, to), wanted, to


def test_the_process_gives_what_is_computed_here_and_keeps_it(projector, tmp_path):
    wish, wanted, to = asked(projector, tmp_path, kind="tsne", perplexity=5.0)
    assert asked(projector, tmp_path, kind="tsne", perplexity=5.0)[0] is wish
    wait(lambda: wish.is_final)
    assert (wish.stage, wish.share) == ("done", 1)
    codes = views.survey(SMALL.build(), [part.inputs for part in examples(SMALL, 60)]).codes
    np.testing.assert_allclose(kept(to).points, views.project(codes, wanted).points, atol=1e-3)


def test_a_process_that_is_killed_fails_its_wish_and_the_next_is_served(projector, tmp_path):
    wish, _, to = asked(projector, tmp_path, kind="umap", neighbours=5)
    wait(lambda: wish.stage == "running")
    os.kill(projector.pid, signal.SIGKILL)
    wait(lambda: wish.is_final)
    assert (wish.stage, wish.reason) == ("failed", "projector_died")
    assert kept(to) is None
    other, _, there = asked(projector, tmp_path, kind="pca")
    wait(lambda: other.is_final)
    assert other.stage == "done"
    assert kept(there).points.shape == (60, 2)


def test_what_is_stopped_stops_and_what_waits_behind_it_goes_on(projector, tmp_path):
    first, _, to = asked(projector, tmp_path, kind="umap", neighbours=5)
    never, _, unwanted = asked(projector, tmp_path, kind="umap", neighbours=6)
    behind, _, there = asked(projector, tmp_path, kind="pca")
    wait(lambda: first.stage == "running")
    projector.cancel(unwanted)
    projector.cancel(to)
    wait(lambda: behind.is_final)
    assert [wish.stage for wish in (first, never, behind)] == ["cancelled", "cancelled", "done"]
    assert (kept(to), kept(unwanted)) == (None, None)
    assert kept(there) is not None


def test_a_place_that_cannot_be_written_is_said(projector, tmp_path):
    (tmp_path / "file").write_text("in the way")
    wanted = Projection(kind="pca", points=60)
    wish = projector.ask(SMALL, ae.Runs(tmp_path).of(SMALL), 0, wanted, tmp_path / "file" / "there")
    wait(lambda: wish.is_final)
    assert (wish.stage, wish.reason) == ("failed", "unwritable")
