"""The AUC of each arm, and of each class, label or threshold.

Tables 1 and 2 of Raghu et al. 2019 for the user's data.
"""

from transfusion_tf import tables
from transfusion_tf.analysis import auc_table
from transfusion_tf.analysis.comparing import arm_aucs
from transfusion_tf.reporting.figures import auc
from transfusion_tf.reporting.html import page
from transfusion_tf.reporting.sentences import predictions as sentences
from transfusion_tf.study.report import cells, pictures, scored

_TABLE = "arm_aucs.csv"


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
    yield _figure(context, table[table["arm"].isin(largest.by_arm)])
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
    return page.Table(
        caption=(
            f"{arms['metric'].iloc[0]} on {context.dataset}, "
            f"{cells.split(arms.iloc[0])}: mean over seeds with its 95% "
            "interval over seeds and patients, and standard deviation between "
            "seeds."
        ),
        headings=("arm", "AUC [95%]", "SD of seeds", "seeds", "note"),
        rows=tuple(
            (
                row["arm"],
                cells.interval(row),
                cells.number(row["seed_sd"]),
                str(row["num_seeds"]),
                row["note"],
            )
            for row in arms.to_dict("records")
        ),
        numbers=(1, 2, 3),
        files=("../arms.csv",),
    )


def _by_question(network, table):
    """Every AUC of the arms of a network, an arm a column."""
    arms = list(dict.fromkeys(table["arm"]))
    by_auc = table.groupby("auc_of", sort=False)
    return page.Table(
        caption=(
            f"{network}: AUC of each class, label or threshold, mean over "
            "seeds with its 95% interval."
        ),
        headings=("AUC of", *arms),
        rows=tuple(
            (of, *(cells.interval(row) for row in rows.to_dict("records")))
            for of, rows in by_auc
        ),
        numbers=tuple(range(1, len(arms) + 1)),
        files=(_TABLE,),
    )


def _figure(context, table):
    title = "AUC of each arm"
    if table["value"].isna().all():
        return page.Missing(title=title, why=table["note"].iloc[0])
    networks = ", ".join(dict.fromkeys(table["model"]))
    return pictures.write(
        context,
        "arm_aucs",
        auc.of_arms(table),
        title=title,
        sentence=sentences.arm_aucs(table),
        alt=(
            f"AUCs of the arms of {networks} with their intervals, in a band "
            f"for each of {', '.join(dict.fromkeys(table['auc_of']))}."
        ),
        files=(_TABLE,),
    )
