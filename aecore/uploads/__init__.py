"""Uploads: files of strangers, read with care; what cannot be read is refused with a reason."""

from aecore.uploads.pictures import picture
from aecore.uploads.refused import Refused

__all__ = ["Refused", "picture"]
