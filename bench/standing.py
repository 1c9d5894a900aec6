"""Who wins at a task: the score of ours and of what people use today, as a table in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from aecore.text import LANGUAGES, Say

READMES = {"en": "README.md", "pt_BR": "README.pt-BR.md"}
ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- bench applications -->\n", "<!-- end -->\n"


class Standing(NamedTuple):
    """One score of a task.

    Attributes
    ----------
    task : str
        Its page.
    score : str
        The key of its name below ``bench.score``.
    ours : float
    others : mapping
        The same of baselines, by the keys of their names.
    seconds : float or None
        Of training; ``None`` where nothing is trained beforehand.
    parameters : int
    decimals : int
    better : {1, -1}
        Whether more is better, or less.
    """

    task: str
    score: str
    ours: float
    others: Mapping[str, float]
    seconds: float | None
    parameters: int
    decimals: int = 2
    better: int = 1

    def cells(self, words: Say) -> list[str]:
        """Return the cells of its line, the winner in bold, whoever it is."""
        best = max(self.better * one for one in (self.ours, *self.others.values()))

        def written(number: float) -> str:
            text = words.number(number, self.decimals)
            return f"**{text}**" if self.better * number == best else text

        return [
            words(f"page.{self.task}.title"),
            words(f"bench.score.{self.score}"),
            written(self.ours),
            ", ".join(f"{words(name)} {written(number)}" for name, number in self.others.items()),
            "–" if self.seconds is None else words.number(self.seconds, 0),
            words.number(self.parameters, 0),
        ]


def keep(standings: Sequence[Standing], out: Path) -> None:
    """Write the table in each language into a folder, and its lines in place of those that are in the README."""
    out.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        table = as_markdown(standings, Say(language))
        (out / f"applications.{language}.md").write_text(table, "utf-8")
        readme = ROOT / READMES[language]
        text = readme.read_text("utf-8")
        readme.write_text(replaced(text, merged(text.split(BEGIN)[1].split(END)[0].strip(), table)), "utf-8")


def merged(before: str, table: str) -> str:
    """Return a table with the lines of another in place of those of the same task and score, new ones at the end."""
    lines = {tuple(line.split("|")[1:3]): line for text in (before, table) for line in text.splitlines()}
    return "".join(f"{line}\n" for line in lines.values())


def as_markdown(standings: Sequence[Standing], words: Say) -> str:
    """Return a line for each score."""
    heads = [words(f"bench.head.{name}") for name in ("task", "score", "ours", "others", "seconds", "parameters")]
    rows = [heads, [":--", ":--", "--:", ":--", "--:", "--:"], *(one.cells(words) for one in standings)]
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


def replaced(text: str, table: str) -> str:
    """Return a text with a table in place of the one between the marks.

    Raises
    ------
    ValueError
        If there are no such marks.
    """
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"
