"""Fixtures of the tests of data sets of tensorflow_datasets."""

import pytest

from tests.data_prep import prepared


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The version directory of a data set with every kind of label."""
    return prepared.make_prepared(tmp_path_factory.mktemp("prepared"))
