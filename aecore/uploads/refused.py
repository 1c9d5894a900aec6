"""Why a file is not read."""

from __future__ import annotations


class Refused(ValueError):
    """A file that is not read.

    Attributes
    ----------
    reason : str
        The key of a sentence below ``refused`` in the texts.
    facts : dict
        What fills the blanks of that sentence.
    """

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason, facts)
        self.reason = reason
        self.facts = facts
