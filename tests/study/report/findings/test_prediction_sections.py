"""Sections on predictions, sizes and convergence, on studies of each kind."""

import shlex

import pytest

from tests.study.report import small_studies
from transfusion_tf import tables
from transfusion_tf.reporting import reading
from transfusion_tf.reporting.figures import style
from transfusion_tf.reporting.html import page
from transfusion_tf.study import spec
from transfusion_tf.study.report import commands, context
from transfusion_tf.study.report.findings import (
    aucs,
    convergence,
    errors,
    probabilities,
    sizes,
    subgroup_aucs,
)


@pytest.fixture(autouse=True)
def quick_pictures(monkeypatch):
    """Draws pictures and saves none of them, which is what takes long."""

    def touch(figure, path):
        path.write_bytes(b"picture")

    monkeypatch.setattr(style, "_draw", touch)


@pytest.fixture
def gather(tmp_path):
    def get(root):
        found = context.gather(root, tmp_path / "report")
        found.output_dir.mkdir(exist_ok=True)
        return found

    return get


def blocks(section, kind):
    return [block for block in section.blocks if isinstance(block, kind)]


def values(command):
    """{flag: value} of a command on several lines."""
    words = shlex.split(command.replace("\\\n", " "))[2:]
    return dict(word.removeprefix("--").split("=", 1) for word in words)


def test_aucs_of_a_study(gather, tiny_study):
    about = gather(tiny_study)
    section = aucs.section(about)
    (table,) = blocks(section, page.Table)
    assert [row[0] for row in table.rows] == list(about.arms["arm"])
    assert table.rows[1][1].startswith(f"{about.arms['value'][1]:.3f} [")
    (figure,) = blocks(section, page.Figure)
    assert figure.reading == reading.READING["arm_aucs"]
    for suffix in ("png", "pdf"):
        assert (about.output_dir / f"arm_aucs.{suffix}").is_file()
    assert len(tables.read(about.output_dir / "auc.csv")) == 6


def test_each_threshold_has_a_row(gather, study_of_kind):
    section = aucs.section(gather(study_of_kind("ordinal")))
    _, by_auc = blocks(section, page.Table)
    assert [row[0] for row in by_auc.rows] == [">=mild", ">=severe", "mean"]
    assert by_auc.headings[1:] == (
        "cbr_tiny random",
        "cbr_tiny pretrained textures",
    )


def test_undefined_aucs_are_missing_with_the_reason(gather, study_of_kind):
    about = gather(study_of_kind("undefined_aucs"))
    for make in (aucs.section, subgroup_aucs.section, probabilities.section):
        assert blocks(make(about), page.Missing)
    (missing,) = blocks(aucs.section(about), page.Missing)
    assert "no positive image" in missing.why


def test_a_command_that_adds_a_size_is_that_of_the_study(gather, tiny_study):
    about = gather(tiny_study)
    (missing,) = sizes.by_training_images(about).blocks
    given = values(missing.command)
    assert given.pop("study_dir") == str(tiny_study)
    assert given.pop("train_sizes") == "20,all"  # Of 40 training images.
    for flag in ("seeds", "steps", "eval_every", "image_size"):
        given[flag] = int(given.get(flag, 3))
    given["learning_rates"] = [float(given["learning_rates"])]
    asked = spec.StudyConfig.from_values(given)
    assert asked.to_json() == about.config.to_json()


def test_a_command_for_a_study_without_a_source(gather, study_of_kind):
    about = gather(study_of_kind("no_comparison"))
    (missing,) = blocks(convergence.section(about), page.Missing)
    given = values(missing.command)
    assert given["inits"] == (
        "random,transfusion:conv1,transfusion:conv2,transfusion:conv3,"
        "pretrained"
    )
    bare = context.dataclasses.replace(
        about, config=spec.StudyConfig.from_values({"inits": "random"})
    )
    assert commands.a_source(bare) == {"source_dataset": "synthetic_textures"}


@pytest.mark.parametrize(
    "values, is_lacking",
    [
        ({"weights": "cbr_tiny:runs/a"}, True),  # cbr_small has none.
        ({"weights": "cbr_tiny:runs/a,cbr_small:runs/b"}, False),
        ({"weights": "runs/a"}, False),
        ({"weights": "imagenet"}, True),  # No CBR has such weights.
        ({"source_dataset": "synthetic_textures"}, False),
    ],
)
def test_a_source_for_networks_that_have_none(
    gather, study_of_kind, values, is_lacking
):
    config = spec.StudyConfig.from_values(
        {"models": "cbr_tiny,cbr_small", "inits": "random,pretrained", **values}
    )
    about = context.dataclasses.replace(
        gather(study_of_kind("no_comparison")), config=config
    )
    expected = {"source_dataset": "synthetic_textures"} if is_lacking else {}
    assert commands.a_source(about) == expected


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """Two networks, two sizes, one of the starts by transfusion."""
    return small_studies.make(
        tmp_path_factory.mktemp("wide") / "study",
        values={
            "models": "cbr_tiny,cbr_small",
            "inits": "random,transfusion:conv2,pretrained",
            "train_sizes": "20,all",
            "seeds": 2,
        },
    )


def test_sizes_networks_and_stages(gather, wide):
    about = gather(wide)
    (figure,) = blocks(sizes.by_training_images(about), page.Figure)
    assert "at 20 training images" in figure.sentence
    (table,) = blocks(sizes.by_training_images(about), page.Table)
    verdicts = {row[-1] for row in table.rows} - {""}
    assert verdicts and verdicts <= table.marks.keys()
    section = sizes.by_network(about)
    (figure,) = blocks(section, page.Figure)
    assert figure.sentence.startswith("The best, cbr_")
    table = tables.read(about.output_dir / "network_sizes.csv")
    assert not table["arm"].str.contains("train_size").any() and len(table) == 6
    names = [f.name for f in blocks(convergence.section(about), page.Figure)]
    assert names == ["convergence", "convergence_stages"]
    found = tables.read(about.output_dir / "convergence.csv")
    assert set(found["arm"]) == set(about.arms["arm"])


def test_probabilities_are_those_of_the_largest_size(gather, wide):
    about = gather(wide)
    section = probabilities.section(about)
    text, *_ = blocks(section, page.Text)
    assert text.text == "Arms that were trained on all training images."
    assert [f.name for f in blocks(section, page.Figure)] == [
        "calibration_bins_cbr_tiny",
        "curves_cbr_tiny",
        "calibration_bins_cbr_small",
        "curves_cbr_small",
    ]
    by_arm = tables.read(about.output_dir / "arm_scores.csv")
    assert by_arm["arm"].str.endswith("train_size=all").all()


def test_subgroups_by_a_column_of_the_records(gather, tiny_study):
    about = gather(tiny_study)
    section = subgroup_aucs.section(about)
    (figure,) = blocks(section, page.Figure)
    assert "sex=" in figure.sentence
    found = tables.read(about.output_dir / "subgroups.csv")
    assert set(found["group"]) == {"all images", "f", "m"}
    (text,) = blocks(section, page.Text)
    assert text.text == "Of each arm one run: seed 0. Groups by sex."


def test_records_without_columns(gather, study_of_kind):
    (missing,) = subgroup_aucs.section(gather(study_of_kind("ordinal"))).blocks
    assert "--extra_columns=sex,site" in missing.command


@pytest.mark.parametrize(
    "kind, text",
    [
        ("folds", "Of each arm seeds 0, 1, 2, fold 1."),
        ("one_seed", "Of each arm seed 0."),
        ("failed_arm", "Of each arm seeds 0, 1, 2."),
        ("multilabel", "Of each arm seeds 0, 1, 2."),
    ],
)
def test_which_errors_are_compared(gather, study_of_kind, kind, text):
    section = errors.section(gather(study_of_kind(kind)))
    assert blocks(section, page.Text)[0].text == text
    agreement, by_class = blocks(section, page.Figure)
    assert "kappa of errors" in agreement.sentence
    assert by_class.name == "disagreement_by_class"


def test_a_run_alone_agrees_with_none(gather, make_study):
    root = make_study(values={"inits": "random", "seeds": 1})
    (missing,) = errors.section(gather(root)).blocks
    assert "it takes two runs" in missing.why
    assert values(missing.command)["seeds"] == "3"


def test_the_aucs_are_those_that_the_study_compares(gather, make_study):
    values = {"select_threshold": 2, "seeds": 1}
    about = gather(make_study(task="ordinal", values=values))
    (figure,) = blocks(aucs.section(about), page.Figure)
    best = about.arms.loc[about.arms["value"].idxmax()]
    assert "AUC of >=severe is highest in" in figure.sentence
    assert f"{best['arm']}: {best['value']:.3f}" in figure.sentence
