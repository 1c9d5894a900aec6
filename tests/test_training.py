from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from dataclasses import replace
from itertools import chain, islice

import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR

import aecore as ae
from aecore import corruptions, methods
from aecore.methods import beta_vae
from aecore.samples import Samples
from aecore.training import batches, posed, rate_at, revive, spaced, train


def same(one: ae.Snapshot, other: ae.Snapshot) -> bool:
    return (
        (one.step, one.terms, one.scores) == (other.step, other.terms, other.scores)
        and one.state.keys() == other.state.keys()
        and all(torch.equal(tensor, other.state[name]) for name, tensor in one.state.items())
    )


def fingerprint(snapshot: ae.Snapshot) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(snapshot.state.items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("net", ["linear", "mlp", "conv"])
def test_the_same_experiment_gives_the_same_bits(small, net):
    experiment = small.vary(net=net, steps=12)
    for one, other in zip(train(experiment), train(experiment), strict=True):
        assert same(one, other)
    *_, another = train(experiment.vary(seed=1))
    assert fingerprint(another) != fingerprint(one)


def test_another_process_gives_the_same_bits(small):
    program = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "import aecore as ae\n"
        "from test_training import fingerprint\n"
        f"*_, last = ae.train(ae.Experiment.from_query({small.to_query()!r}))\n"
        "print(fingerprint(last))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    *_, last = train(small)
    assert told.split()[-1] == fingerprint(last)


REPLAYED = [
    "method=undercomplete&net=linear",
    "method=undercomplete&net=conv&loss=bernoulli",
    *(f"method=denoising&net=mlp&hidden=16&corruption={name}" for name in corruptions.TABLE),
    *(f"method=contractive&net=mlp&hidden={hidden}" for hidden in ("", "16")),
    *(f"method=sparse&rule={rule}&decay=0.01" for rule in ("bias", "kl", "l1", "topk")),
    *(f"method=vae&net=mlp&hidden=16&likelihood={name}&binarise=1" for name in ("bernoulli", "gaussian")),
    *(f"method=beta_vae&net=mlp&hidden=16&variant={name}&rise=8" for name in beta_vae.RECIPES),
    "method=quantised&net=mlp&hidden=16",
]


@pytest.mark.parametrize("query", REPLAYED)
def test_replaying_a_step_gives_the_bits_of_doing_it(query, monkeypatch):
    experiment = ae.Experiment.from_query(f"data=digits&latent=5&batch=32&steps=12&rate=0.01&{query}")
    last = []
    for pays in (math.inf, 3):
        monkeypatch.setattr("aecore.training.PAYS", pays)
        *_, snapshot = train(experiment, keyframes=range(12))
        last.append(snapshot)
    assert same(*last)


def test_every_method_is_replayed_somewhere():
    assert {query.split("&")[0].removeprefix("method=") for query in REPLAYED} == set(methods.TABLE)


def test_taking_it_up_anywhere_goes_on_bit_by_bit(small):
    undisturbed = {snapshot.step: snapshot for snapshot in train(small, keyframes=range(small.fit.steps))}
    for step in (0, 1, 21, 22, 23, 39):
        resumed = list(train(small, keyframes=range(small.fit.steps), resume=undisturbed[step]))
        assert [snapshot.step for snapshot in resumed] == list(range(step, small.fit.steps + 1))
        assert same(resumed[-1], undisturbed[small.fit.steps])


def test_who_looks_does_not_matter(small):
    *_, often = train(small, keyframes=range(small.fit.steps))
    *_, never = train(small, keyframes=())
    assert same(often, never)


def test_snapshots_stay_as_they_are(small):
    first, *_ = snapshots = list(train(small))
    model = revive(small, first)
    fresh = small.build()
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), fresh.parameters(), strict=True))
    assert [snapshot.step for snapshot in snapshots] == spaced(small.fit.steps)


def test_keyframes_are_asked_for_when_they_are_needed(small):
    asked = []

    def wanted():
        for step in (3, 5, 7):
            asked.append(step)
            yield step

    steps = []
    for snapshot in train(small, keyframes=wanted()):
        steps.append(snapshot.step)
        if snapshot.step == 3:
            assert asked == [3]
    assert steps == [0, 3, 5, 7, small.fit.steps]


def test_keyframes_that_never_end_do_not_keep_training_from_its_end(small):
    def forever():
        step = 0
        while True:
            yield (step := step + 15)

    assert [snapshot.step for snapshot in train(small, keyframes=forever())] == [0, 15, 30, 40]


@pytest.mark.parametrize(("schedule", "steps"), [("one_cycle", 1000), ("cosine", 100), ("constant", 10)])
def test_the_rate_is_torch_s_own(small, schedule, steps):
    fit = replace(small.fit, schedule=schedule, steps=steps, rate=0.01)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.01)
    oracle = {
        # Torch counts its last step as the end of the fall; an endless step later is ours.
        "one_cycle": lambda: OneCycleLR(optimizer, 0.01, total_steps=steps + 1, cycle_momentum=False, pct_start=0.3),
        "cosine": lambda: CosineAnnealingLR(optimizer, steps),
        "constant": lambda: None,
    }[schedule]()
    for step in range(steps):
        assert rate_at(fit, step) == pytest.approx(optimizer.param_groups[0]["lr"], rel=0.02, abs=2e-6)
        optimizer.step()
        if oracle:
            oracle.step()


WILD = "data=patches&whiten=1&net=linear&latent=4&rate=1&schedule=constant&steps=100000&batch=8"


def test_a_diverging_run_stops_and_says_what_left_the_finite_numbers(monkeypatch):
    wild = ae.Experiment.from_query(WILD)
    monkeypatch.setattr(type(wild.method), "terms", exploding(type(wild.method).terms))
    reached = []
    with pytest.raises(ae.Diverged) as trouble:
        for snapshot in train(wild, keyframes=range(0, wild.fit.steps, 5)):
            reached.append(snapshot)
    assert trouble.value.step > reached[-1].step
    assert trouble.value.term == "reconstruction"
    assert all(tensor.isfinite().all() for tensor in reached[-1].weights.values())


def exploding(terms):
    """Multiply the loss until it leaves the numbers that a float can hold."""

    def explode(*args):
        explode.factor *= 1e3
        return {name: term * explode.factor for name, term in terms(*args).items()}

    explode.factor = 1.0
    return explode


def test_a_warm_start_begins_where_the_other_stood(small):
    other = small.vary(rate=0.1)
    at_ten = next(snapshot for snapshot in train(other, keyframes=(10,)) if snapshot.step == 10)
    way = list(train(replace(small, start=(other, 10))))
    steps = [snapshot.step for snapshot in way]
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, small.fit.steps)
    turned = way[steps.index(10)]
    assert all(torch.equal(turned.state[name], at_ten.state[name]) for name in at_ten.state)


def test_the_way_to_a_warm_start_can_be_interrupted_anywhere(small):
    experiment = replace(small, start=(replace(small.vary(rate=0.1), start=(small.vary(rate=0.2), 5)), 10))
    *_, undisturbed = train(experiment)
    for stopped_at in (3, 5, 7, 10, 12):
        stopped = next(
            snapshot for snapshot in train(experiment, keyframes=(stopped_at,)) if snapshot.step == stopped_at
        )
        *_, last = train(experiment, resume=stopped)
        assert all(torch.equal(tensor, undisturbed.state[name]) for name, tensor in last.state.items())


def test_an_epoch_shows_every_sample_once_and_each_epoch_in_an_order_of_its_own():
    x = torch.arange(20.0)[:, None]
    drawn = [rows.flatten().tolist() for rows, _ in islice(batches(Samples(x, x), 5, seed=0), 8)]
    first, second = (list(chain.from_iterable(epoch)) for epoch in (drawn[:4], drawn[4:]))
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second
    later = [rows.flatten().tolist() for rows, _ in islice(batches(Samples(x, x), 5, seed=0, step=3), 5)]
    assert later == drawn[3:]


def test_a_batch_larger_than_the_data_is_all_of_them():
    x = torch.arange(3.0)[:, None]
    rows, _ = next(batches(Samples(x, x), 100, seed=0))
    assert sorted(rows.flatten().tolist()) == [0, 1, 2]


def test_the_test_error_is_what_it_says(small):
    *_, last = train(small)
    model, test = revive(small, last), posed(small, "test")
    with torch.inference_mode():
        errors = (model.decode(model.encode(test.inputs)) - test.inputs).square().flatten(1).sum(1)
    assert last.scores["test_error"] == pytest.approx(float(errors.mean()), rel=1e-5)
    assert math.isclose(last.scores["watched_test_error"], float(errors[:512].mean()), rel_tol=1e-5)


def test_training_gives_back_the_threads_that_it_was_lent(small):
    before = torch.get_num_threads()
    assert [torch.get_num_threads() for _ in train(small)] == [before] * len(list(train(small)))
