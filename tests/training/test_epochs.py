"""What a training sees: whole passes, each image in its own draws."""

import csv
import shutil

import numpy as np
import pytest

from tests import idle_steps
from transfusion_tf import experiment, files
from transfusion_tf.config.run import RunConfig
from transfusion_tf.data import records, subsets
from transfusion_tf.training import step


def train(dataset, folder, **settings):
    """The RunDir of a training of cbr_tiny."""
    settings = {"model": "cbr_tiny", "snapshots": 0, **settings}
    config = RunConfig.from_flags_dict({"dataset": str(dataset), **settings})
    return experiment.train(config, run_dir=folder / "run")


@pytest.fixture(scope="module")
def twenty_epochs(tiny_dataset, tmp_path_factory):
    """Trains on 40 images in batches of 32.

    Returns:
      List of (id, image) in the order of training, and the run.
    """
    seen = []

    def noting(self, batch, **_):
        ids = batch["id"].numpy().astype(str)
        seen.extend(zip(ids, batch["image"].numpy(), strict=True))
        return 1.0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step.TrainStep, "__call__", noting)
        run = train(
            tiny_dataset,
            tmp_path_factory.mktemp("epochs"),
            train_size=40,
            epochs=20,
            eval_every=25,
            augment=["horizontal_flip", "vertical_flip"],
        )
    return seen, run


def test_an_epoch_is_a_pass(twenty_epochs):
    seen, run = twenty_epochs
    ids = np.array([name for name, _ in seen])
    assert len(ids) == 800 == 25 * 32
    for order in ids.reshape(20, 40):
        assert len(set(order)) == 40
    assert len(set(ids)) == 40
    with run.history.open() as stream:
        (row,) = csv.DictReader(stream)
    found = [row[key] for key in ("step", "epoch", "examples")]
    assert found == ["25", "20.0", "800"]


def test_flips_are_independent_of_each_other(twenty_epochs, tiny_dataset):
    seen, _ = twenty_epochs
    batches = experiment.images(
        experiment.open_dataset(tiny_dataset),
        "train",
        image_size=16,
        batch_size=160,
    )
    (batch,) = batches
    raw = dict(zip(batch["id"], batch["image"], strict=True))
    flips = {}
    for name, image in seen:
        flips.setdefault(name, []).append(which_flips(raw[name], image))
    horizontal, vertical = np.moveaxis(np.array(list(flips.values())), 2, 0)
    # Binomial(760, 1/2): standard deviation 13.8.
    for one, other in (
        (horizontal[:, 1:], vertical[:, :-1]),
        (horizontal[:, :-1], vertical[:, 1:]),
        (horizontal[:, 1:], vertical[:, 1:]),
        (horizontal[:, 1:], horizontal[:, :-1]),
        (vertical[:, 1:], vertical[:, :-1]),
    ):
        assert 310 < (one == other).sum() < 450
    for drawn in (horizontal, vertical):
        assert 340 < drawn.sum() < 460


def which_flips(raw, image):
    """Whether `image` is `raw` mirrored left to right, and top to bottom."""
    for horizontal in (False, True):
        for vertical in (False, True):
            mirrored = raw[:, ::-1] if horizontal else raw
            mirrored = mirrored[::-1] if vertical else mirrored
            if np.array_equal(mirrored, image):
                return horizontal, vertical
    raise ValueError("not a flip")


def test_whole_patients_and_fewer_images_than_a_batch_are_reported(
    tiny_dataset, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(
        subsets, "choose", lambda ids, *_, size, seed: set(ids[: size - 2])
    )
    idle_steps.replace_steps(monkeypatch)
    settings = {"batch_size": 48, "train_size": 22}
    run = train(tiny_dataset, tmp_path, steps=2, eval_every=2, **settings)
    printed = capsys.readouterr().out
    assert "--train_size=22: 20 images are used" in printed
    assert "--batch_size=48 is more than the 20 training images" in printed
    assert files.read_json(run.config)["plan"]["num_images"] == 20
    with run.history.open() as stream:
        (row,) = csv.DictReader(stream)
    assert row["examples"] == "96" and float(row["epoch"]) == 4.8


def test_records_shorter_than_their_card_says(
    tiny_dataset, tmp_path, monkeypatch
):
    root = tmp_path / "records"
    shutil.copytree(tiny_dataset, root)
    (path,) = root.glob("*/data_card.json")
    card = files.read_json(path)
    card["shards"]["train"][0]["examples"] += 1
    card["num_examples"]["train"] += 1
    card["counts"]["train"]["0"] += 1
    files.write_json(path, card)
    monkeypatch.setattr(records, "_MOST_LOOKED_THROUGH", 0)
    with pytest.raises(
        ValueError, match="another number of (training )?images than"
    ):
        train(root, tmp_path, steps=11, batch_size=16)
