from __future__ import annotations

import re

import pytest

from aecore.text import FOLDER, LANGUAGES, Say, words


@pytest.mark.parametrize(
    ("value", "decimals", "en", "pt"),
    [
        (1234567, None, "1,234,567", "1.234.567"),
        (13.914, None, "13.9", "13,9"),
        (0.00312, None, "0.00312", "0,00312"),
        (13.914, 2, "13.91", "13,91"),
        (0.5, 0, "0", "0"),
        (2500.0, None, "2,500", "2.500"),
        (4.768e-7, None, "4.77×10⁻⁷", "4,77×10⁻⁷"),
        (-1e-4, None, "−1×10⁻⁴", "−1×10⁻⁴"),
    ],
)
def test_numbers_are_written_in_the_language_s_manner(value, decimals, en, pt):
    assert Say("en").number(value, decimals) == en
    assert Say("pt_BR").number(value, decimals) == pt


def test_blanks_are_filled_and_numbers_in_them_written():
    assert "1.234" in Say("pt_BR")("watch.running", step=1234, steps=5000)


def test_an_unknown_language_is_english_and_an_unknown_sentence_an_error():
    assert Say("xx").language == "en"
    with pytest.raises(KeyError):
        Say("en")("nothing.at.all")


def test_what_is_held_out_has_one_name_in_portuguese():
    held_out = re.compile("held[ -]out", re.IGNORECASE)
    english, portuguese = words("en"), words("pt_BR")
    pages = [path.stem for path in (FOLDER / "en").glob("*.md")]
    pairs = [(said, portuguese[key]) for key, said in english.items()]
    pairs += [(Say("en").page(name), Say("pt_BR").page(name)) for name in pages]
    said = [its for ours, its in pairs if held_out.search(ours)]
    assert len(said) > 40
    assert [its for its in said if "reservad" not in its.lower()] == []
    assert not any(re.search("exemplos de teste|fora do treino|dados de teste", its) for _, its in pairs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_separators_are_those_of_the_numbers(language):
    decimal, thousands = Say(language).separators
    assert Say(language).number(1234.5, 1) == f"1{thousands}234{decimal}5"
