"""Tables of strangers: columns of numbers or of words, with commas, semicolons or tabs between them."""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

import numpy as np

from aecore.uploads.refused import Refused

MOST_BYTES, MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 60_000_000, 60_000, 1024, 6_000_000
# What stands where nothing is known.
MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "?"}
# A column with more different values is no label.
MOST_CLASSES = 40


class Column(NamedTuple):
    """A column of a table.

    Attributes
    ----------
    name : str
    numbers : ndarray or None
        Float64, NaN where one is missing; ``None`` if there are words among them.
    words : tuple of str
        What stands there, as text.
    infinite : int
        How many numbers were infinite; they count as missing.
    """

    name: str
    numbers: np.ndarray | None
    words: tuple[str, ...]
    infinite: int = 0

    @property
    def classes(self) -> tuple[str, ...]:
        """The different values in order, numbers by their size; empty where there are too many for a label."""
        found = {word for word in self.words if word.lower() not in MISSING}
        if not 1 < len(found) <= MOST_CLASSES:
            return ()
        return tuple(sorted(found, key=lambda word: (_number(word, comma=False) or 0.0, word)))


class Table(NamedTuple):
    """A table: its columns, all of one length, and how many rows were left out as their length is another's."""

    columns: tuple[Column, ...]
    rows: int
    uneven: int = 0


def table(content: bytes) -> Table:
    r"""Read a table whose first line names the columns, unless it holds nothing but numbers.

    Where semicolons or tabs stand between the columns, a comma may stand before the decimals.

    Parameters
    ----------
    content : bytes
        A file's.

    Raises
    ------
    Refused
        ``empty``, ``too_large``, ``no_table``, ``one_column``, ``too_many_columns``, ``no_rows``, ``too_many_rows``
        or ``no_numbers``.

    Examples
    --------
    >>> found = table(b"length;kind\n1,5;cat\n;dog\n")
    >>> [column.name for column in found.columns], found.columns[0].numbers
    (['length', 'kind'], array([1.5, nan]))
    """
    if not content:
        raise Refused("empty")
    if len(content) > MOST_BYTES:
        raise Refused("too_large", most=MOST_BYTES / 1e6)
    text = _text(content)
    head = text.lstrip().partition("\n")[0]
    separator = max(";\t,", key=head.count) if any(sign in head for sign in ";\t,") else ""
    if not separator:
        raise Refused("one_column" if head.strip() else "no_table")
    if head.count(separator) >= MOST_COLUMNS:
        raise Refused("too_many_columns", most=MOST_COLUMNS)
    rows, uneven = _rows(text, separator)
    comma = separator != ","
    named = any(_number(cell, comma=comma) is None and cell.lower() not in MISSING for cell in rows[0])
    names = _names(rows[0]) if named else [str(i + 1) for i in range(len(rows[0]))]
    rows = rows[named:]
    if not rows:
        raise Refused("no_rows")
    columns = tuple(_column(name, cells, comma) for name, cells in zip(names, zip(*rows, strict=True), strict=True))
    if not any(column.numbers is not None for column in columns):
        raise Refused("no_numbers")
    return Table(columns, len(rows), uneven)


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if any(sign in text for sign in map(chr, (*range(9), *range(14, 32)))):
        raise Refused("no_table")
    return text


def _rows(text: str, separator: str) -> tuple[list[list[str]], int]:
    """Return the rows that are as long as the first, and how many are not."""
    rows: list[list[str]] = []
    uneven = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
            if not any(row):
                continue
            if rows and len(row) != len(rows[0]):
                uneven += 1
                continue
            if len(rows) > MOST_ROWS or len(rows) * len(row) > MOST_CELLS:
                raise Refused("too_many_rows", most=min(MOST_ROWS, MOST_CELLS // len(row)))
            rows.append([cell.strip() for cell in row])
    except csv.Error as wrong:
        raise Refused("no_table") from wrong
    if not rows:
        raise Refused("no_rows")
    return rows, uneven


def _names(row: list[str]) -> list[str]:
    """Name each column, those without a name by their number, a name that was there before with one."""
    names: list[str] = []
    for i, name in enumerate(row, 1):
        name = name[:60] or str(i)
        names.append(name if name not in names else f"{name} ({i})")
    return names


def _number(cell: str, *, comma: bool) -> float | None:
    if comma and "," in cell:
        # A point is then what parts the thousands.
        cell = cell.replace(".", "").replace(",", ".") if cell.count(",") == 1 else "no number"
    if "_" in cell:  # Python's own manner of writing numbers
        return None
    try:
        return float(cell)
    except ValueError:
        return None


def _column(name: str, cells: tuple[str, ...], comma: bool) -> Column:
    found = [None if cell.lower() in MISSING else _number(cell, comma=comma) for cell in cells]
    missing = sum(cell.lower() in MISSING for cell in cells)
    if found.count(None) > missing or missing == len(cells):
        return Column(name, None, cells)
    numbers = np.array([np.nan if number is None else number for number in found])
    infinite = int(np.isinf(numbers).sum())
    # What is larger than single precision can hold would be infinite in the network.
    numbers[~np.isfinite(numbers) | (np.abs(numbers) > np.finfo(np.float32).max)] = np.nan
    return Column(name, numbers, cells, infinite)
