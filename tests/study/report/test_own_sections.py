"""What the sections on open questions, warnings, data and audit say."""

import dataclasses
import re

import pytest

from transfusion_tf import tables
from transfusion_tf.reporting.html import page
from transfusion_tf.study.report import context
from transfusion_tf.study.report.findings import (
    counts,
    undecided,
    verdicts,
    warnings,
)
from transfusion_tf.study.report.records import audit, data


@pytest.fixture
def gather(tmp_path):
    """The Context of a study, with an output directory of the test's own."""

    def gathered(study):
        return context.gather(study, tmp_path)

    return gathered


def texts(blocks):
    """All texts of blocks in one."""
    found = []
    for block in blocks:
        for field in dataclasses.fields(block):
            value = getattr(block, field.name)
            nested = field.name == "blocks"
            found.append(texts(value) if nested else str(value))
    return " ".join(found)


def with_rows(gathered, **changes):
    """A Context whose one comparison cannot tell, with these values."""
    (row,) = gathered.verdict["comparisons"]
    settled = changes.pop("would_settle")
    row = {
        **row,
        "verdict": "cannot_tell",
        "would_settle": settled,
        **changes,
    }
    verdict = {**gathered.verdict, "comparisons": [row]}
    return dataclasses.replace(gathered, verdict=verdict)


@pytest.mark.parametrize(
    "changes, table, flag",
    [
        ({"seeds": [7, 12], "patients": [40, None]}, "7 to 12", "--seeds=7"),
        ({"seeds": [2, 2], "patients": [None, None]}, "2", "--seeds=3"),
        ({"seeds": [None, None], "patients": [40, 90]}, "out of reach", None),
    ],
)
def test_what_would_settle_a_comparison(
    gather, study_of_kind, changes, table, flag
):
    found = with_rows(gather(study_of_kind("ordinal")), would_settle=changes)
    blocks = undecided.section(found).blocks
    (row,) = blocks[1].rows
    assert row[4] == table and row[3] == "3 and 3"
    if flag is None:
        assert "More seeds would settle none of them" in blocks[2].text
        assert row[6] == "40 to 90"
    else:
        command = blocks[2].command
        assert flag in command and str(found.study.root) in command
        assert command.startswith("python run_scripts/run_study.py")


def test_one_seed_does_not_tell_how_many_are_needed(gather, study_of_kind):
    found = with_rows(
        gather(study_of_kind("one_seed")),
        would_settle={"seeds": [None, None], "patients": [40, 90]},
    )
    blocks = undecided.section(found).blocks
    assert blocks[1].rows[0][4] == "not known from one seed"
    assert "--seeds=5" in blocks[2].command


def test_undefined_aucs_and_nothing_open(gather, study_of_kind):
    blocks = undecided.section(gather(study_of_kind("undefined_aucs"))).blocks
    assert "no positive image among 40" in texts(blocks)
    for kind, said in (
        ("ordinal", "Every planned comparison has an answer."),
        ("no_comparison", "Nothing was compared, so nothing is open."),
    ):
        (block,) = undecided.section(gather(study_of_kind(kind))).blocks
        assert block.text == said


def test_nothing_compared_names_the_command(gather, study_of_kind):
    for kind, flag in (
        ("no_comparison", "--inits=random,pretrained"),
        ("failed_arm", "--seeds=3"),
    ):
        blocks = verdicts.section(gather(study_of_kind(kind))).blocks
        (missing,) = [b for b in blocks if isinstance(b, page.Missing)]
        assert flag in missing.command


def test_counts(gather, study_of_kind):
    found = counts.of_context(gather(study_of_kind("failed_arm")))
    assert found["runs"] == 6 and found["runs failed"] == 3
    assert found["runs compared"] == 3 and found["comparisons"] == 0
    found = counts.of_context(gather(study_of_kind("ordinal")))
    assert found["comparisons better"] == found["comparisons"] == 1


def test_warnings_of_runs_are_counted(gather, study_of_kind, tmp_path):
    section = warnings.section(gather(study_of_kind("undefined_aucs")))
    table = tables.read(tmp_path / warnings.NAME)
    of_runs = table[table["about"] == "run"]
    assert set(of_runs["num_runs"]) == {6}
    said = texts(section.blocks)
    assert "AUC of sick on test: no positive image among 40" in said
    assert "those of the last step" in said and "(6 of 6 runs)" in said


def test_what_is_left_out_is_listed(gather, study_of_kind):
    said = texts(warnings.section(gather(study_of_kind("failed_arm"))).blocks)
    assert "3 of 6 runs failed" in said and "failed (no memory)" in said


def test_learning_rates_at_the_edge(gather, make_study, tmp_path):
    root = make_study(values={"learning_rates": "1e-2,1e-3,1e-4", "seeds": 1})
    section = warnings.section(gather(root))
    (table,) = [b for b in section.blocks if isinstance(b, page.Table)]
    # All rates do as well; the lowest is chosen.
    assert [row[1:] for row in table.rows] == [
        ("0.0001", row[2], "0.0001 0.001 0.01", "lowest") for row in table.rows
    ]
    rates = tables.read(tmp_path / warnings.RATES_NAME)
    assert set(rates["edge"]) == {"lowest"}


def test_data_are_those_of_the_card(gather, tiny_study, tmp_path):
    section = data.section(gather(tiny_study))
    (table,) = [b for b in section.blocks if isinstance(b, page.Table)]
    assert table.headings == ("class", "train", "val", "test")
    assert table.rows[-1] == ("all", "40", "20", "40")
    rows = tables.read(tmp_path / data.NAME)
    counted = rows[rows["class"] != data.ALL].groupby("split")["num_images"]
    assert dict(counted.sum()) == {"train": 40, "val": 20, "test": 40}
    said = texts(section.blocks)
    assert "No patient is in more than one split." in said
    assert "Patients in test: 20." in said


def test_records_that_are_gone(gather, study_of_kind):
    found = gather(study_of_kind("ordinal"))
    for module in (data, audit):
        (block,) = module.section(found).blocks
        assert isinstance(block, page.Missing)
        assert re.match("There are no records of .*gone any more", block.why)


def test_the_audit_shows_pairs_across_splits(gather, tiny_study, tmp_path):
    section = audit.section(gather(tiny_study))
    (figure,) = [b for b in section.blocks if isinstance(b, page.Figure)]
    rows = tables.read(tmp_path / audit.NAME).set_index(["kind", "splits"])
    across = rows["num_pairs"]["near", audit.ACROSS]
    # The one that small_records has made.
    assert across >= 1 and rows["num_pairs"]["exact", audit.ALL] == 0
    assert f"{across} pairs look alike across splits" in figure.sentence
    assert (tmp_path / "audit.png").read_bytes()[:4] == b"\x89PNG"
    assert (tmp_path / "audit.pdf").read_bytes()[:4] == b"%PDF"


def test_sums_of_pairs():
    rows = audit.rows_of(
        {"exact_pairs": {"train-train": 3}, "near_pairs": {"train-test": 2}}
    )
    assert [tuple(row.values()) for row in rows] == [
        ("exact", "train-train", 3),
        ("exact", "across splits", 0),
        ("exact", "all", 3),
        ("near", "train-test", 2),
        ("near", "across splits", 2),
        ("near", "all", 2),
    ]
