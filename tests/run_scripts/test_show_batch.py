"""train.py --show_batch draws the batch that training begins with."""

import numpy as np
import pytest
from PIL import Image

from transfusion_tf import experiment
from transfusion_tf.config.run import RunConfig
from transfusion_tf.training import setup


@pytest.fixture
def show(binary, tiny_dataset, tmp_path):
    def start(*more, to="batch.png"):
        return binary(
            "run_scripts/train.py",
            f"--dataset={tiny_dataset}",
            "--model=cbr_tiny",
            "--batch_size=4",
            f"--run_dir={tmp_path / 'run'}",
            f"--show_batch={tmp_path / to}",
            *more,
        )

    return start


def test_draws_and_trains_nothing(show, tmp_path):
    (tmp_path / "batch.png").write_bytes(b"an older picture")
    done = show("--augment=light,erasing")
    assert done.returncode == 0, done.stderr
    assert "Nothing was trained" in done.stdout
    with Image.open(tmp_path / "batch.png") as picture:
        assert min(picture.size) > 100
        assert picture.convert("L").getextrema() == (0, 255)
    assert [path.name for path in tmp_path.iterdir()] == ["batch.png"]


@pytest.mark.parametrize(
    ("to", "more", "message"),
    [
        ("batch.jpg", [], "--show_batch must be a file that ends in .png or"),
        ("no/batch.png", [], "there is no directory"),
        ("batch.png", ["--overwrite"], "so --overwrite has no effect"),
        ("batch.png", ["--augment=hue"], "hue would do nothing, since the im"),
        ("batch.png", ["--augment=shift", "--shift_range=0.03"], "one pixel"),
    ],
)
def test_mistakes_are_one_line(show, tmp_path, to, more, message):
    done = show(*more, to=to)
    assert done.returncode == 2
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert not any(tmp_path.iterdir())


def test_it_is_the_batch_that_is_trained_on(tiny_dataset):
    config = RunConfig.from_flags_dict(
        {
            "dataset": str(tiny_dataset),
            "batch_size": 8,
            "augment": ["light", "rotation"],
            "rotation_degrees": 90.0,
            "seed": 3,
        }
    )
    batch, card, resolved = experiment.first_batch(config)
    assert batch.keys() == {"image", "label", "id"}
    assert card.classes and resolved.data.image_size == 16
    prepared = setup.RunSetup.prepare(config)
    (trained,) = prepared.training_batches(0).take(1).as_numpy_iterator()
    for name in ("image", "label"):
        np.testing.assert_array_equal(batch[name], trained[name])
    # The range of the configuration is what reaches the images.
    narrow = RunConfig.from_flags_dict(
        {
            "dataset": str(tiny_dataset),
            "batch_size": 8,
            "augment": ["light", "rotation"],
            "seed": 3,
        }
    )
    other, *_ = experiment.first_batch(narrow)
    assert (other["id"] == batch["id"]).all()
    assert (other["image"] != batch["image"]).any()
