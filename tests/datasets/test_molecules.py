"""Molecules: what is shipped is what RDKit and selfies make of the file, and any row stands for a molecule."""

import numpy as np
import pytest
import torch

import aecore as ae
from aecore import chemistry
from aecore.datasets import Molecules, molecules
from aecore.tasks.molecules import mistakes, said

SPLITS = ("train", "test")


def test_what_is_shipped_is_what_rdkit_and_selfies_give():
    every = 40
    shipped, derived = molecules.shipped(), molecules.derive(every)
    assert shipped.symbols.tolist() == derived.symbols.tolist()
    assert shipped.smiles.tolist() == derived.smiles.tolist()
    assert np.array_equal(shipped.rows, derived.rows)
    assert np.array_equal(shipped.tokens[:, 0], derived.tokens[:, 0])
    assert np.array_equal(shipped.tokens[::every], derived.tokens[::every])
    np.testing.assert_allclose(shipped.properties[::every], derived.properties[::every], rtol=1e-6)


def test_rows_are_one_hot_and_read_back_as_their_molecules():
    data = Molecules(length=40)
    samples = data.load("test")
    assert data.one_hot
    assert (samples.inputs.sum(2) == 1).all()
    wanted = molecules.shipped().smiles[data.chosen("test")].tolist()
    assert [chemistry.plain(one) for one in molecules.read_back(samples.inputs)] == wanted


def test_another_order_of_the_atoms_is_the_same_molecule():
    data = Molecules(length=40, orders=3)
    rows = data.load("train").inputs.unflatten(0, (-1, 3))
    assert len(rows) == len(data.chosen("train")) == len(data.canonical("train").inputs)
    for row, smiles in zip(rows[::300], molecules.shipped().smiles[data.chosen("train")][::300], strict=True):
        assert {chemistry.plain(one) for one in molecules.read_back(row)} == {smiles}
    different = (rows[:, 0] != rows[:, 1]).flatten(1).any(1).float().mean()
    assert different > 0.8


def test_no_molecule_is_in_both_parts():
    parts = [set(molecules.shipped().smiles[Molecules().chosen(split)]) for split in SPLITS]
    assert not parts[0] & parts[1]
    assert all(parts)


def test_any_row_of_numbers_stands_for_a_molecule():
    rng = np.random.default_rng(0)
    rows = torch.from_numpy(rng.normal(size=(300, 48, len(molecules.alphabet()))).astype(np.float32))
    read = molecules.read_back(rows)
    assert all(chemistry.plain(one) for one in read)


@pytest.mark.parametrize(
    ("smiles", "reason", "detail"),
    [
        ("C1CC", "rejected", ""),
        ("", "rejected", ""),
        ("no molecule", "rejected", ""),
        ("C" * 49, "long", "49"),
        ("C[Si](C)(C)C", "symbol", "[Si]"),
        ("C[S@@](=O)(=N)(C)(C)(C)(C)C", "rejected", ""),
    ],
)
def test_what_cannot_be_written_says_why(smiles, reason, detail):
    with pytest.raises(molecules.Unwritable) as caught:
        Molecules().encode(smiles)
    assert (caught.value.reason, caught.value.detail) == (reason, detail)


def test_what_can_be_written_is_read_back_without_its_stereochemistry():
    row = Molecules().encode("C[C@@H](N)C(=O)O.Cl")
    assert molecules.read_back(row[None]) == ["CC(N)C(=O)O"]


def test_scores_count_the_end_and_nothing_after_it():
    data = Molecules(length=16)
    x = data.load("test").inputs[:20]
    lengths = 16 - x[:, :, 0].sum(1)
    assert torch.equal(said(x).sum(1), (lengths + 1).clamp(max=16))
    spoilt = x.clone()
    spoilt[0, 0] = spoilt[0, 0].roll(1)
    assert mistakes(spoilt, x).sum() == 1
    short = int(lengths.argmin())
    assert lengths[short] < 15
    spoilt = x.clone()
    spoilt[short, -1] = spoilt[short, -1].roll(1)
    assert mistakes(spoilt, x).sum() == 0


@pytest.mark.parametrize("method", ae.methods.TABLE)
def test_every_method_learns_molecules(method):
    query = f"data=molecules&task=molecules&method={method}&length=16&orders=1&hidden=64&latent=16&steps=150&batch=64"
    experiment = ae.Experiment.from_query(query)
    first, *_, last = ae.train(experiment)
    assert last.scores["watched_token_error"] < first.scores["watched_token_error"]
    assert 0 <= last.scores["whole"] <= 1
    rows = ae.revive(experiment, last)(experiment.data.load("test").inputs[:4])
    if ae.revive(experiment, last).link == "softmax":
        torch.testing.assert_close(rows.sum(2), torch.ones(4, 16))


def test_only_rows_of_symbols_are_offered_their_likelihood():
    of_symbols = ae.Experiment.from_query("data=molecules&method=vae")
    assert of_symbols.knobs["likelihood"].options == ("categorical", "gaussian")
    assert of_symbols.knobs["sigma"].idle
    assert "categorical" not in ae.Experiment.from_query("data=mnist&method=vae").knobs["likelihood"].options
    assert ae.Experiment.from_query("data=molecules&method=undercomplete").method.loss == "categorical"
    assert ae.Experiment.from_query("data=mnist&method=denoising").knobs["loss"].idle
    assert ae.Experiment.from_query("data=molecules&method=beta_vae").method.beta < 1
