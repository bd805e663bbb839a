"""Calibration, operating points, and the curves that these are points of."""

import functools

import pandas as pd

from transfusion_tf.analysis import decision_table, probability_tables
from transfusion_tf.analysis.comparing import arm_scores
from transfusion_tf.reporting.figures import calibration, curves
from transfusion_tf.reporting.html import page
from transfusion_tf.reporting.sentences import predictions as sentences
from transfusion_tf.study.report import cells, kept_tables, pictures, scored

# Enough for the first two digits of an interval; all runs have several.
_NUM_RESAMPLES = 200
# Lines that are read in a picture: of more arms one seed each.
_SEEDS, _MOST_ARMS = 3, 3
_MOST_ROWS = 12  # Of a table; more are folded away.
_CALIBRATION = {
    "prevalence": "positives",
    "brier": "Brier",
    "brier_baseline": "Brier of the prevalence",
    "ece": "ECE",
    "slope": "slope",
    "average_precision": "average precision",
}
_POINTS = {
    f"{measure} at {given} {asked:g}": f"{measure} at {given} {asked:g}"
    for measure, given in (
        ("sensitivity", "specificity"),
        ("specificity", "sensitivity"),
    )
    for asked in probability_tables.ASKED
}
# {kind: (what it shows, function that draws it, that says it, alt)}.
_PICTURES = {
    "calibration_bins": (
        "Calibration",
        calibration.diagrams,
        sentences.calibration,
        "Share of positives by mean score of bins",
    ),
    "curves": (
        "ROC and precision-recall curves",
        curves.draw,
        sentences.curves,
        "Sensitivity against 1 - specificity and precision against recall",
    ),
}
# (measures, title, caption) of each.
_TABLES = (
    (
        _CALIBRATION,
        "Calibration of each arm",
        "What the scores are worth as probabilities: mean and range over the "
        "runs of an arm.",
    ),
    (
        _POINTS,
        "Operating points of each arm",
        "Operating points on test: mean and range over the runs of an arm. "
        "Thresholds are those of the test images themselves.",
    ),
)


def section(context):
    """The page.Section of probabilities, thresholds and curves."""
    runs = scored.load(context).at_largest_size()
    read = kept_tables.get(
        context,
        "probabilities",
        [run.root for run in runs.runs],
        {"arms": runs.arm_of, "num_resamples": _NUM_RESAMPLES},
        functools.partial(_tables, runs),
    )
    return page.Section(
        anchor="calibration",
        title="Calibration and operating points",
        blocks=(
            *scored.largest_size_text(context, runs),
            *(
                _table(read["arm_scores"], measures, title, caption)
                for measures, title, caption in _TABLES
            ),
            *_figures(context, runs, read),
            page.Text(
                text=page.joined(
                    "Intervals of each run: ",
                    page.link("calibration.csv", "calibration.csv"),
                    ", ",
                    page.link("operating_points.csv", "operating_points.csv"),
                    "; at thresholds that were chosen on val: ",
                    page.link("decisions.csv", "decisions.csv"),
                    ".",
                )
            ),
        ),
    )


def _tables(runs):
    """{stem: DataFrame} of all that the section rests on."""
    found = probability_tables.run(runs.runs, num_resamples=_NUM_RESAMPLES)
    by_arm = arm_scores.run(
        found["calibration"], found["operating_points"], runs.arm_of
    )
    return {
        **found,
        "arm_scores": by_arm,
        "decisions": decision_table.run(runs.runs),
    }


def _table(by_arm, measures, title, caption):
    """A row for each question and arm, a column for each measure."""
    wanted = by_arm[by_arm["measure"].isin(measures)]
    rows = [
        {
            "place": f"{of}: {arm}",
            **{row["measure"]: row for row in rows.to_dict("records")},
        }
        for of, of_question in wanted.groupby("auc_of", sort=False)
        for arm, rows in of_question.groupby("arm", sort=False)
    ]
    columns = [
        cells.Column(heading, lambda row, m=measure: cells.spread(row[m]), True)
        for measure, heading in measures.items()
    ]
    table = cells.table(
        rows,
        (cells.Column("AUC of: arm", "place"), *columns),
        caption=caption,
        files=("arm_scores.csv",),
    )
    if len(rows) <= _MOST_ROWS:
        return table
    return page.Details(title=title, blocks=(table,))


def _figures(context, runs, read):
    """Reliability diagrams and curves, of each network a picture."""
    for network in runs.networks:
        shown = runs.of_network(network)
        few = len(shown.by_arm) <= _MOST_ARMS
        shown = shown.of_first_seeds(_SEEDS if few else 1)
        of = {
            name: table[table["run"].isin(shown.arm_of)]
            for name, table in read.items()
            if "run" in table
        }
        for kind in _PICTURES:
            yield _picture(context, kind, network, shown, of)


def _picture(context, kind, network, shown, of):
    what, draw, say, alt = _PICTURES[kind]
    title = f"{what} of {network} ({shown.which})"
    why = _why_not(kind, of)
    if why:
        return page.Missing(title=title, why=why)
    questions = ", ".join(dict.fromkeys(of[kind]["auc_of"]))
    return pictures.write(
        context,
        pictures.of_network(kind, network),
        draw(of[kind], arms=shown.arm_of),
        kind=kind,
        title=title,
        sentence=say(of["calibration"], shown.arm_of),
        alt=f"{alt}, runs of {network}, for {questions}.",
        files=(f"{kind}.csv", "calibration.csv"),
    )


def _why_not(kind, of):
    """Why there is nothing to draw; None where there is."""
    if kind == "calibration_bins":
        has_scores = (of[kind]["count"] > 0).any()
        return None if has_scores else "No image has a score."
    if of[kind]["y"].notna().any():
        return None
    notes = [note for note in of["calibration"]["note"] if pd.notna(note)]
    return next((n for n in notes if n), "There is no curve to draw.")
