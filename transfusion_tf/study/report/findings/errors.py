"""Whether the networks of a study err on the same images."""

from transfusion_tf.analysis import error_agreement
from transfusion_tf.reporting.figures import agreement, disagreement
from transfusion_tf.reporting.html import page
from transfusion_tf.reporting.sentences import predictions as sentences
from transfusion_tf.study.report import commands, kept_tables, pictures, scored

_TITLE = "Agreement of errors"
_MOST_RUNS = 12  # A matrix of more has no room for its numbers.
_MOST_LABELS = 4  # Each has a picture's section of its own.
_MOST_SEEDS = 3


def section(context):
    """The page.Section on the agreement of errors."""
    every = scored.load(context).at_largest_size()
    runs, about = _chosen(every)
    pairs, message = error_agreement.comparable_pairs(runs.runs)
    blocks = (page.Missing(title=_TITLE, why=message, command=_more(context)),)
    if pairs:
        blocks = tuple(_blocks(context, runs, about))
    return page.Section(
        anchor="errors", title="Where networks err alike", blocks=blocks
    )


def _chosen(every):
    """Few enough runs for a picture, and a sentence on which they are."""
    arms = list(every.by_arm)[:_MOST_RUNS]
    some = every.where(lambda run: every.arm_of[run.name] in arms)
    most = max(1, min(_MOST_SEEDS, _MOST_RUNS // len(arms)))
    runs = some.of_first_seeds(most)
    text = f"Of each arm {runs.which}."
    if len(arms) < len(every.by_arm):
        text += f" Of {len(every.by_arm)} arms the first {len(arms)}."
    return runs, text


def _more(context):
    return commands.run_study(context, seeds=max(3, context.config.seeds + 1))


def _blocks(context, runs, about):
    pairs, by_class = kept_tables.get(
        context,
        "errors",
        [run.root for run in runs.runs],
        {"runs": [run.name for run in runs.runs]},
        lambda: error_agreement.run(runs.runs)[0],
    ).values()
    labels = list(dict.fromkeys(pairs["of"]))
    if len(labels) > _MOST_LABELS:
        about += (
            f" Pictures of the first {_MOST_LABELS} of {len(labels)} labels; "
            "all are in the tables."
        )
    yield page.Text(text=about)
    shown = labels[:_MOST_LABELS]
    yield _picture(
        context,
        "agreement",
        pairs[pairs["of"].isin(shown)],
        lambda table: agreement.draw(runs.named(table)),
        _TITLE,
        lambda table: sentences.agreement(table, runs.arm_of),
        "For each pair of runs the share of images on which both are right or "
        "both wrong, and the kappa of their errors.",
    )
    yield _picture(
        context,
        "disagreement_by_class",
        by_class[by_class["of"].isin(shown)],
        lambda table: disagreement.draw(runs.named(table)),
        "Disagreement by class",
        sentences.disagreement,
        "For the images of each class, the share on which exactly one of two "
        "runs is right, and on which their answers differ.",
    )


def _picture(context, name, table, draw, title, sentence, alt):
    if table["value"].isna().all():
        return page.Missing(title=title, why="There is no value to draw.")
    return pictures.write(
        context,
        name,
        draw(table),
        title=title,
        sentence=sentence(table),
        alt=alt,
        files=(f"{name}.csv",),
    )
