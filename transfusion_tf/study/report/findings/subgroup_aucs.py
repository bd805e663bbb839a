"""AUCs by columns that the records carry: by site, sex, device."""

from transfusion_tf import tables
from transfusion_tf.analysis import subgroups
from transfusion_tf.reporting.figures import subgroups as figure
from transfusion_tf.reporting.html import page
from transfusion_tf.reporting.sentences import predictions as sentences
from transfusion_tf.study.report import cells, pictures, scored

_TITLE = "AUC within subgroups"
_COLUMNS = (
    cells.Column("arm", "arm"),
    cells.Column("AUC of", "auc_of"),
    cells.Column("group", lambda row: f"{row['column']}={row['group']}"),
    cells.Column("against", "other_group"),
    cells.Column("difference", cells.difference, True),
    cells.Column("p", lambda row: cells.significant(row["p_adjusted"]), True),
)


def section(context):
    """The page.Section of subgroups."""
    runs = scored.load(context).at_largest_size().of_first_seeds(1)
    columns, unfit = _columns(runs.runs[0].predictions.extra)
    if columns:
        blocks = tuple(_blocks(context, runs, columns, unfit))
    else:
        blocks = (_no_columns(unfit),)
    return page.Section(anchor="subgroups", title="Subgroups", blocks=blocks)


def _columns(extra):
    """Columns whose values make groups, and the others."""
    counts = {name: len(set(values.tolist())) for name, values in extra.items()}
    fitting = [
        name
        for name, count in counts.items()
        if 2 <= count <= subgroups.MAX_GROUPS
    ]
    return fitting, [name for name in counts if name not in fitting]


def _no_columns(unfit):
    why = "The records carry no columns such as sex, site or device."
    if unfit:
        why = f"No groups can be made by the columns {', '.join(unfit)}."
    return page.Missing(
        title=_TITLE,
        why=(
            f"{why} Records carry columns of a table that they are made from; "
            "a study on these records then has this section."
        ),
        command=(
            "python data_prep/make_tfrecords.py --source=csv --input=IMAGES "
            "--labels=TABLE.csv --extra_columns=sex,site --output_dir=DIR"
        ),
    )


def _blocks(context, runs, columns, unfit):
    found = subgroups.run(runs.runs, columns)
    paths = tables.write_all(context.output_dir, found)
    table, differences = map(tables.read, paths)
    yield page.Text(
        text=f"Of each arm one run: {runs.which}. Groups by "
        f"{', '.join(columns)}."
    )
    if table["value"].isna().all():
        yield page.Missing(title=_TITLE, why=table["note"].iloc[0])
        return
    yield pictures.write(
        context,
        "subgroups",
        figure.forest(table, arms=runs.arm_of),
        title=_TITLE,
        sentence=sentences.subgroup_differences(differences, runs.arm_of),
        alt=(
            "AUC of each run within the groups of "
            f"{', '.join(columns)}, with intervals."
        ),
        files=("subgroups.csv", "subgroup_differences.csv"),
    )
    yield page.Details(
        title="Differences between groups",
        blocks=(_table(differences, runs.arm_of),),
    )
    if unfit:
        yield page.Text(
            text=f"No groups can be made by the columns {', '.join(unfit)}: "
            "they have one value, or too many."
        )


def _table(differences, arm_of):
    arms = differences["run"].map(arm_of)
    return cells.table(
        differences.assign(arm=arms).to_dict("records"),
        _COLUMNS,
        caption=(
            "AUC of each group minus that of the largest group; p values are "
            "adjusted for all groups of a question."
        ),
        files=("subgroup_differences.csv",),
    )
