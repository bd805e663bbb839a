"""A vision transformer goes through all that other networks go through.

A truncated one, of three blocks: the others are of the same layers.
"""

import json

import numpy as np
import pytest

from tests import short_trainings
from tests.initialization import vit_weights
from transfusion_tf.analysis import representations
from transfusion_tf.runs import networks
from transfusion_tf.using import export

STAGES = ["embed", "block1"]


@pytest.fixture(scope="module")
def trained(tiny_dataset, tmp_path_factory):
    """The RunDir of one from a file in timm's names, `embed` frozen."""
    import safetensors.numpy

    folder = tmp_path_factory.mktemp("vit")
    path = folder / "deit.safetensors"
    safetensors.numpy.save_file(vit_weights.tensors("deit_tiny", 48), path)
    start = short_trainings.starter(tiny_dataset, folder)
    return start(
        model="deit_tiny",
        truncate_at="block1",
        image_size=32,
        init="pretrained",
        weights=str(path),
        freeze_through="embed",
    )


def test_frozen_is_what_was_asked_for(trained):
    before, after = (networks.load_backbone(trained, x) for x in (0, "last"))
    frozen = {v.path for v in before.stage("embed").variables}
    for weight, later in zip(before.weights, after.weights, strict=True):
        is_same = np.array_equal(weight, later)
        assert is_same == (weight.path in frozen), weight.path
    report = json.loads(trained.init_report.read_text())
    assert report["source"]["architecture"] == "deit_tiny"
    assert "interpolated from 3 x 3 to 2 x 2" in report["warnings"][0]


def test_stages_are_compared_token_by_token(trained):
    """Frozen, `embed` is as before, and the others have moved."""
    options = representations.RepresentationOptions(
        view="movement", measures=("svcca", "cka"), groups=2
    )
    table = representations.run([str(trained.root)], options)
    assert list(table["stage"].unique()) == STAGES
    values = table.set_index(["measure", "stage"])["value"]
    assert values["l2"]["embed"] == 0 < values["l2"]["block1"]
    for measure in ("svcca", "cka"):
        of_measure = values[measure]
        assert of_measure["embed"] == pytest.approx(1, abs=1e-6)
        assert ((of_measure > 0) & (of_measure <= 1 + 1e-6)).all()
    assert values["cka"]["block1"] < 0.99999


def test_sources_are_probed(trained):
    options = representations.RepresentationOptions(
        view="reuse", measures=("cka",), max_images=40, max_probe_images=40
    )
    table = representations.run([str(trained.root)], options)
    probes = table[table["measure"].str.contains("probe")]
    assert set(probes["stage"]) == set(STAGES)
    assert probes["value"].between(0, 1).all()


def test_files_of_every_format_give_its_predictions(trained, tmp_path):
    for one in export.export(trained.root, tmp_path / "out"):
        assert one.difference <= 1e-5
