"""Uploads: files of strangers, read with care; what cannot be read is refused with a reason."""

from aecore.uploads.archive import File, archive, zipped
from aecore.uploads.arrays import Arrays, arrays
from aecore.uploads.molecules import Line, molecules
from aecore.uploads.pictures import picture
from aecore.uploads.refused import Refused
from aecore.uploads.sounds import Sound, sound
from aecore.uploads.table import Column, Table, table
from aecore.uploads.understood import Pictures, Sounds, Understood, resized, square, understand

__all__ = [
    "Arrays",
    "Column",
    "File",
    "Line",
    "Pictures",
    "Refused",
    "Sound",
    "Sounds",
    "Table",
    "Understood",
    "archive",
    "arrays",
    "molecules",
    "picture",
    "resized",
    "sound",
    "square",
    "table",
    "understand",
    "zipped",
]
