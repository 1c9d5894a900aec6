"""Range coding: symbols in, as many bytes out as their probabilities ask for; and back, exactly."""

from __future__ import annotations

from typing import Any

import numpy as np

# constriction's unit of what is written.
WORD = 4


def written(symbols: np.ndarray, tables: np.ndarray) -> bytes:
    """Return symbols as bytes: -log2 of their probabilities in sum, rounded up to whole bytes.

    Parameters
    ----------
    symbols : ndarray
        Whole numbers from 0, shape ``(units, places)``.
    tables : ndarray
        Shape ``(units, n)``: the probabilities of each unit's `n` symbols in whole parts, none of them 0, no more
        than 2**24 in sum, so that a float32 holds them exactly.

    Raises
    ------
    ValueError
        If a symbol has no probability.

    References
    ----------
    G. N. N. Martin, Range encoding: an algorithm for removing redundancy from a digitised message, Video & Data
    Recording Conference, 1979.
    R. Bamler, Understanding entropy coding with asymmetric numeral systems (2022), arXiv:2201.01741: the library.

    Examples
    --------
    >>> tables = np.array([[1, 7], [4, 4]])
    >>> content = written(np.array([[1, 1, 1, 0], [1, 0, 0, 1]]), tables)
    >>> len(content), read(content, tables, places=4).tolist()
    (1, [[1, 1, 1, 0], [1, 0, 0, 1]])
    """
    import constriction

    if symbols.size and not (symbols.min() >= 0 and symbols.max() < tables.shape[1]):
        raise ValueError("a symbol beyond the tables")
    encoder, models = constriction.stream.queue.RangeEncoder(), _models(tables)
    for row, model in zip(np.asarray(symbols, np.int32), models, strict=True):
        encoder.encode(np.ascontiguousarray(row), model)
    return _shortened(encoder.get_compressed().astype(">u4").tobytes(), symbols, models)


def read(content: bytes, tables: np.ndarray, places: int) -> np.ndarray:
    """Return the symbols ``(units, places)`` that :func:`written` made bytes of, with the same tables.

    Raises
    ------
    AssertionError
        If no symbols lead to such bytes.
    """
    return _read(content, _models(tables), places)


def least_bits(tables: np.ndarray) -> float:
    """Return the bits that one place takes at least: of each unit's likeliest symbol.

    Examples
    --------
    >>> least_bits(np.array([[4, 4], [2, 6]])).__round__(3)
    1.415
    """
    return float(-np.log2(tables.max(1) / tables.sum(1)).sum())


def _models(tables: np.ndarray) -> list[Any]:
    import constriction

    return [constriction.stream.model.Categorical(row.astype(np.float32), perfect=False) for row in tables]


def _read(content: bytes, models: list[Any], places: int) -> np.ndarray:
    import constriction

    # What was left out were zeros.
    padded = content + bytes(-len(content) % WORD) + bytes(2 * WORD)
    decoder = constriction.stream.queue.RangeDecoder(np.frombuffer(padded, ">u4").astype(np.uint32))
    return np.stack([decoder.decode(model, places) for model in models])


def _shortened(content: bytes, symbols: np.ndarray, models: list[Any]) -> bytes:
    """Return the fewest bytes that are read alike: any number in the coder's last interval will do."""
    best = content
    for length in range(len(content) - 1, -1, -1):
        number = int.from_bytes(content[:length], "big")
        fitting = (one.to_bytes(length, "big") for one in (number, number + 1) if one < 256**length)
        if (found := next((one for one in fitting if _says(one, symbols, models)), None)) is None:
            return best
        best = found
    return best


def _says(content: bytes, symbols: np.ndarray, models: list[Any]) -> bool:
    try:
        return np.array_equal(_read(content, models, symbols.shape[1]), symbols)
    except AssertionError:  # constriction's own about bytes that no symbols lead to
        return False
