"""Turning knobs: widgets made from what the specs declare, and an address that says the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import streamlit as st

from pages._ui import say, steer

if TYPE_CHECKING:
    from aecore.experiment import Experiment
    from aecore.knobs import Complaint, Knob, Value
    from aecore.text import Say

# Names in the address that are not the experiment's.
OTHERS = frozenset({"lang", "present", "hide", "embed", "embed_options"})
# Positions of a logarithmic slider within each power of ten.
MANTISSAS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
# A list serves better than a row of buttons from here on.
MANY = 4
# Seconds for which the browser may still send an address that this page has replaced.
LAG = 3.0


def experiment(
    *, method: str | Sequence[str], data: Sequence[str], net: Sequence[str] = (), task: str = "reconstruction"
) -> Experiment:
    """Show the knobs of a lesson and return the experiment that they say.

    What the visitor has turned is kept for the session by name, and only that: a knob that was left
    alone follows the default of whatever data are chosen.

    Parameters
    ----------
    method : str or sequence of str
        That of the lesson, or those that suit an application, the first by default.
    task : str
    data : sequence of str
        The data sets that suit it, the first by default.
    net : sequence of str
        The networks that suit it; by default those whose code is a row of units.
    """
    from aecore.experiment import Experiment, nets_for, preferred
    from aecore.knobs import Knob
    from aecore.networks import TABLE

    words = say.words()
    methods = (method,) if isinstance(method, str) else tuple(method)
    net = tuple(net or (name for name, kind in TABLE.items() if kind.of_units))
    only = {"method": methods, "task": (task,), "data": data, "net": net}
    if address := linked():
        settled = Experiment.settle(address, only=only)
        idle = {name for name, knob in settled.experiment.knobs.items() if knob.idle}
        given = {name: value for name, value in settled.experiment.flat().items() if name not in idle}
        st.session_state.turned = {name: given[name] for name in address if name in given}
        st.session_state.complaints = settled.complaints
        steer.course().chain = settled.experiment.chain
    turned = st.session_state.setdefault("turned", {})
    # Another page's task is nothing that was turned here, nor is its method where this page has but one.
    foreign = {"task"} if len(methods) > 1 else {"method", "task"}
    given = {name: value for name, value in turned.items() if name not in foreign}
    current, clashes = Experiment.settle({**given, "start": steer.course().chain}, only=only)

    declared = {"data": Knob(data[0], options=tuple(data))}
    if len(methods) > 1:
        declared["method"] = Knob(methods[0], options=methods)
    kinds = (type(current.data), type(current.method), type(current.task))
    nets = tuple(nets_for(current.data, kinds[1], net))
    wish = str(preferred(kinds).get("net", nets[0]))
    declared |= {"net": Knob(wish if wish in nets else nets[0], options=nets), **current.knobs}
    say.name_sidebar()
    with st.sidebar:
        st.header(words("turn.heading"), anchor=False)
        used = {name: knob for name, knob in declared.items() if not knob.idle}
        plain = [name for name, knob in used.items() if not knob.fine]
        for name in sorted(plain, key=_place(current)):
            widget(name, declared[name], current.flat()[name], words)
        with st.expander(words("turn.fine")):
            for name in used:
                if used[name].fine:
                    widget(name, declared[name], current.flat()[name], words)
        st.button(
            words("turn.defaults"), key="defaults", icon=":material/restart_alt:", on_click=_forget, width="stretch"
        )
    # A choice that another lesson had, and this one has not, is no mistake of the visitor's.
    said = [clash for clash in clashes if clash.reason not in ("unknown", "not_an_option") and clash.name != "start"]
    for complaint in (*st.session_state.get("complaints", ()), *said):
        st.warning(explain(complaint, words), icon=":material/link_off:")
    _write_address(current, declared)
    return current


def linked() -> dict[str, object]:
    """Return what the address says, by name; nothing if this page wrote it itself."""
    address: dict[str, object] = {name: text for name, text in st.query_params.items() if name not in OTHERS}
    if chain := st.query_params.get_all("start"):
        address["start"] = chain
    return {} if _ours(address) else address


def _ours(address: Mapping[str, object]) -> bool:
    """Whether this page wrote an address itself; the browser may send one that has just been replaced."""
    replaced = st.session_state.get("replaced", {}).get(repr(sorted(address.items())), -LAG)
    return address == st.session_state.get("address") or time.monotonic() - replaced < LAG


def explain(complaint: Complaint, words: Say) -> str:
    """Say what was wrong with a value and what is used instead."""
    name = complaint.name if complaint.reason == "unknown" else words(f"knob.{complaint.name}.label")
    said = words(
        f"complaint.{complaint.reason}",
        name=name,
        given=complaint.given[:60],
        used="" if complaint.used is None else say.value(complaint.name, complaint.used, words),
    )
    return f"{said} {words(f'why.{complaint.why}')}" if complaint.why else said


def _place(current: Experiment):  # type: ignore[no-untyped-def]
    """Order the knobs as one thinks of them: data, network, what the method adds, training."""
    parts = {"data": current.data, "task": current.task, "method": current.method, "net": current.net}
    order = [name for part, spec in parts.items() for name in (part, *spec.knobs())]
    return lambda name: order.index(name) if name in order else len(order)


def widget(name: str, knob: Knob, value: Value, words: Say, *, on_change: Callable[[str], None] | None = None) -> None:
    """Show a knob; `on_change`, by default the lesson's, is called with its name when it is turned."""
    shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
    st.session_state[name] = shown
    about = {
        "label": words(f"knob.{name}.label"),
        "help": words(f"knob.{name}.help"),
        "key": name,
        "on_change": on_change or _turned,
        "args": (name,),
    }

    def write(value: Value) -> str:
        return say.value(name, value, words)

    if knob.options and len(knob.options) < MANY:
        st.segmented_control(**about, options=knob.options, format_func=write, required=True, width="stretch")
    elif knob.options:
        st.selectbox(**about, options=knob.options, format_func=write)
    elif isinstance(knob.default, bool):
        st.toggle(**about)
    elif isinstance(knob.default, tuple):
        st.text_input(**about)
    elif knob.scale == "log" or (isinstance(knob.default, float) and knob.step):
        st.select_slider(**about, options=_positions(knob, value), format_func=write)
    elif knob.high - knob.low > 1000:
        st.number_input(**about, min_value=knob.low, max_value=knob.high, step=knob.step)
    else:
        st.slider(**about, min_value=type(value)(knob.low), max_value=type(value)(knob.high), step=knob.step)


def _positions(knob: Knob, value: Value) -> list[Value]:
    """Return the numbers between the bounds, evenly spaced or round, and the numbers that must be among them."""
    kind = type(knob.default)
    if knob.scale == "linear" and knob.step:
        steps = round((knob.high - knob.low) / knob.step)
        rounds = {kind(round(knob.low + i * knob.step, 9)) for i in range(1, steps)}
    else:
        rounds = {kind(float(f"{m}e{power}")) for power in range(-7, 7) for m in MANTISSAS}
    return sorted(
        {kind(knob.low), kind(knob.high), knob.default, value} | {r for r in rounds if knob.low < r < knob.high}
    )  # type: ignore[type-var]


def _turned(name: str) -> None:
    value = st.session_state[name]
    st.session_state.turned[name] = value
    st.session_state.complaints = ()
    if not steer.fork(name, value):
        steer.course().chain = []


def take(experiment: Experiment, *names: str) -> None:
    """Turn only these knobs, to what an experiment has; train it."""
    values = experiment.flat()
    st.session_state.turned = {name: values[name] for name in names}
    st.session_state.complaints = ()
    steer.course().chain = []
    steer.train(experiment)
    st.session_state.begun = True


def _forget() -> None:
    st.session_state.turned = {}
    st.session_state.complaints = ()
    steer.course().chain = []


def _write_address(current: Experiment, declared: Mapping[str, Knob]) -> None:
    """Say in the address what differs from the defaults, so that a reload or another browser sees the same."""
    from aecore.knobs import to_text

    values = current.flat()
    wanted: dict[str, object] = {
        name: to_text(values[name]) for name, knob in declared.items() if values[name] != knob.default
    }
    if current.chain:
        wanted["start"] = current.chain
    write_address(wanted)


def as_linked(experiment: Experiment) -> dict[str, object]:
    """Return an experiment as an address says it, every value by its name."""
    pairs = parse_qs(experiment.to_query(), keep_blank_values=True)
    return {name: texts if name == "start" else texts[-1] for name, texts in pairs.items()}


def write_address(wanted: Mapping[str, object]) -> None:
    """Make the address say this and no more, besides what all pages share."""
    for name in list(st.query_params):
        if name not in OTHERS and name not in wanted:
            del st.query_params[name]
    for name, text in wanted.items():
        if st.query_params.get_all(name) != (text if isinstance(text, list) else [text]):
            st.query_params[name] = text  # type: ignore[assignment]
    if wanted != (before := st.session_state.get("address", {})):
        st.session_state.setdefault("replaced", {})[repr(sorted(before.items()))] = time.monotonic()
    st.session_state.address = dict(wanted)
