"""One run taken apart: what it needs, checked before anything is written."""

import dataclasses

import tensorflow as tf

from transfusion_tf import datasets
from transfusion_tf.config.run import RunConfig
from transfusion_tf.data import pipeline, records
from transfusion_tf.initialization import (
    head_bias,
    pretrained,
    schemes,
    sources,
)
from transfusion_tf.metrics import summary
from transfusion_tf.models import zoo
from transfusion_tf.process import quiet
from transfusion_tf.runs import preparation
from transfusion_tf.runs import record as run_record
from transfusion_tf.training import (
    cluster,
    distribution,
    evaluation,
    imbalance,
    precision,
    schedules,
    scoring,
    training_images,
)
from transfusion_tf.training import plan as training_plan


@dataclasses.dataclass(frozen=True)
class RunSetup:
    """The parts of one run.

    Attributes:
      config: RunConfig with the image size resolved.
      records: opened Records.
      source: Source of the initial weights, or None.
      strategy: tf.distribute strategy.
      plan: training_plan.TrainingPlan.
      keep_ids: ids of the training images in use, or None for all.
      learning_rate: function (step, evaluations) -> learning rate.
      balance: imbalance.Balance of the training images in use.
      scored_ids: ids of the training images of --train_auc, or None.
    """

    config: RunConfig
    records: records.Records
    source: sources.Source | None
    strategy: tf.distribute.Strategy
    plan: training_plan.TrainingPlan
    keep_ids: frozenset | None
    learning_rate: object
    balance: imbalance.Balance
    scored_ids: frozenset | None

    @classmethod
    def prepare(cls, config):
        """Opens and checks what a RunConfig names; writes nothing.

        Raises:
          ValueError, FileNotFoundError: it cannot be trained.
        """
        strategy = distribution.make_strategy(config.train)
        precision.uses_xla(config.train, strategy)  # Or it cannot be.
        # Before the records, which may have to be made first.
        source, model = pretrained.source_and_model(config)
        opened, config = datasets.open_for(config)
        config = dataclasses.replace(config, model=model)
        _note_official_test(opened)
        highest = len(opened.card.classes) - 1
        summary.check_threshold(
            opened.card.task, highest, config.train.select_threshold
        )
        keep_ids = training_images.used(opened, config.data)
        num_train = pipeline.count_training_images(opened, keep_ids)
        _note_odd_sizes(config, num_train)
        plan = training_plan.TrainingPlan.of(config.train, num_train)
        rate = schedules.learning_rate(config.train, plan.total_steps)
        return cls(
            config=config,
            records=opened,
            source=source,
            strategy=strategy,
            plan=plan,
            keep_ids=keep_ids,
            learning_rate=rate,
            balance=_balance(opened, config.train, keep_ids),
            scored_ids=training_images.scored_ids(
                opened, config, keep_ids, num_train
            ),
        )

    @property
    def is_grey(self):
        """Whether the images have one channel, which is repeated to three."""
        return self.records.card.channels == 1

    @property
    def task(self):
        """The task kind of the records."""
        return self.records.card.task

    def record(self):
        """What config.json says."""
        card, plan = self.records.card, self.plan
        return run_record.build(
            self.config,
            data={
                "name": card.name,
                "fingerprint": card.fingerprint,
                "task": card.task,
                "classes": list(card.classes),
                "source": dict(card.source),
                "image_size": self.config.data.image_size,
                "images": preparation.of_card(card).to_json(),
            },
            source=self.source.identity if self.source else None,
            plan={
                **dataclasses.asdict(plan),
                "snapshots": sorted(plan.snapshots),
                "devices": self.strategy.num_replicas_in_sync,
                **dataclasses.asdict(self.balance),
                **self._workers(),
            },
            machine={
                "devices": distribution.kinds(self.strategy),
                "onednn": quiet.onednn_setting() == "on",
            },
        )

    def _workers(self):
        """How many there are, for the plan of a run that has several."""
        if self.config.train.strategy != "multi_worker":
            return {}
        return {"workers": cluster.num_workers(self.strategy)}

    def initial_backbone(self):
        """(Backbone with its initial weights, report of where they are from).

        Raises:
          ValueError: the images are too small for the network, or the source
            has another architecture.
        """
        config = self.config
        with self.strategy.scope():
            backbone = zoo.build(
                config.model.name,
                num_outputs=len(self.records.card.classes),
                image_size=config.data.image_size,
                **config.model.build_options,
            )
            report = schemes.initialize(
                backbone, config.init, source=self.source, seed=config.seed
            )
            if self.balance.head_bias is not None:
                head_bias.replace(backbone, self.balance.head_bias, report)
        distribution.set_batch_norm(
            self.strategy, backbone.model, config.train.batch_norm
        )
        return backbone, report

    def frozen_layers(self, backbone):
        """The layers that --freeze_through names, or none."""
        last = self.config.train.freeze_through
        stages = backbone.stages_through(last) if last else ()
        return [layer for stage in stages for layer in stage.layers]

    def predictor(self, backbone):
        """A Predictor on all devices."""
        return evaluation.Predictor(
            self.strategy,
            backbone.model,
            self.task,
            batch_size=self.config.train.batch_size,
        )

    def training_batches(self, first_step, cache=None):
        """The endless training batches from `first_step` on, in parts.

        Args:
          first_step: steps before them.
          cache: ImageCache, or None: images are decoded in each epoch.
        """
        images, plan = None, self.plan
        batch_size = plan.batch_size
        if cache is not None:
            steps = plan.total_steps - first_step
            images = cache.training(
                self.keep_ids, plan.num_images, steps * batch_size
            )
        return pipeline.training(
            self.records,
            batch_size=batch_size,
            parts=distribution.parts(self.strategy, batch_size),
            image_size=self.config.data.image_size,
            seed=self.config.seed,
            first_step=first_step,
            augmentations=self.config.data.augment,
            ranges=self.config.data.ranges,
            keep_ids=self.keep_ids,
            images=images,
        )

    def validate(self, predictor, cache=None):
        """Columns of history.csv: val_loss, val_auc, and one per label."""
        numbers = scoring.score(
            predictor, self.records, "val", config=self.config, cache=cache
        )
        row = self._training_auc(predictor)
        row |= {"val_loss": numbers["loss"], "val_auc": numbers["selection"]}
        if len(numbers["aucs"]) > 1:
            for entry in numbers["aucs"]:
                row[f"val_auc_{entry['name']}"] = entry["value"]
        return row

    def _training_auc(self, predictor):
        """The column of --train_auc, where it is asked for."""
        if self.scored_ids is None:
            return {}
        scored = dataclasses.replace(
            self.records, fold_ids={"train": self.scored_ids}
        )
        numbers = scoring.score(predictor, scored, "train", config=self.config)
        return {"train_auc": numbers["selection"]}


def _balance(opened, train, keep_ids):
    """The imbalance.Balance that a TrainConfig asks for.

    Args:
      opened: Records.
      train: TrainConfig.
      keep_ids: ids of the training images in use, or None for all.
    """
    if not imbalance.is_asked_for(train):
        return imbalance.Balance()
    labels = training_images.index(opened, keep_ids)["label"]
    return imbalance.of(train, opened.card.task, opened.card.classes, labels)


def _note_official_test(opened):
    """Prints what folds do with an official test split."""
    if opened.fold_ids and opened.card.splits.get("test") == "official":
        print(
            f"The official test split of {opened.card.name} is not used as "
            "such: its images are cut into the folds with all others."
        )


def _note_odd_sizes(config, num_train):
    """Prints what a user may not expect of a training on `num_train` images."""
    asked, batch_size = config.data.train_size, config.train.batch_size
    if asked not in (None, num_train):
        print(
            f"--train_size={asked}: {num_train} images are used, since all "
            "images of a patient stay together."
        )
    if batch_size > num_train:
        print(
            f"--batch_size={batch_size} is more than the {num_train} training "
            "images: each step sees some of them several times."
        )
