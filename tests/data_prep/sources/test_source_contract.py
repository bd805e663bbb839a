"""What every source keeps to: images, patients, splits, order of files."""

import pandas as pd
import pytest

from data_prep import sources
from tests.data_prep.sources.test_sources import SETUPS, read
from transfusion_tf import names
from transfusion_tf.data import official_splits, splits
from transfusion_tf.stores import archives

# Of these sets, as they are made for tests, nothing tells the patients.
WITHOUT_PATIENTS = {
    "npz": "arrays have no names",
    "image_folder": "only --patient_pattern tells them",
    "csv": "the table has no column patient",
    "tfds": "only --patient_column tells them",
    "aptos": "its authors do not tell them",
    "busi": "its authors do not tell them",
    "imagenet": "things have none",
    "synthetic_textures": "textures have none",
}


@pytest.fixture
def manifest(source, tmp_path):
    return read(source, **SETUPS[source](tmp_path))


@pytest.mark.parametrize("source", sources.NAMES)
class TestSource:
    def test_every_row_has_an_image(self, manifest):
        for image in manifest.table["image"]:
            assert len(manifest.store.read(image)) > 0
        assert not set(manifest.table["image"]) & set(dict(manifest.bad))

    def test_patients_are_known_or_it_is_said_why_not(self, source, manifest):
        assert manifest.has_patients == (source not in WITHOUT_PATIENTS)

    def test_no_patient_is_in_two_of_our_splits(self, manifest):
        # Large shares, so that none of the splits of so few images is empty.
        is_open = {"test", "val"} - set(manifest.table.get("split", ()))
        options = splits.SplitOptions(
            **{f"{split}_fraction": 0.4 for split in is_open}
        )
        if not official_splits.keeps(manifest.table, options):
            options = splits.SplitOptions(test_fraction=0.4, val_fraction=0.4)
        table, _ = official_splits.resolve(manifest.table, options)
        table = table.assign(id=table["image"])
        labels = one_hot(manifest)
        split, _ = splits.complete(table, labels, options)
        assert set(split) == set(names.SPLITS)
        units = table["patient" if manifest.has_patients else "id"]
        assert splits.patients_in_common(units, split) == 0

    def test_any_order_of_files_gives_the_same(
        self, source, tmp_path, monkeypatch
    ):
        """Stores list their files in order; here they do in the opposite."""
        options = SETUPS[source](tmp_path)
        first, listed = read(source, **options), []
        for store in (
            archives.DirectoryStore,
            archives.ZipStore,
            archives.TarStore,
        ):
            names_of = reversed_names(store.names, listed)
            monkeypatch.setattr(store, "names", names_of)
        again = read(source, **options)
        if not any(len(names) > 1 for names in listed):
            pytest.skip("lists no files of a store")
        pd.testing.assert_frame_equal(by_image(first), by_image(again))
        assert first.classes == again.classes
        assert sorted(first.bad) == sorted(again.bad)


def reversed_names(names_of, listed):
    """A store's method `names` in the opposite order; `listed` notes calls."""

    def listing(self):
        listed.append(names_of(self)[::-1])
        return listed[-1]

    return listing


def by_image(manifest):
    """The table of a manifest in the order of its images."""
    return manifest.table.sort_values("image", ignore_index=True)


def one_hot(manifest):
    """bool (N, number of classes): which classes each row belongs to."""
    codes = manifest.label_codes()
    if manifest.task == "multilabel":
        return codes == 1
    return codes[:, None] == range(len(manifest.classes))


def test_all_that_is_said_is_of_a_source():
    assert WITHOUT_PATIENTS.keys() <= set(sources.NAMES)
