"""Chemistry: what the pages say of molecules, against values that are known."""

from xml.etree import ElementTree

import numpy as np
import pytest

from aecore import chemistry

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"


def test_weights_are_sums_of_atomic_weights():
    carbon, hydrogen, oxygen = 12.011, 1.008, 15.999
    weights = chemistry.properties(["C", "O", ASPIRIN])[:, chemistry.PROPERTIES.index("weight")]
    wanted = [carbon + 4 * hydrogen, oxygen + 2 * hydrogen, 9 * carbon + 8 * hydrogen + 4 * oxygen]
    np.testing.assert_allclose(weights, wanted, rtol=1e-4)


def test_fat_is_more_lipophilic_than_sugar():
    logp = chemistry.properties(["CCCCCCCCCC", "OCC(O)C(O)C(O)C(O)CO"])[:, chemistry.PROPERTIES.index("logp")]
    assert logp[0] > 3 > 0 > logp[1]


def test_tanimoto_counts_shared_bits_over_all():
    some = np.array([[1, 1, 0, 0], [0, 0, 1, 0]], bool)
    others = np.array([[1, 0, 1, 0]], bool)
    np.testing.assert_allclose(chemistry.tanimoto(some, others)[:, 0], [1 / 3, 1 / 2])
    prints = chemistry.fingerprints([ASPIRIN, "CCO"])
    assert chemistry.tanimoto(prints, prints).diagonal().tolist() == [1, 1]


@pytest.mark.parametrize("smiles", ["C(", "", "C1CC", "c1cccc1", "\x00\xff", "CC.", "Xx"])
def test_what_is_no_molecule_is_none_and_nothing_is_printed(smiles, capfd):
    assert chemistry.plain(smiles) is None or smiles == "CC."
    assert capfd.readouterr().err == ""


def test_a_shuffled_molecule_is_the_same_written_otherwise():
    written = {chemistry.shuffled(ASPIRIN, seed) for seed in range(8)}
    assert len(written) > 4
    assert {chemistry.plain(one) for one in written} == {chemistry.plain(ASPIRIN)}


def test_a_drawing_is_well_formed_and_takes_the_text_s_colour():
    svg = chemistry.drawing(ASPIRIN)
    assert ElementTree.fromstring(svg).tag.endswith("svg")
    assert "currentColor" in svg
    assert "#000000" not in svg
    assert "<script" not in svg
