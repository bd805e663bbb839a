"""How soon arms reach a validation AUC: figures 6, 7 of Raghu et al. 2019."""

from transfusion_tf import tables
from transfusion_tf.analysis.comparing import convergence, stage_convergence
from transfusion_tf.reporting import convergence_report
from transfusion_tf.reporting.figures.comparing import (
    convergence as convergence_figure,
)
from transfusion_tf.reporting.figures.comparing import (
    stage_convergence as stage_figure,
)
from transfusion_tf.reporting.html import page
from transfusion_tf.reporting.sentences import comparing as sentences
from transfusion_tf.study import spec
from transfusion_tf.study.report import cells, commands, pictures

_TITLE = "Steps to a validation AUC"


def section(context):
    """The page.Section on how soon arms converge."""
    try:
        found = convergence.compare_networks(
            context.runs,
            free=("learning_rate",) if context.config.num_folds else (),
        )
    except ValueError as error:
        blocks = (page.Missing(title=_TITLE, why=str(error)),)
    else:
        blocks = tuple(_blocks(context, found))
    return page.Section(
        anchor="convergence", title="Convergence", blocks=blocks
    )


def _blocks(context, found):
    paths = tables.write_rows(
        context.output_dir, convergence_report.tables_of(found)
    )
    table, runs, curves = map(tables.read, paths)
    yield _table(table)
    yield pictures.write(
        context,
        "convergence",
        convergence_figure.draw(table, runs, curves, dataset=found.dataset),
        title=_TITLE,
        sentence=sentences.convergence(table),
        alt=(
            "Learning curves of the arms of each network, and the steps at "
            "which their runs reached the target."
        ),
        files=(
            "convergence.csv",
            "convergence_runs.csv",
            "convergence_curves.csv",
        ),
    )
    if found.left_out:
        yield page.Bullets(items=tuple(found.left_out), kind="warning")
    yield _by_stage(context, found, table, runs)


def _speed_up(row):
    """The speed-up with its bounds, where the runs set any."""
    if _is_reference(row):
        return "reference"
    text = cells.number(row["speed_up"], digits=2)
    low, high = row["low"], row["high"]
    if all(value != value for value in (row["speed_up"], low, high)):
        return text
    lower = "no bound" if low != low else cells.number(low, digits=2)
    upper = "no bound" if high != high else cells.number(high, digits=2)
    return f"{text} [{lower}, {upper}]"


def _p_value(row):
    return "" if _is_reference(row) else cells.significant(row["p_value"])


def _is_reference(row):
    return row["arm"] == row["reference"]


_COLUMNS = (
    cells.Column("arm", "arm"),
    cells.Column("target", lambda row: cells.number(row["target"]), True),
    cells.Column("reached it", "num_reached", True),
    cells.Column("runs", "num_runs", True),
    cells.Column(
        "median steps", lambda row: cells.number(row["median"], digits=0), True
    ),
    cells.Column("times as fast [95%]", _speed_up, True),
    cells.Column("p", _p_value, True),
    cells.Column(cells.NOTE, "note"),
)


def _table(table):
    return cells.table(
        table[table["unit"] == "step"].to_dict("records"),
        _COLUMNS,
        caption=(
            "Optimizer steps until the validation AUC of a run was at the "
            "target for two evaluations in a row, and how many times as fast "
            "that is as the reference (log-rank test). No run of a study stops "
            "early: that would hide when it would have reached the target."
        ),
        files=("convergence.csv",),
    )


def _no_stages(context, title):
    """What a study without weight transfusion could have."""
    names = _common_stages(context.config.models)
    inits = (
        *context.config.inits,
        *(f"transfusion:{name}" for name in names),
        *({"pretrained"} - set(context.config.inits)),
    )
    return page.Missing(
        title=title,
        why=(
            "No run of this study takes some of the stages of a source and "
            "begins with the others at random. This command adds such runs."
        ),
        command=commands.run_study(
            context, inits=inits, **commands.a_source(context)
        ),
    )


def _common_stages(models):
    """Names of the stages that all networks have, but the last of each."""
    # It imports Keras, which pages without this block need not wait for.
    from transfusion_tf.models import zoo

    by_model = []
    for model in models:
        name, last = spec.parse_model(model)
        stages = list(zoo.find(name).outputs)
        end = stages.index(last) if last else len(stages) - 1
        by_model.append(stages[:end])
    return [
        stage
        for stage in by_model[0]
        if all(stage in stages for stages in by_model)
    ]


def _by_stage(context, found, table, runs):
    title = "Steps by the last stage that is taken from the source"
    if not found.stage_rows:
        return _no_stages(context, title)
    columns = stage_convergence.COLUMNS
    named = {"convergence_stages": (found.stage_rows, columns)}
    (path,) = tables.write_rows(context.output_dir, named)
    stages = tables.read(path)
    return pictures.write(
        context,
        path.stem,
        stage_figure.draw(stages, runs, table, dataset=found.dataset),
        title=title,
        sentence=sentences.convergence_stages(stages),
        alt="Steps to the target against the last stage taken, a mark a run.",
        files=("convergence_stages.csv", "convergence_runs.csv"),
    )
