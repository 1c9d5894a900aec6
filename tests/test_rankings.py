from __future__ import annotations

import math

import pytest
import torch
from sklearn.metrics import ndcg_score

import aecore as ae
from aecore import rankings, views
from aecore.baselines import RANKERS
from aecore.experiment import PARTS
from aecore.training import posed

GENERATOR = torch.Generator().manual_seed(0)


def histories(n: int = 40, items: int = 150) -> torch.Tensor:
    x = (torch.rand(n, items, generator=GENERATOR) < 0.1).float()
    return x.index_fill(1, torch.arange(5), 1.0)


def test_a_fifth_of_each_history_is_hidden_rounded_down_but_one_at_least():
    x = torch.zeros(6, 40)
    for row, count in enumerate((1, 4, 5, 9, 10, 25)):
        x[row, torch.randperm(40, generator=GENERATOR)[:count]] = 1
    hidden = rankings.hidden(x, torch.Generator().manual_seed(1))
    assert hidden.sum(1).tolist() == [1, 1, 1, 1, 2, 5]
    assert not (hidden & (x == 0)).any()
    assert torch.equal(hidden, rankings.hidden(x, torch.Generator().manual_seed(1)))
    assert not torch.equal(hidden, rankings.hidden(x, torch.Generator().manual_seed(2)))


def test_every_item_of_a_history_is_hidden_as_often():
    hidden = rankings.hidden(torch.ones(20_000, 5), GENERATOR).float().mean(0)
    assert hidden.sub(0.2).abs().max() < 0.015


def test_a_small_ranking_worked_out_by_hand():
    scores = torch.tensor([[9.0, 5, 4, 3, 2, 1]])
    given, wanted = torch.tensor([[[1.0, 0, 0, 0, 0, 0]], [[0.0, 0, 1, 0, 1, 0]]])
    # Ranked: items 1 2 3 4 5; wanted are those in the second and fourth place.
    gain = 1 / math.log2(3) + 1 / math.log2(5)
    assert rankings.ndcg(scores, given, wanted).item() == pytest.approx(gain / (1 + 1 / math.log2(3)))
    assert rankings.ndcg(scores, given, wanted, k=3).item() == pytest.approx(
        (1 / math.log2(3)) / (1 + 1 / math.log2(3))
    )
    assert rankings.recall(scores, given, wanted, k=1).item() == 0
    assert rankings.recall(scores, given, wanted, k=2).item() == 0.5
    assert rankings.recall(scores, given, wanted, k=4).item() == 1


def test_ndcg_is_scikit_learn_s():
    x = histories()
    hidden = rankings.hidden(x, GENERATOR)
    given, wanted, scores = x.masked_fill(hidden, 0), hidden.float(), torch.randn(x.shape, generator=GENERATOR)
    for k in (5, 100):
        oracle = ndcg_score(wanted.numpy(), scores.masked_fill(given > 0, -1e9).numpy(), k=k)
        assert rankings.ndcg(scores, given, wanted, k=k).mean().item() == pytest.approx(oracle, abs=1e-6)


def test_recall_is_what_counting_gives():
    x = histories()
    hidden = rankings.hidden(x, GENERATOR)
    given, scores = x.masked_fill(hidden, 0), torch.randn(x.shape, generator=GENERATOR)
    for row, found in enumerate(rankings.recall(scores, given, hidden.float(), k=20).tolist()):
        order = [i for i in scores[row].argsort(descending=True).tolist() if not given[row, i]]
        wanted = set(hidden[row].nonzero()[:, 0].tolist())
        assert found == pytest.approx(len(wanted & set(order[:20])) / min(len(wanted), 20))


def test_nothing_that_is_in_the_history_is_ever_recommended():
    x = histories()
    order = rankings.unseen(x * 100 + torch.rand(x.shape, generator=GENERATOR), x).argsort(1, descending=True)
    free = int((x == 0).sum(1).min())
    assert not x.gather(1, order[:, :free]).any()


@pytest.fixture(scope="module")
def debian():
    experiment = ae.Experiment.from_query("data=debian&task=recommender")
    return experiment, posed(experiment, "test")


def test_what_is_hidden_does_not_go_in_and_is_fixed_by_the_seed(debian):
    experiment, samples = debian
    x = experiment.data.load("test").inputs
    assert torch.equal((samples.inputs > 0) + samples.targets, x)
    assert samples.inputs.norm(dim=1).tolist() == pytest.approx([rankings.LENGTH] * len(x))
    assert ((samples.targets.sum(1) == 1) | (samples.targets.sum(1) == (0.2 * x.sum(1) + 1e-6).floor())).all()
    assert torch.equal(samples.targets, posed(experiment, "test").targets)
    assert not torch.equal(samples.targets, posed(experiment.vary(seed=1), "test").targets)
    train = posed(experiment, "train")
    assert train.targets is train.inputs
    shown = experiment.task.drawn(train.inputs, train.targets, GENERATOR)
    assert not (shown > 0)[train.inputs == 0].any()
    assert (shown > 0).sum() / train.inputs.sum() == pytest.approx(1 - experiment.task.dropped, abs=0.02)


def test_the_five_splits_hold_out_every_package_once():
    parts = [PARTS["data"]["debian"](fold).load("test").inputs for fold in range(5)]
    rest = PARTS["data"]["debian"](0).load("train").inputs
    assert sum(map(len, parts)) == len(parts[0]) + len(rest) == 4784
    rows = sorted(row.tobytes() for part in parts for row in part.numpy())
    assert rows == sorted(row.tobytes() for part in (parts[0], rest) for row in part.numpy())


def test_the_baselines_reach_what_they_are_known_to_reach(debian):
    experiment, samples = debian
    train, given, wanted = experiment.data.load("train"), samples.inputs, samples.targets
    fitted = {name: ranker.fit(train) for name, ranker in RANKERS.items()}
    found = {name: rankings.ndcg(one.rank(given), given, wanted).mean().item() for name, one in fitted.items()}
    assert found["popularity"] == pytest.approx(0.19, abs=0.02)
    assert found["item_knn"] == pytest.approx(0.57, abs=0.03)
    assert found["ease"] == pytest.approx(0.63, abs=0.03)


def test_ease_is_the_ridge_regression_of_each_item_on_all_others(debian):
    from sklearn.linear_model import Ridge

    from aecore.baselines.ease import Ease, solved

    x = debian[0].data.load("train").inputs[:400, :60]
    (found,) = solved(x, [30.0])
    for item in (0, 7, 59):
        others = [i for i in range(60) if i != item]
        oracle = Ridge(alpha=30.0, fit_intercept=False).fit(x[:, others].double().numpy(), x[:, item].double().numpy())
        assert found[others, item].tolist() == pytest.approx(oracle.coef_.tolist(), abs=1e-4)
        assert found[item, item] == 0
    assert Ease(found, torch.tensor(30.0)).rank(x).shape == x.shape


@pytest.mark.parametrize(
    "query",
    [
        "hidden=",
        "hidden=&loss=multinomial",
        "loss=squared&net=linear",
        "method=vae&hidden=",
        "method=beta_vae&hidden=&variant=beta&beta=0.2",
    ],
)
def test_methods_learn_to_recommend(query):
    experiment = ae.Experiment.from_query(f"data=debian&task=recommender&latent=30&steps=350&batch=64&{query}")
    first, *_, last = ae.train(experiment, keyframes=(1,))
    assert last.scores["ndcg"] > max(0.25, first.scores["watched_ndcg"])
    assert last.scores["test_error"] == pytest.approx(1 - last.scores["ndcg"])
    model, samples = ae.revive(experiment, last), posed(experiment, "test")
    scores = model(samples.inputs).detach()
    assert rankings.ndcg(scores, samples.inputs, samples.targets).mean().item() == pytest.approx(last.scores["ndcg"])
    if model.link == "softmax":
        assert scores.sum(1).tolist() == pytest.approx([1.0] * len(scores), abs=1e-4)


def test_ratings_that_nobody_gave_are_no_targets():
    experiment = ae.Experiment.from_query("data=debian&task=recommender&loss=squared&dropped=0")
    x = torch.tensor([[0.2, 0.0, 1.0, 0.6, 0.4, 0.0]])
    given = ae.Experiment.from_query("data=digits").data.load("train").at(slice(1))._replace(inputs=x, targets=x)
    train = experiment.task.pose(given, "train", GENERATOR)
    assert train.targets.isnan().tolist() == [[False, True, False, False, False, True]]
    test = experiment.task.pose(given, "test", GENERATOR)
    (place,) = (~test.targets.isnan()).nonzero()[:, 1].tolist()
    assert test.targets[0, place] == x[0, place]
    assert test.inputs[0, place] == 0

    class Constant:
        link = "identity"

        def __call__(self, inputs):
            return torch.full_like(inputs, 0.5)

    assert experiment.task.score(Constant(), test)["test_error"] == pytest.approx(abs(x[0, place].item() - 0.5))


def test_on_the_map_of_items_those_that_are_alike_are_together():
    noise = 0.1 * torch.randn(60, 8, generator=torch.Generator().manual_seed(5))
    groups = torch.arange(60) % 3
    vectors = torch.nn.functional.normalize(torch.eye(8)[groups] + noise, dim=1)
    places = torch.from_numpy(views.item_map(vectors.numpy()))
    assert places.shape == (60, 2)
    nearest = torch.cdist(places, places).fill_diagonal_(torch.inf).argmin(1)
    assert torch.equal(groups[nearest], groups)
