from __future__ import annotations

import numpy as np
import pytest
import torch

from aecore import networks, views


@pytest.mark.parametrize("shape", [(1, 1), (5, 70), (16, 16), (17, 33), (50, 41), (20, 30, 3)])
def test_a_model_that_changes_nothing_leaves_a_picture_of_any_size(shape):
    model = networks.Maps(channels=4, blocks=1).build((16, 16), "identity")
    picture = np.random.default_rng(0).random(shape, np.float32)
    np.testing.assert_allclose(views.tiled(model, picture, (16, 16)), picture, atol=1e-6)


def test_there_is_no_seam_where_two_tiles_meet():
    torch.manual_seed(0)
    model = networks.Maps(channels=4, blocks=1, carry=False).build((32, 32), "identity")
    found = views.tiled(model, np.full((32, 200), 0.5, np.float32), (32, 32))
    # A flat picture shows each tile's own edge; what is left of it must pass over gently.
    one = model(torch.full((1, 32, 32), 0.5)).detach().numpy()[0]
    edge = np.abs(np.diff(one, axis=1)).max()
    assert (
        np.abs(np.diff(found[12:20, 40:160], axis=1)).max()
        <= np.abs(np.diff(one[12:20, 10:22], axis=1)).max() + 0.2 * edge
    )
