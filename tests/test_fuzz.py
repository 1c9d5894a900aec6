"""Hostile inputs: every reader of what strangers send refuses what it cannot read, soon, and in little room."""

from __future__ import annotations

import json
import random
import warnings

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aecore.experiment import MOST_STARTS, Experiment
from fuzz import edits, targets, watch

EACH = 40
LINK = targets.LINKS[1].partition("&start")[0]


@pytest.fixture(scope="module", autouse=True)
def nothing_left():
    yield
    targets.leave_nothing()


@pytest.mark.parametrize("name", targets.TABLE)
def test_no_input_crashes_hangs_or_fills_the_memory(name):
    target = targets.TABLE[name]
    seeds = target.seeds()

    @settings(max_examples=EACH, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.one_of(st.binary(max_size=200), st.integers(0, 2**32).map(lambda seed: edited(seed))))
    def holds(content):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's and numpy's own about files that are refused
            found = watch.tried(target, content)
        assert found is None, found.said

    def edited(seed):
        return edits.edited(seeds, random.Random(seed))

    watch.tried(target, seeds[0])  # which loads what the reader needs, and is not measured
    assert [watch.tried(target, seed) for seed in seeds] == [None] * len(seeds)
    holds()


def test_what_a_reader_does_wrong_is_found():
    def read(content: bytes) -> None:
        if content == b"crash":
            raise KeyError(content)
        if content == b"memory":
            bytearray(600_000_000)[::4096] = bytes(146485)

    target = targets.Target(read, (ValueError,), list)
    assert watch.tried(target, b"") is None
    assert watch.tried(target, b"crash").kind == "crash"
    assert watch.tried(target, b"memory").kind == "memory"


def test_a_link_of_a_thousand_starts_is_said_to_be_too_long():
    found, wrong = Experiment.settle({"data": "digits", "steps": "40", "start": ["20"] * 1000})
    assert found.start is None
    assert [(one.name, one.reason) for one in wrong] == [("start", "too_high")]
    most, wrong = Experiment.settle({"data": "digits", "steps": "40", "start": ["20"] * MOST_STARTS})
    assert (len(most.chain), wrong) == (MOST_STARTS, ())
    assert Experiment.from_dict(json.loads(json.dumps(most.to_dict()))) == most
    with pytest.raises(ValueError, match="starts"):
        Experiment.from_dict({**most.to_dict(), "start": [most.to_dict(), 20]})


@pytest.mark.parametrize(
    "wrong",
    [
        lambda tree: [],
        lambda tree: None,
        lambda tree: {**tree, "start": [tree]},
        lambda tree: {**tree, "start": {"a": 1}},
        lambda tree: {**tree, "start": ["x", 3]},
        lambda tree: {**tree, "start": [tree, -1]},
        lambda tree: {**tree, "start": [tree, "x"]},
        lambda tree: {**tree, "start": [tree, [3]]},
        lambda tree: {**tree, "start": [{**tree, "latent": 7}, 3]},
    ],
)
def test_what_is_no_experiment_is_refused(wrong):
    with pytest.raises(ValueError):
        Experiment.from_dict(wrong(Experiment.from_query(LINK).to_dict()))
