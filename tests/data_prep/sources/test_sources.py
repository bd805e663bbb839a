"""One contract for all sources."""

import copy
import re

import pandas as pd
import pytest
from absl import flags

from data_prep import conversion_flags, source_flags, sources
from tests.data_prep import trees_revisiting, trees_transfusion
from tests.data_prep.prepared import make_prepared
from tests.data_prep.trees import (
    make_chest,
    make_csv,
    make_fundus,
    make_image_folder,
    make_npz,
)
from transfusion_tf import names
from transfusion_tf.images import prepare as image_files

FLAGS = flags.FLAGS


def make_synthetic(folder):
    """Options of a small synthetic set."""
    del folder
    return {"num_images": 90, "image_size": 16}


def make_kermany_chest(folder):
    """The chest x-rays' folders."""
    return {"input": make_chest(folder / "Raw set")}


def make_idrid(folder):
    """The folders and tables of the fundus photographs."""
    return {"input": make_fundus(folder / "Raw set")}


def make_dicom(folder):
    """The table of `make_csv`, with the patients that headers would tell."""
    options = make_csv(folder)
    table = pd.read_csv(options["labels"])
    table["patient"] = table["path"]
    table.to_csv(options["labels"], index=False)
    return options


def make_tfds(folder):
    """A small data set prepared by tensorflow_datasets."""
    return {"input": make_prepared(folder)}


def of_folder(make):
    """The options where a folder, made by `make`, is all there is."""
    return lambda folder: {"input": make(folder / "Raw set")}


SETUPS = {
    "npz": make_npz,
    "image_folder": make_image_folder,
    "csv": make_csv,
    "dicom": make_dicom,
    "tfds": make_tfds,
    "kermany_chest": make_kermany_chest,
    "idrid": make_idrid,
    "aptos": of_folder(trees_transfusion.make_aptos),
    "chexpert": of_folder(trees_transfusion.make_chexpert),
    "eyepacs": of_folder(trees_transfusion.make_eyepacs),
    "imagenet": of_folder(trees_transfusion.make_imagenet),
    "messidor2": of_folder(trees_transfusion.make_messidor2),
    "busi": trees_revisiting.make_busi,
    "cbis_ddsm": trees_revisiting.make_cbis,
    "ddti_thyroid": trees_revisiting.make_ddti,
    "isic2018": trees_revisiting.make_isic,
    "mrnet": trees_revisiting.make_mrnet,
    "nih_chestxray14": trees_revisiting.make_nih,
    "pcam": trees_revisiting.make_pcam,
    "synthetic_fundus": make_synthetic,
    "synthetic_textures": make_synthetic,
}


def read(source, **options):
    return sources.get(source)(**options)


def test_table_covers_the_sources():
    assert SETUPS.keys() == set(sources.NAMES)


@pytest.mark.parametrize("source", sources.NAMES)
class TestSource:
    def test_manifest_is_complete_and_images_can_be_used(
        self, source, tmp_path
    ):
        manifest = read(source, **SETUPS[source](tmp_path))
        manifest.check()
        if "split" in manifest.table:
            found = set(manifest.table["split"])
            assert "train" in found and found <= set(names.SPLITS)
        store = copy.deepcopy(manifest.store)
        for image in manifest.table["image"].iloc[[0, -1]]:
            image_files.prepare(store.read(image))

    def test_the_same_again_is_equal(self, source, tmp_path):
        options = SETUPS[source](tmp_path)
        first, again = read(source, **options), read(source, **options)
        pd.testing.assert_frame_equal(first.table, again.table)
        assert (first.name, first.classes, first.source) == (
            again.name,
            again.classes,
            again.source,
        )

    def test_card_learns_no_path(self, source, tmp_path):
        manifest = read(source, **SETUPS[source](tmp_path))
        text = str(dict(manifest.source))
        assert str(tmp_path) not in text and "Raw set" not in text
        assert manifest.source["kind"] in (source, "synthetic")

    def test_options_are_flags(self, source, tmp_path):
        given = SETUPS[source](tmp_path).keys()
        needed = {o for o, needed in sources.options(source).items() if needed}
        assert needed <= given <= sources.options(source).keys()


def taken_by_sources():
    """Yields (flag, sources that its help names in parentheses)."""
    for module in (source_flags, conversion_flags):
        for flag in FLAGS.get_key_flags_for_module(module.__name__):
            named = [
                name.strip()
                for group in re.findall(r"\(([^()]*)\)", flag.help)
                for name in re.split("[,;]", group)
            ]
            if known := [name for name in named if name in sources.SOURCES]:
                yield flag.name, known


@pytest.mark.parametrize("flag, named", taken_by_sources())
def test_sources_that_the_help_of_a_flag_names_take_it(flag, named):
    for name in named:
        own = sources.options(name).keys()
        assert flag in {*own, *sources.SOURCES[name].image_flags}


def test_sources_with_a_table_take_the_same_options():
    assert sources.options("csv") == sources.options("dicom")
    with pytest.raises(TypeError, match="unexpected keyword.*'label'"):
        sources.get("dicom")(input="a", labels="b", label="c")


def test_unknown_source():
    with pytest.raises(ValueError, match="'bids'; known: npz, image_folder"):
        sources.get("bids")
