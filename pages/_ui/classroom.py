"""A class's board on a page: its rule, its link for the pupils, its ranking as it grows, and a pupil's own entry."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import streamlit as st

from pages._ui import boards, say, share, steer
from pages._ui.boards import DATA, LESSONS, NAME, Board, Entry, Rule

if TYPE_CHECKING:
    from aecore.text import Say

# Seconds between two looks at a board.
LOOK = 2.0
SIZES, STEPS, SECONDS = (0, 1, 2, 3, 5, 10, 20, 30), (0, 500, 1000, 2000, 4000, 8000), (0, 10, 30, 60, 120)


def linked() -> Board | None:
    """Return the board that the address names, if there is one."""
    code = st.query_params.get("board", "")
    return boards.read(code) if code else None


def sentence(rule: Rule, words: Say) -> str:
    """Say the rule of a board."""
    said = [
        words(f"board.{rule.score}", data=words(f"option.data.{rule.data}"), lesson=words(f"page.{rule.lesson}.title"))
    ]
    limits = {"latent": rule.latent, "steps": rule.steps, "seconds": rule.seconds}
    said += [words(f"board.with_{name}", most=most) for name, most in limits.items() if most]
    return "; ".join(said) + "."


def invite(board: Board, words: Say) -> None:
    """Show the way to the lesson, for cameras as a code, and a short link to this board, from where it leads on."""
    said = {"lang": words.language, **board.rule.link(), "board": board.code}
    lesson = f"{share.home()}/{board.rule.lesson}?{urlencode(said, safe=',')}"
    st.image(share.qr(lesson), width=260, alt=words("alt.qr"))
    st.code(f"{share.home()}/board?board={board.code}", language=None, wrap_lines=True)
    if urlsplit(lesson).hostname in ("localhost", "127.0.0.1", "::1"):
        st.caption(words("board.only_here"))


def take_part(board: Board, words: Say) -> None:
    """Show the way to the lesson."""
    towards: dict[str, Any] = {"query_params": {**board.rule.link(), "board": board.code}}
    page = f"lessons/{board.rule.lesson}.py"
    st.page_link(page, label=words("board.take_part"), icon=":material/arrow_forward:", **towards)


def ranking(board: Board) -> None:
    """Show who stands where, as it changes."""

    @st.fragment(run_every=LOOK)
    def live() -> None:
        words, now = say.words(), boards.read(board.code)
        if now is None:
            st.info(words("board.gone"))
        elif now.entries:
            st.html(_table(now, words))
        else:
            st.caption(words("board.empty"))

    live()


def _table(board: Board, words: Say) -> str:
    """Write a ranking; whatever comes from a visitor is escaped."""
    heads = ("place", "name", "score", "steps", "seconds", "knobs", "run")
    lines = ["".join(f"<th scope='col'>{escape(words(f'board.head_{head}'))}</th>" for head in heads)]
    for place, entry in enumerate(board.ranked(), 1):
        cells = [
            words.number(place), entry.name, words.number(entry.score, 2), words.number(entry.steps),
            words.number(entry.seconds, 1), _knobs(entry, board.rule, words),
        ]  # fmt: skip
        address = escape(f"{share.home()}/{board.rule.lesson}?{entry.query}")
        link = f"<a href='{address}' target='_blank'>{escape(words('board.open_run'))}</a>"
        lines.append("".join(f"<td>{escape(cell)}</td>" for cell in cells) + f"<td>{link}</td>")
    rows = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<div class='gargalo-board'><table>{rows}</table></div>"


def _knobs(entry: Entry, rule: Rule, words: Say) -> str:
    turned = boards.turned(entry, rule)
    said = [f"{words(f'knob.{name}.label')} {say.value(name, value, words)}" for name, value in turned.items()]
    return ", ".join(said) or "–"


def open_one() -> None:
    """Let a teacher choose a rule and open a board."""
    words = say.words()

    def most(number: int) -> str:
        return words.number(number) if number else words("board.any")

    left, right = st.columns(2)
    with left:
        lesson = st.selectbox(
            words("board.lesson"), list(LESSONS), key="board_lesson", format_func=lambda one: words(f"page.{one}.title")
        )
        data = st.selectbox(
            words("knob.data.label"), DATA, key="board_data", format_func=lambda one: words(f"option.data.{one}")
        )
    with right:
        latent = st.selectbox(words("knob.latent.label"), SIZES, SIZES.index(2), key="board_latent", format_func=most)
        steps = st.selectbox(words("board.steps"), STEPS, STEPS.index(2000), key="board_steps", format_func=most)
        seconds = st.selectbox(words("board.seconds"), SECONDS, key="board_seconds", format_func=most)
    rule = Rule(lesson, data, latent, steps, seconds)
    st.markdown(sentence(rule, words))
    st.button(words("board.open"), key="open_board", type="primary", on_click=begin, args=(rule,))
    if trouble := st.session_state.pop("board_trouble", None):
        st.error(words(f"board.{trouble}"))


def begin(rule: Rule) -> None:
    """Open a board and let the address say so; its owner's key stays in this session."""
    try:
        found = boards.new(rule)
    except OSError:
        st.session_state.board_trouble = "unwritable"
        return
    if found is None:
        st.session_state.board_trouble = "too_many"
        return
    code, key = found
    st.session_state.setdefault("owned", {})[code] = key
    st.query_params["board"] = code


def keep_order(board: Board, words: Say) -> None:
    """Let the owner take entries down; elsewhere than where it was opened, with its key."""
    owned: dict[str, str] = st.session_state.setdefault("owned", {})
    with st.expander(words("board.teacher")):
        if board.code not in owned:
            given = st.text_input(words("board.key"), type="password", key="owner_key", max_chars=64)
            if given and not boards.owns(board, given):
                st.error(words("board.wrong_key"))
            if not (given and boards.owns(board, given)):
                return
            owned[board.code] = given
        st.caption(words("board.keep_key"))
        st.code(owned[board.code], language=None)
        names = [one.name for one in board.ranked()]
        name = st.selectbox(words("board.entry"), names, key="entry_to_remove", index=None, placeholder="–")
        about: dict[str, Any] = {"on_click": _remove, "args": (board.code, name), "disabled": name is None}
        st.button(words("board.remove"), key="remove_entry", icon=":material/delete:", **about)


def _remove(code: str, name: str) -> None:
    try:
        boards.remove(code, st.session_state.owned[code], name)
    except OSError:
        st.session_state.board_trouble = "unwritable"


def enter(board: Board, words: Say) -> None:
    """Let a pupil put the run on the page on the board."""
    with st.container(border=True, key="class_board"):
        st.markdown(f"**{words('board.heading')}** {sentence(board.rule, words)}")
        one = steer.course().watched
        found = boards.of_run(board.rule, one) if one and one.key in steer.course().visited else "unfinished"
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(words("board.nickname"), key="nickname", max_chars=NAME, width=260, persist_state="session")
            about: dict[str, Any] = {"on_click": _post, "args": (board.code,), "disabled": isinstance(found, str)}
            st.button(words("board.post"), key="post", type="primary", icon=":material/trophy:", **about)
            towards: dict[str, Any] = {"query_params": {"board": board.code}, "icon": ":material/leaderboard:"}
            st.page_link("tools/board.py", label=words("board.see"), **towards)
        if said := st.session_state.pop("posted", None):
            name, numbers = said
            (st.success if name == "posted" else st.error)(words(f"board.{name}", **numbers))
        elif isinstance(found, str):
            st.caption(words(f"board.refused_{found}"))
        else:
            st.caption(words("board.ready", score=words.number(found.score, 2)))


def _post(code: str) -> None:
    one = steer.course().watched
    if one is None or one.key not in steer.course().visited:
        return
    try:
        found = boards.post(code, st.session_state.get("nickname") or "", one)
    except OSError:
        st.session_state.posted = "unwritable", {}
        return
    words = say.words()
    said = (f"refused_{found}", {}) if isinstance(found, str) else ("posted", {"score": words.number(found.score, 2)})
    st.session_state.posted = said
