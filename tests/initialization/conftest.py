"""Fixtures of the tests of initialisation."""

import pytest

from tests.initialization import initialized, small_networks
from transfusion_tf.models import zoo


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """A folder with one small network in each format."""
    folder = tmp_path_factory.mktemp("written")
    model = zoo.build("cbr_tiny", num_outputs=2, image_size=16).model
    model.save_weights(folder / "w.weights.h5")
    model.save(folder / "w.keras")
    model.save(folder / "w.h5")
    return folder


@pytest.fixture(scope="module")
def source():
    """Weights of a network for another task: seven outputs."""
    return small_networks.source_of(initialized.build(num_outputs=7))
