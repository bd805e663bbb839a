"""Published values, to be looked up or drawn beside one's own.

    published.rows(quantity="auc", network="resnet50")  # A DataFrame.
    published.curves(["chest:random_random"])  # For stage_curves.draw.

What the papers did differs from what is done here in the number of images,
channels and positions, in training and in splits: near is near, not equal.
"""

import functools

import pandas as pd

from transfusion_tf import names
from transfusion_tf.reporting.published import revisiting, transfusion
from transfusion_tf.reporting.published.table import COLUMNS, STAGES

MEAN = "mean"
_PAIR_LABELS = {
    "imagenet_before_after": "ImageNet start against trained",
    "radimagenet_before_after": "RadImageNet start against trained",
    "imagenet_radimagenet": "ImageNet against RadImageNet, trained",
    "imagenet_radimagenet_start": "ImageNet against RadImageNet, untrained",
    "random_random": "random against random, untrained",
    "imagenet_random": "ImageNet, trained, against random start",
    "radimagenet_random": "RadImageNet, trained, against random start",
}


@functools.cache
def _all():
    tables = revisiting.TABLES + transfusion.TABLES
    return pd.DataFrame(
        [row for table in tables for row in table.observations()],
        columns=list(COLUMNS),
    )


def rows(**wanted):
    """Published numbers as a DataFrame of COLUMNS.

    - quantity: "cca" (by stage), "cca_top_two", "auc", "steps_to_auc" or
      "error_agreement";
    - of: the pair of networks, or the init; at: the stage, label or level of
      AUC, where there are several;
    - value, with the spread or the range [low, high] as published (NaN: none);
    - source; confidence: see published_table.CONFIDENCE; protocol.

    Args:
      **wanted: column=value, to have only these rows.

    Raises:
      ValueError: no row has this value in this column; the message lists those
        there are.
    """
    found = _all()
    for column, value in wanted.items():
        names.check("column", column, COLUMNS)
        names.check(
            f"published {column}", value, list(dict.fromkeys(found[column]))
        )
        found = found[found[column] == value]
    return found.reset_index(drop=True)


def curves(references):
    """Published similarities by stage, for `stage_curves.draw`.

    Args:
      references: names "DATASET:PAIR", e.g. "chest:random_random"; the
        data set "mean" is the mean over all.

    Returns:
      DataFrame with reference, label (which names the source), measure, stage
      and value.

    Raises:
      ValueError: an unknown name; the message lists the choices.
    """
    return pd.DataFrame(
        [row for name in dict.fromkeys(references) for row in _curve(name)],
        columns=["reference", "label", "measure", "stage", "value"],
    )


def check_fit(references, *, model, measures):
    """Raises ValueError unless curves can be drawn beside those of a network.

    Args:
      references: names as for `curves`.
      model: name of the network that is compared, one of names.MODELS.
      measures: names of the measures compared.
    """
    if not references:
        return
    # It imports Keras, which the analysis is to start quietly.
    from transfusion_tf.models import zoo

    stages = zoo.find(model).outputs
    unknown = [stage for stage in stages if stage not in STAGES]
    if unknown:
        raise ValueError(
            f"--published has the stages {', '.join(STAGES)} of a ResNet50. "
            f"Received runs with {', '.join(unknown)}; leave --published out."
        )
    if "cca" not in measures:
        raise ValueError(
            "--published has the measure cca only; add it to --measures. "
            f"Received: {', '.join(measures)}"
        )


def _curve(reference):
    known = rows(quantity="cca")
    datasets = [*dict.fromkeys(known["dataset"]), MEAN]
    dataset, _, pair = reference.partition(":")
    if dataset not in datasets or pair not in _PAIR_LABELS:
        raise ValueError(
            f"Unknown published curve {reference!r}; known: DATASET:PAIR "
            f"with one of {', '.join(datasets)} and one of "
            f"{', '.join(_PAIR_LABELS)}."
        )
    known = known[known["of"] == pair]
    if dataset != MEAN:
        known = known[known["dataset"] == dataset]
    source = known["source"].iloc[0].partition(",")[0]
    name = f"mean of {len(datasets) - 1} sets" if dataset == MEAN else dataset
    label = f"published, ResNet50, {name}: {_PAIR_LABELS[pair]} ({source})"
    means = known.groupby("at", sort=False)["value"].mean()
    return [
        {
            "reference": reference,
            "label": label,
            "measure": "cca",
            "stage": stage,
            "value": value,
        }
        for stage, value in means.items()
    ]
