"""Molecules of strangers: SMILES, one a line or in a column of a table."""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

from aecore.uploads.refused import Refused

# Bytes of a file, and lines of it, that are read.
MOST_BYTES, MOST_LINES = 5_000_000, 2000
COLUMN = "smiles"


class Line(NamedTuple):
    """A line of a file: its number from 1, and what it says."""

    number: int
    smiles: str
    name: str


def molecules(content: bytes) -> list[Line]:
    r"""Read SMILES, one a line with a name behind it where there is one, or the column ``smiles`` of a CSV.

    Parameters
    ----------
    content : bytes
        A file's.

    Returns
    -------
    list of Line
        Those that are not blank; whether they are molecules is not asked here.

    Raises
    ------
    Refused
        ``empty``, ``too_large``, ``no_text``, ``no_smiles`` (a table without that column, or blank lines alone) or
        ``too_many_lines``.

    Examples
    --------
    >>> molecules(b"CCO ethanol\n\nC1CC\n")
    [Line(number=1, smiles='CCO', name='ethanol'), Line(number=3, smiles='C1CC', name='')]
    >>> molecules(b"name;SMILES\nethanol;CCO\n")
    [Line(number=2, smiles='CCO', name='ethanol')]
    """
    if not content:
        raise Refused("empty")
    if len(content) > MOST_BYTES:
        raise Refused("too_large", most=MOST_BYTES / 1e6)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise Refused("no_text") from wrong
    if any(ord(letter) < 32 and letter not in "\t\r\n" for letter in text):
        raise Refused("no_text")
    head = text.lstrip().partition("\n")[0]
    separator = next((sign for sign in (",", ";", "\t") if sign in head), "")
    found = _table(text, separator) if separator else _lines(text)
    if not found:
        raise Refused("no_smiles")
    if len(found) > MOST_LINES:
        raise Refused("too_many_lines", most=MOST_LINES)
    return found


def _lines(text: str) -> list[Line]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        smiles, _, name = line.strip().partition(" ")
        if smiles and not (number == 1 and smiles.lower() == COLUMN):
            found.append(Line(number, smiles, name.strip()))
    return found


def _table(text: str, separator: str) -> list[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        head = [name.strip().lower() for name in next((row for row in reader if any(row)), ())]
        if COLUMN not in head:
            return _tabbed(text) if separator == "\t" else []
        column = head.index(COLUMN)
        named = head.index("name") if "name" in head else None
        found = []
        for row in reader:
            smiles = row[column].strip() if len(row) > column else ""
            name = row[named].strip() if named is not None and len(row) > named else ""
            if smiles:
                found.append(Line(reader.line_num, smiles, name))
        return found
    except csv.Error as wrong:
        raise Refused("no_text") from wrong


def _tabbed(text: str) -> list[Line]:
    """Read lines of SMILES and name with a tabulator between them, as .smi files have it."""
    return _lines(text.replace("\t", " "))
