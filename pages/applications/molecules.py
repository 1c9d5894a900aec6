"""Drug discovery: molecules as rows of tokens, rebuilt, drawn, walked between, and led up a property."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, cast

import numpy as np
import streamlit as st

from aecore import chemistry, figures, uploads, views
from aecore.datasets import Molecules
from aecore.knobs import Knob
from aecore.text import Say
from pages._ui import resources, say, show, structures, turn, view, watch
from pages._ui.seen import Seen, molecules_drawn
from pages._ui.show import Fact
from pages._ui.structures import Structure

DRAWN, JUDGED = 10, 1000  # molecules that are shown, and that are scored
WALK, CLIMB, NEAR = 10, 5, 5
OWN, REFUSED = 24, 20  # of a visitor's molecules, those that are drawn, and those whose lines are named
OTHERS = Knob(0, low=0, high=9999)  # draws from the prior, by number
PROPERTY = Knob("logp", options=chemistry.PROPERTIES)
# Of what samples are worth, whether more is better, and to how many decimals it is written.
WORTH = (1, 1, 1, 0, -1, -1, -1), (1, 1, 1, 2, 2, 2, 2)
REACH = Knob(4.0, low=0.5, high=8.0, step=0.5)

say.lesson("molecules")
st.info(say.words()("molecules.no_medicine"), icon=":material/school:")
experiment = turn.experiment(
    task="molecules",
    method=("beta_vae", "vae", "undercomplete", "denoising", "contractive", "sparse"),
    data=("molecules",),
    net=("mlp", "linear"),
    looks=("drug", "second", "property", "source", "draw", "reach"),
)
data = cast(Molecules, experiment.data)
sources = ("fitted", *(["prior"] if experiment.method.name in ("vae", "beta_vae") else []))


@st.cache_data(show_spinner=False)
def named(data: Molecules) -> dict[str, tuple[Literal["test", "train"], int]]:
    """Return the part and the row of each molecule that has a name, by that name."""
    found: dict[str, tuple[Literal["test", "train"], int]] = {}
    for split in ("test", "train"):
        for row, name in enumerate(views.known(data, split).names):
            if name:
                found.setdefault(name.capitalize(), (split, row))
    return dict(sorted(found.items()))


def drug(seen: Seen, which: str) -> Any:
    """Return the SMILES, the inputs and the properties of a drug that is chosen."""
    split, row = named(data)[seen.choices[which]]
    part = views.known(data, split)
    return part.smiles[row], part.inputs[row], part.properties[row]


def index(seen: Seen) -> Any:
    return PROPERTY.options.index(seen.choices["property"])


def quantity(seen: Seen, words: Say) -> str:
    return words(f"option.property.{seen.choices['property']}")


def said(seen: Seen, words: Say, value: Any) -> Any:
    decimals = 0 if seen.choices["property"] == "weight" else 2
    return "" if np.isnan(value) else f"{quantity(seen, words)} {words.number(float(value), decimals)}"


def axes_of(plane: Any, words: Say) -> Any:
    shares = (words.number(100 * share, 0) for share in plane.shares)
    return tuple(words("molecules.axis", i=i, share=share) for i, share in enumerate(shares, 1))


def token_errors(seen: Seen, words: Say) -> Any:
    return show.score(
        seen, words, name="token_error", title=words("molecules.token_error"), unit=words("molecules.share")
    )


def property_plane(seen: Seen, words: Say) -> Any:
    part = views.known(data, "test")
    plane = views.plane(views.codes(seen.model, part.inputs))
    look: dict[str, Any] = {
        "value_name": quantity(seen, words),
        "title": words("molecules.plane", count=len(part.smiles)),
    }
    return figures.cloud(
        plane.points, values=part.properties[:, index(seen)], axes=axes_of(plane, words), say=words, **look
    )


def drugs_rebuilt(seen: Seen, words: Say) -> list[Structure]:
    found = []
    for which in ("drug", "second"):
        smiles, x, _ = drug(seen, which)
        [back] = views.rebuilt_smiles(seen.model, x[None])
        part, _ = named(data)[seen.choices[which]]
        same = words("molecules.same" if chemistry.plain(back) == smiles else "molecules.other")
        found.append(Structure(smiles, seen.choices[which], words(f"molecules.{part}")))
        found.append(Structure(back, words("molecules.rebuilt"), same))
    return found


def shares_rebuilt(seen: Seen, words: Say) -> list[Fact]:
    scores = seen.history[-1].scores
    whole = "" if "whole" in scores else "watched_"
    ours = {"tokens": 1 - scores[f"{whole}token_error"], "whole": scores[f"{whole}whole"]}
    nearest = resources.aside(views.nearest_rebuilt, data)
    return [
        show.Fact(
            words(f"molecules.fact_{kind}"),
            words("molecules.percent", share=words.number(100 * share, 1)),
            words("molecules.nearest", share=words.number(100 * getattr(nearest, kind), 1)) if nearest else "",
        )
        for kind, share in ours.items()
    ]


def drawn(seen: Seen, words: Say) -> list[Structure]:
    found = views.draw(seen.model, data, DRAWN, seen.choices["draw"], prior=seen.choices["source"] == "prior")
    values = views.measured(found, index(seen))
    return [Structure(one, note=said(seen, words, value)) for one, value in zip(found, values, strict=True)]


def judged(seen: Seen) -> Any:
    """Return what is known of a thousand molecules of each source, by its name; ``None`` where they are to come."""
    asked = {source: (experiment, seen.step, source) for source in sources}
    asked |= {source: (experiment, 0, source) for source in ("random", "training")}
    found = {name: resources.aside(molecules_drawn, *given, JUDGED) for name, given in asked.items()}
    return found


def worth_table(seen: Seen, words: Say) -> Any:
    return {
        words(f"option.source.{name}"): [
            *(100 * share for share in (one.valid, one.unique, one.novel)),
            one.nearest,
            *one.gaps.tolist(),
        ]
        if one
        else [np.nan] * 7
        for name, one in judged(seen).items()
    }


def way_between(seen: Seen) -> Any:
    return views.between_two(seen.model, drug(seen, "drug")[1], drug(seen, "second")[1], WALK)


def walked(seen: Seen, words: Say) -> list[Structure]:
    found = way_between(seen)
    values = views.measured(found, index(seen))
    return [
        Structure(one, words("molecules.of", i=i, n=WALK), said(seen, words, value))
        for i, (one, value) in enumerate(zip(found, values, strict=True), 1)
    ]


def walked_property(seen: Seen, words: Say) -> Any:
    found, steps = views.measured(way_between(seen), index(seen)), np.linspace(0, 1, WALK)
    first, last = (drug(seen, which)[2][index(seen)] for which in ("drug", "second"))
    line = words("molecules.straight")
    curves = {words("molecules.decoded"): found, line: first + (last - first) * steps}
    look: dict[str, Any] = {"axes": (words("molecules.way"), quantity(seen, words)), "baselines": {line: "reference"}}
    return figures.lines(steps, curves, title=words("molecules.walk_title"), say=words, **look)


def near(seen: Seen, words: Say, rows: Iterable[int], notes: Sequence[str]) -> list[Structure]:
    part = views.known(data, "train")
    return [
        Structure(part.smiles[row], part.names[row].capitalize() or words("molecules.nameless"), note)
        for row, note in zip(rows, notes, strict=True)
    ]


def near_in_code(seen: Seen, words: Say) -> list[Structure]:
    [rows], [far] = views.alike_codes(seen.model, data, drug(seen, "drug")[1][None], NEAR)
    return near(seen, words, rows, [words("molecules.far", far=words.number(float(d), 2)) for d in far])


def near_in_structure(seen: Seen, words: Say) -> list[Structure]:
    if not seen.choices["known"]:
        return [Structure(None, words("molecules.pending"))] * NEAR
    rows, alike = views.alike_fingerprints(data, drug(seen, "drug")[0], NEAR)
    return near(seen, words, rows, [words("molecules.alike", alike=words.number(float(a), 2)) for a in alike])


def way_up(seen: Seen) -> Any:
    probe = views.probe(seen.model, data, index(seen))
    return probe, views.climb(seen.model, probe, drug(seen, "drug")[1], index(seen), seen.choices["reach"], CLIMB)


def climbed(seen: Seen, words: Say) -> list[Structure]:
    _, way = way_up(seen)
    return [
        Structure(one, words("molecules.sd", far=words.number(float(far), 1)), said(seen, words, value))
        for one, far, value in zip(way.smiles, way.distances, way.measured, strict=True)
    ]


def climbed_property(seen: Seen, words: Say) -> Any:
    _, way = way_up(seen)
    promised = words("molecules.promised")
    curves = {words("molecules.came"): way.measured, promised: way.promised}
    look: dict[str, Any] = {
        "axes": (words("molecules.way_sd"), quantity(seen, words)),
        "baselines": {promised: "reference"},
    }
    return figures.lines(way.distances, curves, title=words("molecules.climb_title"), say=words, **look)


def climb_verdict(seen: Seen, words: Say) -> str:
    probe, way = way_up(seen)
    gains = {"promised": way.promised[-1] - way.promised[0], "came": way.measured[-1] - way.measured[0]}
    numbers = {name: words.number(float(value), 2) for name, value in gains.items()}
    facts: dict[str, Any] = {
        "name": quantity(seen, words),
        "r2": words.number(probe.r2, 2),
        "count": len(views.known(data, "test").smiles),
    }
    return words("molecules.climb_verdict", far=words.number(float(way.distances[-1]), 1), **facts, **numbers)


def own_places(seen: Seen, words: Say) -> Any:
    x, _, _ = views.admitted(data, seen.choices["own"])
    held_out, mine = (views.codes(seen.model, inputs) for inputs in (views.known(data, "test").inputs, x))
    plane = views.plane(np.concatenate([held_out, mine]))
    look: dict[str, Any] = {
        "label_names": [words("molecules.test"), words("molecules.yours")],
        "axes": axes_of(plane, words),
    }
    labels = np.repeat([0, 1], [len(held_out), len(mine)])
    return figures.codes(plane.points, labels, title=words("molecules.own_places"), say=words, **look)


def own_rebuilt(seen: Seen, words: Say) -> list[Structure]:
    x, rows, _ = views.admitted(data, seen.choices["own"])
    part, found, x = views.known(data, "train"), [], x[:OWN]
    nearest, _ = views.alike_codes(seen.model, data, x, 1)
    for row, [neighbour], back in zip(rows[:OWN], nearest, views.rebuilt_smiles(seen.model, x), strict=True):
        name = part.names[neighbour].capitalize() or part.smiles[neighbour]
        plain = chemistry.plain(seen.choices["own"][row]) or seen.choices["own"][row]
        same = words("molecules.same" if chemistry.plain(back) == plain else "molecules.other")
        found.append(Structure(plain, seen.choices["own_names"][row], words("molecules.near_yours", name=name)))
        found.append(Structure(back, words("molecules.rebuilt"), same))
    return found


def own(seen: Seen, words: Say) -> None:
    given = st.file_uploader(words("molecules.own"), type=["smi", "smiles", "txt", "csv", "tsv"])
    if given is None:
        return
    try:
        lines = uploads.molecules(given.getvalue())
    except uploads.Refused as why:
        st.error(words(f"refused.{why.reason}", **why.facts), icon=":material/error:")
        return
    smiles = tuple(line.smiles for line in lines)
    names = tuple(line.name or words("molecules.line", number=line.number) for line in lines)
    _, rows, refused = views.admitted(data, smiles)
    st.markdown(words("molecules.own_read", read=len(rows), refused=len(refused)))
    named_lines = [
        words(
            f"molecules.unwritable_{why.reason}", number=lines[row].number, smiles=smiles[row][:40], detail=why.detail
        )
        for row, why in [*refused.items()][:REFUSED]
    ]
    if len(refused) > REFUSED:
        named_lines.append(words("molecules.more_refused", count=len(refused) - REFUSED))
    if named_lines:
        st.warning("\n".join(f"- {line}" for line in named_lines), icon=":material/rule:")
    if rows:
        seen = seen.choose(own=smiles, own_names=names)
        show.row(seen, own_places, height=420)
        structures.row(seen, own_rebuilt)


def pictures(seen: Seen) -> None:
    words, seen = say.words(), show.standing(seen)
    drugs = tuple(named(data))
    for place, which, usual in zip(st.columns(2), ("drug", "second"), ("Acetaminophen", "Fluoxetine"), strict=True):
        with place:
            knob = Knob(usual if usual in drugs else drugs[0], options=drugs)
            seen = seen.choose(**{which: view.choose(which, knob, format_func=str)})
    seen = seen.choose(property=view.choose("property", PROPERTY))
    structures.row(seen, drugs_rebuilt)
    known = resources.aside(views.nearest_rebuilt, data) is not None
    if seen.history:
        show.facts(seen.choose(known=known), shares_rebuilt)
    show.row(seen, token_errors, property_plane, height=420)

    st.header(words("molecules.sampling"), anchor=False)
    st.markdown(words("molecules.sampling_lead"))
    source = view.choose("source", Knob("fitted", options=sources))
    if st.button(words("molecules.draw"), key="draw_others", icon=":material/casino:"):
        view.keep("draw", (view.chosen("draw", OTHERS) + 1) % (OTHERS.high + 1), OTHERS.default)
    seen = seen.choose(source=source, draw=view.chosen("draw", OTHERS))
    structures.row(seen, drawn)
    if seen.state.is_final and seen.step and not seen.travelled:
        come = sum(one is not None for one in judged(seen).values())
        found = show.made(worth_table, seen.choose(known=come))
        rows = {
            words(f"molecules.column_{i}"): show.marked(numbers, words, better=better, decimals=decimals)
            for i, (numbers, better, decimals) in enumerate(zip(zip(*found.values(), strict=True), *WORTH, strict=True))
        }
        show.table("", list(found), rows)
        st.caption(words("molecules.worth" if come == len(found) else "molecules.judging", count=JUDGED))

    st.header(words("molecules.walk"), anchor=False)
    st.markdown(words("molecules.walk_lead"))
    structures.row(seen, walked)
    show.row(seen, walked_property)

    st.header(words("molecules.near", name=seen.choices["drug"]), anchor=False)
    st.markdown(words("molecules.near_code"))
    structures.row(seen, near_in_code)
    st.markdown(words("molecules.near_structure"))
    known = resources.aside(views.fingerprints, data, "train") is not None
    structures.row(seen.choose(known=known), near_in_structure)

    st.header(words("molecules.climb", name=seen.choices["drug"]), anchor=False)
    st.markdown(words("molecules.climb_lead"))
    seen = seen.choose(reach=view.choose("reach", REACH))
    structures.row(seen, climbed)
    show.sentence(seen, climb_verdict)
    show.row(seen, climbed_property)

    st.header(words("molecules.own_heading"), anchor=False)
    own(seen, words)


watch.training(experiment, pictures)
say.more("molecules")
