"""A row of the table: a figure, what it was measured beside, and what was promised."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Row(NamedTuple):
    """One measured figure.

    Attributes
    ----------
    figure : str
        What was measured.
    value : float
    unit : str
    beside : str
        The peers or bounds of the same run, in words and numbers.
    goal : float or None
        What was promised; ``None`` for a figure that is only reported.
    better : {"at least", "at most"}
        On which side of the goal it should lie.
    """

    figure: str
    value: float
    unit: str = ""
    beside: str = ""
    goal: float | None = None
    better: Literal["at least", "at most"] = "at most"

    @property
    def reached(self) -> bool | None:
        """Whether the promise is kept."""
        if self.goal is None:
            return None
        return bool(self.value >= self.goal if self.better == "at least" else self.value <= self.goal)

    def cells(self) -> list[str]:
        """Return the cells of its line in a table."""
        goal = f"{self.better} {self.goal:g} {self.unit}".strip() if self.goal is not None else "–"
        reached = {True: "yes", False: "**no**", None: "–"}[self.reached]
        return [self.figure, f"{self.value:.4g} {self.unit}".strip(), self.beside or "–", goal, reached]

    def line(self) -> str:
        """Return it as one line of plain text."""
        return " · ".join(self.cells()).replace("**", "")
