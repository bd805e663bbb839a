"""The view `probes`: how well each stage separates the classes, by itself.

A linear and a k-NN probe (probing) look at the features of every stage: of the
networks that weights were taken from, of each run at its start and trained,
and of networks with fresh random weights, which are the floor. Matsoukas et al.
2022 (arXiv:2203.01825) compare layers so. All probes are fitted to the same
training images, those of the split, whichever of them a run was trained on.
"""

import collections.abc
import dataclasses
import functools
import itertools

from transfusion_tf import progress
from transfusion_tf.analysis import comparison
from transfusion_tf.analysis.interventions import probe_tables, probing
from transfusion_tf.analysis.interventions import subjects as opened_subjects
from transfusion_tf.analysis.interventions.probe_tables import Place
from transfusion_tf.analysis.interventions.weights import fresh_seed
from transfusion_tf.analysis.views import probe, reuse
from transfusion_tf.config.init import InitConfig
from transfusion_tf.data import pipeline
from transfusion_tf.initialization import schemes
from transfusion_tf.models import zoo
from transfusion_tf.runs import labels


@dataclasses.dataclass(frozen=True, kw_only=True)
class Network:
    """A network that is to be probed.

    Attributes:
      kind, columns, step: `network`, `columns` and `step` of
        probe_tables.Answers.
      load: function () -> Backbone.
    """

    kind: str
    columns: dict
    step: int | None = None
    load: collections.abc.Callable


def make_tables(paths, options):
    """{stem: DataFrame} of the view.

    Args:
      paths: run directories, or patterns of them.
      options: options.InterventionOptions.

    Raises:
      FileNotFoundError, ValueError: as subjects.open_runs; or a source is not
        there.
    """
    subjects = opened_subjects.open_runs(paths, options, needs_start=True)
    networks = [
        *_sources(subjects, options.source),
        *_random(subjects, options.draws, options.seed),
        *_starts_and_ends(subjects),
    ]
    images = subjects.images
    read = {"train": options.max_probe_images, images.split: images.num_images}
    questions = probing.Questions(
        subjects.task,
        subjects.classes,
        *(_columns(images.opened, *one) for one in read.items()),
    )
    probes = probing.Linear(), probing.Neighbours(k=options.neighbours)
    known, answers = {}, []
    for network in progress.over(networks, "Probing", unit="networks"):
        backbone = network.load()
        digest = comparison.weights_digest(backbone)
        if digest not in known:  # A start often is what a source holds.
            known[digest] = probed(backbone, images, read, questions, probes)
        answers.append(
            probe_tables.Answers(
                network=network.kind,
                columns=network.columns,
                step=network.step,
                probed=known[digest],
            )
        )
    return probe_tables.make(answers, questions)


def probed(backbone, images, read, questions, probes):
    """{Place: probing.Probed} of a network, in one pass over the images.

    Args:
      backbone: Backbone.
      images: comparison.ComparisonImages.
      read: {split: number of images, None for all}, of training and test.
      questions: probing.Questions of the same images.
      probes: probing.Linear and Neighbours.
    """
    train, test = (
        probe.pooled(
            {0: backbone},
            backbone.stage_names,
            probe.first_batches(images, split, max_images),
        )[0][0]
        for split, max_images in read.items()
    )
    return {
        Place(stage, index, train[stage].shape[1], one.name): questions.ask(
            one, train[stage], test[stage]
        )
        for one, (index, stage) in itertools.product(
            probes, enumerate(backbone.stage_names)
        )
    }


def _columns(opened, split, max_images):
    """Ids, labels and patients of the first images of a split."""
    index = pipeline.read_index(opened, split)
    return {name: values[:max_images] for name, values in index.items()}


def _sources(subjects, weights):
    """The Networks that weights were taken from, each once.

    Args:
      subjects: Subjects.
      weights: as --weights of train.py: the one source; None: those of the
        runs, of which there may be none.
    """
    if weights is not None:
        return [_source(subjects, subjects.runs[0], weights, str(weights))]
    found = {}
    for subject in subjects.runs:
        source = subject.about["source"]
        if source is not None:
            name = labels.source_label(source)
            found.setdefault(
                source["sha256"], _source(subjects, subject, None, name)
            )
    return list(found.values())


def _source(subjects, subject, weights, name):
    return Network(
        kind=probe_tables.SOURCE,
        columns=_of_no_run(subjects, name),
        load=lambda: reuse.source_network([subject.run], weights).backbone,
    )


def _random(subjects, draws, seed):
    """Networks like that of the first run, with fresh random weights."""
    first = subjects.runs[0]
    return [
        Network(
            kind=probe_tables.RANDOM,
            columns={
                **_of_no_run(subjects, probe_tables.FLOOR),
                "run": f"{probe_tables.FLOOR} {draw + 1}",
                "init": "random",
                "seed": draw,
            },
            load=functools.partial(_drawn, first, fresh_seed(seed, draw)),
        )
        for draw in range(draws)
    ]


def _drawn(subject, seed):
    """The Backbone of a run with other random weights."""
    data, model = subject.about["data"], subject.config.model
    backbone = zoo.build(
        model.name,
        num_outputs=len(data["classes"]),
        image_size=data["image_size"],
        **model.build_options,
    )
    schemes.initialize(backbone, InitConfig(), seed=seed)
    return backbone


def _starts_and_ends(subjects):
    """The Networks of the runs, before and after training."""
    return [
        Network(
            kind=kind,
            columns=subjects.columns_of(subject),
            step=step,
            load=functools.partial(subjects.backbone, subject, step),
        )
        for subject in subjects.runs
        for kind, step in (
            (probe_tables.START, 0),
            (probe_tables.TRAINED, subject.step),
        )
    ]


def _of_no_run(subjects, name):
    """{column: value} of subjects.RUN_COLUMNS of a network of no run."""
    first = subjects.columns_of(subjects.runs[0])
    return {**first, "run": name, "arm": name, "init": None, "seed": None}
