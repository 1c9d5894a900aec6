"""What a few labels are worth: probes, features, and networks that are tuned."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

import aecore as ae
from aecore import views
from aecore.views import labelled

METHODS = ("undercomplete", "denoising", "contractive", "sparse", "vae", "beta_vae")
DIGITS = "data=digits&task=preparation"


def reader_of(query: str, layer: str) -> tuple[ae.Experiment, views.Features, torch.Tensor]:
    experiment = ae.Experiment.from_query(query)
    x = experiment.data.load("train").inputs
    return experiment, views.Features(experiment.build().eval(), layer, x), x


@pytest.mark.parametrize("count", [10, 30, 100, 700])
@pytest.mark.parametrize("seed", [0, 1])
def test_labels_are_drawn_without_repetition_and_evenly(count, seed):
    labels = ae.Experiment.from_query("data=digits").data.load("train").labels
    rows = views.drawn_labels(labels, count, seed)
    assert len(set(rows.tolist())) == count
    assert labels[rows].bincount().tolist() == [count // 10] * 10
    assert torch.equal(rows, views.drawn_labels(labels, count, seed))
    assert not torch.equal(rows, views.drawn_labels(labels, count, seed + 2))
    # No prefix is of one class: cross-validation looks at the first ones only.
    assert len(labels[rows[:10]].unique()) > 1


def test_a_probe_is_scikit_learn_s_own():
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(80, 5)).astype(np.float32), np.arange(80) % 4
    x[:, 0] += labels
    folds = GridSearchCV(LogisticRegression(max_iter=300, tol=1e-3), {"C": labelled.STRENGTHS}, cv=5).fit(x, labels)
    found = views.logistic(x, labels)
    assert found.get_params()["C"] == folds.best_params_["C"]
    assert np.array_equal(found.predict_proba(x), folds.predict_proba(x))


def test_a_class_with_one_label_leaves_nothing_to_choose_by():
    x, labels = np.eye(10, 12, dtype=np.float32), np.arange(10)
    for fit in views.RIVALS.values():
        assert (fit(x, labels).predict(x) == labels).all()


@pytest.mark.parametrize("layer", ["code", "hidden"])
@pytest.mark.parametrize("net", ["mlp", "conv"])
@pytest.mark.parametrize("method", METHODS)
def test_features_are_standardised_whatever_is_read(method, net, layer):
    _, reader, x = reader_of(f"{DIGITS}&method={method}&net={net}", layer)
    found = views.read(reader, x)
    assert found.shape == (len(x), len(reader.mean))
    assert np.abs(found.mean(0)).max() < 1e-4
    assert found.std(0).max() <= 1 + 1e-4
    assert found.std(0).mean() > 0.5


@pytest.mark.parametrize("method", METHODS)
def test_a_code_that_is_read_is_the_model_s_code(method):
    experiment, reader, x = reader_of(f"{DIGITS}&method={method}&net=mlp", "code")
    with torch.inference_mode():
        code = experiment.build().eval().encode(x)
    assert torch.allclose(reader.body(x), code)


@pytest.mark.parametrize("way", ["probe", "tuned"])
def test_the_same_seed_tells_the_same(way):
    experiment = ae.Experiment.from_query(DIGITS)
    model = experiment.build().eval()
    one, same = (views.told(way, experiment.data, 30, 0, model) for _ in range(2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, views.told(way, experiment.data, 30, 1, model))
    assert np.array_equal(one[:50], views.told(way, experiment.data, 30, 0, model, most=50))


def test_tuning_begins_with_the_pretrained_encoder_and_its_probe():
    experiment, reader, x = reader_of(DIGITS, "hidden")
    labels = experiment.data.load("train").labels
    rows = views.drawn_labels(labels, 50, 0)
    before = {name: tensor.clone() for name, tensor in reader.state_dict().items()}
    model = views.begun(reader, x[rows], labels[rows], 10)
    for name, tensor in model.features.state_dict().items():
        assert torch.equal(tensor, before[name])
    given = views.read(reader, x)
    probe = views.logistic(views.read(reader, x[rows]), labels[rows].numpy())
    with torch.inference_mode():
        scores = model(x)
    assert np.allclose(scores.softmax(1).numpy(), probe.predict_proba(given), atol=1e-4)

    tuned = views.tuned(reader, x[rows], labels[rows], 10, seed=0)
    assert any(not torch.equal(tensor, before[name]) for name, tensor in tuned.features.state_dict().items())
    # What was pretrained is still there for the next who tunes it.
    assert all(torch.equal(tensor, before[name]) for name, tensor in reader.state_dict().items())


def test_tuning_fits_its_labels():
    experiment, reader, x = reader_of(DIGITS, "hidden")
    labels = experiment.data.load("train").labels
    rows = views.drawn_labels(labels, 100, 0)
    model = views.tuned(reader, x[rows], labels[rows], 10, seed=0)
    with torch.inference_mode():
        assert (model(x[rows]).argmax(1) == labels[rows]).all()


def test_more_labels_tell_more():
    data = ae.Experiment.from_query("data=digits").data
    truth = data.load("test").labels.numpy()
    for way in views.RIVALS:
        few, many = ((views.told(way, data, count, 0) == truth).mean() for count in (10, 1000))
        assert many > few
        assert many > 0.9
