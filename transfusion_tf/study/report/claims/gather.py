"""Gathers the evidence of a study: arms, comparisons and tables."""

import json

import pandas as pd

from transfusion_tf import tables
from transfusion_tf.analysis import auc_table, error_agreement, gain
from transfusion_tf.analysis.comparing import arms as scored_arms
from transfusion_tf.analysis.comparing import (
    convergence,
    paired_table,
    stage_convergence,
)
from transfusion_tf.analysis.views import rows as view_rows
from transfusion_tf.runs import labels
from transfusion_tf.study.report.claims import evidence
from transfusion_tf.study.report.methods import arm_facts

PAIRS = "claim_comparisons"
# {stem of a table: columns that it must have}; other files may begin alike.
_TABLES = {
    "convergence": convergence.COLUMNS,
    "convergence_stages": stage_convergence.COLUMNS,
    "before_after": view_rows.COLUMNS,
    "between": view_rows.COLUMNS,
    "gain_correlations": gain.CORRELATION_COLUMNS,
    "agreement": error_agreement.COLUMNS,
}
# What evidence.Arm has attributes for, or what follows from these.
_KNOWN = {
    "model",
    "truncate_at",
    "slim_from",
    "slim_width",
    "bn_momentum",
    "input_scaling",
    "init",
    "through",
    "rest",
    "mean_var_biases",
    "source",
    "gabor_orientations",
    "gabor_wavelengths",
    "gabor_phases",
    "gabor_bandwidth",
    "gabor_color_fraction",
    "learning_rate",
    "train_size",
}


def of_context(context):
    """(Evidence of a study, a line where it lacks comparisons or "").

    Writes claim_comparisons.csv: the differences that claims ask for and that
    the study has not planned.

    Args:
      context: study.report.context.Context.
    """
    facts = arm_facts.of_context(context)
    found = tuple(map(_arm, facts))
    wanted = [
        (arm.name, other.name) for arm, other in evidence.wanted_pairs(found)
    ]
    planned = context.comparisons
    known = set(zip(planned["arm"], planned["reference"], strict=True))
    rows, note = [], ""
    missing = [pair for pair in wanted if pair not in known]
    if missing:
        try:
            rows = _compared(context, missing)
        except (FileNotFoundError, ValueError) as error:
            note = f"Differences that were not planned are missing: {error}"
    path = tables.write(
        context.output_dir / f"{PAIRS}.csv", rows, columns=paired_table.COLUMNS
    )
    further = tables.read(path)
    parts = [table for table in (planned, further) if len(table)]
    return (
        evidence.Evidence(
            arms=found,
            pairs=pd.concat(parts, ignore_index=True) if parts else further,
            tables=_tables(context.output_dir, found),
            margin=context.config.margin,
        ),
        note,
    )


def _arm(facts):
    model = facts.config.model
    stages = facts.stages()["stage"]
    others = {k: v for k, v in facts.settings.items() if k not in _KNOWN}
    return evidence.Arm(
        name=facts.name,
        model=model.name,
        truncate_at=model.truncate_at,
        parameters=facts.parameters,
        stages=tuple(stage for stage in stages if stage != "head"),
        scheme=facts.scheme,
        through=facts.config.init.through,
        rest=facts.config.init.rest,
        has_biases=facts.config.init.mean_var_biases,
        source=facts.source and labels.source_label(facts.source),
        train_size=facts.train_size,
        others=json.dumps(others, sort_keys=True),
        runs=facts.runs,
        num_images=facts.num_images,
    )


def _compared(context, pairs):
    """Rows of paired_table.COLUMNS of pairs of names of arms."""
    config = context.config
    grouped, _ = scored_arms.of_runs(
        auc_table.load(context.runs, "test"),
        free=("learning_rate",) if config.num_folds else (),
    )
    by_name = {arm.name: arm for arm in grouped}
    return paired_table.rows(
        [
            (by_name[first], by_name[second])
            for first, second in pairs
            if first in by_name and second in by_name
        ],
        margin=config.margin,
        threshold=config.settings.get("select_threshold"),
    )


def _tables(folder, arms):
    """{stem: DataFrame} of what other sections have written, if anything.

    Rows on arms and runs that are none of the study's, left there by an
    earlier report, do not count.
    """
    names = {arm.name for arm in arms}
    runs = {run for arm in arms for run in arm.runs}
    found = {}
    for stem, columns in _TABLES.items():
        paths = sorted(folder.glob(f"{stem}*.csv"))
        # Similarity is judged where training ended, not at the best step.
        paths = [p for p in paths if not p.name.startswith(f"{stem}_best")]
        parts = map(tables.read, paths)
        parts = [part for part in parts if set(columns) <= set(part)]
        if not parts:
            continue
        table = pd.concat(parts, ignore_index=True)
        for column, known in (
            ("arm", names),
            ("run", runs),
            ("other_run", runs),
        ):
            if column in table:
                table = table[table[column].isin(known)]
        found[stem] = table
    return found
