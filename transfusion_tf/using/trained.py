"""A finished run as it is used: its network, classes and preparation."""

import dataclasses
import functools
from collections.abc import Mapping

import tensorflow as tf

from transfusion_tf import datasets
from transfusion_tf.config.run import RunConfig
from transfusion_tf.metrics import decision
from transfusion_tf.runs import decisions, preparation, record
from transfusion_tf.runs.directory import RunDir
from transfusion_tf.runs.networks import load_backbone
from transfusion_tf.training import evaluation


@dataclasses.dataclass(frozen=True)
class TrainedRun:
    """One checkpoint of a finished run.

    Attributes:
        run: RunDir.
        config: RunConfig.
        data: dict on its records, of config.json.
        step: of the weights.
    """

    run: RunDir
    config: RunConfig
    data: Mapping
    step: int

    @property
    def task(self):
        """One of names.TASKS."""
        return self.data["task"]

    @property
    def classes(self):
        """Names of the classes or labels, in the order of the scores."""
        return tuple(self.data["classes"])

    @property
    def image_size(self):
        """Side in pixels that the network sees."""
        return self.data["image_size"]

    @functools.cached_property
    def backbone(self):
        """The network with its weights."""
        return load_backbone(self.run, self.step)

    def predictor(self):
        """A Predictor in batches of the run's size, as its predictions were."""
        return evaluation.Predictor(
            tf.distribute.get_strategy(),
            self.backbone.model,
            self.task,
            batch_size=self.config.train.batch_size,
        )

    def records(self, dataset=None):
        """The Records that the run was trained on, opened.

        Args:
            dataset: where they are now; None: where they were.

        Raises:
            ValueError: they are not there, or others.
        """
        place = dataset or self.config.data.dataset
        try:
            # Those of embedded data sets are not made for this.
            opened = datasets.open_existing(place, image_size=self.image_size)
        except FileNotFoundError as error:
            raise ValueError(
                f"The records of {self.run.root} are needed and not there: "
                f"{error} --dataset=DIR says where they are now."
            ) from None
        if opened.card.fingerprint != self.data["fingerprint"]:
            raise ValueError(
                f"{opened.root} is not what {self.run.root} was trained on "
                "(another fingerprint). --dataset=DIR says where its records "
                "are now."
            )
        return datasets.cut_as(opened, self.config.data)

    def preparation(self, dataset=None):
        """How the images of its records were prepared, a Preparation.

        Runs of earlier releases have it on the data card of their records.

        Args:
            dataset: as for `records`, where the run needs them.

        Raises:
            ValueError: they are needed and not there, or others; or not
                needed, and a `dataset` is given.
        """
        if "images" not in self.data:
            return preparation.of_card(self.records(dataset).card)
        if dataset is not None:
            raise ValueError(
                f"--dataset={dataset} has no effect: {self.run.config} says "
                "how images are prepared; leave it out."
            )
        return preparation.from_json(self.data["images"])

    def thresholds(self, given=None):
        """What images are decided by.

        Args:
            given: a number from 0 to 1 for all labels; None: those that the
                run has chosen on val, with its best weights.

        Returns:
            As of `decisions.thresholds`.

        Raises:
            ValueError: `given` is not one, or has no effect; the run has not
                chosen any, or with other weights.
        """
        if decision.rule(self.task, len(self.classes)) != decision.THRESHOLD:
            if given is None:
                return ()
            raise ValueError(
                f"--threshold={given:g} has no effect: of a {self.task} task "
                f"with {len(self.classes)} classes the most probable one is "
                "taken; leave it out."
            )
        if given is not None:
            return (given,) * (
                len(self.classes) if self.task == "multilabel" else 1
            )
        return self._chosen_thresholds()

    def _chosen_thresholds(self):
        """Those of metrics.json; raises as `thresholds`."""
        best = self.run.read_metrics()["best_step"]
        if self.step != best:
            raise ValueError(
                f"{self.run.root} has chosen its threshold with the weights of "
                f"step {best}, not of {self.step}; give --threshold=X, or "
                "--checkpoint=best."
            )
        found = decisions.thresholds(self.run, self.task, self.classes)
        if all(value is None for value in found):
            raise ValueError(
                f"The validation split of {self.run.root} gives no threshold "
                "(it has only positives or only negatives); give "
                "--threshold=X."
            )
        return found


def open_run(run_dir, *, checkpoint="best"):
    """Returns the TrainedRun in a directory.

    Args:
        run_dir: of a run that train.py has finished.
        checkpoint: "best", "last" or a step that was saved.

    Raises:
        FileNotFoundError, ValueError: no run, or no such weights; it is not
            finished.
    """
    run = RunDir(run_dir)
    data = record.read(run)["data"]
    status = run.read_status()
    if status.get("status") != "finished":
        found = status.get("status", "no status.json")
        raise ValueError(
            f"{run.root} is not finished ({found}): its best weights are not "
            "known yet. Give the command of its training again, which goes on."
        )
    config = record.read_config(run)
    return TrainedRun(run, config, data, run.checkpoint_step(checkpoint))
