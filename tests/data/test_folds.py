"""Folds: every image is tested once, patients whole, classes in proportion."""

import numpy as np
import pytest

from transfusion_tf.data import folds, pipeline, records


def images(num_patients=60):
    """Ids, labels and patients: of every third patient two images."""
    patient = np.concatenate([np.arange(num_patients)] * 2)
    patient = patient[
        (np.arange(len(patient)) < num_patients) | (patient % 3 == 0)
    ]
    ids = np.array([f"{i:04x}" for i in range(len(patient))])
    return ids, (patient % 4 == 0).astype(int), np.char.mod("p%d", patient)


def cuts(ids, labels, patients, num_folds=5):
    return np.stack(
        [
            folds.cut(ids, labels, patients, num_folds=num_folds, fold=fold)
            for fold in range(1, num_folds + 1)
        ]
    )


def test_every_image_is_in_test_once_and_patients_are_whole():
    ids, labels, patients = images()
    found = cuts(ids, labels, patients)
    assert ((found == "test").sum(axis=0) == 1).all()
    for split in found:
        assert set(split) == {"train", "val", "test"}
        for name in set(patients):
            assert len(set(split[patients == name])) == 1
        positive = labels[split == "test"].mean()
        assert positive == pytest.approx(labels.mean(), abs=0.1)
        assert (split == "val").mean() == pytest.approx(0.08, abs=0.04)


def test_the_order_of_images_does_not_matter():
    ids, labels, patients = images()
    order = np.random.default_rng(0).permutation(len(ids))
    shuffled = cuts(ids[order], labels[order], patients[order])
    assert np.array_equal(cuts(ids, labels, patients)[:, order], shuffled)


def test_images_without_patients_are_cut_one_by_one():
    ids, labels, _ = images()
    found = cuts(ids, labels, np.full(len(ids), ""))
    sizes = (found == "test").sum(axis=1)
    assert sizes.sum() == len(ids) and sizes.max() - sizes.min() <= 2


def test_labels_that_are_missing():
    ids, labels, patients = images()
    both = np.stack([labels, np.where(labels, 0, -1)], axis=1)
    assert ((cuts(ids, both, patients) == "test").sum(axis=0) == 1).all()


def test_more_folds_than_patients():
    ids, labels, patients = images(4)
    with pytest.raises(ValueError, match="needs more than 4 patients.*are 4"):
        folds.cut(ids, labels, patients, num_folds=4, fold=1)


@pytest.fixture(scope="module")
def opened(tiny_dataset):
    return records.open_records(tiny_dataset)


def test_pipelines_read_the_images_of_their_fold(opened):
    every = {
        name: pipeline.read_index(opened, name)["id"].tolist()
        for name in ("train", "val", "test")
    }
    tested = []
    for fold in (1, 2, 3):
        of_fold = folds.of_records(opened, num_folds=3, fold=fold)
        read = {}
        for name in every:
            index = pipeline.read_index(of_fold, name)
            batches = pipeline.numpy_batches(
                pipeline.evaluation(of_fold, name, batch_size=32, image_size=16)
            )
            ids = [i for batch in batches for i in batch["id"]]
            assert ids == index["id"].tolist()
            assert len(ids) == of_fold.num_examples(name)
            read[name] = set(ids)
        assert sum(map(len, read.values())) == 260
        assert set.union(*read.values()) == set(sum(every.values(), []))
        tested += read["test"]
    assert len(set(tested)) == len(tested) == 260


def test_training_sees_the_training_images_of_its_fold_once_an_epoch(opened):
    of_fold = folds.of_records(opened, num_folds=3, fold=2)
    num = of_fold.num_examples("train")
    batches = pipeline.training(
        of_fold, batch_size=num, image_size=16, seed=0
    ).take(2)
    wanted = sorted(pipeline.read_index(of_fold, "train")["id"])
    for batch in batches.as_numpy_iterator():
        assert sorted(batch["id"].astype(str)) == wanted
