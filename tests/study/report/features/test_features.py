"""Sections of features and filters, from tables that others have made."""

import numpy as np
import pandas as pd
import pytest

from tests.reporting.figures import view_tables
from tests.study.report import small_records
from transfusion_tf import tables
from transfusion_tf.analysis import comparison, representations
from transfusion_tf.analysis.filters import changes
from transfusion_tf.analysis.filters import tables as filter_tables
from transfusion_tf.data import records
from transfusion_tf.reporting.figures import style
from transfusion_tf.reporting.html import page
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.study.report import context as contexts
from transfusion_tf.study.report.features import (
    feature_gain,
    feature_tables,
    first_filters,
    network_runs,
)
from transfusion_tf.study.report.features import section as features


def table(view):
    """The made table of a view."""
    return pd.DataFrame(view_tables.TABLES[view]).assign(view=view, note="")


@pytest.fixture
def asked(monkeypatch):
    """The views that were asked for; none is computed."""
    views = []

    def run_views(runs, options, names):
        views.extend(names)
        return {name: table(name) for name in names}

    def run(runs, options):
        views.append(options.view)
        return table(options.view)

    monkeypatch.setattr(representations, "run_views", run_views)
    monkeypatch.setattr(representations, "run", run)
    return views


@pytest.fixture(autouse=True)
def _quick_files(monkeypatch):
    """Figures are made but not rendered, which would take most of the time."""

    def save(figure, path):
        assert figure.axes
        for suffix in (".png", ".pdf"):
            path.with_name(path.name + suffix).write_bytes(b"drawn")

    monkeypatch.setattr(style, "save_with_pdf", save)


@pytest.fixture
def context(tmp_path):
    """context(study): its Context, with a directory of the test's own."""

    def get(study):
        return contexts.gather(study, tmp_path / "report")

    return get


@pytest.fixture(autouse=True)
def widest(monkeypatch):
    """widest(channels): sets the width of the widest stage, else 256."""

    def set_to(channels):
        monkeypatch.setattr(feature_tables, "_widest", lambda path: channels)

    set_to(256)
    return set_to


def of_kind(section, kind):
    return [block for block in section.blocks if isinstance(block, kind)]


def test_a_figure_a_view_and_what_is_missing(asked, context, tiny_study):
    of_study = context(tiny_study)
    section = features.section(of_study)
    names = [figure.name for figure in of_kind(section, page.Figure)]
    assert names == [
        "between_cbr_tiny",
        "before_after_cbr_tiny",
        "start_against_end_cbr_tiny",
        "reuse_cbr_tiny",
    ]
    gain, hybrids = of_kind(section, page.Missing)
    assert gain.title.endswith("what was gained: cbr_tiny")
    assert "--seeds=4" in gain.command
    assert "--inits=random,pretrained,transfusion:conv1,gabor" in (
        hybrids.command
    )
    for figure in of_kind(section, page.Figure):
        for name in (*figure.files, f"{figure.name}.png", f"{figure.name}.pdf"):
            assert (of_study.output_dir / name).stat().st_size > 0
        assert figure.sentence.endswith(".") and figure.alt
    # The second report reads what the first has made.
    assert len(asked) == 4
    assert features.section(of_study) == section
    assert len(asked) == 4


def test_gain_of_each_run_from_a_source(context, monkeypatch, tiny_study):
    of_study = context(tiny_study)
    (network,) = network_runs.of_networks(of_study)

    def run(runs, options):
        assert (options.view, options.checkpoint) == ("before_after", "best")
        rows = []
        for place, path in enumerate(runs):
            best = RunDir(path).read_metrics()["best_step"]
            rows += view_tables.rows(
                path.name,
                path.name,
                view_tables.falling(0.6 + 0.05 * place),
                other_step=best,
                measures=["svcca"],
            )
        return pd.DataFrame(rows).assign(view="before_after", note="")

    monkeypatch.setattr(representations, "run", run)
    monkeypatch.setattr(feature_gain, "MIN_CLUSTERS", 3)
    (figure,) = feature_gain.blocks(of_study, network)
    assert figure.name == "gain_cbr_tiny"
    # A correlation takes four seeds.
    assert figure.sentence.startswith("No coefficient: Not defined: 3 clusters")
    points = tables.read(of_study.output_dir / "gain_points_cbr_tiny.csv")
    assert len(points) == 3 * len(view_tables.STAGES)
    assert set(points["model"]) == {"cbr_tiny"}
    assert set(figure.files) <= {
        path.name for path in of_study.output_dir.iterdir()
    }


def test_of_wide_networks_channels_are_drawn(context, tiny_study, widest):
    of_study = context(tiny_study)
    whole = feature_tables.options(of_study, [None], groups=1)
    assert (whole.channels, whole.groups) == (None, 1)
    # The test split of the study has fewer than the 300 that are compared.
    assert whole.max_images == of_study.card.num_examples["test"] < 300
    widest(2048)
    drawn = feature_tables.options(of_study, [None], groups=1)
    assert (drawn.channels, drawn.max_points, drawn.repeats) == (64, 10_000, 5)


def test_patients_of_the_images_that_are_compared(tiny_records):
    images = comparison.ComparisonImages(
        records.open_records(tiny_records),
        "test",
        image_size=small_records.IMAGE_SIZE,
        max_images=7,
        batch_size=4,
    )
    first = small_records.read_split(tiny_records, "test").patients[:7]
    assert images.num_patients() == len(set(first))


@pytest.mark.parametrize(
    "kind", ["one_seed", "failed_arm", "missing_runs", "folds", "no_comparison"]
)
def test_records_that_are_gone(context, kind, study_of_kind):
    section = features.section(context(study_of_kind(kind)))
    assert not of_kind(section, page.Figure)
    missing = of_kind(section, page.Missing)
    assert missing and all(block.why for block in missing)


def test_what_cannot_be_compared_is_said(
    asked, context, monkeypatch, tiny_study
):
    def diverged(*args):
        raise ValueError("Activations of conv1 of seed0 are not finite.")

    monkeypatch.setattr(representations, "run_views", diverged)
    section = features.section(context(tiny_study))
    first = of_kind(section, page.Missing)[0]
    assert first.why == "Activations of conv1 of seed0 are not finite."
    # The other figures are there.
    assert len(of_kind(section, page.Figure)) == 1


def test_filters_of_one_run_a_start(context, monkeypatch, tiny_study):
    received = []

    def run(runs, *, num_scrambles):
        received.extend(run.name for run in runs)
        return small_filters(received)

    monkeypatch.setattr(filter_tables, "run", run)
    section = first_filters.section(context(tiny_study))
    assert len(received) == 2 and all("seed0" in name for name in received)
    figure, details, missing = section.blocks
    assert figure.name == "filters_cbr_tiny"
    assert "for random (1 run)" in figure.sentence
    assert details.blocks[0].name == "filters_channels_cbr_tiny"
    assert missing.why == "None could be fitted: kernel 3x3 is too small"


def test_filters_without_the_first_weights(context, study_of_kind):
    section = first_filters.section(context(study_of_kind("one_seed")))
    (missing,) = section.blocks
    assert "--keep=initial,best,last,snapshots" in missing.command


def small_filters(runs):
    """The tables of filters of 3x3 kernels with two filters."""
    rng = np.random.default_rng(0)
    kernels, filters = [], []
    for run in runs:
        steps = {step: rng.normal(size=(3, 3, 3, 2)) for step in (0, 4)}
        changed = changes.changes(*steps.values(), run=run)
        filters += [
            {**row, "model": "cbr_tiny", "dataset": "lungs"} for row in changed
        ]
        for step, kernel in steps.items():
            kernels += changes.kernel_rows(kernel, changed, step=step)
    counts = [
        {
            "run": run,
            "num_gabor_like": None,
            "expected_by_chance": None,
            "note": "kernel 3x3 is too small",
        }
        for run in runs
        for _ in range(2)
    ]
    return {
        "filters": pd.DataFrame(filters),
        "filter_kernels": pd.DataFrame(kernels),
        "gabor_counts": pd.DataFrame(counts).astype(
            {"num_gabor_like": float, "expected_by_chance": float}
        ),
        "gabor_fits": pd.DataFrame({"r_squared": [float("nan")]}),
        "gabor_scrambled": pd.DataFrame({"r_squared": [float("nan")]}),
    }
