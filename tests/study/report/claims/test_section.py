"""The section of claims of a study that was never trained."""

import dataclasses
import math
import shlex
import shutil

import pandas as pd

from transfusion_tf import tables
from transfusion_tf.reporting.html import page
from transfusion_tf.study import grid
from transfusion_tf.study.report import context as contexts
from transfusion_tf.study.report.claims import (
    additions,
    evidence,
    gather,
    rules,
    section,
)
from transfusion_tf.study.spec import StudyConfig


def gathered(study_dir, output_dir):
    """The Context of a study, its report elsewhere."""
    found = contexts.gather(study_dir, output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    return found


def test_claims_of_a_study(tiny_study, tmp_path):
    context = gathered(tiny_study, tmp_path)
    made = section.section(context)
    table = tables.read(tmp_path / "claims.csv").set_index("key")
    judged = table["these_data"]
    # The pretrained arm of this study is better by far.
    assert judged["little_for_small"] == "disagrees"
    assert judged["small_as_good"] == "not asked"
    assert table["numbers"]["little_for_small"].startswith(
        "cbr_tiny pretrained textures minus cbr_tiny random: +"
    )
    (shown,) = (b for b in made.blocks if isinstance(b, page.Table))
    asked = table[judged != "not asked"]
    assert [row[0] for row in shown.rows] == list(asked["claim"])
    folded = next(b for b in made.blocks if isinstance(b, page.Details))
    others, *commands = folded.blocks
    assert len(others.rows) + len(shown.rows) == len(table)
    by_claim = {row[0]: row for row in others.rows}
    row = by_claim[table["claim"]["pretraining_helps"]]
    assert row[3] == "Raghu et al. 2019, Table 1"
    wanted = set(table["command"]) - {""}
    assert {block.command for block in commands} == wanted
    assert len(tables.read(tmp_path / "claim_comparisons.csv")) == 0


def test_commands_only_add_to_the_study(tiny_study, tmp_path):
    context = gathered(tiny_study, tmp_path)
    found, _ = gather.of_context(context)
    before = {cell.name for cell in grid.cells(context.config)[0]}
    for name, rule in rules.RULES.items():
        changes = rule.adds(context.config, found.arms)
        assert bool(changes) == (name != "not_measured")
        changed = dataclasses.replace(context.config, **changes)
        assert before <= {cell.name for cell in grid.cells(changed)[0]}


def test_commands_are_those_of_the_changed_study(tiny_study, tmp_path):
    context = gathered(tiny_study, tmp_path)
    section.section(context)
    table = tables.read(tmp_path / "claims.csv").set_index("key")
    text = table["command"]["mean_var_sooner"]
    words = shlex.split(text.replace("\\\n", " "))
    assert words[:2] == ["python", "run_scripts/run_study.py"]
    flags = dict(word.removeprefix("--").split("=", 1) for word in words[2:])
    assert flags.pop("study_dir") == str(tiny_study)
    changed = dataclasses.replace(
        context.config, inits=("random", "pretrained", "mean_var")
    )
    settings = {
        name: type(value)(flags.pop(name))
        for name, value in context.config.settings.items()
        if name in flags
    }
    own = {**flags, **settings, "seeds": int(flags["seeds"])}
    assert StudyConfig.from_values(own) == changed


def test_a_file_is_not_tried_by_networks_that_are_added(tiny_study, tmp_path):
    context = gathered(tiny_study, tmp_path)
    (source,) = context.config.weights
    changes = additions.models("resnet50")(context.config, ())
    assert changes["weights"] == (f"cbr_tiny:{source}", "resnet50:imagenet")


def test_differences_that_were_not_planned_are_made(tiny_study, tmp_path):
    context = gathered(tiny_study, tmp_path)
    unplanned = dataclasses.replace(
        context, comparisons=context.comparisons.iloc[:0]
    )
    found, note = gather.of_context(unplanned)
    assert not note
    made = tables.read(tmp_path / "claim_comparisons.csv")
    # There is one, and it is the one that the study had planned.
    pd.testing.assert_frame_equal(made, context.comparisons)
    ((arm, other),) = evidence.wanted_pairs(found.arms)
    assert found.pair(arm, other)["difference"] > 0


def test_lost_predictions_are_said(tiny_study, tmp_path):
    context = gathered(tiny_study, tmp_path / "report")
    for root in context.runs:
        copied = tmp_path / root.name
        copied.mkdir()
        shutil.copy(root / "config.json", copied)
    lost = dataclasses.replace(
        context,
        runs=tuple(tmp_path / root.name for root in context.runs),
        comparisons=context.comparisons.iloc[:0],
    )
    made = section.section(lost)
    (note,) = (b for b in made.blocks if isinstance(b, page.Bullets))
    assert "no predictions of test" in note.items[0]
    table = tables.read(context.output_dir / "claims.csv")
    assert set(table["these_data"]) == {"not asked"}


def test_one_arm_asks_nothing(tiny_study, tmp_path):
    context = gathered(tiny_study, tmp_path)
    alone = dataclasses.replace(
        context,
        runs=context.runs[:1],
        comparisons=context.comparisons.iloc[:0],
    )
    section.section(alone)
    table = tables.read(tmp_path / "claims.csv")
    assert set(table["these_data"]) == {"not asked"}


def test_undefined_aucs_cannot_tell(tiny_study, tmp_path):
    context = gathered(tiny_study, tmp_path)
    undefined = context.comparisons.assign(
        verdict="cannot_tell",
        **dict.fromkeys(
            ("difference", "low", "high", "low_90", "high_90", "p_adjusted"),
            math.nan,
        ),
    )
    section.section(dataclasses.replace(context, comparisons=undefined))
    table = tables.read(tmp_path / "claims.csv").set_index("key")
    assert table["these_data"]["little_for_small"] == "cannot tell"
    assert table["numbers"]["little_for_small"].endswith("random: n/a")
