"""The runs that a view is of: their networks, arms and images."""

import dataclasses
import functools

import numpy as np

from transfusion_tf import datasets, progress, tables
from transfusion_tf.analysis import comparison
from transfusion_tf.analysis.comparing import arms
from transfusion_tf.analysis.views import selection
from transfusion_tf.config.run import RunConfig
from transfusion_tf.runs import globs, labels, record
from transfusion_tf.runs import networks as run_networks
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.training import training_images

# Columns that say which run a row is of, for the tables of any view.
RUN_COLUMNS = ("run", "arm", "dataset", "model", "init", "seed", "split")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Subject:
    """A finished run.

    Attributes:
      name: what tables call it.
      run: RunDir.
      config: RunConfig.
      about: what config.json says, see runs.record.
      arm: name of the arm that it is of (analysis.comparing.arms).
      step: of its trained weights.
    """

    name: str
    run: RunDir
    config: RunConfig
    about: dict
    arm: str
    step: int

    @property
    def root(self):
        """The run directory."""
        return self.run.root

    @property
    def init(self):
        """How it started, in a few words."""
        return labels.init_label(self.about)


@dataclasses.dataclass(frozen=True)
class Subjects:
    """Finished runs of one network on the same images.

    Attributes:
      runs: tuple of Subject.
      images: comparison.ComparisonImages that are scored; called, they give
        batches.
      networks: runs.networks.Shared of the runs.
    """

    runs: tuple
    images: comparison.ComparisonImages
    networks: run_networks.Shared = dataclasses.field(
        default_factory=run_networks.Shared
    )

    def backbone(self, subject, step=None, place=0):
        """The network of a run, lent until that of another is asked for.

        Args:
          subject: a Subject.
          step: that its weights are of; None: the trained ones.
          place: of several networks that are needed at once.
        """
        step = subject.step if step is None else step
        return self.networks.load(subject.run, step, place)

    @property
    def task(self):
        """One of names.TASKS."""
        return self.runs[0].about["data"]["task"]

    @property
    def classes(self):
        """Names of the classes or labels, in the order of the outputs."""
        return tuple(self.runs[0].about["data"]["classes"])

    @functools.cached_property
    def arms(self):
        """{name of an arm: its Subjects, by seed}, in the order of the runs."""
        found = {}
        for subject in self.runs:
            found.setdefault(subject.arm, []).append(subject)
        return {
            name: sorted(of, key=lambda one: one.config.seed)
            for name, of in found.items()
        }

    def columns_of(self, subject):
        """{name: value} of RUN_COLUMNS."""
        return {
            "run": subject.name,
            "arm": subject.arm,
            "dataset": self.images.opened.card.name,
            "model": subject.config.model.label,
            "init": subject.init,
            "seed": subject.config.seed,
            "split": self.images.split,
        }

    def test_images(self, what="Scoring"):
        """Yields batches of the images that are scored.

        Args:
          what: is done with them, in front of the progress bar.
        """
        images = self.images
        return self._batches(images.split, images.num_images, what)

    def training_images(self, subject, max_images=None, what="Reading"):
        """Yields batches of the images that a run was trained on.

        They are as in the records, not augmented, in the records' order, which
        follows from ids and not from classes. All but the last batch are full.

        Args:
          subject: a Subject.
          max_images: the first so many; None: all.
          what: is done with them, in front of the progress bar.
        """
        opened = self.images.opened
        used = training_images.used(opened, subject.config.data)
        count = opened.num_examples("train") if used is None else len(used)
        count = min(count, max_images or count)
        return self._batches("train", count, what, used)

    def _batches(self, split, count, what, used=None):
        """The first `count` images of a split whose ids are in `used`."""
        reading, left, waiting = self.images.reading, count, []
        size = reading["batch_size"]
        batches = datasets.images(self.images.opened, split, **reading)
        with progress.bar(what, count, unit="images", leave=False) as bar:
            for batch in batches:
                keep = np.arange(len(batch["id"]))
                if used is not None:
                    keep = np.flatnonzero(np.isin(batch["id"], list(used)))
                waiting.append({n: rows[keep] for n, rows in batch.items()})
                while left and sum(len(b["id"]) for b in waiting) >= min(
                    size, left
                ):
                    full, rest = _cut(waiting, min(size, left))
                    waiting, left = [rest], left - len(full["id"])
                    yield full
                    bar.update(len(full["id"]))
                if not left:
                    return


def _cut(batches, count):
    """The first `count` rows of some batches, and all others."""
    joined = {
        name: np.concatenate([batch[name] for batch in batches])
        for name in batches[0]
    }
    return (
        {name: rows[:count] for name, rows in joined.items()},
        {name: rows[count:] for name, rows in joined.items()},
    )


def open_runs(paths, options, *, needs_start=False, fewest=1):
    """Returns the Subjects of run directories.

    Args:
      paths: run directories, or patterns (globs) of them.
      options: InterventionOptions.
      needs_start: whether the weights of step 0 have to be there.
      fewest: number of runs that the view needs.

    Raises:
      FileNotFoundError: no run, or no such weights.
      ValueError: runs that are not finished, of several networks, image sizes,
        folds or data sets, one of them twice, or too few; no start was saved.
    """
    paths = globs.expanded(paths)
    names = tables.run_names(paths)
    runs = {n: RunDir(path) for n, path in zip(names, paths, strict=True)}
    steps = {n: _trained_step(run, options) for n, run in runs.items()}
    if len(runs) < fewest:
        raise ValueError(
            f"--view={options.view} needs at least {fewest} runs. Received: "
            f"{', '.join(runs)}"
        )
    if needs_start:
        ends = [selection.Network(n, step) for n, step in steps.items()]
        starts = [selection.Network(n, 0) for n in runs]
        saved = {n: run.weight_steps() for n, run in runs.items()}
        selection.check_saved(zip(starts, ends, strict=True), saved)
    images = comparison.images_of_runs(
        runs,
        dataset=options.dataset,
        split=options.split,
        max_images=options.max_images,
        batch_size=options.batch_size,
    )
    abouts = [record.read(run) for run in runs.values()]
    _check_own(abouts, names, images.opened)
    subjects = Subjects(_subjects(runs, abouts, steps), images)
    for name, of_arm in subjects.arms.items():
        arms.check_once(name, of_arm)
    return subjects


def _subjects(runs, abouts, steps):
    """A Subject for each of {name: RunDir}, with the arms that they make."""
    configs = [record.read_config(run) for run in runs.values()]
    arm_of = {
        index: name
        for name, _, indices in arms.grouped(configs, abouts)
        for index in indices
    }
    return tuple(
        Subject(
            name=name,
            run=run,
            config=configs[index],
            about=abouts[index],
            arm=arm_of[index],
            step=steps[name],
        )
        for index, (name, run) in enumerate(runs.items())
    )


def _trained_step(run, options):
    """The step of a run's trained weights; raises where it is not finished."""
    record.read(run)  # Raises where there is no run.
    status = run.read_status().get("status", "not begun")
    if status != "finished":
        raise ValueError(
            f"{run.root} is not finished ({status}); let train.py finish the "
            "run, or leave it out."
        )
    return record.checkpoint_step(run, options.checkpoint)


def _check_own(abouts, names, opened):
    """Raises ValueError unless these are the records of the runs."""
    for name, about in zip(names, abouts, strict=True):
        if about["data"]["fingerprint"] != opened.card.fingerprint:
            raise ValueError(
                f"{opened.root} is not what {name} was trained on (another "
                "fingerprint); --dataset=DIR says where its records are now."
            )
