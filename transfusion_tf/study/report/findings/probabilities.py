"""Calibration, operating points, and the curves that these are points of."""

import pandas as pd

from transfusion_tf import tables
from transfusion_tf.analysis import decision_table, probability_tables
from transfusion_tf.analysis.comparing import arm_scores
from transfusion_tf.reporting.figures import calibration, curves
from transfusion_tf.reporting.html import page
from transfusion_tf.reporting.sentences import predictions as sentences
from transfusion_tf.study.report import cells, pictures, scored

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


def section(context):
    """The page.Section of probabilities, thresholds and curves."""
    runs = scored.load(context).at_largest_size()
    found = probability_tables.run(runs.runs)
    by_arm = arm_scores.run(
        found["calibration"], found["operating_points"], runs.arm_of
    )
    named = {
        **found,
        "arm_scores": by_arm,
        "decisions": decision_table.run(runs.runs),
    }
    paths = tables.write_all(context.output_dir, named)
    read = {path.stem: tables.read(path) for path in paths}
    return page.Section(
        anchor="calibration",
        title="Calibration and operating points",
        blocks=(
            *scored.largest_size_text(context, runs),
            _table(
                read["arm_scores"],
                _CALIBRATION,
                "Calibration of each arm",
                "What the scores are worth as probabilities: mean and range "
                "over the runs of an arm.",
            ),
            _table(
                read["arm_scores"],
                _POINTS,
                "Operating points of each arm",
                "Operating points on test: mean and range over the runs of an "
                "arm. Thresholds are those of the test images themselves.",
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


def _table(by_arm, measures, title, caption):
    """A row for each question and arm, a column for each measure."""
    wanted = by_arm[by_arm["measure"].isin(measures)]
    rows = tuple(
        (f"{of}: {arm}", *_cells(rows, measures))
        for of, of_question in wanted.groupby("auc_of", sort=False)
        for arm, rows in of_question.groupby("arm", sort=False)
    )
    table = page.Table(
        caption=caption,
        headings=("AUC of: arm", *measures.values()),
        rows=rows,
        numbers=tuple(range(1, len(measures) + 1)),
        files=("arm_scores.csv",),
    )
    if len(rows) <= _MOST_ROWS:
        return table
    return page.Details(title=title, blocks=(table,))


def _cells(rows, measures):
    by_measure = {row["measure"]: row for row in rows.to_dict("records")}
    return (cells.spread(by_measure[measure]) for measure in measures)


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
        yield _diagrams(context, network, shown, of)
        yield _curves(context, network, shown, of)


def _diagrams(context, network, shown, of):
    title = f"Calibration of {network} ({shown.which})"
    bins = of["calibration_bins"]
    if not (bins["count"] > 0).any():
        return page.Missing(title=title, why="No image has a score.")
    return pictures.write(
        context,
        pictures.of_network("calibration_bins", network),
        calibration.diagrams(bins, arms=shown.arm_of),
        kind="calibration_bins",
        title=title,
        sentence=sentences.calibration(of["calibration"], shown.arm_of),
        alt=(
            f"Share of positives by mean score of bins, runs of {network}, for "
            f"{_questions(bins)}."
        ),
        files=("calibration_bins.csv", "calibration.csv"),
    )


def _curves(context, network, shown, of):
    title = f"ROC and precision-recall curves of {network} ({shown.which})"
    table = of["curves"]
    if table.empty or table["y"].isna().all():
        return page.Missing(title=title, why=_why(of["calibration"]))
    return pictures.write(
        context,
        pictures.of_network("curves", network),
        curves.draw(table, arms=shown.arm_of),
        kind="curves",
        title=title,
        sentence=sentences.curves(of["calibration"], shown.arm_of),
        alt=(
            "Sensitivity against 1 - specificity and precision against recall, "
            f"runs of {network}, for {_questions(table)}."
        ),
        files=("curves.csv", "calibration.csv"),
    )


def _questions(table):
    return ", ".join(dict.fromkeys(table["auc_of"]))


def _why(calibration_table):
    notes = [note for note in calibration_table["note"] if pd.notna(note)]
    return next((n for n in notes if n), "There is no curve to draw.")
