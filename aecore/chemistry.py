"""Chemistry: molecules as SMILES, as SELFIES tokens, as numbers and as drawings; RDKit and selfies live here alone."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from rdkit.Chem import Mol

PROPERTIES = ("logp", "qed", "weight")
# Morgan fingerprints: radius of the surroundings that are hashed, and into how many bits.
RADIUS, BITS = 2, 2048
# Atoms' colours that are read on white and on black; all else has the colour of the text.
_INKS = {7: (0.33, 0.52, 0.98), 8: (0.88, 0.27, 0.22), 16: (0.72, 0.55, 0.08), 17: (0.18, 0.62, 0.30)}
_INKS |= {9: (0.18, 0.62, 0.30), 35: (0.70, 0.35, 0.20), 53: (0.55, 0.30, 0.75), 15: (0.85, 0.45, 0.10)}


def molecule(smiles: str) -> Mol | None:
    """Return what a SMILES stands for; ``None`` if RDKit rejects it or it has no atom."""
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        found = Chem.MolFromSmiles(smiles)
    return found if found is not None and found.GetNumAtoms() else None


@lru_cache(maxsize=50_000)
def plain(smiles: str) -> str | None:
    """Return the canonical SMILES of the largest part, without isotopes and without stereochemistry.

    Returns
    -------
    str or None
        ``None`` if RDKit rejects it.

    Examples
    --------
    >>> plain("C[C@H](N)C(=O)O.Cl"), plain("C(C")
    ('CC(N)C(=O)O', None)
    """
    from rdkit import Chem

    if (found := molecule(smiles)) is None:
        return None
    largest = max(Chem.GetMolFrags(found, asMols=True), key=lambda part: part.GetNumHeavyAtoms())
    # Read once more: an atom's hydrogens may be written otherwise once its stereochemistry is forgotten.
    flat = molecule(Chem.MolToSmiles(largest, isomericSmiles=False))
    return None if flat is None else Chem.MolToSmiles(flat)


def tokens(smiles: str) -> list[str] | None:
    """Return the SELFIES tokens of a SMILES; ``None`` where SELFIES cannot express it.

    References
    ----------
    M. Krenn, F. Häse, A. Nigam, P. Friederich, A. Aspuru-Guzik, Self-referencing embedded strings (SELFIES):
    a 100% robust molecular string representation, Machine Learning: Science and Technology 1 (2020) 045024.

    Examples
    --------
    >>> tokens("CC=O")
    ['[C]', '[C]', '[=O]']
    """
    import selfies

    try:
        return list(selfies.split_selfies(selfies.encoder(smiles)))
    except selfies.EncoderError:
        return None


def smiles_of(written: Iterable[str]) -> str:
    """Return the SMILES that SELFIES tokens stand for; any row of tokens stands for one.

    Examples
    --------
    >>> smiles_of(["[C]", "[Branch1]", "[=O]"])
    'C'
    """
    import selfies

    return selfies.decoder("".join(written))


def shuffled(smiles: str, seed: int) -> str:
    """Return a SMILES of the same molecule whose atoms come in another order."""
    from rdkit import Chem

    found = molecule(smiles)
    assert found is not None
    order = np.random.default_rng(seed).permutation(found.GetNumAtoms()).tolist()
    return Chem.MolToSmiles(Chem.RenumberAtoms(found, order), canonical=False)


@lru_cache(maxsize=20_000)
def _properties(smiles: str) -> tuple[float, ...]:
    from rdkit.Chem import QED, Descriptors
    from rdkit.Chem.rdMolDescriptors import CalcCrippenDescriptors

    found = molecule(smiles)
    assert found is not None
    weight = Descriptors.MolWt(found)  # type: ignore[attr-defined]
    return CalcCrippenDescriptors(found)[0], QED.qed(found), weight


def properties(smiles: Sequence[str]) -> np.ndarray:
    """Return the :data:`PROPERTIES` of molecules, shape ``(n, 3)``.

    They are the octanol-water partition coefficient log P as estimated by Crippen's atom contributions, the
    quantitative estimate of drug-likeness QED, from 0 to 1, and the molecular weight in daltons.

    References
    ----------
    S. A. Wildman, G. M. Crippen, Prediction of physicochemical parameters by atomic contributions, Journal of
    Chemical Information and Computer Sciences 39 (1999) 868-873.
    G. R. Bickerton, G. V. Paolini, J. Besnard, S. Muresan, A. L. Hopkins, Quantifying the chemical beauty of drugs,
    Nature Chemistry 4 (2012) 90-98.
    """
    return np.array([_properties(one) for one in smiles], np.float64).reshape(-1, len(PROPERTIES))


def fingerprints(smiles: Sequence[str]) -> np.ndarray:
    """Return Morgan fingerprints, bool of shape ``(n, 2048)``."""
    from rdkit.Chem import rdFingerprintGenerator

    generator = rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS, fpSize=BITS)
    return np.array([generator.GetFingerprintAsNumPy(molecule(one)) for one in smiles], bool).reshape(-1, BITS)


def tanimoto(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how alike fingerprints are, shape ``(n, m)``: the bits that two share over those that either has."""
    one, other = some.astype(np.float32), others.astype(np.float32)
    shared = one @ other.T
    return shared / np.maximum(one.sum(1)[:, None] + other.sum(1)[None] - shared, 1)


def picture(smiles: Sequence[str], size: tuple[int, int], *, columns: int) -> Image.Image:
    """Return molecules in rows as one picture, RGBA in black on transparent ground, each so large in pixels."""
    from rdkit.Chem.Draw import rdMolDraw2D

    rows = -(-len(smiles) // columns)
    canvas = rdMolDraw2D.MolDraw2DCairo(columns * size[0], rows * size[1], *size)
    look: Any = canvas.drawOptions()  # its stubs take every setting for another method's
    look.clearBackground = False
    canvas.DrawMolecules([molecule(one) for one in smiles])
    canvas.FinishDrawing()
    return Image.open(io.BytesIO(canvas.GetDrawingText())).convert("RGBA")


@lru_cache(maxsize=4096)
def drawing(smiles: str, size: tuple[int, int] = (190, 130)) -> str:
    """Return a molecule as SVG whose bonds have the colour of the text around it."""
    from rdkit.Chem import rdDepictor
    from rdkit.Chem.Draw import rdMolDraw2D

    found = molecule(smiles)
    assert found is not None
    rdDepictor.Compute2DCoords(found)
    canvas = rdMolDraw2D.MolDraw2DSVG(*size)
    look: Any = canvas.drawOptions()  # its stubs take every setting for another method's
    look.clearBackground = False
    look.setAtomPalette({-1: (0.0, 0.0, 0.0), **_INKS})
    look.bondLineWidth = 1.6
    rdMolDraw2D.PrepareAndDrawMolecule(canvas, found)
    canvas.FinishDrawing()
    text = canvas.GetDrawingText()
    return text[text.index("<svg") :].replace("#000000", "currentColor")
