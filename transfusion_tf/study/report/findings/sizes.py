"""Sections on numbers of training images, and on how small a network may be.

The first is table 3 of Raghu et al. 2019 for the user's data.
"""

import functools

from transfusion_tf import tables
from transfusion_tf.analysis.comparing import network_sizes, train_sizes
from transfusion_tf.reporting import size_report
from transfusion_tf.reporting.figures.comparing import (
    network_sizes as network_figure,
)
from transfusion_tf.reporting.figures.comparing import (
    train_sizes as train_figure,
)
from transfusion_tf.reporting.html import page
from transfusion_tf.reporting.sentences import comparing as sentences
from transfusion_tf.study.report import (
    cells,
    commands,
    pictures,
    scored,
    verdict_words,
)

_SHARE = 10  # The size that a study of one size is advised to add.
_FEWEST = 20
_SMALL_NETWORKS = ("cbr_tiny", "cbr_small")


def by_training_images(context):
    """The page.Section on AUC by the number of training images."""
    runs = scored.load(context)
    title = "AUC by the number of training images"
    try:
        if len(runs.train_sizes) == 1:
            blocks = (_one_size(context, title),)
        else:
            blocks = tuple(_sizes(context, runs, title))
    except ValueError as error:
        blocks = (page.Missing(title=title, why=str(error)),)
    return page.Section(
        anchor="training-size", title="Training size", blocks=blocks
    )


def by_network(context):
    """The page.Section on how small a network may be."""
    runs = scored.load(context).at_largest_size()
    title = "How small a network may be"
    try:
        if len(runs.networks) == 1:
            blocks = (_one_network(context, title, runs.networks[0]),)
        else:
            blocks = tuple(_networks(context, runs, title))
    except ValueError as error:
        blocks = (page.Missing(title=title, why=str(error)),)
    return page.Section(anchor="how-small", title="How small", blocks=blocks)


def _one_size(context, title):
    counts = context.card.num_examples if context.card else {}
    small = max(_FEWEST, counts.get("train", 0) // _SHARE)
    if not counts.get("train"):
        small = 500
    sizes = (str(small), *context.config.train_sizes)
    return page.Missing(
        title=title,
        why=(
            "All runs of this study were trained on one number of images. With "
            "fewer images starts may differ more: this command adds a size."
        ),
        command=commands.run_study(context, train_sizes=sizes),
    )


def _sizes(context, runs, title):
    found = train_sizes.compare(
        [run.root for run in runs.runs],
        margin=context.config.margin,
        reference=_reference(context),
        threshold=context.config.settings.get("select_threshold"),
    )
    paths = tables.write_rows(context.output_dir, size_report.tables_of(found))
    arms, differences = map(tables.read, paths[:2])
    yield cells.table(
        _size_rows(arms, differences),
        _SIZE_COLUMNS,
        caption=(
            "AUC by the number of training images: mean over seeds with its "
            "95% interval, and the difference from the reference."
        ),
        files=("train_sizes.csv", "train_sizes_differences.csv"),
        marks=verdict_words.MARKS,
    )
    if arms["value"].isna().all():
        yield page.Missing(title=title, why=arms["note"].iloc[0])
        return
    yield pictures.write(
        context,
        "train_sizes",
        train_figure.draw(arms, differences, margin=found.margin),
        title=title,
        sentence=sentences.train_sizes(differences),
        alt=(
            "AUC of each arm by its number of training images, and its "
            "difference from the reference."
        ),
        files=("train_sizes.csv", "train_sizes_differences.csv"),
    )
    if found.limit_rows:
        yield page.Bullets(
            items=tuple(map(size_report.limit_sentence, found.limit_rows))
        )
    if found.left_out:
        yield page.Bullets(items=tuple(found.left_out), kind="warning")


def _size_rows(arms, differences):
    """Rows of the page's table, sizes ascending within an arm."""
    keys = ["arm", "num_train_images"]
    by_place = {
        tuple(row[key] for key in keys): row
        for row in differences.to_dict("records")
    }
    for row in arms.sort_values(keys, kind="stable").to_dict("records"):
        other = by_place.get(tuple(row[key] for key in keys))
        against = {"difference": "", "verdict": ""}
        if other is not None:
            against["difference"] = cells.difference(other)
            against["verdict"] = verdict_words.IN_WORDS[other["verdict"]]
        yield {**row, **against}


_SIZE_COLUMNS = (
    cells.Column("arm", "arm"),
    cells.Column("images", "num_train_images", True),
    cells.Column("AUC [95%]", cells.interval, True),
    cells.Column("difference [95%]", "difference", True),
    cells.Column("verdict", "verdict"),
)


def _reference(context):
    """The arm that the study names as the reference, without its size."""
    if context.config.reference is None:
        return None
    names = {
        name.partition(", train_size=")[0]
        for name in context.comparisons["reference"]
    }
    return names.pop() if len(names) == 1 else None


def _one_network(context, title, network):
    others = [name for name in _SMALL_NETWORKS if name != network][:1]
    models = (*context.config.models, *others)
    why = "This study has one network. This command adds a small one."
    if context.config.weights:
        why += " Give it weights of its own: --weights=MODEL:SOURCE,..."
    return page.Missing(
        title=title,
        why=why,
        command=commands.run_study(context, models=models),
    )


def _networks(context, runs, title):
    # It builds the networks: TensorFlow is imported here alone.
    from transfusion_tf.analysis.comparing import measured_costs

    found = network_sizes.compare(
        [run.root for run in runs.runs],
        functools.partial(measured_costs.of_arms, is_timed=False),
        margin=context.config.margin,
        threshold=context.config.settings.get("select_threshold"),
    )
    named = {"network_sizes": (found.rows, network_sizes.COLUMNS)}
    (path,) = tables.write_rows(context.output_dir, named)
    table = tables.read(path)
    yield cells.table(
        table.to_dict("records"),
        _NETWORK_COLUMNS,
        caption=(
            "What networks cost, and how far they are from the arm that is "
            "best on val."
        ),
        files=("network_sizes.csv",),
    )
    if table["difference"].isna().all():
        yield page.Missing(title=title, why=table["note"].iloc[0])
        return
    yield pictures.write(
        context,
        "network_sizes",
        network_figure.draw(table),
        title=title,
        sentence=sentences.network_sizes(table),
        alt=(
            "Difference from the best arm against parameters and against "
            "multiply-adds, with the Pareto front."
        ),
        files=("network_sizes.csv",),
    )
    yield _timing(context, runs)


def _from_best(row):
    """How far a row is from the best one."""
    if row["arm"] == row["best"]:
        return "the best"
    return cells.difference(row, "difference_low", "difference_high")


def _not_inferior(row):
    if row["arm"] == row["best"]:
        return ""
    return "yes" if row["non_inferior"] else "not shown"


_NETWORK_COLUMNS = (
    cells.Column("arm", "arm"),
    cells.Column("parameters", lambda row: f"{row['parameters']:,}", True),
    cells.Column(
        "multiply-adds", lambda row: f"{row['multiply_adds']:,}", True
    ),
    cells.Column("AUC [95%]", cells.interval, True),
    cells.Column("difference [95%]", _from_best, True),
    cells.Column("not inferior", _not_inferior),
)


def _timing(context, runs):
    """The times depend on the machine, and take a while to measure."""
    roots = [str(run.root) for run in runs.runs]
    everything = str(context.study.root / "runs" / "*")
    one_rate = len(context.config.learning_rates) == 1
    one_size = len(context.config.train_sizes) == 1
    return page.Missing(
        title="Milliseconds an image",
        why=(
            "Times are those of one machine; this command measures them on "
            "the machine that it is given on."
        ),
        command=commands.command(
            "analyze_network_sizes.py",
            {
                "runs": everything if one_rate and one_size else roots,
                "margin": context.config.margin,
                "output_dir": context.output_dir / "timed",
            },
        ),
    )
