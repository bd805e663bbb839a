"""The view `reuse`: features of runs beside those of the source network."""

import itertools

from transfusion_tf import progress
from transfusion_tf.analysis import comparison
from transfusion_tf.analysis.interventions import linear, probing
from transfusion_tf.analysis.views import probe, selection
from transfusion_tf.analysis.views import rows as view_rows
from transfusion_tf.config.init import InitConfig
from transfusion_tf.initialization import pretrained, schemes
from transfusion_tf.models import slim, zoo
from transfusion_tf.runs import record as run_record

MEASURE = "probe_auc"
_PROBE = linear.Linear(penalties=(linear.DEFAULT_PENALTY,))


def source_network(runs, weights):
    """The comparison.LoadedNetwork with the source's weights, for runs.

    The source of a slim network is of full width, unless its weights are those
    of a slim one.

    Args:
      runs: RunDirs; network and image size are those of the first, or where
        `weights` is None of the first that has a source.
      weights: as --weights of train.py; None for those of that run.

    Raises:
      ValueError: neither is given.
    """
    configs = {run: run_record.read_config(run) for run in runs}
    run, config = next(
        (found for found in configs.items() if found[1].init.weights),
        next(iter(configs.items())),
    )
    weights = weights or config.init.weights
    if weights is None:
        raise ValueError(
            "All runs started without weights; give the source network with "
            "--source=FILE or RUN."
        )
    source = pretrained.read(weights, config.model.name)
    record = run_record.read(run)
    name, options = config.model.name, config.model.build_options
    base = slim.BASES.get(name)
    if base and source.identity["architecture"] == base:
        name, options = base, {**options, "slim_from": None, "slim_width": None}
    if source.scalings:
        options = {**options, "input_scaling": source.scalings[0]}
    backbone = zoo.build(
        name,
        num_outputs=len(record["data"]["classes"]),
        image_size=record["data"]["image_size"],
        **options,
    )
    init = InitConfig(scheme="pretrained", weights=str(weights))
    schemes.initialize(backbone, init, source=source, seed=config.seed)
    digest = comparison.weights_digest(backbone)
    return comparison.LoadedNetwork(backbone, selection.SOURCE, digest)


def probe_rows(
    view, networks, images, *, stages, others, max_train_images=None
):
    """Returns rows (dicts of view_rows.COLUMNS): AUC of a probe of each stage.

    Probed are the source and, to compare it with, `others`. A probe is fitted
    on the training split and scored on `images`; where there are
    several AUCs, the value is their mean.

    Args:
      view: its name.
      networks: {Network: comparison.LoadedNetwork}.
      images: comparison.ComparisonImages.
      stages: names of the stages, bottom to top.
      others: Networks.
      max_train_images: fits the probes on the first so many; None: on all.
    """
    source = selection.Network(selection.SOURCE, 0)
    backbones = {n: networks[n].backbone for n in (source, *others)}
    opened = images.opened
    (train, train_columns), (test, columns) = (
        probe.pooled(
            backbones, stages, probe.first_batches(images, split, max_images)
        )
        for split, max_images in (
            ("train", max_train_images),
            (images.split, images.num_images),
        )
    )
    card = opened.card
    questions = probing.Questions(
        card.task, card.classes, train_columns, columns
    )
    rows = []
    with progress.bar(
        "Probing", len(backbones) * len(stages), unit="stages"
    ) as bar:
        for network, (index, stage) in itertools.product(
            backbones, enumerate(stages)
        ):
            probed = questions.ask(
                _PROBE, train[network][stage], test[network][stage]
            )
            rows.append(
                {
                    **dict.fromkeys(view_rows.COLUMNS),
                    **view_rows.about(view, (network, network), networks),
                    "stage": stage,
                    "stage_index": index,
                    **_of_score(probed.numbers),
                }
            )
            bar.update()
    return rows


def _of_score(numbers):
    """What a row says of the numbers of a probe."""
    auc = numbers["auc"]
    return {
        "measure": MEASURE,
        "value": auc["value"],
        "low": auc["low"],
        "high": auc["high"],
        "interval": auc["interval"],
        "level": numbers["level"],
        "num_images": numbers["num_images"],
        "note": auc["reason"] or auc["note"],
    }
