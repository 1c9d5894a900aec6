import pytest

import aecore as ae


@pytest.fixture
def small() -> ae.Experiment:
    """An experiment that trains in a blink."""
    return ae.Experiment.from_query("data=digits&net=linear&latent=3&steps=40&batch=64&rate=0.01")
