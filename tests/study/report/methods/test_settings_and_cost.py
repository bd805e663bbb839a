"""Settings, versions, cost, methods and checklists of untrained studies."""

import dataclasses
import json
import math
import pathlib
import shutil

import pytest

from transfusion_tf import tables
from transfusion_tf.reporting.html import page
from transfusion_tf.reporting.published import checklists as published
from transfusion_tf.study.report import context as contexts
from transfusion_tf.study.report.methods import (
    arm_facts,
    checklist_answers,
    checklists,
    cost,
    settings,
)
from transfusion_tf.study.report.methods import section as methods


@pytest.fixture
def gathered(tmp_path):
    """gathered(study_dir): its Context, with a directory for the report."""

    def gather(study_dir):
        found = contexts.gather(study_dir, tmp_path / "report")
        found.output_dir.mkdir()
        return found

    return gather


def test_cost_of_arms(tiny_study, gathered):
    context = gathered(tiny_study)
    cost.section(context)
    table = tables.read(context.output_dir / "cost.csv")
    assert list(table["arm"]) == list(context.arms["arm"])
    # Two seconds a step, four steps, three seeds.
    assert set(table["seconds_per_run"]) == {8.0}
    assert set(table["seconds_total"]) == {24.0}
    # 25 * (3*32 + 32*64 + 64*128 + 128*256) kernels, 4 numbers a channel of
    # batch norm, and a head of two outputs.
    assert set(table["parameters"]) == {1077600 + 4 * 480 + 2 * 257}
    first = pathlib.Path(context.runs[0]).parent
    sizes = [f.stat().st_size for f in first.rglob("*") if f.is_file()]
    assert table["megabytes"].sum() == pytest.approx(sum(sizes) / 1e6)


def test_settings_that_were_given_are_marked(tiny_study, gathered):
    context = gathered(tiny_study)
    made = settings.section(context)
    table = tables.read_text(context.output_dir / "settings.csv")
    flags = table[table["of"] == "setting"].set_index("name")
    assert flags["value"]["steps"] == "4"
    changed = set(flags.index[flags["is_default"] == "no"])
    assert changed == {
        *("dataset", "weights", "seeds", "learning_rates"),
        *("image_size", "steps", "eval_every"),
    }
    others = table[table["of"] != "setting"].set_index("name")["value"]
    assert others["oneDNN"] == "on" and others["devices"] == "CPU"
    assert others["format of the study"] == "1"
    kinds = [type(block) for block in made.blocks]
    assert page.Bullets not in kinds


def test_runs_of_several_versions_are_warned_of(tiny_study, gathered, tmp_path):
    context = gathered(tiny_study)
    for root in context.runs:
        (tmp_path / root.name).mkdir()
        shutil.copy(root / "config.json", tmp_path / root.name)
    path = tmp_path / context.runs[0].name / "config.json"
    record = json.loads(path.read_text())
    record["parts"][0]["packages"]["tensorflow"] = "1.0"
    record["parts"][0]["onednn"] = False
    path.write_text(json.dumps(record))
    runs = tuple(tmp_path / root.name for root in context.runs)
    made = settings.section(dataclasses.replace(context, runs=runs))
    (warnings,) = (b for b in made.blocks if isinstance(b, page.Bullets))
    assert warnings.kind == "warning"
    first, second = warnings.items
    assert "tensorflow 1.0; " in first and "oneDNN off; on" in second


def test_methods(tiny_study, gathered):
    context = gathered(tiny_study)
    methods.section(context)
    text = (context.output_dir / "methods.txt").read_text()
    for part in (
        "classification into 2 classes (healthy, sick)",
        "Of 100 images there are 40 for training, 20 for validation and 40 for",
        "No patient is in two splits; test images are of 20 patients.",
        "cbr_tiny (1,080,034 parameters)",
        "file textures, SHA-256 555555555555",
        "adam (schedule cosine, 32 images a step) for 4 steps",
        "The learning rate was 0.001 for all arms.",
        "trained with 3 seeds",
        "AUC of sick on test",
        "Obuchowski (1997)",
        "There was one planned comparison.",
        "within a margin of 0.01",
        f"tensorflow {_packages(context)['tensorflow']}",
    ):
        assert part in text, part


def _packages(context):
    about = json.loads((context.runs[0] / "config.json").read_text())
    return about["parts"][0]["packages"]


@pytest.mark.parametrize(
    "changes, parts",
    [
        (
            {"num_folds": 2},
            (
                "All images were cut into 2 folds",
                "with 3 seeds in each of 2 folds",
                "LeDell et al. 2015",
            ),
        ),
        (
            {"learning_rates": (1e-3, 1e-4)},
            ("Learning rates of 0.001 and 0.0001 were tried; for each arm",),
        ),
        (
            {"train_sizes": ("20", "all")},
            ("numbers of training images were 20 and all, nested",),
        ),
        ({"margin": 0.05}, ("within a margin of 0.05",)),
    ],
)
def test_methods_of_other_settings(tiny_study, gathered, changes, parts):
    context = gathered(tiny_study)
    config = dataclasses.replace(context.config, **changes)
    made = methods.section(dataclasses.replace(context, config=config))
    for part in parts:
        assert part in made.blocks[-1].text


@pytest.mark.parametrize(
    "task, parts",
    [
        (
            "multilabel",
            ("detection of 2 findings", "2 labels, mean over 2 fol"),
        ),
        ("ordinal", ("ordered scale of 2 grades", "2 thresholds of grade, ")),
    ],
)
def test_methods_of_other_tasks(tiny_study, gathered, task, parts):
    context = gathered(tiny_study)
    arms = context.arms.assign(metric="mean AUC of 2, mean over 2 folds")
    comparisons = context.comparisons.iloc[:0]
    changed = dataclasses.replace(context, arms=arms, comparisons=comparisons)
    facts = [
        dataclasses.replace(arm, data={**arm.data, "task": task})
        for arm in arm_facts.of_context(context)
    ]
    text = " ".join(methods.written(changed, facts))
    for part in (*parts, "No arms were compared."):
        assert part in text


def test_methods_without_patients_and_records(tiny_study, gathered):
    context = gathered(tiny_study)
    arms = context.arms.assign(num_patients=math.nan)
    made = methods.section(
        dataclasses.replace(context, arms=arms, records=None)
    )
    text = made.blocks[-1].text
    assert "over images is that of DeLong et al. (1988)" in text
    assert "splits" not in text


def test_checklists(tiny_study, gathered):
    context = gathered(tiny_study)
    checklists.section(context)
    table = tables.read_text(context.output_dir / "checklists.csv")
    claim = table[table["checklist"] == "CLAIM 2024"].set_index("item")
    assert list(claim.index) == [str(number) for number in range(1, 45)]
    assert claim["filled_by"]["44"] == "authors"
    assert claim["text"]["44"] == ""
    assert claim["text"]["20"].startswith("Patients.")
    tripod = table[table["checklist"] == "TRIPOD+AI"].set_index("item")
    main = {item.rstrip("abcdefg") for item in tripod.index}
    assert main == {str(number) for number in range(1, 28)}
    assert "AUC of sick" in tripod["text"]["23a"]
    # What goes without the records goes without the data card as well.
    gone = dataclasses.replace(context, records=None)
    rows = checklists.rows(gone, arm_facts.of_context(context))
    by_item = {(row["checklist"], row["item"]): row for row in rows}
    assert by_item["CLAIM 2024", "19"]["filled_by"] == "authors"


def test_every_answer_is_asked_for():
    asked = {item.filled for item in published.ITEMS} - {None}
    assert asked == set(checklist_answers.ANSWERS)
