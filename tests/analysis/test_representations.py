"""Several views of the same runs, from one look at each network."""

import types

import numpy as np
import pytest

from transfusion_tf import datasets, names
from transfusion_tf.analysis import representations
from transfusion_tf.analysis.views import probe
from transfusion_tf.analysis.views import rows as view_rows

VIEWS = ["between", "before_after", "start_against_end"]


def options(view="between"):
    return representations.RepresentationOptions(
        view=view,
        measures=("cca",),
        stages=("conv1",),
        max_images=20,
        floors=False,
        groups=1,
    )


@pytest.fixture(scope="module")
def found(tiny_runs):
    """{view: table} of three views that have pairs in common."""
    return representations.run_views(tiny_runs, options(), VIEWS)


def test_views_together_are_what_each_is_alone(found, tiny_runs):
    alone = representations.run(tiny_runs, options("before_after"))
    together = found["before_after"]
    assert tuple(together.columns) == view_rows.TABLE_COLUMNS
    assert set(together["view"]) == {"before_after"}
    names = ["run", "step", "other_run", "other_step", "stage", "init"]
    assert together[names].equals(alone[names])
    np.testing.assert_allclose(together["value"], alone["value"], atol=1e-6)


def test_a_pair_of_two_views_is_in_both(found):
    ends = found["start_against_end"].query("step > 0")
    assert len(found["between"]) == len(ends) == 1
    assert ends["value"].item() == found["between"]["value"].item()
    assert len(found["start_against_end"]) == 2


def test_all_rows_say_what_they_are_about(found):
    for table in found.values():
        assert set(table["model"]) == {"cbr_tiny"}
        assert set(table["split"]) == {"test"}
        assert (table["num_images"] == 20).all()
        assert table["num_patients"].isna().all()  # Of records without.
        assert set(table["init"]) == {"random"}


def test_probes_read_as_many_images_as_are_asked_for(monkeypatch):
    batches = [{"image": np.arange(4)}, {"image": np.arange(4, 6)}]
    monkeypatch.setattr(datasets, "images", lambda *_, **__: iter(batches))
    images = types.SimpleNamespace(opened=None, reading={})
    for wanted in (1, 4, 5, 6):
        batches_of = probe.first_batches(images, "train", wanted)
        parts = [batch["image"] for batch in batches_of]
        np.testing.assert_array_equal(np.concatenate(parts), np.arange(wanted))
    assert len(list(probe.first_batches(images, "train", None))) == 2


def test_measures_of_other_patients_and_of_neighbours(tiny_runs, tmp_path):
    """Twice, the second time from sums that were kept."""
    options = representations.RepresentationOptions(
        view="between",
        measures=("procrustes", *names.HELD_OUT_MEASURES, "mutual_knn"),
        stages=("conv1",),
        moments_dir=str(tmp_path),
    )
    table, again = (representations.run(tiny_runs, options) for _ in range(2))
    assert len(list(tmp_path.iterdir())) == 1
    assert table.equals(again)
    of = table.set_index("measure")
    assert (of["value"] > of[["chance", "layout"]].max(axis=1)).all()
    assert (of["low"] < of["value"]).all() and (of["high"] > of["value"]).all()
    found, fitted = (
        of["value"]["procrustes_held_out"],
        of["value"]["procrustes"],
    )
    assert 0 < found < fitted
    # Ten neighbours among 59 others, by chance.
    assert abs(of["chance"]["mutual_knn"] - 10 / 59) < 0.06
    # conv1 has 32 channels.
    ranks = table[["effective_rank_x", "effective_rank_y"]]
    assert ((ranks > 1) & (ranks < 32)).all(axis=None)
