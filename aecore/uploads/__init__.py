"""Uploads: files of strangers, read with care; what cannot be read is refused with a reason."""

from aecore.uploads.molecules import Line, molecules
from aecore.uploads.pictures import picture
from aecore.uploads.refused import Refused
from aecore.uploads.sounds import Sound, sound

__all__ = ["Line", "Refused", "Sound", "molecules", "picture", "sound"]
