"""Scores of a network for every example of a split, exactly once."""

import numpy as np
import tensorflow as tf

from transfusion_tf.data import carried
from transfusion_tf.runs.predictions import Predictions, known_patients
from transfusion_tf.training import cluster, tasks


class Predictor:
    """Runs a model in inference mode on all devices of a strategy.

    Batches are padded to one size that the devices divide, so that the graph is
    traced once and each device has its share; what was padded is cut off again.
    """

    def __init__(self, strategy, model, task, *, batch_size):
        self._strategy, self._task = strategy, task
        count = strategy.num_replicas_in_sync
        self._padded_size = -(-batch_size // count) * count

        def on_one_device(images):
            """Logits of a device's part; with several workers, of all parts."""
            logits = model(images, training=False)
            if cluster.is_several(strategy):
                context = tf.distribute.get_replica_context()
                logits = context.all_gather(logits, axis=0)
            return logits

        @tf.function(reduce_retracing=True, autograph=False)
        def forward(images):
            return strategy.run(on_one_device, args=(images,))

        self._forward = forward

    def logits(self, images):
        """Logits (n, num_outputs) of (n, H, W, 3), n <= batch_size."""
        count = len(images)
        padding = [(0, self._padded_size - count), (0, 0), (0, 0), (0, 0)]
        parts = np.split(
            np.pad(images, padding), self._strategy.num_replicas_in_sync
        )
        values = self._strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(parts[context.replica_id_in_sync_group])
        )
        found = self._strategy.experimental_local_results(self._forward(values))
        if cluster.is_several(self._strategy):
            found = found[:1]
        return np.concatenate([part.numpy() for part in found])[:count]

    def predict(self, batches, num_examples):
        """Scores every example that `batches` yields.

        Args:
          batches: of pipeline.numpy_batches.
          num_examples: how many there must be.

        Returns:
          (Predictions, mean loss).

        Raises:
          ValueError: another number of examples than `num_examples`.
        """
        parts = [self._batch(batch) for batch in batches]
        keys = parts[0] if parts else ()
        joined = {k: np.concatenate([p[k] for p in parts]) for k in keys}
        if len(joined.get("id", ())) != num_examples or not parts:
            raise ValueError(
                f"Scored {len(joined.get('id', ()))} examples of a split of "
                f"{num_examples}; convert the records again."
            )
        loss = float(joined.pop("loss").mean(dtype=np.float64))
        predictions = Predictions(
            ids=joined["id"],
            patients=known_patients(joined["patient"]),
            labels=joined["label"],
            scores=joined["scores"],
            extra={
                key.removeprefix(carried.EXTRA): values
                for key, values in joined.items()
                if key.startswith(carried.EXTRA)
            },
        )
        return predictions, loss

    def _batch(self, batch):
        logits = self.logits(batch["image"])
        return {
            "id": batch["id"],
            "patient": batch["patient"],
            "label": batch["label"],
            "scores": tasks.scores(self._task, logits).numpy(),
            "loss": tasks.losses(self._task, batch["label"], logits).numpy(),
            **{k: v for k, v in batch.items() if k.startswith(carried.EXTRA)},
        }
