"""Views of molecules, each against a second way to the same number."""

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score

import aecore as ae
from aecore import chemistry, views
from aecore.datasets import Molecules

DATA = Molecules(length=20)
QUERY = "data=molecules&task=molecules&length=20&orders=1&hidden=128&latent=24&steps=400&batch=64"


@pytest.fixture(scope="module", params=["vae", "undercomplete"])
def model(request):
    experiment = ae.Experiment.from_query(f"{QUERY}&method={request.param}")
    *_, last = ae.train(experiment, keyframes=())
    return ae.revive(experiment, last)


def test_what_is_known_belongs_together():
    part = views.known(DATA, "test")
    assert len(part.smiles) == len(part.names) == len(part.properties) == len(part.inputs)
    np.testing.assert_allclose(chemistry.properties(part.smiles[:20]), part.properties[:20], rtol=1e-5)


def test_shares_of_what_comes_back_are_counted():
    x = views.known(DATA, "test").inputs[:4]
    spoilt = x.clone()
    spoilt[0, 0] = spoilt[0, 0].roll(1)
    tokens = ((x[:, :, 0] == 0).sum(1) + 1).clamp(max=20).sum().item()
    assert views.rebuilt_share(x, x) == (1, 1)
    found = views.rebuilt_share(spoilt, x)
    assert found.whole == 0.75
    assert found.tokens == pytest.approx(1 - 1 / tokens)


def test_the_nearest_training_molecule_is_never_the_molecule_itself():
    found = views.nearest_rebuilt(DATA)
    assert found.whole == 0
    assert 0.1 < found.tokens < 0.9


def test_whatever_is_drawn_is_a_molecule_and_the_same_for_the_same_seed(model):
    for prior in (True, False):
        found = views.draw(model, DATA, 50, 3, prior=prior)
        assert all(chemistry.plain(one) for one in found)
        assert found == views.draw(model, DATA, 50, 3, prior=prior)
    assert found != views.draw(model, DATA, 50, 4, prior=False)


def test_the_fitted_gaussian_is_that_of_draws_from_the_aggregate_posterior(model):
    mean, covariance = views.fitted_codes(model, DATA)
    x = views.known(DATA, "train").inputs
    rng = torch.Generator().manual_seed(0)
    with torch.no_grad():
        if hasattr(model, "posterior"):
            mu, log_variance = (part.repeat(40, 1) for part in model.posterior(x))
            z = mu + (0.5 * log_variance).exp() * torch.randn(mu.shape, generator=rng)
        else:
            z = model.encode(x)
    torch.testing.assert_close(mean, z.mean(0), atol=0.05, rtol=0)
    torch.testing.assert_close(covariance, z.T.cov(), atol=0.06 * float(covariance.diag().max()), rtol=0.05)


def test_worth_counts_what_it_says():
    known = views.known(DATA, "train").smiles
    found = views.worth(DATA, [known[0], known[0], known[1], "FC(F)(F)C(Br)C=CSI", "C(("])
    assert found.valid == pytest.approx(4 / 5)
    assert found.unique == pytest.approx(3 / 4)
    assert found.novel == pytest.approx(1 / 3)
    assert 2 / 3 < found.nearest < 1
    itself = views.worth(DATA, views.known(DATA, "test").smiles)
    np.testing.assert_allclose(itself.gaps, 0, atol=1e-6)
    assert (found.gaps > 0.1).all()


def test_baselines_are_what_they_are_called():
    random = views.worth(DATA, views.random_smiles(DATA, 200, 0))
    recalled = views.worth(DATA, views.training_smiles(DATA, 200, 0))
    assert random.valid == recalled.valid == recalled.nearest == 1
    assert recalled.novel == 0
    assert random.novel > 0.8
    assert (random.gaps > recalled.gaps).all()


def test_a_walk_begins_and_ends_with_what_is_rebuilt(model):
    x = views.known(DATA, "test").inputs
    way = views.between_two(model, x[0], x[1], 5)
    assert [way[0], way[-1]] == views.rebuilt_smiles(model, x[:2])
    assert len(way) == 5


def test_neighbours_in_code_and_in_structure(model):
    part = views.known(DATA, "train")
    row = 7
    [rows], [far] = views.alike_codes(model, DATA, part.inputs[row : row + 1], 5)
    z = views.codes(model, part.inputs)
    assert row not in rows
    np.testing.assert_allclose(far, np.linalg.norm(z[rows] - z[row], axis=1), rtol=1e-4)
    assert (np.delete(np.linalg.norm(z - z[row], axis=1), [row, *rows]) >= far[-1] - 1e-4).all()
    from rdkit import Chem, DataStructs
    from rdkit.Chem import rdFingerprintGenerator

    maker = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)
    prints = [maker.GetFingerprint(Chem.MolFromSmiles(one)) for one in part.smiles]
    oracle = np.array(DataStructs.BulkTanimotoSimilarity(prints[row], prints))
    rows, alike = views.alike_fingerprints(DATA, part.smiles[row], 5)
    assert row not in rows
    np.testing.assert_allclose(alike, oracle[rows], rtol=1e-5)
    assert np.delete(oracle, [row, *rows]).max() <= alike[-1] + 1e-6


@pytest.mark.parametrize("which", range(3))
def test_a_probe_says_how_well_it_guesses_and_a_climb_goes_as_far_as_it_says(model, which):
    probe = views.probe(model, DATA, which)
    test, train = views.known(DATA, "test"), views.known(DATA, "train")
    guessed = views.codes(model, test.inputs) @ probe.slope + probe.level
    assert probe.r2 == pytest.approx(r2_score(test.properties[:, which], guessed), abs=1e-4)
    way = views.climb(model, probe, test.inputs[0], which, 2.5, 6)
    covariance = np.cov(views.codes(model, train.inputs).T)
    length = np.sqrt(probe.way @ np.linalg.solve(covariance, probe.way))
    assert length == pytest.approx(1, abs=1e-2)
    assert way.distances[[0, -1]].tolist() == [0, 2.5]
    assert (np.diff(way.promised) > 0).all()
    # No step of the same length promises more.
    others = np.random.default_rng(0).multivariate_normal(np.zeros(len(covariance)), covariance, 200)
    others /= np.sqrt((others * np.linalg.solve(covariance, others.T).T).sum(1))[:, None]
    assert (others @ probe.slope).max() <= probe.way @ probe.slope * 1.01
    np.testing.assert_allclose(way.measured, chemistry.properties(way.smiles)[:, which])


def test_weight_is_read_off_the_codes(model):
    assert views.probe(model, DATA, chemistry.PROPERTIES.index("weight")).r2 > 0.3


def test_molecules_of_strangers_are_admitted_or_refused_by_row():
    x, rows, refused = views.admitted(DATA, ["CCO", "C1CC", "c1ccccc1", "C" * 30])
    assert rows == [0, 2]
    assert len(x) == 2
    assert {row: why.reason for row, why in refused.items()} == {1: "rejected", 3: "long"}
    assert views.admitted(DATA, ["bad"])[0].shape == (0, *DATA.shape)
