"""Words: every sentence that a person reads, in each language.

The sentences lie in ``assets/text/<language>.toml`` under dotted keys and the longer lessons in
``assets/text/<language>/<name>.md``; this module looks them up and writes numbers in the
language's manner.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from html import escape
from pathlib import Path

from babel import Locale
from babel.lists import format_list
from babel.numbers import format_decimal

FOLDER = Path(__file__).parent.parent / "assets" / "text"
LANGUAGES = ("en", "pt_BR")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
# What of a text is left as it is: headings, formulas, code, links, titles in italics.
_KEPT = re.compile(
    r"(^#[^\n]*|\$\$[^$]*\$\$|\$[^$\n]*\$|`[^`]*`|!?\[[^\]]*\]\([^)]*\)|(?<!\*)\*[^*\n]+\*(?!\*))", re.MULTILINE
)
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@lru_cache
def words(language: str) -> Mapping[str, str]:
    """Return every sentence of a language by its dotted key."""
    return dict(_flatten(tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8"))))


def _flatten(tree: Mapping[str, object], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, branch in tree.items():
        if isinstance(branch, Mapping):
            pairs += _flatten(branch, f"{prefix}{name}.")
        else:
            pairs.append((prefix + name, str(branch)))
    return pairs


def latent(i: int, *, gaussian: bool = True) -> str:
    """Return the symbol of a latent, counted from 0: z₁ of a Gaussian code, h₁ of another."""
    return ("z" if gaussian else "h") + str(i + 1).translate(_LOWERED)


class Say:
    """The words of one language.

    Parameters
    ----------
    language : {"en", "pt_BR"}
        Anything else falls back to English.

    Examples
    --------
    >>> Say("pt_BR").number(13.914, 2), Say("en").number(13.914, 2)
    ('13,91', '13.91')
    """

    def __init__(self, language: str = "en") -> None:
        self.language = language if language in LANGUAGES else "en"

    def __call__(self, key: str, **blanks: object) -> str:
        """Return the sentence under `key` with its blanks filled in.

        Numbers given as blanks are written in the language's manner: whole ones with
        their thousands apart, others with three significant digits.

        Raises
        ------
        KeyError
            If the language has no such sentence.
        """
        written = {
            name: self.number(blank) if isinstance(blank, int | float) and not isinstance(blank, bool) else blank
            for name, blank in blanks.items()
        }
        return words(self.language)[key].format_map(written)

    def counted(self, key: str, count: int, **blanks: object) -> str:
        """Return the sentence of so many things: the one under `key` for one of them, or the other.

        Examples
        --------
        >>> Say("en").counted("your_data.infinite", 1), Say("en").counted("your_data.infinite", 2)
        ('1 infinite number counts as missing.', '2 infinite numbers count as missing.')
        """
        form = "one" if Locale.parse(self.language).plural_form(count) == "one" else "other"
        return self(f"{key}.{form}", count=count, **blanks)

    def knows(self, key: str) -> bool:
        """Whether the language has a sentence under `key`."""
        return key in words(self.language)

    def number(self, value: float, decimals: int | None = None) -> str:
        """Write a number with `decimals` digits after the point, or with three significant ones."""
        if decimals is None:
            if 0 < abs(value) < 1e-3:
                return self.power(value)
            pattern = "#,##0" if isinstance(value, int) or abs(value) >= 1000 else "@@@"
        else:
            pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        return _written(self.language, value, pattern)

    def listed(self, *things: object) -> str:
        """Write several things in a row, "and" before the last; whole numbers with their thousands apart.

        Examples
        --------
        >>> Say("pt_BR").listed(10, 30, 1000)
        '10, 30 e 1.000'
        """
        written = [self.number(thing) if isinstance(thing, int) else str(thing) for thing in things]
        return format_list(written, locale=self.language).replace(", and ", " and ")

    def power(self, value: float) -> str:
        """Write a number by a power of ten, with up to three significant digits before it.

        Examples
        --------
        >>> Say("pt_BR").power(4.768e-7), Say("en").power(1e-7)
        ('4,77×10⁻⁷', '10⁻⁷')
        """
        digits, exponent = f"{value:.2e}".split("e")
        power = "10" + str(int(exponent)).translate(_RAISED)
        return power if float(digits) == 1 else f"{self.plain(float(digits))}×{power}"

    def plain(self, value: float) -> str:
        """Write a number that somebody chose, with no digit that it does not need.

        Examples
        --------
        >>> Say("pt_BR").plain(-0.9), Say("en").plain(1e-5)
        ('−0,9', '0.00001')
        """
        return _written(self.language, value, "#,##0.########")

    def value(self, name: str, value: object) -> str:
        """Write the value of a knob.

        Examples
        --------
        >>> Say().value("hidden", (512, 256)), Say("pt_BR").value("rate", 0.01)
        ('512, 256', '0,01')
        """
        if isinstance(value, bool):
            return self("option.yes" if value else "option.no")
        if isinstance(value, str):
            key = f"option.{name}.{value}"
            return self(key) if self.knows(key) else value
        if isinstance(value, tuple):
            return ", ".join(map(str, value)) or "–"
        return self.plain(value)  # type: ignore[arg-type]

    def classes(self, data: str, count: int) -> list[str] | None:
        """Return the names of the classes of a data set; ``None`` where their numbers are their names."""
        names = [f"class.{data}.{i}" for i in range(count)]
        return [self(name) for name in names] if names and self.knows(names[0]) else None

    def duration(self, seconds: float) -> str:
        """Write about how long something takes: seconds up to two minutes, then minutes."""
        unit, value = ("minutes", seconds / 60) if seconds >= 120 else ("seconds", seconds)
        return self(f"time.{unit}", count=max(1, round(value)))

    def page(self, name: str) -> str:
        """Return the longer text called `name`, as Markdown."""
        return (FOLDER / self.language / f"{name}.md").read_text("utf-8")

    def glossary(self) -> dict[str, tuple[list[str], str]]:
        """Return the terms of the field by their keys: the words that stand for each, and what it means."""
        known = words(self.language)
        keys = [key.split(".")[1] for key in known if key.startswith("glossary.") and key.endswith(".words")]
        return {key: (known[f"glossary.{key}.words"].split("|"), known[f"glossary.{key}.says"]) for key in keys}

    def glossed(self, text: str) -> str:
        """Mark each term of the glossary where it first stands in some Markdown, and say there what it means.

        Examples
        --------
        >>> Say("en").glossed("No prior, `no prior`.").replace(Say("en")("glossary.prior.says"), "…")
        'No <abbr class="term" tabindex="0" title="…">prior</abbr>, `no prior`.'
        """
        pattern, terms, said = *_terms(self.language), set()

        def mark(found: re.Match[str]) -> str:
            word = found.group()
            key, meaning = terms[word.lower()]
            if key in said:
                return word
            said.add(key)
            return f'<abbr class="term" tabindex="0" title="{escape(meaning)}">{word}</abbr>'

        parts = _KEPT.split(text)
        return "".join(part if i % 2 else pattern.sub(mark, part) for i, part in enumerate(parts))

    @property
    def separators(self) -> str:
        """Decimal mark and thousands mark, in the order that Plotly's layout wants."""
        return ",." if self.language == "pt_BR" else ".,"


@lru_cache
def _terms(language: str) -> tuple[re.Pattern[str], dict[str, tuple[str, str]]]:
    """Return what finds the words of the glossary, the longest first, and for each its key and meaning."""
    glossary = Say(language).glossary()
    terms = {word.lower(): (key, says) for key, (words, says) in glossary.items() for word in words}
    longest_first = sorted(terms, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, longest_first))})(?![\w-])", re.IGNORECASE), terms


# Written anew, a number costs a third of a millisecond, and a page of sliders has hundreds.
@lru_cache(maxsize=8192, typed=True)
def _written(language: str, value: float, pattern: str) -> str:
    return format_decimal(value, format=pattern, locale=language).replace("-", "−")
