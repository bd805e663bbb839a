"""The images of a target, and the questions that features are asked."""

import dataclasses

from transfusion_tf import datasets
from transfusion_tf.analysis import comparison
from transfusion_tf.analysis.interventions import probing
from transfusion_tf.data import pipeline

BATCH_SIZE = 64


@dataclasses.dataclass(frozen=True)
class Target:
    """The images that candidates are looked at on, and their labels.

    Attributes:
      model: name of the network.
      opened: Records.
      split: that is scored.
      images: {"train" or the split: comparison.ComparisonImages}.
      index: {"train" or the split: {"id", "label", "patient"} of the images}.
      questions: probing.Questions.
    """

    model: str
    opened: object
    split: str
    images: dict
    index: dict
    questions: probing.Questions

    @classmethod
    def open(cls, config, *, split, max_train_images=None):
        """The Target of a RunConfig's data and network.

        Raises:
          FileNotFoundError, ValueError: there are no such records, or no
            images in a split.
        """
        opened, config = datasets.open_for(config)
        images, index = {}, {}
        for name, most in (("train", max_train_images), (split, None)):
            there = opened.num_examples(name)
            images[name] = comparison.ComparisonImages(
                opened,
                name,
                image_size=config.data.image_size,
                max_images=most and min(most, there),
                batch_size=BATCH_SIZE,
            )
            columns = pipeline.read_index(opened, name)
            count = images[name].num_images
            index[name] = {k: columns[k][:count] for k in columns}
        card = opened.card
        questions = probing.Questions(
            card.task, card.classes, index["train"], index[split]
        )
        return cls(config.model.name, opened, split, images, index, questions)

    @property
    def image_size(self):
        """Side in pixels of the images as the network sees them."""
        return self.images["train"].identity["image_size"]
