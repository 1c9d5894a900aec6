"""Steering runs: train, stop, go on, turn a knob in the middle, and take that back."""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakSet

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages._ui import resources, say

if TYPE_CHECKING:
    from aecore.experiment import Experiment
    from aecore.knobs import Value
    from aecore.runs import State
    from aecore.text import Say

MOVING = ("queued", "running")
# Seconds that turning a knob waits for the run under way to stop.
PATIENCE = 2.0
# Runs of one visitor that may wait or be under way at once, beside sweeps: what is more waits on the others.
MOST = 8
# Seconds within which a further turn of a knob takes the place of the one before.
DRAGGED = 1.5
# Pixels of the button that trains, goes on or stops, whichever it says.
MAIN = 140


@dataclass(eq=False)
class Course:
    """What this visitor's runs have come to.

    Streamlit may abandon a callback wherever it touches the session, so what belongs together is
    changed here, in one object that is fetched once.

    Attributes
    ----------
    session : str
        Streamlit's name of the visitor's session.
    watched : Experiment or None
        The one on the page.
    together : tuple of Experiment
        That one and those that are trained and stopped with it.
    shown : tuple of Experiment
        All whose runs are on the page.
    chain : list of str
        The starts of it, as they stand in a link.
    forked : float
        When a knob was last turned in mid-run.
    visited : dict of str to Experiment
        What this visitor has trained, by key.
    swept : set of str
        The keys of what this visitor has asked for by a sweep.
    compared : str
        The key of the run beside which it is shown; empty for none.
    time : int or None
        The step that the pictures show; ``None`` for the latest, -1 for playing that has not come to the first.
    moved : int
        How often the program moved the slider through time; a part of its key.
    playing : bool
        Whether it moves by itself.
    token : str
        Whose runs these are; nobody can guess it, and it leaves the server for nobody.
    turning : Lock
        Held while a knob is turned: the next turn may come before the first is done.
    """

    session: str = ""
    watched: Experiment | None = None
    together: tuple[Experiment, ...] = ()
    shown: tuple[Experiment, ...] = ()
    chain: list[str] = field(default_factory=list)
    forked: float = -math.inf
    visited: dict[str, Experiment] = field(default_factory=dict)
    swept: set[str] = field(default_factory=set)
    compared: str = ""
    time: int | None = None
    moved: int = 0
    playing: bool = False
    token: str = field(default_factory=partial(secrets.token_urlsafe, 18))
    turning: threading.Lock = field(default_factory=threading.Lock)

    def arrive(self, chain: list[str]) -> None:
        """Begin with what a link says: its starts, at the latest moment and beside nothing unless it says more."""
        self.moved += self.time is not None
        self.chain, self.compared, self.time, self.playing = chain, "", None, False

    @property
    def needed(self) -> set[str]:
        """The keys of the runs on the page, and of those that they start from."""
        keys = set()
        for experiment in self.shown:
            keys.add(experiment.key)
            while experiment.start:
                experiment, _ = experiment.start
                keys.add(experiment.key)
        return keys

    @property
    def content(self) -> set[str]:
        """The keys of the runs on the page that came with the app and that this visitor has not asked for anew."""
        return {one.key for one in self.shown if one.key not in self.visited and resources.comes(one.key)}

    @property
    def attended(self) -> bool:
        """Whether the page is open; Streamlit keeps a session for a while after it was closed."""
        return not runtime.exists() or runtime.get_instance().is_active_session(self.session)


# Those of all visitors; a course goes with its session.
_courses: WeakSet[Course] = WeakSet()
# The token of whoever began the run with a key.
_owners: dict[str, str] = {}


def course() -> Course:
    """Return this visitor's course."""
    if "course" not in st.session_state:
        here = get_script_run_ctx()
        st.session_state.course = Course(here.session_id if here else "")
        _courses.add(st.session_state.course)
    return st.session_state.course


def in_use() -> set[str]:
    """Return the keys of the runs that any visitor has on the page, and of those that they start from."""
    return set().union(*(one.needed for one in tuple(_courses)))


def others_watch(experiments: Sequence[Experiment]) -> bool:
    """Whether another visitor has one of several runs on the page, or one that goes on from it."""
    keys, mine = {one.key for one in experiments}, course()
    # Who looks at the gallery's goes on looking at that.
    return any(one is not mine and keys & one.needed - one.content and one.attended for one in tuple(_courses))


def own(experiments: Iterable[Experiment]) -> list[Experiment]:
    """Return those of several runs that this visitor may stop or slow down: no other visitor who is here began them."""
    mine = course().token
    others = {one.token for one in tuple(_courses) if one.token != mine and one.attended}
    return [one for one in experiments if _owners.get(one.key) not in others]


def _begin(token: str, experiments: Sequence[Experiment], **how: Any) -> None:
    """Hand experiments over; those that were not under way before are this visitor's from now on."""
    begun = [one for one in experiments if state_of(one).stage not in MOVING]
    resources.executor().submit(experiments, **how)
    for key in [key for key in tuple(_owners) if resources.run_of(key).state.is_final]:
        _owners.pop(key, None)
    _owners.update({one.key: token for one in begun})


def moving(experiments: Sequence[Experiment]) -> bool:
    """Whether one of several runs waits or is under way."""
    return any(state_of(one).stage in MOVING for one in experiments)


def buttons(runs: Sequence[Experiment], words: Say) -> None:
    """Show what can be done with runs that go together, the first of which is the lesson's own.

    Every control is there in every state, at the same place and of the same width, so that nothing moves
    on the page when a run begins, stops or ends.
    """
    steps = runs[0].fit.steps
    state, under_way, shared = _unfinished(runs), moving(runs), others_watch(runs)
    rests = not under_way and state.stage != "done"
    with st.container(horizontal=True, vertical_alignment="center", key="buttons"):
        main_button(runs, words)
        one: dict[str, Any] = {"key": "one_step", "icon": ":material/skip_next:", "on_click": _one_step, "args": runs}
        st.button(words("watch.one_step"), disabled=not rests or state.step >= steps, **one)
        again: dict[str, Any] = {"key": "again", "icon": ":material/replay:", "on_click": _again, "args": runs}
        why = words("watch.shared" if shared else "watch.again_help")
        st.button(words("watch.again"), help=why, disabled=under_way or shared or state.stage == "absent", **again)
        undo: dict[str, Any] = {"key": "undo", "icon": ":material/undo:", "on_click": _undo, "args": runs[:1]}
        st.button(words("watch.undo"), help=words("watch.undo_help"), disabled=runs[0].start is None, **undo)
        wish: dict[str, Any] = {"on_change": _wish, "args": runs, "persist_state": "session"}
        # Where there is no room for all, these two go below together.
        with st.container(horizontal=True, vertical_alignment="center", width="content", key="wishes"):
            st.toggle(words("watch.slow"), key="slow", help=words("watch.slow_help"), **wish)
            with st.popover(words("watch.until"), icon=":material/flag:", key="until"):
                st.number_input(words("watch.until_step"), 1, steps, None, key="until_step", **wish)
                st.number_input(words("watch.until_error"), 0.0, None, None, key="until_error", **wish)
                st.checkbox(words("watch.until_plateau"), key="until_plateau", help=words("watch.plateau_help"), **wish)


def main_button(runs: Sequence[Experiment], words: Say) -> None:
    """Show the button that trains runs that go together, goes on with them, or stops them."""
    if moving(runs):
        asked: dict[str, Any] = {"key": "stop", "icon": ":material/stop:", "on_click": stop, "args": runs}
        foreign = not moving(own(runs))
        why = words("watch.foreign") if foreign else None
        st.button(words("watch.stop"), width=MAIN, disabled=foreign, help=why, **asked)
        return
    stage = _unfinished(runs).stage
    shipped = resources.is_shipped(resources.run_of(runs[0].key))
    label = "watch.train" if stage in ("absent", "done") else "watch.go_on"
    begin = _own if shipped else train
    asked = {"key": "train", "icon": ":material/play_arrow:", "on_click": begin, "args": runs}
    st.button(words(label), type="primary", disabled=stage == "done" and not shipped, width=MAIN, **asked)


def _unfinished(runs: Sequence[Experiment]) -> State:
    """Return where the first stands that is not done, or else the first."""
    states = [state_of(one) for one in runs]
    return next((one for one in states if one.stage != "done"), states[0])


def sweep_buttons(
    lesson: str,
    experiments: Sequence[Experiment],
    *,
    type: Literal["primary", "secondary"] = "secondary",
    before: Callable[[], None] = lambda: None,
) -> None:
    """Show the button that trains several experiments of a lesson behind whatever else goes on, or stops its own."""
    words = say.words()
    swept = tuple(own(one for one in experiments if one.key in course().swept))
    if moving(swept):
        st.button(words("watch.sweep_stop"), key=f"stop_{lesson}", icon=":material/stop:", on_click=stop, args=swept)
    elif any(state_of(one).stage != "done" for one in experiments):
        help = words(f"{lesson}.sweep_help", steps=experiments[0].fit.steps)
        asked: dict[str, Any] = {"key": f"sweep_{lesson}", "icon": ":material/stacked_line_chart:", "help": help}
        st.button(words(f"{lesson}.sweep"), on_click=_sweep, args=(before, *experiments), type=type, **asked)


def _sweep(before: Callable[[], None], *experiments: Experiment) -> None:
    before()
    waiting = [one for one in experiments if state_of(one).stage != "done"]
    course().swept |= {one.key for one in waiting}
    course().visited |= {one.key: one for one in waiting}
    resources.tidy(in_use)
    try:
        _begin(course().token, waiting, background=True, together=True)
    except OSError:
        st.session_state.trouble = "unwritable"
    # Pressed inside the fragment: only a whole rerun declares it anew, to follow what has begun.
    st.session_state.begun = True


def state_of(experiment: Experiment) -> State:
    """Return where the run of an experiment stands."""
    return resources.executor().state(resources.run_of(experiment.key))


def _wishes() -> dict[str, object]:
    asked = st.session_state
    return {
        "slow": bool(asked.get("slow")),
        "until": asked.get("until_step"),
        "error": asked.get("until_error"),
        "plateau": bool(asked.get("until_plateau")),
    }


def train(*experiments: Experiment, **changes: object) -> None:
    """Train those that are not done, as the visitor wishes but for some changes."""
    _submit(course(), experiments, _wishes() | changes)


def _submit(
    course: Course, experiments: Sequence[Experiment], wishes: Mapping[str, object], *, anew: bool = False
) -> None:
    """Hand a visitor's experiments over; where that can't be, the page will say why."""
    from aecore.runs import Wishes

    begun = [one for key, one in course.visited.items() if key not in course.swept and state_of(one).stage in MOVING]
    if len({one.key for one in begun} | {one.key for one in experiments}) > MOST:
        st.session_state.trouble = "too_many"
        return
    course.visited |= {one.key: one for one in experiments}
    resources.tidy(in_use)
    waiting = [one for one in experiments if anew or state_of(one).stage != "done"]
    try:
        _begin(course.token, waiting, wishes=Wishes(**wishes))  # type: ignore[arg-type]
    except OSError:
        st.session_state.trouble = "unwritable"


def _one_step(*experiments: Experiment) -> None:
    history = resources.run_of(experiments[0].key).history
    train(*experiments, until=history[-1].step + 1 if history else 1)


def _own(*experiments: Experiment) -> None:
    """Train what is shown from the gallery; its run stays there, and gives way to this one whoever looks at it."""
    _submit(course(), experiments, _wishes(), anew=True)


def _again(*experiments: Experiment) -> None:
    if others_watch(experiments):
        # They have come since the button was drawn; the page says so as it is drawn anew.
        return
    for experiment in experiments:
        resources.runs().discard(experiment)
    _submit(course(), experiments, _wishes(), anew=True)


def go_along(experiment: Experiment, others: Sequence[Experiment]) -> None:
    """Train those that belong to a run under way; turning a knob of it may have made others of them."""
    if state_of(experiment).stage not in MOVING or resources.run_of(experiment.key).wishes.stop:
        return
    left = [one for one in others if state_of(one).stage in ("absent", "cancelled")]
    if left:
        _submit(course(), left, _wishes())


def stop(*experiments: Experiment) -> None:
    """Ask this visitor's that wait or are under way to stop; what they have reached is kept."""
    _ask(experiments, stop=True)


def _wish(*experiments: Experiment) -> None:
    _ask(experiments, **_wishes())


def _ask(experiments: Sequence[Experiment], **wishes: object) -> None:
    """Say what is wanted of this visitor's that wait or are under way."""
    for experiment in own(experiments):
        if state_of(experiment).stage in MOVING:
            try:
                resources.run_of(experiment.key).wish(**wishes)
            except OSError:
                st.session_state.trouble = "unwritable"


def fork(name: str, value: Value) -> bool:
    """Turn a knob of the run under way: stop it, unless it is another visitor's, and go on from there.

    Returns
    -------
    bool
        Whether there was a run under way whose knob this is.
    """
    from aecore.experiment import MOST_STARTS

    now, wishes = course(), _wishes()
    with now.turning:
        watched = now.watched
        if not watched or name not in watched.knobs or not watched.knobs[name].live:
            return False
        if state_of(watched).stage not in MOVING or len(watched.chain) >= MOST_STARTS:
            return False
        stop(*now.together)
        patience = time.monotonic() + PATIENCE
        while moving(own(now.together)) and time.monotonic() < patience:
            time.sleep(0.01)
        start, history = watched.start, resources.run_of(watched.key).history
        reached = history[-1].step if history else 0
        if start and own([watched]) and (time.monotonic() - now.forked < DRAGGED or reached <= start[1]):
            # The slider is still on its way: what lies between was not meant to be trained.
            resources.runs().discard(watched)
            now.visited.pop(watched.key, None)
        elif reached:
            start = (watched, reached)
        child = replace(watched.fresh.vary(**{name: value}), start=start)
        now.watched, now.chain, now.forked = child, child.chain, time.monotonic()
        _submit(now, [child], wishes)
        return True


def _undo(child: Experiment) -> None:
    assert child.start
    stop(child)
    parent, _ = child.start
    now = child.flat()
    st.session_state.turned |= {name: value for name, value in parent.flat().items() if value != now[name]}
    course().chain = parent.chain
