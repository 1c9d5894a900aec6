import torch

from aecore.samples import Samples


def test_rows_are_chosen_from_every_array_alike():
    x = torch.arange(12.0).reshape(4, 3)
    chosen = Samples(x, 2 * x, torch.arange(4), torch.arange(8).reshape(4, 2)).at(torch.tensor([2, 0]))
    assert chosen.inputs.tolist() == [[6, 7, 8], [0, 1, 2]]
    assert torch.equal(chosen.targets, 2 * chosen.inputs)
    assert chosen.labels.tolist() == [2, 0]
    assert chosen.factors.tolist() == [[4, 5], [0, 1]]
    assert chosen.size == 2
    assert chosen.shape == (3,)


def test_targets_that_are_the_inputs_stay_the_inputs():
    x = torch.zeros(4, 3)
    for samples in (Samples(x, x).at(slice(2)), Samples(x, x).to(torch.device("cpu"))):
        assert samples.targets is samples.inputs
