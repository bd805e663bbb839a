"""The AUC of each arm, and of each class, label or threshold.

Tables 1 and 2 of Raghu et al. 2019 for the user's data.
"""

import operator

from transfusion_tf import tables
from transfusion_tf.analysis import auc_table
from transfusion_tf.analysis.comparing import arm_aucs
from transfusion_tf.metrics import summary
from transfusion_tf.reporting.figures import auc
from transfusion_tf.reporting.html import page
from transfusion_tf.reporting.sentences import predictions as sentences
from transfusion_tf.study.report import cells, pictures, scored

_TABLE = "arm_aucs.csv"
_TITLE = "AUC of each arm"
_ARM_COLUMNS = (
    cells.Column("arm", "arm"),
    cells.Column("AUC [95%]", cells.interval, True),
    cells.Column("SD of seeds", lambda row: cells.number(row["seed_sd"]), True),
    cells.Column("seeds", "num_seeds", True),
    cells.Column(cells.NOTE, "note"),
)


def section(context):
    """The page.Section of AUCs."""
    runs = scored.load(context)
    rows = arm_aucs.rows(runs.arms)
    named = {"arm_aucs": (rows, arm_aucs.COLUMNS)}
    (path,) = tables.write_rows(context.output_dir, named)
    tables.write_all(context.output_dir, {"auc": auc_table.run(runs.runs)})
    return page.Section(
        anchor="aucs",
        title="AUCs",
        blocks=tuple(_blocks(context, runs, tables.read(path))),
    )


def _blocks(context, runs, table):
    largest = runs.at_largest_size()
    yield _arms(context)
    if table["auc_of"].nunique() > 1:
        for network, of in table.groupby("model", sort=False):
            yield _by_question(network, of)
    yield from scored.largest_size_text(context, runs)
    yield _figure(
        context,
        _judged_by(context, runs),
        table[table["arm"].isin(largest.by_arm)],
    )
    yield page.Text(
        text=page.joined(
            "The AUCs of every run, with DeLong's intervals: ",
            page.link("auc.csv", "auc.csv"),
            ".",
        )
    )


def _arms(context):
    """The AUC that arms are judged by, an arm a row."""
    arms = context.arms
    return cells.table(
        arms.to_dict("records"),
        _ARM_COLUMNS,
        caption=(
            f"{arms['metric'].iloc[0]} on {context.dataset}, "
            f"{cells.split(arms.iloc[0])}: mean over seeds with its 95% "
            "interval over seeds and patients, and standard deviation between "
            "seeds."
        ),
        files=(context.table("arms.csv"),),
    )


def _by_question(network, table):
    """Every AUC of the arms of a network, an arm a column."""
    by_auc = table.groupby("auc_of", sort=False)
    arms = dict.fromkeys(table["arm"])
    return cells.table(
        [(of, *rows.to_dict("records")) for of, rows in by_auc],
        (
            cells.Column("AUC of", operator.itemgetter(0)),
            *(
                cells.Column(
                    arm, lambda row, i=index: cells.interval(row[i]), True
                )
                for index, arm in enumerate(arms, 1)
            ),
        ),
        caption=(
            f"{network}: AUC of each class, label or threshold, mean over "
            "seeds with its 95% interval."
        ),
        files=(_TABLE,),
    )


def _judged_by(context, runs):
    """The threshold whose AUC arms are compared by, or None: their mean."""
    threshold = context.config.settings.get("select_threshold")
    if threshold is None:
        return None
    first = runs.runs[0]
    return summary.name_of(first.data["task"], first.classes, threshold)


def _figure(context, of, table):
    if table["value"].isna().all():
        return page.Missing(title=_TITLE, why=table["note"].iloc[0])
    networks = ", ".join(dict.fromkeys(table["model"]))
    return pictures.write(
        context,
        "arm_aucs",
        auc.of_arms(table),
        title=_TITLE,
        sentence=sentences.arm_aucs(table, of=of),
        alt=(
            f"AUCs of the arms of {networks} with their intervals, in a band "
            f"for each of {', '.join(dict.fromkeys(table['auc_of']))}."
        ),
        files=(_TABLE,),
    )
