"""Tests of the files of published folds."""

import pandas as pd
import pytest

from data_prep.sources.common import folds
from tests.data_prep.trees_revisiting import write_folds
from transfusion_tf.data import manifest as manifests

ROWS = {
    "train": [("data/x/a.png", "ill"), ("data/x/b.png", "well")],
    "val": [("data/x/c.png", "ill")],
    "test": [("data/x/d.png", "well")],
}
PATTERN = r"/(?P<key>\w+)\.png$"


def read(folder, number=1):
    return folds.read(folder, number, "x", PATTERN)


@pytest.mark.parametrize(
    "form", ["{split}_fold{number}.csv", "{split}_{number}.csv"]
)
@pytest.mark.parametrize("inner", ["", "x"])
def test_names_and_folders_of_the_files(tmp_path, form, inner):
    write_folds(tmp_path / inner, ROWS, number=3, form=form)
    fold = read(tmp_path, 3)
    expected = [
        ["a", "ill", "train"],
        ["b", "well", "train"],
        ["c", "ill", "val"],
        ["d", "well", "test"],
    ]
    assert fold.table.to_numpy().tolist() == expected
    assert fold.source == {"fold": 3, "folds_sha256": fold.checksum}
    write_folds(tmp_path / inner, ROWS | {"val": []}, number=3, form=form)
    with pytest.raises(ValueError, match="no row beside its header"):
        read(tmp_path, 3)


def test_other_rows_have_another_checksum(tmp_path):
    write_folds(tmp_path, ROWS)
    first = read(tmp_path).checksum
    write_folds(tmp_path, ROWS | {"val": ROWS["test"], "test": ROWS["val"]})
    assert read(tmp_path).checksum != first


def fold_of(*rows):
    table = pd.DataFrame(rows, columns=["key", "label", "split"])
    return folds.Fold(1, table, "")


def test_several_rows_of_an_image():
    fold = fold_of(
        ("a", "well", "train"),
        ("b", "well", "train"),
        ("a", "ill", "train"),
        ("b", "well", "train"),
    )
    merged = folds.merged(fold, ("ill", "well")).table
    assert merged.set_index("key")["label"].to_dict() == {
        "a": "ill",
        "b": "well",
    }
    with pytest.raises(ValueError, match="in more than one row: 'a', 'b'"):
        folds.merged(fold)
    with pytest.raises(ValueError, match="of unknown classes: 'a'"):
        folds.merged(fold, ("well",))
    with pytest.raises(ValueError, match="in more than one split: 'a'"):
        folds.merged(
            fold_of(("a", "ill", "train"), ("a", "ill", "val")), ("ill",)
        )


def test_one_of_the_two_flags():
    for given in ((None, 1), ("x", None)):
        with pytest.raises(ValueError, match="--folds and --fold go together"):
            folds.check_given(*given)
    folds.check_given(None, None)
    folds.check_given("x", 1)


class TestApplied:
    PUBLISHED = folds.PublishedFolds("x", PATTERN)

    @pytest.fixture
    def manifest(self):
        table = pd.DataFrame(
            {"image": list("dca"), "key": list("dca"), "split": "train"}
        ).assign(label=["well", "ill", "ill"])
        return manifests.Manifest(
            "x", "multiclass", ("ill", "well"), table, None, bad=(("b", "?"),)
        )

    def test_without_folds_splits_stay(self, manifest):
        found = folds.applied(manifest, self.PUBLISHED, "raw", None, None)
        assert found.table["split"].unique() == ["train"]
        assert "key" not in found.table
        assert (found.bad, found.source) == (manifest.bad, {})

    def test_a_fold_says_splits_and_what_is_absent(self, manifest, tmp_path):
        write_folds(tmp_path, ROWS)
        found = folds.applied(manifest, self.PUBLISHED, "raw", tmp_path, 1)
        rows = found.table[["image", "split"]].to_numpy().tolist()
        assert rows == [["a", "train"], ["c", "val"], ["d", "test"]]
        assert found.bad == (("b", "?"), ("b", "absent"))
        assert found.source == read(tmp_path).source
