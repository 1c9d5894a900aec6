from __future__ import annotations

import pytest
import torch

import aecore as ae
from aecore import corruptions, methods
from aecore.training import _loose, alike, train, train_together

SMALL = "data=digits&latent=5&batch=32&steps=12"
# Warped inputs go alone.
STILL = sorted(corruptions.TABLE.keys() - {"warping"})
# Two values of each knob that only the loss or what follows a step sees; seeds alone where there is none.
TOGETHER = {
    "method=undercomplete&net=linear": {},
    "method=undercomplete&net=mlp&hidden=16&loss=bernoulli": {},
    **{f"method=denoising&net=mlp&hidden=16&corruption={name}": {"level": (0.2, 0.7)} for name in STILL},
    "method=contractive&net=mlp&hidden=": {"strength": (0.5, 2.0)},
    "method=sparse&rule=bias&decay=0.01": {"rho": (-0.9, -0.5), "alpha": (0.1, 0.3), "beta": (0.5, 1.0)},
    "method=sparse&rule=kl": {"rho": (0.05, 0.2), "beta": (1.0, 3.0), "decay": (0.001, 0.01)},
    "method=sparse&rule=l1": {"beta": (0.1, 1.0)},
    "method=sparse&rule=topk": {},
    "method=vae&net=mlp&hidden=16&binarise=1": {},
    "method=vae&net=mlp&hidden=16&likelihood=gaussian": {},
    "method=beta_vae&net=mlp&hidden=16&variant=beta": {"beta": (0.5, 4.0)},
    "method=beta_vae&net=mlp&hidden=16&variant=capacity&rise=8": {"gamma": (10.0, 30.0), "capacity": (5.0, 15.0)},
    "method=beta_vae&net=mlp&hidden=16&variant=btcvae": {"beta": (2.0, 6.0)},
    "method=beta_vae&net=mlp&hidden=16&variant=factor": {"gamma": (2.0, 6.0)},
    "method=quantised&net=mlp&hidden=16": {},
}


def same(one: ae.Snapshot, other: ae.Snapshot) -> bool:
    return (
        one.step == other.step
        and one.terms == pytest.approx(other.terms, rel=1e-6)
        and one.scores == other.scores
        and one.state.keys() == other.state.keys()
        and all(torch.equal(tensor, other.state[name]) for name, tensor in one.state.items())
    )


@pytest.mark.parametrize("query", TOGETHER)
def test_together_every_run_gets_the_bits_that_it_gets_alone(query, monkeypatch):
    monkeypatch.setattr("aecore.training.PAYS_TOGETHER", 5)
    base = ae.Experiment.from_query(f"{SMALL}&{query}")
    turned = {"seed": (0, 1), "rate": (0.003, 0.01), **TOGETHER[query]}
    one, other = (base.vary(**{name: values[i] for name, values in turned.items()}) for i in (0, 1))
    experiments = [one, other, one.vary(seed=2), other.vary(seed=0)]
    assert alike(experiments) == [experiments]
    alone = [list(train(experiment)) for experiment in experiments]
    for frame, snapshots in zip(train_together(experiments), zip(*alone, strict=True), strict=True):
        assert all(map(same, frame, snapshots))


def test_every_method_and_every_knob_that_may_differ_is_trained_together_somewhere():
    kinds = {name: type(ae.Experiment.from_query(f"data=digits&method={name}").method) for name in methods.TABLE}
    loose = {(name, knob) for name, kind in kinds.items() for knob in _loose(kind())}
    tried = {(query.split("&")[0].removeprefix("method="), knob) for query, found in TOGETHER.items() for knob in found}
    assert {query.split("&")[0].removeprefix("method=") for query in TOGETHER} == set(methods.TABLE)
    assert tried == loose


@pytest.mark.parametrize("latent", [1, 7, 32])
def test_many_steps_do_not_drive_them_apart(latent):
    query = f"data=digits&method=vae&net=mlp&hidden=24&latent={latent}&batch=64&steps=400"
    experiments = ae.Experiment.from_query(query).sweep(seed=range(3))
    *_, frame = train_together(experiments, keyframes=())
    for experiment, together in zip(experiments, frame, strict=True):
        *_, alone = train(experiment, keyframes=())
        assert same(together, alone)


def test_what_cannot_go_together_goes_apart():
    def apart(*queries: str) -> bool:
        found = [ae.Experiment.from_query(f"data=digits&batch=32&{query}") for query in queries]
        return len(alike(found)) == len(found)

    assert not apart("method=vae&seed=0", "method=vae&seed=1")
    assert apart("method=vae&latent=3", "method=vae&latent=4")
    assert apart("method=vae&steps=10", "method=vae&steps=20")
    assert apart("method=vae&batch=16", "method=vae")
    assert apart("method=vae&likelihood=gaussian&sigma=0.1", "method=vae&likelihood=gaussian&sigma=0.2")
    assert apart("method=sparse&rule=topk&k=2", "method=sparse&rule=topk&k=3")
    assert apart("method=contractive&hidden=&strength=0", "method=contractive&hidden=&strength=1")
    assert apart("method=contractive&hidden=16&strength=1", "method=contractive&hidden=16&strength=2")
    assert apart("method=quantised&price=0.1", "method=quantised&price=0.2")
    assert apart("net=conv&seed=0", "net=conv&seed=1")
    assert apart("data=mnist&hidden=512&batch=256&seed=0", "data=mnist&hidden=512&batch=256&seed=1")
    assert apart("method=denoising&corruption=warping&seed=0", "method=denoising&corruption=warping&seed=1")
    assert apart("seed=0&start=5:rate=0.01", "seed=1&start=5:rate=0.01")
    noisy = [ae.Experiment.from_query(f"data=photos&task=noise_removal&seed={seed}") for seed in (0, 1)]
    assert len(alike(noisy)) == 2
    with pytest.raises(ValueError, match="together"):
        next(train_together(noisy))


def test_they_are_taken_up_anywhere_and_go_on_to_the_bit(small):
    experiments = (
        ae.Experiment.from_query(f"{SMALL}&method=vae&net=mlp&hidden=16")
        .vary(steps=40)
        .sweep(seed=(0, 1), rate=(0.003, 0.01))
    )
    frames = {frame[0].step: frame for frame in train_together(experiments, keyframes=range(40))}
    for step in (1, 21, 39):
        *_, last = train_together(experiments, keyframes=range(40), resume=frames[step])
        assert all(map(same, last, frames[40]))
    with pytest.raises(ValueError, match="together"):
        next(train_together(experiments[:2], resume=[frames[1][0], frames[2][1]]))


def test_who_looks_does_not_matter(small):
    experiments = small.sweep(seed=(0, 1))
    *_, often = train_together(experiments, keyframes=range(40))
    *_, never = train_together(experiments, keyframes=())
    assert all(map(same, often, never))


def test_one_that_diverges_leaves_the_others_alone():
    query = "data=patches&whiten=1&net=linear&latent=4&schedule=constant&steps=40&batch=8&seed=0"
    tame, wild = (ae.Experiment.from_query(f"{query}&rate={rate}") for rate in (0.001, 1.0))
    wild_terms = type(wild.method).terms

    def explode(self, model, x, target, rng):
        """Lose what a float can hold where the weights are large."""
        found = wild_terms(self, model, x, target, rng)
        large = model.encoder[1].weight.square().sum()
        return {name: term / (large < 50) for name, term in found.items()}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(wild.method), "terms", explode)
        frames = list(train_together([tame, wild], keyframes=range(40)))
        *_, alone = train(tame, keyframes=range(40))
        reached = []
        with pytest.raises(ae.Diverged) as trouble:
            for snapshot in train(wild, keyframes=range(40)):
                reached.append(snapshot)
    assert same(frames[-1][0], alone)
    lost = frames[-1][1]
    assert isinstance(lost, ae.Diverged)
    assert (lost.step, lost.term) == (trouble.value.step, trouble.value.term)
    assert all(map(same, (frame[1] for frame in frames[: len(reached)]), reached))
