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


@pytest.mark.parametrize("name", ["dropped_table", "dropped_more", "uneven", "infinite", "sounds_cut"])
def test_one_thing_is_told_from_several(name):
    for language in LANGUAGES:
        say, key = Say(language), f"your_data.{name}"
        for count, form in ((1, "one"), (2, "other"), (1_000_000, "other")):
            assert say.counted(key, count, rate=8000) == say(f"{key}.{form}", count=count, rate=8000)
        assert say.counted(key, 1, rate=8000).replace("1", "2", 1) != say.counted(key, 2, rate=8000)


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


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_term_is_explained_where_it_first_stands_and_the_words_stay_as_they_are(language):
    say, tag = Say(language), re.compile(r'<abbr class="term" tabindex="0" title="[^"<>]*">([^<]*)</abbr>')
    said = " ".join(its for key, its in words(language).items() if not key.startswith("glossary."))
    for name in sorted(path.stem for path in (FOLDER / language).glob("*.md")):
        plain = say.page(name)
        marked = say.glossed(plain)
        assert tag.sub(r"\1", marked) == plain
        terms = [word.lower() for word in tag.findall(marked)]
        keys = [key for word in terms for key, (names, _) in say.glossary().items() if word in map(str.lower, names)]
        assert len(keys) == len(terms) == len(set(keys)), name
        said += plain
        for kept in re.findall(r"^#.*$|\$[^$\n]*\$|`[^`]*`", marked, re.MULTILINE):
            assert "<abbr" not in kept
    for key, (names, _) in say.glossary().items():
        assert any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said, re.IGNORECASE) for name in names), key


def test_both_glossaries_say_each_term_in_a_few_words():
    for language in LANGUAGES:
        names = [name for of, _ in Say(language).glossary().values() for name in of]
        assert len(names) == len({name.lower() for name in names})
        assert all(20 < len(says) < 160 and says.endswith(".") for _, says in Say(language).glossary().values())
