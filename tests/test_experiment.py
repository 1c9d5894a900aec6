from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aecore.experiment import PARTS, SEED, Experiment, Fit
from aecore.knobs import Knob


def values(declared: Knob) -> st.SearchStrategy:
    if declared.options:
        return st.sampled_from(declared.options)
    if isinstance(declared.default, bool):
        return st.booleans()
    if isinstance(declared.default, tuple):
        return st.lists(st.integers(int(declared.low), int(declared.high)), max_size=declared.most).map(tuple)
    if isinstance(declared.default, int):
        return st.integers(int(declared.low), int(declared.high))
    return st.floats(declared.low, declared.high)


@st.composite
def experiments(draw) -> Experiment:
    kinds = {part: draw(st.sampled_from(sorted(table))) for part, table in PARTS.items()}
    given: dict[str, object] = dict(kinds)
    knobs = {name: knob for part, kind in kinds.items() for name, knob in PARTS[part][kind].knobs().items()}
    for name, declared in (knobs | Fit.knobs() | {"seed": SEED}).items():
        given[name] = draw(values(declared))
    return Experiment.settle(given).experiment


@settings(max_examples=60, deadline=None)
@given(experiments())
@example(Experiment.settle({"data": "debian", "task": "preparation", "method": "denoising"}).experiment)
def test_every_experiment_survives_its_query_and_its_json(experiment):
    assert Experiment.from_query(experiment.to_query()) == experiment
    again = Experiment.from_dict(json.loads(json.dumps(experiment.to_dict())))
    assert again == experiment
    assert again.key == experiment.key
    assert hash(again) == hash(experiment)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["data", "net", "latent", "steps", "rate", "hidden", "seed", "size", "start", "loss"])
        | st.text(),
        st.text() | st.sampled_from(["nan", "-1", "1e400", "digits", "conv", ",,", "0x10", "9" * 400]),
    )
)
def test_whatever_a_link_says_it_means_some_experiment(given):
    experiment, _ = Experiment.settle(given)
    assert Experiment.from_query(experiment.to_query()) == experiment


def test_what_a_link_got_wrong_is_named_and_the_rest_kept():
    given = {"data": "digits", "latent": "5000", "rate": "nan", "foo": "1", "net": "gru", "steps": "70"}
    experiment, complaints = Experiment.settle(given)
    assert {(c.name, c.used, c.reason) for c in complaints} == {
        ("net", "mlp", "not_an_option"),
        ("latent", 63, "too_high"),
        ("rate", experiment.fit.rate, "not_a_number"),
        ("foo", None, "unknown"),
    }
    assert experiment.data.name == "digits"
    assert experiment.net.latent == 63
    assert experiment.fit.steps == 70
    with pytest.raises(ValueError, match=r"latent.*5000.*too_high.*63"):
        Experiment.from_query("data=digits&latent=5000")


def test_what_a_link_leaves_out_is_the_data_set_s_own():
    for name, data in PARTS["data"].items():
        suited = "undercomplete" if data().shape != (2,) else "denoising"
        flat = Experiment.from_query(f"data={name}&method={suited}").flat()
        assert {knob: flat[knob] for knob in data.defaults if knob in flat} == {
            knob: value for knob, value in data.defaults.items() if knob in flat
        }


def test_a_lesson_s_choices_are_the_only_ones():
    experiment, complaints = Experiment.settle({"data": "sprites"}, only={"data": ("digits", "mnist")})
    assert experiment.data.name == "digits" or experiment.data.name == "mnist"
    assert [c.name for c in complaints] == ["data"]


def test_keys_tell_experiments_apart(small):
    varied = [small, small.vary(seed=1), small.vary(latent=4), small.vary(rate=0.02), small.vary(net="conv")]
    assert len({e.key for e in varied}) == len(varied)
    assert small.vary(latent=4).vary(latent=3) == small


def test_a_chain_of_starts_is_in_the_link(small):
    from dataclasses import replace

    first = small.vary(rate=0.1)
    second = replace(small.vary(rate=0.05), start=(first, 10))
    third = replace(small, start=(second, 20))
    assert parse_qs(third.to_query())["start"] == ["20:rate=0.05", "10:rate=0.1"]
    assert Experiment.from_query(third.to_query()) == third
    assert Experiment.from_dict(json.loads(json.dumps(third.to_dict()))) == third
    assert third.key != small.key


@pytest.mark.parametrize("start", ["x", "5:net=conv", "5:latent=2", "-1", "5:nothing=1", ""])
def test_a_start_that_cannot_be_is_named(small, start):
    flat = small.flat() | {"start": [start]}
    experiment, complaints = Experiment.settle(flat)
    assert experiment == small
    assert [c.name for c in complaints] == ["start"]


def test_fresh_weights_are_the_seed_s_alone(small):
    torch.manual_seed(1)
    one = small.build().state_dict()
    torch.manual_seed(2)
    before = torch.get_rng_state()
    other = small.build().state_dict()
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert not torch.equal(next(iter(one.values())), next(iter(small.vary(seed=1).build().state_dict().values())))


def test_fresh_weights_are_the_seed_s_alone_whatever_other_threads_build(small):
    large = small.vary(net="mlp", hidden=(256, 256))
    expected = list(large.build().parameters())
    jobs = [large.build, large.vary(seed=1).build, large.network, large.build] * 8
    with ThreadPoolExecutor(4) as pool:
        built = [job.result() for job in [pool.submit(job) for job in jobs]]
    for model in built[::4] + built[3::4]:
        assert all(map(torch.equal, expected, model.parameters()))
