"""What columns that records carry may hold, and what the card says of them."""

import numpy as np
import pandas as pd
import pytest

from transfusion_tf.data import carried
from transfusion_tf.data.manifest import Manifest


def manifest(count=40, *, patients=None, **columns):
    table = pd.DataFrame(
        {"image": range(count), "label": np.arange(count) % 2, **columns}
    )
    if patients is not None:
        table["patient"] = patients
    return Manifest(
        "eyes", "multiclass", ("0", "1"), table, None, tuple(columns)
    )


def test_a_name_under_another_name_is_refused():
    names = [f"accession {i}" for i in range(40)]
    with pytest.raises(
        ValueError,
        match="'number' of --extra_columns has 40 different values for 40",
    ):
        carried.check(manifest(number=names))
    patients = [f"p{i // 2}" for i in range(40)]
    per_patient = [f"MRN {i // 2}" for i in range(40)]
    with pytest.raises(ValueError, match="20 different values for 20 patients"):
        carried.check(manifest(number=per_patient, patients=patients))
    carried.check(manifest(number=per_patient))  # Half of the images.


def test_many_values_are_warned_of(caplog):
    with caplog.at_level("WARNING", logger="absl"):
        carried.check(manifest(age=np.arange(40) // 2))
        carried.check(manifest(site=np.arange(40) % 3))
    assert "'age' of --extra_columns has 20" in caplog.text
    assert "site" not in caplog.text


def test_too_few_images_to_say(caplog):
    with caplog.at_level("WARNING", logger="absl"):
        carried.check(manifest(10, number=range(10)))
    assert caplog.text == ""


def test_values_are_counted():
    found = carried.counts(
        manifest(
            site=["b", "a", "b", ""] * 10,
            note=["two\nlines", "one", "one", "one"] * 10,
            age=range(40),
        )
    )
    assert found["site"] == {"": 10, "a": 10, "b": 20}
    assert list(found["site"]) == ["", "a", "b"]
    assert found["note"] == {} and len(found["age"]) == 40
    many = manifest(60, age=range(60))
    assert carried.counts(many) == {"age": {}}
