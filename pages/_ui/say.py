"""Words on a page: the visitor's language, and the texts of a lesson."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from aecore.text import LANGUAGES, Say
from aecore.text import latent as latent

if TYPE_CHECKING:
    from aecore.datasets import Data
    from aecore.knobs import Complaint, Value


def choose_language() -> Say:
    """Show the switch between the languages; at first it follows the link, else the browser."""
    preferred = "pt_BR" if (st.context.locale or "").lower().startswith("pt") else "en"
    linked = st.query_params.get("lang")
    # A default, as what the program sets reaches the browser but once, and is lost if the page is drawn anew by then.
    first = st.session_state.setdefault("first_language", linked if linked in LANGUAGES else preferred)
    st.segmented_control(
        "Language · Idioma",
        LANGUAGES,
        default=first,
        required=True,
        format_func=lambda language: Say(language)("language"),
        key="lang",
        label_visibility="collapsed",
    )
    if st.session_state.lang != (linked or preferred):
        st.query_params["lang"] = st.session_state.lang
    return words()


def words() -> Say:
    """Return the words of the visitor's language."""
    return Say(st.session_state.get("lang") or "en")


def key(name: str) -> str:
    """Return the key of a widget: another one once the language was changed.

    A browser sends options back as they are written; those of the language before would be unknown, and the first
    option taken for chosen.
    """
    language = words().language
    return name if language == st.session_state.get("first_language", language) else f"{name}_{language}"


def lesson(name: str) -> None:
    """Show the title of a lesson and the sentence that it teaches."""
    st.title(words()(f"page.{name}.title"), anchor=False)
    _marked(words()(f"page.{name}.lead"))


def name_controls() -> None:
    """Say what Streamlit says in English alone: the uploader's words, and that a page has failed."""
    _style({"upload": "upload.button", "drop": "upload.drop", "fault": "reason.page_failed"})


def name_knobs() -> None:
    """Name the button that opens the knobs, for which Streamlit has but a sign."""
    _style({"knobs": "turn.heading"})


def _style(names: dict[str, str]) -> None:
    rules = "; ".join(f"--{name}: {json.dumps(words()(key), ensure_ascii=False)}" for name, key in names.items())
    st.html(f"<style>:root {{ {rules} }}</style>")


def more(name: str) -> None:
    """Show the longer text of a lesson: what to look for, what to try, where it comes from."""
    _marked(words().page(name))


def of_card(name: str, words: Say) -> str:
    """Return what the picture of a shipped run shows, for whoever can't see it."""
    own = f"gallery.card.{name}"
    return words(own if words.knows(own) else f"page.{name}.card")


def glossary() -> None:
    """Show what the terms of the field mean."""
    with st.expander(words()("home.glossary"), icon=":material/menu_book:"):
        st.markdown("\n".join(f"- **{names[0]}**: {says}" for names, says in words().glossary().values()))


def _marked(text: str) -> None:
    st.markdown(words().glossed(text), unsafe_allow_html=True)


@contextmanager
def damage(*, quietly: bool = False) -> Iterator[None]:
    """Name a data file that is missing or damaged, instead of what needs it; quietly where it is named already."""
    from aecore.datasets import DamagedFile

    try:
        yield
    except DamagedFile as damaged:
        if not quietly:
            st.error(words()("reason.damaged_data", detail=damaged.name), icon=":material/error:")


def value(name: str, value: Value, words: Say) -> str:
    """Write the value of a knob."""
    return words.value(name, value)


def latent_kl(i: int, kl: float, words: Say) -> str:
    """Return the symbol of a latent of a Gaussian code with its divergence."""
    return words("vae.latent", name=latent(i), kl=words.number(kl, 2))


def explain(complaint: Complaint, words: Say) -> str:
    """Say what was wrong with a value and what is used instead."""
    name = complaint.name if complaint.reason == "unknown" else words(f"knob.{complaint.name}.label")
    said = words(
        f"complaint.{complaint.reason}",
        name=name,
        given=complaint.given[:60],
        used="" if complaint.used is None else value(complaint.name, complaint.used, words),
    )
    return f"{said} {words(f'why.{complaint.why}')}" if complaint.why else said


def literally(text: str) -> str:
    """Return a text of a visitor's as Markdown that shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])", r"\\\1", " ".join(text.split()))


def classes(data: Data, words: Say) -> list[str] | None:
    """Return the names of the classes of a data set; ``None`` where their numbers are their names."""
    brought = getattr(data, "class_names", ())
    return [*brought] if brought else words.classes(data.name, data.classes)
